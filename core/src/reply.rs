//! The eight error shapes of the service, turned into one [`Error`].

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::{
    clock::Now,
    error::{Error, ErrorKind},
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
    aad_code: Option<u64>,
    invalid_msn: bool,
    merchant_blocked: bool,
    trace_id: Option<String>,
}

/// What was wrong with the subscription key (contract of Azure API Management).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubscriptionKeyFault {
    Missing,
    Refused,
}

impl Refusal {
    pub(crate) fn read(response: &http::Response<Bytes>) -> Self {
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let message = message(&body).unwrap_or_default().to_ascii_lowercase();
        Self {
            oauth_error: ["error", "error_code"].iter().find_map(|name| code(body.get(name)?.as_str()?)),
            subscription_key: subscription_key_fault(&message),
            of_gateway: body.get("statusCode").is_some_and(Value::is_u64) && body.get("message").is_some(),
            blames: body.get("error_description").and_then(|text| blamed(text.as_str()?)),
            aad_code: body.get("error_codes").and_then(|codes| codes.get(0)?.as_u64()),
            invalid_msn: message.starts_with("invalid msn"),
            merchant_blocked: body.get(0).and_then(|first| first.get("errorCode")?.as_str()) == Some("37"),
            trace_id: trace_id(&body).or_else(|| trace_id_of_headers(response.headers())),
        }
    }

    /// The kind is told by the status where that is plain, else by the code, else by the status alone.
    pub(crate) fn into_error(self, status: StatusCode, headers: &HeaderMap, now: Now) -> Error {
        let (kind, detail, hint) = self.meaning(status);
        let mut error = Error::new(kind, detail).with_status(status);
        if let Some(hint) = hint {
            error = error.with_hint(hint);
        }
        if kind.retryable() {
            error = error.with_retry_after(retry_after(headers, now));
        }
        error.with_oauth_error(self.oauth_error).with_trace_id(self.trace_id)
    }

    /// The two that every error of a reply carries.
    pub(crate) fn codes(self) -> (Option<String>, Option<String>) {
        (self.oauth_error, self.trace_id)
    }

    fn meaning(&self, status: StatusCode) -> (ErrorKind, &'static str, Option<&'static str>) {
        use ErrorKind::{Forbidden, RateLimited, Unavailable};
        if status == StatusCode::TOO_MANY_REQUESTS {
            return (RateLimited, "vipps asks to slow down", None);
        }
        if status.is_server_error() {
            return (Unavailable, "vipps is out of order", None);
        }
        if let Some(fault) = self.subscription_key {
            return fault.meaning();
        }
        if self.invalid_msn {
            return (Forbidden, "the keys are not for this msn", Some("is the sales unit connected to this partner?"));
        }
        if self.merchant_blocked {
            return (Forbidden, "the merchant is not available", Some("the sales unit or the partner is deactivated"));
        }
        self.meaning_of_code().unwrap_or_else(|| meaning_of_status(status))
    }

    fn meaning_of_code(&self) -> Option<(ErrorKind, &'static str, Option<&'static str>)> {
        use ErrorKind::{CredentialsRejected, Forbidden, InvalidConfig, Protocol, RateLimited, Unavailable};
        if self.aad_code == Some(CROSS_ORIGIN) {
            return Some((
                InvalidConfig,
                "the request carried a browser's origin",
                Some("call from a server, and forward no origin header"),
            ));
        }
        Some(match self.oauth_error.as_deref()? {
            "unauthorized_client" => {
                (CredentialsRejected, "vipps does not know this client_id", Some(WRONG_ENVIRONMENT))
            }
            "invalid_client" => (CredentialsRejected, "vipps refused the keys", Some(self.invalid_client_hint())),
            "invalid_scope" => (Forbidden, "the keys are not for this scope", Some("ask for a scope the keys have")),
            "access_denied" => (Forbidden, "vipps denied the request", None),
            "temporarily_unavailable" | "server_error" => (Unavailable, "vipps is out of order", None),
            "slow_down" => (RateLimited, "vipps asks to slow down", None),
            "invalid_request" | "unsupported_grant_type" | "invalid_grant" => {
                (Protocol, "vipps did not understand the request", Some("does something in between change requests?"))
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

const WRONG_ENVIRONMENT: &str = "mistyped client_id, or test keys in production or the reverse";

impl SubscriptionKeyFault {
    fn meaning(self) -> (ErrorKind, &'static str, Option<&'static str>) {
        match self {
            Self::Missing => (
                ErrorKind::CredentialsRejected,
                "the subscription key did not arrive",
                Some("does a proxy drop headers?"),
            ),
            Self::Refused => (
                ErrorKind::CredentialsRejected,
                "vipps refused the subscription key",
                Some("wrong or regenerated key, key of the other environment, or swapped with client_secret"),
            ),
        }
    }
}

fn meaning_of_status(status: StatusCode) -> (ErrorKind, &'static str, Option<&'static str>) {
    use ErrorKind::{CredentialsRejected, Forbidden, Protocol, Unavailable};
    match status.as_u16() {
        401 => (CredentialsRejected, "vipps refused the keys", Some("check keys and environment")),
        403 => (Forbidden, "the keys are not for this", Some("msn not connected, or product not ordered")),
        404 | 405 => (Protocol, "there is no such endpoint", Some("check the base url")),
        408 | 423 | 425 => (Unavailable, "vipps could not answer now", None),
        300..=399 => {
            (Protocol, "redirects are not followed", Some("check the base url, and look for a proxy in between"))
        }
        _ => (Protocol, "the reply was not understood", None),
    }
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
