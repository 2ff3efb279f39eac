//! Which key a token is judged by: the one of ours that it names, and what is remembered of its header.

mod keyring;

use base64::{Engine, prelude::BASE64_STANDARD};
use keyring::{
    EC, OTHER_RSA, RSA, Signer, Token, UNPUBLISHED_RSA, assert_accepted, assert_outcome, assert_refused, expect, judge,
    jwks, jwks_of, offline, offline_at,
};
use serde_json::{Value, json};
use vipps_partner_auth::{Expect, Flow};

fn expect_in(flow: Flow) -> Expect {
    expect().flow(flow).auth_req_id(keyring::AUTH_REQ_ID)
}

#[test]
fn a_header_once_known_does_not_open_the_browser_flow_to_es256() {
    let (verifier, jwt) = (offline(&[&EC, &RSA]), Token::of(&EC).signed_by(&EC));
    for _ in 0..3 {
        assert_accepted(&verifier, &jwt, &expect_in(Flow::Backchannel));
        assert_refused(&verifier, &jwt, &expect_in(Flow::Browser), "alg");
    }
}

#[test]
fn a_header_once_known_vouches_for_nothing_else() {
    let verifier = offline(&[&RSA, &OTHER_RSA]);
    let token = Token::of(&RSA);
    let good = token.signed_by(&RSA);
    for _ in 0..2 {
        assert_accepted(&verifier, &good, &expect());
        assert_refused(&verifier, &token.signed_with(|_| vec![7; 256]), &expect(), "signature");
        assert_refused(&verifier, &token.signed_by(&OTHER_RSA), &expect(), "signature");
        let another = token.clone().with("sub", "somebody-else").signed_by(&RSA);
        let mixed = [&good[..good.rfind('.').expect("parts")], &another[another.rfind('.').expect("parts")..]].concat();
        assert_refused(&verifier, &mixed, &expect(), "signature");
        assert_refused(&verifier, &token.clone().with("msn", "654321").signed_by(&RSA), &expect(), "msn");
    }
}

#[test]
fn a_header_is_not_remembered_for_a_bad_signature() {
    let verifier = offline(&[&RSA, &OTHER_RSA]);
    // Signed by the other key under this key's name: whatever was learnt from it, it must not be that header.
    let forged = Token::of(&RSA).signed_by(&OTHER_RSA);
    assert_refused(&verifier, &forged, &expect(), "signature");
    assert_refused(&verifier, &forged, &expect(), "signature");
    assert_accepted(&verifier, &Token::of(&RSA).signed_by(&RSA), &expect());
    assert_accepted(&verifier, &Token::of(&OTHER_RSA).signed_by(&OTHER_RSA), &expect());
}

#[test]
fn each_key_remembers_its_own_header() {
    let verifier = offline(&[&RSA, &OTHER_RSA]);
    for typ in ["JWT", "jwt", "Jwt", "JWT"] {
        for signer in [&RSA, &OTHER_RSA] {
            assert_accepted(&verifier, &Token::of(signer).header("typ", typ).signed_by(signer), &expect());
        }
    }
    assert_refused(&verifier, &Token::of(&RSA).header("typ", "at+jwt").signed_by(&RSA), &expect(), "typ");
}

#[test]
fn keys_that_a_token_brings_along_are_not_looked_at() {
    let verifier = offline(&[&RSA]);
    for (member, value) in offers(&UNPUBLISHED_RSA) {
        let own = Token::of(&RSA).header(member, value.clone());
        assert_accepted(&verifier, &own.signed_by(&RSA), &expect());
        let forged = own.signed_by(&UNPUBLISHED_RSA);
        assert_outcome(&judge(&verifier, &forged, &expect()), "signature", member);
        let unnamed = Token::of(&RSA).without_header("kid").header(member, value.clone()).signed_by(&UNPUBLISHED_RSA);
        assert_outcome(&judge(&verifier, &unnamed, &expect()), "signature", member);
        let named = Token::of(&UNPUBLISHED_RSA).header(member, value).signed_by(&UNPUBLISHED_RSA);
        assert_outcome(&judge(&verifier, &named, &expect()), "kid", member);
    }
    for nonsense in [json!(null), json!(1), json!([[]]), json!({"kty": 1})] {
        for (member, _) in offers(&RSA) {
            assert_accepted(&verifier, &Token::of(&RSA).header(member, nonsense.clone()).signed_by(&RSA), &expect());
        }
    }
}

