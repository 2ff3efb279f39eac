//! A request as it arrived, whole.

use std::collections::HashSet;

use bytes::Bytes;
use http::{HeaderMap, Method, header, request::Parts};

/// Headers that say one thing. Which of two values the service would take is not known; another client's may be the one
/// that counts, so that a second one is never right.
const SINGLETONS: [&str; 13] = [
    "Authorization",
    "client_id",
    "client_secret",
    "Ocp-Apim-Subscription-Key",
    "Merchant-Serial-Number",
    "Vipps-System-Name",
    "Vipps-System-Version",
    "Vipps-System-Plugin-Name",
    "Vipps-System-Plugin-Version",
    "Idempotency-Key",
    "Content-Type",
    "Host",
    "Origin",
];

/// Method, target, headers and body of one request.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(head: Parts, body: Bytes) -> Self {
        let path = head.uri.path().to_owned();
        let query = head.uri.query().map(str::to_owned);
        Self { method: head.method, path, query, headers: head.headers, body }
    }

    /// The first value under that name; `None` also when it isn't UTF-8.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.contains_key(name)
    }

    /// The first header that came more than once, though it must not.
    pub(crate) fn doubled(&self) -> Option<&'static str> {
        SINGLETONS.into_iter().find(|name| self.headers.get_all(*name).iter().count() > 1)
    }

    /// Whether the body claims to be a form, with or without a charset.
    pub(crate) fn is_form(&self) -> bool {
        self.header(header::CONTENT_TYPE.as_str()).is_some_and(is_form)
    }

    /// Whether the body claims to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        let sent = self.header(header::CONTENT_TYPE.as_str()).and_then(|sent| sent.split(';').next());
        sent.is_some_and(|sent| sent.trim().eq_ignore_ascii_case("application/json"))
    }

    /// Whether a query or a form in the body has one of these fields.
    pub(crate) fn mentions(&self, fields: &[&str]) -> bool {
        let query = Form::parse(self.query.as_deref().unwrap_or_default().as_bytes());
        let body = Form::parse(&self.body);
        fields.iter().any(|field| query.value(field).is_some() || body.value(field).is_some())
    }
}

/// Whether this `Content-Type` is that of a form.
pub(crate) fn is_form(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The fields of a query or a form, decoded.
pub(crate) fn fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// A path without its percent-encoding.
pub(crate) fn percent_decoded(path: &str) -> String {
    let one_value = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    fields(one_value.as_bytes()).pop().map(|(path, _)| path).unwrap_or_default()
}

/// The fields of a form, in order.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Self {
        Self(fields(body))
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn times(&self, name: &str) -> usize {
        self.names().filter(|known| *known == name).count()
    }

    /// The first field that comes twice (RFC 6749 section 3.2 forbids it).
    pub(crate) fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.names().find(|name| !seen.insert(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_once() {
        let form = Form::parse(b"grant_type=client_credentials&scope=a%3Ar+b%253Ar");
        assert_eq!(form.value("scope"), Some("a:r b%3Ar"));
        assert_eq!(form.value("nothing"), None);
        assert_eq!(form.repeated(), None);
    }

    #[test]
    fn a_path_is_decoded_whole() {
        assert_eq!(percent_decoded("/a%2Fb/c+d=e&f%20g"), "/a/b/c+d=e&f g");
        assert_eq!(percent_decoded("/"), "/");
    }

    #[test]
    fn a_repeated_field_is_found() {
        assert_eq!(Form::parse(b"a=1&b=2&a=3").repeated(), Some("a"));
    }

    #[test]
    fn a_large_form_is_searched_in_one_pass() {
        let form: Vec<String> = (0..200_000).map(|field| format!("{field}")).collect();
        assert_eq!(Form::parse(form.join("&").as_bytes()).repeated(), None);
    }

    #[test]
    fn the_charset_of_a_form_is_optional() {
        let request = |content_type: &str| {
            let head = http::Request::post("/x").header("content-type", content_type).body(()).expect("a request");
            Request::new(head.into_parts().0, Bytes::new())
        };
        assert!(request("application/x-www-form-urlencoded; charset=utf-8").is_form());
        assert!(request("Application/X-WWW-Form-Urlencoded").is_form());
        assert!(!request("application/json").is_form());
    }
}
