//! Tokens that an API refused: what is dropped, what is not, and how often.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::time::Duration;

use support::{DAY, MILLISECOND, World, bearer, msn, settle};
use vipps_partner_auth::{AccessToken, Event, Partner};

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
async fn a_token_an_api_refused_is_dropped_once_in_thirty_seconds() {
    let world = World::new();
    let partner = world.partner();
    assert!(partner.refused(&token(&partner).await), "worth another try");
    let second = token(&partner).await;
    assert_eq!(second.secret(), "token-2");
    world.clock.advance(GAP - MILLISECOND);
    assert!(!partner.refused(&second), "another token would be refused too");
    assert_eq!(token(&partner).await, second);
    assert_eq!(world.vipps.count(), 2);
    assert_eq!(world.events.count(|event| *event == Event::RefusalIgnored), 1);

    world.clock.advance(MILLISECOND);
    assert!(partner.refused(&second));
    assert_eq!(token(&partner).await.secret(), "token-3");
    assert_eq!(world.events.count(|event| *event == Event::RefusalIgnored), 1);
}

#[tokio::test]
async fn a_merchant_whose_calls_are_always_refused_does_not_wear_out_the_endpoint() {
    let world = World::new();
    let partner = world.partner();
    for _ in 0..600 {
        partner.refused(&token(&partner).await);
        world.clock.advance(Duration::from_millis(500));
    }
    assert_eq!(world.vipps.count(), 1 + 300 / 30, "in five minutes");
}

#[tokio::test]
async fn a_refusal_of_a_token_that_is_gone_is_worth_another_try_and_drops_nothing() {
    let world = World::new();
    let partner = world.partner();
    let old = token(&partner).await;
    assert!(partner.refused(&old));
    let current = token(&partner).await;
    for _ in 0..100 {
        assert!(partner.refused(&old));
    }
    assert_eq!(token(&partner).await, current);
    assert_eq!(world.vipps.count(), 2);
    assert_eq!(world.events.count(|event| *event == Event::RefusalIgnored), 0);
}

#[tokio::test]
async fn a_thousand_calls_refused_at_once_cost_one_fetch() {
    let world = World::new();
    let partner = world.partner();
    let old = token(&partner).await;
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let (partner, old) = (partner.clone(), old.clone());
            tokio::spawn(async move {
                assert!(partner.refused(&old));
                token(&partner).await
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic").secret(), "token-2");
    }
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn a_refusal_long_ago_by_either_clock_limits_nothing() {
    for wall in [-3_600, 3_600] {
        let world = World::new();
        let partner = world.partner();
        assert!(partner.refused(&token(&partner).await));
        let second = token(&partner).await;
        world.shift_wall(wall);
        world.clock.advance(GAP);
        assert!(partner.refused(&second), "{wall}");
    }
}
