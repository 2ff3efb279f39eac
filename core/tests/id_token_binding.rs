//! The claims that tie a token to one login at one merchant: nonce, msn, aud, azp, `at_hash`, acr, `auth_req_id`.

mod keyring;

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE},
};
use keyring::{
    ACCESS_TOKEN, ACR, AT_HASH, AUTH_REQ_ID, CLIENT_ID, EC, MSN, NONCE, RSA, Token, assert_accepted, assert_outcome,
    assert_refused, encode, expect, expect_all, judge, msn, offline,
};
use serde_json::{Value, json};
use vipps_partner_auth::{Expect, Flow, Msn};

const FLOWS: [Flow; 3] = [Flow::Browser, Flow::Backchannel, Flow::BackchannelRedirect];

fn good() -> Token {
    Token::of(&RSA)
}

/// Texts that are nearly this one.
fn near(text: &str) -> Vec<String> {
    let mut swapped = text.to_owned();
    let first = if swapped.starts_with('X') { "Y" } else { "X" };
    swapped.replace_range(..1, first);
    vec![
        format!("{text} "),
        format!(" {text}"),
        format!("{text}\n"),
        format!("{text}\u{0}"),
        format!("{text}{text}"),
        format!("0{text}"),
        text[1..].to_owned(),
        text[..text.len() - 1].to_owned(),
        swapped,
        String::new(),
    ]
}

#[test]
fn what_was_sent_must_come_back() {
    let verifier = offline(&[&RSA]);
    for (claim, own) in
        [("nonce", NONCE), ("acr", ACR), ("at_hash", AT_HASH), ("auth_req_id", AUTH_REQ_ID), ("msn", MSN)]
    {
        for other in near(own).into_iter().chain([own.to_uppercase()]).filter(|other| other != own) {
            let jwt = good().with(claim, &*other).signed_by(&RSA);
            for flow in FLOWS {
                assert_outcome(
                    &judge(&verifier, &jwt, &expect_all().flow(flow)),
                    claim,
                    &format!("{claim}: {other:?}"),
                );
            }
        }
    }
}

#[test]
fn a_nonce_that_was_sent() {
    let verifier = offline(&[&RSA]);
    let absent = good().without("nonce").signed_by(&RSA);
    for (flow, passes) in [(Flow::Browser, false), (Flow::Backchannel, true), (Flow::BackchannelRedirect, true)] {
        let expect = expect_all().flow(flow);
        assert_accepted(&verifier, &good().signed_by(&RSA), &expect);
        assert_eq!(judge(&verifier, &absent, &expect).is_ok(), passes, "{flow:?}");
        for json in ["null", "\"\"", "0", "[]", "[\"fixture-nonce-000001\"]"] {
            let jwt = good().with_json("nonce", json).signed_by(&RSA);
            assert_outcome(&judge(&verifier, &jwt, &expect), "nonce", json);
        }
    }
    let escaped = good().with_json("nonce", &format!("\"\\u{:04x}{}\"", u32::from(NONCE.as_bytes()[0]), &NONCE[1..]));
    assert_accepted(&verifier, &escaped.signed_by(&RSA), &expect());
}

#[test]
fn a_nonce_that_was_not_sent() {
    let verifier = offline(&[&RSA]);
    for flow in FLOWS {
        let expect = Expect::default().msn(msn()).flow(flow).auth_req_id(AUTH_REQ_ID);
        assert_accepted(&verifier, &good().without("nonce").signed_by(&RSA), &expect);
        assert_accepted(&verifier, &good().with("nonce", "").signed_by(&RSA), &expect);
        for json in ["null", "\" \"", "\"x\"", "\"\\u0000\"", "0", "false", "[]", "{}", "[\"\"]"] {
            let jwt = good().with_json("nonce", json).signed_by(&RSA);
            assert_outcome(&judge(&verifier, &jwt, &expect), "nonce", json);
        }
    }
}

fn judged_for(msn: &str, json: &str) -> bool {
    let expect = expect().msn(msn.parse::<Msn>().expect("an msn"));
    let outcome = judge(&offline(&[&RSA]), &good().with_json("msn", json).signed_by(&RSA), &expect);
    if let Err(error) = &outcome {
        assert_eq!(error.claim(), Some("msn"), "{json}");
    }
    outcome.is_ok()
}

