//! `iss`, and `exp`, `iat`, `nbf` to the second.

use super::{
    base::{EXP, IAT, NOW},
    draft::{Draft, accepts, misconfigured, refuses},
};

pub(super) fn cases() -> Vec<Draft> {
    [issuers(), expiry(), issue(), not_before(), leeways(), clocks()].into_iter().flatten().collect()
}

fn issuers() -> Vec<Draft> {
    let iss = |id, comment, text: &str| refuses(id, "iss", comment).text("iss", text);
    let raw = |id, comment, json: &str| refuses(id, "iss", comment).raw("iss", json);
    vec![
        iss(
            "iss-no-slash",
            "the issuer ends with a slash, and is compared byte for byte",
            "https://api.vipps.no/access-management-1.0/access",
        ),
        iss(
            "iss-test-in-production",
            "a token of the test environment in production",
            "https://apitest.vipps.no/access-management-1.0/access/",
        ),
        refuses("iss-production-in-test", "iss", "a token of production in the test environment").environment("test"),
        refuses("iss-production-in-custom", "iss", "a token of production against the emulator")
            .environment("http://127.0.0.1:8585"),
        iss(
            "iss-letter-case",
            "the same host in another letter case is another issuer",
            "https://API.vipps.no/access-management-1.0/access/",
        ),
        iss("iss-http", "another scheme", "http://api.vipps.no/access-management-1.0/access/"),
        iss("iss-space", "nothing is trimmed", "https://api.vipps.no/access-management-1.0/access/ "),
        refuses("iss-missing", "iss", "iss is required").without("iss"),
        raw("iss-null", "null is present, so wrong", "null"),
        raw("iss-array", "one string, not a list of one", r#"["https://api.vipps.no/access-management-1.0/access/"]"#),
        raw("iss-number", "a number is no issuer", "1"),
    ]
}

fn expiry() -> Vec<Draft> {
    let exp = |id, comment, json: &str| refuses(id, "exp", comment).raw("exp", json);
    vec![
        accepts("exp-last-second", "within the leeway of 60 s: one second to go").now(EXP + 59),
        refuses("exp-at-leeway", "exp", "now − leeway = exp: no longer").now(EXP + 60),
        refuses("exp-long-past", "exp", "the contract's expired twin")
            .raw("exp", "1767221000")
            .raw("iat", "1767217400"),
        accepts("exp-fraction-before", "a fraction counts: half a second to go")
            .raw("exp", "1767229200.5")
            .now(EXP + 60),
        exp("exp-fraction-after", "half a second over", "1767229199.5").now(EXP + 60),
        accepts("exp-exponent", "a JSON number may have an exponent").raw("exp", "1.7672292E9"),
        refuses("exp-missing", "exp", "exp is required").without("exp"),
        exp("exp-null", "null is present, so wrong", "null"),
        exp("exp-text", "a time is a number, also where the token endpoint writes text", r#""1767229200""#),
        exp("exp-zero", "the epoch is over", "0"),
        exp("exp-negative", "before the epoch", "-1767229200"),
        exp("exp-not-finite", "a number too large for any clock", "1e400"),
        exp("exp-huge", "a finite one, 300 orders of magnitude away", "1e300"),
        exp("exp-beyond-64-bits", "an integer that does not fit 64 bits", "18446744073709551617"),
        exp("exp-milliseconds", "milliseconds by mistake must not live for ever", "1767229200000"),
        accepts("exp-24-hours", "24 hours after iat is the longest life").raw("exp", "1767312000"),
        exp("exp-over-24-hours", "one second longer", "1767312001"),
    ]
}

fn issue() -> Vec<Draft> {
    let iat = |id, comment, json: &str| refuses(id, "iat", comment).raw("iat", json);
    vec![
        accepts("iat-at-leeway", "issued exactly one leeway ahead of our clock").now(IAT - 60),
        refuses("iat-in-future", "iat", "one second more").now(IAT - 61),
        accepts("iat-fraction-before", "a fraction counts: half a second within")
            .raw("iat", "1767225599.5")
            .now(IAT - 60),
        iat("iat-fraction-after", "half a second beyond", "1767225600.5").now(IAT - 60),
        refuses("iat-missing", "iat", "iat is required").without("iat"),
        iat("iat-null", "null is present, so wrong", "null"),
        iat("iat-text", "a time is a number", r#""1767225600""#),
        iat("iat-not-finite", "a number too large for any clock", "1e400"),
        refuses("iat-long-past", "exp", "an old iat makes the life longer than 24 hours").raw("iat", "1767100000"),
    ]
}

fn not_before() -> Vec<Draft> {
    let nbf = |id, comment, json: &str| refuses(id, "nbf", comment).raw("nbf", json);
    vec![
        accepts("nbf-past", "valid since a while").raw("nbf", "1767225600"),
        accepts("nbf-at-leeway", "valid in exactly one leeway").raw("nbf", &(NOW + 60).to_string()),
        nbf("nbf-in-future", "one second more", &(NOW + 61).to_string()),
        nbf("nbf-fraction", "half a second more", &format!("{}.5", NOW + 60)),
        nbf("nbf-text", "a time is a number", r#""1767225600""#),
        nbf("nbf-null", "null is present, so wrong", "null"),
        nbf("nbf-not-finite", "a number too large for any clock", "1e400"),
    ]
}

fn leeways() -> Vec<Draft> {
    vec![
        accepts("leeway-zero-exp", "no leeway: one second to go").leeway(0).now(EXP - 1),
        refuses("leeway-zero-exp-over", "exp", "no leeway: now = exp").leeway(0).now(EXP),
        accepts("leeway-zero-iat", "no leeway: issued this second").leeway(0).now(IAT),
        refuses("leeway-zero-iat-ahead", "iat", "no leeway: issued in the next second").leeway(0).now(IAT - 1),
        accepts("leeway-longest-exp", "the longest leeway, five minutes").leeway(300).now(EXP + 299),
        refuses("leeway-longest-exp-over", "exp", "one second more").leeway(300).now(EXP + 300),
        accepts("leeway-longest-iat", "five minutes ahead of our clock").leeway(300).now(IAT - 300),
        refuses("leeway-longest-iat-over", "iat", "one second more").leeway(300).now(IAT - 301),
        misconfigured("leeway-too-long", "leeway", "more than five minutes is no leeway").leeway(301),
    ]
}

/// A clock that is wrong by a span that clocks are wrong by is suspected in the hint.
fn clocks() -> Vec<Draft> {
    vec![
        refuses("clock-ahead", "exp", "an hour past the end: the token is old, or the clock is ahead")
            .now(EXP + 3_600)
            .with_hint(true),
        refuses("clock-days-ahead", "exp", "days past it: the token is old").now(EXP + 2 * DAY).with_hint(false),
        refuses("clock-behind", "iat", "two minutes before its issue: the clock is behind")
            .now(IAT - 120)
            .with_hint(true),
        refuses("clock-days-behind", "iat", "days before it: no clock is so wrong").now(IAT - 2 * DAY).with_hint(false),
        refuses("clock-behind-nbf", "nbf", "the same of its first moment")
            .raw("nbf", &(NOW + 120).to_string())
            .with_hint(true),
    ]
}

const DAY: u64 = 86_400;
