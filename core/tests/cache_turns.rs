//! The turns that processes take at fetching: one asks Vipps, the others wait for what it gets, and nobody waits for
//! long on one who is slow, stuck or dead. Each `Partner` stands for a process.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use support::{
    DAY, FakeCache, Fault, MILLISECOND, Reply, START, UNAUTHORIZED_CLIENT, World, partner_keys, partner_of, settle,
};
use tokio::task::JoinHandle;
use vipps_partner_auth::{
    BoxFuture, CacheError, CacheKey, CachedToken, Clock, Config, Event, Lock, ManualClock, Now, Partner, Secret,
    TokenCache,
};

/// The holder of a lock that marks a pause.
const PAUSE: &str = "pause";
const LOCK_LIFE: Duration = Duration::from_secs(5);
/// Longer than between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// What a fleet shares, with a lock; does as it is told.
#[derive(Debug)]
struct Shared {
    clock: ManualClock,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    entry: Option<CachedToken>,
    /// By the names of the locks: renewals in the background have one of their own.
    locks: HashMap<[u8; 32], (String, Now)>,
    dead_until: Option<Now>,
    unreadable: bool,
    lock_fault: Option<Fault>,
    unlock_fault: Option<Fault>,
    remove_fault: Option<Fault>,
    calls: Vec<&'static str>,
    /// The pauses that were asked for.
    pauses: Vec<Duration>,
}

impl Shared {
    fn new(world: &World) -> Arc<Self> {
        Arc::new(Self { clock: world.clock.clone(), inside: Mutex::default() })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no test panics here")
    }

    /// A process that died just now with the lock in its hands.
    fn lock_of_the_dead(&self) {
        self.inside().dead_until = Some(self.clock.now().plus(LOCK_LIFE));
    }

    fn count(&self, call: &str) -> usize {
        self.inside().calls.iter().filter(|made| **made == call).count()
    }

    fn called(&self, call: &'static str) -> MutexGuard<'_, Inside> {
        let mut inside = self.inside();
        inside.calls.push(call);
        inside
    }
}

fn answer<'a, T: Send + 'a>(fault: Option<Fault>, good: T) -> BoxFuture<'a, Result<T, CacheError>> {
    match fault {
        None => Box::pin(async { Ok(good) }),
        Some(Fault::Error) => Box::pin(async { Err(CacheError::because("out of order")) }),
        Some(Fault::Hang) => Box::pin(pending()),
    }
}

impl TokenCache for Shared {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        let inside = self.called("load");
        let found = if inside.unreadable { key.open(b"rubbish").map(Some) } else { Ok(inside.entry.clone()) };
        Box::pin(async { found })
    }

    fn store<'a>(&'a self, _: &'a CacheKey, token: CachedToken, _: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
        let mut inside = self.called("store");
        (inside.entry, inside.unreadable) = (Some(token), false);
        answer(None, ())
    }

    fn remove<'a>(&'a self, _: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        let mut inside = self.called("remove");
        inside.entry.take_if(|entry| entry.secret == *token);
        answer(inside.remove_fault, ())
    }

    fn locks(&self) -> bool {
        true
    }

    fn lock<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Lock, CacheError>> {
        let now = self.clock.now();
        let mut inside = self.called("lock");
        let taken = inside.locks.get(key.lock_name()).cloned().filter(|(_, until)| now.is_before(*until));
        let state = match taken {
            _ if inside.dead_until.is_some_and(|until| now.is_before(until)) => Lock::Theirs,
            Some((known, until)) if known == PAUSE => Lock::HeldOff(now.until(until)),
            Some((known, _)) if known != holder => Lock::Theirs,
            _ => {
                inside.locks.insert(*key.lock_name(), (holder.to_owned(), now.plus(ttl)));
                Lock::Ours
            }
        };
        answer(inside.lock_fault, state)
    }

    fn hold_off<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        span: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        let until = self.clock.now().plus(span);
        let mut inside = self.called("hold_off");
        inside.pauses.push(span);
        if inside.locks.get(key.lock_name()).is_some_and(|(known, _)| known == holder) {
            inside.locks.insert(*key.lock_name(), (PAUSE.to_owned(), until));
        }
        answer(None, ())
    }

    fn unlock<'a>(&'a self, key: &'a CacheKey, holder: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        let mut inside = self.called("unlock");
        if inside.locks.get(key.lock_name()).is_some_and(|(known, _)| known == holder) {
            inside.locks.remove(key.lock_name());
        }
        answer(inside.unlock_fault, ())
    }
}

