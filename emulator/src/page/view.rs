//! What the page shows, as JSON, with every secret masked.

use serde_json::{Value, json};

use crate::{
    endpoint::Endpoint,
    finding::{Finding, Verdict},
    log::RecordedRequest,
    login::decision,
    login::record::{LoginKind, LoginStatus, RecordedLogin},
    page::{
        captions::{label, scope_in_words},
        mask::Mask,
    },
    state::State,
    users::User,
    webhook::pings::{PingOutcome, RecordedPing},
    wire::request,
};

/// How much the page shows of what there is, newest first.
const SHOWN_REQUESTS: usize = 200;
const SHOWN_PENDING: usize = 50;
const SHOWN_DECIDED: usize = 5;
const SHOWN_PINGS: usize = 20;
const SHOWN_BODY_CHARS: usize = 4_000;
/// Long and mixed enough to be taken for a token.
const ACCESS: &str = "/access-management-1.0/";

/// Which requests the page wants to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Filter {
    #[default]
    All,
    /// With anything to say beyond what was right.
    Remarks,
    Refused,
}

impl Filter {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "remarks" => Self::Remarks,
            "refused" => Self::Refused,
            _ => Self::All,
        }
    }

    fn passes(self, record: &RecordedRequest) -> bool {
        match self {
            Self::All => true,
            Self::Remarks => record.findings.iter().any(|finding| finding.verdict != Verdict::Right),
            Self::Refused => record.findings.iter().any(|finding| finding.verdict == Verdict::Refused),
        }
    }
}

/// The overview.
pub(crate) fn everything(state: &State, filter: Filter) -> Value {
    let mask = Mask::knowing(&state.accounts);
    let matching = || state.log.iter().rev().filter(|record| filter.passes(record));
    let requests = matching().take(SHOWN_REQUESTS).map(|record| summary(record, &mask));
    json!({
        "clock": clock(state),
        "logins": logins(state),
        "people": state.users.iter().map(person).collect::<Value>(),
        "requests": requests.collect::<Value>(),
        "matching": matching().count(),
        "total": state.log.iter().len(),
        "tally": tally(state),
        "pings": state.pings.iter().rev().take(SHOWN_PINGS).map(|sent| ping(sent, &mask)).collect::<Value>(),
    })
}

/// One login alone; none at all when nobody knows it.
pub(crate) fn one_login(state: &State, id: &str) -> Value {
    let found = decision::logins(state).find(|record| record.id == id);
    json!({ "clock": clock(state), "logins": found.iter().map(login).collect::<Value>() })
}

fn tally(state: &State) -> Value {
    let tally = &state.tally;
    json!({
        "token_requests": tally.token_requests,
        "calls": tally.calls,
        "merchants": tally.merchants(),
        "served_in_outage": tally.served_in_outage,
        "tokens_are_down": state.staging.is_down(Endpoint::StandardToken),
    })
}

fn clock(state: &State) -> Value {
    let now = u64::try_from(state.clock.now().as_millis()).unwrap_or(u64::MAX);
    json!({ "now_ms": now, "running": state.clock.is_running(), "real": state.clock.is_real() })
}

/// Those that wait for a decision, newest first, then the latest that do not.
fn logins(state: &State) -> Value {
    let newest = || decision::logins(state).rev();
    let pending = newest().filter(|record| record.status == LoginStatus::Pending).take(SHOWN_PENDING);
    let ended = newest().filter(|record| record.status != LoginStatus::Pending).take(SHOWN_DECIDED);
    pending.chain(ended).map(|record| login(&record)).collect()
}

fn login(record: &RecordedLogin) -> Value {
    json!({
        "id": record.id,
        "kind": record.kind.code(),
        "way": way_in_words(record.kind),
        "merchant": record.merchant,
        "msn": record.msn.as_str(),
        "shares": record.scopes.iter().map(|scope| scope_in_words(scope)).collect::<Value>(),
        "scopes": record.scopes,
        "binding_message": record.binding_message,
        "msisdn": record.msisdn,
        "expires_at": record.expires_at,
        "status": record.status.code(),
        "outcome": outcome_in_words(record.status),
    })
}

fn way_in_words(kind: LoginKind) -> &'static str {
    match kind {
        LoginKind::Browser => "in a browser",
        LoginKind::Backchannel => "by phone number",
        LoginKind::BackchannelRedirect => "by phone number, on to a web page",
    }
}

fn outcome_in_words(status: LoginStatus) -> &'static str {
    match status {
        LoginStatus::Pending => "Waiting",
        LoginStatus::Approved => "Approved",
        LoginStatus::Denied => "Denied",
        LoginStatus::Expired => "Expired",
        LoginStatus::Completed => "Logged in",
    }
}

fn person(user: &User) -> Value {
    json!({ "msisdn": user.msisdn, "label": label(user) })
}

