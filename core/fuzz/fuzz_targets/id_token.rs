//! Any token, and any header and payload under a good signature: claims or a typed error, never a panic. What is
//! accepted is for the expected merchant and issuer, by a reading of our own.
#![no_main]

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, UNIX_EPOCH},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use libfuzzer_sys::fuzz_target;
use vipps_partner_auth::{Config, Expect, Flow, IdTokenVerifier, ManualClock};

const HEADER: &[u8] = br#"{"alg":"ES256","kid":"ec-1","typ":"JWT"}"#;

static KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));

static VERIFIER: LazyLock<IdTokenVerifier> = LazyLock::new(|| {
    let point = KEY.public_key().as_ref();
    let x = BASE64.encode(&point[1..33]);
    let y = BASE64.encode(&point[33..]);
    let jwks = format!(r#"{{"keys":[{{"kty":"EC","crv":"P-256","kid":"ec-1","x":"{x}","y":"{y}"}}]}}"#);
    let config = Config::default().clock(Arc::new(ManualClock::at_unix(fuzz::NOW)));
    IdTokenVerifier::with_jwks(config, &jwks).expect("a key set")
});

fuzz_target!(|input: &[u8]| {
    let expect = Expect::default().msn("123456".parse().expect("an msn")).flow(Flow::Backchannel).nonce("n");
    let (Some(kind), rest) = (input.first(), input.get(1..).unwrap_or_default()) else { return };
    let token = match kind % 3 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => signed(HEADER, rest),
        _ => signed(rest, br#"{"iss":"x"}"#),
    };
    let Some(Ok(claims)) = VERIFIER.verify_cached(&token, &expect) else { return };
    assert_eq!(claims.msn().as_str(), "123456");
    assert_eq!(claims.claim("iss"), Some("https://api.vipps.no/access-management-1.0/access/".to_owned()));
    let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
    assert!(claims.expires_at() > at(fuzz::NOW - 60) && claims.issued_at() <= at(fuzz::NOW + 60));
    assert!(!claims.sub().is_empty());
});

fn signed(header: &[u8], payload: &[u8]) -> String {
    let message = format!("{}.{}", BASE64.encode(header), BASE64.encode(payload));
    let signature = KEY.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    format!("{message}.{}", BASE64.encode(signature))
}
