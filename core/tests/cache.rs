//! The order of look-up (memory, shared cache, Vipps), and what a cache in trouble may cost.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use support::{
    CLIENT_ID, CLIENT_SECRET, DAY, FakeCache, Fault, MILLISECOND, SECOND_SUBSCRIPTION_KEY, START, SUBSCRIPTION_KEY,
    World, bearer, cache_key, paired_keys, partner_keys, partner_of, sales_unit_keys, settle, specialized_keys,
};
use vipps_partner_auth::{Environment, Event, MemoryCache, Partner, PartnerKeys, SpecializedKeys, TokenCache};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A moment so long after the world began.
fn moment(after: Duration) -> Duration {
    seconds(START) + after
}

fn partner_with(world: &World, cache: &Arc<impl TokenCache + 'static>) -> Partner {
    partner_of(partner_keys(), world.config().token_cache(cache.clone()))
}

async fn token(partner: &Partner) -> String {
    partner.access_token().await.expect("a token").secret().to_owned()
}

fn cache_failures(world: &World) -> Vec<&'static str> {
    let operation = |event: Event| match event {
        Event::CacheFailed { operation, .. } => Some(operation),
        _ => None,
    };
    world.events.all().into_iter().filter_map(operation).collect()
}

/// The first token that a new process gets when the cache holds this one.
async fn first_token_with(expires_in: Duration, lifetime: Duration) -> String {
    let world = World::new();
    let cache = Arc::new(FakeCache::holding("shared", moment(expires_in), lifetime));
    token(&partner_with(&world, &cache)).await
}

#[tokio::test]
async fn memory_comes_before_the_cache() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let partner = partner_with(&world, &cache);
    for _ in 0..100 {
        assert_eq!(token(&partner).await, "token-1");
        assert!(partner.cached_headers().is_some());
    }
    assert_eq!(cache.inside().loads.len(), 1);
}

#[tokio::test]
async fn the_cache_comes_before_vipps_and_brings_the_same_end_of_life() {
    let world = World::new();
    let cache = Arc::new(MemoryCache::default());
    let (first, second) = (partner_with(&world, &cache), partner_with(&world, &cache));
    let fetched = first.access_token().await.expect("a token");
    world.clock.advance(seconds(600));
    let shared = second.access_token().await.expect("a token");
    assert_eq!((shared.secret(), shared.expires_at()), ("token-1", fetched.expires_at()));
    assert_eq!(world.vipps.count(), 1);
    assert_eq!((second.stats().token_requests, second.stats().tokens_from_cache), (0, 1));
    assert_eq!(world.events.count(|event| *event == Event::TokenFromCache), 1);
}

#[tokio::test]
async fn what_vipps_grants_is_shared_with_its_life_counted_from_before_the_request() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    world.vipps.script([support::Reply::token("granted", 900).taking(seconds(7))]);
    token(&partner_with(&world, &cache)).await;
    let inside = cache.inside();
    let (key, stored, ttl) = inside.stores.first().expect("one entry");
    assert_eq!(inside.stores.len(), 1);
    assert_eq!(*key, inside.loads[0]);
    assert_eq!(stored.secret.expose(), "granted");
    assert_eq!((stored.expires_at, stored.lifetime), (moment(seconds(900)), seconds(900)));
    assert!(*ttl <= seconds(900));
}

#[tokio::test]
async fn an_entry_that_has_run_out_or_is_about_to_is_passed_over() {
    for left in [0, 1, 5] {
        assert_eq!(first_token_with(seconds(left), DAY).await, "token-1", "{left} s left");
    }
    assert_eq!(first_token_with(seconds(6), DAY).await, "shared");
    let world = World::new();
    let cache = Arc::new(FakeCache::holding("shared", moment(Duration::ZERO) - seconds(3_600), DAY));
    assert_eq!(token(&partner_with(&world, &cache)).await, "token-1");
}

#[tokio::test]
async fn the_clocks_of_two_machines_may_differ_by_a_minute_but_a_life_is_never_longer_than_granted() {
    let world = World::new();
    let cache = Arc::new(FakeCache::holding("shared", moment(seconds(3_600 + 60)), seconds(3_600)));
    let shared = partner_with(&world, &cache).access_token().await.expect("a token");
    assert_eq!(shared.secret(), "shared");
    assert_eq!(shared.expires_at(), UNIX_EPOCH + moment(seconds(3_600)));
    assert_eq!(first_token_with(seconds(3_600 + 61), seconds(3_600)).await, "token-1");
}

