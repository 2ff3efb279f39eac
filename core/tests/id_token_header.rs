//! Headers that try to choose their own algorithm, key or rules.

mod keyring;

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use keyring::{
    EC, RSA, Signer, Token, assert_accepted, assert_outcome, assert_refused, expect, judge, offline, signed,
};
use serde_json::json;
use vipps_partner_auth::{Expect, Flow};

fn hs256(secret: &[u8]) -> impl FnOnce(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ascii")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The DER `SubjectPublicKeyInfo` of an RSA key of 2048 bits (RFC 3279 section 2.3.1).
fn spki(pkcs1: &[u8]) -> Vec<u8> {
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let bits = pkcs1.len() + 1;
    let [high, low] = u16::try_from(bits).expect("a short key").to_be_bytes();
    let inner = [&algorithm, &[3, 0x82, high, low, 0][..], pkcs1].concat();
    let [high, low] = u16::try_from(inner.len()).expect("a short key").to_be_bytes();
    [&[0x30, 0x82, high, low], &*inner].concat()
}

const FLOWS: [Flow; 3] = [Flow::Browser, Flow::Backchannel, Flow::BackchannelRedirect];

fn expect_in(flow: Flow) -> Expect {
    expect().flow(flow).auth_req_id(keyring::AUTH_REQ_ID)
}

#[test]
fn the_public_key_is_no_shared_secret() {
    let public = RSA.public_bytes();
    let jwk = RSA.jwk();
    let modulus = jwk["n"].as_str().expect("a modulus");
    let secrets: [Vec<u8>; 8] = [
        pem("PUBLIC KEY", &spki(public)).into(),
        pem("PUBLIC KEY", &spki(public)).trim_end().into(),
        pem("RSA PUBLIC KEY", public).into(),
        spki(public),
        public.to_vec(),
        jwk.to_string().into(),
        modulus.into(),
        Vec::new(),
    ];
    for secret in &secrets {
        for flow in FLOWS {
            let jwt = Token::of(&RSA).header("alg", "HS256").signed_with(hs256(secret));
            assert_refused(&offline(&[&RSA]), &jwt, &expect_in(flow), "alg");
            let unmarked = Token::of(&RSA).signed_with(hs256(secret));
            assert_refused(&offline(&[&RSA]), &unmarked, &expect_in(flow), "signature");
        }
    }
}

#[test]
fn only_algorithms_of_our_own_list_are_known() {
    let algorithms = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "HS256",
        "HS384",
        "HS512",
        "RS1",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "rs256",
        "Rs256",
        "RS256 ",
        " RS256",
        "RS256\u{0}",
        "",
        "dir",
    ];
    for algorithm in algorithms {
        for flow in FLOWS {
            let token = Token::of(&RSA).header("alg", algorithm);
            for jwt in [token.signed_by(&RSA), token.signed_with(|_| Vec::new())] {
                assert_outcome(&judge(&offline(&[&RSA]), &jwt, &expect_in(flow)), "alg", algorithm);
            }
        }
    }
}

#[test]
fn real_signatures_of_other_algorithms_are_refused() {
    let verifier = offline(&[&RSA]);
    let marked = |alg: &str, sign: fn(&Signer, &[u8]) -> Vec<u8>| {
        Token::of(&RSA).header("alg", alg).signed_with(|input| sign(&RSA, input))
    };
    assert_refused(&verifier, &marked("RS384", Signer::sign_rs384), &expect(), "alg");
    assert_refused(&verifier, &marked("PS256", Signer::sign_ps256), &expect(), "alg");
    assert_refused(&verifier, &marked("RS256", Signer::sign_rs384), &expect(), "signature");
    assert_refused(&verifier, &marked("RS256", Signer::sign_ps256), &expect(), "signature");
    assert_accepted(&verifier, &marked("RS256", Signer::sign), &expect());
}

#[test]
fn an_algorithm_is_a_string_and_there() {
    for value in [json!(null), json!(true), json!(256), json!(["RS256"]), json!({"RS256": "RS256"})] {
        let jwt = Token::of(&RSA).header("alg", value.clone()).signed_by(&RSA);
        assert_outcome(&judge(&offline(&[&RSA]), &jwt, &expect()), "alg", &value.to_string());
    }
    assert_refused(&offline(&[&RSA]), &Token::of(&RSA).without_header("alg").signed_by(&RSA), &expect(), "alg");
}

#[test]
fn es256_is_for_the_backchannel_flows() {
    let (verifier, jwt) = (offline(&[&RSA, &EC]), Token::of(&EC).signed_by(&EC));
    assert_refused(&verifier, &jwt, &expect_in(Flow::Browser), "alg");
    assert_accepted(&verifier, &jwt, &expect_in(Flow::Backchannel));
    assert_accepted(&verifier, &jwt, &expect_in(Flow::BackchannelRedirect));
    for flow in FLOWS {
        assert_accepted(&verifier, &Token::of(&RSA).signed_by(&RSA), &expect_in(flow));
    }
}

#[test]
fn a_type_is_jwt_or_absent() {
    let verifier = offline(&[&RSA]);
    for good in ["JWT", "jwt", "Jwt", "jWt"] {
        assert_accepted(&verifier, &Token::of(&RSA).header("typ", good).signed_by(&RSA), &expect());
    }
    assert_accepted(&verifier, &Token::of(&RSA).without_header("typ").signed_by(&RSA), &expect());
    let bad = [
        json!("at+jwt"),
        json!("logout+jwt"),
        json!("application/jwt"),
        json!("JOSE"),
        json!(""),
        json!(" JWT"),
        json!("JWT\u{0}"),
        json!("ＪＷＴ"),
        json!(null),
        json!(1),
        json!(["JWT"]),
        json!(true),
        json!({}),
    ];
    for typ in bad {
        let jwt = Token::of(&RSA).header("typ", typ.clone()).signed_by(&RSA);
        assert_outcome(&judge(&verifier, &jwt, &expect()), "typ", &typ.to_string());
    }
}

