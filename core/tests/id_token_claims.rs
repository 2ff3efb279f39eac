//! Every claim dropped, doubled and retyped, and signed again by the real key, so that only its own check can see it.

mod keyring;

use keyring::{
    CLIENT_ID, ISSUER, NONCE, RSA, Token, assert_accepted, assert_outcome, assert_refused, encode, expect, expect_all,
    judge, offline, signed,
};
use vipps_partner_auth::Flow;

/// What a dropped claim leads to when everything is expected: `None` where it may be absent.
const DROPPED: [(&str, Option<&str>); 15] = [
    ("iss", Some("iss")),
    ("exp", Some("exp")),
    ("iat", Some("iat")),
    ("nbf", None),
    ("sub", Some("sub")),
    ("nonce", Some("nonce")),
    ("msn", Some("msn")),
    ("aud", Some("aud")),
    ("azp", None),
    ("at_hash", None),
    ("acr", Some("acr")),
    ("auth_req_id", None),
    ("auth_time", None),
    ("jti", None),
    ("sid", None),
];

#[test]
fn each_claim_dropped() {
    let verifier = offline(&[&RSA]);
    let mut names = Token::of(&RSA).claims.names();
    for (claim, consequence) in DROPPED {
        let jwt = Token::of(&RSA).without(claim).signed_by(&RSA);
        match consequence {
            Some(check) => assert_refused(&verifier, &jwt, &expect_all(), check),
            None => drop(assert_accepted(&verifier, &jwt, &expect_all())),
        }
        names.retain(|name| name != claim);
    }
    assert!(names.is_empty(), "not dropped: {names:?}");
    assert_refused(&verifier, &signed(&Token::of(&RSA).header.json(), "{}", &RSA), &expect(), "iss");
}

#[test]
fn each_claim_dropped_in_the_redirect_variant() {
    let (verifier, expect) = (offline(&[&RSA]), expect_all().flow(Flow::BackchannelRedirect));
    for (claim, consequence) in DROPPED {
        let consequence = match claim {
            "nonce" => None,
            "auth_req_id" => Some("auth_req_id"),
            _ => consequence,
        };
        let outcome = judge(&verifier, &Token::of(&RSA).without(claim).signed_by(&RSA), &expect);
        assert_eq!(outcome.err().and_then(|error| error.claim()), consequence, "{claim}");
    }
}

#[test]
fn each_claim_doubled() {
    let verifier = offline(&[&RSA]);
    let token = Token::of(&RSA);
    for name in token.claims.names() {
        let value = token.claims.get(&name).to_owned();
        let last = name.chars().next_back().expect("a name");
        let escaped = format!("\"{}\\u{:04x}\"", &name[..name.len() - 1], u32::from(last));
        for twin in [format!("\"{name}\""), escaped] {
            for value in [value.as_str(), "null", "\"x\"", "0"] {
                let after = token.clone().and_again(&twin, value);
                assert_outcome(&judge(&verifier, &after.signed_by(&RSA), &expect()), "form", &twin);
                let mut before = token.clone();
                before.claims.0.insert(0, (twin.clone(), value.to_owned()));
                assert_outcome(&judge(&verifier, &before.signed_by(&RSA), &expect()), "form", &twin);
            }
        }
    }
}

#[test]
fn doubles_are_found_among_many_members() {
    let verifier = offline(&[&RSA]);
    for others in [1, 7, 8, 12, 13, 14, 15, 30, 300] {
        let many = (0..others).fold(Token::of(&RSA), |token, index| token.with(&format!("x{index}"), index));
        assert_accepted(&verifier, &many.signed_by(&RSA), &expect_all());
        let doubled = many.clone().and_again("\"x0\"", "1");
        assert_outcome(&judge(&verifier, &doubled.signed_by(&RSA), &expect_all()), "form", &others.to_string());
        let judged = many.and_again("\"\\u006dsn\"", "\"123456\"");
        assert_outcome(&judge(&verifier, &judged.signed_by(&RSA), &expect_all()), "form", &others.to_string());
    }
}

#[test]
fn doubles_further_in_are_nobodys_business() {
    let nested = r#"{"msn":"654321","msn":"123456","a":{"sub":1,"sub":2}}"#;
    let token = Token::of(&RSA).with_json("address", nested).with_json("list", &format!("[{nested},{nested}]"));
    let claims = assert_accepted(&offline(&[&RSA]), &token.signed_by(&RSA), &expect_all());
    // All readers see the last of them.
    let expected = serde_json::json!({"msn": "123456", "a": {"sub": 2}});
    assert_eq!(claims.claim("address"), Some(expected.clone()));
    assert_eq!(claims.claim("list"), Some(serde_json::json!([expected, expected])));
}