#[tokio::test]
async fn an_entry_late_in_its_life_is_served_and_renewed_behind_the_caller() {
    let world = World::new();
    let cache = Arc::new(FakeCache::holding("shared", moment(seconds(3_600)), DAY));
    let partner = partner_with(&world, &cache);
    assert_eq!(token(&partner).await, "shared");
    assert_eq!(world.vipps.count(), 0);
    assert_eq!(bearer(&partner.cached_headers().expect("usable")), "shared");
    settle().await;
    assert_eq!(bearer(&partner.cached_headers().expect("fresh")), "token-1");
    assert_eq!(cache.inside().entry.as_ref().expect("shared").secret.expose(), "token-1");
}

#[tokio::test]
async fn a_renewal_takes_what_another_process_renewed_but_not_its_own_old_token() {
    for (after, seconds_left, expected) in
        [("other", 86_400, "other"), ("other", 8_640, "token-2"), ("token-1", 3_600, "token-2")]
    {
        let world = World::new();
        let cache = Arc::new(FakeCache::default());
        let partner = partner_with(&world, &cache);
        token(&partner).await;
        world.clock.advance(DAY - seconds(3_600));
        cache.put(after, moment(DAY - seconds(3_600) + seconds(seconds_left)), DAY);
        assert_eq!(token(&partner).await, "token-1");
        settle().await;
        assert_eq!(token(&partner).await, expected, "{after} with {seconds_left} s left");
        assert_eq!(world.vipps.count(), if expected == "other" { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_token_an_api_refused_is_not_taken_back_from_the_cache() {
    let world = World::new();
    let cache = Arc::new(MemoryCache::default());
    let partner = partner_with(&world, &cache);
    let refused = partner.access_token().await.expect("a token");
    assert!(partner.invalidate(&refused));
    assert_eq!(token(&partner).await, "token-2");
    assert_eq!(world.vipps.count(), 2);
    // Another process, whose token was refused too, finds the new one.
    assert_eq!(token(&partner_with(&world, &cache)).await, "token-2");
}

#[tokio::test]
async fn a_refused_token_is_not_taken_back_by_a_later_renewal_either() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let partner = partner_with(&world, &cache);
    assert!(partner.invalidate(&partner.access_token().await.expect("a token")));
    assert_eq!(token(&partner).await, "token-2");
    world.clock.advance(DAY - seconds(3_600));
    cache.put("token-1", moment(DAY * 2 - seconds(3_600)), DAY);
    assert_eq!(token(&partner).await, "token-2");
    settle().await;
    assert_eq!(token(&partner).await, "token-3");
}

#[tokio::test]
async fn after_a_refusal_another_processs_newer_token_is_taken() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let partner = partner_with(&world, &cache);
    let refused = partner.access_token().await.expect("a token");
    cache.put("newer", moment(DAY), DAY);
    partner.refused(&refused).await.expect("another token");
    assert_eq!(token(&partner).await, "newer");
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_cache_that_fails_is_told_and_gone_without() {
    for (load, store, failed) in [
        (Some(Fault::Error), None, vec!["load"]),
        (None, Some(Fault::Error), vec!["store"]),
        (Some(Fault::Error), Some(Fault::Error), vec!["load", "store"]),
    ] {
        let world = World::new();
        let cache = Arc::new(FakeCache::failing(load, store));
        let partner = partner_with(&world, &cache);
        assert_eq!(token(&partner).await, "token-1");
        assert_eq!(cache_failures(&world), failed);
        assert_eq!(partner.stats().cache_failures, failed.len() as u64);
    }
}

#[tokio::test]
async fn a_cache_that_hangs_on_load_costs_a_second() {
    let world = World::new();
    let cache = Arc::new(FakeCache::failing(Some(Fault::Hang), None));
    let partner = partner_with(&world, &cache);
    let call = tokio::spawn(async move { token(&partner).await });
    settle().await;
    world.pass(seconds(1) - MILLISECOND).await;
    assert_eq!(world.vipps.count(), 0);
    world.pass(MILLISECOND).await;
    assert_eq!(call.await.expect("no panic"), "token-1");
    assert_eq!(cache_failures(&world), ["load"]);
}

#[tokio::test]
async fn a_cache_that_hangs_on_store_holds_nobody_up_and_is_given_up_after_a_second() {
    let world = World::new();
    let cache = Arc::new(FakeCache::failing(None, Some(Fault::Hang)));
    let partner = partner_with(&world, &cache);
    let call = tokio::spawn({
        let partner = partner.clone();
        async move { token(&partner).await }
    });
    assert_eq!(call.await.expect("no panic"), "token-1");
    world.pass(seconds(1)).await;
    assert_eq!(cache_failures(&world), ["store"]);
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_cache_out_of_order_does_not_disturb_a_renewal() {
    let world = World::hurried();
    let cache = Arc::new(FakeCache::failing(Some(Fault::Hang), Some(Fault::Hang)));
    let partner = partner_with(&world, &cache);
    token(&partner).await;
    world.clock.advance(DAY - seconds(3_600));
    assert_eq!(token(&partner).await, "token-1");
    settle().await;
    assert_eq!(token(&partner).await, "token-2");
}

#[tokio::test]
async fn a_cold_start_of_a_thousand_callers_asks_the_cache_once() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let partner = partner_with(&world, &cache);
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let partner = partner.clone();
            tokio::spawn(async move { token(&partner).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic"), "token-1");
    }
    assert_eq!((cache.inside().loads.len(), world.vipps.count()), (1, 1));
}

fn keys(client_id: &str, secret: &str, subscription_key: &str) -> PartnerKeys {
    PartnerKeys::new(client_id, secret, subscription_key).expect("good keys")
}

fn scoped(scope: &str) -> SpecializedKeys {
    specialized_keys().with_scope(scope).expect("a scope")
}

#[tokio::test]
async fn the_cache_key_tells_environment_kind_client_id_secret_and_scope_apart() {
    let emulator = Environment::custom("http://127.0.0.1:8585").expect("a base url");
    let all = [
        cache_key(partner_keys(), |config| config).await,
        cache_key(partner_keys(), |config| config.environment(emulator)).await,
        cache_key(sales_unit_keys("123456"), |config| config).await,
        cache_key(sales_unit_keys("123456"), |config| config.environment(Environment::Test)).await,
        cache_key(keys("x1111111-2222-4333-8444-555555555555", CLIENT_SECRET, SUBSCRIPTION_KEY), |config| config).await,
        cache_key(keys(CLIENT_ID, "another-secret", SUBSCRIPTION_KEY), |config| config).await,
        cache_key(keys("ab", "c", "d"), |config| config).await,
        cache_key(keys("a", "bc", "d"), |config| config).await,
        cache_key(specialized_keys(), |config| config).await,
        cache_key(scoped("donations:read"), |config| config).await,
        cache_key(scoped("donations:write"), |config| config).await,
    ];
    for (place, key) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|other| other == key), Some(place), "two credentials share a key");
    }
}

#[tokio::test]
async fn the_cache_key_knows_no_msn_no_order_of_scopes_and_no_subscription_key() {
    let key = cache_key(sales_unit_keys("123456"), |config| config).await;
    assert_eq!(key, cache_key(sales_unit_keys("654321"), |config| config).await);
    let key = cache_key(scoped("a:read b:read"), |config| config).await;
    assert_eq!(key, cache_key(scoped("b:read a:read b:read"), |config| config).await);
    let key = cache_key(partner_keys(), |config| config).await;
    for other in [paired_keys(), pair(SECOND_SUBSCRIPTION_KEY, SUBSCRIPTION_KEY), keys(CLIENT_ID, CLIENT_SECRET, "new")]
    {
        assert_eq!(key, cache_key(other, |config| config.deadline(seconds(7))).await);
    }
    assert_eq!((key.as_bytes().len(), key.lock_name().len()), (32, 32));
    assert_eq!(format!("{key:?}"), "CacheKey(***)");
}

#[tokio::test]
async fn the_lock_knows_the_subscription_keys_but_not_their_order() {
    let lock = async |keys: PartnerKeys| *cache_key(keys, |config| config).await.lock_name();
    assert_eq!(lock(paired_keys()).await, lock(pair(SECOND_SUBSCRIPTION_KEY, SUBSCRIPTION_KEY)).await);
    let all = [
        lock(partner_keys()).await,
        lock(paired_keys()).await,
        lock(keys(CLIENT_ID, CLIENT_SECRET, "another-key")).await,
        lock(pair(SUBSCRIPTION_KEY, "a-third-key")).await,
        lock(pair("ab", "c")).await,
        lock(pair("a", "bc")).await,
        *cache_key(partner_keys(), |config| config).await.as_bytes(),
    ];
    for (place, name) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|other| other == name), Some(place), "{place}");
    }
}

fn pair(first: &str, second: &str) -> PartnerKeys {
    keys(CLIENT_ID, CLIENT_SECRET, first).with_second_subscription_key(second).expect("another key")
}

#[tokio::test]
async fn what_is_shared_names_the_subscription_key_it_came_with_and_shows_nothing() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    token(&partner_of(paired_keys(), world.config().token_cache(cache.clone()))).await;
    let first = cache.inside().stores[0].1.clone();
    let again = Arc::new(FakeCache::default());
    let fingerprint = first.subscription_key.expect("there is one");
    assert_eq!(format!("{fingerprint:?}"), "KeyFingerprint(***)");
    token(&partner_of(partner_keys(), world.config().token_cache(again.clone()))).await;
    assert_eq!(
        again.inside().stores[0].1.subscription_key,
        Some(fingerprint),
        "the same key, whatever it is paired with"
    );
    let none = Arc::new(FakeCache::default());
    token(&partner_of(specialized_keys(), world.config().token_cache(none.clone()))).await;
    assert_eq!(none.inside().stores[0].1.subscription_key, None);
}
