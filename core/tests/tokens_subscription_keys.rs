//! Subscription keys come in pairs: falling over to the other one, staying with it, and coming back.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use support::{
    CLIENT_ID, CLIENT_SECRET, DAY, INVALID_CLIENT, KEY_REFUSED, Reply, SECOND_SUBSCRIPTION_KEY as SECOND,
    SUBSCRIPTION_KEY as FIRST, Seen, World, bearer, paired_keys, partner_of, sales_unit_keys, settle,
};
use vipps_partner_auth::{ErrorKind, Event, MemoryCache, Partner, PartnerKeys};

fn key_of(headers: &HeaderMap) -> &str {
    headers["ocp-apim-subscription-key"].to_str().expect("ascii")
}

/// The keys that the requests carried, in order.
fn keys_sent(world: &World) -> Vec<String> {
    world.vipps.seen().iter().map(|seen| key_of(&seen.headers).to_owned()).collect()
}

/// A gateway at which only this key is good.
fn accept_only(world: &World, good: &'static str) {
    world.vipps.answer(move |number, seen: &Seen| {
        if key_of(&seen.headers) == good {
            return Reply::token(&format!("token-{number}"), 86_400);
        }
        Reply::refusal(401, KEY_REFUSED)
    });
}

fn partner_with_pair(world: &World) -> Partner {
    partner_of(paired_keys(), world.config())
}

async fn renew(world: &World, partner: &Partner) {
    world.clock.advance(DAY - Duration::from_secs(3_600));
    assert!(partner.cached_headers().is_some());
    settle().await;
}

fn switches(world: &World) -> usize {
    world.events.count(|event| *event == Event::OtherSubscriptionKeyUsed)
}

