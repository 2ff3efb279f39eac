//! When a token is good: to the second, and a little further.

mod keyring;

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use keyring::{
    NOW, RSA, Token, assert_accepted, assert_outcome, assert_refused, expect, judge, jwks, offline, offline_config,
};
use vipps_partner_auth::{ErrorKind, IdTokenVerifier, ManualClock};

const DAY: u64 = 86_400;

fn with_leeway(seconds: u64) -> IdTokenVerifier {
    let config = offline_config(NOW).leeway(Duration::from_secs(seconds));
    IdTokenVerifier::with_jwks(config, &jwks(&[&RSA])).expect("a good leeway")
}

fn with(claim: &str, json: &str) -> String {
    Token::of(&RSA).with_json(claim, json).signed_by(&RSA)
}

#[test]
fn a_token_ends_at_its_expiry_and_the_leeway() {
    for leeway in [0, 1, 60, 300] {
        let (verifier, edge) = (with_leeway(leeway), NOW - leeway);
        let old = |exp: &str| {
            Token::of(&RSA).with("iat", NOW - 3600).with("nbf", NOW - 3600).with_json("exp", exp).signed_by(&RSA)
        };
        assert_refused(&verifier, &old(&edge.to_string()), &expect(), "exp");
        assert_refused(&verifier, &old(&format!("{edge}.0")), &expect(), "exp");
        assert_refused(&verifier, &old(&format!("{}.999", edge - 1)), &expect(), "exp");
        assert_accepted(&verifier, &old(&format!("{edge}.001")), &expect());
        assert_accepted(&verifier, &old(&(edge + 1).to_string()), &expect());
    }
}

#[test]
fn a_token_begins_at_its_issue_less_the_leeway() {
    for leeway in [0, 1, 60, 300] {
        let (verifier, edge) = (with_leeway(leeway), NOW + leeway);
        for claim in ["iat", "nbf"] {
            assert_accepted(&verifier, &with(claim, &edge.to_string()), &expect());
            assert_accepted(&verifier, &with(claim, &format!("{}.999", edge - 1)), &expect());
            assert_refused(&verifier, &with(claim, &format!("{edge}.001")), &expect(), claim);
            assert_refused(&verifier, &with(claim, &(edge + 1).to_string()), &expect(), claim);
        }
    }
}

#[test]
fn the_leeway_is_60_seconds_unless_set() {
    let verifier = offline(&[&RSA]);
    assert_accepted(&verifier, &with("iat", &(NOW + 60).to_string()), &expect());
    assert_refused(&verifier, &with("iat", &(NOW + 61).to_string()), &expect(), "iat");
}

#[test]
fn a_leeway_is_0_to_300_seconds() {
    for good in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(300)] {
        let config = offline_config(NOW).leeway(good);
        assert!(IdTokenVerifier::with_jwks(config.clone(), &jwks(&[&RSA])).is_ok());
        assert!(IdTokenVerifier::new(config).is_ok());
    }
    for bad in [Duration::from_nanos(300_000_000_001), Duration::from_secs(301), Duration::MAX] {
        let config = offline_config(NOW).leeway(bad);
        for verifier in [IdTokenVerifier::with_jwks(config.clone(), &jwks(&[&RSA])), IdTokenVerifier::new(config)] {
            let error = verifier.expect_err("a leeway out of bounds");
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("leeway")));
        }
    }
}

#[test]
fn time_is_what_the_given_clock_says() {
    let clock = ManualClock::at_unix(NOW);
    let config = offline_config(NOW).clock(Arc::new(clock.clone()));
    let verifier = IdTokenVerifier::with_jwks(config, &jwks(&[&RSA])).expect("a good set");
    let jwt = Token::of(&RSA).signed_by(&RSA);
    assert_accepted(&verifier, &jwt, &expect());
    clock.advance(Duration::from_millis(3_659_999));
    assert_accepted(&verifier, &jwt, &expect());
    clock.advance(Duration::from_millis(1));
    assert_refused(&verifier, &jwt, &expect(), "exp");
    clock.set_wall(Duration::from_secs(NOW - 60));
    assert_accepted(&verifier, &jwt, &expect());
    clock.set_wall(Duration::from_millis(NOW * 1000 - 60_001));
    assert_refused(&verifier, &jwt, &expect(), "iat");
    clock.set_wall(Duration::ZERO);
    assert_refused(&verifier, &jwt, &expect(), "iat");
}

#[test]
fn no_token_lives_longer_than_a_day() {
    let verifier = offline(&[&RSA]);
    assert_accepted(&verifier, &with("exp", &(NOW + DAY).to_string()), &expect());
    assert_refused(&verifier, &with("exp", &format!("{}.001", NOW + DAY)), &expect(), "exp");
    assert_refused(&verifier, &with("exp", &(NOW + DAY + 1).to_string()), &expect(), "exp");
    // The day counts from the issue and not from now.
    let early = Token::of(&RSA).with("iat", NOW - DAY).with("nbf", NOW - DAY);
    assert_accepted(&verifier, &early.clone().with("exp", NOW).signed_by(&RSA), &expect());
    assert_refused(&verifier, &early.with("exp", NOW + 1).signed_by(&RSA), &expect(), "exp");
}