fn summary(record: &RecordedRequest, mask: &Mask<'_>) -> Value {
    let endpoint = Endpoint::of(&record.path);
    json!({
        "id": record.id,
        "at": record.at,
        "method": record.method,
        "path": path(&record.path, mask),
        "endpoint": endpoint.map(Endpoint::title),
        "status": record.status,
        "verdict": worst(&record.findings).map(Verdict::code),
    })
}

/// What a request is named by: that which explains its reply comes before advice.
fn worst(findings: &[Finding]) -> Option<Verdict> {
    let severity = |verdict: &Verdict| match verdict {
        Verdict::Right => 0,
        Verdict::Tolerated => 1,
        Verdict::Person => 2,
        Verdict::Staged => 3,
        Verdict::Refused => 4,
    };
    findings.iter().map(|finding| finding.verdict).max_by_key(severity)
}

/// One request in full.
pub(crate) fn request(state: &State, record: &RecordedRequest) -> Value {
    let mask = Mask::knowing(&state.accounts);
    let mut seen = summary(record, &mask);
    let field = |(name, value): (&str, &str)| json!({ "name": mask.text(name), "value": mask.value(name, value) });
    let fields = |text: &[u8]| -> Value { request::fields(text).iter().map(|(n, v)| field((n, v))).collect() };
    seen["headers"] = record.headers.iter().map(|(name, value)| field((name, value))).collect();
    seen["query"] = record.query.as_ref().map_or(Value::Null, |query| fields(query.as_bytes()));
    seen["form"] = if record.is_form() { fields(&record.body) } else { Value::Null };
    seen["body"] = if record.is_form() { Value::Null } else { body(&record.body, &mask) };
    seen["reply"] = reply(record, &mask);
    seen["findings"] = record.findings.iter().map(finding).collect();
    seen
}

/// What came back; nothing when the connection was dropped.
fn reply(record: &RecordedRequest, mask: &Mask<'_>) -> Value {
    if record.status.is_none() {
        return Value::Null;
    }
    let field = |(name, value): &(String, String)| json!({ "name": name, "value": mask.value(name, value) });
    json!({
        "headers": record.reply_headers.iter().map(field).collect::<Value>(),
        "body": body(&record.reply_body, mask),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({ "verdict": finding.verdict.code(), "about": finding.about, "text": finding.text })
}

/// As it was sent, unless that shows something: then decoded and masked.
fn path(sent: &str, mask: &Mask<'_>) -> String {
    let begins = if sent.starts_with(ACCESS) { ACCESS.len() } else { 0 };
    let (known, rest) = sent.split_at(begins);
    let decoded = request::percent_decoded(rest);
    let masked = mask.text(&decoded);
    if masked == decoded { sent.to_owned() } else { format!("{known}{masked}") }
}

fn body(body: &[u8], mask: &Mask<'_>) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(document) => format!("{:#}", mask.json(&document)),
        Err(_) => mask.text(&String::from_utf8_lossy(body)),
    };
    json!(text.chars().take(SHOWN_BODY_CHARS).collect::<String>())
}

fn ping(ping: &RecordedPing, mask: &Mask<'_>) -> Value {
    let outcome = match &ping.outcome {
        PingOutcome::Outstanding => "no reply yet".to_owned(),
        PingOutcome::Answered(status @ 200..=299) => format!("answered {status}"),
        PingOutcome::Answered(status) => format!("answered {status}: a webhook should be answered with 2xx"),
        PingOutcome::Failed(reason) => format!("failed: {reason}"),
    };
    json!({ "at": ping.at, "signed": ping.signed, "auth_req_id": ping.auth_req_id, "url": mask.text(&ping.url), "outcome": outcome })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_names_the_request() {
        let finding = |verdict| Finding { verdict, about: "x", text: "y".into() };
        assert_eq!(worst(&[]), None);
        let findings = [Verdict::Right, Verdict::Refused, Verdict::Tolerated].map(finding);
        assert_eq!(worst(&findings), Some(Verdict::Refused));
        assert_eq!(worst(&findings[..1]), Some(Verdict::Right));
        assert_eq!(worst(&findings[2..]), Some(Verdict::Tolerated));
    }

    #[test]
    fn paths_are_shown_as_sent_but_for_what_looks_like_a_token() {
        let accounts = crate::accounts::Accounts::new(None, None, None);
        let mask = Mask::knowing(&accounts);
        for sent in ["/access-management-1.0/access/oauth2/token", "/a%20b", "/epayment/v1/payments/order-1"] {
            assert_eq!(path(sent, &mask), sent);
        }
        let token = "0123456789abcdefghij";
        assert_eq!(
            path(&format!("/access-management-1.0/{token}"), &mask),
            "/access-management-1.0/0123… (20 characters)"
        );
        assert_eq!(path(&format!("/x%20y/{token}"), &mask), "/x y/0123… (20 characters)");
    }
}
