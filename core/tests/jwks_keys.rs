//! Which keys of a set are used, and which sets are no set at all.

mod keyring;

use std::sync::{Arc, Mutex};

use keyring::{
    EC, NOW, OTHER_EC, OTHER_RSA, RSA, Signer, Token, assert_accepted, assert_outcome, assert_refused, expect, judge,
    jwks, jwks_of, offline_at, offline_config, premade,
};
use serde_json::{Value, json};
use vipps_partner_auth::{ErrorKind, Event, Expect, Flow, IdTokenVerifier};

fn rejected(jwks: &str) {
    let error = IdTokenVerifier::with_jwks(offline_config(NOW), jwks).expect_err(jwks);
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("jwks")), "{jwks}");
}

/// This key beside a good one: what becomes of a token that names it, and what was told about it.
fn beside_a_good_one(jwk: Value, jwt: &str) -> (vipps_partner_auth::Result<()>, Vec<&'static str>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let config = offline_config(NOW).event_sink(move |event| {
        if let Event::KeySkipped { reason } = event {
            sink.lock().expect("no panic in here").push(*reason);
        }
    });
    let set = jwks_of(&[jwk, OTHER_RSA.jwk(), OTHER_EC.jwk()]);
    let verifier = IdTokenVerifier::with_jwks(config, &set).expect("a set with a good key");
    assert_accepted(&verifier, &Token::of(&OTHER_RSA).signed_by(&OTHER_RSA), &expect());
    let outcome = judge(&verifier, jwt, &backchannel()).map(drop);
    let told = told.lock().expect("no panic in here").clone();
    (outcome, told)
}

fn backchannel() -> Expect {
    expect().flow(Flow::Backchannel)
}

#[track_caller]
fn used(jwk: Value, jwt: &str) {
    let case = jwk.to_string();
    assert_eq!(beside_a_good_one(jwk, jwt), (Ok(()), vec![]), "{case}");
}

/// Skipped, for a reason that is told unless it is nobody's fault; alone it makes no set.
#[track_caller]
fn skipped(jwk: Value, jwt: &str, reason: Option<&str>) {
    let case = jwk.to_string();
    assert_eq!(left_out(jwk, jwt), Vec::from_iter(reason), "{case}");
}

/// Skipped, for whatever reason is told.
#[track_caller]
fn left_out(jwk: Value, jwt: &str) -> Vec<&'static str> {
    let case = jwk.to_string();
    rejected(&jwks_of(std::slice::from_ref(&jwk)));
    let (outcome, told) = beside_a_good_one(jwk, jwt);
    let error = outcome.expect_err(&case);
    assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some("kid")), "{case}");
    told
}

fn token(signer: &Signer) -> String {
    Token::of(signer).signed_by(signer)
}

#[test]
fn rsa_keys_have_2048_to_8192_bits() {
    for name in ["2048-e3", "4096", "8192"] {
        let key = premade(name);
        used(key.jwk, &key.jwt);
    }
    for name in ["1024", "2040", "8200", "16384"] {
        let key = premade(name);
        skipped(key.jwk, &key.jwt, Some("weak"));
    }
}

#[test]
fn exponents_are_odd_and_have_2_to_33_bits() {
    for name in ["2048-e3", "2048-e33"] {
        let key = premade(name);
        used(key.jwk, &key.jwt);
    }
    let key = premade("2048-e34");
    skipped(key.jwk, &key.jwt, Some("weak"));
    for (e, bytes) in
        [("0", "AA"), ("1", "AQ"), ("2", "Ag"), ("65536", "AQAA"), ("2^32", "AQAAAAA"), ("2^33+1", "AgAAAAE")]
    {
        let jwk = RSA.jwk_with(&json!({"e": bytes, "note": e}));
        skipped(jwk, &token(&RSA), Some("weak"));
    }
    skipped(RSA.jwk_with(&json!({"e": ""})), &token(&RSA), Some("weak"));
}

#[test]
fn an_exponent_of_one_would_open_every_door() {
    // With e = 1 the padded hash is its own signature: anybody can write one.
    let forged = Token::of(&RSA).signed_with(|input| {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, input);
        let info = [0x30, 0x31, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 32];
        [&[0, 1][..], &[0xff; 202], &[0], &info, hash.as_ref()].concat()
    });
    for one in ["AQ", "AAAB", "AAE"] {
        skipped(RSA.jwk_with(&json!({"e": one})), &forged, Some("weak"));
    }
}

