//! Servers that send back what they were sent, in every place of a reply that a client might show to somebody.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::json;
use vipps_partner_auth::{BoxFuture, HttpSend, SendError};

/// Answers every request with one status and one body, the echo in each of its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Echo {
    pub(crate) status: u16,
    pub(crate) shape: fn(&str) -> String,
    /// Which part of the request comes back.
    pub(crate) part: usize,
}

/// How many parts there are to choose from.
pub(crate) const PARTS: usize = 6;

pub(crate) const STATUSES: [u16; 10] = [200, 204, 302, 400, 401, 403, 404, 408, 429, 503];

/// Where people look for the cause of a failure.
const HEADERS: [&str; 13] = [
    "retry-after",
    "location",
    "www-authenticate",
    "request-id",
    "x-request-id",
    "x-correlation-id",
    "x-ms-request-id",
    "traceparent",
    "content-type",
    "cache-control",
    "set-cookie",
    "server",
    "x-echo",
];

impl HttpSend for Echo {
    fn send(&self, request: Request<Bytes>, _: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let echo = part(&request, self.part);
        let mut reply = Response::new(Bytes::from((self.shape)(&echo)));
        *reply.status_mut() = self.status.try_into().expect("a status");
        for name in HEADERS {
            let value = HeaderValue::from_str(&echo).unwrap_or(HeaderValue::from_static("not text"));
            reply.headers_mut().insert(HeaderName::from_static(name), value);
        }
        Box::pin(async move { Ok(reply) })
    }
}

/// One of the secrets of a request, or all it holds.
fn part(request: &Request<Bytes>, number: usize) -> String {
    let values: Vec<_> = request.headers().iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    let named = |wanted: &str| values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    let basic = named("authorization").unwrap_or_default();
    let wanted = match number {
        0 => named("client_secret").or_else(|| decoded(&basic)),
        1 => named("ocp-apim-subscription-key").or_else(|| basic.split(' ').nth(1).map(str::to_owned)),
        2 => named("client_secret").map(|secret| BASE64_STANDARD.encode(secret)),
        3 => named("client_secret").map(|secret| secret.to_ascii_lowercase()),
        4 => Some(String::from_utf8_lossy(request.body()).into_owned()),
        _ => None,
    };
    let line = |(name, value): &(&str, String)| format!("{name}: {value}; ");
    wanted.unwrap_or_else(|| values.iter().map(line).collect::<Vec<_>>().concat())
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The secret of `Basic`.
fn decoded(basic: &str) -> Option<String> {
    let pair = BASE64_STANDARD.decode(basic.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8_lossy(&pair).into_owned();
    Some(pair.split_once(':')?.1.to_owned())
}

/// The eight error shapes of the service with the echo in every field, success that is not, and nonsense.
pub(crate) const SHAPES: [fn(&str) -> String; 22] = [
    |echo| {
        json!({"error": echo, "error_description": echo, "error_codes": [700_016], "timestamp": echo, "trace_id": echo,
            "correlation_id": echo, "error_uri": echo})
        .to_string()
    },
    |echo| json!({"error": "unauthorized_client", "error_description": echo, "correlation_id": echo}).to_string(),
    |echo| json!({"error": "invalid_client", "error_description": echo, "error_hint": echo}).to_string(),
    |echo| json!({"error": "slow_down", "error_debug": echo, "traceId": echo}).to_string(),
    |echo| json!({"error_code": echo, "error": {"echo": echo}, "instance": echo}).to_string(),
    |echo| json!({"statusCode": 401, "message": echo}).to_string(),
    |echo| {
        json!({"statusCode": 401, "message": format!("Access denied due to invalid subscription key. {echo}")})
            .to_string()
    },
    |echo| json!({"statusCode": 401, "message": format!("missing subscription key {echo}")}).to_string(),
    |echo| json!({"message": format!("Invalid MSN: {echo}."), "traceId": echo}).to_string(),
    |echo| {
        json!({"responseInfo": {"responseCode": 404, "responseMessage": echo}, "result": {"message": echo}}).to_string()
    },
    |echo| json!({"ResponseInfo": {"ResponseMessage": echo}, "errorInfo": {"errorMessage": echo}}).to_string(),
    |echo| {
        json!({"type": echo, "title": echo, "status": "400", "detail": echo, "instance": echo, "traceId": echo,
            "extraDetails": [{"name": echo, "reason": echo}]})
        .to_string()
    },
    |echo| json!([{"errorGroup": echo, "errorCode": echo, "errorMessage": echo}]).to_string(),
    |echo| json!([{"errorGroup": echo, "errorCode": "37", "errorMessage": echo}]).to_string(),
    |echo| json!([echo, echo]).to_string(),
    |echo| format!("<html><title>{echo}</title><body>{echo}</body></html>"),
    |echo| json!({"access_token": {"echo": echo}, "expires_in": echo}).to_string(),
    |echo| json!({"access_token": format!("{echo}\r\n"), "token_type": "Bearer"}).to_string(),
    |echo| json!({"access_token": echo, "token_type": echo, "expires_in": echo, "expires_on": echo}).to_string(),
    |echo| json!({"access_token": echo.replace(' ', ""), "expires_in": 3600, "scope": echo}).to_string(),
    |echo| format!("{{\"access_token\": \"{echo}\", \"access_token\": \"{echo}\", \"{echo}\": {echo}"),
    |echo| json!({"keys": [{"kid": echo, "kty": echo}], "issuer": echo, "jwks_uri": echo}).to_string(),
];
