//! What the ID-token tests have in common: keys that sign, tokens that can be bent in every way, an issuer without a
//! network, and one good token to start from.
#![allow(dead_code, reason = "each test file uses its own part of the ring")]
#![allow(unused_imports, reason = "each test file uses its own part of the ring")]

mod issuer;
mod premade;
mod signer;
mod token;
mod world;

use std::sync::Arc;

use vipps_partner_auth::{
    Config, Environment, ErrorKind, Expect, IdTokenClaims, IdTokenVerifier, ManualClock, Msn, Result,
};

pub(crate) use self::{
    issuer::{DISCOVERY_URL, Issuer, JWKS_URL, Reply},
    premade::{Premade, premade},
    signer::{EC, OTHER_EC, OTHER_RSA, RSA, Signer, UNPUBLISHED_RSA, jwks, jwks_of},
    token::{Object, Token, encode, signed},
    world::{World, settle},
};

pub(crate) const NOW: u64 = 1_767_225_600;
pub(crate) const ISSUER: &str = "https://api.vipps.no/access-management-1.0/access/";
pub(crate) const MSN: &str = "123456";
pub(crate) const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const NONCE: &str = "fixture-nonce-000001";
pub(crate) const ACCESS_TOKEN: &str = "fixture-login-access-token.abc123";
pub(crate) const AT_HASH: &str = "A7OFQigEO-igbvNFfkpTvw";
pub(crate) const ACR: &str = "urn:example:acr:substantial";
pub(crate) const AUTH_REQ_ID: &str = "fixture-auth-req-0001";

pub(crate) fn msn() -> Msn {
    MSN.parse().expect("an msn")
}

/// The least that can be expected of the good token, which holds a nonce.
pub(crate) fn expect() -> Expect {
    Expect::default().msn(msn()).nonce(NONCE)
}

/// Everything that can be expected of the good token.
pub(crate) fn expect_all() -> Expect {
    expect().client_id(CLIENT_ID).access_token(ACCESS_TOKEN).acr(ACR).auth_req_id(AUTH_REQ_ID)
}

/// A verifier of production tokens that stands at [`NOW`] and knows these keys only.
pub(crate) fn offline(signers: &[&Signer]) -> IdTokenVerifier {
    offline_at(NOW, &jwks(signers))
}

pub(crate) fn offline_at(now: u64, jwks: &str) -> IdTokenVerifier {
    IdTokenVerifier::with_jwks(offline_config(now), jwks).expect("a set with a usable key")
}

pub(crate) fn offline_config(now: u64) -> Config {
    Config::from(Environment::Production).clock(Arc::new(ManualClock::at_unix(now)))
}

/// The judgement of a verifier that needs no I/O.
pub(crate) fn judge(verifier: &IdTokenVerifier, jwt: &str, expect: &Expect) -> Result<IdTokenClaims> {
    verifier.verify_cached(jwt, expect).expect("the keys are at hand")
}

#[track_caller]
pub(crate) fn assert_accepted(verifier: &IdTokenVerifier, jwt: &str, expect: &Expect) -> IdTokenClaims {
    judge(verifier, jwt, expect).expect("a good token")
}

/// The token is refused by the check of this name, and with the kind that tells to reject the user.
#[track_caller]
pub(crate) fn assert_refused(verifier: &IdTokenVerifier, jwt: &str, expect: &Expect, claim: &str) {
    assert_outcome(&judge(verifier, jwt, expect), claim, "");
}

#[track_caller]
pub(crate) fn assert_outcome(outcome: &Result<IdTokenClaims>, claim: &str, case: &str) {
    match outcome {
        Ok(_) => panic!("accepted instead of refused by {claim}: {case}"),
        Err(error) => {
            assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some(claim)), "{case}");
        }
    }
}