#[test]
fn milliseconds_by_mistake_do_not_live_for_ever() {
    let verifier = offline(&[&RSA]);
    assert_refused(&verifier, &with("exp", &((NOW + 3600) * 1000).to_string()), &expect(), "exp");
    assert_refused(&verifier, &with("iat", &(NOW * 1000).to_string()), &expect(), "iat");
    assert_refused(&verifier, &with("nbf", &(NOW * 1000).to_string()), &expect(), "nbf");
    let both = Token::of(&RSA).with("iat", NOW * 1000).with("exp", (NOW + 3600) * 1000);
    assert_refused(&verifier, &both.signed_by(&RSA), &expect(), "iat");
    for endless in
        ["1e300", "9999999999", "18446744073709551615", "99999999999999999999999999", "1.7976931348623157e308"]
    {
        assert_outcome(&judge(&verifier, &with("exp", endless), &expect()), "exp", endless);
    }
}

#[test]
fn a_time_before_time_makes_no_long_life() {
    let verifier = offline(&[&RSA]);
    for iat in ["-1", "0", "-1e300", "-0", "1e-300"] {
        assert_outcome(&judge(&verifier, &with("iat", iat), &expect()), "exp", iat);
    }
    for exp in ["-1", "0", "-1e300", "-0.0", "5e-324"] {
        assert_outcome(&judge(&verifier, &with("exp", exp), &expect()), "exp", exp);
    }
    for nbf in ["-1", "0", "-1e300"] {
        assert_accepted(&verifier, &with("nbf", nbf), &expect());
    }
}

#[test]
fn times_are_finite_json_numbers() {
    let verifier = offline(&[&RSA]);
    let wrong = [
        "null",
        "true",
        "\"\"",
        "\"1767229200\"",
        "[1767229200]",
        "{}",
        "1e309",
        "-1e309",
        "1e99999999999",
        "\"2026-01-01T00:00:00Z\"",
        "\"Infinity\"",
        "\"NaN\"",
    ];
    for claim in ["exp", "iat", "nbf"] {
        for json in wrong {
            assert_outcome(&judge(&verifier, &with(claim, json), &expect()), claim, &format!("{claim}: {json}"));
        }
    }
    for no_json in [
        "NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "0x6955B900",
        "1_767_229_200",
        "+1767229200",
        "01767229200",
        "1767229200.",
    ] {
        assert_outcome(&judge(&verifier, &with("exp", no_json), &expect()), "form", no_json);
    }
}

#[test]
fn a_number_may_be_written_in_any_way_json_allows() {
    let verifier = offline(&[&RSA]);
    for exp in ["1767229200", "1767229200.0", "1767229200.75", "1.7672292e9", "1.7672292E+9", "17672292000e-1"] {
        let claims = assert_accepted(&verifier, &with("exp", exp), &expect());
        let told: f64 = exp.parse().expect("a number");
        assert_eq!(claims.expires_at(), UNIX_EPOCH + Duration::from_secs_f64(told));
    }
    let claims = assert_accepted(&verifier, &with("iat", "1767225599.25"), &expect());
    assert_eq!(claims.issued_at(), UNIX_EPOCH + Duration::from_millis(1_767_225_599_250));
}

/// What is said of a token that is this far from the clock.
fn hint_of(claim: &str, json: &str) -> Option<String> {
    let far = Token::of(&RSA).with("iat", NOW - 3600).with("exp", NOW + 3600).with_json(claim, json);
    let error = judge(&offline(&[&RSA]), &far.signed_by(&RSA), &expect()).expect_err(json);
    assert_eq!(error.claim(), Some(claim));
    error.hint().map(str::to_owned)
}

#[test]
fn a_clock_is_suspected_with_its_numbers() {
    let behind = "this machine's clock may be wrong: it is at least 97 s behind the issuer's";
    assert_eq!(hint_of("iat", &format!("{}.5", NOW + 96)).as_deref(), Some(behind));
    assert_eq!(hint_of("nbf", &(NOW + 97).to_string()).as_deref(), Some(behind));
    let ahead = "the token is old, or this machine's clock is at least 60 s ahead of the issuer's";
    assert_eq!(hint_of("exp", &(NOW - 60).to_string()).as_deref(), Some(ahead));
    let a_day = "this machine's clock may be wrong: it is at least 86400 s behind the issuer's";
    assert_eq!(hint_of("nbf", &(NOW + DAY).to_string()).as_deref(), Some(a_day));
    let a_day_ahead = "the token is old, or this machine's clock is at least 86400 s ahead of the issuer's";
    assert_eq!(hint_of("exp", &(NOW - DAY).to_string()).as_deref(), Some(a_day_ahead));
}

#[test]
fn no_clock_is_suspected_of_more_than_a_day() {
    for (claim, json) in [
        ("iat", (NOW + DAY + 1).to_string()),
        ("nbf", (NOW + DAY + 1).to_string()),
        ("exp", (NOW - DAY - 1).to_string()),
        ("exp", "0".to_owned()),
        ("exp", "-1e300".to_owned()),
        ("iat", "1e300".to_owned()),
        ("nbf", "null".to_owned()),
    ] {
        assert_eq!(hint_of(claim, &json), None, "{claim}: {json}");
    }
}
