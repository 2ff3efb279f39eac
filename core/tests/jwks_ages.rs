//! How long a set is kept, and how it is renewed behind the callers.

mod keyring;

use std::{sync::Arc, time::Duration};

use keyring::{DISCOVERY_URL, NOW, OTHER_RSA, RSA, Reply, UNPUBLISHED_RSA, World, expect, jwks, jwks_of, settle};
use serde_json::json;
use vipps_partner_auth::{ErrorKind, Event};

fn aged(cache_control: &[&str]) -> Reply {
    let set = Reply::ok(jwks(&[&RSA]));
    cache_control.iter().fold(set, |reply, text| reply.header("cache-control", *text))
}

async fn warm_with_age(cache_control: &[&str]) -> World {
    let world = World::new(&[&RSA]);
    warm(&world, cache_control).await;
    world
}

async fn warm(world: &World, cache_control: &[&str]) {
    world.issuer.answers_take(Duration::ZERO);
    world.issuer.answer_jwks(aged(cache_control));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    world.issuer.forget();
}

/// A set of this age is renewed by the first caller after some moment from 0.8 to 0.9 of it, and not before.
async fn assert_age(cache_control: &[&str], seconds: u64) {
    let world = warm_with_age(cache_control).await;
    world.advance(Duration::from_secs(seconds * 8 / 10 - 1));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!(world.issuer.key_fetches(), 0, "{cache_control:?}: renewed too early");
    world.advance(Duration::from_secs(seconds / 10 + 1));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!(world.issuer.key_fetches(), 1, "{cache_control:?}: not renewed ahead of time");
}

#[tokio::test]
async fn an_age_is_bounded_to_5_minutes_and_1_hour_and_is_10_minutes_when_silent() {
    assert_age(&[], 600).await;
    assert_age(&["public"], 600).await;
    assert_age(&["max-age=soon"], 600).await;
    assert_age(&["max-age="], 600).await;
    assert_age(&["max-age=-1"], 600).await;
    assert_age(&["s-maxage=1800"], 600).await;
    assert_age(&["max-age=1800"], 1800).await;
    assert_age(&["public, max-age=1800, must-revalidate"], 1800).await;
    assert_age(&["Public,Max-Age=1800"], 1800).await;
    assert_age(&["max-age=\"1800\""], 1800).await;
    assert_age(&["max-age=0"], 300).await;
    assert_age(&["max-age=299"], 300).await;
    assert_age(&["max-age=300"], 300).await;
    assert_age(&["max-age=3600"], 3600).await;
    assert_age(&["max-age=3601"], 3600).await;
    assert_age(&["max-age=31536000"], 3600).await;
    assert_age(&["no-store"], 300).await;
    assert_age(&["no-cache, max-age=3600"], 300).await;
    assert_age(&["max-age=3600, no-store"], 300).await;
}

#[tokio::test]
async fn renewal_does_not_come_at_the_same_moment_in_all_processes() {
    let mut moments = Vec::new();
    for process in 0..24 {
        let world = World::with(&jwks(&[&RSA]), |config| config.jitter(move || f64::from(process) / 24.0));
        warm(&world, &["max-age=3600"]).await;
        let token = world.fresh(&RSA).with("exp", NOW + 7200).signed_by(&RSA);
        world.advance(Duration::from_secs(2879));
        for second in 0..362 {
            world.judge(&token).await.expect("a good token");
            settle().await;
            if world.issuer.key_fetches() > 0 {
                moments.push(second);
                break;
            }
            world.advance(Duration::from_secs(1));
        }
    }
    assert_eq!(moments.len(), 24, "all between 0.8 and 0.9 of the age");
    let (first, last) = (moments.iter().min().expect("moments"), moments.iter().max().expect("moments"));
    assert!(last - first > 60, "spread over minutes, not {moments:?}");
}

