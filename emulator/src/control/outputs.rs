//! What operations give.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use vipps_partner_auth::Msn;

use crate::{
    accounts::{Business, SalesUnit, portal::LoginAuthMethod},
    choices::Mode,
    finding::Finding,
    log::RecordedRequest,
    login::record::RecordedLogin,
    users::User,
    values::{Moment, MsnText},
    webhook::pings::{PingOutcome, RecordedPing},
};

/// Declares the output of an operation.
macro_rules! output {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field:meta])* $member:ident: $type:ty),* $(,)? })+) => {
        $(#[allow(clippy::struct_field_names, reason = "the names are those of the door")]
        #[derive(Debug, Serialize, JsonSchema)]
        $(#[$meta])*
        pub(crate) struct $name {
            $($(#[$field])* pub(crate) $member: $type),*
        })+
    };
}

output! {
    /// Gives nothing.
    Done {}
    /// Where an emulator is and what it imitates.
    Info {
        /// The emulator's version.
        version: String,
        /// Where it is reached, without a slash at the end.
        base_url: String,
        /// The page for a person's browser.
        page_url: String,
        /// Which environment's lifetimes a standard token gets.
        mode: Mode,
    }
    Environment {
        /// By name.
        variables: BTreeMap<String, String>,
    }
    /// The emulator's clock.
    Now {
        /// The emulator's time.
        now: Moment,
        /// Whether its clock runs.
        running: bool,
        /// What the log has that shows that only this clock was moved, and not the caller's; `null` as long as nothing does.
        warning: Option<&'static str>,
    }
    Count {
        /// How many.
        count: usize,
    }
    Jwks {
        /// The published keys (RFC 7517).
        #[schemars(with = "KeySet")]
        jwks: Value,
    }
    /// A set of keys (RFC 7517).
    KeySet {
        /// Newest first.
        keys: Vec<Map<String, Value>>,
    }
    IdToken {
        /// The token.
        #[schemars(extend("format" = "password"))]
        id_token: String,
    }
    Merchants {
        /// Every sales unit, by MSN.
        merchants: Vec<Merchant>,
    }
    /// A sales unit and how it is set up.
    Merchant {
        /// Its merchant serial number.
        msn: String,
        /// What the person reads.
        name: String,
        /// Whether the partner may act for it.
        connected: bool,
        /// Whether it is not deactivated.
        active: bool,
        /// The merchant behind it.
        business: Business,
        /// How its own keys authenticate at Login.
        login_auth_method: LoginAuthMethod,
        /// The scopes in its plan.
        login_scopes: Vec<String>,
        /// Whether it is in Login's advanced tier.
        login_advanced_tier: bool,
        /// What it registered.
        redirect_uris: Vec<String>,
    }
    Requests {
        /// Oldest first.
        requests: Vec<Request>,
    }
    /// A request as it arrived, and what became of it.
    #[schemars(rename = "RecordedRequest")]
    Request {
        /// Counts up from 1 over the emulator's life.
        id: u64,
        /// When it arrived, on the emulator's clock.
        #[schemars(with = "Moment")]
        at: u64,
        /// `GET`, `POST`, …
        method: String,
        /// As sent.
        path: String,
        /// What followed the question mark.
        #[schemars(extend("format" = "password"))]
        query: Option<String>,
        /// In order of arrival; the same name may come twice.
        headers: Vec<Header>,
        /// As text; what is not UTF-8 is replaced.
        #[schemars(extend("format" = "password"))]
        body: String,
        /// The body in base64, where it is not UTF-8.
        #[schemars(extend("format" = "password"))]
        body_base64: Option<String>,
        /// The reply's; `null` while it is outstanding and when the connection was dropped.
        status: Option<u16>,
        /// The headers of the reply.
        reply_headers: Vec<Header>,
        /// The body of the reply, as text.
        #[schemars(extend("format" = "password"))]
        reply_body: String,
        /// What was right and wrong.
        findings: Vec<Finding>,
    }
    /// A header of a request or a reply.
    Header {
        /// In lower case.
        name: String,
        /// As it came.
        #[schemars(extend("format" = "password"))]
        value: String,
    }
    Users {
        /// By phone number.
        users: Vec<User>,
    }
    Logins {
        /// Oldest first.
        logins: Vec<RecordedLogin>,
    }
    Next {
        /// What the person's browser opens next; `null` when the login ends by polling.
        url: Option<String>,
    }
    Pings {
        /// Oldest first.
        pings: Vec<Ping>,
    }
    /// A webhook event that the emulator posted.
    #[schemars(rename = "RecordedPing")]
    Ping {
        /// The login that was decided.
        auth_req_id: String,
        /// Where it went.
        url: String,
        /// When the login was decided, on the emulator's clock.
        #[schemars(with = "Moment")]
        at: u64,
        /// Whether it was signed.
        signed: bool,
        /// The status of the reply; `null` as long as there is none.
        status: Option<u16>,
        /// Why there was no reply; `null` as long as that may change.
        failure: Option<String>,
    }
    Body {
        /// Byte for byte.
        body: String,
    }
    SignedHeaders {
        /// By name.
        headers: BTreeMap<String, String>,
    }
}

impl Merchant {
    pub(crate) fn of((msn, unit): (&Msn, &SalesUnit)) -> Self {
        Self {
            msn: msn.to_string(),
            name: unit.login.name.clone(),
            connected: unit.connected,
            active: unit.active,
            business: unit.business.clone(),
            login_auth_method: unit.login.method,
            login_scopes: unit.login.scopes.clone(),
            login_advanced_tier: unit.login.advanced,
            redirect_uris: unit.login.redirect_uris().to_vec(),
        }
    }
}

impl From<RecordedRequest> for Request {
    fn from(record: RecordedRequest) -> Self {
        let body_base64 = std::str::from_utf8(&record.body).is_err().then(|| STANDARD.encode(&record.body));
        Self {
            id: record.id,
            at: record.at,
            method: record.method,
            path: record.path,
            query: record.query,
            headers: headers(record.headers),
            body: String::from_utf8_lossy(&record.body).into_owned(),
            body_base64,
            status: record.status,
            reply_headers: headers(record.reply_headers),
            reply_body: String::from_utf8_lossy(&record.reply_body).into_owned(),
            findings: record.findings,
        }
    }
}

fn headers(pairs: Vec<(String, String)>) -> Vec<Header> {
    pairs.into_iter().map(|(name, value)| Header { name, value }).collect()
}

impl From<RecordedPing> for Ping {
    fn from(ping: RecordedPing) -> Self {
        let (status, failure) = match ping.outcome {
            PingOutcome::Outstanding => (None, None),
            PingOutcome::Answered(status) => (Some(status), None),
            PingOutcome::Failed(reason) => (None, Some(reason)),
        };
        Self { auth_req_id: ping.auth_req_id, url: ping.url, at: ping.at, signed: ping.signed, status, failure }
    }
}

impl From<MsnText> for Msn {
    fn from(MsnText(msn): MsnText) -> Self {
        msn
    }
}
