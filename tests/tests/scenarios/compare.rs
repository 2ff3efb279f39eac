//! Whether an outcome holds: only the members that are there are compared.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use serde::Deserialize;
use serde_json::Value;
use vipps_emulator::RecordedRequest;
use vipps_partner_auth::Event;

use crate::{
    call::{Client, Failure, Outcome},
    elsewhere::Seen,
    scenario::{Came, Stage},
};

const OURS: [&str; 5] = [
    "authorization",
    "ocp-apim-subscription-key",
    "merchant-serial-number",
    "vipps-system-name",
    "vipps-system-version",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    #[serde(rename = "name")]
    _name: Option<String>,
    results: Vec<ExpectedResult>,
    token_requests: Option<usize>,
    requests: Option<Vec<ExpectedRequest>>,
    elsewhere: Option<Vec<ExpectedRequest>>,
    #[serde(default)]
    events: Vec<ExpectedEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedResult {
    status: Option<u16>,
    body: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    error: Option<ExpectedError>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedError {
    family: String,
    cause: Option<Cause>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cause {
    code: String,
    field: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedRequest {
    method: String,
    path: String,
    status: Option<u16>,
    /// `null` where none may be there.
    #[serde(default, deserialize_with = "given")]
    ours: Option<Value>,
    token: Option<u32>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    absent: Vec<String>,
    body: Option<String>,
    body_json: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedEvent {
    name: String,
    #[serde(default)]
    details: BTreeMap<String, String>,
    times: usize,
}

/// Also `null` is something that is given.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether this outcome holds, and if not, why.
pub(crate) async fn compare<C: Client>(outcome: &Value, stage: &Stage) -> Outcome {
    let expected: Expected = serde_json::from_value(outcome.clone())?;
    let token_requests = stage.token_requests();
    let told = if expected.events.is_empty() { Vec::new() } else { stage.events().await? };
    catch_unwind(AssertUnwindSafe(|| {
        results::<C>(&expected.results, &stage.results);
        if let Some(count) = expected.token_requests {
            assert_eq!(count, token_requests, "token requests");
        }
        if let Some(requests) = &expected.requests {
            self::requests(requests, stage);
        }
        if let Some(requests) = &expected.elsewhere {
            elsewhere(requests, &stage.elsewhere.seen());
        }
        events(&expected.events, &told, stage);
        nothing_leaked_and_no_try_differed(stage);
    }))
    .map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => Failure::from(*text),
        Err(_) => "an assertion failed".into(),
    })
}

fn results<C: Client>(expected: &[ExpectedResult], results: &[Came]) {
    assert_eq!(expected.len(), results.len(), "results");
    for (expected, came) in expected.iter().zip(results) {
        match (&expected.error, came) {
            (None, Came::Reply(reply)) => {
                assert_eq!(expected.status, Some(reply.status));
                assert!(expected.body.as_ref().is_none_or(|body| *body == reply.body), "body {:?}", reply.body);
                for (name, value) in &expected.headers {
                    assert_eq!(
                        reply.headers.get(name).map(http::HeaderValue::as_bytes),
                        Some(value.as_bytes()),
                        "{name}"
                    );
                }
            }
            (Some(error), Came::Aborted) => assert_eq!(error.family, "aborted"),
            (Some(error), Came::Failed(failure, family)) => failed::<C>(error, failure, family),
            _ => panic!("expected {expected:?}, and {came:?} came"),
        }
    }
}

fn failed<C: Client>(expected: &ExpectedError, failure: &Failure, family: &str) {
    assert_eq!(expected.family, family, "{failure:?}");
    let Some(cause) = &expected.cause else { return };
    let ours = C::ours(failure).unwrap_or_else(|| panic!("no error of ours in {failure:?}"));
    assert_eq!(cause.code, ours.code());
    assert!(cause.field.is_none() || cause.field.as_deref() == ours.field(), "{ours}");
}

fn requests(expected: &[ExpectedRequest], stage: &Stage) {
    let seen = stage.calls();
    let paths: Vec<_> = seen.iter().map(address).collect();
    assert_eq!(expected.iter().map(|request| request.path.clone()).collect::<Vec<_>>(), paths);
    let mut tokens = BTreeMap::<u32, String>::new();
    for (expected, seen) in expected.iter().zip(&seen) {
        let values = |name: &str| -> Vec<String> {
            seen.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.clone()).collect()
        };
        assert_eq!(expected.method, seen.method);
        assert!(expected.status.is_none() || expected.status == seen.status, "{:?}", seen.status);
        match &expected.ours {
            None => {}
            Some(Value::Null) => {
                for name in OURS.iter().filter(|name| !expected.headers.contains_key(**name)) {
                    assert_eq!(values(name), [""; 0], "{name}");
                }
            }
            Some(msn) => all_of_ours(msn.as_str().unwrap_or_default(), values, stage),
        }
        if let Some(number) = expected.token {
            let sent = values("authorization").concat();
            assert_eq!(*tokens.entry(number).or_insert_with(|| sent.clone()), sent, "the same token");
        }
        for (name, value) in &expected.headers {
            let plain = |value: String| value.split(';').next().unwrap_or_default().to_owned();
            let sent = values(name).into_iter().map(|value| if name == "content-type" { plain(value) } else { value });
            assert_eq!(sent.collect::<Vec<_>>(), std::slice::from_ref(value), "{name}");
        }
        for name in &expected.absent {
            assert_eq!(values(name), [""; 0], "{name}");
        }
        let body = String::from_utf8_lossy(&seen.body);
        assert!(expected.body.as_ref().is_none_or(|expected| *expected == body), "{body}");
        if let Some(expected) = &expected.body_json {
            assert_eq!(Some(expected), serde_json::from_str(&body).ok().as_ref());
        }
    }
    let mut different: Vec<_> = tokens.values().collect();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), tokens.len(), "another number, another token");
}

