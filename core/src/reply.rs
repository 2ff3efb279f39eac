//! The eight error shapes of the service, turned into one [`Error`].

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_ENCODING};
use serde_json::Value;

use crate::{
    clock::Now,
    error::{Error, ErrorKind},
    json::Document,
    retry::retry_after,
};

/// What a refusal says, whatever its shape. Holds nothing of the body but checked codes and ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Refusal {
    /// `error` (or `error_code`) of an OAuth reply, if it has the form of a code.
    pub(crate) oauth_error: Option<String>,
    /// A gateway refused the subscription key: nothing behind it has seen the request.
    pub(crate) subscription_key: Option<SubscriptionKeyFault>,
    /// The gateway itself answered: nothing behind it has seen the request.
    pub(crate) of_gateway: bool,
    /// The argument that `error_description` blames, one of those that Login's backchannel names.
    pub(crate) blames: Option<&'static str>,
    /// Login's server could not read the Basic of the request.
    pub(crate) undecodable: bool,
    /// The gateway's other shape, of paths that nobody serves.
    legacy_gateway: bool,
    pub(crate) sales_unit: Option<SalesUnitFault>,
    form: Form,
    aad_code: Option<u64>,
    trace_id: Option<String>,
}

/// What was wrong with the subscription key (contract of Azure API Management).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriptionKeyFault {
    Missing,
    Refused,
}

/// Why an API serves no calls for this sales unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SalesUnitFault {
    NotConnected,
    Blocked,
}

impl Refusal {
    pub(crate) fn read(response: &http::Response<Bytes>) -> Self {
        let body = Document::read(response.body());
        let message = message(&body).unwrap_or_default().to_ascii_lowercase();
        Self {
            oauth_error: ["error", "error_code"].iter().find_map(|name| code(body.get(name)?.as_str()?)),
            subscription_key: subscription_key_fault(&message),
            of_gateway: body.get("statusCode").is_some_and(Value::is_u64) && body.get("message").is_some(),
            blames: body.get("error_description").and_then(|text| blamed(text.as_str()?)),
            undecodable: is_undecodable(&body),
            legacy_gateway: body.get("responseInfo").or_else(|| body.get("ResponseInfo")).is_some(),
            form: Form::of(response, &body),
            aad_code: body.get("error_codes").and_then(|codes| codes.get(0)?.as_u64()),
            sales_unit: sales_unit_fault(&body, &message),
            trace_id: trace_id(&body).or_else(|| trace_id_of_headers(response.headers())),
        }
    }

    /// The kind is told by the status where that is plain, else by the code, else by the status alone.
    pub(crate) fn into_error(self, status: StatusCode, headers: &HeaderMap, now: Now) -> Error {
        let is_page = self.form == Form::Other;
        let Meaning { kind, detail, hint } = self.meaning(status);
        let mut error = Error::new(kind, detail).with_status(status).with_perhaps_not_of_vipps(is_page);
        if let Some(hint) = hint {
            error = error.with_hint(hint);
        }
        if kind.retryable() {
            error = error.with_retry_after(retry_after(headers, now));
        }
        error.with_oauth_error(self.oauth_error).with_trace_id(self.trace_id)
    }

    /// Whether the API itself may have said so, and not the gateway, a firewall or a proxy in front of it.
    pub(crate) fn is_of_api(&self) -> bool {
        matches!(self.form, Form::Json | Form::Empty) && !self.of_gateway && !self.legacy_gateway
    }

    /// The two that every error of a reply carries.
    pub(crate) fn codes(self) -> (Option<String>, Option<String>) {
        (self.oauth_error, self.trace_id)
    }