/// JSON of every type, none of which is right for any claim that is judged.
const RETYPED: [&str; 16] = [
    "null",
    "true",
    "false",
    "\"\"",
    "\"x\"",
    "\"null\"",
    "\"0\"",
    "[]",
    "[null]",
    "[\"\"]",
    "[1]",
    "[[]]",
    "{}",
    "{\"x\":1}",
    "1e999",
    "\"1767229200\"",
];

/// The good value, wrapped in a type it does not have.
fn wrapped(value: &str) -> [String; 4] {
    let quoted = serde_json::Value::from(value).to_string();
    [format!("[[{value}]]"), format!("{{\"value\":{value}}}"), quoted, format!("[{value},{value}]")]
}

const JUDGED: [&str; 12] =
    ["iss", "exp", "iat", "nbf", "sub", "nonce", "msn", "aud", "azp", "at_hash", "acr", "auth_req_id"];

#[test]
fn each_judged_claim_retyped() {
    let verifier = offline(&[&RSA]);
    for claim in JUDGED {
        let own = Token::of(&RSA).claims.get(claim).to_owned();
        // Two of them are short strings, and any short string is a good subject.
        let is_sub = |json: &&str| claim != "sub" || !json.starts_with('"') || *json == "\"\"";
        let alien = RETYPED.iter().copied().filter(is_sub).map(str::to_owned);
        let around = wrapped(&own).into_iter().filter(|json| is_sub(&json.as_str()));
        for json in alien.chain(around) {
            let jwt = Token::of(&RSA).with_json(claim, &json).signed_by(&RSA);
            assert_outcome(&judge(&verifier, &jwt, &expect_all()), claim, &format!("{claim}: {json}"));
        }
    }
}

#[test]
fn text_claims_are_no_numbers() {
    let verifier = offline(&[&RSA]);
    for claim in ["iss", "sub", "nonce", "msn", "aud", "azp", "at_hash", "acr", "auth_req_id"] {
        for number in ["0", "1", "-1", "1.5", "1e3", "99999999999999999999"] {
            let jwt = Token::of(&RSA).with_json(claim, number).signed_by(&RSA);
            assert_outcome(&judge(&verifier, &jwt, &expect_all()), claim, &format!("{claim}: {number}"));
        }
    }
}

#[test]
fn what_is_not_expected_is_not_judged_but_must_make_sense_where_it_names_the_client() {
    let verifier = offline(&[&RSA]);
    for claim in ["at_hash", "acr", "auth_req_id", "authReqId", "auth_time", "jti", "sid", "email"] {
        for json in RETYPED.iter().filter(|json| **json != "1e999") {
            let jwt = Token::of(&RSA).with_json(claim, json).signed_by(&RSA);
            assert!(judge(&verifier, &jwt, &expect()).is_ok(), "{claim}: {json}");
        }
    }
    for claim in ["aud", "azp"] {
        for json in ["null", "1", "true", "{}", "[]", "[1]", "[null]", "[[\"x\"]]", "[\"x\",1]"] {
            let jwt = Token::of(&RSA).with_json(claim, json).signed_by(&RSA);
            assert_outcome(&judge(&verifier, &jwt, &expect()), claim, json);
        }
        assert_accepted(&verifier, &Token::of(&RSA).with(claim, "x").signed_by(&RSA), &expect());
    }
}

#[test]
fn an_issuer_is_compared_byte_for_byte() {
    let verifier = offline(&[&RSA]);
    let bare = ISSUER.trim_end_matches('/');
    let wrong = [
        bare.to_owned(),
        format!("{ISSUER}/"),
        format!("{ISSUER} "),
        format!(" {ISSUER}"),
        format!("{ISSUER}\u{0}"),
        ISSUER.to_uppercase(),
        ISSUER.replace("https", "http"),
        ISSUER.replace("https", "HTTPS"),
        ISSUER.replace("api.", "apitest."),
        ISSUER.replace(".no/", ".no:443/"),
        ISSUER.replace("vipps.no", "vipps.no.example"),
        ISSUER.replace("api.vipps", "аpi.vipps"),
        ISSUER.replace("access/", "access%2F"),
        String::new(),
    ];
    for iss in &wrong {
        assert_outcome(&judge(&verifier, &Token::of(&RSA).with("iss", &**iss).signed_by(&RSA), &expect()), "iss", iss);
    }
    let escaped = ISSUER.replace('/', "\\/").replace(':', "\\u003A");
    let jwt = Token::of(&RSA).with_json("iss", &format!("\"{escaped}\"")).signed_by(&RSA);
    assert_accepted(&verifier, &jwt, &expect());
}

