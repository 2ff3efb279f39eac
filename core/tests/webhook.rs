//! Webhooks: what comes from Vipps, what does not, and what the refusal says.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header::HOST};
use vipps_partner_auth::{Error, ErrorKind, ManualClock, Result, VerifiedWebhook, WebhookOptions, WebhookVerifier};

const NOW: u64 = 1_767_225_600;
const ID: &str = "3cc1dd85-0000-4000-8000-000000000001";
const SECRET: &str = "c2VjcmV0LXdpdGgtPT0=";
const BODY: &[u8] = br#"{"auth_req_id":"r-1"}"#;
const PATH: &str = "/hooks?a=b";

fn options() -> WebhookOptions {
    WebhookOptions::default().clock(Arc::new(ManualClock::at_unix(NOW)))
}

fn verifier() -> WebhookVerifier {
    WebhookVerifier::with_options([(ID, SECRET)], &options()).expect("good settings")
}

/// A call as Vipps makes it, worked out here and not by the library.
#[derive(Clone)]
struct Call {
    line_end: &'static str,
    target: &'static str,
    date: &'static str,
    host: &'static str,
    key: Vec<u8>,
    body: &'static [u8],
}

impl Default for Call {
    fn default() -> Self {
        Self {
            line_end: "\n",
            target: PATH,
            date: "Thu, 01 Jan 2026 00:00:00 GMT",
            host: "shop.example",
            key: SECRET.into(),
            body: BODY,
        }
    }
}

impl Call {
    fn headers(&self) -> Vec<(&'static str, String)> {
        let hash = BASE64_STANDARD.encode(digest(&SHA256, self.body));
        let Self { line_end, target, date, host, .. } = self;
        let signed = format!("POST{line_end}{target}{line_end}{date};{host};{hash}");
        let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.key), signed.as_bytes());
        let signature = BASE64_STANDARD.encode(signature);
        vec![
            ("x-ms-date", (*date).to_owned()),
            ("x-ms-content-sha256", hash),
            ("Host", (*host).to_owned()),
            ("Webhook-Id", ID.to_owned()),
            (
                "Authorization",
                format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"),
            ),
        ]
    }
}

