//! Any body of a consent-revoked callback, and any payload in one that is well-formed: claims or a typed error.
#![no_main]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use libfuzzer_sys::fuzz_target;
use vipps_partner_auth::UnverifiedConsentRevoked;

fuzz_target!(|text: &str| {
    judge(text);
    judge(&format!("eyJhbGciOiJub25lIn0.{}.", BASE64.encode(text)));
});

fn judge(body: &str) {
    match UnverifiedConsentRevoked::parse(body) {
        Ok(claims) => {
            assert!(!claims.claimed_sub().is_empty());
            let _ = (claims.claimed_issued_at(), claims.claimed_expires_at());
        }
        Err(error) => assert_eq!(error.field(), Some("body")),
    }
}
