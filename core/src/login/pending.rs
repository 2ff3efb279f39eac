//! A login by phone number under way: what is kept of it, when it may be asked about, and the poll that callers share.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{authorize::is_unguessable, redirect_uri::RedirectUri, result::LoginResult, scopes};
use crate::{
    clock::Now,
    error::{Error, Result},
    executor::Executor,
    flight::{Flight, Slot},
    json::structure,
    msn::Msn,
};

/// A login by phone number that waits for the person. Cheap to clone; clones share the pace of polling.
///
/// It survives a restart as JSON ([`to_json`](Self::to_json), or serde), whose `version` is 1. Keep it on the server:
/// whoever holds it and the keys can end the login.
#[derive(Clone, derive_more::Debug)]
#[debug("PendingLogin {{ msn: {:?}, scopes: {:?}, interval: {:?}, .. }}", self.msn(), self.scopes(), self.interval())]
pub struct PendingLogin(Arc<Inner>);

struct Inner {
    facts: Facts,
    pace: Mutex<Pace>,
    poll: Mutex<Poll>,
}

/// The poll under way, and what it brought. A caller who goes away cancels nothing: the tokens of a login come once.
#[derive(Default)]
struct Poll {
    flight: Slot<Option<LoginResult>>,
    result: Option<LoginResult>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) auth_req_id: String,
    pub(super) issuer: String,
    pub(super) msn: Msn,
    pub(super) scopes: Vec<String>,
    pub(super) nonce: String,
    pub(super) expires_at: Duration,
    /// Set in the redirect variant.
    pub(super) redirect: Option<Redirect>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Redirect {
    pub(super) uri: RedirectUri,
    pub(super) state: String,
}

/// When the next poll may go out: when the first of the two clocks says so. The wall clock is what a restart does not
/// lose, the monotonic one can't be set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    interval: Duration,
    next_at: Now,
    failures: u32,
}

/// CIBA Core section 7.3, where the reply is silent.
pub(super) const SILENT_INTERVAL: Duration = Duration::from_secs(5);
/// CIBA Core section 11: what `slow_down` adds, for good.
const SLOW_DOWN: Duration = Duration::from_secs(5);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
/// A mistake must not stop a login for as long as it lives.
const LONGEST_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// While Vipps can't be reached the wait doubles, so many times.
const MOST_DOUBLINGS: u32 = 3;

impl PendingLogin {
    /// A login that may be asked about from `next_at` on.
    pub(super) fn new(facts: Facts, interval: Duration, next_at: Now) -> Self {
        let interval = interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let pace = Mutex::new(Pace { interval, next_at, failures: 0 });
        Self(Arc::new(Inner { facts, pace, poll: Mutex::default() }))
    }

    /// The id of this login at Vipps. The webhook's ping names it, so an application may look the login up under it.
    pub fn auth_req_id(&self) -> &str {
        &self.0.facts.auth_req_id
    }

    /// The sales unit the login is for.
    pub fn msn(&self) -> &Msn {
        &self.0.facts.msn
    }

    /// The scopes that were asked for.
    pub fn scopes(&self) -> &[String] {
        &self.0.facts.scopes
    }

    /// Until when the person may decide, by this machine's wall clock.
    pub fn expires_at(&self) -> SystemTime {
        UNIX_EPOCH + self.0.facts.expires_at
    }

    /// The least time between two polls, as Vipps has it by now.
    pub fn interval(&self) -> Duration {
        self.pace().interval
    }

    /// Whether it ends on a web page, by [`finish_redirect`](crate::Backchannel::finish_redirect), and not by polling.
    pub fn ends_by_redirect(&self) -> bool {
        self.0.facts.redirect.is_some()
    }

    /// The login as JSON, to be kept over a restart.
    pub fn to_json(&self) -> String {
        // Text, numbers and lists of text can't fail.
        serde_json::to_string(&Stored::from(self)).unwrap_or_default()
    }

    /// A login that was kept. `InvalidConfig`, field `pending`, for anything that [`to_json`](Self::to_json) of this
    /// version or an older one did not write.
    pub fn from_json(json: &str) -> Result<Self> {
        let stored: Stored = structure(json).ok_or_else(not_a_login)?;
        stored.try_into()
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.0.facts
    }

