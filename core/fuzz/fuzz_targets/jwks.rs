//! Any key set: a verifier or a typed error, never a panic, and never a token accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vipps_partner_auth::{Environment, Expect, IdTokenVerifier};

fuzz_target!(|text: &str| {
    let (jwks, token) = text.split_once('\n').unwrap_or((text, "a.b.c"));
    match IdTokenVerifier::with_jwks(Environment::Production, jwks) {
        Ok(verifier) => {
            let expect = Expect::default().msn("123456".parse().expect("an msn"));
            assert!(verifier.verify_cached(token, &expect).expect("no i/o is needed").is_err());
        }
        Err(error) => assert_eq!(error.field(), Some("jwks")),
    }
});