#[test]
fn leading_zeros_are_tolerated_but_not_counted() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
    let padded = |jwk: &Value, name: &str, zeros: usize| {
        let bytes = B64.decode(jwk[name].as_str().expect("text")).expect("base64url");
        B64.encode([vec![0; zeros], bytes].concat())
    };
    for zeros in [1, 2, 300] {
        let jwk = RSA.jwk_with(&json!({"n": padded(&RSA.jwk(), "n", zeros), "e": padded(&RSA.jwk(), "e", zeros)}));
        used(jwk, &token(&RSA));
    }
    let small = premade("1024");
    let mut jwk = small.jwk.clone();
    jwk["n"] = padded(&small.jwk, "n", 128).into();
    skipped(jwk, &small.jwt, Some("weak"));
}

#[test]
fn numbers_are_strict_base64url() {
    let own = RSA.jwk();
    let n = own["n"].as_str().expect("text");
    for bad in [
        json!(format!("{n}=")),
        json!(format!("{n}==")),
        json!(format!(" {n}")),
        json!(format!("{n}\n")),
        json!(n.replace(['-', '_'], "+")),
        json!(format!("{n}AAA")),
        json!("%"),
    ] {
        skipped(RSA.jwk_with(&json!({ "n": bad })), &token(&RSA), Some("malformed"));
    }
    for bad in [json!("AQAB="), json!("AQA*"), json!("AQABA")] {
        skipped(RSA.jwk_with(&json!({ "e": bad })), &token(&RSA), Some("malformed"));
    }
}

#[test]
fn numbers_are_text_and_there() {
    for name in ["n", "e"] {
        for bad in [json!(null), json!(65537), json!(["AQAB"]), json!({}), json!(true)] {
            left_out(RSA.jwk_with(&json!({ name: bad })), &token(&RSA));
        }
    }
    for name in ["x", "y", "crv"] {
        for bad in [json!(null), json!(1), json!([]), json!({})] {
            left_out(EC.jwk_with(&json!({ name: bad })), &token(&EC));
        }
    }
}

#[test]
fn a_key_of_an_even_modulus_vouches_for_nothing() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
    let mut bytes = B64.decode(RSA.jwk()["n"].as_str().expect("text")).expect("base64url");
    *bytes.last_mut().expect("bytes") &= 0xfe;
    let (outcome, _) = beside_a_good_one(RSA.jwk_with(&json!({"n": B64.encode(bytes)})), &token(&RSA));
    assert!(outcome.is_err());
}

#[test]
fn use_is_sig_or_absent() {
    used(RSA.jwk_with(&json!({"use": null})), &token(&RSA));
    used(EC.jwk_with(&json!({"use": null})), &token(&EC));
    for other in ["enc", "SIG", "Sig", "sig ", "", "sign"] {
        skipped(RSA.jwk_with(&json!({"use": other})), &token(&RSA), None);
        skipped(EC.jwk_with(&json!({"use": other})), &token(&EC), None);
    }
}

#[test]
fn key_ops_hold_verify_or_are_absent() {
    for good in [json!(["verify"]), json!(["sign", "verify"]), json!(["verify", "x-own"])] {
        used(RSA.jwk_with(&json!({ "key_ops": good })), &token(&RSA));
    }
    for bad in [json!([]), json!(["sign"]), json!(["encrypt", "wrapKey"]), json!(["Verify"]), json!(["x-own"])] {
        skipped(RSA.jwk_with(&json!({ "key_ops": bad })), &token(&RSA), None);
    }
}

#[test]
fn alg_is_the_tokens_or_absent() {
    used(RSA.jwk_with(&json!({"alg": null})), &token(&RSA));
    used(EC.jwk_with(&json!({"alg": null})), &token(&EC));
    for other in ["PS256", "RS384", "ES256", "HS256", "RSA-OAEP", "ES384", "none", "X-OWN"] {
        if other != "ES256" {
            skipped(EC.jwk_with(&json!({"alg": other})), &token(&EC), None);
        }
        skipped(RSA.jwk_with(&json!({"alg": other})), &token(&RSA), None);
    }
    skipped(EC.jwk_with(&json!({"alg": "RS256"})), &token(&EC), None);
}

