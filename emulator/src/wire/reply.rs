//! Replies, among them the eight error shapes of the service.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use serde_json::{Value, json};

use crate::{clock::azure_timestamp, finding::Verdict, random, words::words};

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html");
const PAGE: HeaderValue = HeaderValue::from_static("text/html;charset=UTF-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");
/// Pages hold their own style and script and nothing else. Without `form-action`: browsers apply it to redirects as
/// well, and the answer to a form leads to an application anywhere.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
const GENERIC: &str = "Something went wrong, please try again later.";

/// What goes back to the caller.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// A reply that says no, and for the log: what it was about and why.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reply: Reply,
    pub(crate) verdict: Verdict,
    pub(crate) about: &'static str,
    pub(crate) why: Cow<'static, str>,
}

impl Refusal {
    /// For what the caller did right and still has to hear: it was up to the person.
    pub(crate) fn by_person(self) -> Self {
        Self { verdict: Verdict::Person, ..self }
    }
}

/// What a check or a handler comes to.
pub(crate) type Outcome<T = Reply> = Result<T, Refusal>;

impl Reply {
    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self::new(status, JSON, body.to_string())
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a header whose value is text; one that can't be sent is left out.
    pub(crate) fn with_text(self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_bytes(value.as_bytes()) {
            Ok(value) => self.with_header(name, value),
            Err(_) => self,
        }
    }

    /// Sends a browser elsewhere.
    pub(crate) fn redirect(status: StatusCode, location: &str) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }.uncached().with_text(LOCATION, location)
    }

    /// A web page for a person.
    pub(crate) fn page(status: StatusCode, html: impl Into<Bytes>) -> Self {
        Self::new(status, PAGE, html).with_header(CONTENT_SECURITY_POLICY, POLICY).hardened()
    }

    /// Plain text.
    pub(crate) fn text(status: StatusCode, text: &str) -> Self {
        Self::new(status, TEXT, text.to_owned())
    }

    /// A part of a page.
    pub(crate) fn asset(content_type: &'static str, content: &'static str) -> Self {
        Self::new(StatusCode::OK, HeaderValue::from_static(content_type), content).hardened()
    }

    /// For what browsers show: read as what it says it is, kept nowhere. Forms need the referrer policy: with
    /// `no-referrer` they would come with the origin `null`.
    pub(crate) fn hardened(self) -> Self {
        let reply = self.with_header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        reply.with_header(REFERRER_POLICY, HeaderValue::from_static("same-origin")).uncached()
    }

    /// What holds a token or a code must not be kept on the way (RFC 6749 section 5.1).
    pub(crate) fn uncached(self) -> Self {
        self.with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }

    pub(crate) fn refuse(self, about: &'static str, why: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { reply: self, verdict: Verdict::Refused, about, why: why.into() }
    }

    fn new(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, content_type)], body: body.into() }
    }
}

/// The eight shapes.
impl Reply {
    /// Azure AD, behind `/accesstoken/get`: `code` is the number in `AADSTS…`.
    pub(crate) fn aad(status: StatusCode, error: &str, code: u32, text: &str, now: Duration) -> Self {
        let trace = random::uuid();
        let correlation = random::uuid();
        let timestamp = azure_timestamp(now);
        let description = format!(
            "AADSTS{code}: {text}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
        );
        let body = json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.windows.net/error?code={code}"),
        });
        Self::json(status, &body)
    }

    /// RFC 6749 section 5.2.
    pub(crate) fn oauth(status: StatusCode, error: &str, description: &str) -> Self {
        Self::json(status, &json!({ "error": error, "error_description": description }))
    }

    /// Azure API Management, the gateway in front of everything.
    pub(crate) fn apim(status: StatusCode, message: &str) -> Self {
        Self::json(status, &json!({ "statusCode": status.as_u16(), "message": message }))
    }

    /// The gateway's older voice: unknown paths and old APIs.
    pub(crate) fn gateway_legacy(status: StatusCode) -> Self {
        let info = json!({ "responseCode": status.as_u16(), "responseMessage": GENERIC });
        Self::json(status, &json!({ "responseInfo": info, "result": { "message": GENERIC } }))
    }

    /// RFC 9457, with the status as a string like the documents' sample.
    pub(crate) fn problem(status: StatusCode, detail: &str) -> Self {
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_str(),
            "detail": detail,
            "instance": random::uuid(),
            "traceId": format!("00-{}-{:016x}-01", random::hex32(), fastrand::u64(..)),
        });
        Self::new(status, PROBLEM_JSON, body.to_string())
    }

    /// The list of the old payment APIs.
    pub(crate) fn ecom(status: StatusCode, group: &str, code: &str, message: &str) -> Self {
        Self::json(status, &json!([{ "errorGroup": group, "errorCode": code, "errorMessage": message }]))
    }

    fn strings(status: StatusCode, text: &str) -> Self {
        Self::json(status, &json!([text]))
    }

    fn html(status: StatusCode) -> Self {
        Self::new(status, HTML, format!("<html><head><title>{status}</title></head><body>{status}</body></html>"))
    }

    /// Azure's Application Gateway.
    fn firewall(status: StatusCode) -> Self {
        let title = format!("<h1>{status}</h1>");
        let body = format!("<center>{title}</center>\r\n<hr><center>Microsoft-Azure-Application-Gateway/v2</center>");
        let head = format!("<head><title>{status}</title></head>");
        Self::new(status, HTML, format!("<html>\r\n{head}\r\n<body>\r\n{body}\r\n</body>\r\n</html>\r\n"))
    }

    fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }
}

