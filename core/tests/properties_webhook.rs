//! Rules of webhooks that hold for every input, tried with a great many.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue};
use proptest::{collection::vec, prelude::*};
use vipps_partner_auth::{ErrorKind, ManualClock, WebhookOptions, WebhookVerifier};

const NOW: u64 = 1_767_225_600;
const NAMES: [&str; 5] = ["host", "webhook-id", "x-ms-date", "x-ms-content-sha256", "authorization"];
const REASONS: [&str; 6] = ["form", "webhook_id", "date", "hash", "host", "signature"];

fn verifier(id: &str, secret: &str) -> WebhookVerifier {
    let options = WebhookOptions::default().clock(Arc::new(ManualClock::at_unix(NOW)));
    WebhookVerifier::with_options([(id, secret)], &options).expect("good settings")
}

fn targets() -> impl Strategy<Value = String> {
    ("(/[a-z0-9%_.~-]{0,8}){1,4}", prop_oneof![Just(String::new()), "\\?[a-z0-9=&%+_-]{0,20}"])
        .prop_filter("what a URL parser leaves alone", |(path, _)| {
            !path.split('/').any(|part| [".", "..", "%2e", "%2e%2e", ".%2e", "%2e."].contains(&part))
                && !path.starts_with("//")
        })
        .prop_map(|(path, query)| path + &query)
}

proptest! {
    #[test]
    fn what_is_signed_passes(id in "[!-~]{1,40}", secret in "[!-~]{1,80}", target in targets(), body: Vec<u8>) {
        let verifier = verifier(&id, &secret);
        let headers = verifier.sign(&id, &format!("https://shop.example{target}"), &body).expect("good");
        let webhook = verifier.verify("POST", &target, &headers, &body);
        let webhook = webhook.map_err(|error| TestCaseError::fail(format!("{target}: {error}")))?;
        prop_assert_eq!((webhook.webhook_id(), webhook.body()), (&id[..], &body[..]));
    }

    #[test]
    fn one_bit_of_difference_is_refused(
        body in vec(any::<u8>(), 1..60),
        secret in "[!-~]{8,40}",
        name in prop::sample::select(NAMES.to_vec()),
        at: prop::sample::Index,
        bit in 0_u8..7,
    ) {
        let verifier = verifier("webhook-1", &secret);
        let headers = verifier.sign("webhook-1", "https://shop.example/hooks", &body).expect("good");
        let mut other = body.clone();
        other[at.index(body.len())] ^= 1 << bit;
        let error = verifier.verify("POST", "/hooks", &headers, &other).expect_err("another body");
        prop_assert_eq!(error.reason(), Some("hash"));

        let value = headers[name].as_bytes();
        let mut bent = value.to_vec();
        bent[at.index(value.len())] ^= 1 << bit;
        // The scheme and the names of headers are read in any letter case, and white space around a value is none of it.
        prop_assume!(!bent.eq_ignore_ascii_case(value) || name != "authorization");
        if let Ok(bent) = HeaderValue::from_bytes(&bent) {
            let mut headers = headers.clone();
            headers.insert(name, bent);
            let error = verifier.verify("POST", "/hooks", &headers, &body).expect_err("another header");
            prop_assert_eq!(error.kind(), ErrorKind::InvalidWebhook);
        }
    }

    #[test]
    fn whatever_comes_is_refused_in_words_and_never_shown(
        method in prop_oneof![Just("POST".to_owned()), any::<String>()],
        target in prop_oneof![targets(), any::<String>()],
        values in vec(prop_oneof![
            any::<Vec<u8>>(),
            "[ -~]{0,60}".prop_map(String::into_bytes),
            Just(b"Thu, 01 Jan 2026 00:00:00 GMT".to_vec()),
            Just(b"webhook-1".to_vec()),
            "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=[a-zA-Z0-9+/=]{0,44}".prop_map(String::into_bytes),
        ], 0..8),
        more in vec(("[a-z-]{1,16}", any::<Vec<u8>>()), 0..4),
        body: Vec<u8>,
    ) {
        let verifier = verifier("webhook-1", "the-secret-that-nobody-knows");
        let known = NAMES.iter().map(|name| (*name).to_owned()).cycle().zip(values);
        let error = verifier.verify(&method, &target, known.chain(more), &body).expect_err("nothing is signed");
        prop_assert!(error.reason().is_some_and(|reason| REASONS.contains(&reason)));
        prop_assert!(!error.to_string().contains("the-secret"));
    }

    #[test]
    fn the_date_is_good_within_the_tolerance(offset in -2_000_i64..2_000, tolerance in 0_u64..1_000) {
        let signer = verifier("webhook-1", "secret");
        let headers: HeaderMap = signer.sign("webhook-1", "https://shop.example/", "").expect("good");
        let clock = Arc::new(ManualClock::at_unix(NOW.saturating_add_signed(offset)));
        let options = WebhookOptions::default().tolerance(Duration::from_secs(tolerance)).clock(clock);
        let reader = WebhookVerifier::with_options([("webhook-1", "secret")], &options).expect("good settings");
        let outcome = reader.verify("POST", "/", &headers, "");
        prop_assert_eq!(outcome.is_ok(), offset.unsigned_abs() <= tolerance);
        prop_assert!(outcome.is_ok() || outcome.is_err_and(|error| error.reason() == Some("date")));
    }
}