#[test]
fn kinds_and_curves_must_fit() {
    for kty in ["OKP", "oct", "rsa", "X-OWN", ""] {
        skipped(RSA.jwk_with(&json!({ "kty": kty })), &token(&RSA), None);
    }
    for kty in [json!(null), json!(1), json!(["RSA"])] {
        left_out(RSA.jwk_with(&json!({ "kty": kty })), &token(&RSA));
    }
    skipped(EC.jwk_with(&json!({"crv": "P-384"})), &token(&EC), None);
    for crv in ["secp256k1", "p-256", ""] {
        left_out(EC.jwk_with(&json!({ "crv": crv })), &token(&EC));
    }
    left_out(EC.jwk_with(&json!({"kty": "RSA"})), &token(&EC));
    left_out(RSA.jwk_with(&json!({"kty": "EC"})), &token(&RSA));
}

#[test]
fn a_point_lies_on_the_curve() {
    used(EC.jwk(), &token(&EC));
    let (own, other) = (EC.jwk(), OTHER_EC.jwk());
    skipped(EC.jwk_with(&json!({"x": other["x"]})), &token(&EC), Some("malformed"));
    skipped(EC.jwk_with(&json!({"x": own["y"], "y": own["x"]})), &token(&EC), Some("malformed"));
    let zeros = "A".repeat(43);
    skipped(EC.jwk_with(&json!({"x": zeros, "y": zeros})), &token(&EC), Some("malformed"));
    for bad in ["", "AA", &format!("AA{}", own["x"].as_str().expect("text"))] {
        skipped(EC.jwk_with(&json!({ "x": bad })), &token(&EC), Some("malformed"));
        skipped(EC.jwk_with(&json!({ "y": bad })), &token(&EC), Some("malformed"));
    }
}

#[test]
fn a_key_that_shows_its_private_half_is_not_used() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [json!("AQAB"), json!(1), json!("")] {
            skipped(RSA.jwk_with(&json!({ member: value })), &token(&RSA), Some("private"));
        }
    }
    skipped(EC.jwk_with(&json!({"d": "AQAB"})), &token(&EC), Some("private"));
    skipped(json!({"kty": "oct", "kid": RSA.kid, "k": "c2VjcmV0"}), &token(&RSA), Some("private"));
}

#[test]
fn members_that_mean_nothing_to_us_are_let_be() {
    let more = json!({"x5t": "AAAA", "x5u": "https://evil.example/", "iss": "x", "exp": 1, "nbf": 99_999_999_999_u64});
    used(RSA.jwk_with(&more), &token(&RSA));
    used(RSA.jwk_with(&json!({"x5c": ["AAAA"]})), &token(&RSA));
}

#[test]
fn a_member_that_is_no_key_is_skipped() {
    for member in [json!(null), json!(1), json!("x"), json!([]), json!({}), json!([[]])] {
        let (outcome, _) = beside_a_good_one(member.clone(), &token(&RSA));
        assert_eq!(outcome.expect_err("an unknown key").claim(), Some("kid"));
        rejected(&jwks_of(&[member]));
    }
    for kid in [json!(1), json!(["x"]), json!({})] {
        let (outcome, told) = beside_a_good_one(RSA.jwk_with(&json!({ "kid": kid })), &token(&RSA));
        assert!(outcome.is_err());
        assert_eq!(told, ["malformed"]);
    }
}

#[test]
fn each_key_of_the_same_name_is_tried() {
    let (one, other) = (RSA.jwk(), OTHER_RSA.jwk_with(&json!({"kid": RSA.kid})));
    for set in [[one.clone(), other.clone()], [other.clone(), one.clone()]] {
        let verifier = offline_at(NOW, &jwks_of(&set));
        // More than once, and in turns: nothing that is learnt from one key may stand in the way of the other.
        for signer in [&RSA, &OTHER_RSA, &RSA, &OTHER_RSA, &OTHER_RSA, &RSA] {
            assert_accepted(&verifier, &Token::of(&RSA).signed_by(signer), &expect());
        }
        assert_refused(&verifier, &Token::of(&RSA).signed_by(&keyring::UNPUBLISHED_RSA), &expect(), "signature");
    }
    let of_each_kind = offline_at(NOW, &jwks_of(&[RSA.jwk(), EC.jwk_with(&json!({"kid": RSA.kid}))]));
    for _ in 0..2 {
        assert_accepted(&of_each_kind, &token(&RSA), &backchannel());
        let ec = Token::of(&EC).header("kid", RSA.kid).signed_by(&EC);
        assert_accepted(&of_each_kind, &ec, &backchannel());
    }
}