#[test]
fn a_subject_has_1_to_255_characters() {
    let verifier = offline(&[&RSA]);
    let with = |sub: String| Token::of(&RSA).with("sub", sub).signed_by(&RSA);
    for good in ["x".to_owned(), " ".to_owned(), "x".repeat(255), "é".repeat(255), "😀".repeat(255), "\"\\".to_owned()]
    {
        assert_eq!(assert_accepted(&verifier, &with(good.clone()), &expect()).sub(), good);
    }
    for bad in [String::new(), "x".repeat(256), "é".repeat(256)] {
        assert_outcome(&judge(&verifier, &with(bad.clone()), &expect()), "sub", &bad);
    }
    for broken in ["\"\\ud800\"", "\"\\udc00\\ud800\""] {
        let jwt = Token::of(&RSA).with_json("sub", broken).signed_by(&RSA);
        assert_outcome(&judge(&verifier, &jwt, &expect()), "sub", broken);
    }
}

#[test]
fn a_payload_is_one_json_object() {
    let verifier = offline(&[&RSA]);
    let (header, good) = (Token::of(&RSA).header.json(), Token::of(&RSA).claims.json());
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let wrong = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"x\"".to_owned(),
        "1".to_owned(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good}x"),
        format!("{good}\0"),
        format!("\u{feff}{good}"),
        deep,
        good.replace('"', "'"),
        good.replacen(',', ",,", 1),
        good.trim_end_matches('}').to_owned(),
        good.replace("\"jti\":", "\"jti\":\n\"a\nb\",\"x\":"),
        good.replace("\"jti\":", "\"x\":01,\"jti\":"),
        good.replace("\"jti\":", "\"x\":+1,\"jti\":"),
        good.replace("\"jti\":", "\"x\":.5,\"jti\":"),
        good.replace("\"jti\":", "\"x\":Infinity,\"jti\":"),
        good.replace("\"jti\":", "\"x\":\"\\x41\",\"jti\":"),
        good.replace("\"jti\":", "jti:"),
        good.replace("\"jti\":", "\"x\":1/**/,\"jti\":"),
        good.replace("\"jti\":", "\"\\udead\":1,\"jti\":"),
    ];
    for payload in &wrong {
        assert_ne!(*payload, good);
        assert_outcome(&judge(&verifier, &signed(&header, payload, &RSA), &expect()), "form", payload);
    }
    for payload in [format!(" \t\r\n{good}\n"), good.replace(',', " , \n")] {
        assert_accepted(&verifier, &signed(&header, payload, &RSA), &expect());
    }
}

#[test]
fn a_deep_claim_is_not_a_trap() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let jwt = Token::of(&RSA).with_json("x", &deep).signed_by(&RSA);
    let claims = assert_accepted(&offline(&[&RSA]), &jwt, &expect());
    let inner = claims.claim::<serde_json::Value>("x").expect("a claim that was accepted");
    assert!(inner.to_string().starts_with(&format!("{}\"[", "[".repeat(63))), "{inner}");
    for claim in ["aud", "exp", "msn"] {
        assert_refused(&offline(&[&RSA]), &Token::of(&RSA).with_json(claim, &deep).signed_by(&RSA), &expect(), claim);
    }
}

