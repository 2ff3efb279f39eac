//! Keys that change while the process runs: handed in, or fetched from where they are kept.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use support::{
    CLIENT_ID, CLIENT_SECRET, DAY, FakeVipps, INVALID_CLIENT, KEY_REFUSED, MILLISECOND, Reply, SECOND_SUBSCRIPTION_KEY,
    SUBSCRIPTION_KEY, Seen, World, asked_once, bearer, msn, paired_keys, partner_keys, partner_of, sales_unit_keys,
    settle, specialized_keys,
};
use tokio::sync::watch;
use vipps_partner_auth::{
    BoxFuture, Config, ErrorKind, Event, HttpSend, KeySourceError, Keys, MemoryCache, Partner, PartnerKeys, PspKeys,
    SalesUnitKeys, SendError, SpecializedKeys,
};

const NEW_SECRET: &str = "another-Secret+/43==";
const NEW_KEY: &str = "aaaabbbbccccddddaaaabbbbccccdddd";

fn new_keys() -> PartnerKeys {
    PartnerKeys::new(CLIENT_ID, NEW_SECRET, NEW_KEY).expect("good keys")
}

fn secret_of(seen: &Seen) -> &str {
    seen.headers["client_secret"].to_str().expect("ascii")
}

fn key_of(seen: &Seen) -> &str {
    seen.headers["ocp-apim-subscription-key"].to_str().expect("ascii")
}

/// A Vipps to which one secret alone is good.
fn takes_only(secret: &'static str) -> impl Fn(usize, &Seen) -> Reply + Send {
    move |number, seen| {
        if secret_of(seen) == secret {
            Reply::token(&format!("token-{number}"), 86_400)
        } else {
            Reply::refusal(401, INVALID_CLIENT)
        }
    }
}

fn replaced(event: &Event) -> bool {
    matches!(event, Event::KeysReplaced)
}

fn not_replaced(event: &Event) -> bool {
    matches!(event, Event::KeysNotReplaced { .. })
}

#[tokio::test]
async fn the_old_token_is_served_until_the_new_keys_have_theirs() {
    let world = World::new();
    let partner = world.partner();
    let shop = partner.merchant(msn("123456"));
    shop.headers().await.expect("a token");
    let generation = partner.generation();
    world.vipps.hold();
    let replacing = tokio::spawn({
        let partner = partner.clone();
        async move { partner.replace_keys(new_keys()).await }
    });
    settle().await;
    assert_eq!(secret_of(&world.vipps.last()), NEW_SECRET);
    let headers = asked_once(shop.headers()).await.expect("nobody waits").expect("a token");
    assert_eq!(
        (bearer(&headers), &headers["ocp-apim-subscription-key"]),
        ("token-1", &SUBSCRIPTION_KEY.parse().expect("a value"))
    );
    world.vipps.release();
    replacing.await.expect("no panic").expect("good keys");
    let headers = shop.headers().await.expect("a token");
    assert_eq!(
        (bearer(&headers), &headers["ocp-apim-subscription-key"]),
        ("token-2", &NEW_KEY.parse().expect("a value"))
    );
    assert_eq!(bearer(&shop.cached_headers().expect("a token")), "token-2");
    assert!(partner.generation() > generation);
    assert_eq!((world.vipps.count(), world.events.count(replaced)), (2, 1));
    world.clock.advance(DAY);
    shop.headers().await.expect("a token");
    assert_eq!(secret_of(&world.vipps.last()), NEW_SECRET);
}

#[tokio::test]
async fn keys_that_vipps_refuses_change_nothing() {
    let world = World::new();
    let partner = world.partner();
    partner.headers().await.expect("a token");
    world.vipps.answer(takes_only(CLIENT_SECRET));
    let error = partner.replace_keys(new_keys()).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::CredentialsRejected);
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-1");
    assert_eq!((world.events.count(replaced), world.events.count(not_replaced)), (0, 1));
    world.clock.advance(DAY);
    partner.headers().await.expect("no pause after keys that are not in use");
    assert_eq!(secret_of(&world.vipps.last()), CLIENT_SECRET);
}