#[test]
fn extensions_are_refused_whatever_they_say() {
    let values =
        [json!(null), json!([]), json!(["exp"]), json!(["b64"]), json!(""), json!(true), json!(false), json!(0)];
    for member in ["crit", "b64"] {
        for value in &values {
            let jwt = Token::of(&RSA).header(member, value.clone()).signed_by(&RSA);
            assert_outcome(&judge(&offline(&[&RSA]), &jwt, &expect()), "crit", &format!("{member}: {value}"));
        }
    }
    let unencoded = Token::of(&RSA).header("crit", json!(["b64"])).header("b64", false);
    let payload = unencoded.claims.json().replace('.', "");
    let input = format!("{}.{payload}", keyring::encode(unencoded.header.json()));
    let jwt = format!("{input}.{}", keyring::encode(RSA.sign(input.as_bytes())));
    assert_refused(&offline(&[&RSA]), &jwt, &expect(), "form");
}

#[test]
fn a_member_twice_is_one_too_many() {
    let verifier = offline(&[&RSA, &EC]);
    let token = Token::of(&RSA);
    for name in token.header.names() {
        let value = token.header.get(&name).to_owned();
        let first = name.as_bytes()[0];
        let escaped = format!("\"\\u{first:04x}{}\"", &name[1..]);
        let upper = format!("\"\\u{first:04X}{}\"", &name[1..]);
        for twin in [format!("\"{name}\""), escaped, upper] {
            for value in [value.as_str(), "null", "\"none\""] {
                let after = token.clone().header_again(&twin, value);
                assert_outcome(&judge(&verifier, &after.signed_by(&RSA), &expect()), "form", &twin);
                let mut before = token.clone();
                before.header.0.insert(0, (twin.clone(), value.to_owned()));
                assert_outcome(&judge(&verifier, &before.signed_by(&RSA), &expect()), "form", &twin);
            }
        }
    }
    let unjudged = token.clone().header_again("\"x\"", "1").header_again("\"x\"", "1");
    assert_refused(&verifier, &unjudged.signed_by(&RSA), &expect(), "form");
    let nested = token.header_again("\"x\"", r#"{"a":1,"a":2}"#);
    assert_accepted(&verifier, &nested.signed_by(&RSA), &expect());
}

#[test]
fn names_are_exact() {
    let verifier = offline(&[&RSA]);
    for (wrong, claim) in [("Alg", "alg"), ("ALG", "alg"), ("alg ", "alg")] {
        let jwt = Token::of(&RSA).without_header("alg").header(wrong, "RS256").signed_by(&RSA);
        assert_refused(&verifier, &jwt, &expect(), claim);
    }
    let escaped = Token::of(&RSA).without_header("alg").header_again(r#""\u0061lg""#, "\"RS\\u003256\"");
    assert_accepted(&verifier, &escaped.signed_by(&RSA), &expect());
    let harmless = Token::of(&RSA).header("Alg", "none").header("CRIT", json!(["x"])).header("Kid", "other");
    assert_accepted(&verifier, &harmless.signed_by(&RSA), &expect());
}

#[test]
fn order_and_white_space_within_the_header_do_not_matter() {
    let verifier = offline(&[&RSA]);
    let (alg, kid, claims) = ("\"alg\":\"RS256\"", format!("\"kid\":\"{}\"", RSA.kid), Token::of(&RSA).claims.json());
    for header in [
        format!("{{{alg},{kid}}}"),
        format!("{{{kid},{alg}}}"),
        format!(" {{\n{kid} ,\t{alg}\r\n}} "),
        format!("{{\"typ\":\"JWT\",{kid},\"x\":{{\"alg\":\"none\",\"alg\":1}},{alg}}}"),
    ] {
        assert_accepted(&verifier, &signed(&header, &claims, &RSA), &expect());
    }
}

#[test]
fn a_header_is_one_json_object() {
    let verifier = offline(&[&RSA]);
    let (good, claims) = (Token::of(&RSA).header.json(), Token::of(&RSA).claims.json());
    let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    let wrong = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"RS256\"".to_owned(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good},"),
        good.replace(',', ",,"),
        good.replace('"', "'"),
        format!("\u{feff}{good}"),
        deep,
        good.replace('}', ",}"),
        good.trim_end_matches('}').to_owned(),
        format!("{good}\0"),
        good.replace("RS256", "RS\n256"),
        good.replace('}', ",\"x\":NaN}"),
        good.replace('}', ",\"x\":01}"),
        good.replace('}', ",\"\\ud800\":1}"),
        format!("/**/{good}"),
    ];
    for header in &wrong {
        assert_outcome(&judge(&verifier, &signed(header, &claims, &RSA), &expect()), "form", header);
    }
    assert_accepted(&verifier, &signed(&good, &claims, &RSA), &expect());
}

#[test]
fn a_header_is_utf8() {
    let verifier = offline(&[&RSA]);
    for byte in [0x80, 0xc0, 0xff] {
        let mut header = Token::of(&RSA).header("x", "y").header.json().into_bytes();
        let at = header.iter().position(|own| *own == b'y').expect("the y");
        header[at] = byte;
        let input = format!("{}.{}", keyring::encode(&header), keyring::encode(Token::of(&RSA).claims.json()));
        let jwt = format!("{input}.{}", keyring::encode(RSA.sign(input.as_bytes())));
        assert_refused(&verifier, &jwt, &expect(), "form");
    }
}