words! {
    "shape of an error";
    /// The shape of an error body.
    #[non_exhaustive]
    pub enum ErrorShape {
        /// Azure AD: `error`, `error_description`, `error_codes`, trace ids.
        Aad = "aad",
        /// OAuth (RFC 6749 section 5.2): `error`, `error_description`.
        OAuth = "oauth",
        /// Azure API Management: `statusCode`, `message`.
        Apim = "apim",
        /// The gateway's older voice: `responseInfo`, `result`.
        GatewayLegacy = "gateway_legacy",
        /// RFC 9457 problem details.
        Problem = "problem",
        /// An array of `errorGroup`, `errorCode`, `errorMessage`.
        EcomList = "ecom_list",
        /// An array of strings.
        Strings = "strings",
        /// Plain text.
        Text = "text",
        /// A web page.
        Html = "html",
        /// The web page of the firewall in front of all APIs, which some harmless requests meet with 403.
        Firewall = "firewall",
        /// No body at all.
        Empty = "empty",
    }
}

impl ErrorShape {
    /// The error in this shape; `error` is the OAuth code where the shape has one.
    pub(crate) fn reply(self, status: StatusCode, error: Option<&str>, now: Duration) -> Reply {
        let text = "The emulator was told to fail here.";
        let error = error.unwrap_or_else(|| usual_oauth_error(status));
        match self {
            Self::Aad => Reply::aad(status, error, 90_033, text, now),
            Self::OAuth => Reply::oauth(status, error, text),
            Self::Apim => Reply::apim(status, text),
            Self::GatewayLegacy => Reply::gateway_legacy(status),
            Self::Problem => Reply::problem(status, text),
            Self::EcomList => Reply::ecom(status, "VippsError", "99", text),
            Self::Strings => Reply::strings(status, text),
            Self::Text => Reply::new(status, TEXT, text),
            Self::Html => Reply::html(status),
            Self::Firewall => Reply::firewall(status),
            Self::Empty => Reply::empty(status),
        }
    }
}

/// A 400 in the shape of RFC 6749 section 5.2.
pub(crate) fn bad_request(error: &str, about: &'static str, why: &'static str) -> Refusal {
    Reply::oauth(StatusCode::BAD_REQUEST, error, &format!("{about}: {why}")).refuse(about, why)
}

/// The value of a `Retry-After` header, as given: seconds or an HTTP date (RFC 9110 section 10.2.3).
pub(crate) fn retry_after(reply: Reply, value: Option<&str>) -> Reply {
    match value.and_then(|value| HeaderValue::from_str(value).ok()) {
        Some(value) => reply.with_header(RETRY_AFTER, value),
        None => reply,
    }
}

fn usual_oauth_error(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "invalid_client",
        403 => "unauthorized_client",
        400..500 => "invalid_request",
        503 => "temporarily_unavailable",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(reply: &Reply) -> Value {
        serde_json::from_slice(&reply.body).expect("JSON")
    }

    #[test]
    fn azure_ad_errors_carry_every_member() {
        let now = Duration::from_secs(1_768_477_028);
        let reply = Reply::aad(StatusCode::BAD_REQUEST, "unauthorized_client", 700_016, "Not here.", now);
        let body = body(&reply);
        assert_eq!(body["error_codes"], json!([700_016]));
        assert_eq!(body["timestamp"], "2026-01-15 11:37:08Z");
        let description = body["error_description"].as_str().expect("text");
        assert!(description.starts_with("AADSTS700016: Not here.\r\nTrace ID: "), "{description}");
        assert!(description.ends_with("\r\nTimestamp: 2026-01-15 11:37:08Z"), "{description}");
        assert_eq!(body["error_uri"], "https://login.windows.net/error?code=700016");
    }

    #[test]
    fn the_gateway_has_two_voices() {
        let apim = body(&Reply::apim(StatusCode::UNAUTHORIZED, "No."));
        assert_eq!(apim, json!({ "statusCode": 401, "message": "No." }));
        let legacy = body(&Reply::gateway_legacy(StatusCode::NOT_FOUND));
        assert_eq!(legacy["responseInfo"]["responseCode"], 404);
        assert_eq!(legacy["result"]["message"], GENERIC);
    }

    #[test]
    fn every_shape_has_a_code_and_keeps_the_status() {
        for shape in ErrorShape::ALL.iter().copied() {
            let code = shape.code();
            let reply = shape.reply(StatusCode::BAD_GATEWAY, None, Duration::ZERO);
            assert_eq!((reply.status, reply.body.is_empty()), (StatusCode::BAD_GATEWAY, code == "empty"), "{code}");
        }
        assert!("soap".parse::<ErrorShape>().is_err());
    }
}
