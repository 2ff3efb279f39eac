//! The contract's own fixture (a partner's browser login), and the tokens that must pass.

use super::{
    draft::{Draft, accepts},
    keys::{Key, key_set},
    members::{Members, quote},
    token::Seal,
};

pub(super) const CLIENT_ID: &str = "11111111-2222-4333-8444-555555555555";
pub(super) const MSN: &str = "123456";
pub(super) const NONCE: &str = "fixture-nonce-000001";
pub(super) const SUB: &str = "c0ffee00-0000-4000-8000-000000000001";
pub(super) const ACCESS_TOKEN: &str = "fixture-login-access-token.abc123";
pub(super) const AUTH_REQ_ID: &str = "fixture-auth-req-0001";
/// When the fixture was issued, and when it ends.
pub(super) const IAT: u64 = 1_767_225_600;
pub(super) const EXP: u64 = 1_767_229_200;
/// When it is checked, unless a case says otherwise.
pub(super) const NOW: u64 = IAT + 60;

/// The payload of the contract's section "code exchange".
pub(super) fn payload() -> Members {
    [
        ("iss", r#""https://api.vipps.no/access-management-1.0/access/""#),
        ("aud", r#"["11111111-2222-4333-8444-555555555555"]"#),
        ("sub", quote(SUB).as_str()),
        ("exp", "1767229200"),
        ("iat", "1767225600"),
        ("auth_time", "1767225590"),
        ("rat", "1767225580"),
        ("jti", r#""0c0c0c0c-0000-4000-8000-000000000003""#),
        ("nonce", quote(NONCE).as_str()),
        ("at_hash", r#""A7OFQigEO-igbvNFfkpTvw""#),
        ("sid", r#""5e551000-0000-4000-8000-000000000004""#),
        ("msn", quote(MSN).as_str()),
    ]
    .into()
}

/// The key sets that cases name.
pub(super) fn shared_sets() -> [(&'static str, String); 5] {
    let [a, b, big, ec] = [Key::A, Key::B, Key::Big, Key::Ec].map(Key::jwk);
    [
        ("docs", key_set(&[big, ec.clone()])),
        ("one-rsa", key_set(std::slice::from_ref(&a))),
        ("two-rsa", key_set(&[a.clone(), b])),
        ("rsa-and-ec", key_set(&[a, ec.clone()])),
        ("one-ec", key_set(&[ec])),
    ]
}

pub(super) fn cases() -> Vec<Draft> {
    vec![
        accepts("id-token-contract", "the fixture of the contract, a 4096-bit key as in Vipps' own sample; every claim can be read")
            .sealed(Seal::Rs256(Key::Big))
            .known_keys("docs")
            .giving(
                r#"{ "iss": "https://api.vipps.no/access-management-1.0/access/", "aud": ["11111111-2222-4333-8444-555555555555"], "sub": "c0ffee00-0000-4000-8000-000000000001", "exp": 1767229200, "iat": 1767225600, "auth_time": 1767225590, "rat": 1767225580, "jti": "0c0c0c0c-0000-4000-8000-000000000003", "nonce": "fixture-nonce-000001", "at_hash": "A7OFQigEO-igbvNFfkpTvw", "sid": "5e551000-0000-4000-8000-000000000004", "msn": "123456" }"#,
            ),
        accepts("id-token-partner", "what a partner checks in every browser login: no client_id, but the MSN and the nonce"),
        accepts("id-token-everything-checked", "a merchant who knows everything: client_id, nonce and access token")
            .client_id_known()
            .expecting("access_token", ACCESS_TOKEN)
            .expecting("flow", "browser"),
        accepts("id-token-test-environment", "the test issuer in the test environment")
            .environment("test")
            .text("iss", "https://apitest.vipps.no/access-management-1.0/access/"),
        accepts("id-token-custom-environment", "the emulator's issuer is its base URL and the usual path")
            .environment("http://127.0.0.1:8585")
            .text("iss", "http://127.0.0.1:8585/access-management-1.0/access/"),
        accepts("id-token-backchannel", "the backchannel flow, RS256, nonce echoed, no at_hash").flow("backchannel").without("at_hash"),
        accepts("id-token-es256-backchannel", "ES256 is allowed in the backchannel flow")
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .known_keys("docs")
            .without("at_hash"),
        redirect(accepts("id-token-es256-redirect", "the contract's redirect fixture: ES256, aud a string, ten minutes")),
        redirect(accepts("id-token-es256-redirect-twin", "its twin names the claim authReqId, as the decoded sample of the docs does"))
            .without("auth_req_id")
            .text("authReqId", AUTH_REQ_ID),
        accepts("id-token-rs256-redirect", "RS256 stays allowed in the redirect variant")
            .flow("backchannel_redirect")
            .expecting("auth_req_id", AUTH_REQ_ID)
            .text("auth_req_id", AUTH_REQ_ID),
        accepts("id-token-extra-claims", "user data and claims nobody asked for pass, in any language, and can be read")
            .raw("email_verified", "true")
            .text("name", "Kari Prøve")
            .raw("address", r#"{"country":"NO","formatted":"Prøvegata 1\n0001\nOSLO"}"#)
            .raw("x-unknown", "[1,2.5,null]")
            .giving(r#"{ "name": "Kari Prøve", "address": { "country": "NO", "formatted": "Prøvegata 1\n0001\nOSLO" }, "email_verified": true }"#),
        accepts("id-token-escaped-text", "escapes in names and values mean the characters they stand for")
            .without("sub")
            .raw(r"\u0073ub", r#""c0ffee00-0000-4000-8000-00000000000\u0031""#),
    ]
}

/// The payload and the expectations of the redirect variant (contract, section on CIBA fixtures).
fn redirect(mut draft: Draft) -> Draft {
    for name in ["at_hash", "nonce", "auth_time", "rat", "jti", "sid"] {
        draft = draft.without(name);
    }
    draft
        .flow("backchannel_redirect")
        .not_expecting("nonce")
        .expecting("auth_req_id", AUTH_REQ_ID)
        .sealed(Seal::Es256(Key::Ec))
        .known_keys("docs")
        .text("aud", CLIENT_ID)
        .raw("exp", "1767226200")
        .text("auth_req_id", AUTH_REQ_ID)
}