fn address(request: &RecordedRequest) -> String {
    request.query.as_ref().map_or_else(|| request.path.clone(), |query| format!("{}?{query}", request.path))
}

fn all_of_ours(msn: &str, values: impl Fn(&str) -> Vec<String>, stage: &Stage) {
    let [authorization] = &values("authorization")[..] else { panic!("not one authorization") };
    assert!(authorization.starts_with("Bearer ") && authorization != "Bearer mine", "a token of the service");
    assert_eq!(values("ocp-apim-subscription-key"), [stage.vipps.partner_keys().subscription_key]);
    let number = if msn == "partner" { vec![] } else { vec![msn.to_owned()] };
    assert_eq!(values("merchant-serial-number"), number);
    assert_eq!(
        (values("vipps-system-name"), values("vipps-system-version")),
        (vec!["acme".into()], vec!["3.1.2".into()])
    );
}

fn elsewhere(expected: &[ExpectedRequest], seen: &[Seen]) {
    let asked = |request: &ExpectedRequest| (request.method.clone(), request.path.clone());
    let arrived: Vec<_> = seen.iter().map(|seen| (seen.method.clone(), seen.path.clone())).collect();
    assert_eq!(expected.iter().map(asked).collect::<Vec<_>>(), arrived);
    for (expected, seen) in expected.iter().zip(seen) {
        for (name, value) in &expected.headers {
            assert_eq!(seen.headers.get(name).map(http::HeaderValue::as_bytes), Some(value.as_bytes()), "{name}");
        }
        assert!(expected.absent.iter().all(|name| !seen.headers.contains_key(name)), "{:?}", seen.headers);
    }
}

fn events(expected: &[ExpectedEvent], told: &[Event], stage: &Stage) {
    for expected in expected {
        let details = expected.details.iter().map(|(name, value)| format!("{name}=`{}`", stage.fill_in(value)));
        let details: Vec<_> = details.collect();
        let is_meant = |event: &&Event| {
            let text = event.to_string();
            event.name() == expected.name && details.iter().all(|detail| text.contains(detail))
        };
        assert_eq!(told.iter().filter(is_meant).count(), expected.times, "{told:?}");
    }
}

/// What holds of every scenario.
fn nothing_leaked_and_no_try_differed(stage: &Stage) {
    for seen in stage.elsewhere.seen() {
        assert!(OURS[1..].iter().all(|name| !seen.headers.contains_key(*name)), "{:?}", seen.headers);
        let authorization = seen.headers.get("authorization").map_or(&b""[..], http::HeaderValue::as_bytes);
        assert!(!authorization.starts_with(b"Bearer ey"), "our token");
    }
    for pair in stage.calls().windows(2) {
        let is_second_try =
            pair[0].status == Some(401) && address(&pair[0]) == address(&pair[1]) && pair[0].method == pair[1].method;
        if is_second_try && !pair[1].body.is_empty() {
            assert_eq!(pair[0].body, pair[1].body, "the bytes of the second try");
        }
    }
}