#[tokio::test]
async fn callers_do_not_wait_for_a_renewal_and_only_one_runs() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.issuer.hold();
    world.advance(Duration::from_secs(545));
    for _ in 0..100 {
        world.judge(&world.token(&RSA)).await.expect("nobody waits");
        assert!(world.judge_cached(&world.token(&RSA)).expect("no i/o is needed").is_ok());
        settle().await;
        world.advance(Duration::from_millis(100));
    }
    assert_eq!(world.issuer.key_fetches(), 1);
    world.issuer.let_through(1);
    settle().await;
    assert_eq!(world.events(), [Event::KeysRefreshed { keys: 2 }]);
    assert!(world.judge_cached(&world.token(&OTHER_RSA)).expect("the new set is here").is_ok());
    world.advance(Duration::from_secs(400));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!(world.issuer.key_fetches(), 1, "the new set has an age of its own");
}

#[tokio::test]
async fn a_check_without_io_starts_the_renewal_too() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&OTHER_RSA]));
    world.advance(Duration::from_secs(545));
    let token = world.token(&RSA);
    assert!(world.judge_cached(&token).expect("the keys are at hand").is_ok());
    settle().await;
    assert_eq!(world.issuer.key_fetches(), 1);
    // The withdrawn key is gone, and nobody knows it any more.
    let error = world.judge_cached(&token).expect("a reload may not run yet").expect_err("withdrawn");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(world.judge_cached(&world.token(&OTHER_RSA)).expect("the keys are at hand").is_ok());
}

#[test]
fn a_runtime_of_ones_own_serves_threads_that_have_none() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let handle = runtime.handle().clone();
    let world = runtime.block_on(World::warm_with(&jwks(&[&RSA]), &RSA, |config| config.runtime(handle)));
    world.advance(Duration::from_secs(545));
    assert!(world.judge_cached(&world.token(&RSA)).expect("the keys are at hand").is_ok());
    assert_eq!(world.issuer.key_fetches(), 0);
    runtime.block_on(settle());
    assert_eq!(world.issuer.key_fetches(), 1);
}

#[test]
fn without_any_runtime_a_load_runs_all_the_same() {
    let world = World::new(&[&RSA]);
    let token = world.token(&RSA);
    assert!(world.judge_cached(&token).is_none());
    world.verifier.blocking().verify(&token, &expect()).expect("a good token");
    assert!(world.judge_cached(&token).expect("the keys are at hand").is_ok());
}

#[tokio::test]
async fn both_clocks_must_agree_that_a_set_is_young() {
    // A machine that slept: the wall clock jumps ahead.
    let world = World::warm(&[&RSA]).await;
    world.clock.set_wall(Duration::from_secs(NOW + 700));
    world.judge(&world.token(&RSA)).await.expect("past its age, but still of use");
    settle().await;
    assert_eq!(world.issuer.key_fetches(), 1);
    // A wall clock set back does not make a set younger.
    let world = World::warm(&[&RSA]).await;
    world.clock.set_wall(Duration::from_secs(NOW - 100_000));
    world.advance(Duration::from_secs(545));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!(world.issuer.key_fetches(), 1);
}

#[tokio::test]
async fn a_set_past_all_use_is_waited_for() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&OTHER_RSA]));
    world.advance(Duration::from_secs(600 + 4 * 3600 - 1));
    world.issuer.hold();
    assert!(world.judge_cached(&world.token(&RSA)).expect("for one more second").is_ok());
    world.advance(Duration::from_secs(1));
    assert!(world.judge_cached(&world.token(&RSA)).is_none());
    world.issuer.let_through(9);
    world.judge(&world.token(&OTHER_RSA)).await.expect("a token of the new set");
    assert_eq!(world.judge(&world.token(&RSA)).await.expect_err("withdrawn").kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn how_long_a_set_serves_past_its_age_can_be_set() {
    for hours in [0, 1, 24] {
        let world =
            World::warm_with(&jwks(&[&RSA]), &RSA, |config| config.stale_keys_for(Duration::from_secs(hours * 3600)))
                .await;
        world.issuer.go_down();
        world.advance(Duration::from_secs(600 + hours * 3600 - 1));
        world.judge(&world.token(&RSA)).await.expect("still of use");
        settle().await;
        world.advance(Duration::from_secs(1));
        let error = world.judge(&world.token(&RSA)).await.expect_err("past all use");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        world.issuer.come_back(&jwks(&[&RSA]));
        world.advance(Duration::from_secs(5));
        world.judge(&world.token(&RSA)).await.expect("a good token");
    }
}

#[test]
fn a_set_serves_at_most_a_day_past_its_age() {
    let config = |span| {
        let config = keyring::offline_config(NOW).stale_keys_for(span);
        vipps_partner_auth::IdTokenVerifier::with_jwks(config, &jwks(&[&RSA]))
    };
    assert!(config(Duration::from_secs(86_400)).is_ok());
    let error = config(Duration::from_nanos(86_400_000_000_001)).expect_err("more than a day");
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("stale_keys_for")));
}