#[tokio::test]
async fn when_the_first_key_is_refused_the_second_is_used_and_shown_in_the_headers() {
    for text in [
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
        "Subscription not found.",
    ] {
        let world = World::new();
        let partner = partner_with_pair(&world);
        world.vipps.script([Reply::refusal(401, format!(r#"{{"statusCode":401,"message":"{text}"}}"#))]);
        let headers = partner.headers().await.expect("the second is good");
        assert_eq!((bearer(&headers), key_of(&headers)), ("token-2", SECOND));
        assert_eq!(keys_sent(&world), [FIRST, SECOND]);
        assert_eq!(switches(&world), 1);
    }
}

#[tokio::test]
async fn as_long_as_the_first_key_is_good_the_second_is_never_sent() {
    let world = World::new();
    let partner = partner_with_pair(&world);
    assert_eq!(key_of(&partner.headers().await.expect("a token")), FIRST);
    renew(&world, &partner).await;
    assert_eq!(keys_sent(&world), [FIRST, FIRST]);
    assert_eq!(switches(&world), 0);
}

#[tokio::test]
async fn the_key_that_worked_is_used_from_then_on() {
    let world = World::new();
    let partner = partner_with_pair(&world);
    accept_only(&world, SECOND);
    partner.headers().await.expect("a token");
    renew(&world, &partner).await;
    assert_eq!(key_of(&partner.cached_headers().expect("fresh")), SECOND);
    assert_eq!(keys_sent(&world), [FIRST, SECOND, SECOND]);
    assert_eq!(switches(&world), 1);
}

#[tokio::test]
async fn when_the_second_key_is_refused_in_its_turn_the_first_is_used_again() {
    let world = World::new();
    let partner = partner_with_pair(&world);
    accept_only(&world, SECOND);
    partner.headers().await.expect("a token");
    accept_only(&world, FIRST);
    renew(&world, &partner).await;
    assert_eq!(key_of(&partner.cached_headers().expect("fresh")), FIRST);
    assert_eq!(keys_sent(&world), [FIRST, SECOND, SECOND, FIRST]);
    assert_eq!(switches(&world), 2);
}

#[tokio::test]
async fn the_headers_keep_the_key_of_their_token_until_both_are_replaced() {
    let world = World::new();
    let partner = partner_with_pair(&world);
    partner.headers().await.expect("a token");
    accept_only(&world, SECOND);
    world.clock.advance(DAY - Duration::from_secs(3_600));
    world.vipps.hold();
    let served = partner.cached_headers().expect("usable");
    assert_eq!((bearer(&served), key_of(&served)), ("token-1", FIRST));
    world.vipps.release();
    settle().await;
    let served = partner.cached_headers().expect("fresh");
    assert_eq!((bearer(&served), key_of(&served)), ("token-3", SECOND));
}

#[tokio::test]
async fn when_both_keys_are_refused_the_first_is_named_and_neither_is_sent_for_thirty_seconds() {
    let missing =
        Reply::refusal(401, r#"{"statusCode":401,"message":"Access denied due to missing subscription key."}"#);
    let world = World::new();
    world.vipps.script([missing.clone()]);
    let about_the_first = world.partner().headers().await.expect_err("refused");

    let world = World::new();
    let partner = partner_with_pair(&world);
    world.vipps.script([missing, Reply::refusal(401, KEY_REFUSED)]);
    for _ in 0..10 {
        assert_eq!(partner.headers().await.expect_err("both are refused"), about_the_first);
    }
    assert_eq!(keys_sent(&world), [FIRST, SECOND]);
    assert_eq!(switches(&world), 0);

    world.clock.advance(Duration::from_secs(30));
    accept_only(&world, FIRST);
    assert_eq!(key_of(&partner.headers().await.expect("a token")), FIRST);
    assert_eq!(keys_sent(&world), [FIRST, SECOND, FIRST], "it begins with the first again");
}

#[tokio::test]
async fn a_refusal_of_anything_else_does_not_try_the_second_key() {
    for reply in [Reply::refusal(401, INVALID_CLIENT), Reply::status(401), Reply::status(403), Reply::status(404)] {
        let world = World::new();
        world.vipps.always(reply);
        partner_with_pair(&world).headers().await.expect_err("refused");
        assert_eq!(keys_sent(&world), [FIRST]);
    }
}

#[tokio::test]
async fn a_fault_of_the_second_try_is_told_as_what_it_is_and_tried_again() {
    let world = World::hurried();
    let partner = partner_with_pair(&world);
    world.vipps.answer(|_, seen| match key_of(&seen.headers) {
        FIRST => Reply::refusal(401, KEY_REFUSED),
        _ => Reply::status(503),
    });
    let error = partner.headers().await.expect_err("no key gives a token");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(keys_sent(&world), [FIRST, SECOND, FIRST, SECOND, FIRST, SECOND]);
    accept_only(&world, SECOND);
    world.clock.advance(Duration::from_secs(1));
    assert!(partner.headers().await.is_ok());
}

#[tokio::test]
async fn without_a_second_key_a_refusal_costs_one_request() {
    let world = World::new();
    world.vipps.always(Reply::refusal(401, KEY_REFUSED));
    let error = world.partner().headers().await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::CredentialsRejected);
    assert_eq!(keys_sent(&world), [FIRST]);
}

#[tokio::test]
async fn a_sales_unit_has_a_pair_too() {
    let world = World::new();
    let keys = sales_unit_keys("123456").with_second_subscription_key(SECOND).expect("a good key");
    accept_only(&world, SECOND);
    let headers = partner_of(keys, world.config()).headers().await.expect("a token");
    assert_eq!(key_of(&headers), SECOND);
}

#[tokio::test]
async fn the_pair_can_come_from_variables() {
    let world = World::new();
    let keys = PartnerKeys::from_vars(|name| match name {
        "VIPPS_CLIENT_ID" | "VIPPS_CLIENT_SECRET" => Some("fixture".to_owned()),
        "VIPPS_SUBSCRIPTION_KEY" => Some(FIRST.to_owned()),
        "VIPPS_SECOND_SUBSCRIPTION_KEY" => Some(SECOND.to_owned()),
        _ => None,
    });
    accept_only(&world, SECOND);
    let partner = partner_of(keys.expect("good keys"), world.config());
    assert_eq!(key_of(&partner.headers().await.expect("a token")), SECOND);
}

#[test]
fn a_second_key_equal_to_the_first_is_refused() {
    let error = support::partner_keys().with_second_subscription_key(FIRST).expect_err("the same key twice");
    assert_eq!(error.field(), Some("second_subscription_key"));
}

#[tokio::test]
async fn a_shared_token_goes_out_with_the_key_it_came_with() {
    let world = World::new();
    let cache = Arc::new(MemoryCache::default());
    let process = |keys: PartnerKeys| partner_of(keys, world.config().token_cache(cache.clone()));
    accept_only(&world, FIRST);
    let (a, b) = (process(paired_keys()), process(paired_keys()));
    let old = a.authorization().await.expect("a token");
    settle().await;
    assert_eq!(bearer(&b.headers().await.expect("shared")), bearer(&old));

    // The first key is regenerated in the portal.
    accept_only(&world, SECOND);
    let new = a.refused(old.token()).await.expect("the second key is good");
    settle().await;
    let requests = world.vipps.count();
    let reversed = PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, SECOND).expect("good keys");
    let reversed = reversed.with_second_subscription_key(FIRST).expect("a good key");
    let taken = [
        b.refused(old.token()).await.expect("shared").to_map(),
        process(paired_keys()).headers().await.expect("shared"),
        process(reversed).headers().await.expect("shared"),
    ];
    for headers in taken {
        assert_eq!((bearer(&headers), key_of(&headers)), (bearer(&new), SECOND));
    }
    assert_eq!(world.vipps.count(), requests, "nobody else had to ask");

    let first_only = PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, FIRST).expect("good keys");
    process(first_only).headers().await.expect_err("a token of a key it does not have is of no use to it");
}
