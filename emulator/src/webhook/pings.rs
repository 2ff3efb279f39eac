//! Pings: what tells a merchant that a login by phone number was decided, so that it need not poll.

use std::{collections::VecDeque, io, time::Duration};

use http::Uri;
use serde_json::json;
use vipps_partner_auth::Msn;

use crate::{
    fault::invalid_input,
    page::guard::is_this_machine,
    random,
    webhook::sign::{self, Registration},
};

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
    /// Whether it was signed.
    pub signed: bool,
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

/// Where to post pings, and how to sign them; see [`Controls::webhook`](crate::Controls::webhook).
#[derive(Clone, Default, PartialEq, Eq, derive_more::Debug)]
#[debug("Webhook {{ url: {url:?}, signed: {:?}, .. }}", secret.is_some())]
pub struct Webhook {
    /// Where they go: plain http to this machine.
    pub url: String,
    /// The secret of the registration; without it pings are not signed.
    pub secret: Option<String>,
    /// The id of the registration, which the header `Webhook-Id` carries; `None`, the default, invents one.
    pub webhook_id: Option<String>,
    /// A registration of the whole partner, without an MSN: then the body says which merchant it is about.
    pub whole_partner: bool,
}

/// A registration that was checked.
#[derive(Clone)]
pub(crate) struct Aim {
    target: PingTarget,
    registration: Option<Registration>,
    whole_partner: bool,
}

impl Aim {
    /// `anywhere`: also other machines, for an emulator that was told to listen to them.
    pub(crate) fn parse(webhook: Webhook, anywhere: bool) -> io::Result<Self> {
        let target = PingTarget::parse(&webhook.url, anywhere)?;
        let secret = webhook.secret.map(|secret| printable("secret", secret)).transpose()?;
        let webhook_id = webhook.webhook_id.map(|id| printable("webhook_id", id)).transpose()?;
        let webhook_id = webhook_id.unwrap_or_else(random::uuid);
        let registration = secret.map(|secret| Registration { webhook_id, secret });
        Ok(Self { target, registration, whole_partner: webhook.whole_partner })
    }
}

fn printable(member: &str, text: String) -> io::Result<String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid_input(&format!("{member}: must be visible ASCII without white space")));
    }
    Ok(text)
}

/// Where pings go: plain http, by default to this machine and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PingTarget(Uri);

impl PingTarget {
    pub(crate) fn parse(text: &str, anywhere: bool) -> io::Result<Self> {
        let uri: Uri = text.parse().map_err(|_| invalid_input("url: not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(invalid_input("url: must begin with http://, since it stays on this machine"));
        }
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let is_elsewhere = anywhere && !authority.is_empty() && !authority.contains('@');
        if !(is_this_machine(authority) || is_elsewhere) {
            return Err(invalid_input("url: must be on 127.0.0.1, [::1] or localhost: pings leave no machine"));
        }
        Ok(Self(uri))
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }
}

/// The event's body; with the MSN where a registration is for more than one merchant.
pub(crate) fn body(auth_req_id: &str, msn: Option<&Msn>) -> String {
    match msn {
        Some(msn) => json!({ "auth_req_id": auth_req_id, "msn": msn.as_str() }).to_string(),
        None => json!({ "auth_req_id": auth_req_id }).to_string(),
    }
}

/// One ping to be posted.
pub(crate) struct Outgoing {
    pub(crate) number: u64,
    pub(crate) target: PingTarget,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// The latest pings, and those that wait to be posted.
#[derive(Default)]
pub(crate) struct Pings {
    aim: Option<Aim>,
    last_number: u64,
    kept: VecDeque<(u64, RecordedPing)>,
    outgoing: VecDeque<Outgoing>,
}

impl Pings {
    pub(crate) fn aim(&mut self, aim: Option<Aim>) {
        self.aim = aim;
    }

    /// Has a login that was decided told to whoever wants to know.
    pub(crate) fn announce(&mut self, auth_req_id: &str, msn: &Msn, now: Duration) {
        let Some(Aim { target, registration, whole_partner }) = self.aim.clone() else { return };
        let body = body(auth_req_id, whole_partner.then_some(msn));
        let headers = match &registration {
            Some(registration) => sign::headers(registration, target.uri(), body.as_bytes(), now).to_vec(),
            None => vec![("Host", sign::host(target.uri()))],
        };
        self.last_number += 1;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        let ping = RecordedPing {
            auth_req_id: auth_req_id.to_owned(),
            url: target.uri().to_string(),
            at: now.as_secs(),
            signed: registration.is_some(),
            outcome: PingOutcome::Outstanding,
        };
        self.kept.push_back((self.last_number, ping));
        self.outgoing.push_back(Outgoing { number: self.last_number, target, headers, body });
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

    fn msn() -> Msn {
        "123456".parse().expect("an MSN")
    }

    #[test]
    fn pings_stay_on_this_machine() {
        for url in ["http://127.0.0.1:4000/ping", "http://localhost/a?b=c", "http://[::1]:4000/"] {
            assert_eq!(PingTarget::parse(url, false).expect(url).uri().to_string(), url);
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
        assert!(PingTarget::parse("http://shop:3000/ping", true).is_ok());
        for url in ["https://shop/", "http://user@shop/", "/ping"] {
            assert!(PingTarget::parse(url, true).is_err(), "{url}");
        }
        for url in others {
            assert_eq!(PingTarget::parse(url, false).expect_err(url).kind(), io::ErrorKind::InvalidInput, "{url}");
        }
    }

    #[test]
    fn without_an_address_nothing_is_told() {
        let mut pings = Pings::default();
        pings.announce("a", &msn(), Duration::ZERO);
        assert!(!pings.has_outgoing() && pings.iter().next().is_none());
    }

    #[test]
    fn each_ping_has_its_own_outcome_and_the_oldest_goes_first() {
        let mut pings = Pings::default();
        let webhook = Webhook { url: "http://localhost/".to_owned(), ..Webhook::default() };
        pings.aim(Some(Aim::parse(webhook, false).expect("a URL")));
        for number in 0..=KEPT {
            pings.announce(&number.to_string(), &msn(), Duration::from_secs(7));
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
