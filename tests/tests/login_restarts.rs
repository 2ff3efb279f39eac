//! A login by phone number that outlives a process, a handler that was dropped, and a session that was kept badly.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{Either, select};
use tokio::sync::Notify;
use vipps_emulator::{Emulator, Options};
use vipps_partner_auth::{
    Backchannel, BackchannelOptions, BoxFuture, Config, HttpSend, ManualClock, Partner, PartnerKeys, PendingLogin,
    ReqwestClient, SendError, SystemInfo,
};

#[path = "application/mod.rs"]
#[expect(dead_code, reason = "the shop's sign-in is for other tests")]
mod application;
use application::{CALLBACK, KARI, Outcome};

const START: u64 = 1_767_225_600;
const HINT: &str = "urn:msisdn:4791234567";

fn emulator() -> Outcome<Emulator> {
    let vipps = Emulator::start(Options { merchants: vec!["123456".parse()?], ..Options::default() })?;
    vipps.set_time(START);
    vipps.register_redirect_uri(&"123456".parse()?, CALLBACK)?;
    Ok(vipps)
}

fn phone(vipps: &Emulator, clock: &ManualClock, config: Config) -> Outcome<Backchannel> {
    let config = config.environment(vipps.environment()?).clock(Arc::new(clock.clone()));
    let keys = PartnerKeys::try_from(vipps.partner_keys())?;
    let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, config)?;
    Ok(partner.merchant("123456".parse()?).backchannel()?)
}

/// `PendingLogin::from_json` promises the field `pending`.
#[tokio::test]
async fn a_pending_login_that_was_kept_badly_is_named_as_such() -> Outcome {
    let vipps = emulator()?;
    let phone = phone(&vipps, &ManualClock::at_unix(START), Config::default())?;
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    let kept = phone.start_with(HINT, &["openid"], &options).await?.to_json();
    for (good, bad) in [(r#"["openid"]"#, "[]"), (CALLBACK, "nowhere")] {
        let error = PendingLogin::from_json(&kept.replace(good, bad)).expect_err("bent");
        assert_eq!(error.field(), Some("pending"), "{bad}");
    }
    Ok(())
}

/// The moment of the next poll is kept in whole seconds, rounded down: after a restart a poll goes out up to a second
/// too early, and Vipps answers that with five seconds more between polls, for good.
#[tokio::test]
async fn a_restart_does_not_shorten_the_interval() -> Outcome {
    let (vipps, clock) = (emulator()?, ManualClock::at_unix(START));
    let phone = phone(&vipps, &clock, Config::default())?;
    let pass = |span| {
        clock.advance(span);
        vipps.advance(span);
    };
    pass(Duration::from_millis(900));
    let pending = phone.start(HINT, &["openid"]).await?;
    assert_eq!(phone.poll(&pending).await?, None);
    let restored = PendingLogin::from_json(&pending.to_json())?;
    pass(phone.next_poll_in(&restored));
    assert_eq!(phone.poll(&restored).await?, None);
    assert_eq!(restored.interval(), Duration::from_secs(5), "not told to slow down");
    Ok(())
}

/// A line on which the first reply of the token endpoint takes its time.
#[derive(Debug)]
struct SlowLine {
    inner: ReqwestClient,
    has_answered: Arc<AtomicBool>,
    goes_on: Arc<Notify>,
}

impl HttpSend for SlowLine {
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>> {
        let is_exchange = request.uri().path().ends_with("/oauth2/token");
        Box::pin(async move {
            let reply = self.inner.send(request, limit).await;
            if is_exchange && !self.has_answered.swap(true, Relaxed) {
                self.goes_on.notified().await;
            }
            reply
        })
    }
}

/// `Backchannel::wait` promises that a login goes on when the future is dropped, also while the answer to an approved login
/// is under way, which is how a web framework ends a handler whose browser went away.
#[tokio::test]
async fn a_wait_that_was_dropped_at_a_bad_moment_loses_no_login() -> Outcome {
    let (vipps, clock, has_answered) = (emulator()?, ManualClock::at_unix(START), Arc::new(AtomicBool::new(false)));
    let inner = ReqwestClient::new(&Config::default())?;
    let goes_on = Arc::new(Notify::new());
    let line = SlowLine { inner, has_answered: Arc::clone(&has_answered), goes_on: Arc::clone(&goes_on) };
    let phone = phone(&vipps, &clock, Config::default().http(Arc::new(line)))?;
    let pending = phone.start(HINT, &["openid"]).await?;
    vipps.approve(pending.auth_req_id(), KARI)?;
    let waits = Box::pin(phone.wait(&pending, Duration::from_secs(60)));
    let answered = Box::pin(async {
        while !has_answered.load(Relaxed) {
            tokio::task::yield_now().await;
        }
    });
    let Either::Right(((), waits)) = select(waits, answered).await else { return Err("it never answers".into()) };
    drop(waits);
    goes_on.notify_one();
    clock.advance(Duration::from_secs(5));
    vipps.advance(Duration::from_secs(5));
    assert!(phone.wait(&pending, Duration::from_secs(60)).await?.is_some());
    Ok(())
}
