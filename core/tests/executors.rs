//! Whose thread the work runs on: no caller's runtime is needed for it, and none can hold up another caller.

mod keyring;
mod support;

use std::{
    future::Future,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use keyring::{RSA, World as Keys, expect};
use support::{DAY, FakeVipps, World, asked_once, bearer, msn, partner_keys, partner_of};
use tokio::runtime::{Builder, Runtime};
use vipps_partner_auth::{
    BoxFuture, Config, ErrorKind, Event, HttpSend, Merchant, Partner, ReqwestClient, Result, SendError,
};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than anything here takes, so that what hangs is told from what is slow.
const PATIENCE: Duration = Duration::from_secs(20);

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// What a future gives on a runtime of its own; `None` if it hangs.
fn elsewhere<T>(future: impl Future<Output = T>) -> Option<T> {
    current_thread().block_on(async { tokio::time::timeout(PATIENCE, future).await.ok() })
}

fn token(headers: Result<http::HeaderMap>) -> String {
    bearer(&headers.expect("a token")).to_owned()
}

#[test]
fn a_fetch_that_was_left_on_an_idle_runtime_hangs_nobody() {
    let world = World::new();
    let shop = world.shop();
    let idle = current_thread();
    world.vipps.hold();
    idle.block_on(async { assert!(asked_once(shop.headers()).await.is_none()) });
    world.vipps.release();
    assert_eq!(token(elsewhere(shop.headers()).expect("no hang")), "token-1");
    assert_eq!(world.vipps.count(), 1);
    drop(idle);
}

#[test]
fn a_renewal_that_was_started_from_an_idle_runtime_is_made() {
    let world = World::new();
    let shop = world.shop();
    let idle = current_thread();
    idle.block_on(shop.headers()).expect("a token");
    world.clock.advance(DAY.saturating_sub(3_600 * SECOND));
    assert_eq!(token(idle.block_on(shop.headers())), "token-1");
    elsewhere(world.events.told(|event| matches!(event, Event::TokenRenewed { .. }))).expect("renewed");
    assert_eq!(token(elsewhere(shop.headers()).expect("no hang")), "token-2");
    world.clock.advance(3_600 * SECOND);
    assert_eq!(token(elsewhere(shop.headers()).expect("no hang")), "token-2");
}

#[test]
fn a_runtime_that_ends_in_mid_fetch_takes_nothing_along() {
    let world = World::new();
    let shop = world.shop();
    world.vipps.hold();
    let ending = current_thread();
    ending.block_on(async {
        assert!(asked_once(shop.headers()).await.is_none());
        world.vipps.arrived(1).await;
    });
    ending.shutdown_background();
    world.vipps.release();
    assert_eq!(token(elsewhere(shop.headers()).expect("no hang")), "token-1");
    assert_eq!(world.vipps.count(), 1);
}

#[test]
fn keys_that_were_asked_for_on_an_idle_runtime_come_for_all() {
    let keys = Keys::new(&[&RSA]);
    let token = keys.token(&RSA);
    let idle = current_thread();
    idle.block_on(async { drop(asked_once(keys.verifier.verify(&token, &expect())).await) });
    elsewhere(keys.verifier.verify(&token, &expect())).expect("no hang").expect("a good token");
    assert_eq!(keys.issuer.key_fetches(), 1);
}

/// A server that keeps its connections and counts them.
fn keep_alive_server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let connections = Arc::new(AtomicUsize::new(0));
    thread::spawn({
        let connections = connections.clone();
        move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                connections.fetch_add(1, SeqCst);
                thread::spawn(move || {
                    let mut buffer = [0; 4_096];
                    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
                        let body = r#"{"access_token":"real","expires_in":"86398"}"#;
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
                        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    (url, connections)
}

#[test]
fn a_connection_that_was_opened_from_an_idle_runtime_serves_all() {
    let (url, connections) = keep_alive_server();
    let config = Config::from(url.parse::<vipps_partner_auth::Environment>().expect("a base url"));
    let client = ReqwestClient::new(&config).expect("a client");
    let request = || http::Request::post(format!("{url}/x")).body(Bytes::new()).expect("a request");
    let idle = current_thread();
    idle.block_on(client.send(request(), PATIENCE)).expect("a reply");
    elsewhere(client.send(request(), PATIENCE)).expect("no hang").expect("a reply");
    assert_eq!(connections.load(SeqCst), 1, "the connection is kept and used again");
}

#[test]
fn all_futures_work_under_any_executor() {
    let (url, _) = keep_alive_server();
    let config = Config::from(url.parse::<vipps_partner_auth::Environment>().expect("a base url"));
    let partner = partner_of(partner_keys(), config);
    let shop = partner.merchant(msn("123456"));
    let new_token = || {
        if let Some(headers) = shop.cached_headers() {
            partner.invalidate(headers.token());
        }
    };
    assert_eq!(token(smol::block_on(shop.headers())), "real");
    new_token();
    assert_eq!(token(futures_executor::block_on(shop.headers())), "real");
    new_token();
    assert_eq!(token(actix_rt::System::new().block_on(shop.headers())), "real");
    new_token();
    let on_a_runtime_of_its_own =
        |shop: Merchant| thread::spawn(move || token(current_thread().block_on(shop.headers())));
    let threads: Vec<_> = (0..8).map(|_| on_a_runtime_of_its_own(shop.clone())).collect();
    for thread in threads {
        assert_eq!(thread.join().expect("no panic"), "real");
    }
    assert!(partner.stats().token_requests <= 4 + 1);
}

#[test]
fn an_actix_worker_that_is_busy_holds_up_no_other() {
    let world = World::new();
    let shop = world.shop();
    actix_rt::System::new().block_on(async {
        let (busy, free) = (actix_rt::Arbiter::new(), actix_rt::Arbiter::new());
        let (begun, has_begun) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        busy.spawn({
            let shop = shop.clone();
            async move {
                drop(asked_once(shop.headers()).await);
                begun.send(()).expect("the test listens");
                // A handler that computes for long.
                let _ = ends.recv();
            }
        });
        has_begun.recv().expect("it begins");
        let (told, tells) = tokio::sync::oneshot::channel();
        free.spawn(async move { drop(told.send(token(shop.headers().await))) });
        assert_eq!(tokio::time::timeout(PATIENCE, tells).await.expect("no hang").expect("no panic"), "token-1");
        end.send(()).expect("it waits");
        busy.stop();
        free.stop();
    });
}

#[test]
fn a_blocking_call_needs_no_executor_and_keeps_its_limit() {
    let world = World::new();
    let shop = world.shop();
    world.vipps.hold();
    let error = shop.blocking().within(Duration::from_millis(50)).headers().expect_err("it hangs");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
    world.vipps.release();
    assert_eq!(token(shop.blocking().headers()), "token-1");
    assert_eq!(world.vipps.count(), 1, "the fetch went on for the next caller");
}

#[test]
fn a_blocking_call_works_on_workers_of_other_runtimes() {
    let world = World::new();
    let shop = world.shop();
    let call = |shop: Merchant| async move { token(shop.blocking().headers()) };
    assert_eq!(current_thread().block_on(call(shop.clone())), "token-1");
    let workers = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    assert_eq!(workers.block_on(workers.spawn(call(shop))).expect("no panic"), "token-1");
}

#[test]
fn a_blocking_call_refuses_the_thread_that_has_to_do_its_work() {
    let world = World::new();
    let given = current_thread();
    let partner = partner_of(partner_keys(), world.config().runtime(given.handle().clone()));
    let error = given.block_on(async { partner.blocking().headers() }).expect_err("it would never return");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(error.hint().is_some());

    // The library's own thread, in a sender that calls back.
    let sender = Arc::new(CallsBack { vipps: world.vipps.clone(), partner: Mutex::default(), told: Mutex::default() });
    let partner = partner_of(partner_keys(), world.config().http(sender.clone()));
    *sender.partner.lock().expect("no panic") = Some(partner.clone());
    assert!(partner.blocking().headers().is_ok());
    let told = sender.told.lock().expect("no panic").take().expect("it was called");
    assert_eq!(told.expect_err("it would never return").kind(), ErrorKind::InvalidConfig);
}

#[derive(Debug)]
struct CallsBack {
    vipps: Arc<FakeVipps>,
    partner: Mutex<Option<Partner>>,
    told: Mutex<Option<Result<http::HeaderMap>>>,
}

impl HttpSend for CallsBack {
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
        let partner = self.partner.lock().expect("no panic").clone().expect("set before the first call");
        *self.told.lock().expect("no panic") = Some(partner.blocking().headers());
        self.vipps.send(request, limit)
    }
}

#[test]
fn a_runtime_without_a_timer_is_refused_at_once() {
    let without = Builder::new_current_thread().build().expect("a runtime");
    let config = Config::default().runtime(without.handle().clone());
    let error = Partner::new(partner_keys(), support::system(), config).expect_err("no timer");
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("runtime")));
}

#[test]
fn a_sender_that_never_answers_ends_all_the_same() {
    #[derive(Debug)]
    struct Silent;
    impl HttpSend for Silent {
        fn send(
            &self,
            _: http::Request<Bytes>,
            _: Duration,
        ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
            Box::pin(std::future::pending())
        }
    }
    let limits = Config::default().deadline(Duration::from_millis(100)).request_timeout(Duration::from_millis(100));
    let partner = partner_of(partner_keys(), limits.http(Arc::new(Silent)));
    let error = elsewhere(partner.headers()).expect("no hang").expect_err("no answer");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

/// What a hook may do without hurting anybody.
mod hooks {
    use super::*;

    fn partner_with(world: &World, hook: impl Fn(&Event) + Send + Sync + 'static) -> Partner {
        partner_of(partner_keys(), world.config().on_event(hook))
    }

    #[test]
    fn it_may_call_the_library_and_wait_for_it() {
        let world = World::new();
        let other = world.shop();
        let (tell, told) = mpsc::channel();
        let partner = partner_with(&world, move |_| drop(tell.send(token(other.blocking().headers()))));
        assert!(partner.blocking().headers().is_ok());
        assert!(told.recv_timeout(PATIENCE).expect("no deadlock").starts_with("token-"));
    }

    #[test]
    fn it_may_sleep_and_holds_up_no_call_and_no_other_hook() {
        let world = World::new();
        let (wake, sleeps) = mpsc::channel::<()>();
        let sleeps = Mutex::new(sleeps);
        let sleeper = partner_with(&world, move |_| drop(sleeps.lock().map(|sleeps| sleeps.recv())));
        assert!(sleeper.blocking().within(PATIENCE).headers().is_ok());
        let (tell, told) = mpsc::channel();
        let other = partner_with(&world, move |event| {
            let _ = tell.send(event.name());
        });
        assert!(other.blocking().within(PATIENCE).headers().is_ok());
        assert_eq!(told.recv_timeout(PATIENCE), Ok("token_fetched"));
        drop(wake);
    }

    #[test]
    fn it_may_panic_and_is_called_again() {
        let world = World::new();
        let (tell, told) = mpsc::channel();
        let partner = partner_with(&world, move |event| {
            let _ = tell.send(event.name());
            panic!("a hook with a bug");
        });
        for _ in 0..2 {
            let token = partner.blocking().access_token().expect("a token");
            assert_eq!(told.recv_timeout(PATIENCE), Ok("token_fetched"));
            partner.invalidate(&token);
        }
    }

    #[test]
    fn what_it_is_too_slow_for_is_counted_and_told_in_order() {
        let world = World::new();
        let (wake, sleeps) = mpsc::channel::<()>();
        let sleeps = Mutex::new(sleeps);
        let (tell, told) = mpsc::channel();
        let partner = partner_with(&world, move |event| {
            drop(tell.send(event.clone()));
            drop(sleeps.lock().map(|sleeps| sleeps.recv()));
        });
        let fetches = 1_200;
        for _ in 0..fetches {
            let token = partner.blocking().access_token().expect("a token");
            partner.invalidate(&token);
        }
        drop(wake);
        let dropped = partner.stats().events_dropped;
        assert!((100..=200).contains(&dropped), "{dropped} of {fetches}");
        let mut heard = 0;
        loop {
            match told.recv_timeout(PATIENCE).expect("it goes on") {
                Event::EventsDropped { count } => {
                    assert_eq!((count, heard + dropped), (dropped, fetches));
                    break;
                }
                event => {
                    assert_eq!(event.name(), "token_fetched");
                    heard += 1;
                }
            }
        }
    }

    #[test]
    fn it_is_called_no_more_when_its_partner_is_gone() {
        let world = World::new();
        let (wake, sleeps) = mpsc::channel::<()>();
        let sleeps = Mutex::new(sleeps);
        let (tell, told) = mpsc::channel();
        let partner = partner_with(&world, move |event| {
            let _ = tell.send(event.name());
            drop(sleeps.lock().map(|sleeps| sleeps.recv()));
        });
        for _ in 0..3 {
            let token = partner.blocking().access_token().expect("a token");
            partner.invalidate(&token);
        }
        assert_eq!(told.recv_timeout(PATIENCE), Ok("token_fetched"));
        drop(partner);
        drop(wake);
        // The channel closes when the hook is dropped, without having been called again.
        assert_eq!(told.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    }
}
