//! Renewal in the background, and what an outage costs.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{collections::HashSet, time::Duration};

use support::{
    DAY, INVALID_CLIENT, MILLISECOND, Reply, World, asked_once, bearer, msn, partner_keys, partner_of, random_fraction,
    settle,
};
use tokio::runtime::Runtime;
use vipps_partner_auth::{ErrorKind, Event, Merchant};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A shop with a token that has an hour left: due for renewal, and usable.
async fn shop_with_a_stale_token(world: &World) -> Merchant {
    stale(world, world.shop()).await
}

async fn stale(world: &World, shop: Merchant) -> Merchant {
    shop.headers().await.expect("a token");
    world.clock.advance(DAY - HOUR);
    shop
}

/// Calls once, and lets the renewal that may have begun come to its end.
async fn call(shop: &Merchant) -> String {
    let headers = asked_once(shop.headers()).await.expect("nobody waits for a usable token").expect("a token");
    settle().await;
    bearer(&headers).to_owned()
}

fn last_gap(world: &World) -> Duration {
    let events = world.events.all();
    let gap = events.iter().rev().find_map(|event| match event {
        Event::RenewalFailed { next_try_in, .. } => Some(*next_try_in),
        _ => None,
    });
    gap.expect("a failed renewal")
}

#[tokio::test]
async fn the_caller_who_finds_a_stale_token_does_not_wait_for_its_renewal() {
    let world = World::new();
    let shop = shop_with_a_stale_token(&world).await;
    world.vipps.hold();
    assert_eq!(call(&shop).await, "token-1");
    assert_eq!((world.vipps.count(), world.vipps.in_flight()), (2, 1));
    world.vipps.release();
    settle().await;
    assert_eq!(call(&shop).await, "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn however_many_callers_there_are_one_renewal_runs() {
    let world = World::new();
    let shop = shop_with_a_stale_token(&world).await;
    world.vipps.hold();
    for _ in 0..200 {
        assert_eq!(call(&shop).await, "token-1");
        assert!(shop.cached_headers().is_some());
        world.clock.advance(seconds(1));
    }
    assert_eq!(world.vipps.count(), 2);
    world.vipps.release();
    settle().await;
    assert_eq!(call(&shop).await, "token-2");
    assert_eq!((world.vipps.count(), world.vipps.most_in_flight()), (2, 1));
}

#[tokio::test]
async fn a_renewal_is_one_try_and_the_next_waits_for_its_gap() {
    for fault in [Reply::broken(), Reply::status(429), Reply::status(503), Reply::refusal(401, INVALID_CLIENT)] {
        let world = World::hurried();
        let shop = shop_with_a_stale_token(&world).await;
        world.vipps.always(fault);
        assert_eq!(call(&shop).await, "token-1");
        assert_eq!(world.vipps.count(), 2);
        let gap = last_gap(&world);
        world.clock.advance(gap - MILLISECOND);
        assert_eq!(call(&shop).await, "token-1");
        assert_eq!(world.vipps.count(), 2, "within the gap");
        world.clock.advance(MILLISECOND);
        assert_eq!(call(&shop).await, "token-1");
        assert_eq!(world.vipps.count(), 3, "after the gap");
    }
}

#[tokio::test]
async fn the_gap_is_thirty_seconds_and_up_to_a_fifth_more() {
    let mut gaps = HashSet::new();
    for _ in 0..100 {
        let world = World::new();
        let partner = partner_of(partner_keys(), world.config().jitter(random_fraction));
        let shop = stale(&world, partner.merchant(msn("123456"))).await;
        world.vipps.always(Reply::broken());
        call(&shop).await;
        let gap = last_gap(&world);
        assert!((seconds(30)..seconds(36)).contains(&gap), "{gap:?}");
        gaps.insert(gap.as_secs());
    }
    assert!(gaps.len() > 3, "no jitter: {gaps:?}");
}

#[tokio::test]
async fn an_outage_until_the_end_fails_no_call_and_costs_few_requests() {
    let world = World::new();
    let shop = shop_with_a_stale_token(&world).await;
    world.vipps.always(Reply::status(503));
    let mut gaps = Vec::new();
    // The hour that the token still has, less its last seconds.
    for _ in 0..HOUR.as_secs() - 5 {
        let made = world.vipps.count();
        let headers = shop.headers().await.expect("a usable token");
        assert_eq!(bearer(&headers), "token-1");
        settle().await;
        if world.vipps.count() > made {
            gaps.push(last_gap(&world).as_secs());
        }
        world.clock.advance(seconds(1));
    }
    assert_eq!(gaps[..6], [30, 1782, 891, 445, 222, 111], "half a minute, and then half of what is left");
    assert!(gaps.len() <= 10, "{gaps:?}");
    assert_eq!(world.events.count(|event| matches!(event, Event::RenewalFailed { .. })), gaps.len());
}

#[tokio::test]
async fn a_stale_token_is_told_once_for_each_failed_renewal() {
    let world = World::new();
    let shop = shop_with_a_stale_token(&world).await;
    world.vipps.always(Reply::status(503));
    for round in 1..=3 {
        call(&shop).await;
        let told = world.events.count(|event| matches!(event, Event::StaleTokenServed { .. }));
        assert_eq!(told, round - 1, "the failure itself is another event");
        for _ in 0..10 {
            call(&shop).await;
        }
        assert_eq!(world.events.count(|event| matches!(event, Event::StaleTokenServed { .. })), round);
        world.clock.advance(last_gap(&world));
    }
    let remaining = world.events.all().into_iter().find_map(|event| match event {
        Event::StaleTokenServed { remaining } => Some(remaining),
        _ => None,
    });
    assert_eq!(remaining, Some(HOUR - seconds(5)));
}

#[tokio::test]
async fn a_renewal_obeys_retry_after_where_it_is_longer_than_the_gap() {
    for (value, gap) in [("120", 120), ("300", 300), ("86400", 300), ("Thu, 01 Jan 2026 23:02:00 GMT", 120)] {
        let world = World::new();
        let shop = shop_with_a_stale_token(&world).await;
        world.vipps.always(Reply::status(429).retry_after(value));
        call(&shop).await;
        assert_eq!(last_gap(&world), seconds(gap), "{value}");
        world.clock.advance(seconds(gap) - MILLISECOND);
        call(&shop).await;
        assert_eq!(world.vipps.count(), 2, "{value}");
        world.clock.advance(MILLISECOND);
        call(&shop).await;
        assert_eq!(world.vipps.count(), 3, "{value}");
    }
}

#[tokio::test]
async fn a_retry_after_shorter_than_the_gap_does_not_shorten_it() {
    let world = World::new();
    let shop = shop_with_a_stale_token(&world).await;
    world.vipps.always(Reply::status(503).retry_after("1"));
    call(&shop).await;
    assert!(last_gap(&world) >= seconds(30));
}

#[tokio::test]
async fn whoever_waits_when_a_renewal_fails_at_the_end_of_the_token_gets_all_the_tries() {
    let world = World::hurried();
    let shop = shop_with_a_stale_token(&world).await;
    world.clock.advance(HOUR - seconds(10));
    world.vipps.hold();
    call(&shop).await;
    world.clock.advance(seconds(10));
    let waiters: Vec<_> = (0..10)
        .map(|_| {
            tokio::spawn({
                let shop = shop.clone();
                async move { shop.headers().await }
            })
        })
        .collect();
    settle().await;
    assert_eq!(world.vipps.count(), 2, "they wait for the renewal that is under way");
    world.vipps.script([Reply::status(503), Reply::broken()]);
    world.vipps.release();
    for waiter in waiters {
        assert_eq!(bearer(&waiter.await.expect("no panic").expect("a token")), "token-4");
    }
    assert_eq!(world.vipps.count(), 4);
}

#[tokio::test]
async fn whoever_waits_for_a_renewal_gets_its_token_or_its_final_refusal() {
    for (reply, outcome) in [
        (Reply::token("new", 86_400), Ok("new")),
        (Reply::refusal(401, INVALID_CLIENT), Err(ErrorKind::CredentialsRejected)),
    ] {
        let world = World::new();
        let shop = shop_with_a_stale_token(&world).await;
        world.vipps.hold();
        call(&shop).await;
        world.clock.advance(HOUR);
        let waiter = tokio::spawn({
            let shop = shop.clone();
            async move { shop.headers().await }
        });
        settle().await;
        world.vipps.script([reply]);
        world.vipps.release();
        let given = waiter.await.expect("no panic");
        assert_eq!(given.as_ref().map(bearer).map_err(vipps_partner_auth::Error::kind), outcome);
        assert_eq!(world.vipps.count(), 2);
    }
}

#[tokio::test]
async fn whoever_waits_for_a_renewal_that_is_told_to_wait_is_told_so_too() {
    let world = World::new();
    let shop = shop_with_a_stale_token(&world).await;
    world.vipps.hold();
    call(&shop).await;
    world.clock.advance(HOUR);
    let waiter = tokio::spawn({
        let shop = shop.clone();
        async move { shop.headers().await }
    });
    settle().await;
    world.vipps.script([Reply::status(429).retry_after("60")]);
    world.vipps.release();
    let error = waiter.await.expect("no panic").expect_err("the service asked to wait");
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(seconds(60))));
    assert_eq!(world.vipps.count(), 2);
}

