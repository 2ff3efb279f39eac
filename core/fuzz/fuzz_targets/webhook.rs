//! Any call of a webhook: path, headers, body, with `SIGNED` for a signature that fits and `HASH` for the hash of the
//! body. It passes only where the library itself would have signed the same.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use vipps_partner_auth::{ErrorKind, ManualClock, WebhookOptions, WebhookVerifier};

static VERIFIER: LazyLock<WebhookVerifier> = LazyLock::new(|| {
    let options = WebhookOptions::default().clock(Arc::new(ManualClock::at_unix(fuzz::NOW)));
    let secrets = [("webhook-1", "b2xk"), ("webhook-1", "bmV3"), ("webhook-2", "b3RoZXI=")];
    WebhookVerifier::with_options(secrets, &options).expect("good settings")
});

fuzz_target!(|text: &str| {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let (target, lines) = head.split_once('\n').unwrap_or((head, ""));
    let signed = VERIFIER.sign("webhook-1", &format!("https://shop.example{target}"), body);
    let value = |name| signed.as_ref().ok().and_then(|signed| signed[name].to_str().ok()).unwrap_or_default();
    let lines = lines.replace("SIGNED", value("authorization")).replace("HASH", value("x-ms-content-sha256"));
    let headers: Vec<_> = lines.lines().map(|line| line.split_once(':').unwrap_or((line, ""))).collect();
    match VERIFIER.verify("POST", target, headers, body) {
        Ok(webhook) => {
            assert!(text.contains("SIGNED") || text.contains("Signature="));
            assert_eq!((webhook.webhook_id(), webhook.body()), ("webhook-1", body.as_bytes()));
            let _ = webhook.ping();
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidWebhook);
            assert!(error.reason().is_some() && !error.to_string().contains("b2xk"));
        }
    }
});