#[test]
fn a_claim_that_was_accepted_can_be_read() {
    let cases = [
        (r#""Kari \ud83d""#, serde_json::json!("Kari \u{fffd}")),
        ("1e999", serde_json::json!("1e999")),
        ("[-1e999]", serde_json::json!(["-1e999"])),
        ("9007199254740991", serde_json::json!(9_007_199_254_740_991_i64)),
        ("9007199254740993", serde_json::json!("9007199254740993")),
        ("123456789012345678901234567890", serde_json::json!("123456789012345678901234567890")),
        (r#"{"":0,"a\u0000b":1,"__proto__":2}"#, serde_json::json!({"": 0, "a\0b": 1, "__proto__": 2})),
    ];
    for (json, expected) in cases {
        for name in ["x", "", "__proto__", "a b", "\u{1f600}", "\\u0000", "toString"] {
            let jwt = Token::of(&RSA).with_json(name, json).signed_by(&RSA);
            let claims = assert_accepted(&offline(&[&RSA]), &jwt, &expect());
            let all: serde_json::Value = claims.json().parse().expect("json");
            let name = if name == "\\u0000" { "\0" } else { name };
            assert_eq!((claims.claim(name).as_ref(), &all[name]), (Some(&expected), &expected), "{name}: {json}");
        }
    }
    let plain = Token::of(&RSA).with_json("x", r#"1.50,"y":"\u00e6 \/""#);
    let claims = assert_accepted(&offline(&[&RSA]), &plain.signed_by(&RSA), &expect());
    assert_eq!(claims.json(), plain.claims.json(), "as it was signed");
}

#[test]
fn null_is_told_as_null() {
    let asked = expect_all().flow(Flow::Backchannel);
    for claim in JUDGED {
        let jwt = Token::of(&RSA).with_json(claim, "null").signed_by(&RSA);
        let error = judge(&offline(&[&RSA]), &jwt, &asked).expect_err(claim);
        assert_eq!((error.claim(), error.detail()), (Some(claim), &*format!("the {claim} of the token is null")));
    }
    for member in ["alg", "typ", "kid"] {
        let jwt = Token::of(&RSA).header(member, serde_json::Value::Null).signed_by(&RSA);
        let error = judge(&offline(&[&RSA]), &jwt, &asked).expect_err(member);
        assert_eq!((error.claim(), error.detail()), (Some(member), &*format!("the {member} of the token is null")));
    }
}

#[test]
fn a_payload_is_utf8() {
    for byte in [0x80, 0xc0, 0xff] {
        let mut payload = Token::of(&RSA).with("jti", "~").claims.json().into_bytes();
        let at = payload.iter().position(|own| *own == b'~').expect("the mark");
        payload[at] = byte;
        assert_refused(&offline(&[&RSA]), &signed(&Token::of(&RSA).header.json(), &payload, &RSA), &expect(), "form");
    }
}

#[test]
fn the_order_of_claims_does_not_matter() {
    let mut token = Token::of(&RSA);
    for _ in 0..token.claims.0.len() {
        token.claims.0.rotate_left(1);
        assert_accepted(&offline(&[&RSA]), &token.signed_by(&RSA), &expect_all());
    }
    token.claims.0.reverse();
    assert_accepted(&offline(&[&RSA]), &token.signed_by(&RSA), &expect_all());
}

#[test]
fn names_of_claims_are_exact() {
    let verifier = offline(&[&RSA]);
    for (claim, wrong) in
        [("msn", "MSN"), ("iss", "Iss"), ("sub", "sub "), ("nonce", "nonce\u{200b}"), ("exp", "expires")]
    {
        let value = Token::of(&RSA).claims.get(claim).to_owned();
        let jwt = Token::of(&RSA).without(claim).with_json(wrong, &value).signed_by(&RSA);
        assert_outcome(&judge(&verifier, &jwt, &expect()), claim, wrong);
    }
    let escaped = Token::of(&RSA).without("msn").and_again(r#""m\u0073n""#, "\"123456\"");
    assert_accepted(&verifier, &escaped.signed_by(&RSA), &expect());
}

#[test]
fn a_token_within_a_token_is_only_text() {
    let inner = Token::of(&RSA).signed_by(&RSA);
    let jwt = signed(&Token::of(&RSA).header("cty", "JWT").header.json(), &inner, &RSA);
    assert_refused(&offline(&[&RSA]), &jwt, &expect(), "form");
    let twice = encode(inner);
    assert_refused(&offline(&[&RSA]), &twice, &expect(), "form");
}

#[test]
fn expectations_are_what_the_good_token_says() {
    // Each one, changed alone, must be what refuses: so none of the tests above passed for want of an expectation.
    let verifier = offline(&[&RSA]);
    let jwt = Token::of(&RSA).signed_by(&RSA);
    assert_accepted(&verifier, &jwt, &expect_all());
    assert_refused(&verifier, &jwt, &expect_all().nonce("other"), "nonce");
    assert_refused(&verifier, &jwt, &expect_all().msn("654321".parse().expect("an msn")), "msn");
    assert_refused(&verifier, &jwt, &expect_all().client_id("other"), "aud");
    assert_refused(&verifier, &jwt, &expect_all().access_token("other"), "at_hash");
    assert_refused(&verifier, &jwt, &expect_all().acr("other"), "acr");
    assert_refused(&verifier, &jwt, &expect_all().auth_req_id("other"), "auth_req_id");
    assert_ne!((NONCE, CLIENT_ID), ("other", "other"));
}
