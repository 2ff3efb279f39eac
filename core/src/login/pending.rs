//! A login by phone number under way, and when it may be asked about. Pure.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::{redirect_uri::RedirectUri, scopes};
use crate::{
    error::{Error, Result},
    msn::Msn,
};

/// A login by phone number that waits for the person. Cheap to clone; clones share the pace of polling.
///
/// It survives a restart as JSON ([`to_json`](Self::to_json), or serde), whose `version` is 1. Keep it on the server:
/// whoever holds it and the keys can end the login.
#[derive(Clone)]
pub struct PendingLogin(Arc<Inner>);

struct Inner {
    facts: Facts,
    pace: Mutex<Pace>,
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

/// When the next poll may go out. By the wall clock, which a restart does not lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    interval: Duration,
    next_at: Duration,
    failures: u32,
}

/// CIBA Core section 7.3, where the reply is silent.
pub(super) const SILENT_INTERVAL: Duration = Duration::from_secs(5);
/// CIBA Core section 11: what `slow_down` adds, for good.
const SLOW_DOWN: Duration = Duration::from_secs(5);
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);
const LONGEST_INTERVAL: Duration = Duration::from_mins(1);
/// While Vipps can't be reached the wait doubles, so many times.
const MOST_DOUBLINGS: u32 = 3;

impl PendingLogin {
    pub(super) fn new(facts: Facts, interval: Duration, now: Duration) -> Self {
        let interval = interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        Self(Arc::new(Inner { facts, pace: Mutex::new(Pace { interval, next_at: now, failures: 0 }) }))
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
        let stored: Stored = serde_json::from_str(json).map_err(|_| not_a_login())?;
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

    /// How long until the next poll may go out.
    pub(super) fn until_due(&self, now: Duration) -> Duration {
        self.pace().until_due(now)
    }

    /// Takes the turn to poll, if it is due; a second caller is told to wait.
    pub(super) fn take_turn(&self, now: Duration) -> bool {
        let mut pace = self.pace();
        if !pace.until_due(now).is_zero() {
            return false;
        }
        pace.next_at = now + pace.interval;
        true
    }

    /// The person has not decided. The wait begins when the answer came.
    pub(super) fn still_pending(&self, now: Duration) {
        let mut pace = self.pace();
        pace.failures = 0;
        pace.next_at = now + pace.interval;
    }

    pub(super) fn slow_down(&self, now: Duration) {
        let mut pace = self.pace();
        pace.interval = (pace.interval + SLOW_DOWN).min(LONGEST_INTERVAL);
        pace.failures = 0;
        pace.next_at = now + pace.interval;
    }

    /// Vipps could not be reached or asked to wait.
    pub(super) fn failed(&self, now: Duration, retry_after: Option<Duration>) {
        let mut pace = self.pace();
        let wait = pace.interval * 2_u32.pow(pace.failures.min(MOST_DOUBLINGS));
        pace.failures = pace.failures.saturating_add(1);
        pace.next_at = now + wait.max(retry_after.unwrap_or_default());
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wall clock that was set back must not make anybody wait for it to catch up.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

impl Pace {
    fn until_due(self, now: Duration) -> Duration {
        let wait = self.next_at.saturating_sub(now);
        if wait > LONGEST_WAIT { Duration::ZERO } else { wait }
    }
}

fn not_a_login() -> Error {
    Error::invalid_config("pending", "is not a pending login as to_json writes it")
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
        let (facts, pace) = (pending.facts().clone(), *pending.pace());
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
            next_poll_at: pace.next_at.as_secs(),
            redirect_uri,
            state,
        }
    }
}

impl TryFrom<Stored> for PendingLogin {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let redirect = match (stored.redirect_uri, stored.state) {
            (Some(uri), Some(state)) if state.len() >= 32 => Some(Redirect { uri: uri.parse()?, state }),
            (None, None) => None,
            _ => return Err(not_a_login()),
        };
        let is_whole = stored.version == VERSION
            && is_auth_req_id(&stored.auth_req_id)
            && stored.nonce.len() >= 32
            && !stored.issuer.is_empty();
        if !is_whole {
            return Err(not_a_login());
        }
        let facts = Facts {
            auth_req_id: stored.auth_req_id,
            issuer: stored.issuer,
            msn: stored.msn,
            scopes: scopes::parse(&stored.scopes)?,
            nonce: stored.nonce,
            expires_at: Duration::from_secs(stored.expires_at),
            redirect,
        };
        Ok(Self::new(facts, Duration::from_secs(stored.interval), Duration::from_secs(stored.next_poll_at)))
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

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("msn", self.msn())
            .field("scopes", &self.scopes())
            .field("interval", &self.interval())
            .finish_non_exhaustive()
    }
}

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
            expires_at: Duration::from_mins(10),
            redirect: None,
        };
        PendingLogin::new(facts, SILENT_INTERVAL, Duration::ZERO)
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_first_poll_may_go_at_once_and_the_next_after_the_interval() {
        let pending = pending();
        assert!(pending.take_turn(seconds(0)));
        assert!(!pending.take_turn(seconds(0)), "somebody polls already");
        pending.still_pending(seconds(2));
        assert_eq!(pending.until_due(seconds(2)), seconds(5));
        assert!(!pending.take_turn(seconds(6)));
        assert!(pending.take_turn(seconds(7)));
    }

    #[test]
    fn slowing_down_lasts() {
        let pending = pending();
        pending.slow_down(seconds(0));
        assert_eq!(pending.interval(), seconds(10));
        pending.still_pending(seconds(10));
        assert_eq!(pending.until_due(seconds(10)), seconds(10));
    }

    #[test]
    fn trouble_backs_off_and_is_forgotten() {
        let pending = pending();
        let waits: Vec<_> = (0..5)
            .map(|_| {
                pending.failed(seconds(0), None);
                pending.until_due(seconds(0)).as_secs()
            })
            .collect();
        assert_eq!(waits, [5, 10, 20, 40, 40]);
        pending.failed(seconds(0), Some(seconds(90)));
        assert_eq!(pending.until_due(seconds(0)), seconds(90));
        pending.still_pending(seconds(0));
        assert_eq!(pending.until_due(seconds(0)), seconds(5));
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody() {
        let pending = pending();
        pending.still_pending(seconds(10_000));
        assert_eq!(pending.until_due(seconds(1)), Duration::ZERO);
    }

    #[test]
    fn the_pace_survives_a_restart() {
        let pending = pending();
        pending.slow_down(seconds(3));
        let restored = PendingLogin::from_json(&pending.to_json()).expect("our own json");
        assert_eq!(restored, pending);
        assert_eq!(restored.interval(), seconds(10));
        assert_eq!(restored.until_due(seconds(3)), seconds(10));
    }
}