    fn meaning(&self, status: StatusCode) -> Meaning {
        use ErrorKind::{RateLimited, Unavailable};
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Meaning::new(RateLimited, RATE_LIMIT);
        }
        if status.is_server_error() {
            return Meaning::new(Unavailable, format!("Vipps answered {}", status.as_u16()));
        }
        if let Some(fault) = self.subscription_key {
            return fault.meaning();
        }
        if let Some(fault) = self.sales_unit {
            return fault.meaning();
        }
        self.meaning_of_code().unwrap_or_else(|| self.form.meaning(status))
    }

    fn meaning_of_code(&self) -> Option<Meaning> {
        use ErrorKind::{CredentialsRejected, Forbidden, InvalidConfig, Protocol, RateLimited, Unavailable};
        if self.aad_code == Some(CROSS_ORIGIN) {
            let meaning = Meaning::new(InvalidConfig, "the request carried a browser's origin");
            return Some(meaning.with_hint("call from a server, and forward no origin header"));
        }
        Some(match self.oauth_error.as_deref()? {
            "unauthorized_client" => {
                Meaning::new(CredentialsRejected, "Vipps does not know this client_id").with_hint(WRONG_ENVIRONMENT)
            }
            "invalid_client" => {
                Meaning::new(CredentialsRejected, "Vipps refused the keys").with_hint(self.invalid_client_hint())
            }
            "invalid_scope" => {
                Meaning::new(Forbidden, "the keys are not for this scope").with_hint("ask for a scope the keys have")
            }
            "access_denied" => Meaning::new(Forbidden, "Vipps denied the request"),
            "temporarily_unavailable" => Meaning::new(Unavailable, "Vipps is temporarily unavailable"),
            "server_error" => Meaning::new(Unavailable, "Vipps reported a fault of its own"),
            "slow_down" => Meaning::new(RateLimited, RATE_LIMIT),
            "invalid_request" | "unsupported_grant_type" | "invalid_grant" => {
                Meaning::new(Protocol, "Vipps did not understand the request")
                    .with_hint("does something in between change requests?")
            }
            _ => return None,
        })
    }

    fn invalid_client_hint(&self) -> &'static str {
        if self.aad_code.is_some() {
            return "wrong client_secret, or keys of the other environment";
        }
        "wrong keys or keys of the other environment, a grant_type that was lost or joined with scope on the way, \
         or a subscription key that something in between added"
    }
}

/// AADSTS9002326: cross-origin token redemption.
const CROSS_ORIGIN: u64 = 9_002_326;

const RATE_LIMIT: &str = "the rate limit of Vipps was reached";

const WRONG_ENVIRONMENT: &str = "mistyped client_id, or test keys in production or the reverse";

/// What a refusal comes to.
struct Meaning {
    kind: ErrorKind,
    detail: Cow<'static, str>,
    hint: Option<&'static str>,
}

impl Meaning {
    fn new(kind: ErrorKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), hint: None }
    }

    fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

impl SalesUnitFault {
    fn meaning(self) -> Meaning {
        let (detail, hint) = match self {
            Self::NotConnected => ("the keys are not for this MSN", "is the sales unit connected to this partner?"),
            Self::Blocked => ("the merchant is not available", "the sales unit or the partner is deactivated"),
        };
        Meaning::new(ErrorKind::Forbidden, detail).with_hint(hint)
    }
}

impl SubscriptionKeyFault {
    fn meaning(self) -> Meaning {
        match self {
            Self::Missing => Meaning::new(ErrorKind::CredentialsRejected, "the subscription key did not arrive")
                .with_hint("does a proxy drop headers?"),
            Self::Refused => Meaning::new(ErrorKind::CredentialsRejected, "Vipps refused the subscription key")
                .with_hint("wrong or regenerated key, key of the other environment, or swapped with client_secret"),
        }
    }
}

/// What a body is, which tells who may have sent it: all of Vipps' own refusals are JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Form {
    #[default]
    Json,
    Empty,
    /// Nobody asked for that, and nobody here can read it.
    Compressed,
    /// Such as the page of a firewall or proxy.
    Other,
}

impl Form {
    fn of(response: &http::Response<Bytes>, body: &Value) -> Self {
        if !body.is_null() {
            return Self::Json;
        }
        if is_compressed(response.headers()) {
            return Self::Compressed;
        }
        if response.body().trim_ascii().is_empty() { Self::Empty } else { Self::Other }
    }

    fn meaning(self, status: StatusCode) -> Meaning {
        match self {
            Self::Json | Self::Empty => meaning_of_status(status),
            Self::Compressed => meaning_of_status(status).with_hint(COMPRESSED),
            Self::Other => meaning_of_page(status),
        }
    }
}

const COMPRESSED: &str =
    "the reply is compressed, which was not asked for, so it can't be read: look for a proxy in between";

fn meaning_of_status(status: StatusCode) -> Meaning {
    use ErrorKind::{CredentialsRejected, Forbidden, Protocol, Unavailable};
    match status.as_u16() {
        401 => Meaning::new(CredentialsRejected, "Vipps refused the keys").with_hint("check keys and environment"),
        403 => {
            Meaning::new(Forbidden, "the keys are not for this").with_hint("MSN not connected, or product not ordered")
        }
        404 | 405 => Meaning::new(Protocol, "there is no such endpoint").with_hint("check the base url"),
        407 => Meaning::new(Protocol, "a proxy asked for a login")
            .with_hint("put the user and password in the proxy variable"),
        408 | 423 | 425 => Meaning::new(Unavailable, "Vipps could not answer now"),
        300..=399 => Meaning::new(Protocol, "redirects are not followed")
            .with_hint("check the base url, and look for a proxy in between"),
        _ => Meaning::new(Protocol, "the reply was not understood"),
    }
}