fn process(world: &World, shared: &Arc<Shared>) -> Partner {
    process_with(world.config(), shared)
}

fn process_with(config: Config, shared: &Arc<Shared>) -> Partner {
    partner_of(partner_keys(), config.token_cache(shared.clone()))
}

fn fleet(world: &World, shared: &Arc<Shared>, size: usize) -> Vec<Partner> {
    (0..size).map(|_| process(world, shared)).collect()
}

type Call = JoinHandle<vipps_partner_auth::Result<String>>;

fn call(partner: &Partner) -> Call {
    let partner = partner.clone();
    tokio::spawn(async move { Ok(partner.access_token().await?.secret().to_owned()) })
}

async fn calls(fleet: &[Partner]) -> Vec<Call> {
    let calls = fleet.iter().map(call).collect();
    settle().await;
    calls
}

async fn tokens(calls: Vec<Call>) -> Vec<String> {
    let mut tokens = Vec::new();
    for call in calls {
        tokens.push(call.await.expect("no panic").expect("a token"));
    }
    tokens
}

/// The single token that all of them got.
async fn the_same(calls: Vec<Call>) -> String {
    let mut tokens = tokens(calls).await;
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    tokens.remove(0)
}

/// So many looks, one after the other.
async fn pass_in_looks(world: &World, span: Duration) {
    for _ in 0..span.as_millis() / LOOK.as_millis() {
        world.pass(LOOK).await;
    }
}

fn cache_failures(world: &World) -> Vec<(&'static str, &'static str)> {
    let failure = |event: Event| match event {
        Event::CacheFailed { operation, detail } => Some((operation, detail)),
        _ => None,
    };
    world.events.all().into_iter().filter_map(failure).collect()
}

#[tokio::test]
async fn of_many_cold_processes_one_fetches_and_the_others_find_what_it_got() {
    let world = World::new();
    let shared = Shared::new(&world);
    world.vipps.hold();
    let calls = calls(&fleet(&world, &shared, 50)).await;
    pass_in_looks(&world, Duration::from_secs(4)).await;
    assert_eq!(world.vipps.count(), 1);
    world.vipps.release();
    settle().await;
    world.pass(LOOK).await;
    assert_eq!(the_same(calls).await, "token-1");
    assert_eq!(world.vipps.count(), 1);
    assert_eq!(world.events.count(|event| *event == Event::TokenFromCache), 49);
    assert!(shared.inside().locks.is_empty());
}

#[tokio::test]
async fn the_lock_is_given_back_only_when_others_can_find_the_token() {
    let world = World::new();
    let shared = Shared::new(&world);
    the_same(calls(&fleet(&world, &shared, 1)).await).await;
    settle().await;
    assert_eq!(shared.inside().calls, ["load", "lock", "load", "store", "unlock"]);
}

