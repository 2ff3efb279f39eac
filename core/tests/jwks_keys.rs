//! Which keys of a set are used, and which sets are no set at all.

mod keyring;

use std::sync::{Arc, Mutex};

use keyring::{
    EC, NOW, OTHER_EC, OTHER_RSA, RSA, Signer, Token, assert_accepted, assert_outcome, assert_refused, expect, judge,
    jwks, jwks_of, offline_at, offline_config, premade,
};
use serde_json::{Value, json};
use vipps_partner_auth::{ErrorKind, Event, Expect, Flow, IdTokenVerifier};

/// What the error says of a set that is refused.
fn rejected(jwks: &str) -> String {
    let error = IdTokenVerifier::with_jwks(offline_config(NOW), jwks).expect_err(jwks);
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("jwks")), "{jwks}");
    error.detail().to_owned()
}

/// This key beside a good one: what becomes of a token that names it, and what was told about it.
fn beside_a_good_one(jwk: Value, jwt: &str) -> (vipps_partner_auth::Result<()>, Vec<&'static str>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let config = offline_config(NOW).event_sink(move |event| {
        if let Event::KeySkipped { reason, other_purpose, .. } = event {
            assert_ne!(event.is_warning(), *other_purpose);
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

/// Skipped, for a reason that is told, also by the error of a set without any other key.
#[track_caller]
fn skipped(jwk: Value, jwt: &str, reason: &str) {
    let case = jwk.to_string();
    assert_eq!(left_out(jwk, jwt), [reason], "{case}");
}

/// Skipped, for whatever reason is told.
#[track_caller]
fn left_out(jwk: Value, jwt: &str) -> Vec<&'static str> {
    let case = jwk.to_string();
    let detail = rejected(&jwks_of(std::slice::from_ref(&jwk)));
    let (outcome, told) = beside_a_good_one(jwk, jwt);
    let error = outcome.expect_err(&case);
    assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some("kid")), "{case}");
    assert!(told.len() == 1 && detail.ends_with(told[0]), "{case}: {detail}, {told:?}");
    told
}

const SMALL: &str = "the modulus has less than 2048 bits";
const LARGE: &str = "the modulus has more than 8192 bits";
const EXPONENT: &str = "the exponent is even, less than 3 or longer than 33 bits";
const OFF_CURVE: &str = "its point is not on the curve";
const LENGTH: &str = "its coordinates have not 32 bytes each";
const PRIVATE: &str = "it holds members of a private key";

fn token(signer: &Signer) -> String {
    Token::of(signer).signed_by(signer)
}

#[test]
fn rsa_keys_have_2048_to_8192_bits() {
    for name in ["2048-e3", "4096", "8192"] {
        let key = premade(name);
        used(key.jwk, &key.jwt);
    }
    for (name, reason) in [("1024", SMALL), ("2040", SMALL), ("8200", LARGE), ("16384", LARGE)] {
        let key = premade(name);
        skipped(key.jwk, &key.jwt, reason);
    }
}

#[test]
fn exponents_are_odd_and_have_2_to_33_bits() {
    for name in ["2048-e3", "2048-e33"] {
        let key = premade(name);
        used(key.jwk, &key.jwt);
    }
    let key = premade("2048-e34");
    skipped(key.jwk, &key.jwt, EXPONENT);
    for (e, bytes) in
        [("0", "AA"), ("1", "AQ"), ("2", "Ag"), ("65536", "AQAA"), ("2^32", "AQAAAAA"), ("2^33+1", "AgAAAAE")]
    {
        let jwk = RSA.jwk_with(&json!({"e": bytes, "note": e}));
        skipped(jwk, &token(&RSA), EXPONENT);
    }
    skipped(RSA.jwk_with(&json!({"e": ""})), &token(&RSA), EXPONENT);
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
        skipped(RSA.jwk_with(&json!({"e": one})), &forged, EXPONENT);
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
    skipped(jwk, &small.jwt, SMALL);
}