    pub(super) fn has_expired(&self, now: Duration) -> bool {
        now >= self.0.facts.expires_at
    }

    pub(super) fn until_expiry(&self, now: Duration) -> Duration {
        self.0.facts.expires_at.saturating_sub(now)
    }

    /// What the login brought, if it has ended well in this process.
    pub(super) fn result(&self) -> Option<LoginResult> {
        self.poll().result.clone()
    }

    /// The poll under way, if there is one.
    pub(super) fn poll_under_way(&self) -> Option<Flight<Option<LoginResult>>> {
        self.poll().flight.join()
    }

    /// Starts a poll, or joins the one under way.
    pub(super) fn join_or_poll(
        &self,
        executor: &Executor,
        ask: impl Future<Output = Result<Option<LoginResult>>> + Send + 'static,
    ) -> Result<Flight<Option<LoginResult>>> {
        let mut poll = self.poll();
        if let Some(flight) = poll.flight.join() {
            return Ok(flight);
        }
        poll.flight.launch(executor, ask)
    }

    /// The poll is over.
    pub(super) fn polled(&self, outcome: &Result<Option<LoginResult>>) {
        let mut poll = self.poll();
        poll.flight.clear();
        if let Ok(Some(result)) = outcome {
            poll.result = Some(result.clone());
        }
    }

    /// How long until the next poll may go out.
    pub(super) fn until_due(&self, now: Now) -> Duration {
        self.pace().until_due(now)
    }

    /// The person has not decided. The wait begins when the answer came.
    pub(super) fn still_pending(&self, now: Now) {
        let mut pace = self.pace();
        pace.failures = 0;
        pace.next_at = now.plus(pace.interval);
    }

    pub(super) fn slow_down(&self, now: Now) {
        let mut pace = self.pace();
        pace.interval = (pace.interval + SLOW_DOWN).min(LONGEST_INTERVAL);
        pace.failures = 0;
        pace.next_at = now.plus(pace.interval);
    }

    /// Vipps could not be reached or asked to wait.
    pub(super) fn failed(&self, now: Now, retry_after: Option<Duration>) {
        let mut pace = self.pace();
        let wait = (pace.interval * 2_u32.pow(pace.failures.min(MOST_DOUBLINGS))).min(LONGEST_INTERVAL);
        pace.failures = pace.failures.saturating_add(1);
        pace.next_at = now.plus(wait.max(retry_after.unwrap_or_default()));
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self) -> MutexGuard<'_, Poll> {
        self.0.poll.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// After a restart only the wall clock is left, and one that was set back must not make anybody wait for it to catch up.
const LONGEST_WAIT_AFTER_RESTART: Duration = Duration::from_secs(60);

impl Pace {
    fn until_due(self, now: Now) -> Duration {
        let wait = now.until(self.next_at);
        let was_restored = self.next_at.monotonic == Duration::MAX;
        let is_implausible = wait > self.interval.max(LONGEST_WAIT_AFTER_RESTART) + Duration::from_secs(1);
        if was_restored && is_implausible { Duration::ZERO } else { wait }
    }
}

fn not_a_login() -> Error {
    Error::breaks_rule("pending", "is not a pending login as to_json writes it")
}

/// The login as it is kept. A change that older readers would misread gets another version.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u8,
    auth_req_id: String,
    issuer: String,
    msn: Msn,
    scopes: Vec<String>,
    nonce: String,
    expires_at: u64,
    interval: u64,
    next_poll_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
}

const VERSION: u8 = 1;

impl From<&PendingLogin> for Stored {
    fn from(pending: &PendingLogin) -> Self {
        let facts = pending.facts().clone();
        let pace = *pending.pace();
        let redirect = facts.redirect.map(|redirect| (redirect.uri.as_str().to_owned(), redirect.state));
        let (redirect_uri, state) = redirect.unzip();
        Self {
            version: VERSION,
            auth_req_id: facts.auth_req_id,
            issuer: facts.issuer,
            msn: facts.msn,
            scopes: facts.scopes,
            nonce: facts.nonce,
            expires_at: facts.expires_at.as_secs(),
            interval: pace.interval.as_secs(),
            // Up, so that a restart never polls too early.
            next_poll_at: pace.next_at.wall.saturating_add(Duration::from_nanos(999_999_999)).as_secs(),
            redirect_uri,
            state,
        }
    }
}

