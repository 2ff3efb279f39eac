//! First failure wins: each token here is wrong in two ways or more, and the earlier check names it.

use super::{
    base::{ACCESS_TOKEN, AUTH_REQ_ID, EXP},
    draft::{Draft, refuses},
    keys::Key,
};

pub(super) fn cases() -> Vec<Draft> {
    let both = |id, claim| refuses(id, claim, "wrong in this check and in the next one");
    vec![
        both("order-form-alg", "form").header("alg", "none").header_again("x", "1").header_again("x", "1"),
        both("order-alg-typ", "alg").header("alg", "none").header("typ", "at+jwt"),
        both("order-typ-crit", "typ").header("typ", "at+jwt").header_raw("crit", r#"["x"]"#),
        both("order-crit-kid", "crit").header_raw("crit", r#"["x"]"#).header("kid", "unknown"),
        both("order-kid-signature", "kid").header("kid", "unknown").forged_by(Key::B),
        both("order-signature-iss", "signature").forged_by(Key::B).text("iss", "https://attacker.example/"),
        both("order-payload-form-iss", "form").text("iss", "https://attacker.example/").again("sub", "1"),
        both("order-iss-exp", "iss").text("iss", "https://attacker.example/").now(EXP + 1000),
        both("order-exp-iat", "exp").raw("exp", "1").raw("iat", "1767999999"),
        both("order-iat-nbf", "iat").without("iat").raw("nbf", "1767999999"),
        both("order-nbf-sub", "nbf").raw("nbf", "1767999999").without("sub"),
        both("order-sub-nonce", "sub").without("sub").text("nonce", "other"),
        both("order-nonce-msn", "nonce").text("nonce", "other").text("msn", "654321"),
        both("order-msn-aud", "msn").text("msn", "654321").text("aud", "other").client_id_known(),
        both("order-aud-azp", "aud").text("aud", "other").text("azp", "other").client_id_known(),
        both("order-azp-at-hash", "azp").text("azp", "other").client_id_known().expecting("access_token", "other"),
        both("order-at-hash-acr", "at_hash")
            .expecting("access_token", "other")
            .expecting("acr", "urn:vipps:acr:app_auth"),
        both("order-acr-auth-req-id", "acr")
            .flow("backchannel_redirect")
            .expecting("acr", "urn:vipps:acr:app_auth")
            .expecting("auth_req_id", AUTH_REQ_ID)
            .expecting("access_token", ACCESS_TOKEN),
        refuses("order-everything-wrong", "sub", "a good signature over a payload that lacks everything from sub on")
            .whole_payload(
                r#"{"iss":"https://api.vipps.no/access-management-1.0/access/","exp":1767229200,"iat":1767225600}"#,
            )
            .client_id_known()
            .expecting("access_token", ACCESS_TOKEN),
        refuses("order-empty-payload", "iss", "a good signature over an empty object").whole_payload("{}"),
    ]
}