#[test]
fn numbers_are_strict_base64url() {
    let own = RSA.jwk();
    let n = own["n"].as_str().expect("text");
    let padding = "the modulus has padding";
    let not_base64url = "the modulus is not strict base64url";
    for (bad, reason) in [
        (format!("{n}="), padding),
        (format!("{n}=="), padding),
        (format!(" {n}"), not_base64url),
        (format!("{n}\n"), not_base64url),
        (n.replace(['-', '_'], "+"), not_base64url),
        (format!("{n}AAA"), not_base64url),
        ("%".to_owned(), not_base64url),
    ] {
        skipped(RSA.jwk_with(&json!({ "n": bad })), &token(&RSA), reason);
    }
    for (bad, reason) in [
        ("AQAB=", "the exponent has padding"),
        ("AQA*", "the exponent is not strict base64url"),
        ("AQABA", "the exponent is not strict base64url"),
    ] {
        skipped(RSA.jwk_with(&json!({ "e": bad })), &token(&RSA), reason);
    }
    let x = EC.jwk()["x"].as_str().expect("text").to_owned();
    skipped(EC.jwk_with(&json!({"x": format!("{x}=")})), &token(&EC), "the coordinate x has padding");
    skipped(EC.jwk_with(&json!({"y": "*"})), &token(&EC), "the coordinate y is not strict base64url");
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
        skipped(RSA.jwk_with(&json!({"use": other})), &token(&RSA), "its use is not sig");
        skipped(EC.jwk_with(&json!({"use": other})), &token(&EC), "its use is not sig");
    }
}

#[test]
fn key_ops_hold_verify_or_are_absent() {
    for good in [json!(["verify"]), json!(["sign", "verify"]), json!(["verify", "x-own"])] {
        used(RSA.jwk_with(&json!({ "key_ops": good })), &token(&RSA));
    }
    for bad in [json!([]), json!(["sign"]), json!(["encrypt", "wrapKey"]), json!(["Verify"]), json!(["x-own"])] {
        skipped(RSA.jwk_with(&json!({ "key_ops": bad })), &token(&RSA), "its key_ops hold no verify");
    }
}

#[test]
fn alg_is_the_tokens_or_absent() {
    used(RSA.jwk_with(&json!({"alg": null})), &token(&RSA));
    used(EC.jwk_with(&json!({"alg": null})), &token(&EC));
    for other in ["PS256", "RS384", "ES256", "HS256", "RSA-OAEP", "ES384", "none", "X-OWN"] {
        if other != "ES256" {
            skipped(EC.jwk_with(&json!({"alg": other})), &token(&EC), "its alg is not ES256");
        }
        skipped(RSA.jwk_with(&json!({"alg": other})), &token(&RSA), "its alg is not RS256");
    }
    skipped(EC.jwk_with(&json!({"alg": "RS256"})), &token(&EC), "its alg is not ES256");
}

#[test]
fn kinds_and_curves_must_fit() {
    for kty in ["OKP", "oct", "rsa", "X-OWN", ""] {
        skipped(RSA.jwk_with(&json!({ "kty": kty })), &token(&RSA), "its kty is neither RSA nor EC");
    }
    for kty in [json!(null), json!(1), json!(["RSA"])] {
        left_out(RSA.jwk_with(&json!({ "kty": kty })), &token(&RSA));
    }
    for crv in ["P-384", "secp256k1", "p-256", ""] {
        skipped(EC.jwk_with(&json!({ "crv": crv })), &token(&EC), "its crv is not P-256");
    }
    left_out(EC.jwk_with(&json!({"kty": "RSA"})), &token(&EC));
    left_out(RSA.jwk_with(&json!({"kty": "EC"})), &token(&RSA));
}

#[test]
fn a_point_lies_on_the_curve() {
    used(EC.jwk(), &token(&EC));
    let (own, other) = (EC.jwk(), OTHER_EC.jwk());
    skipped(EC.jwk_with(&json!({"x": other["x"]})), &token(&EC), OFF_CURVE);
    skipped(EC.jwk_with(&json!({"x": own["y"], "y": own["x"]})), &token(&EC), OFF_CURVE);
    let zeros = "A".repeat(43);
    skipped(EC.jwk_with(&json!({"x": zeros, "y": zeros})), &token(&EC), OFF_CURVE);
    for bad in ["", "AA", &format!("{}AAAA", &own["x"].as_str().expect("text")[..40])] {
        skipped(EC.jwk_with(&json!({ "x": bad })), &token(&EC), LENGTH);
        skipped(EC.jwk_with(&json!({ "y": bad })), &token(&EC), LENGTH);
    }
}

#[test]
fn a_key_that_shows_its_private_half_is_not_used() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [json!("AQAB"), json!(1), json!("")] {
            skipped(RSA.jwk_with(&json!({ member: value })), &token(&RSA), PRIVATE);
        }
    }
    skipped(EC.jwk_with(&json!({"d": "AQAB"})), &token(&EC), PRIVATE);
    skipped(json!({"kty": "oct", "kid": RSA.kid, "k": "c2VjcmV0"}), &token(&RSA), PRIVATE);
}