#[test]
fn outside_any_runtime_a_stale_token_is_served_and_renewed() {
    let world = World::new();
    let shop = world.shop();
    assert_eq!(bearer(&shop.blocking().headers().expect("a token")), "token-1");
    world.clock.advance(DAY - HOUR);
    assert_eq!(bearer(&shop.cached_headers().expect("usable")), "token-1");
    let renewed = world.events.told(|event| matches!(event, Event::TokenRenewed { .. }));
    Runtime::new().expect("a runtime").block_on(renewed);
    assert_eq!(bearer(&shop.partner().cached_headers().expect("fresh")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[test]
fn with_a_runtime_in_the_settings_a_stale_token_is_served_and_renewed_from_anywhere() {
    let world = World::new();
    let runtime = Runtime::new().expect("a runtime");
    let config = world.config().runtime(runtime.handle().clone());
    let shop = partner_of(partner_keys(), config).merchant(msn("123456"));
    runtime.block_on(shop.headers()).expect("a token");
    world.clock.advance(DAY - HOUR);
    assert_eq!(bearer(&shop.cached_headers().expect("usable")), "token-1");
    runtime.block_on(world.events.told(|event| matches!(event, Event::TokenRenewed { .. })));
    assert_eq!(bearer(&shop.cached_headers().expect("fresh")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}
