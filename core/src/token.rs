//! Access tokens: the requests and replies of `/accesstoken/get` and `/miami/v1/token`. Pure functions.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE},
};
use serde::Deserialize;
use serde_json::{Number, Value};
use zeroize::Zeroizing;

use crate::{
    clock::Now,
    config::BasicEncoding,
    environment::Environment,
    error::{Error, Result},
    headers::{CLIENT_ID, CLIENT_SECRET, JSON, MERCHANT_SERIAL_NUMBER, SUBSCRIPTION_KEY, SystemHeaders, value},
    keys::{SpecializedKeys, StandardKeys, sensitive},
    msn::Msn,
    reply::Refusal,
    secret::Secret,
};

/// A token for Vipps' APIs. Opaque; `Debug` never shows it. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
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

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at_unix", &self.0.expires_at.as_secs()).finish_non_exhaustive()
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

fn form_encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(form_urlencoded::byte_serialize(text.as_bytes()).collect())
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
    Ok(parse_grant(response.body(), sent_at).map_err(|error| error.with_status(response.status()))?)
}

/// Only `access_token` is required; all else varies between the two endpoints and over time.
#[derive(Deserialize)]
struct Body {
    access_token: Zeroizing<String>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    expires_on: Value,
}

fn parse_grant(body: &[u8], sent_at: Now) -> Result<Grant> {
    let mut body: Body =
        serde_json::from_slice(body).map_err(|_| Error::protocol("the token reply holds no access_token"))?;
    if !is_token(&body.access_token) {
        return Err(Error::protocol("the access_token of the reply can't stand in a header"));
    }
    if !body.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(Error::protocol("the token_type of the reply is not bearer"));
    }
    let lifetime = lifetime(&body, sent_at)?;
    Ok(Grant { secret: Secret::new(std::mem::take(&mut *body.access_token)), lifetime })
}

/// Whether a text can be a token: it must stand behind `Bearer` in a header.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// When the reply says nothing that can be understood: short, so that little harm is done.
const ASSUMED_LIFETIME: Duration = Duration::from_mins(5);
/// No token of this service lives longer; more is a mistake that must not make a token immortal.
pub(crate) const LONGEST_LIFETIME: Duration = Duration::from_hours(7 * 24);

fn lifetime(body: &Body, sent_at: Now) -> Result<Duration> {
    let in_words = seconds(&body.expires_in);
    if in_words == Some(0) {
        return Err(Error::protocol("the token reply holds a token that has run out"));
    }
    let until_then =
        seconds(&body.expires_on).map(|at| at.saturating_sub(sent_at.wall.as_secs())).filter(|left| *left > 0);
    let told = in_words.or(until_then).map(Duration::from_secs);
    Ok(told.unwrap_or(ASSUMED_LIFETIME).min(LONGEST_LIFETIME))
}

/// Whole seconds, written as a number or as a string that holds one.
pub(crate) fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => whole(number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked, the cast saturates")]
fn whole(number: &Number) -> Option<u64> {
    number.as_u64().or_else(|| number.as_f64().filter(|seconds| *seconds >= 0.0).map(|seconds| seconds as u64))
}
