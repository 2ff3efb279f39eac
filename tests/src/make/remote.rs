//! Keys over the network: discovery, then the key set.
//!
//! A signed token can't name the port of a test server as its issuer, so a token that is good but for its issuer shows
//! that the keys were found: `iss` is checked right after the signature.

use super::{
    draft::{Draft, has_to_wait, misconfigured, refuses},
    keys::{Key, key_set},
    token::Seal,
};

const DISCOVERY: &str = "/access-management-1.0/access/.well-known/openid-configuration";
const JWKS: &str = "/access-management-1.0/access/.well-known/jwks.json";

pub(super) fn cases() -> Vec<Draft> {
    [found(), unknown(), outages(), nothing_asked()]
        .into_iter()
        .flatten()
        .map(|draft| draft.environment("http://127.0.0.1:8585"))
        .collect()
}

fn found() -> Vec<Draft> {
    let good_but_for_iss = |id, comment| refuses(id, "iss", comment);
    let both = [(DISCOVERY, 200, DOCUMENT), (JWKS, 200, &docs_keys())];
    vec![
        good_but_for_iss(
            "remote-contract",
            "discovery and keys of the contract; the issuer's slash makes no double one in the address",
        )
        .sealed(Seal::Rs256(Key::Big))
        .fetching(&both),
        good_but_for_iss("remote-es256", "the EC key of the same set")
            .flow("backchannel")
            .sealed(Seal::Es256(Key::Ec))
            .without("at_hash")
            .fetching(&both),
        good_but_for_iss("remote-kid-absent", "without a kid the only fitting key of the set")
            .sealed(Seal::Rs256(Key::Big))
            .header_without("kid")
            .fetching(&both),
        good_but_for_iss("remote-small-document", "members of discovery that Vipps leaves out are not missed")
            .sealed(Seal::Rs256(Key::Big))
            .fetching(&[(DISCOVERY, 200, SMALL_DOCUMENT), (JWKS, 200, &docs_keys())]),
        good_but_for_iss("remote-other-address", "the keys lie where discovery says")
            .sealed(Seal::Rs256(Key::Big))
            .fetching(&[
                (DISCOVERY, 200, &SMALL_DOCUMENT.replace(JWKS, "/keys/of/today")),
                ("/keys/of/today", 200, &docs_keys()),
            ]),
        good_but_for_iss("remote-bad-beside-good", "a key that is too small does not spoil the set")
            .fetching(&[(DISCOVERY, 200, DOCUMENT), (JWKS, 200, &key_set(&[Key::Small.jwk(), Key::A.jwk()]))]),
        refuses("remote-forged", "signature", "a known kid over a foreign signature: no reload helps")
            .forged_by(Key::B)
            .header("kid", Key::Big.kid())
            .fetching(&both),
    ]
}

fn unknown() -> Vec<Draft> {
    let both = [(DISCOVERY, 200, DOCUMENT), (JWKS, 200, &docs_keys())];
    vec![
        refuses(
            "remote-kid-unknown",
            "kid",
            "a set that was asked for after the token came does not know the key: there is no newer one",
        )
        .fetching(&both),
        refuses("remote-kid-does-not-fit", "kid", "a known key that does not fit is refused without a reload")
            .header("kid", Key::Ec.kid())
            .fetching(&both),
    ]
}

fn outages() -> Vec<Draft> {
    vec![
        has_to_wait("remote-keys-redirected", "redirects are not followed; the token may still be good")
            .fetching(&[(DISCOVERY, 200, DOCUMENT), (JWKS, 302, "")]),
        has_to_wait("remote-keys-not-found", "no keys are no proof against the token")
            .fetching(&[(DISCOVERY, 200, DOCUMENT), (JWKS, 404, "")]),
        has_to_wait("remote-document-not-found", "no discovery, no keys").fetching(&[(DISCOVERY, 404, "")]),
    ]
}

/// What the token or the reader gets wrong is told before anything is fetched for it.
fn nothing_asked() -> Vec<Draft> {
    vec![
        refuses("remote-form", "form", "garbage causes no request").tampered(|_| "garbage".to_owned()),
        refuses("remote-alg-none", "alg", "nor does an unsigned token").sealed(Seal::Empty),
        refuses("remote-crit", "crit", "nor one with an extension").header_raw("crit", r#"["x"]"#),
        misconfigured("remote-expect-empty", "nonce", "nor a question that makes no sense").expecting("nonce", ""),
    ]
    .into_iter()
    .map(|draft| draft.fetching(&[]))
    .collect()
}

fn docs_keys() -> String {
    key_set(&[Key::Big.jwk(), Key::Ec.jwk()])
}

/// The contract's own document; `{base_url}` stands for the server that plays it.
const DOCUMENT: &str = r#"{"issuer":"{base_url}/access-management-1.0/access/","authorization_endpoint":"{base_url}/access-management-1.0/access/oauth2/auth","token_endpoint":"{base_url}/access-management-1.0/access/oauth2/token","userinfo_endpoint":"{base_url}/vipps-userinfo-api/userinfo","jwks_uri":"{base_url}/access-management-1.0/access/.well-known/jwks.json","revocation_endpoint":"{base_url}/access-management-1.0/access/oauth2/revoke","backchannel_authentication_endpoint":"{base_url}/vipps-login-ciba/api/backchannel/authentication","grant_types_supported":["authorization_code","client_credentials"],"code_challenge_methods_supported":["S256"],"id_token_signing_alg_values_supported":["RS256"],"token_endpoint_auth_methods_supported":["client_secret_post","client_secret_basic"],"scopes_supported":["openid","name","phoneNumber","nin","address","birthDate","delegatedConsents","email","gender"]}"#;

const SMALL_DOCUMENT: &str = r#"{"issuer":"{base_url}/access-management-1.0/access/","jwks_uri":"{base_url}/access-management-1.0/access/.well-known/jwks.json"}"#;
