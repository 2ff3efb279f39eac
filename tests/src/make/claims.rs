//! From `sub` to `auth_req_id`, and the expectations themselves.

use super::{
    base::{ACCESS_TOKEN, AUTH_REQ_ID, CLIENT_ID},
    draft::{Draft, accepts, misconfigured, refuses},
    keys::Key,
    members::quote,
    token::Seal,
};

pub(super) fn cases() -> Vec<Draft> {
    let judged = [subjects(), nonces(), sales_units(), audiences(), token_hashes(), contexts(), request_ids()];
    judged.into_iter().chain([expectations(), readable()]).flatten().collect()
}

fn subjects() -> Vec<Draft> {
    let raw = |id, comment, json: &str| refuses(id, "sub", comment).raw("sub", json);
    let long = |letter: &str| letter.repeat(255);
    vec![
        accepts("sub-one-character", "the shortest").text("sub", "u").giving(r#"{ "sub": "u" }"#),
        accepts("sub-longest", "255 characters")
            .text("sub", &long("a"))
            .giving(&format!(r#"{{ "sub": "{}" }}"#, long("a"))),
        accepts("sub-longest-wide", "characters are counted, not bytes")
            .text("sub", &long("ø"))
            .giving(&format!(r#"{{ "sub": "{}" }}"#, long("ø"))),
        refuses("sub-too-long", "sub", "256 characters").text("sub", &"a".repeat(256)),
        refuses("sub-empty", "sub", "nobody").text("sub", ""),
        refuses("sub-missing", "sub", "sub is required").without("sub"),
        raw("sub-null", "null is present, so wrong", "null"),
        raw("sub-number", "a number is no subject", "1"),
    ]
}

fn nonces() -> Vec<Draft> {
    let nonce = |id, comment| refuses(id, "nonce", comment);
    vec![
        nonce("nonce-other", "the token of another login").text("nonce", "fixture-nonce-000002"),
        nonce("nonce-empty-when-sent", "the service writes \"\" when none was sent, but one was").text("nonce", ""),
        nonce("nonce-missing-when-sent", "in the browser flow a nonce that was sent must come back").without("nonce"),
        nonce("nonce-letter-case", "byte for byte").text("nonce", "FIXTURE-NONCE-000001"),
        nonce("nonce-prefix", "only the beginning").text("nonce", "fixture-nonce"),
        nonce("nonce-number", "a number is no nonce").raw("nonce", "1"),
        nonce("nonce-null", "null is present, so wrong").raw("nonce", "null"),
        accepts("nonce-not-sent-absent", "none sent, none there").not_expecting("nonce").without("nonce"),
        accepts("nonce-not-sent-empty", "none sent, and the service writes \"\"")
            .not_expecting("nonce")
            .text("nonce", "")
            .giving(r#"{ "nonce": "" }"#),
        nonce("nonce-not-sent-present", "none sent, so a nonce belongs to somebody else's login")
            .not_expecting("nonce"),
        nonce("nonce-not-sent-null", "null is present, so wrong").not_expecting("nonce").raw("nonce", "null"),
        accepts("nonce-backchannel-absent", "in the backchannel flows an absent nonce passes")
            .flow("backchannel")
            .without("nonce"),
        accepts("nonce-redirect-absent", "in the redirect variant as well")
            .flow("backchannel_redirect")
            .expecting("auth_req_id", AUTH_REQ_ID)
            .text("auth_req_id", AUTH_REQ_ID)
            .without("nonce"),
        nonce("nonce-backchannel-other", "one that is there must be the one that was sent")
            .flow("backchannel")
            .text("nonce", "fixture-nonce-000002"),
        nonce("nonce-backchannel-empty", "\"\" is there, and is not the one that was sent")
            .flow("backchannel")
            .text("nonce", ""),
    ]
}

fn sales_units() -> Vec<Draft> {
    let msn = |id, comment, json: &str| refuses(id, "msn", comment).raw("msn", json);
    let zero = |draft: Draft| draft.expecting("msn", "0123456");
    vec![
        msn("msn-other", "a token of another sales unit: what a partner must never accept", r#""654321""#),
        refuses("msn-missing", "msn", "msn is required").without("msn"),
        msn("msn-null", "null is present, so wrong", "null"),
        accepts("msn-integer", "a JSON integer counts as its decimal digits").raw("msn", "123456"),
        accepts("msn-integer-longest", "ten digits do not fit 32 bits")
            .expecting("msn", "9876543210")
            .raw("msn", "9876543210")
            .giving(r#"{ "msn": "9876543210" }"#),
        zero(msn("msn-integer-lost-zero", "an integer has lost the zero in front", "123456")),
        zero(accepts("msn-zero-kept", "zeros in front are part of it"))
            .text("msn", "0123456")
            .giving(r#"{ "msn": "0123456" }"#),
        zero(msn("msn-zero-missing", "no zero is added", r#""123456""#)),
        msn("msn-zero-added", "no zero is dropped", r#""0123456""#),
        msn("msn-leading-space", "nothing is trimmed", r#"" 123456""#),
        msn("msn-trailing-space", "nothing is trimmed", r#""123456 ""#),
        msn("msn-trailing-newline", "nothing is trimmed", r#""123456\n""#),
        msn("msn-float", "a number with a fraction is no integer, even a zero one", "123456.0"),
        msn("msn-exponent", "nor is one with an exponent", "1.23456e5"),
        msn("msn-negative", "the sign is not dropped", "-123456"),
        msn("msn-beyond-64-bits", "an integer that does not fit 64 bits", "18446744073709675072"),
        msn("msn-array", "a list of sales units is no sales unit", r#"["123456"]"#),
        msn("msn-empty", "the empty text", r#""""#),
        msn("msn-other-digits", "digits of another script", "\"١٢٣٤٥٦\""),
    ]
}

const OTHER_CLIENT: &str = "99999999-8888-4777-8666-555555555555";

fn audiences() -> Vec<Draft> {
    let aud = |id, comment, json: &str| refuses(id, "aud", comment).raw("aud", json);
    let azp = |id, comment| refuses(id, "azp", comment).client_id_known();
    let two = format!(r#"["{OTHER_CLIENT}","{CLIENT_ID}"]"#);
    vec![
        accepts("aud-string", "one audience as a string, as the redirect variant writes it")
            .text("aud", CLIENT_ID)
            .client_id_known(),
        accepts("aud-array", "one audience as a list, as the browser flow writes it").client_id_known(),
        accepts(
            "aud-unknown-client",
            "a partner who does not know the client_id accepts any audience; the MSN decides",
        )
        .text("aud", OTHER_CLIENT),
        accepts("aud-two-unknown-client", "also several").raw("aud", &two),
        aud("aud-other", "somebody else's token", r#"["99999999-8888-4777-8666-555555555555"]"#).client_id_known(),
        refuses("aud-missing", "aud", "aud is required, also of a partner").without("aud"),
        aud("aud-null", "null is present, so wrong", "null"),
        aud("aud-empty-array", "an empty list is no audience", "[]"),
        aud("aud-number", "a number is no audience", "1"),
        aud("aud-mixed-array", "every entry must be a string", r#"["11111111-2222-4333-8444-555555555555",1]"#),
        accepts("azp-two-audiences", "with several audiences azp says for whom")
            .raw("aud", &two)
            .text("azp", CLIENT_ID)
            .client_id_known(),
        azp("azp-two-audiences-missing", "with several audiences azp is required").raw("aud", &two),
        azp("azp-two-audiences-other", "and it must be us").raw("aud", &two).text("azp", OTHER_CLIENT),
        accepts("azp-one-audience", "azp may be there with one audience").text("azp", CLIENT_ID).client_id_known(),
        azp("azp-one-audience-other", "but then it must be us").text("azp", OTHER_CLIENT),
        azp("azp-null", "null is present, so wrong").raw("azp", "null"),
        refuses("aud-two-others", "aud", "several audiences without us, whatever azp says")
            .raw("aud", r#"["a","b"]"#)
            .text("azp", CLIENT_ID)
            .client_id_known(),
    ]
}

fn token_hashes() -> Vec<Draft> {
    let at_hash = |id, comment, json: &str| {
        refuses(id, "at_hash", comment).raw("at_hash", json).expecting("access_token", ACCESS_TOKEN)
    };
    vec![
        accepts("at-hash", "half the SHA-256 of the access token (OpenID Connect Core section 3.1.3.6)")
            .expecting("access_token", ACCESS_TOKEN),
        accepts("at-hash-absent", "optional in the code flow")
            .without("at_hash")
            .expecting("access_token", ACCESS_TOKEN),
        accepts("at-hash-not-asked", "without the access token there is nothing to compare with")
            .text("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
        refuses("at-hash-other-token", "at_hash", "another access token than the one that came with it")
            .expecting("access_token", "fixture-login-access-token.abc124"),
        at_hash("at-hash-wrong", "another hash", r#""AAAAAAAAAAAAAAAAAAAAAA""#),
        at_hash("at-hash-padded", "unpadded base64url", r#""A7OFQigEO+igbvNFfkpTvw==""#),
        at_hash("at-hash-empty", "nothing of it", r#""""#),
        at_hash("at-hash-null", "null is present, so wrong", "null"),
        accepts("at-hash-es256", "ES256 goes with SHA-256 too")
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .known_keys("one-ec")
            .expecting("access_token", ACCESS_TOKEN),
        refuses("at-hash-es256-wrong", "at_hash", "and is checked as well")
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .known_keys("one-ec")
            .expecting("access_token", "ciba.fixture-access"),
    ]
}

const APP: &str = "urn:vipps:acr:app_auth";

fn contexts() -> Vec<Draft> {
    let acr = |id, comment| refuses(id, "acr", comment).expecting("acr", APP);
    vec![
        accepts("acr", "confirmation in the app was asked for and given").text("acr", APP).expecting("acr", APP),
        accepts("acr-not-asked", "present though not asked for").text("acr", APP),
        acr("acr-missing", "asked for, so required"),
        acr("acr-other", "another way of confirming").text("acr", "urn:vipps:acr:browser"),
        acr("acr-array", "one value, not a list").raw("acr", r#"["urn:vipps:acr:app_auth"]"#),
        acr("acr-null", "null is present, so wrong").raw("acr", "null"),
    ]
}

const URN: &str = "urn:openid:params:jwt:claim:auth_req_id";

fn request_ids() -> Vec<Draft> {
    let redirect = |draft: Draft| draft.flow("backchannel_redirect").expecting("auth_req_id", AUTH_REQ_ID);
    let passes = |id, comment| redirect(accepts(id, comment));
    let fails = |id, comment| redirect(refuses(id, "auth_req_id", comment));
    vec![
        passes("auth-req-id-camel", "the name of the docs' sample").text("authReqId", AUTH_REQ_ID),
        passes("auth-req-id-urn", "the name of the CIBA standard").text(URN, AUTH_REQ_ID),
        passes("auth-req-id-all", "all three, all equal")
            .text("auth_req_id", AUTH_REQ_ID)
            .text("authReqId", AUTH_REQ_ID)
            .text(URN, AUTH_REQ_ID),
        fails("auth-req-id-missing", "required in the redirect variant: it ties the token to our own request"),
        fails("auth-req-id-other", "somebody else's request").text("auth_req_id", "fixture-auth-req-0002"),
        fails("auth-req-id-second-other", "those that are there must all be ours")
            .text("auth_req_id", AUTH_REQ_ID)
            .text("authReqId", "fixture-auth-req-0002"),
        fails("auth-req-id-third-other", "also the third")
            .text("authReqId", AUTH_REQ_ID)
            .text(URN, "fixture-auth-req-0002"),
        fails("auth-req-id-second-null", "null is present, so wrong")
            .text("auth_req_id", AUTH_REQ_ID)
            .raw("authReqId", "null"),
        fails("auth-req-id-empty", "the empty text").text("auth_req_id", ""),
        misconfigured("auth-req-id-not-given", "auth_req_id", "the redirect variant can't be checked without it")
            .flow("backchannel_redirect")
            .text("auth_req_id", AUTH_REQ_ID),
        accepts("auth-req-id-backchannel-absent", "polling already ties the token to our request")
            .flow("backchannel")
            .expecting("auth_req_id", AUTH_REQ_ID),
        accepts("auth-req-id-backchannel", "but one that is there is checked")
            .flow("backchannel")
            .expecting("auth_req_id", AUTH_REQ_ID)
            .text(URN, AUTH_REQ_ID),
        refuses("auth-req-id-backchannel-other", "auth_req_id", "and must be ours")
            .flow("backchannel")
            .expecting("auth_req_id", AUTH_REQ_ID)
            .text(URN, "fixture-auth-req-0002"),
    ]
}

fn expectations() -> Vec<Draft> {
    let empty = |id, field| {
        misconfigured(id, field, "an empty expectation is a variable nobody filled, not a wish").expecting(field, "")
    };
    vec![
        empty("expect-empty-nonce", "nonce"),
        empty("expect-empty-client-id", "client_id"),
        empty("expect-empty-access-token", "access_token"),
        empty("expect-empty-acr", "acr"),
        empty("expect-empty-auth-req-id", "auth_req_id").flow("backchannel"),
        misconfigured("expect-empty-msn", "msn", "an MSN is parsed before anything else").expecting("msn", ""),
        misconfigured("expect-malformed-msn", "msn", "the same rule as everywhere").expecting("msn", "12 345"),
        misconfigured("expect-empty-nonce-bad-token", "nonce", "what was asked for is judged before the token")
            .expecting("nonce", "")
            .tampered(|_| "not a token".to_owned()),
    ]
}

/// What was accepted can be read, with the same outcome in every language.
fn readable() -> Vec<Draft> {
    let claim = |id, comment, json: &str, read: &str| {
        accepts(id, comment).raw("x", json).giving(&format!(r#"{{ "x": {read} }}"#))
    };
    let nested = |depth: usize, inner: &str| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    vec![
        claim(
            "claims-half-surrogate",
            "half a surrogate pair is the replacement character",
            r#""Kari \ud83d""#,
            "\"Kari \u{fffd}\"",
        ),
        claim("claims-surrogate-pair", "a whole one is the character it stands for", r#""\ud83d\ude00""#, r#""😀""#),
        claim(
            "claims-largest-whole",
            "the largest whole number that a double tells from its neighbours",
            "9007199254740991",
            "9007199254740991",
        ),
        claim(
            "claims-beyond-whole",
            "a larger one is a text, with all its digits",
            "9007199254740993",
            r#""9007199254740993""#,
        ),
        claim(
            "claims-beyond-64-bits",
            "however large",
            "-123456789012345678901234567890",
            r#""-123456789012345678901234567890""#,
        ),
        claim("claims-not-finite", "and so is a number beyond all doubles", "1e999", r#""1e999""#),
        claim(
            "claims-within",
            "also further in",
            r#"{"a":[{"b":-1e999,"c":1.5}]}"#,
            r#"{ "a": [{ "b": "-1e999", "c": 1.5 }] }"#,
        ),
        claim(
            "claims-nested-double",
            "of two members of one name the last counts",
            r#"{"a":1,"b":2,"\u0061":3}"#,
            r#"{ "a": 3, "b": 2 }"#,
        ),
        claim(
            "claims-deep",
            "what is too deep is a text, namely its JSON",
            &nested(1_000, "1"),
            &nested(63, &quote(&nested(1_000 - 63, "1"))),
        ),
        accepts("claims-odd-names", "a name is a name")
            .raw("", "1")
            .raw("__proto__", "2")
            .raw("toString", "3")
            .raw(r"a\u0000b", "4")
            .raw("\u{1f600} \u{2028}", "5")
            .giving("{ \"\": 1, \"__proto__\": 2, \"toString\": 3, \"a\\u0000b\": 4, \"\u{1f600} \u{2028}\": 5 }"),
    ]
}
