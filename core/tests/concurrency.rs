//! Many callers, one fetch: on several threads, with callers who give up, and over runtimes that come and go.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt;
use support::{DAY, FakeVipps, Reply, World, asked_once, bearer, partner_keys, partner_of, settle};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    task::JoinHandle,
};
use vipps_partner_auth::{
    BoxFuture, Clock, ErrorKind, HttpSend, ManualClock, Merchant, Now, Partner, Result, SendError,
};

const CALLERS: usize = 10_000;

/// Polls a future once without finishing it.
async fn begin<T>(future: &mut Pin<Box<impl Future<Output = T>>>) {
    poll_fn(|context| {
        assert!(future.as_mut().poll(context).is_pending(), "it should have to wait");
        Poll::Ready(())
    })
    .await;
}

fn caller(shop: &Merchant, waiting: &Arc<watch::Sender<usize>>) -> JoinHandle<Result<String>> {
    let (shop, waiting) = (shop.clone(), waiting.clone());
    tokio::spawn(async move {
        let mut call = Box::pin(async { Ok(bearer(&shop.headers().await?).to_owned()) });
        begin(&mut call).await;
        waiting.send_modify(|count| *count += 1);
        call.await
    })
}

/// Starts callers and comes back when every one of them waits for its token.
async fn waiting_callers(shop: &Merchant, count: usize) -> Vec<JoinHandle<Result<String>>> {
    let waiting = Arc::new(watch::Sender::new(0));
    let callers = (0..count).map(|_| caller(shop, &waiting)).collect();
    waiting.subscribe().wait_for(|arrived| *arrived == count).await.expect("the sender is here");
    callers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cold_start_of_ten_thousand_callers_is_one_request() {
    let world = World::new();
    world.vipps.hold();
    let callers = waiting_callers(&world.shop(), CALLERS).await;
    world.vipps.release();
    for caller in callers {
        assert_eq!(caller.await.expect("no panic").expect("a token"), "token-1");
    }
    assert_eq!((world.vipps.count(), world.vipps.most_in_flight()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cold_start_without_order_is_one_request_too() {
    let world = World::new();
    let shop = world.shop();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.headers().await })
        })
        .collect();
    for caller in callers {
        assert_eq!(bearer(&caller.await.expect("no panic").expect("a token")), "token-1");
    }
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_cancelled_leader_hands_over() {
    let world = World::new();
    let shop = world.shop();
    world.vipps.hold();
    let mut leader = Box::pin(shop.headers());
    begin(&mut leader).await;
    let callers = waiting_callers(&shop, 100).await;
    drop(leader);
    settle().await;
    world.vipps.release();
    for caller in callers {
        assert_eq!(caller.await.expect("no panic").expect("a token"), "token-1");
    }
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn when_every_caller_gives_up_the_token_still_arrives() {
    let world = World::new();
    let shop = world.shop();
    world.vipps.hold();
    for caller in waiting_callers(&shop, 10).await {
        caller.abort();
    }
    settle().await;
    world.vipps.release();
    settle().await;
    assert_eq!(bearer(&shop.cached_headers().expect("there already")), "token-1");
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failed_fetch_is_returned_to_all_who_waited_and_the_next_call_fetches() {
    let world = World::new();
    let shop = world.shop();
    world.vipps.hold();
    world.vipps.script([Reply::status(403)]);
    let callers = waiting_callers(&shop, 1_000).await;
    world.vipps.release();
    for caller in callers {
        assert_eq!(caller.await.expect("no panic").expect_err("refused").kind(), ErrorKind::Forbidden);
    }
    assert_eq!(world.vipps.count(), 1);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(bearer(&shop.headers().await.expect("a token")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test]
async fn all_who_wait_share_the_retries_of_one_fetch() {
    let world = World::hurried();
    let shop = world.shop();
    world.vipps.hold();
    world.vipps.script([Reply::status(503), Reply::broken()]);
    let callers = waiting_callers(&shop, 1_000).await;
    world.vipps.release();
    for caller in callers {
        assert_eq!(caller.await.expect("no panic").expect("a token"), "token-3");
    }
    assert_eq!((world.vipps.count(), world.vipps.most_in_flight()), (3, 1));
}

#[tokio::test]
async fn whoever_comes_while_a_fetch_is_being_tried_again_waits_for_that_one() {
    let world = World::new();
    let shop = world.shop();
    world.vipps.script([Reply::status(429).retry_after("10")]);
    let first = waiting_callers(&shop, 1).await;
    settle().await;
    let later = waiting_callers(&shop, 10).await;
    world.pass(Duration::from_secs(10)).await;
    for caller in first.into_iter().chain(later) {
        assert_eq!(caller.await.expect("no panic").expect("a token"), "token-2");
    }
    assert_eq!(world.vipps.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_many_threads_live_through_a_renewal_without_a_gap() {
    let world = World::new();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    world.clock.advance(DAY - Duration::from_secs(3_600));
    world.vipps.hold();
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move {
                while bearer(&shop.cached_headers().expect("always usable")) == "token-1" {
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    world.vipps.arrived(2).await;
    world.vipps.release();
    for caller in callers {
        caller.await.expect("no gap");
    }
    assert_eq!((world.vipps.count(), world.vipps.most_in_flight()), (2, 1));
}

#[tokio::test]
async fn partners_do_not_wait_for_one_another() {
    let world = World::new();
    let (first, second) = (world.partner(), world.partner());
    world.vipps.hold();
    assert!(asked_once(first.headers()).await.is_none());
    assert!(asked_once(second.headers()).await.is_none());
    settle().await;
    assert_eq!(world.vipps.in_flight(), 2);
}

#[test]
fn a_caller_on_another_runtime_waits_for_the_same_fetch() {
    let world = World::new();
    let shop = world.shop();
    let (first, second) = (Runtime::new().expect("a runtime"), Runtime::new().expect("a runtime"));
    world.vipps.hold();
    let leader = first.spawn({
        let shop = shop.clone();
        async move { shop.headers().await }
    });
    first.block_on(world.vipps.arrived(1));
    second.block_on(async {
        let followers = waiting_callers(&shop, 10).await;
        world.vipps.release();
        for follower in followers {
            assert_eq!(follower.await.expect("no panic").expect("a token"), "token-1");
        }
    });
    assert!(first.block_on(leader).expect("no panic").is_ok());
    assert_eq!(world.vipps.count(), 1);
}

/// A clock that lets a test do something between a caller's look at its token and that caller's next step.
#[derive(Debug)]
struct InterruptingClock {
    clock: ManualClock,
    interruption: Interruption,
}

type Work = Box<dyn FnOnce() + Send>;

/// Work to be done once, when the clock is next read.
#[derive(Clone, Default)]
struct Interruption(Arc<Mutex<Option<Work>>>);

impl Interruption {
    fn set(&self, work: impl FnOnce() + Send + 'static) {
        *self.0.lock().expect("no test panics here") = Some(Box::new(work));
    }

    fn happen(&self) {
        let work = self.0.lock().expect("no test panics here").take();
        if let Some(work) = work {
            work();
        }
    }
}

impl fmt::Debug for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interruption")
    }
}

impl Clock for InterruptingClock {
    fn now(&self) -> Now {
        self.interruption.happen();
        self.clock.now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(span)
    }
}

/// A partner with a token, on a runtime that runs only while the test drives it.
struct Interruptible {
    world: World,
    runtime: Arc<Runtime>,
    partner: Partner,
    interruption: Interruption,
}

impl Interruptible {
    fn with_a_token() -> Self {
        let (world, interruption) = (World::new(), Interruption::default());
        let runtime = Arc::new(Builder::new_current_thread().enable_time().build().expect("a runtime"));
        let clock = InterruptingClock { clock: world.clock.clone(), interruption: interruption.clone() };
        let config = world.config().clock(Arc::new(clock)).runtime(runtime.handle().clone());
        let partner = partner_of(partner_keys(), config);
        runtime.block_on(partner.headers()).expect("a token");
        Self { world, runtime, partner, interruption }
    }
}

#[test]
fn a_caller_who_looked_before_a_renewal_landed_does_not_start_another() {
    let Interruptible { world, runtime, partner, interruption } = Interruptible::with_a_token();
    world.clock.advance(DAY - Duration::from_secs(3_600));
    assert_eq!(bearer(&partner.cached_headers().expect("usable")), "token-1");

    interruption.set({
        let runtime = runtime.clone();
        move || runtime.block_on(settle())
    });
    assert_eq!(bearer(&partner.cached_headers().expect("usable")), "token-1");
    assert_eq!(world.vipps.count(), 2, "renewed in the meantime");
    runtime.block_on(settle());
    assert_eq!(bearer(&partner.cached_headers().expect("fresh")), "token-2");
    assert_eq!(world.vipps.count(), 2);
}

#[test]
fn a_caller_who_looked_before_a_fetch_landed_is_given_what_it_brought() {
    let Interruptible { world, runtime, partner, interruption } = Interruptible::with_a_token();
    world.clock.advance(DAY);
    interruption.set({
        let (runtime, partner) = (runtime.clone(), partner.clone());
        move || drop(runtime.block_on(partner.headers()).expect("a token"))
    });
    let headers = partner.headers().now_or_never().expect("nothing to wait for").expect("a token");
    assert_eq!(bearer(&headers), "token-2");
    runtime.block_on(settle());
    assert_eq!(world.vipps.count(), 2);
}

/// Panics once, then sends.
#[derive(Debug)]
struct PanicsOnce(AtomicUsize, Arc<FakeVipps>);

impl HttpSend for PanicsOnce {
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
        assert!(self.0.fetch_add(1, SeqCst) > 0, "a sender with a bug");
        self.1.send(request, limit)
    }
}

#[tokio::test]
async fn a_sender_that_panics_fails_one_call_and_blocks_none() {
    let world = World::new();
    let sender = PanicsOnce(AtomicUsize::new(0), world.vipps.clone());
    let partner: Partner = partner_of(partner_keys(), world.config().http(Arc::new(sender)));
    assert_eq!(partner.headers().await.expect_err("it panicked").kind(), ErrorKind::Internal);
    world.clock.advance(Duration::from_secs(2));
    assert!(partner.headers().await.is_ok());
}
