//! What of a request is signed, once it has the form of a webhook.

use http::{
    HeaderName,
    header::{AUTHORIZATION, HOST},
};

use crate::{
    error::{Error, Result},
    headers::{CONTENT_SHA256, MS_DATE, SIGNED_HEADERS, SIGNED_WITH, WEBHOOK_ID},
};

/// Names in any letter case, and values.
pub(super) type Headers<'a> = [(&'a [u8], &'a [u8])];

/// The parts of a webhook. Nothing of it is believed yet.
pub(super) struct Request<'a> {
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) webhook_id: &'a [u8],
    pub(super) date: &'a [u8],
    /// Base64, as is the signature.
    pub(super) hash: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) host: Option<&'a [u8]>,
}

impl<'a> Request<'a> {
    pub(super) fn read(method: &str, target: &'a str, headers: &Headers<'a>) -> Result<Self> {
        if !method.eq_ignore_ascii_case("POST") {
            return Err(form("the request is no POST").with_hint("Vipps posts all webhooks"));
        }
        let (authority, target) = taken_apart(target).ok_or_else(|| {
            form("no request can have this path").with_hint(
                "hand over path and query as the request line had them, such as /webhooks?shop=7, or the whole URL",
            )
        })?;
        let authorization = needed(headers, &AUTHORIZATION)?;
        Ok(Self {
            target,
            webhook_id: needed(headers, &WEBHOOK_ID)?,
            date: needed(headers, &MS_DATE)?,
            hash: needed(headers, &CONTENT_SHA256)?,
            signature: signature(authorization).ok_or_else(|| {
                form("the header authorization is not the one of a webhook")
                    .with_hint("it is not from Vipps, or a proxy or the framework put another in its place")
            })?,
            host: only(headers, HOST.as_str())?.or(only(headers, AUTHORITY)?).or(authority.map(str::as_bytes)),
        })
    }
}

/// Where HTTP/2 names the host; some servers show it among the headers.
pub(super) const AUTHORITY: &str = ":authority";

fn form(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::invalid_webhook("form", detail)
}

/// The host, where it is told, and path with query.
fn taken_apart(target: &str) -> Option<(Option<&str>, &str)> {
    if !target.bytes().all(|byte| byte > b' ' && byte != 0x7f) {
        return None;
    }
    if target.starts_with('/') {
        return Some((None, target));
    }
    let (scheme, rest) = target.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find('/')?);
    let is_url = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let is_authority = !authority.is_empty() && !authority.contains(['?', '#', '@']);
    (is_url && is_authority).then_some((Some(authority), path))
}

fn needed<'a>(headers: &Headers<'a>, name: &HeaderName) -> Result<&'a [u8]> {
    only(headers, name.as_str())?.ok_or_else(|| {
        form(format!("the request has no header {name}"))
            .with_hint("it is not from Vipps, or a proxy or the framework took the header away")
    })
}

/// The value of a header that may be there once. Of two, nobody knows which one another reader would take.
fn only<'a>(headers: &Headers<'a>, name: &str) -> Result<Option<&'a [u8]>> {
    let mut values = all(headers, name);
    let first = values.next();
    if values.next().is_some() {
        return Err(form(format!("the request has the header {name} more than once"))
            .with_hint("a proxy adds one of its own, or somebody means two readers to see two requests"));
    }
    Ok(first)
}

pub(super) fn all<'a>(headers: &Headers<'a>, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let named = headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
    named.map(|(_, value)| value.trim_ascii())
}

/// Only what covers exactly these headers counts: a list of fewer would leave one of them to whoever calls.
fn signature(authorization: &[u8]) -> Option<&[u8]> {
    let scheme = authorization.get(..SIGNED_WITH.len())?;
    let rest = &authorization[SIGNED_WITH.len()..];
    let parameters = rest.trim_ascii_start();
    let is_apart = parameters.len() < rest.len();
    let covered = parameters.strip_prefix(b"SignedHeaders=")?;
    let names = covered.get(..SIGNED_HEADERS.len())?;
    let is_ours = scheme.eq_ignore_ascii_case(SIGNED_WITH.as_bytes())
        && is_apart
        && names.eq_ignore_ascii_case(SIGNED_HEADERS.as_bytes());
    covered[SIGNED_HEADERS.len()..].strip_prefix(b"&Signature=").filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_path_or_a_whole_url() {
        for (target, parts) in [
            ("/", Some((None, "/"))),
            ("/a?b=c://d", Some((None, "/a?b=c://d"))),
            ("//a", Some((None, "//a"))),
            ("https://shop.example/a?b", Some((Some("shop.example"), "/a?b"))),
            ("HTTP://127.0.0.1:80/", Some((Some("127.0.0.1:80"), "/"))),
            ("https://shop.example", None),
            ("https://shop.example?a=/", None),
            ("https://user@shop.example/", None),
            ("https:///a", None),
            ("ftp://shop.example/a", None),
            ("a", None),
            ("", None),
            ("*", None),
            ("/a b", None),
            ("/a\nb", None),
        ] {
            assert_eq!(taken_apart(target), parts, "{target:?}");
        }
    }

    #[test]
    fn a_signature_covers_the_three_headers() {
        for (value, expected) in [
            ("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=abc=", Some("abc=")),
            ("hmac-sha256  SignedHeaders=X-Ms-Date;Host;X-Ms-Content-Sha256&Signature=", Some("")),
            ("HMAC-SHA256 SignedHeaders=x-ms-date;host&Signature=abc=", None),
            ("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256;a&Signature=abc=", None),
            ("HMAC-SHA256 SignedHeaders=host;x-ms-date;x-ms-content-sha256&Signature=abc=", None),
            ("HMAC-SHA256 Signature=abc=&SignedHeaders=x-ms-date;host;x-ms-content-sha256", None),
            ("HMAC-SHA256SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=abc=", None),
            ("HMAC-SHA512 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=abc=", None),
            ("Bearer abc", None),
            ("", None),
        ] {
            assert_eq!(signature(value.as_bytes()), expected.map(str::as_bytes), "{value}");
        }
    }
}