impl TryFrom<Stored> for PendingLogin {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let redirect = match (stored.redirect_uri, stored.state) {
            (Some(uri), Some(state)) if is_unguessable(&state) => {
                Some(Redirect { uri: uri.parse().map_err(|_| not_a_login())?, state })
            }
            (None, None) => None,
            _ => return Err(not_a_login()),
        };
        let is_whole = stored.version == VERSION
            && is_auth_req_id(&stored.auth_req_id)
            && is_unguessable(&stored.nonce)
            && stored.interval > 0
            && [stored.expires_at, stored.next_poll_at].into_iter().all(|at| u32::try_from(at).is_ok())
            && !stored.issuer.is_empty();
        if !is_whole {
            return Err(not_a_login());
        }
        let facts = Facts {
            auth_req_id: stored.auth_req_id,
            issuer: stored.issuer,
            msn: stored.msn,
            scopes: scopes::parse(&stored.scopes).map_err(|_| not_a_login())?,
            nonce: stored.nonce,
            expires_at: Duration::from_secs(stored.expires_at),
            redirect,
        };
        let next_at = Now { wall: Duration::from_secs(stored.next_poll_at), monotonic: Duration::MAX };
        Ok(Self::new(facts, Duration::from_secs(stored.interval), next_at))
    }
}

/// CIBA Core section 7.3, and no longer than an id can be.
pub(super) fn is_auth_req_id(text: &str) -> bool {
    (1..=2_048).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl Serialize for PendingLogin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PendingLogin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl PartialEq for PendingLogin {
    /// The same login, whatever the pace of polling.
    fn eq(&self, other: &Self) -> bool {
        self.facts() == other.facts()
    }
}

impl Eq for PendingLogin {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending() -> PendingLogin {
        let facts = Facts {
            auth_req_id: "fixture-auth-req-0001".to_owned(),
            issuer: "https://api.vipps.no/access-management-1.0/access/".to_owned(),
            msn: "123456".parse().expect("an msn"),
            scopes: vec!["openid".to_owned()],
            nonce: "n".repeat(43),
            expires_at: Duration::from_secs(10 * 60),
            redirect: None,
        };
        PendingLogin::new(facts, SILENT_INTERVAL, at(0))
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const fn at(wall: u64) -> Now {
        Now { wall: seconds(wall), monotonic: seconds(1_000 + wall) }
    }

    #[test]
    fn the_first_poll_may_go_at_once_and_the_next_after_the_interval() {
        let pending = pending();
        assert_eq!(pending.until_due(at(0)), seconds(0));
        pending.still_pending(at(2));
        assert_eq!(pending.until_due(at(2)), seconds(5));
        assert_eq!(pending.until_due(at(6)), seconds(1));
        assert_eq!(pending.until_due(at(7)), seconds(0));
    }

    #[test]
    fn slowing_down_lasts() {
        let pending = pending();
        pending.slow_down(at(0));
        assert_eq!(pending.interval(), seconds(10));
        pending.still_pending(at(10));
        assert_eq!(pending.until_due(at(10)), seconds(10));
    }

    #[test]
    fn trouble_backs_off_and_is_forgotten() {
        let pending = pending();
        let waits: Vec<_> = (0..5)
            .map(|_| {
                pending.failed(at(0), None);
                pending.until_due(at(0)).as_secs()
            })
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 40]);
        pending.failed(at(0), Some(seconds(90)));
        assert_eq!(pending.until_due(at(0)), seconds(90));
        pending.still_pending(at(0));
        assert_eq!(pending.until_due(at(0)), seconds(5));
    }

    #[test]
    fn the_pace_survives_a_restart() {
        let pending = pending();
        pending.slow_down(at(3));
        let restored = PendingLogin::from_json(&pending.to_json()).expect("our own json");
        assert_eq!(restored, pending);
        assert_eq!(restored.interval(), seconds(10));
        assert_eq!(restored.until_due(at(3)), seconds(10));
    }
}
