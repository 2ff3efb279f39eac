//! A token that is wrong in two ways is told the first: size and form, header, key, signature, then claim by claim.

mod keyring;

use keyring::{
    ACCESS_TOKEN, ACR, AUTH_REQ_ID, CLIENT_ID, EC, ISSUER, NONCE, NOW, OTHER_RSA, RSA, Token, UNPUBLISHED_RSA,
    assert_outcome, expect_all, judge, msn, offline,
};
use serde_json::json;
use vipps_partner_auth::{ErrorKind, Expect, Flow};

/// One thing that is wrong, and the name it is told by.
type Fault = (&'static str, fn(Token) -> Token);

/// The faults of the header and the claims, in the order in which they must be told.
const FAULTS: [Fault; 18] = [
    ("form", |token| token.header_again("\"alg\"", "\"RS256\"")),
    ("alg", |token| token.header("alg", "PS256")),
    ("typ", |token| token.header("typ", "at+jwt")),
    ("crit", |token| token.header("crit", json!(["x"]))),
    ("kid", |token| token.header("kid", "unknown")),
    ("iss", |token| token.with("iss", "https://evil.example/")),
    ("exp", |token| token.with("exp", NOW - 61)),
    ("iat", |token| token.with("iat", NOW + 61)),
    ("nbf", |token| token.with("nbf", NOW + 61)),
    ("sub", |token| token.with("sub", "")),
    ("nonce", |token| token.with("nonce", "other")),
    ("msn", |token| token.with("msn", "654321")),
    ("aud", |token| token.with("aud", "other")),
    ("azp", |token| token.with("azp", "other")),
    ("at_hash", |token| token.with("at_hash", "other")),
    ("acr", |token| token.with("acr", "other")),
    ("auth_req_id", |token| token.with("auth_req_id", "other")),
    ("auth_req_id", |token| token.with("authReqId", "other")),
];

fn told(token: &Token, flow: Flow) -> Option<&'static str> {
    let outcome = judge(&offline(&[&RSA, &OTHER_RSA]), &token.signed_by(&RSA), &expect_all().flow(flow));
    outcome.err().map(|error| error.claim().expect("the name of the check"))
}

#[test]
fn each_fault_alone_is_told_by_its_name() {
    assert_eq!(told(&Token::of(&RSA), Flow::Browser), None);
    for (name, fault) in FAULTS {
        for flow in [Flow::Browser, Flow::Backchannel, Flow::BackchannelRedirect] {
            assert_eq!(told(&fault(Token::of(&RSA)), flow), Some(name));
        }
    }
}

#[test]
fn of_two_faults_the_earlier_is_told() {
    for (index, (earlier, first)) in FAULTS.iter().enumerate() {
        for (later, second) in &FAULTS[index + 1..] {
            for both in [second(first(Token::of(&RSA))), first(second(Token::of(&RSA)))] {
                assert_eq!(told(&both, Flow::Browser), Some(*earlier), "{earlier} and {later}");
            }
        }
    }
}

#[test]
fn of_all_faults_from_one_on_that_one_is_told() {
    for start in 0..FAULTS.len() {
        let token = FAULTS[start..].iter().fold(Token::of(&RSA), |token, (_, fault)| fault(token));
        assert_eq!(told(&token, Flow::BackchannelRedirect), Some(FAULTS[start].0));
    }
}

#[test]
fn the_signature_stands_between_header_and_claims() {
    let verifier = offline(&[&RSA, &OTHER_RSA]);
    for (name, fault) in FAULTS {
        let token = fault(Token::of(&RSA));
        let forged = judge(&verifier, &token.signed_by(&UNPUBLISHED_RSA), &expect_all());
        let is_header = ["form", "alg", "typ", "crit", "kid"].contains(&name);
        assert_outcome(&forged, if is_header { name } else { "signature" }, name);
    }
}

#[test]
fn the_form_of_the_whole_comes_before_the_header() {
    let verifier = offline(&[&RSA]);
    let bad_header = Token::of(&RSA).header("alg", "none").signed_by(&RSA);
    let four_parts = format!("{bad_header}.AAAA");
    let padded = format!("{bad_header}=");
    let payload_spaced = bad_header.replacen('.', ".\n", 1);
    let too_large = Token::of(&RSA).header("alg", "none").with("jti", "x".repeat(16_384)).signed_by(&RSA);
    for jwt in [four_parts, padded, payload_spaced, too_large] {
        assert_outcome(&judge(&verifier, &jwt, &expect_all()), "form", &jwt[..40]);
    }
    assert_outcome(&judge(&verifier, &bad_header, &expect_all()), "alg", "only the header is bad");
}

#[test]
fn the_form_of_the_payload_comes_after_the_signature_and_before_the_claims() {
    let verifier = offline(&[&RSA, &OTHER_RSA]);
    let doubled = Token::of(&RSA).with("iss", "https://evil.example/").and_again("\"sub\"", "1");
    assert_outcome(&judge(&verifier, &doubled.signed_by(&RSA), &expect_all()), "form", "");
    assert_outcome(&judge(&verifier, &doubled.signed_by(&OTHER_RSA), &expect_all()), "signature", "");
}

#[test]
fn a_key_that_does_not_fit_is_told_before_the_signature() {
    let verifier = offline(&[&RSA, &EC]);
    let jwt = Token::of(&RSA).header("alg", "ES256").with("iss", "x").signed_with(|_| Vec::new());
    assert_outcome(&judge(&verifier, &jwt, &expect_all().flow(Flow::Backchannel)), "kid", "");
}

#[test]
fn the_day_limit_is_told_as_exp_before_nbf_and_after_iat() {
    let verifier = offline(&[&RSA]);
    let long = Token::of(&RSA).with("exp", NOW + 90_000);
    assert_outcome(&judge(&verifier, &long.clone().with("nbf", NOW + 61).signed_by(&RSA), &expect_all()), "exp", "");
    let later = long.with("iat", NOW + 61).with("exp", NOW + 200_000);
    assert_outcome(&judge(&verifier, &later.signed_by(&RSA), &expect_all()), "iat", "");
}

#[test]
fn a_foolish_expectation_is_told_before_any_fault_of_the_token() {
    let verifier = offline(&[&RSA]);
    let foolish = [
        ("nonce", expect_all().nonce("")),
        ("client_id", expect_all().client_id("")),
        ("access_token", expect_all().access_token("")),
        ("acr", expect_all().acr("")),
        ("auth_req_id", expect_all().auth_req_id("")),
        ("auth_req_id", Expect::default().msn(msn()).nonce(NONCE).flow(Flow::BackchannelRedirect)),
        ("msn", Expect::default().nonce(NONCE)),
        ("msn", Expect::default()),
    ];
    for (field, expect) in foolish {
        for jwt in ["", "no token", &Token::of(&RSA).signed_by(&RSA)] {
            let error = judge(&verifier, jwt, &expect).expect_err("a foolish expectation");
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some(field)));
            assert_eq!(error.claim(), None);
        }
    }
    let sound = Expect::default().msn(msn()).nonce(NONCE).client_id(CLIENT_ID).access_token(ACCESS_TOKEN);
    let sound = sound.acr(ACR).auth_req_id(AUTH_REQ_ID).flow(Flow::BackchannelRedirect);
    assert!(judge(&verifier, &Token::of(&RSA).with("iss", ISSUER).signed_by(&RSA), &sound).is_ok());
}