#[test]
fn an_odd_optional_member_costs_no_key() {
    for (kid, signer) in [(RSA.kid, &RSA), (EC.kid, &EC)] {
        for odd in [json!(null), json!(1), json!(true), json!("MIIB"), json!([]), json!([1]), json!({"a": ["verify"]})]
        {
            for name in ["x5c", "x5t", "x5u", "x5t#S256", "nbf", "x-own"] {
                used(signer.jwk_with(&json!({ name: odd })), &token(signer));
            }
            for name in ["use", "alg"].into_iter().filter(|_| !odd.is_string()) {
                used(signer.jwk_with(&json!({ name: odd })), &token(signer));
            }
            if !odd.is_array() {
                used(signer.jwk_with(&json!({"key_ops": odd})), &token(signer));
            }
            if !odd.is_string() {
                let verifier = offline_at(NOW, &jwks_of(&[signer.jwk_with(&json!({"kid": odd}))]));
                assert_accepted(&verifier, &Token::of(signer).without_header("kid").signed_by(signer), &backchannel());
                assert_outcome(&judge(&verifier, &token(signer), &backchannel()), "kid", kid);
            }
        }
    }
    // As some libraries write members that are not there.
    let none = json!({"d": null, "p": null, "q": null, "dp": null, "dq": null, "qi": null, "oth": null, "k": null});
    used(RSA.jwk_with(&none), &token(&RSA));
}

#[test]
fn what_is_odd_within_a_key_costs_no_set() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let good = RSA.jwk().to_string();
    for odd in [r#""\ud800""#, r#""Kari \ud83d""#, "1e999", deep.as_str(), r#"{"a":1,"a":2}"#] {
        for name in ["x", "x5c", "key_ops"] {
            let member = format!(r#"{{"{name}":{odd},"#);
            let set = format!(r#"{{"keys":[{}]}}"#, good.replacen('{', &member, 1));
            let is_list = name == "key_ops" && odd.starts_with('[');
            if !is_list {
                assert_accepted(&offline_at(NOW, &set), &token(&RSA), &expect());
            }
        }
    }
    let set = format!("\u{feff}{}", jwks(&[&RSA]));
    assert_accepted(&offline_at(NOW, &set), &token(&RSA), &expect());
}

#[test]
fn a_set_without_a_usable_key_says_what_is_wrong_with_each() {
    let padded = RSA.jwk_with(&json!({"n": format!("{}==", RSA.jwk()["n"].as_str().expect("text")), "kid": "abc"}));
    let encryption = RSA.jwk_with(&json!({"use": "enc", "kid": "a secret with blanks"}));
    assert_eq!(
        rejected(&jwks_of(&[padded.clone(), encryption, json!(7)])),
        "jwks can't be used: the key set holds no usable key: key `abc`: the modulus has padding; key `#2`: its use is \
         not sig; key `#3`: it is not a json object"
    );
    assert_eq!(rejected(&jwks_of(&[])), "jwks can't be used: the key set holds no usable key");
    let many = rejected(&jwks_of(&vec![padded; 20]));
    assert!(many.ends_with("; and 12 more") && many.matches("padding").count() == 8, "{many}");
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

#[test]
fn a_key_for_another_purpose_is_no_fault() {
    let other =
        [json!({"use": "enc"}), json!({"key_ops": ["encrypt"]}), json!({"alg": "RSA-OAEP"}), json!({"kty": "OKP"})];
    let unfit = [json!({"e": "AQ"}), json!({"n": null}), json!({"d": "AQ"})];
    let kinds = other.iter().map(|members| (members, true)).chain(unfit.iter().map(|members| (members, false)));
    for (members, is_other_purpose) in kinds {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = told.clone();
        let config = offline_config(NOW).event_sink(move |event| {
            if let Event::KeySkipped { other_purpose, .. } = event {
                sink.lock().expect("no panic in here").push(*other_purpose);
            }
        });
        IdTokenVerifier::with_jwks(config, &jwks_of(&[RSA.jwk_with(members), OTHER_RSA.jwk()])).expect("a good key");
        assert_eq!(*told.lock().expect("no panic in here"), [is_other_purpose], "{members}");
    }
}
