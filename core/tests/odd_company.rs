//! Odd company: caches that hold rubbish, runtimes that end, senders that panic, replies that come too late.

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};

use support::*;
use tokio::runtime::Runtime;
use vipps_partner_auth::{BoxFuture, HttpSend, Partner, PartnerKeys, SendError, SystemInfo};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn partner_with(world: &World, cache: FakeCache) -> Partner {
    partner_of(partner_keys(), world.config().token_cache(Arc::new(cache)))
}

#[tokio::test]
async fn a_cached_entry_of_endless_life_is_passed_over() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::holding("shared", Duration::MAX, Duration::MAX));
    assert_eq!(partner.access_token().await.expect("trouble of the cache is no error").secret(), "token-1");
}

#[tokio::test]
async fn a_cached_entry_of_a_hundred_years_is_passed_over() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::holding("shared", seconds(START) + DAY * 36_500, DAY * 36_500));
    assert_eq!(partner.access_token().await.expect("a token").secret(), "token-1");
}

#[tokio::test]
async fn a_cached_secret_that_cannot_stand_in_a_header_costs_one_fetch() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::holding("a\r\nX: 1", seconds(START) + DAY, DAY));
    world.vipps.hold();
    let first = tokio::spawn({
        let partner = partner.clone();
        async move { partner.headers().await }
    });
    settle().await;
    let second = tokio::spawn({
        let partner = partner.clone();
        async move { partner.headers().await }
    });
    settle().await;
    world.vipps.release();
    first.await.expect("no panic").expect("a token");
    second.await.expect("no panic").expect("a token");
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn an_empty_cached_secret_is_passed_over() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::holding("", seconds(START) + DAY, DAY));
    assert_eq!(partner.access_token().await.expect("a token").secret(), "token-1");
}

#[tokio::test]
async fn a_cached_secret_with_a_space_is_passed_over() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::holding("a b", seconds(START) + DAY, DAY));
    assert_eq!(partner.access_token().await.expect("a token").secret(), "token-1");
}

#[tokio::test]
async fn a_cached_entry_without_a_lifetime_is_passed_over() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::holding("shared", seconds(START + 30), Duration::ZERO));
    assert_eq!(partner.access_token().await.expect("a token").secret(), "token-1");
}

#[tokio::test]
async fn a_hold_off_keeps_from_vipps_and_not_from_the_shared_cache() {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let partner = partner_of(partner_keys(), world.config().token_cache(cache.clone()));
    world.vipps.script([Reply::status(429).retry_after("200")]);
    partner.headers().await.expect_err("held off");
    cache.put("other", seconds(START) + DAY, DAY);
    assert_eq!(partner.access_token().await.expect("another process had more luck").secret(), "other");
}

#[test]
fn when_the_leaders_runtime_ends_the_others_get_their_token_all_the_same() {
    let world = World::new();
    let shop = world.shop();
    let (first, second) = (Runtime::new().expect("a runtime"), Runtime::new().expect("a runtime"));
    world.vipps.hold();
    first.block_on(async {
        assert!(asked_once(shop.headers()).await.is_none());
        world.vipps.arrived(1).await;
    });
    let waiting = tokio::sync::watch::Sender::new(false);
    let mut told = waiting.subscribe();
    let follower = second.spawn({
        let shop = shop.clone();
        async move {
            let mut call = Box::pin(shop.headers());
            std::future::poll_fn(|cx| {
                assert!(call.as_mut().poll(cx).is_pending());
                std::task::Poll::Ready(())
            })
            .await;
            waiting.send_replace(true);
            call.await
        }
    });
    second.block_on(told.wait_for(|w| *w)).expect("it waits");
    drop(first);
    world.vipps.release();
    assert!(second.block_on(follower).expect("no panic").is_ok());
}

/// Sends the first request and has a bug from then on.
#[derive(Debug)]
struct PanicsLater {
    vipps: Arc<FakeVipps>,
    sends: AtomicUsize,
}

impl HttpSend for PanicsLater {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        assert!(self.sends.fetch_add(1, SeqCst) == 0, "a sender with a bug");
        self.vipps.send(request, limit)
    }
}

#[tokio::test]
async fn a_renewal_that_panics_waits_for_its_gap_too() {
    let world = World::new();
    let sender = Arc::new(PanicsLater { vipps: world.vipps.clone(), sends: AtomicUsize::new(0) });
    let partner = partner_of(partner_keys(), world.config().http(sender.clone()));
    partner.headers().await.expect("a token");
    world.clock.advance(seconds(23 * 3_600));
    for _ in 0..50 {
        partner.headers().await.expect("usable");
        settle().await;
    }
    assert_eq!(sender.sends.load(SeqCst), 2);
}

#[test]
fn a_bad_value_is_named_by_its_variable() {
    let vars =
        |bad: &'static str| move |name: &str| Some(if name == bad { "a\u{e9}".to_owned() } else { "x".to_owned() });
    for name in ["VIPPS_CLIENT_ID", "VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY"] {
        assert_eq!(PartnerKeys::from_vars(vars(name)).expect_err("bad").field(), Some(name));
    }
    for name in ["VIPPS_SYSTEM_NAME", "VIPPS_SYSTEM_VERSION", "VIPPS_PLUGIN_NAME", "VIPPS_PLUGIN_VERSION"] {
        assert_eq!(SystemInfo::from_vars(vars(name)).expect_err("bad").field(), Some(name));
    }
}

#[tokio::test]
async fn a_slow_store_keeps_nobody_waiting() {
    let world = World::new();
    let partner = partner_with(&world, FakeCache::failing(None, Some(Fault::Hang)));
    let call = tokio::spawn({
        let partner = partner.clone();
        async move { partner.headers().await }
    });
    settle().await;
    assert!(call.is_finished());
}

#[tokio::test]
async fn a_fault_about_another_status_does_not_switch_keys() {
    let world = World::new();
    world.vipps.always(Reply::refusal(403, KEY_REFUSED));
    partner_of(paired_keys(), world.config()).headers().await.expect_err("refused");
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_token_that_ran_out_on_its_way_is_not_served() {
    let world = World::hurried();
    world.vipps.script([Reply::token("slow", 5).taking(seconds(9))]);
    let partner = world.partner();
    let got = partner.access_token().await;
    assert!(got.is_ok_and(|token| token.secret() != "slow"));
}
