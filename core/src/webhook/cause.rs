//! Why a webhook is refused, told by what would have fitted. None of it lets anything through.

use std::str::from_utf8;

use http::header::{FORWARDED, HOST};

use super::{
    request::{Headers, Request, all},
    signature::{Key, Signed},
};
use crate::error::Error;

/// How many secrets of other registrations are tried: a refusal must not cost more than it is worth.
const MOST_OTHERS: usize = 64;
/// How many hosts are tried.
const MOST_HOSTS: usize = 8;

pub(super) fn of_hash(body: &[u8], is_signed: bool) -> Error {
    let error = Error::invalid_webhook("hash", "the body is not the one that was sent");
    error.with_hint(match (body, is_signed) {
        ([], _) => "the body is empty: something read it before; hand over the raw bytes",
        (_, true) => "the body was parsed and written again, decoded or cut before the check: hand over the raw bytes",
        (_, false) => "the body was changed on its way, or the call is not from Vipps",
    })
}

pub(super) fn of_signature<'a>(
    signed: &Signed<'_>,
    request: &Request<'_>,
    headers: &Headers<'_>,
    keys: &[Key],
    others: impl Iterator<Item = &'a Key>,
    has_public_host: bool,
) -> Error {
    if is_for_another_host(signed, request, headers, keys) {
        return of_host(has_public_host);
    }
    if signed.is_by_any(others.take(MOST_OTHERS), request.signature) {
        return Error::invalid_webhook("webhook_id", "the webhook is signed with the secret of another registration")
            .with_hint("secrets are stored under the wrong ids");
    }
    let error = Error::invalid_webhook("signature", "the signature is not one of this webhook");
    error.with_hint(hint_of_signature(signed, request.signature, keys))
}

fn of_host(has_public_host: bool) -> Error {
    if has_public_host {
        return Error::invalid_webhook("host", "the webhook is signed for another host than public_host")
            .with_hint("public_host is not the host of the registered URL: mind its port");
    }
    Error::invalid_webhook("host", "the webhook is signed for another host than the request names")
        .with_hint("a proxy changes Host: set public_host to the host of the registered URL")
}

fn is_for_another_host(signed: &Signed<'_>, request: &Request<'_>, headers: &Headers<'_>, keys: &[Key]) -> bool {
    let hosts = request.host.into_iter().chain(told_by_proxies(headers));
    let hosts = hosts.flat_map(|host| [host, without_port(host)]).chain([without_port(signed.host)]);
    let others = hosts.filter(|host| *host != signed.host).take(MOST_HOSTS);
    others.into_iter().any(|host| signed.with_host(host).is_by_any(keys, request.signature))
}

/// What proxies say that the host was (RFC 7239, and what is in use besides). Anybody may write these, so they are good
/// for a hint alone.
fn told_by_proxies<'a>(headers: &Headers<'a>) -> impl Iterator<Item = &'a [u8]> {
    let plain = [HOST.as_str(), "x-forwarded-host", "x-original-host"].map(|name| all(headers, name));
    let listed = plain.into_iter().flatten().flat_map(|value| value.split(|byte| *byte == b','));
    let pairs = all(headers, FORWARDED.as_str()).flat_map(|value| value.split(|byte| b",;".contains(byte)));
    listed.map(<[u8]>::trim_ascii).chain(pairs.filter_map(forwarded_host))
}

fn forwarded_host(pair: &[u8]) -> Option<&[u8]> {
    let pair = pair.trim_ascii();
    let value = pair.get(..5).filter(|name| name.eq_ignore_ascii_case(b"host=")).map(|_| &pair[5..])?;
    Some(value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

fn without_port(host: &[u8]) -> &[u8] {
    let port = host.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    host[..host.len() - port].strip_suffix(b":").unwrap_or(host)
}

fn hint_of_signature(signed: &Signed<'_>, signature: &[u8], keys: &[Key]) -> &'static str {
    if signed.is_by_decoded(keys, signature) {
        return "the sender decoded the secret: the key is its text as it stands";
    }
    if signed.is_joined_with_crlf(keys, signature) {
        return "the sender joined the lines with CRLF: LF alone is right";
    }
    if other_targets(signed.target).any(|target| signed.with_target(&target).is_by_any(keys, signature)) {
        return "path or query are not as they were called: a proxy or the framework rewrites them";
    }
    "another secret (a rotated one, or one that was decoded or cut), a path, query or Host that a proxy changes, or a forgery"
}

/// The target as frameworks and proxies tend to bend it.
fn other_targets(target: &str) -> impl Iterator<Item = String> {
    let path = target.split('?').next().unwrap_or_default();
    let query = &target[path.len()..];
    let bare = path.trim_end_matches('/');
    let decoded: Vec<u8> = percent_encoding::percent_decode_str(target).collect();
    let decoded = from_utf8(&decoded).map(str::to_owned);
    let others = [path.to_owned(), format!("{bare}/{query}"), format!("{bare}{query}"), format!("{path}?")];
    others.into_iter().chain(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(name: &str, value: &str) -> Vec<String> {
        let headers = [(name.as_bytes(), value.as_bytes())];
        told_by_proxies(&headers).map(|host| String::from_utf8_lossy(host).into_owned()).collect()
    }

    #[test]
    fn what_proxies_say_of_the_host() {
        assert_eq!(hosts("X-Forwarded-Host", "shop.example, inner:8080"), ["shop.example", "inner:8080"]);
        assert_eq!(hosts("forwarded", "for=10.0.0.1;Host=\"shop.example:8443\", host=b"), ["shop.example:8443", "b"]);
        assert_eq!(hosts("x-forwarded-for", "10.0.0.1"), Vec::<String>::new());
        assert_eq!(hosts("forwarded", "hos"), Vec::<String>::new());
    }

    #[test]
    fn a_port_is_what_stands_behind_the_last_colon() {
        for (host, bare) in
            [("a.example:443", "a.example"), ("a.example", "a.example"), ("[::1]:80", "[::1]"), ("", "")]
        {
            assert_eq!(without_port(host.as_bytes()), bare.as_bytes(), "{host}");
        }
    }
}