#[test]
fn a_kid_is_a_string_that_is_known() {
    let verifier = offline(&[&RSA, &OTHER_RSA]);
    let spaced = format!("{} ", RSA.kid);
    let upper = RSA.kid.to_uppercase();
    let wrong = [
        json!("unknown"),
        json!(""),
        json!(spaced),
        json!(upper),
        json!(null),
        json!(1),
        json!([RSA.kid]),
        json!({}),
        json!(true),
        json!("../../etc/passwd"),
        json!("' or 1=1 --"),
        json!("\u{0}"),
    ];
    for kid in wrong {
        let jwt = Token::of(&RSA).header("kid", kid.clone()).signed_by(&RSA);
        assert_outcome(&judge(&verifier, &jwt, &expect()), "kid", &kid.to_string());
    }
    assert_refused(&verifier, &Token::of(&RSA).header("kid", OTHER_RSA.kid).signed_by(&RSA), &expect(), "signature");
    let escaped = Token::of(&RSA).without_header("kid").header_again("\"kid\"", r#""public\u003arsa-1""#);
    assert_accepted(&verifier, &escaped.signed_by(&RSA), &expect());
}

#[test]
fn without_a_kid_exactly_one_key_must_fit() {
    let rsa = Token::of(&RSA).without_header("kid").signed_by(&RSA);
    let ec = Token::of(&EC).without_header("kid").signed_by(&EC);
    let backchannel = expect_in(Flow::Backchannel);
    assert_accepted(&offline(&[&RSA]), &rsa, &expect());
    assert_accepted(&offline(&[&RSA, &EC]), &rsa, &backchannel);
    assert_accepted(&offline(&[&RSA, &EC]), &ec, &backchannel);
    assert_refused(&offline(&[&RSA, &OTHER_RSA]), &rsa, &expect(), "kid");
    assert_refused(&offline(&[&EC]), &rsa, &expect(), "kid");
    assert_refused(&offline(&[&RSA]), &ec, &backchannel, "kid");
    assert_refused(&offline(&[&OTHER_RSA]), &rsa, &expect(), "signature");
    let others_unfit = [RSA.jwk(), OTHER_RSA.jwk_with(&json!({"use": "enc"}))];
    assert_accepted(&offline_at(keyring::NOW, &jwks_of(&others_unfit)), &rsa, &expect());
}

#[test]
fn a_key_of_another_kind_does_not_fit() {
    let verifier = offline(&[&RSA, &EC]);
    let flow = expect_in(Flow::Backchannel);
    let rsa_as_ec = Token::of(&RSA).header("alg", "ES256");
    assert_refused(&verifier, &rsa_as_ec.signed_by(&RSA), &flow, "kid");
    assert_refused(&verifier, &rsa_as_ec.signed_by(&EC), &flow, "kid");
    let ec_as_rsa = Token::of(&EC).header("alg", "RS256");
    assert_refused(&verifier, &ec_as_rsa.signed_by(&EC), &flow, "kid");
    assert_refused(&verifier, &ec_as_rsa.signed_by(&RSA), &flow, "kid");
}

#[test]
fn the_set_says_which_key_and_not_the_order_of_keys() {
    for set in [jwks(&[&RSA, &OTHER_RSA]), jwks(&[&OTHER_RSA, &RSA])] {
        let verifier = offline_at(keyring::NOW, &set);
        for signer in [&RSA, &OTHER_RSA] {
            assert_accepted(&verifier, &Token::of(signer).signed_by(signer), &expect());
        }
    }
}

/// Members by which a token offers a key of its own, or asks for something to be done first.
fn offers(of: &Signer) -> Vec<(&'static str, Value)> {
    let certificate = BASE64_STANDARD.encode(of.public_bytes());
    vec![
        ("jku", json!("https://evil.example/jwks.json")),
        ("jwk", of.jwk()),
        ("x5u", json!("https://evil.example/chain.pem")),
        ("x5c", json!([certificate])),
        ("x5t", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("x5t#S256", json!("AAAA")),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("enc", json!("A256GCM")),
    ]
}
