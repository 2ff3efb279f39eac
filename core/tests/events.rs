//! What is told of the things that happen behind the caller's back: every event, every counter.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use support::{
    CLIENT_SECRET, DAY, FakeCache, Fault, INVALID_CLIENT, KEY_REFUSED, Reply, SUBSCRIPTION_KEY, World, paired_keys,
    partner_keys, partner_of, settle, specialized_keys,
};
use vipps_partner_auth::{ErrorKind, Event, Partner, PartnerKeys, Stats};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn renew(world: &World, partner: &Partner) {
    world.clock.advance(DAY - HOUR);
    assert!(partner.cached_headers().is_some());
    settle().await;
}

/// The counters that are not zero.
fn counted(stats: &Stats) -> Vec<(&'static str, u64)> {
    let all = [
        ("token_requests", stats.token_requests),
        ("tokens_fetched", stats.tokens_fetched),
        ("tokens_renewed", stats.tokens_renewed),
        ("fetches_failed", stats.fetches_failed),
        ("renewals_failed", stats.renewals_failed),
        ("tokens_from_cache", stats.tokens_from_cache),
        ("cache_failures", stats.cache_failures),
        ("keys_refreshed", stats.keys_refreshed),
        ("keys_refresh_failed", stats.keys_refresh_failed),
        ("unknown_kids_suppressed", stats.unknown_kids_suppressed),
    ];
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn a_fetch_is_told_with_the_lifetime_it_brought() {
    let world = World::new();
    world.vipps.grant_for(3_600);
    let partner = world.partner();
    assert_eq!(partner.stats(), Stats::default());
    partner.headers().await.expect("a token");
    assert_eq!(world.events.all(), [Event::TokenFetched { lifetime: HOUR }]);
    assert_eq!(counted(&partner.stats()), [("token_requests", 1), ("tokens_fetched", 1)]);
}

#[tokio::test]
async fn calls_with_a_fresh_token_are_told_to_nobody() {
    let world = World::new();
    let partner = world.partner();
    partner.headers().await.expect("a token");
    let before = (world.events.all(), partner.stats());
    for _ in 0..100 {
        partner.headers().await.expect("a token");
        partner.cached_headers().expect("fresh");
    }
    assert_eq!((world.events.all(), partner.stats()), before);
}

#[tokio::test]
async fn a_renewal_is_told_apart_from_a_fetch() {
    let world = World::new();
    let partner = world.partner();
    partner.headers().await.expect("a token");
    world.vipps.grant_for(3_600);
    renew(&world, &partner).await;
    assert_eq!(world.events.all()[1..], [Event::TokenRenewed { lifetime: HOUR }]);
    assert_eq!(counted(&partner.stats()), [("token_requests", 2), ("tokens_fetched", 1), ("tokens_renewed", 1)]);
}

#[tokio::test]
async fn a_failed_renewal_tells_why_and_when_the_next_try_may_run() {
    for (reply, cause) in [
        (Reply::broken(), ErrorKind::Unavailable),
        (Reply::status(429), ErrorKind::RateLimited),
        (Reply::refusal(401, INVALID_CLIENT), ErrorKind::CredentialsRejected),
        (Reply::status(403), ErrorKind::Forbidden),
        (Reply::json("{}"), ErrorKind::Protocol),
    ] {
        let world = World::new();
        let partner = world.partner();
        partner.headers().await.expect("a token");
        world.vipps.script([reply.retry_after("200")]);
        renew(&world, &partner).await;
        let [_, Event::RenewalFailed { error, next_try_in }] = &world.events.all()[..] else {
            panic!("{:?}", world.events.all())
        };
        assert_eq!(error.kind(), cause);
        let seconds = |from, to| Duration::from_secs(from)..=Duration::from_secs(to);
        let expected = if cause == ErrorKind::RateLimited { seconds(200, 200) } else { seconds(30, 30) };
        assert!(expected.contains(next_try_in), "{next_try_in:?}");
        assert_eq!(counted(&partner.stats()), [("token_requests", 2), ("tokens_fetched", 1), ("renewals_failed", 1)]);
    }
}

#[tokio::test]
async fn a_failed_fetch_is_told_once_whatever_its_tries() {
    let world = World::hurried();
    world.vipps.always(Reply::status(503));
    let partner = world.partner();
    let first = partner.headers().await.expect_err("out of order");
    world.clock.advance(Duration::from_secs(2));
    let second = partner.headers().await.expect_err("out of order");
    partner.headers().await.expect_err("told at once, without a request");
    let told = [first, second].map(|error| Event::TokenFetchFailed { error });
    assert_eq!(world.events.all(), told);
    assert_eq!(counted(&partner.stats()), [("token_requests", 6), ("fetches_failed", 2)], "retries are requests");
}

#[tokio::test]
async fn the_other_subscription_key_is_told_when_it_worked() {
    let world = World::new();
    world.vipps.script([Reply::refusal(401, KEY_REFUSED)]);
    let partner = partner_of(paired_keys(), world.config());
    partner.headers().await.expect("a token");
    assert_eq!(world.events.all(), [Event::OtherSubscriptionKeyUsed, Event::TokenFetched { lifetime: DAY }]);
    assert_eq!(counted(&partner.stats()), [("token_requests", 2), ("tokens_fetched", 1)]);
}

#[tokio::test]
async fn the_shared_cache_is_told_whether_it_helped_or_failed() {
    let world = World::new();
    let lifetime = Duration::from_secs(3_600);
    let cache = FakeCache::holding("shared", Duration::from_secs(support::START) + lifetime, lifetime);
    let partner = partner_of(partner_keys(), world.config().token_cache(Arc::new(cache)));
    partner.headers().await.expect("a token");
    assert_eq!(world.events.all(), [Event::TokenFromCache]);
    assert_eq!(counted(&partner.stats()), [("tokens_from_cache", 1)]);

    let world = World::new();
    let cache = FakeCache::failing(Some(Fault::Error), Some(Fault::Error));
    let partner = partner_of(partner_keys(), world.config().token_cache(Arc::new(cache)));
    partner.headers().await.expect("a token");
    let [load, fetched, store] = world.events.all().try_into().expect("three events");
    for (event, tried) in [(load, "load"), (store, "store")] {
        assert!(matches!(&event, Event::CacheFailed { operation, .. } if *operation == tried), "{event:?}");
    }
    assert_eq!(fetched, Event::TokenFetched { lifetime: DAY });
    assert_eq!(counted(&partner.stats()), [("token_requests", 1), ("tokens_fetched", 1), ("cache_failures", 2)]);
}

#[tokio::test]
async fn counters_are_one_partners_own() {
    let world = World::new();
    let (busy, idle) = (world.partner(), world.partner());
    busy.headers().await.expect("a token");
    assert_eq!(idle.stats(), Stats::default());
    assert_eq!(busy.clone().stats(), busy.stats());
}

#[test]
fn a_client_id_that_is_no_guid_is_told_and_taken() {
    for (client_id, unusual) in [
        (support::CLIENT_ID, false),
        ("AAAAAAAA-bbbb-CCCC-dddd-EEEEEEEEEEEE", false),
        ("0123456789abcdef0123456789abcdef", true),
        ("11111111-2222-4333-8444-55555555555g", true),
        ("11111111-2222-4333-8444-555555555555-", true),
    ] {
        let world = World::new();
        let keys = PartnerKeys::new(client_id, CLIENT_SECRET, SUBSCRIPTION_KEY).expect("good keys");
        partner_of(keys, world.config());
        assert_eq!(world.events.all() == [Event::UnusualClientId], unusual, "{client_id}");
    }
    let world = World::new();
    partner_of(specialized_keys(), world.config());
    assert_eq!(world.events.all(), [], "ids of the specialized flow have other forms");
}

#[tokio::test]
async fn a_hook_that_panics_breaks_nothing() {
    let world = World::new();
    let config = world.config().event_sink(|_| panic!("a hook with a bug"));
    let partner = partner_of(partner_keys(), config);
    partner.headers().await.expect("a token");
    renew(&world, &partner).await;
    assert_eq!(world.vipps.count(), 2);
    assert_eq!(counted(&partner.stats()), [("token_requests", 2), ("tokens_fetched", 1), ("tokens_renewed", 1)]);
}

#[tokio::test]
async fn a_hook_may_call_the_partner_it_hears_of() {
    let world = World::new();
    let itself: Arc<OnceLock<Partner>> = Arc::default();
    let config = world.config().event_sink({
        let itself = itself.clone();
        move |_| {
            let partner = itself.get().expect("set before the first call");
            partner.cached_headers();
            partner.stats();
        }
    });
    let partner = itself.get_or_init(|| partner_of(partner_keys(), config));
    let token = partner.access_token().await.expect("a token");
    world.vipps.script([Reply::status(503)]);
    renew(&world, partner).await;
    partner.cached_headers().expect("stale and told");
    world.clock.advance(Duration::from_secs(60));
    let second = partner.refused(&token).await.expect("another");
    partner.refused(second.token()).await.expect_err("too soon, and told as ignored");
    assert_eq!(
        counted(&partner.stats()),
        [("token_requests", 3), ("tokens_fetched", 1), ("tokens_renewed", 1), ("renewals_failed", 1)]
    );
}