#[test]
fn an_msn_is_a_string_or_an_integer_of_the_same_digits() {
    for (msn, json) in [
        ("123456", "\"123456\""),
        ("123456", "123456"),
        ("123456", r#""12345\u0036""#),
        ("0123456", "\"0123456\""),
        ("1234", "1234"),
        ("1234567890", "1234567890"),
    ] {
        assert!(judged_for(msn, json), "{msn} {json}");
    }
}

#[test]
fn an_msn_is_neither_trimmed_nor_reckoned_with() {
    let wrong = [
        "\"654321\"",
        "654321",
        "null",
        "true",
        "\"\"",
        "\" 123456\"",
        "\"123456 \"",
        "\"0123456\"",
        "\"123456\\u0000\"",
        "\"１２３４５６\"",
        "\"+123456\"",
        "\"123456.0\"",
        "\"1.23456e5\"",
        "123456.0",
        "1.23456e5",
        "123456e0",
        "-123456",
        "1234560",
        "12345",
        "[\"123456\"]",
        "[123456]",
        "{\"msn\":\"123456\"}",
        "\"123456,654321\"",
        "123456.4",
        "1e400",
        "\"\\\"123456\\\"\"",
        "\"NO:123456\"",
    ];
    for json in wrong {
        assert!(!judged_for("123456", json), "{json}");
    }
    assert!(!judged_for("0123456", "123456"), "zeros count");
    assert!(!judged_for("0123456", "\"123456\""), "zeros count");
    assert!(!judged_for("1234", "\"01234\""), "zeros count");
}

#[test]
fn an_integer_with_zeros_in_front_is_no_json() {
    let jwt = good().with_json("msn", "0123456").signed_by(&RSA);
    assert_refused(&offline(&[&RSA]), &jwt, &expect().msn("0123456".parse().expect("an msn")), "form");
}

/// The name of the check that fails, if one does.
type Told = Option<&'static str>;

/// `aud` and `azp` as they come, and what is told with and without a known `client_id`.
fn audiences() -> Vec<(Value, Option<Value>, Told, Told)> {
    let (own, other) = (CLIENT_ID, "22222222-2222-4333-8444-555555555555");
    vec![
        (json!(own), None, None, None),
        (json!([own]), None, None, None),
        (json!([own]), Some(json!(own)), None, None),
        (json!([own, other]), Some(json!(own)), None, None),
        (json!([other, own]), Some(json!(own)), None, None),
        (json!([own, other]), None, Some("azp"), None),
        (json!([own, own]), None, Some("azp"), None),
        (json!([own, other]), Some(json!(other)), Some("azp"), None),
        (json!(own), Some(json!(other)), Some("azp"), None),
        (json!([own]), Some(json!("")), Some("azp"), None),
        (json!(other), None, Some("aud"), None),
        (json!([other]), Some(json!(own)), Some("aud"), None),
        (json!(other), Some(json!(other)), Some("aud"), None),
        (json!(""), None, Some("aud"), None),
        (json!(own.to_uppercase() + "X"), None, Some("aud"), None),
        (json!(format!("{own} {other}")), None, Some("aud"), None),
        (json!(format!("[\"{own}\"]")), None, Some("aud"), None),
        (json!([]), None, Some("aud"), Some("aud")),
        (json!([1]), None, Some("aud"), Some("aud")),
        (json!([own, 1]), Some(json!(own)), Some("aud"), Some("aud")),
        (json!([own, null]), Some(json!(own)), Some("aud"), Some("aud")),
        (json!([[own]]), None, Some("aud"), Some("aud")),
        (json!({"aud": own}), None, Some("aud"), Some("aud")),
        (json!(null), None, Some("aud"), Some("aud")),
        (json!(own), Some(json!(null)), Some("azp"), Some("azp")),
        (json!(own), Some(json!([own])), Some("azp"), Some("azp")),
        (json!(own), Some(json!(1)), Some("azp"), Some("azp")),
    ]
}

#[test]
fn an_audience_is_well_formed_and_holds_the_client_where_it_is_known() {
    let verifier = offline(&[&RSA]);
    for (aud, azp, known, unknown) in audiences() {
        let token = good().without("azp").with("aud", aud.clone());
        let token = azp.iter().fold(token, |token, azp| token.with("azp", azp.clone()));
        let (jwt, case) = (token.signed_by(&RSA), format!("aud {aud}, azp {azp:?}"));
        let named = |expect: &Expect| judge(&verifier, &jwt, expect).err().map(|error| error.claim().unwrap_or("none"));
        assert_eq!(named(&expect().client_id(CLIENT_ID)), known, "known: {case}");
        assert_eq!(named(&expect()), unknown, "unknown: {case}");
    }
}

#[test]
fn a_client_id_is_compared_byte_for_byte() {
    let verifier = offline(&[&RSA]);
    for other in near(CLIENT_ID).into_iter().filter(|other| !other.is_empty()) {
        let jwt = good().signed_by(&RSA);
        assert_outcome(&judge(&verifier, &jwt, &expect().client_id(&*other)), "aud", &other);
    }
}

#[test]
fn a_hash_of_the_access_token_is_half_a_sha256() {
    let verifier = offline(&[&RSA, &EC]);
    let expect = expect().access_token(ACCESS_TOKEN).flow(Flow::Backchannel);
    let hash = digest(&SHA256, ACCESS_TOKEN.as_bytes());
    let half = &hash.as_ref()[..16];
    assert_eq!(encode(half), AT_HASH);
    for signer in [&RSA, &EC] {
        assert_accepted(&verifier, &Token::of(signer).signed_by(signer), &expect);
        assert_accepted(&verifier, &Token::of(signer).without("at_hash").signed_by(signer), &expect);
        let wrong = [
            encode(&hash.as_ref()[16..]),
            encode(hash.as_ref()),
            encode(&hash.as_ref()[..15]),
            encode(&hash.as_ref()[..17]),
            encode(&digest(&SHA384, ACCESS_TOKEN.as_bytes()).as_ref()[..24]),
            encode(&digest(&SHA512, ACCESS_TOKEN.as_bytes()).as_ref()[..32]),
            BASE64_URL_SAFE.encode(half),
            BASE64_STANDARD_NO_PAD.encode(half).replace('-', "+"),
            half.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
            format!("{}x", &AT_HASH[..AT_HASH.len() - 1]),
            AT_HASH.to_lowercase(),
        ];
        for at_hash in wrong.into_iter().filter(|at_hash| at_hash != AT_HASH) {
            let jwt = Token::of(signer).with("at_hash", &*at_hash).signed_by(signer);
            assert_outcome(&judge(&verifier, &jwt, &expect), "at_hash", &at_hash);
        }
    }
    for other in near(ACCESS_TOKEN).into_iter().filter(|other| !other.is_empty()) {
        assert_refused(&verifier, &good().signed_by(&RSA), &expect.clone().access_token(&*other), "at_hash");
    }
}

#[test]
fn an_acr_that_was_asked_for() {
    let verifier = offline(&[&RSA]);
    assert_accepted(&verifier, &good().signed_by(&RSA), &expect().acr(ACR));
    assert_refused(&verifier, &good().without("acr").signed_by(&RSA), &expect().acr(ACR), "acr");
    assert_accepted(&verifier, &good().without("acr").signed_by(&RSA), &expect());
    let list = good().with("acr", json!([ACR])).signed_by(&RSA);
    assert_refused(&verifier, &list, &expect().acr(ACR), "acr");
}

const REQUEST_NAMES: [&str; 3] = ["auth_req_id", "authReqId", "urn:openid:params:jwt:claim:auth_req_id"];

#[test]
fn a_request_goes_by_three_names() {
    let verifier = offline(&[&RSA]);
    for flow in FLOWS {
        let expect = expect().flow(flow).auth_req_id(AUTH_REQ_ID);
        for name in REQUEST_NAMES {
            let token = good().without("auth_req_id");
            assert_accepted(&verifier, &token.clone().with(name, AUTH_REQ_ID).signed_by(&RSA), &expect);
            for wrong in [json!("other"), json!(""), json!(null), json!([AUTH_REQ_ID]), json!(1)] {
                let alone = token.clone().with(name, wrong.clone()).signed_by(&RSA);
                assert_outcome(&judge(&verifier, &alone, &expect), "auth_req_id", name);
                let all = REQUEST_NAMES.iter().fold(token.clone(), |token, name| token.with(name, AUTH_REQ_ID));
                assert_accepted(&verifier, &all.signed_by(&RSA), &expect);
                assert_outcome(&judge(&verifier, &all.with(name, wrong).signed_by(&RSA), &expect), "auth_req_id", name);
            }
        }
    }
}

#[test]
fn a_request_is_required_in_the_redirect_variant_only() {
    let verifier = offline(&[&RSA]);
    let absent = good().without("auth_req_id").signed_by(&RSA);
    for flow in FLOWS {
        let outcome = judge(&verifier, &absent, &expect().flow(flow).auth_req_id(AUTH_REQ_ID));
        assert_eq!(outcome.is_err(), flow == Flow::BackchannelRedirect, "{flow:?}");
        assert!(outcome.err().is_none_or(|error| error.claim() == Some("auth_req_id")));
    }
}

#[test]
fn a_token_of_one_merchant_opens_no_other() {
    // The same partner, the same key, the same user: only the msn tells the merchants apart.
    let verifier = offline(&[&RSA]);
    let jwt = good().signed_by(&RSA);
    for other in ["123457", "0123456", "1234567", "12345", "654321"] {
        let expect = Expect::default().msn(other.parse().expect("an msn")).nonce(NONCE);
        assert_refused(&verifier, &jwt, &expect, "msn");
    }
    assert_eq!(assert_accepted(&verifier, &jwt, &expect()).msn(), &msn());
}