#[tokio::test]
async fn a_key_replaced_under_its_name_is_forgotten_with_all_it_vouched_for() {
    let world = World::warm(&[&RSA]).await;
    let (old, new) = (world.token(&RSA), world.fresh(&RSA).signed_by(&OTHER_RSA));
    assert_eq!(world.judge(&new).await.expect_err("not yet").claim(), Some("signature"));
    world.issuer.publish(&jwks_of(&[OTHER_RSA.jwk_with(&json!({"kid": RSA.kid}))]));
    world.advance(Duration::from_secs(545));
    assert!(world.judge(&world.token(&RSA)).await.is_ok());
    settle().await;
    for _ in 0..2 {
        assert_eq!(world.judge(&old).await.expect_err("replaced").claim(), Some("signature"));
        world.judge(&world.fresh(&RSA).signed_by(&OTHER_RSA)).await.expect("the new key of this name");
        assert!(world.judge(&world.fresh(&RSA).signed_by(&UNPUBLISHED_RSA)).await.is_err());
    }
}

#[tokio::test]
async fn private_keys_are_told_each_time_the_set_is_loaded() {
    let set = jwks_of(&[RSA.jwk(), OTHER_RSA.jwk_with(&json!({"d": "AQAB"}))]);
    let world = World::with(&set, |config| config);
    world.judge(&world.token(&RSA)).await.expect("a good token");
    let skipped = Event::KeySkipped {
        key: OTHER_RSA.kid.to_owned(),
        reason: "it holds members of a private key",
        other_purpose: false,
    };
    let told = [skipped, Event::KeysRefreshed { keys: 1 }];
    assert_eq!(world.events(), told);
    world.advance(Duration::from_secs(545));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!(world.events(), told);
    assert_eq!(world.judge(&world.token(&OTHER_RSA)).await.expect_err("private").claim(), Some("kid"));
}

#[tokio::test]
async fn a_thousand_at_once_in_the_cold_make_one_discovery_and_one_fetch() {
    let world = World::new(&[&RSA]);
    world.issuer.hold();
    let token: Arc<str> = world.token(&RSA).into();
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (verifier, token) = (world.verifier.clone(), token.clone());
            tokio::spawn(async move { verifier.verify(&token, &expect()).await })
        })
        .collect();
    settle().await;
    assert_eq!((world.issuer.asked_for(DISCOVERY_URL), world.issuer.key_fetches()), (1, 0));
    world.issuer.let_through(1);
    settle().await;
    assert_eq!((world.issuer.asked_for(DISCOVERY_URL), world.issuer.key_fetches()), (1, 1));
    world.issuer.let_through(1);
    for caller in callers {
        caller.await.expect("no panic").expect("a good token");
    }
    assert_eq!(world.issuer.asked().len(), 2);
    assert_eq!(world.events(), [Event::KeysRefreshed { keys: 1 }]);
}

#[tokio::test]
async fn a_caller_who_gives_up_takes_nobody_along() {
    let world = World::new(&[&RSA]);
    world.issuer.hold();
    let token: Arc<str> = world.token(&RSA).into();
    let caller = || {
        let (verifier, token) = (world.verifier.clone(), token.clone());
        tokio::spawn(async move { verifier.verify(&token, &expect()).await })
    };
    let first = caller();
    settle().await;
    let second = caller();
    settle().await;
    first.abort();
    settle().await;
    world.issuer.let_through(9);
    second.await.expect("no panic").expect("a good token");
    assert!(first.await.expect_err("given up").is_cancelled());
    assert_eq!(world.issuer.asked().len(), 2);
}
