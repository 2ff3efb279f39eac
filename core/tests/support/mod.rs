//! What the test files share: a Vipps that answers as it is told, a shared cache that does the same, and a world
//! around them with a clock that moves only when told to.
#![allow(dead_code, unused_imports, reason = "each test file uses the parts it needs")]

mod cache;
mod vipps;

use std::{
    future::poll_fn,
    hash::{BuildHasher, RandomState},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use http::{HeaderMap, header::AUTHORIZATION};
use tokio::{runtime::Handle, sync::watch};
use vipps_partner_auth::{
    Clock, Config, Event, Keys, ManualClock, Merchant, Msn, Partner, PartnerKeys, SalesUnitKeys, SpecializedKeys,
    SystemInfo,
};

pub(crate) use cache::{FakeCache, Fault, cache_key};
pub(crate) use vipps::{FakeVipps, Reply, Seen};

/// 2026-01-01T00:00:00Z, when every world begins.
pub(crate) const START: u64 = 1_767_225_600;
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

pub(crate) const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const CLIENT_SECRET: &str = "fixture-Secret+/42==";
pub(crate) const SUBSCRIPTION_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const SECOND_SUBSCRIPTION_KEY: &str = "fedcba9876543210fedcba9876543210";

/// Bodies of refusals, in the shapes the service uses.
pub(crate) const UNAUTHORIZED_CLIENT: &str = r#"{"error":"unauthorized_client","error_codes":[700016]}"#;
pub(crate) const INVALID_CLIENT: &str = r#"{"error":"invalid_client","error_codes":[7000215]}"#;
pub(crate) const KEY_REFUSED: &str = r#"{"statusCode":401,"message":"Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription."}"#;

/// One clock, one Vipps, and all that happened.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) vipps: Arc<FakeVipps>,
    pub(crate) events: EventLog,
}

impl World {
    /// Whoever sleeps waits until the test moves the clock.
    pub(crate) fn new() -> Self {
        Self::with_clock(ManualClock::at_unix(START))
    }

    /// Nobody waits: a sleep moves the clock on by its own length.
    pub(crate) fn hurried() -> Self {
        Self::with_clock(ManualClock::running_through_sleeps(START))
    }

    fn with_clock(clock: ManualClock) -> Self {
        Self { vipps: Arc::new(FakeVipps::new(clock.clone())), clock, events: EventLog::default() }
    }

    /// Everything runs on the runtime of the test, if it has one, so that [`settle`] knows when all is quiet.
    pub(crate) fn config(&self) -> Config {
        let events = self.events.clone();
        let config = Config::default()
            .clock(Arc::new(self.clock.clone()))
            .http(self.vipps.clone())
            .jitter(|| 0.0)
            .event_sink(move |event| events.add(event));
        match Handle::try_current() {
            Ok(runtime) => config.runtime(runtime),
            Err(_) => config,
        }
    }

    pub(crate) fn partner(&self) -> Partner {
        partner_of(partner_keys(), self.config())
    }

    pub(crate) fn shop(&self) -> Merchant {
        self.partner().merchant(msn("123456"))
    }

    /// Moves the clock on and lets all that became due happen. For runtimes of one thread.
    pub(crate) async fn pass(&self, span: Duration) {
        self.clock.advance(span);
        settle().await;
    }

    /// Sets the wall clock alone, so many seconds after (or before) what it would show otherwise.
    pub(crate) fn shift_wall(&self, seconds: i64) {
        let wall = self.clock.now().wall.as_secs().checked_add_signed(seconds).expect("a time after 1970");
        self.clock.set_wall(Duration::from_secs(wall));
    }
}

/// Everything that was told, in order.
#[derive(Clone)]
pub(crate) struct EventLog(watch::Sender<Vec<Event>>);

impl EventLog {
    fn add(&self, event: &Event) {
        self.0.send_modify(|events| events.push(event.clone()));
    }

    pub(crate) fn all(&self) -> Vec<Event> {
        self.0.borrow().clone()
    }

    pub(crate) fn count(&self, which: impl Fn(&Event) -> bool) -> usize {
        self.0.borrow().iter().filter(|event| which(event)).count()
    }

    /// Waits until such an event has been told. For runtimes where [`settle`] can't know that all is quiet.
    pub(crate) async fn told(&self, which: impl Fn(&Event) -> bool) {
        let seen = |events: &Vec<Event>| events.iter().any(&which);
        self.0.subscribe().wait_for(seen).await.expect("the log outlives the wait");
    }
}

impl Default for EventLog {
    fn default() -> Self {
        Self(watch::Sender::new(Vec::new()))
    }
}

pub(crate) fn partner_of(keys: impl Into<Keys>, config: Config) -> Partner {
    Partner::new(keys, system(), config).expect("good settings")
}

pub(crate) fn partner_keys() -> PartnerKeys {
    PartnerKeys::new(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY).expect("good keys")
}

pub(crate) fn paired_keys() -> PartnerKeys {
    partner_keys().with_second_subscription_key(SECOND_SUBSCRIPTION_KEY).expect("a good key")
}

pub(crate) fn sales_unit_keys(of: &str) -> SalesUnitKeys {
    SalesUnitKeys::new(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, msn(of)).expect("good keys")
}

pub(crate) fn specialized_keys() -> SpecializedKeys {
    SpecializedKeys::new("123456-acct-0001", "Sup3r/Secret+Key==").expect("good keys")
}

pub(crate) fn system() -> SystemInfo {
    SystemInfo::new("acme", "3.1.2").expect("good values")
}

pub(crate) fn msn(digits: &str) -> Msn {
    digits.parse().expect("an msn")
}

/// The token that these headers carry.
pub(crate) fn bearer(headers: &HeaderMap) -> &str {
    let value = headers[AUTHORIZATION].to_str().expect("ascii");
    value.strip_prefix("Bearer ").expect("a bearer token")
}

/// Lets every task that can run do so until none can. Nothing in these tests waits for the outside, so on a runtime
/// of one thread a few dozen turns are plenty.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// A number between 0 and 1, another one each time: the jitter of the world outside of tests.
pub(crate) fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(0) >> 32;
    f64::from(u32::try_from(random).expect("32 bits")) / (f64::from(u32::MAX) + 1.0)
}

/// What a future gives when it is asked once: `None` if it would have to wait.
pub(crate) async fn asked_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
