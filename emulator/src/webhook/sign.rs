//! The signature of a webhook: HMAC-SHA256 over method, target, date, host and the hash of the body.

use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Uri;

/// The secret of one registration, as the Webhooks API handed it out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) webhook_id: String,
    pub(crate) secret: String,
}

/// The last moment that an HTTP date can tell: the end of the year 9999.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

/// The five headers of a signed webhook, `Host` among them.
pub(crate) fn headers(
    registration: &Registration,
    url: &Uri,
    body: &[u8],
    now: Duration,
) -> [(&'static str, String); 5] {
    let date = httpdate::fmt_http_date(UNIX_EPOCH + now.min(LAST_DATE));
    let host = host(url);
    let hash = STANDARD.encode(digest(&SHA256, body));
    let target = url.path_and_query().map_or("/", |target| target.as_str());
    let signed = format!("POST\n{target}\n{date};{host};{hash}");
    // The secret's own bytes as text: it looks like base64 and is not to be decoded.
    let key = hmac::Key::new(hmac::HMAC_SHA256, registration.secret.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    let authorization = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    [
        ("x-ms-date", date),
        ("x-ms-content-sha256", hash),
        ("Host", host),
        ("Webhook-Id", registration.webhook_id.clone()),
        ("Authorization", authorization),
    ]
}

/// With a port, unless it is the scheme's own.
pub(crate) fn host(url: &Uri) -> String {
    let usual = if url.scheme_str() == Some("https") { 443 } else { 80 };
    let host = url.host().unwrap_or_default();
    match url.port_u16() {
        Some(port) if port != usual => format!("{host}:{port}"),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with Python's hmac, hashlib and base64.
    #[test]
    fn the_signature_is_made_of_text_joined_by_line_feeds() {
        let registration = Registration { webhook_id: "w-1".to_owned(), secret: "c2VjcmV0LXdpdGgtPT0=".to_owned() };
        let url: Uri = "https://shop.example/hooks?a=b".parse().expect("a URL");
        let made = headers(&registration, &url, br#"{"auth_req_id":"r-1"}"#, Duration::from_secs(1_767_225_600));
        assert_eq!(made[0].1, "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(made[1].1, "r2hFxlQBCDOiWq/gwOhzAD34u7Drqf0rDR9Moc4wXIs=");
        assert_eq!(made[2].1, "shop.example");
        assert!(made[4].1.ends_with("&Signature=yw0KvtvGXo/idhImIIu/jW4tnBHYYAuURJnqBbqj8mA="), "{}", made[4].1);
    }

    #[test]
    fn a_port_is_signed_unless_it_is_the_schemes_own() {
        for (url, expected) in [
            ("http://127.0.0.1:4000/x", "127.0.0.1:4000"),
            ("http://localhost:80/", "localhost"),
            ("https://shop.example:443/", "shop.example"),
            ("https://shop.example:80/", "shop.example:80"),
            ("http://[::1]:4000/", "[::1]:4000"),
        ] {
            assert_eq!(host(&url.parse().expect("a URL")), expected);
        }
    }
}