#[tokio::test]
async fn keys_that_could_not_be_tried_may_be_tried_again() {
    let world = World::hurried();
    let partner = world.partner();
    partner.headers().await.expect("a token");
    world.vipps.always(Reply::status(503));
    let error = partner.replace_keys(new_keys()).await.expect_err("an outage");
    assert!(error.retryable());
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-1");
    world.vipps.answer(takes_only(NEW_SECRET));
    partner.replace_keys(new_keys()).await.expect("good keys");
    assert_ne!(bearer(&partner.headers().await.expect("a token")), "token-1");
    assert_eq!((world.events.count(replaced), world.events.count(not_replaced)), (1, 1));
}

#[tokio::test]
async fn keys_of_which_there_was_no_token_yet_are_replaced_as_well() {
    let world = World::new();
    world.vipps.answer(takes_only(NEW_SECRET));
    let partner = world.partner();
    assert_eq!(partner.headers().await.expect_err("refused").kind(), ErrorKind::CredentialsRejected);
    partner.replace_keys(new_keys()).await.expect("good keys");
    assert_eq!(bearer(&partner.headers().await.expect("the pause of the old keys is over")), "token-2");
}

#[tokio::test]
async fn the_same_keys_cost_nothing() {
    let world = World::new();
    let partner = world.partner();
    partner.headers().await.expect("a token");
    partner.replace_keys(partner_keys()).await.expect("the same");
    assert_eq!((world.vipps.count(), world.events.count(replaced)), (1, 0));
}

#[tokio::test]
async fn keys_for_another_purpose_are_refused_without_a_request() {
    let world = World::new();
    let scoped = |scope: &str| Keys::from(specialized_keys().with_scope(scope).expect("a scope"));
    let unit = |of: &str| Keys::from(sales_unit_keys(of));
    let psp = |id: &str| Keys::from(PspKeys::new(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, id).expect("good keys"));
    for (own, other, field) in [
        (Keys::from(partner_keys()), unit("123456"), "keys"),
        (unit("123456"), Keys::from(partner_keys()), "keys"),
        (unit("123456"), unit("654321"), "msn"),
        (psp("psp-1"), psp("psp-2"), "psp_id"),
        (psp("psp-1"), Keys::from(partner_keys()), "keys"),
        (Keys::from(partner_keys()), Keys::from(specialized_keys()), "keys"),
        (Keys::from(specialized_keys()), scoped("donations:read"), "scope"),
        (scoped("donations:read"), scoped("other"), "scope"),
    ] {
        let partner = partner_of(own, world.config());
        let error = partner.replace_keys(other).await.expect_err(field);
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(field)));
        assert!(!format!("{error:?}").contains(CLIENT_SECRET));
    }
    assert_eq!((world.vipps.count(), world.events.all().len()), (0, 0));
}

#[tokio::test]
async fn another_client_may_take_the_place_of_one_with_specialized_keys() {
    let world = World::new();
    let partner = partner_of(specialized_keys(), world.config());
    partner.headers().await.expect("a token");
    let other = SpecializedKeys::new("123456-acct-0002", "An0ther/Secret").expect("good keys");
    partner.replace_keys(other).await.expect("good keys");
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-2");
    assert!(format!("{partner:?}").contains("123456-acct-0002"));
}

/// Lets requests with other keys pass by those that it holds.
#[derive(Debug)]
struct Gate {
    vipps: Arc<FakeVipps>,
    is_open: watch::Sender<bool>,
}

impl HttpSend for Gate {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        Box::pin(async move {
            if request.headers()["client_secret"] == CLIENT_SECRET {
                drop(self.is_open.subscribe().wait_for(|open| *open).await.expect("the gate outlives the wait"));
            }
            self.vipps.send(request, limit).await
        })
    }
}

