//! Pings: what tells a merchant that a login by phone number was decided, so that it need not poll.

use std::{collections::VecDeque, io, time::Duration};

use http::Uri;
use serde_json::json;

use crate::{page::guard::is_this_machine, wire::reply::invalid_input};

/// How many pings are kept.
const KEPT: usize = 1_000;

/// The webhook event `login.merchant-initiated.ping.v1` as the emulator posted it; see
/// [`Controls::ping_url`](crate::Controls::ping_url).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedPing {
    /// The login that was decided; the only thing the body says.
    pub auth_req_id: String,
    /// Where it went.
    pub url: String,
    /// When the login was decided, in seconds since the Unix epoch on the emulator's clock.
    pub at: u64,
    /// What came of it.
    pub outcome: PingOutcome,
}

/// What came of a ping.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PingOutcome {
    /// On its way, or waiting for the reply.
    Outstanding,
    /// There was a reply with this status; 2xx is what the service wants.
    Answered(u16),
    /// There was none: the reason in words.
    Failed(String),
}

/// Where pings go: plain http to this machine, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PingTarget(Uri);

impl PingTarget {
    pub(crate) fn parse(text: &str) -> io::Result<Self> {
        let uri: Uri = text.parse().map_err(|_| invalid_input("ping URL: not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(invalid_input("ping URL: must begin with http://, since it stays on this machine"));
        }
        if !uri.authority().is_some_and(|authority| is_this_machine(authority.as_str())) {
            return Err(invalid_input("ping URL: must be on 127.0.0.1, [::1] or localhost: pings leave no machine"));
        }
        Ok(Self(uri))
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(crate) fn authority(&self) -> &str {
        self.0.authority().map_or("", |authority| authority.as_str())
    }
}

/// The event's body.
pub(crate) fn body(auth_req_id: &str) -> String {
    json!({ "auth_req_id": auth_req_id }).to_string()
}

/// One ping to be posted.
pub(crate) struct Outgoing {
    pub(crate) number: u64,
    pub(crate) auth_req_id: String,
    pub(crate) target: PingTarget,
}

/// The latest pings, and those that wait to be posted.
#[derive(Default)]
pub(crate) struct Pings {
    target: Option<PingTarget>,
    last_number: u64,
    kept: VecDeque<(u64, RecordedPing)>,
    outgoing: VecDeque<Outgoing>,
}

impl Pings {
    pub(crate) fn aim(&mut self, target: Option<PingTarget>) {
        self.target = target;
    }

    /// Has a login that was decided told to whoever wants to know.
    pub(crate) fn announce(&mut self, auth_req_id: &str, now: Duration) {
        let Some(target) = self.target.clone() else { return };
        self.last_number += 1;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        let (auth_req_id, url) = (auth_req_id.to_owned(), target.uri().to_string());
        let outcome = PingOutcome::Outstanding;
        let ping = RecordedPing { auth_req_id: auth_req_id.clone(), url, at: now.as_secs(), outcome };
        self.kept.push_back((self.last_number, ping));
        self.outgoing.push_back(Outgoing { number: self.last_number, auth_req_id, target });
    }

    pub(crate) fn has_outgoing(&self) -> bool {
        !self.outgoing.is_empty()
    }

    pub(crate) fn take_outgoing(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    pub(crate) fn conclude(&mut self, number: u64, outcome: PingOutcome) {
        if let Some((_, ping)) = self.kept.iter_mut().find(|(known, _)| *known == number) {
            ping.outcome = outcome;
        }
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RecordedPing> {
        self.kept.iter().map(|(_, ping)| ping)
    }

    /// Forgets what was recorded; what is still to be posted will be.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_stay_on_this_machine() {
        for url in ["http://127.0.0.1:4000/ping", "http://localhost/a?b=c", "http://[::1]:4000/"] {
            assert_eq!(PingTarget::parse(url).expect(url).uri().to_string(), url);
        }
        let others = [
            "https://127.0.0.1/",
            "http://shop.example/ping",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://user@127.0.0.1/",
            "http://10.0.0.1/",
            "/ping",
            "127.0.0.1:4000",
            "",
        ];
        for url in others {
            assert_eq!(PingTarget::parse(url).expect_err(url).kind(), io::ErrorKind::InvalidInput, "{url}");
        }
    }

    #[test]
    fn without_an_address_nothing_is_told() {
        let mut pings = Pings::default();
        pings.announce("a", Duration::ZERO);
        assert!(!pings.has_outgoing() && pings.iter().next().is_none());
    }

    #[test]
    fn each_ping_has_its_own_outcome_and_the_oldest_goes_first() {
        let mut pings = Pings::default();
        pings.aim(Some(PingTarget::parse("http://localhost/").expect("a URL")));
        for number in 0..=KEPT {
            pings.announce(&number.to_string(), Duration::from_secs(7));
        }
        assert_eq!(pings.iter().count(), KEPT);
        let first = pings.take_outgoing().expect("a ping");
        let second = pings.take_outgoing().expect("a ping");
        pings.conclude(first.number, PingOutcome::Answered(204));
        pings.conclude(second.number, PingOutcome::Answered(500));
        let oldest = pings.iter().next().expect("a ping");
        assert_eq!((oldest.auth_req_id.as_str(), &oldest.outcome), ("1", &PingOutcome::Answered(500)));
    }
}
