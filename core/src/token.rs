//! Access tokens: the requests and replies of `/accesstoken/get` and `/miami/v1/token`. Pure functions.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{
    clock::Now,
    config::BasicEncoding,
    environment::Environment,
    error::{Error, Result},
    headers::{CLIENT_ID, CLIENT_SECRET, JSON, MERCHANT_SERIAL_NUMBER, SUBSCRIPTION_KEY, SystemHeaders, value},
    json::Document,
    keys::{SpecializedKeys, StandardKeys, sensitive},
    msn::Msn,
    reply::{Refusal, not_understood},
    secret::Secret,
};

/// A token for Vipps' APIs. Opaque; `Debug` never shows it. Cheap to clone.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("AccessToken {{ expires_at_unix: {:?}, .. }}", _0.expires_at.as_secs())]
pub struct AccessToken(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    secret: Secret,
    expires_at: Duration,
}

impl AccessToken {
    pub(crate) fn new(secret: Secret, expires_at: Duration) -> Self {
        Self(Arc::new(Parts { secret, expires_at }))
    }

    /// The token itself, without the word `Bearer`.
    pub fn secret(&self) -> &str {
        self.0.secret.expose()
    }

    /// When Vipps stops accepting it, by this machine's wall clock at the time of the request.
    pub fn expires_at(&self) -> SystemTime {
        UNIX_EPOCH + self.0.expires_at
    }

    pub(crate) fn as_secret(&self) -> &Secret {
        &self.0.secret
    }
}

/// What a token endpoint granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) secret: Secret,
    pub(crate) lifetime: Duration,
}

/// Why it granted nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoGrant {
    pub(crate) error: Error,
    /// The other subscription key may do.
    pub(crate) subscription_key_refused: bool,
}

impl From<Error> for NoGrant {
    fn from(error: Error) -> Self {
        Self { error, subscription_key_refused: false }
    }
}

/// `POST /accesstoken/get`: the keys as headers, an empty body with a stated length.
pub(crate) fn standard_request(
    environment: &Environment,
    keys: &StandardKeys,
    subscription_key: &Secret,
    msn: Option<&Msn>,
    system: &SystemHeaders,
) -> Result<Request<Bytes>> {
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(CLIENT_ID, sensitive(&keys.client_id)?);
    headers.insert(CLIENT_SECRET, sensitive(keys.client_secret.expose())?);
    headers.insert(SUBSCRIPTION_KEY, sensitive(subscription_key.expose())?);
    if let Some(msn) = msn {
        headers.insert(MERCHANT_SERIAL_NUMBER, value("msn", msn.as_str())?);
    }
    headers.insert(ACCEPT, JSON);
    system.add_to(&mut headers);
    post(environment.url("/accesstoken/get"), headers, Bytes::new())
}

/// `POST /miami/v1/token`: Basic, and a form with `scope` as a field of its own (RFC 6749 section 4.4.2).
pub(crate) fn specialized_request(
    environment: &Environment,
    keys: &SpecializedKeys,
    encoding: BasicEncoding,
    system: &SystemHeaders,
) -> Result<Request<Bytes>> {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(AUTHORIZATION, sensitive(&basic(&keys.client_id, &keys.client_secret, encoding))?);
    headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"));
    headers.insert(ACCEPT, JSON);
    system.add_to(&mut headers);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if let Some(scope) = &keys.scope {
        form.append_pair("scope", scope);
    }
    post(environment.url("/miami/v1/token"), headers, form.finish().into())
}

pub(crate) fn post(url: String, mut headers: HeaderMap, body: Bytes) -> Result<Request<Bytes>> {
    // Some proxies answer 411 to a POST without a length, even where there is nothing to count.
    headers.insert(CONTENT_LENGTH, body.len().into());
    let mut request = Request::post(url).body(body).map_err(|_| Error::protocol("the request url is malformed"))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// `Basic` of RFC 7617, over the raw pair or over form-encoded parts (RFC 6749 section 2.3.1).
pub(crate) fn basic(client_id: &str, client_secret: &Secret, encoding: BasicEncoding) -> Zeroizing<String> {
    let pair = Zeroizing::new(match encoding {
        BasicEncoding::Raw => format!("{client_id}:{}", client_secret.expose()),
        BasicEncoding::Form => format!("{}:{}", *form_encoded(client_id), *form_encoded(client_secret.expose())),
    });
    Zeroizing::new(format!("Basic {}", *Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()))))
}