#[tokio::test]
async fn one_process_takes_the_place_of_a_dead_one_and_the_others_wait_for_that_one() {
    let world = World::new();
    let shared = Shared::new(&world);
    shared.lock_of_the_dead();
    let calls = calls(&fleet(&world, &shared, 50)).await;
    pass_in_looks(&world, LOCK_LIFE - LOOK).await;
    assert_eq!(world.vipps.count(), 0);
    pass_in_looks(&world, LOOK * 4).await;
    assert_eq!(the_same(calls).await, "token-1");
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_process_that_hangs_in_its_fetch_is_overtaken_by_one_and_its_late_token_does_no_harm() {
    let world = World::new();
    let shared = Shared::new(&world);
    world.vipps.hold();
    let stuck = call(&process(&world, &shared));
    world.vipps.arrived(1).await;
    let others = calls(&fleet(&world, &shared, 10)).await;
    pass_in_looks(&world, LOCK_LIFE + LOOK).await;
    assert_eq!(world.vipps.count(), 2);
    world.vipps.release();
    settle().await;
    pass_in_looks(&world, LOOK).await;
    assert_eq!(the_same(vec![stuck]).await, "token-1");
    let found = tokens(others).await;
    assert!(found.iter().all(|token| token == "token-1" || token == "token-2"), "{found:?}");
    assert_eq!((world.vipps.count(), cache_failures(&world)), (2, vec![]));
    assert!(shared.inside().locks.is_empty());
}

#[tokio::test]
async fn nobody_waits_for_longer_than_two_locks_live() {
    let world = World::new();
    let shared = Shared::new(&world);
    world.vipps.hold();
    let calls = calls(&fleet(&world, &shared, 10)).await;
    pass_in_looks(&world, LOCK_LIFE * 2 - LOOK).await;
    assert!(world.vipps.count() < 4, "{}", world.vipps.count());
    pass_in_looks(&world, LOOK * 2).await;
    assert_eq!(world.vipps.count(), 10);
    world.vipps.release();
    assert_eq!(tokens(calls).await.len(), 10);
}

#[tokio::test]
async fn nobody_waits_for_others_longer_than_for_vipps() {
    let world = World::new();
    let shared = Shared::new(&world);
    shared.lock_of_the_dead();
    let hasty = process_with(world.config().deadline(Duration::from_secs(2)), &shared);
    let calls = calls(&[hasty]).await;
    pass_in_looks(&world, Duration::from_secs(2) - LOOK).await;
    assert_eq!(world.vipps.count(), 0);
    pass_in_looks(&world, LOOK * 2).await;
    assert_eq!(the_same(calls).await, "token-1");
}

#[tokio::test]
async fn a_fetch_that_fails_gives_the_lock_to_the_next() {
    let world = World::new();
    let shared = Shared::new(&world);
    world.vipps.script([Reply::refusal(400, UNAUTHORIZED_CLIENT)]);
    let mut calls = calls(&fleet(&world, &shared, 10)).await;
    pass_in_looks(&world, LOOK * 2).await;
    calls.remove(0).await.expect("no panic").expect_err("refused");
    assert_eq!(the_same(calls).await, "token-2");
    assert_eq!((world.vipps.count(), shared.inside().locks.len()), (2, 0));
}

#[tokio::test]
async fn who_was_told_to_wait_looks_but_does_not_stand_in_line() {
    let world = World::new();
    let shared = Shared::new(&world);
    world.vipps.always(Reply::refusal(400, UNAUTHORIZED_CLIENT));
    let partner = process(&world, &shared);
    partner.access_token().await.expect_err("refused");
    settle().await;
    shared.lock_of_the_dead();
    for _ in 0..10 {
        partner.access_token().await.expect_err("refused still");
    }
    assert_eq!((world.vipps.count(), shared.count("lock"), shared.count("load")), (1, 1, 3), "one look a second");
    world.pass(Duration::from_secs(1)).await;
    shared.inside().entry = Some(CachedToken::new("other", Duration::from_secs(START) + DAY, DAY));
    assert_eq!(partner.access_token().await.expect("another's luck").secret(), "other");
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_counts_as_none_is_told_once_and_replaced() {
    let world = World::new();
    let shared = Shared::new(&world);
    shared.inside().unreadable = true;
    world.vipps.hold();
    let calls = calls(&fleet(&world, &shared, 10)).await;
    pass_in_looks(&world, LOOK * 10).await;
    world.vipps.release();
    settle().await;
    pass_in_looks(&world, LOOK).await;
    assert_eq!(the_same(calls).await, "token-1");
    assert_eq!(world.vipps.count(), 1);
    assert_eq!(cache_failures(&world), [("load", "the entry is of another kind"); 10]);
}

#[tokio::test]
async fn a_lock_that_cannot_be_had_is_gone_without() {
    for (fault, detail) in [(Fault::Error, "out of order"), (Fault::Hang, "no answer in time")] {
        let world = World::new();
        let shared = Shared::new(&world);
        shared.inside().lock_fault = Some(fault);
        let calls = calls(&fleet(&world, &shared, 3)).await;
        world.pass(Duration::from_secs(1)).await;
        assert_eq!(tokens(calls).await.len(), 3);
        assert_eq!(world.vipps.count(), 3);
        assert_eq!(cache_failures(&world), [("lock", detail); 3]);
        assert_eq!(shared.count("unlock"), 0, "not ours");
    }
}

#[tokio::test]
async fn a_lock_that_cannot_be_given_back_holds_up_nobody_who_has_called() {
    for (fault, detail) in [(Fault::Error, "out of order"), (Fault::Hang, "no answer in time")] {
        let world = World::new();
        let shared = Shared::new(&world);
        shared.inside().unlock_fault = Some(fault);
        assert_eq!(the_same(calls(&fleet(&world, &shared, 1)).await).await, "token-1");
        world.pass(Duration::from_secs(1)).await;
        assert_eq!(cache_failures(&world), [("unlock", detail)]);
    }
}

#[tokio::test]
async fn a_cache_without_locks_is_asked_for_none() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let fleet: Vec<_> = (0..3).map(|_| partner_of(partner_keys(), world.config().token_cache(cache.clone()))).collect();
    world.vipps.hold();
    let calls = calls(&fleet).await;
    assert_eq!(world.vipps.count(), 3);
    world.vipps.release();
    assert_eq!(tokens(calls).await.len(), 3);
}

#[tokio::test]
async fn processes_that_renew_at_the_same_moment_make_one_request_and_nobody_waits() {
    let world = World::new();
    let shared = Shared::new(&world);
    let fleet = fleet(&world, &shared, 20);
    let first = calls(&fleet).await;
    world.pass(LOOK).await;
    the_same(first).await;
    world.clock.advance(DAY - Duration::from_secs(3_600));
    world.vipps.hold();
    for _ in 0..10 {
        assert_eq!(the_same(calls(&fleet).await).await, "token-1");
        world.pass(LOOK).await;
    }
    assert_eq!(world.vipps.count(), 2);
    world.vipps.release();
    settle().await;
    world.pass(LOOK).await;
    assert_eq!(the_same(calls(&fleet).await).await, "token-2");
    assert_eq!(world.vipps.count(), 2);
    assert_eq!(world.events.count(|event| matches!(event, Event::TokenRenewed { .. })), 1);
}

#[tokio::test]
async fn a_renewal_that_fails_is_not_tried_by_others_and_keeps_nobody_from_replacing_a_refused_token() {
    let world = World::new();
    let shared = Shared::new(&world);
    let fleet = fleet(&world, &shared, 3);
    let first = calls(&fleet).await;
    world.pass(LOOK).await;
    the_same(first).await;
    // The next renewal is due in half a minute.
    world.clock.advance(DAY - Duration::from_secs(2 * 3_600));
    world.vipps.script([Reply::refusal(503, "")]);
    for _ in 0..3 {
        assert_eq!(the_same(calls(&fleet).await).await, "token-1");
        world.pass(Duration::from_secs(5)).await;
    }
    assert_eq!(world.vipps.count(), 2);
    assert_eq!(world.events.count(|event| matches!(event, Event::RenewalFailed { .. })), 3);
    let refused = fleet[1].access_token().await.expect("the first token");
    assert_eq!(fleet[1].refused(&refused).await.expect("another").token().secret(), "token-3");
}

#[tokio::test]
async fn what_the_store_says_of_the_rest_of_a_life_is_believed_over_a_clock_that_is_slow() {
    let world = World::new();
    let shared = Shared::new(&world);
    let (lifetime, left) = (Duration::from_secs(900), Duration::from_secs(20));
    let expires_at = Duration::from_secs(START + 80);
    shared.inside().entry = Some(CachedToken::new("shared", expires_at, lifetime).with_remaining(Some(left)));
    let partner = process(&world, &shared);
    assert_eq!(the_same(calls(std::slice::from_ref(&partner)).await).await, "shared");
    world.vipps.hold();
    world.clock.advance(left - LOCK_LIFE - MILLISECOND);
    assert_eq!(the_same(calls(std::slice::from_ref(&partner)).await).await, "shared");
    world.vipps.release();
    world.clock.advance(LOCK_LIFE);
    shared.inside().entry = None;
    assert_eq!(the_same(calls(std::slice::from_ref(&partner)).await).await, "token-1");
}

#[tokio::test]
async fn a_refused_token_stays_until_there_is_another_and_a_dropped_one_does_not() {
    let world = World::new();
    let shared = Shared::new(&world);
    let fleet = fleet(&world, &shared, 2);
    the_same(calls(&fleet[..1]).await).await;
    settle().await;
    let refused = fleet[1].access_token().await.expect("shared");
    assert_eq!(refused.secret(), "token-1");
    world.vipps.hold();
    let replaced = tokio::spawn({
        let (partner, refused) = (fleet[0].clone(), refused.clone());
        async move { partner.refused(&refused).await }
    });
    settle().await;
    assert_eq!(shared.inside().entry.as_ref().expect("the old one").secret.expose(), "token-1");
    world.vipps.release();
    replaced.await.expect("no panic").expect("another token");
    settle().await;
    assert_eq!(shared.inside().entry.as_ref().expect("the newer one").secret.expose(), "token-2");
    assert!(fleet[1].invalidate(&refused));
    settle().await;
    assert_eq!(shared.inside().entry.as_ref().expect("the newer one").secret.expose(), "token-2");
    assert_eq!(the_same(calls(&fleet).await).await, "token-2");
    assert_eq!((world.vipps.count(), shared.count("remove")), (2, 1));
}

#[tokio::test]
async fn no_refused_token_comes_back_from_the_cache() {
    let world = World::new();
    let shared = Shared::new(&world);
    let partner = process(&world, &shared);
    let mut refused = Vec::new();
    for number in 123_456..123_459 {
        let token = partner.access_token().await.expect("a token");
        settle().await;
        let shop = partner.merchant(number.to_string().parse().expect("an msn"));
        shop.refused(&token).await.expect("another token");
        settle().await;
        refused.push(token);
    }
    assert_eq!(world.vipps.count(), 4);
    // A process that is slow puts one of them back.
    for old in refused {
        assert!(partner.invalidate(&partner.access_token().await.expect("a token")));
        settle().await;
        shared.inside().entry = Some(CachedToken::new(old.secret(), Duration::from_secs(START) + DAY, DAY));
        assert_ne!(partner.access_token().await.expect("a newer one"), old);
        settle().await;
    }
}

#[tokio::test]
async fn what_is_not_in_use_here_is_not_taken_away_from_others() {
    let world = World::new();
    let shared = Shared::new(&world);
    let fleet = fleet(&world, &shared, 2);
    let token = fleet[0].access_token().await.expect("a token");
    settle().await;
    assert!(!fleet[1].invalidate(&token));
    settle().await;
    assert_eq!((fleet[1].access_token().await.expect("the same"), shared.count("remove")), (token, 0));
    settle().await;
    assert_eq!(shared.count("store"), 1, "what came from there need not go there");
}

#[tokio::test]
async fn others_pause_for_as_long_as_it_makes_sense() {
    let world = World::new();
    let shared = Shared::new(&world);
    let partner = process(&world, &shared);
    world.vipps.script([Reply::refusal(401, UNAUTHORIZED_CLIENT)]);
    partner.headers().await.expect_err("refused");
    settle().await;
    assert!(shared.inside().pauses.is_empty(), "keys that are wrong here may be right elsewhere");

    world.pass(Duration::from_secs(60)).await;
    let token = partner.access_token().await.expect("a token");
    settle().await;
    world.vipps.always(Reply::refusal(503, ""));
    let replacing = tokio::spawn(async move { partner.refused(&token).await.map(|_| partner) });
    pass_in_looks(&world, Duration::from_secs(40)).await;
    replacing.await.expect("no panic").expect_err("Vipps is down");
    assert_eq!(shared.inside().pauses, [Duration::from_secs(30)], "the token may be good after all");
}

#[tokio::test]
async fn a_renewal_that_fails_pauses_the_renewals_of_others_until_its_own_next_try() {
    let world = World::new();
    let shared = Shared::new(&world);
    let partner = process(&world, &shared);
    partner.headers().await.expect("a token");
    settle().await;
    world.clock.advance(DAY - Duration::from_secs(8_000));
    world.vipps.always(Reply::refusal(503, ""));
    let mut told = Vec::new();
    for _ in 0..3 {
        partner.headers().await.expect("the old token");
        settle().await;
        world.clock.advance(Duration::from_secs(2_400));
        told = world.events.all().iter().filter_map(next_try).collect();
    }
    assert!(told.len() > 1);
    assert_eq!(shared.inside().pauses, told);
}

fn next_try(event: &Event) -> Option<Duration> {
    match event {
        Event::RenewalFailed { next_try_in, .. } => Some(*next_try_in),
        _ => None,
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_taken_away_is_told_and_still_not_used_here() {
    for (fault, detail) in [(Fault::Error, "out of order"), (Fault::Hang, "no answer in time")] {
        let world = World::new();
        let shared = Shared::new(&world);
        let partner = process(&world, &shared);
        let token = partner.access_token().await.expect("a token");
        settle().await;
        shared.inside().remove_fault = Some(fault);
        assert!(partner.invalidate(&token));
        settle().await;
        shared.inside().entry = Some(CachedToken::new("token-1", Duration::from_secs(START) + DAY, DAY));
        world.pass(Duration::from_secs(1)).await;
        assert_eq!(the_same(calls(std::slice::from_ref(&partner)).await).await, "token-2");
        assert_eq!(cache_failures(&world), [("remove", detail)]);
    }
}

#[tokio::test]
async fn an_event_repeats_a_reason_from_the_program_and_no_other_text() {
    assert_eq!(CacheError::because("redis is full").to_string(), "redis is full");
    let world = World::new();
    let cache = Arc::new(FakeCache::failing(Some(Fault::Error), None));
    partner_of(partner_keys(), world.config().token_cache(cache)).access_token().await.expect("a token");
    assert_eq!(cache_failures(&world), [("load", "failed")]);
}