#[test]
fn a_bad_key_of_the_same_name_does_not_hide_the_good_one() {
    let bad =
        [RSA.jwk_with(&json!({"use": "enc"})), RSA.jwk_with(&json!({"e": "AQ"})), RSA.jwk_with(&json!({"n": "!"}))];
    for bad in bad {
        for set in [[bad.clone(), RSA.jwk()], [RSA.jwk(), bad.clone()]] {
            assert_accepted(&offline_at(NOW, &jwks_of(&set)), &token(&RSA), &expect());
        }
    }
}

#[test]
fn a_key_without_a_name_is_found_by_tokens_without_one() {
    let verifier = offline_at(NOW, &jwks_of(&[RSA.jwk_with(&json!({"kid": null}))]));
    assert_accepted(&verifier, &Token::of(&RSA).without_header("kid").signed_by(&RSA), &expect());
    assert_refused(&verifier, &token(&RSA), &expect(), "kid");
    assert_refused(&verifier, &Token::of(&RSA).header("kid", "").signed_by(&RSA), &expect(), "kid");
    let empty = offline_at(NOW, &jwks_of(&[RSA.jwk_with(&json!({"kid": ""}))]));
    assert_accepted(&empty, &Token::of(&RSA).header("kid", "").signed_by(&RSA), &expect());
}

#[test]
fn a_set_is_an_object_with_a_list_of_keys() {
    let good = jwks(&[&RSA]);
    let wrong = [
        String::new(),
        "null".into(),
        "[]".into(),
        "{}".into(),
        r#"{"keys":null}"#.into(),
        r#"{"keys":{}}"#.into(),
        r#"{"keys":[]}"#.into(),
        r#"{"keys":"x"}"#.into(),
        RSA.jwk().to_string(),
        format!("[{}]", RSA.jwk()),
        format!("{good}{good}"),
        format!("{good},"),
        good.replace("keys", "Keys"),
        format!("\u{feff}{good}"),
        good.replace('"', "'"),
        "<html></html>".into(),
        format!("{{\"keys\":[],{}", &good[1..]),
        format!("{}{}", "[".repeat(5000), "]".repeat(5000)),
    ];
    for set in &wrong {
        rejected(set);
    }
    let more = good.replacen('{', "{\"issuer\":\"x\",\"next\":{\"keys\":[]},", 1);
    assert_accepted(&offline_at(NOW, &more), &token(&RSA), &expect());
}

#[test]
fn a_set_holds_at_most_64_keys() {
    let of = |fillers: usize| {
        let filler = json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"});
        let mut keys = vec![filler; fillers];
        keys.push(RSA.jwk());
        jwks_of(&keys)
    };
    assert_accepted(&offline_at(NOW, &of(63)), &token(&RSA), &expect());
    rejected(&of(64));
}

#[test]
fn a_set_holds_at_most_256_kib() {
    let padded = |length: usize| {
        let set = jwks(&[&RSA]);
        format!("{set}{}", " ".repeat(length - set.len()))
    };
    assert_accepted(&offline_at(NOW, &padded(256 * 1024)), &token(&RSA), &expect());
    rejected(&padded(256 * 1024 + 1));
}

#[test]
fn a_set_of_no_use_is_refused_whatever_it_holds() {
    let useless = [
        json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}),
        json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}),
        RSA.jwk_with(&json!({"use": "enc"})),
        premade("1024").jwk,
    ];
    rejected(&jwks_of(&useless));
    let verifier = offline_at(NOW, &jwks_of(&[&useless[..], &[RSA.jwk()]].concat()));
    assert_accepted(&verifier, &token(&RSA), &expect());
    assert_outcome(&judge(&verifier, &premade("1024").jwt, &expect()), "kid", "a weak key");
}