/// A space becomes `%20`, which every kind of server reads, and not `+`, which some leave as it is.
fn form_encoded(text: &str) -> Zeroizing<String> {
    let mut encoded = Zeroizing::new(String::with_capacity(3 * text.len()));
    for part in form_urlencoded::byte_serialize(text.as_bytes()) {
        encoded.push_str(if part == "+" { "%20" } else { part });
    }
    encoded
}

/// The reply of either endpoint. `sent_at` is the moment before the request left.
pub(crate) fn parse_reply(response: &Response<Bytes>, sent_at: Now, now: Now) -> Result<Grant, NoGrant> {
    if !response.status().is_success() {
        let refusal = Refusal::read(response);
        let subscription_key_refused =
            refusal.subscription_key.is_some() && response.status() == StatusCode::UNAUTHORIZED;
        let error = refusal.into_error(response.status(), response.headers(), now);
        return Err(NoGrant { error, subscription_key_refused });
    }
    Ok(parse_grant(response.body(), sent_at).map_err(|error| not_understood(error, response))?)
}

/// Only `access_token` is required; all else varies between the two endpoints and over time.
fn parse_grant(body: &[u8], sent_at: Now) -> Result<Grant> {
    let mut reply = Document::read(body);
    let token = reply.take_text("access_token").map(Secret::new);
    let secret = token.ok_or_else(|| Error::protocol("the token reply holds no access_token"))?;
    if !is_token(secret.expose()) {
        return Err(Error::protocol("the access_token of the reply can't stand in a header"));
    }
    if !is_bearer(&reply) {
        return Err(Error::protocol("the token_type of the reply is not bearer"));
    }
    let lifetime = lifetime(&reply, sent_at);
    if lifetime.is_zero() {
        return Err(Error::protocol("the token reply holds a token that has run out"));
    }
    Ok(Grant { secret, lifetime: lifetime.min(LONGEST_LIFETIME) })
}

/// Whether a text can be a token: it must stand behind `Bearer` in a header.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether the tokens of a reply are of the one type that there is, as all are where nothing else is said.
pub(crate) fn is_bearer(reply: &Value) -> bool {
    let token_type = reply.get("token_type").and_then(Value::as_str);
    token_type.is_none_or(|token_type| token_type.eq_ignore_ascii_case("bearer"))
}

/// When the reply says nothing that can be understood: short, so that little harm is done.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(5 * 60);
/// No token of this service lives longer; more is a mistake that must not make a token immortal.
pub(crate) const LONGEST_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// By `expires_in`, which needs no clock; else by `expires_on`, unless that is in the past: of the token that came just
/// now this says only that a clock is wrong.
fn lifetime(reply: &Value, sent_at: Now) -> Duration {
    if let Some(life) = seconds(reply.get("expires_in")) {
        return whole_seconds(life);
    }
    let Some(end) = seconds(reply.get("expires_on")) else { return ASSUMED_LIFETIME };
    if end <= 0.0 {
        return Duration::ZERO;
    }
    let left = whole_seconds(end).saturating_sub(Duration::from_secs(sent_at.wall.as_secs()));
    if left.is_zero() { ASSUMED_LIFETIME } else { left }
}

/// Seconds as replies tell them: a number, or a text that holds one. Anything else is untold.
pub(crate) fn seconds(told: Option<&Value>) -> Option<f64> {
    let seconds = match told? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    seconds.filter(|seconds| seconds.is_finite())
}

/// Whole seconds of a life; none below zero, where it is over.
pub(crate) fn whole_seconds(seconds: f64) -> Duration {
    // Saturates: as long as can be, or none.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "that is meant")]
    Duration::from_secs(seconds as u64)
}
