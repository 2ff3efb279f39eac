//! Tokens that an API refused: what is replaced, what stays, and how often.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::time::Duration;

use support::{DAY, INVALID_CLIENT, Reply, World, bearer, msn, settle};
use vipps_partner_auth::{AccessToken, Event, Merchant, Partner};

const GAP: Duration = Duration::from_secs(30);

async fn token(partner: &Partner) -> AccessToken {
    partner.access_token().await.expect("a token")
}

#[tokio::test]
async fn an_invalidated_token_is_dropped_and_the_next_call_fetches() {
    let world = World::new();
    let partner = world.partner();
    let first = token(&partner).await;
    assert!(partner.invalidate(&first));
    assert!(partner.cached_headers().is_none());
    assert_eq!(world.vipps.count(), 1, "dropping alone asks nothing");
    assert_eq!(token(&partner).await.secret(), "token-2");
}

#[tokio::test]
async fn a_late_refusal_of_an_old_token_does_nothing() {
    let world = World::new();
    let partner = world.partner();
    let old = token(&partner).await;
    assert!(partner.invalidate(&old));
    assert!(!partner.invalidate(&old), "there is nothing to drop");
    assert_eq!(token(&partner).await.secret(), "token-2");
    assert!(!partner.invalidate(&old));
    assert_eq!(bearer(&partner.cached_headers().expect("still there")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn invalidating_has_no_limit_of_its_own() {
    let world = World::new();
    let partner = world.partner();
    for _ in 0..5 {
        let current = token(&partner).await;
        assert!(partner.invalidate(&current));
    }
    assert_eq!(world.vipps.count(), 5);
}

#[tokio::test]
async fn a_token_invalidated_in_mid_renewal_is_replaced_by_that_same_renewal() {
    let world = World::new();
    let partner = world.partner();
    let old = token(&partner).await;
    world.clock.advance(DAY - Duration::from_secs(600));
    world.vipps.hold();
    assert!(partner.cached_headers().is_some());
    settle().await;
    assert!(partner.invalidate(&old));
    let waiter = tokio::spawn({
        let partner = partner.clone();
        async move { token(&partner).await }
    });
    settle().await;
    world.vipps.release();
    assert_eq!(waiter.await.expect("no panic").secret(), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn all_merchants_follow_when_the_token_is_dropped() {
    let world = World::new();
    let partner = world.partner();
    let shops: Vec<_> = (1_000..1_100).map(|number| partner.merchant(msn(&number.to_string()))).collect();
    for shop in &shops {
        assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-1");
    }
    let refused = shops[0].authorization().await.expect("a token");
    assert!(partner.invalidate(refused.token()));
    for shop in &shops {
        assert!(world.vipps.count() == 2 || shop.cached_headers().is_none());
        assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-2");
    }
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_and_served_to_all_others_meanwhile() {
    let world = World::new();
    let partner = world.partner();
    let first = token(&partner).await;
    let (shop, other) = (shop_of(&partner, 1), shop_of(&partner, 2));
    world.vipps.hold();
    let refused = tokio::spawn({
        let first = first.clone();
        async move { shop.refused(&first).await }
    });
    settle().await;
    assert_eq!(bearer(&other.headers().await.expect("good as far as anybody knows")), "token-1");
    assert!(!refused.is_finished());
    world.vipps.release();
    let headers = refused.await.expect("no panic").expect("another token");
    assert_eq!(bearer(&headers), "token-2");
    assert_eq!(bearer(&other.cached_headers().expect("renewed")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn one_merchants_refusals_cost_no_other_a_call_while_the_endpoint_is_down() {
    let world = World::new();
    let partner = world.partner();
    let first = token(&partner).await;
    let (misconfigured, good) = (shop_of(&partner, 1), shop_of(&partner, 2));
    world.vipps.always(Reply::status(503).retry_after("120"));
    for second in 0..119 {
        let error = misconfigured.refused(&first).await.expect_err("there is no other");
        assert_eq!(error.code(), "unavailable", "{second}");
        assert!(error.retry_after().is_some(), "{second}");
        assert_eq!(bearer(&good.headers().await.expect("a good token is there")), "token-1", "{second}");
        world.clock.advance(Duration::from_secs(1));
    }
    assert!(world.vipps.count() <= 4, "{} requests", world.vipps.count());
}

#[tokio::test]
async fn a_token_that_ended_is_replaced_although_another_merchant_used_up_its_share() {
    let world = World::new();
    let partner = world.partner();
    let (misconfigured, good) = (shop_of(&partner, 1), shop_of(&partner, 2));
    misconfigured.refused(&token(&partner).await).await.expect("another token");
    let ended = token(&partner).await;
    assert_eq!(misconfigured.refused(&ended).await.expect_err("too soon").code(), "unavailable");
    assert_eq!(bearer(&good.refused(&ended).await.expect("another token")), "token-3");
    assert_eq!(bearer(&misconfigured.headers().await.expect("a token")), "token-3");
}

#[tokio::test]
async fn a_merchant_whose_calls_are_always_refused_does_not_wear_out_the_endpoint() {
    let world = World::new();
    let partner = world.partner();
    let shop = shop_of(&partner, 1);
    for _ in 0..7_200 {
        drop(shop.refused(&token(&partner).await).await);
        world.clock.advance(Duration::from_millis(500));
    }
    assert_eq!(world.vipps.count(), 1 + 7, "at 0, 30, 90, 210, 450, 930, 1890 seconds of an hour");
    let told = world.events.count(|event| *event == Event::RefusalIgnored);
    assert_eq!(told, 7, "once for each replacement");
    assert_eq!(partner.stats().refusals_ignored, 7_200 - 7);
}

#[tokio::test]
async fn a_refusal_of_a_token_that_is_gone_brings_the_one_in_use() {
    let world = World::new();
    let partner = world.partner();
    let old = token(&partner).await;
    partner.refused(&old).await.expect("another token");
    let current = token(&partner).await;
    for _ in 0..100 {
        assert_eq!(*partner.refused(&old).await.expect("the one in use").token(), current);
    }
    assert_eq!(world.vipps.count(), 2);
    assert_eq!(world.events.count(|event| *event == Event::RefusalIgnored), 0);
}

#[tokio::test]
async fn a_refusal_of_a_dropped_token_is_no_new_suspicion() {
    let world = World::new();
    let shop = shop_of(&world.partner(), 123_456);
    for _ in 0..3 {
        let dropped = shop.authorization().await.expect("a token").token().clone();
        assert!(shop.partner().invalidate(&dropped));
        shop.refused(&dropped).await.expect("another, however often");
    }
    assert_eq!(world.vipps.count(), 4);
}

#[tokio::test]
async fn a_thousand_calls_refused_at_once_cost_one_fetch() {
    let world = World::new();
    let partner = world.partner();
    let old = token(&partner).await;
    let calls: Vec<_> = (0..1_000)
        .map(|number| {
            let shop = shop_of(&partner, number % 100);
            let old = old.clone();
            tokio::spawn(async move { bearer(&shop.refused(&old).await.expect("another token")).to_owned() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic"), "token-2");
    }
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn the_same_token_once_more_is_no_replacement() {
    let world = World::new();
    world.vipps.always(Reply::token("the-same", 86_400));
    let partner = world.partner();
    let refused = token(&partner).await;
    let error = partner.refused(&refused).await.expect_err("nothing new");
    assert_eq!((error.code(), error.retryable()), ("unavailable", true));
    assert_eq!(bearer(&partner.headers().await.expect("still in use")), "the-same");
}

#[tokio::test]
async fn a_call_that_cannot_be_repeated_is_noted_for_the_next_one() {
    let world = World::new();
    let partner = world.partner();
    let shop = shop_of(&partner, 1);
    shop.note_refused(&token(&partner).await);
    settle().await;
    assert_eq!(bearer(&shop.cached_headers().expect("replaced")), "token-2");
}

#[tokio::test]
async fn keys_that_are_refused_meanwhile_leave_the_token_in_use() {
    let world = World::new();
    let partner = world.partner();
    let first = token(&partner).await;
    world.vipps.always(Reply::refusal(401, INVALID_CLIENT));
    let error = shop_of(&partner, 1).refused(&first).await.expect_err("no other");
    assert_eq!(error.code(), "credentials_rejected");
    assert_eq!(bearer(&shop_of(&partner, 2).headers().await.expect("in use")), "token-1");
}

#[tokio::test]
async fn a_wall_clock_that_jumps_does_not_lengthen_the_restraint() {
    for wall in [-3_600, 3_600] {
        let world = World::new();
        let partner = world.partner();
        partner.refused(&token(&partner).await).await.expect("another token");
        let second = token(&partner).await;
        world.shift_wall(wall);
        world.clock.advance(GAP);
        partner.refused(&second).await.expect("another token");
    }
}

fn shop_of(partner: &Partner, number: u32) -> Merchant {
    partner.merchant(msn(&format!("{}", 100_000 + number)))
}