#[tokio::test]
async fn a_fetch_with_the_old_keys_is_overtaken() {
    for late in [Reply::token("late", 86_400), Reply::refusal(401, INVALID_CLIENT), Reply::status(400)] {
        let world = World::new();
        let gate = Arc::new(Gate { vipps: world.vipps.clone(), is_open: watch::Sender::new(false) });
        let partner = partner_of(partner_keys(), world.config().http(gate.clone()));
        let waiting = tokio::spawn({
            let partner = partner.clone();
            async move { partner.headers().await }
        });
        settle().await;
        partner.replace_keys(new_keys()).await.expect("good keys");
        world.vipps.script([late]);
        gate.is_open.send_replace(true);
        let headers = waiting.await.expect("no panic").expect("who waited has the token of the new keys");
        assert_eq!(bearer(&headers), "token-1");
        assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-1");
        assert_eq!(world.events.count(|event| matches!(event, Event::TokenFetchFailed { .. })), 0);
        world.clock.advance(DAY);
        partner.headers().await.expect("the next fetch is free");
    }
}

#[tokio::test]
async fn keys_go_on_being_tried_when_the_caller_gives_up() {
    let world = World::new();
    let partner = world.partner();
    partner.headers().await.expect("a token");
    world.vipps.hold();
    assert!(asked_once(partner.replace_keys(new_keys())).await.is_none());
    settle().await;
    world.vipps.release();
    settle().await;
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-2");
    assert_eq!(world.events.count(replaced), 1);
}

#[tokio::test]
async fn the_last_of_several_wins() {
    let world = World::new();
    let partner = world.partner();
    let last = PartnerKeys::new(CLIENT_ID, "third", NEW_KEY).expect("good keys");
    let (first, second) = tokio::join!(partner.replace_keys(new_keys()), partner.replace_keys(last));
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-2");
    assert_eq!(secret_of(&world.vipps.last()), "third");
}

/// Processes that share a cache.
fn fleet(world: &World, cache: &Arc<MemoryCache>, keys: &Keys) -> Vec<Partner> {
    let one = || partner_of(keys.clone(), world.config().token_cache(cache.clone()));
    (0..5).map(|_| one()).collect()
}

#[tokio::test]
async fn a_fleet_asks_once_for_the_new_keys() {
    let world = World::new();
    let cache = Arc::new(MemoryCache::default());
    let fleet = fleet(&world, &cache, &partner_keys().into());
    for partner in &fleet {
        assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-1");
        settle().await;
    }
    for (number, partner) in fleet.iter().enumerate() {
        partner.replace_keys(new_keys()).await.expect("good keys");
        settle().await;
        assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-2");
        for other in &fleet[number + 1..] {
            assert_eq!(bearer(&other.headers().await.expect("a token")), "token-1", "not replaced yet");
        }
    }
    assert_eq!((world.vipps.count(), world.events.count(replaced)), (2, 5));
}

#[tokio::test]
async fn a_token_of_yesterday_does_not_show_that_keys_are_good() {
    let world = World::new();
    let cache = Arc::new(MemoryCache::default());
    let former = partner_of(new_keys(), world.config().token_cache(cache.clone()));
    former.headers().await.expect("a token");
    settle().await;
    let partner = partner_of(partner_keys(), world.config().token_cache(cache.clone()));
    partner.headers().await.expect("a token");
    world.clock.advance(Duration::from_secs(11 * 60));
    world.vipps.answer(takes_only(CLIENT_SECRET));
    let error = partner.replace_keys(new_keys()).await.expect_err("taken out of use since");
    assert_eq!(error.kind(), ErrorKind::CredentialsRejected);
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-2");
}

#[tokio::test]
async fn the_first_key_of_the_new_pair_is_tried_though_the_other_is_known_to_be_good() {
    let world = World::new();
    let cache = Arc::new(MemoryCache::default());
    let partner = partner_of(paired_keys(), world.config().token_cache(cache));
    partner.headers().await.expect("a token");
    settle().await;
    let next = PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, NEW_KEY).expect("good keys");
    let next = next.with_second_subscription_key(SUBSCRIPTION_KEY).expect("a good key");
    partner.replace_keys(next).await.expect("good keys");
    assert_eq!(key_of(&world.vipps.last()), NEW_KEY);
    let headers = partner.headers().await.expect("a token");
    assert_eq!(
        (bearer(&headers), &headers["ocp-apim-subscription-key"]),
        ("token-2", &NEW_KEY.parse().expect("a value"))
    );
}