/// A firewall stands in front of all APIs, and its page says nothing of keys or MSN.
fn meaning_of_page(status: StatusCode) -> Meaning {
    match status.as_u16() {
        401 => meaning_of_status(status)
            .with_hint("check keys and environment; the reply is not JSON, so a proxy in between may have sent it"),
        403 => Meaning::new(ErrorKind::Forbidden, "a firewall or proxy refused the request").with_hint(
            "the reply is not JSON, so it says nothing of keys or MSN: tell Vipps when it happened if it stays so",
        ),
        _ => meaning_of_status(status),
    }
}

fn is_compressed(headers: &HeaderMap) -> bool {
    let is_plain = |encoding: &HeaderValue| encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity");
    headers.get_all(CONTENT_ENCODING).iter().any(|encoding| !is_plain(encoding))
}

/// The error of a successful reply that was not understood, with what else the reply tells.
pub(crate) fn not_understood(error: Error, response: &http::Response<Bytes>) -> Error {
    let error = match Form::of(response, &Document::read(response.body())) {
        Form::Json | Form::Empty => error,
        Form::Compressed => error.with_hint(COMPRESSED),
        Form::Other => error.with_hint("the reply is not JSON, so a proxy or firewall in between may have sent it"),
    };
    error.with_status(response.status()).with_trace_id(trace_id_of_headers(response.headers()))
}

/// The one sentence for people, wherever a shape keeps it. Only looked at, never shown.
fn message(body: &Value) -> Option<&str> {
    let direct = ["message", "detail", "title"].iter().find_map(|name| body.get(name)?.as_str());
    let nested =
        [("responseInfo", "responseMessage"), ("ResponseInfo", "ResponseMessage"), ("errorInfo", "errorMessage")];
    let in_object = || nested.iter().find_map(|(outer, inner)| body.get(outer)?.get(inner)?.as_str());
    let in_list = || body.get(0).and_then(|first| first.as_str().or_else(|| first.get("errorMessage")?.as_str()));
    direct.or_else(in_object).or_else(in_list)
}

fn sales_unit_fault(body: &Value, message: &str) -> Option<SalesUnitFault> {
    if message.starts_with("invalid msn") {
        return Some(SalesUnitFault::NotConnected);
    }
    let is_blocked = body.get(0).and_then(|first| first.get("errorCode")?.as_str()) == Some("37");
    is_blocked.then_some(SalesUnitFault::Blocked)
}

fn subscription_key_fault(message: &str) -> Option<SubscriptionKeyFault> {
    if message.contains("missing subscription key") {
        return Some(SubscriptionKeyFault::Missing);
    }
    let refused = message.contains("invalid subscription key") || message.contains("subscription not found");
    refused.then_some(SubscriptionKeyFault::Refused)
}

fn blamed(description: &str) -> Option<&'static str> {
    let description = description.to_ascii_lowercase();
    ["login_hint", "binding_message", "requested_expiry", "redirect_uri"]
        .into_iter()
        .find(|argument| description.contains(argument))
}

/// Servers that form-decode the parts of Basic (RFC 6749 section 2.3.1) say so of a `%` that stands for itself.
fn is_undecodable(body: &Value) -> bool {
    let texts = ["error_description", "error_hint", "error_debug"];
    let mut texts = texts.into_iter().filter_map(|name| body.get(name)?.as_str());
    texts.any(|text| text.to_ascii_lowercase().contains("could not be decoded"))
}

/// A code of RFC 6749's kind. Anything else could be an echo of what was sent, so it is dropped.
pub(crate) fn code(text: &str) -> Option<String> {
    let is_code = (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_code.then(|| text.to_owned())
}

fn trace_id(body: &Value) -> Option<String> {
    ["traceId", "trace_id", "correlation_id", "instance"].iter().find_map(|name| id(body.get(name)?.as_str()?))
}

fn trace_id_of_headers(headers: &HeaderMap) -> Option<String> {
    ["request-id", "x-request-id", "x-correlation-id", "x-ms-request-id", "traceparent"]
        .iter()
        .find_map(|name| id(headers.get(*name)?.to_str().ok()?))
}

/// A GUID or a W3C trace parent. Anything else could be an echo of what was sent, so it is dropped.
fn id(text: &str) -> Option<String> {
    let is_id = (16..=64).contains(&text.len())
        && text.contains('-')
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_id.then(|| text.to_owned())
}