fn check(headers: &[(&'static str, String)]) -> Result<VerifiedWebhook> {
    check_by(&verifier(), headers)
}

fn check_by(verifier: &WebhookVerifier, headers: &[(&'static str, String)]) -> Result<VerifiedWebhook> {
    verifier.verify("POST", PATH, headers.iter().map(|(name, value)| (name, value)), BODY)
}

/// The error is a refusal with this reason, and its hint holds these words.
fn assert_refused(outcome: Result<VerifiedWebhook>, reason: &str, words: &str) {
    let error = outcome.expect_err(reason);
    assert_eq!((error.kind(), error.reason()), (ErrorKind::InvalidWebhook, Some(reason)), "{error}");
    assert!(error.hint().unwrap_or(error.detail()).contains(words), "{error}");
    assert!(!error.retryable());
    assert!(!error.to_string().contains(SECRET), "{error}");
}

fn with(name: &str, value: &str) -> Vec<(&'static str, String)> {
    let mut headers = Call::default().headers();
    headers.iter_mut().filter(|(known, _)| *known == name).for_each(|(_, known)| value.clone_into(known));
    headers
}

#[test]
fn what_vipps_signed_passes() {
    let webhook = check(&Call::default().headers()).expect("signed by hand");
    assert_eq!((webhook.webhook_id(), webhook.body()), (ID, BODY));
    assert_eq!(webhook.sent_at(), std::time::UNIX_EPOCH + Duration::from_secs(NOW));
    assert_eq!(webhook.ping().expect("a ping").auth_req_id(), "r-1");
    // Computed with OpenSSL's command line.
    let signature = "yw0KvtvGXo/idhImIIu/jW4tnBHYYAuURJnqBbqj8mA=";
    assert!(Call::default().headers()[4].1.ends_with(signature));
}

#[test]
fn what_the_library_signs_is_the_same_to_the_byte() {
    let signed = verifier().sign(ID, "https://shop.example/hooks?a=b", BODY).expect("a known id");
    let expected: HeaderMap = Call::default()
        .headers()
        .into_iter()
        .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_str(&value).expect("a value")))
        .map(|(name, value): (http::HeaderName, _)| (name, value))
        .collect();
    assert_eq!(signed, expected);
}

#[test]
fn headers_come_as_a_map_or_as_pairs_of_text_or_bytes() {
    let signed = verifier().sign(ID, "https://shop.example/hooks?a=b", BODY).expect("a known id");
    assert!(verifier().verify(http::Method::POST, PATH, &signed, BODY).is_ok());
    assert!(
        verifier()
            .verify("POST", "https://shop.example/hooks?a=b", &signed, String::from_utf8_lossy(BODY).as_bytes())
            .is_ok()
    );
    let pairs: Vec<(String, Vec<u8>)> =
        signed.iter().map(|(name, value)| (name.as_str().to_uppercase(), value.as_bytes().to_vec())).collect();
    assert!(verifier().verify("POST", PATH, pairs.clone(), BODY).is_ok());
    let padded = pairs.into_iter().map(|(name, value)| (name, [b" ", &value[..], b"\t"].concat()));
    assert!(verifier().verify("POST", PATH, padded, BODY).is_ok());
}

#[test]
fn http_2_names_the_host_elsewhere() {
    let headers: Vec<_> = Call::default().headers().into_iter().filter(|(name, _)| *name != "Host").collect();
    assert_refused(check(&headers), "form", "public_host");
    let pseudo = [&headers[..], &[(":authority", "shop.example".to_owned())]].concat();
    assert!(check(&pseudo).is_ok());
    let pairs = || headers.iter().map(|(name, value)| (name, value));
    assert!(verifier().verify("POST", "https://shop.example/hooks?a=b", pairs(), BODY).is_ok());
    assert_refused(verifier().verify("POST", "https://other.example/hooks?a=b", pairs(), BODY), "signature", "Host");
}

#[test]
fn the_form() {
    assert_refused(verifier().verify("GET", PATH, &HeaderMap::new(), ""), "form", "posts");
    assert_refused(verifier().verify("POST", "hooks", &HeaderMap::new(), ""), "form", "path and query");
    assert_refused(verifier().verify("POST", PATH, &HeaderMap::new(), ""), "form", "not from Vipps");
    for left_out in ["x-ms-date", "x-ms-content-sha256", "Webhook-Id", "Authorization"] {
        let headers: Vec<_> = Call::default().headers().into_iter().filter(|(name, _)| *name != left_out).collect();
        assert_refused(check(&headers), "form", "took the header away");
    }
    for (at, (name, _)) in Call::default().headers().into_iter().enumerate() {
        let mut headers = Call::default().headers();
        headers.push(headers[at].clone());
        let error = check(&headers).expect_err(name);
        assert_eq!(error.reason(), Some("form"), "{error}");
        assert!(error.detail().ends_with("more than once"), "{error}");
    }
    assert_refused(check(&with("Authorization", "Bearer abc")), "form", "another in its place");
    let weaker = with("Authorization", "HMAC-SHA256 SignedHeaders=host&Signature=abc=");
    assert_refused(check(&weaker), "form", "another in its place");
}

#[test]
fn an_unsigned_callback_is_no_webhook() {
    let consent_revoked = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjMGZmZWUiLCJldmVudCI6IkNPTlNFTlRfUkVWT0tFRCJ9.";
    assert_refused(
        verifier().verify("POST", PATH, [("Host", "shop.example")], consent_revoked),
        "form",
        "not from Vipps",
    );
}

#[test]
fn the_webhook_id() {
    assert_refused(check(&with("Webhook-Id", "another")), "webhook_id", "not stored");
    assert_refused(check(&with("Webhook-Id", "\u{e5}")), "webhook_id", "not stored");
}

#[test]
fn the_secret_of_another_registration_is_told() {
    let mixed_up =
        WebhookVerifier::with_options([(ID, "the-secret-of-2"), ("webhook-2", SECRET)], &options()).expect("good");
    assert_refused(check_by(&mixed_up, &Call::default().headers()), "webhook_id", "wrong ids");
}

#[test]
fn any_secret_of_one_id_will_do() {
    for secrets in [[(ID, "old-secret"), (ID, SECRET)], [(ID, SECRET), (ID, "new-secret")]] {
        let rotating = WebhookVerifier::with_options(secrets, &options()).expect("good settings");
        assert!(check_by(&rotating, &Call::default().headers()).is_ok());
        let first = rotating.sign(ID, "https://shop.example/", BODY).expect("a known id");
        let alone = WebhookVerifier::with_options([secrets[0]], &options()).expect("good settings");
        assert!(alone.verify("POST", "/", &first, BODY).is_ok(), "the first secret signs");
    }
}

#[test]
fn the_date() {
    let at = |now: u64| {
        let options = WebhookOptions::default().clock(Arc::new(ManualClock::at_unix(now)));
        WebhookVerifier::with_options([(ID, SECRET)], &options).expect("good settings")
    };
    let headers = Call::default().headers();
    for now in [NOW - 300, NOW, NOW + 300] {
        assert!(check_by(&at(now), &headers).is_ok(), "{now}");
    }
    assert_refused(check_by(&at(NOW + 301), &headers), "date", "played again");
    assert_refused(check_by(&at(NOW - 301), &headers), "date", "slow");
    for date in ["", "now", "2026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00", "Thu, 01 Jan 2026 00:00:00 GMT;x"] {
        assert_refused(check(&with("x-ms-date", date)), "date", "looks like");
    }
    let exact = WebhookVerifier::with_options([(ID, SECRET)], &options().tolerance(Duration::ZERO)).expect("good");
    assert!(check_by(&exact, &headers).is_ok());
}

#[test]
fn the_body() {
    let check = |body: &[u8]| {
        let headers = Call::default().headers();
        verifier().verify("POST", PATH, headers.iter().map(|(name, value)| (name, value)), body)
    };
    assert_refused(check(br#"{"auth_req_id": "r-1"}"#), "hash", "parsed and written again");
    assert_refused(check(b""), "hash", "read it before");
    let mut forged = with("x-ms-content-sha256", &BASE64_STANDARD.encode(digest(&SHA256, b"{}")));
    assert_refused(verifier().verify("POST", PATH, forged.iter().map(|(n, v)| (n, v)), "{}"), "signature", "forgery");
    forged[1].1 = "not base64".to_owned();
    assert_refused(verifier().verify("POST", PATH, forged.iter().map(|(n, v)| (n, v)), "{}"), "hash", "not from Vipps");
}

#[test]
fn a_proxy_that_changes_the_host_is_found_out() {
    let mut headers = with("Host", "10.0.0.7:8080");
    assert_refused(check(&headers), "signature", "Host");
    headers.push(("X-Forwarded-Host", "shop.example".to_owned()));
    assert_refused(check(&headers), "host", "set public_host");
    headers[5] = ("forwarded", "for=1.2.3.4;host=\"shop.example:443\";proto=https".to_owned());
    assert_refused(check(&headers), "host", "set public_host");
    let public = |host: &str| WebhookVerifier::with_options([(ID, SECRET)], &options().public_host(host));
    for host in ["shop.example", "SHOP.example:443"] {
        assert!(check_by(&public(host).expect(host), &headers).is_ok(), "{host}");
    }
    assert_refused(
        check_by(&public("www.shop.example").expect("a host"), &Call::default().headers()),
        "host",
        "mind its port",
    );
    assert_refused(check_by(&public("shop.example:8443").expect("a host"), &headers), "host", "mind its port");
    assert_refused(check(&with("Host", "shop.example:443")), "host", "set public_host");
}

#[test]
fn what_others_get_wrong_is_told() {
    let by = |call: Call| check(&call.headers());
    let decoded = BASE64_STANDARD.decode(SECRET).expect("base64");
    assert_refused(by(Call { key: decoded, ..Call::default() }), "signature", "decoded the secret");
    assert_refused(by(Call { line_end: "\r\n", ..Call::default() }), "signature", "CRLF");
    for target in ["/hooks", "/hooks/?a=b"] {
        assert_refused(by(Call { target, ..Call::default() }), "signature", "rewrites");
    }
    assert_refused(by(Call { key: b"another".to_vec(), ..Call::default() }), "signature", "another secret");
    for signature in ["", "abc", "=", "\u{e5}"] {
        let value = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
        assert_refused(check(&with("Authorization", &value)), "signature", "forgery");
    }
}

#[test]
fn what_can_be_no_setting_is_refused_by_name() {
    type Made = Result<WebhookVerifier>;
    let field = |made: Made| made.err().and_then(|error: Error| error.field());
    let none: [(&str, &str); 0] = [];
    assert_eq!(field(WebhookVerifier::new(none)), Some("secrets"));
    for wrong in ["", " ", "a b", "a\n", "\u{feff}a", "å"] {
        assert_eq!(field(WebhookVerifier::new([(wrong, "secret")])), Some("webhook_id"), "{wrong:?}");
        let made = WebhookVerifier::new([("id", wrong)]);
        assert!(made.as_ref().is_err_and(|error| !error.to_string().contains('å')));
        assert_eq!(field(made), Some("secret"), "{wrong:?}");
    }
    let with = |options: &WebhookOptions| WebhookVerifier::with_options([(ID, SECRET)], options);
    assert_eq!(field(with(&options().tolerance(Duration::from_secs(86_401)))), Some("tolerance"));
    assert_eq!(field(with(&options().tolerance(Duration::from_secs(86_400)))), None);
    for wrong in ["", "https://shop.example", "shop.example/", "a b", "user@shop.example", "shop.example:x", "a?b"] {
        assert_eq!(field(with(&options().public_host(wrong))), Some("public_host"), "{wrong:?}");
    }
    for good in ["shop.example", "shop.example:8443", "127.0.0.1:3000", "[::1]", "localhost", "blåbær.example"] {
        assert_eq!(field(with(&options().public_host(good))), None, "{good:?}");
    }
    let sign = |id, url| verifier().sign(id, url, BODY).err().and_then(|error| error.field());
    assert_eq!(sign("another", "https://shop.example/"), Some("webhook_id"));
    for url in ["", "/hooks", "shop.example/hooks", "ftp://shop.example/", "mailto:a@b"] {
        assert_eq!(sign(ID, url), Some("url"), "{url}");
    }
}

#[test]
fn the_host_that_is_signed_has_a_port_unless_it_is_the_usual_one() {
    for (url, host) in [
        ("https://Shop.Example/a", "shop.example"),
        ("https://shop.example:443", "shop.example"),
        ("http://localhost:80/", "localhost"),
        ("http://user:word@127.0.0.1:4000/x", "127.0.0.1:4000"),
        ("https://[::1]:8443/", "[::1]:8443"),
        ("https://blåbær.example/", "xn--blbr-roah.example"),
    ] {
        assert_eq!(verifier().sign(ID, url, BODY).expect(url)[HOST], host, "{url}");
    }
}

#[test]
fn nothing_secret_is_shown() {
    let webhook = check(&Call::default().headers()).expect("signed");
    let shown = format!("{:?} {webhook:?} {:?}", verifier(), options());
    assert!(!shown.contains(SECRET) && !shown.contains("r-1"), "{shown}");
    assert!(shown.contains("21 bytes"), "{shown}");
}

/// Both take the same verifier, from as many threads as there are.
#[test]
fn a_verifier_is_shared() {
    fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<WebhookVerifier>();
    is_shared::<VerifiedWebhook>();
}