#[tokio::test]
async fn a_pair_is_turned_round_before_its_first_key_is_renewed() {
    let world = World::new();
    let partner = partner_of(paired_keys(), world.config());
    partner.headers().await.expect("a token");
    let turned = PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, SECOND_SUBSCRIPTION_KEY).expect("good keys");
    partner
        .replace_keys(turned.clone().with_second_subscription_key(SUBSCRIPTION_KEY).expect("a key"))
        .await
        .expect("good");
    world.vipps.answer(|number, seen| match key_of(seen) {
        SUBSCRIPTION_KEY => Reply::refusal(401, KEY_REFUSED),
        _ => Reply::token(&format!("token-{number}"), 86_400),
    });
    let headers = partner.headers().await.expect("a token");
    assert_eq!(headers["ocp-apim-subscription-key"], SECOND_SUBSCRIPTION_KEY);
    partner.replace_keys(turned.with_second_subscription_key(NEW_KEY).expect("a key")).await.expect("good");
    assert_eq!(world.events.count(|event| matches!(event, Event::OtherSubscriptionKeyUsed)), 0);
}

#[tokio::test]
async fn login_authenticates_with_the_new_secret_too() {
    let world = World::new();
    let partner = partner_of(sales_unit_keys("123456"), world.config());
    let phone = partner.merchant(msn("123456")).backchannel().expect("sales unit keys do");
    let next = SalesUnitKeys::new(CLIENT_ID, NEW_SECRET, SUBSCRIPTION_KEY, msn("123456")).expect("good keys");
    partner.replace_keys(next).await.expect("good keys");
    world.vipps.always(Reply::json(r#"{"exists":true}"#));
    let basic = || world.vipps.last().headers["authorization"].clone();
    assert_eq!(phone.user_exists("4791234567").await, Ok(Some(true)));
    let new = basic();
    let other = partner_of(
        SalesUnitKeys::new(CLIENT_ID, NEW_SECRET, SUBSCRIPTION_KEY, msn("123456")).expect("good keys"),
        world.config(),
    );
    let phone = other.merchant(msn("123456")).backchannel().expect("sales unit keys do");
    assert_eq!(phone.user_exists("4791234567").await, Ok(Some(true)));
    assert_eq!(new, basic());
}

#[test]
fn there_is_a_blocking_twin() {
    let world = World::new();
    let partner = world.partner();
    partner.blocking().replace_keys(new_keys()).expect("good keys");
    assert_eq!(secret_of(&world.vipps.last()), NEW_SECRET);
}

/// What a secret store does when it is asked.
enum Answer {
    Keys(Keys),
    Fault,
    Hang,
    Panic,
}

/// A secret store that answers as it is told, the last answer for ever.
#[derive(Clone)]
struct Store {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<AtomicUsize>,
}

impl Store {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), asked: Arc::default() }
    }

    fn of(self, config: Config) -> Config {
        config.key_source(move || {
            self.asked.fetch_add(1, SeqCst);
            let answer = self.answers.lock().expect("no test panics here").pop_front();
            async move {
                match answer {
                    Some(Answer::Keys(keys)) => Ok(keys),
                    Some(Answer::Hang) => pending().await,
                    Some(Answer::Panic) => panic!("a fault of the user's own"),
                    Some(Answer::Fault) | None => Err(KeySourceError::from("hidden words of a vault")),
                }
            }
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

#[tokio::test]
async fn who_waits_gets_a_token_with_the_keys_of_the_source() {
    let world = World::new();
    world.vipps.answer(takes_only(NEW_SECRET));
    let store = Store::new([Answer::Keys(new_keys().into())]);
    let partner = partner_of(partner_keys(), store.clone().of(world.config()));
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-2");
    assert_eq!((store.asked(), world.events.count(replaced)), (1, 1));
    world.clock.advance(DAY);
    partner.headers().await.expect("a token");
    assert_eq!((store.asked(), secret_of(&world.vipps.last())), (1, NEW_SECRET));
}

#[tokio::test]
async fn a_renewal_gets_them_as_well_while_the_old_token_is_served() {
    let world = World::new();
    let store = Store::new([Answer::Keys(new_keys().into())]);
    let partner = partner_of(partner_keys(), store.clone().of(world.config()));
    partner.headers().await.expect("a token");
    assert_eq!(store.asked(), 0, "nothing to ask for");
    world.vipps.answer(takes_only(NEW_SECRET));
    world.clock.advance(DAY - Duration::from_secs(3_600));
    let headers = asked_once(partner.headers()).await.expect("nobody waits").expect("a token");
    assert_eq!(bearer(&headers), "token-1");
    settle().await;
    assert_eq!(bearer(&partner.headers().await.expect("a token")), "token-3");
    assert_eq!(world.events.count(|event| matches!(event, Event::RenewalFailed { .. })), 0);
}

#[tokio::test]
async fn the_source_is_asked_for_nothing_but_refused_keys() {
    for trouble in [Reply::refusal(503, ""), Reply::refusal(403, ""), Reply::broken(), Reply::not_sent()] {
        let world = World::hurried();
        world.vipps.always(trouble);
        let store = Store::new([Answer::Keys(new_keys().into())]);
        let partner = partner_of(partner_keys(), store.clone().of(world.config()));
        assert_ne!(partner.headers().await.expect_err("trouble").kind(), ErrorKind::CredentialsRejected);
        assert_eq!(store.asked(), 0);
    }
}

#[tokio::test]
async fn a_source_that_is_of_no_help_leaves_everything_as_it_was() {
    let unit = Keys::from(sales_unit_keys("123456"));
    for (answer, told) in [
        (Answer::Fault, Some(ErrorKind::Unavailable)),
        (Answer::Panic, Some(ErrorKind::Unavailable)),
        (Answer::Hang, Some(ErrorKind::Unavailable)),
        (Answer::Keys(unit), Some(ErrorKind::InvalidConfig)),
        (Answer::Keys(new_keys().into()), Some(ErrorKind::CredentialsRejected)),
        (Answer::Keys(partner_keys().into()), None),
    ] {
        let world = World::hurried();
        world.vipps.always(Reply::refusal(401, INVALID_CLIENT));
        let store = Store::new([answer]);
        let partner = partner_of(partner_keys(), store.clone().of(world.config()));
        assert_eq!(partner.headers().await.expect_err("refused").kind(), ErrorKind::CredentialsRejected);
        let events = world.events.all();
        let why = events.iter().find_map(|event| match event {
            Event::KeysNotReplaced { error } => Some(error.kind()),
            _ => None,
        });
        assert_eq!((why, store.asked()), (told, 1));
        assert!(!format!("{events:?}").contains("hidden"));
    }
}

#[tokio::test]
async fn the_source_is_asked_at_a_bounded_rate() {
    let world = World::new();
    world.vipps.always(Reply::refusal(401, INVALID_CLIENT));
    let store = Store::new([]);
    let partner = partner_of(partner_keys(), store.clone().of(world.config()));
    for _ in 0..10 * 60 * 10 {
        assert!(partner.headers().await.is_err());
        world.clock.advance(MILLISECOND * 100);
    }
    assert!((10..=20).contains(&store.asked()), "{} times in ten minutes", store.asked());
}

#[tokio::test]
async fn keys_that_vipps_could_not_be_asked_about_are_kept_for_the_next_fetch() {
    let world = World::hurried();
    world.vipps.answer(|_, seen| match secret_of(seen) {
        NEW_SECRET => Reply::status(503),
        _ => Reply::refusal(401, INVALID_CLIENT),
    });
    let store = Store::new([Answer::Keys(new_keys().into())]);
    let partner = partner_of(partner_keys(), store.clone().of(world.config()));
    assert_eq!(partner.headers().await.expect_err("an outage").kind(), ErrorKind::Unavailable);
    world.vipps.answer(takes_only(NEW_SECRET));
    world.clock.advance(Duration::from_secs(2));
    partner.headers().await.expect("a token");
    assert_eq!((store.asked(), world.events.count(replaced)), (1, 1));
}
