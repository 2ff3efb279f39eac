//! Discovery, published keys and ID tokens, judged by a library that knows nothing of the emulator.

mod common;

use std::collections::HashSet;

use common::*;
use jsonwebtoken::{Algorithm, decode_header, jwk::AlgorithmParameters};
use serde_json::json;
use vipps_emulator::{AuthReqIdName, Emulator, IdTokenSpec, Options, RsaBits, SignedBy, SigningAlg};

#[tokio::test]
async fn discovery_is_the_services_with_the_emulators_base() {
    let vipps = start();
    let reply = send(get(&vipps, DISCOVERY)).await;
    let base = vipps.base_url();
    let issuer = format!("{base}/access-management-1.0/access/");
    let expected = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}oauth2/auth"),
        "token_endpoint": format!("{issuer}oauth2/token"),
        "userinfo_endpoint": format!("{base}/vipps-userinfo-api/userinfo"),
        "jwks_uri": format!("{issuer}.well-known/jwks.json"),
        "revocation_endpoint": format!("{issuer}oauth2/revoke"),
        "backchannel_authentication_endpoint": format!("{base}/vipps-login-ciba/api/backchannel/authentication"),
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported":
            ["openid", "name", "phoneNumber", "nin", "address", "birthDate", "delegatedConsents", "email", "gender"],
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
    assert_eq!(reply.header("cache-control"), Some("max-age=3600"));
    assert_eq!(send(get(&vipps, &DISCOVERY.replace("access/.", "access//."))).await.status, 404);
}

#[tokio::test]
async fn the_published_keys_are_one_rsa_and_one_ec() {
    let vipps = start();
    let reply = send(get(&vipps, JWKS)).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, None));
    assert_eq!(reply.text, vipps.jwks());
    let body = reply.json();
    let kinds: Vec<_> = body["keys"].as_array().expect("keys").iter().map(|key| (&key["kty"], &key["alg"])).collect();
    assert_eq!(kinds, [(&json!("RSA"), &json!("RS256")), (&json!("EC"), &json!("ES256"))]);
    assert!(body["keys"][0]["kid"].as_str().is_some_and(|kid| kid.starts_with("public:") && kid.len() == 43));
    assert_eq!(body["keys"][0]["e"], "AQAB");
    assert_eq!(body["keys"][0].get("d"), None);
}

#[tokio::test]
async fn the_rsa_key_can_be_larger() {
    let options = Options { rsa_bits: RsaBits::Bits3072, ..Options::default() };
    let vipps = Emulator::start(options).expect("an emulator");
    let AlgorithmParameters::RSA(key) = published(&vipps).await.keys.remove(0).algorithm else { panic!("RSA first") };
    assert_eq!(key.n.len(), 512);
    assert!(verified(&vipps, &vipps.mint_id_token(&IdTokenSpec::new(&shop()))).await.is_some());
}

#[tokio::test]
async fn the_keys_can_be_cached_or_out_of_reach() {
    let vipps = start();
    vipps.jwks_cache_control(Some("max-age=60")).expect("a header value");
    assert_eq!(send(get(&vipps, JWKS)).await.header("cache-control"), Some("max-age=60"));
    assert!(vipps.jwks_cache_control(Some("a\nb")).is_err());
    vipps.jwks_cache_control(None).expect("nothing");
    vipps.jwks_outage(true);
    assert_eq!(send(get(&vipps, JWKS)).await.apim().0, 503);
    assert_eq!(send(get(&vipps, DISCOVERY)).await.status, 200);
    vipps.jwks_outage(false);
    assert_eq!(send(get(&vipps, JWKS)).await.header("cache-control"), None);
}

#[tokio::test]
async fn a_good_token_has_the_claims_of_the_browser_flow() {
    let vipps = start();
    vipps.set_time(1_767_225_600);
    let spec = IdTokenSpec::new(&shop()).nonce("n-1").access_token("fixture-login-access-token.abc123");
    let jwt = vipps.mint_id_token(&spec);
    let header = decode_header(&jwt).expect("a header");
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::RS256, Some("JWT")));
    let claims = verified(&vipps, &jwt).await.expect("a good signature");
    let client_id = vipps.sales_unit_keys(&shop()).expect("keys").client_id;
    assert_eq!(claims["iss"], format!("{}/access-management-1.0/access/", vipps.base_url()));
    assert_eq!((&claims["aud"], &claims["msn"]), (&json!([client_id]), &json!("123456")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_767_225_600), &json!(1_767_229_200)));
    assert_eq!((&claims["nonce"], &claims["at_hash"]), (&json!("n-1"), &json!("A7OFQigEO-igbvNFfkpTvw")));
    assert_eq!((&claims["auth_time"], &claims["rat"]), (&json!(1_767_225_590), &json!(1_767_225_580)));
    for name in ["sub", "jti", "sid"] {
        assert_eq!(claims[name].as_str().map(str::len), Some(36), "{name}");
    }
}

#[tokio::test]
async fn plain_tokens_say_no_more_than_the_service() {
    let vipps = start();
    let claims = verified(&vipps, &vipps.mint_id_token(&IdTokenSpec::new(&shop()))).await.expect("a good signature");
    assert_eq!(claims["nonce"], "");
    for absent in ["at_hash", "acr", "azp", "auth_req_id", "authReqId"] {
        assert_eq!(claims.get(absent), None, "{absent}");
    }
}

#[tokio::test]
async fn backchannel_tokens_can_be_made() {
    let vipps = start();
    for name in [AuthReqIdName::Snake, AuthReqIdName::Camel, AuthReqIdName::Urn] {
        let spec = IdTokenSpec::new(&shop()).alg(SigningAlg::Es256).auth_req_id(name, "r-1").acr("urn:x");
        let jwt = vipps.mint_id_token(&spec.claim("aud", json!("a-client")));
        assert_eq!(decode_header(&jwt).expect("a header").alg, Algorithm::ES256);
        let claims = verified(&vipps, &jwt).await.expect("a good signature");
        assert_eq!((&claims[name.code()], &claims["acr"]), (&json!("r-1"), &json!("urn:x")));
        assert_eq!(claims["aud"], "a-client");
    }
}

#[tokio::test]
async fn claims_and_headers_can_be_bent() {
    let vipps = start();
    let spec = IdTokenSpec::new(&msn("999999")).claim("msn", json!(999_999)).without_claim("exp");
    let jwt = vipps.mint_id_token(&spec.header("typ", json!("at+jwt")).header("crit", json!(["b64"])));
    let claims = verified(&vipps, &jwt).await.expect("a good signature");
    assert_eq!((&claims["msn"], claims.get("exp")), (&json!(999_999), None));
    assert_eq!(decode_header(&jwt).expect("a header").typ.as_deref(), Some("at+jwt"));
    let no_kid = vipps.mint_id_token(&IdTokenSpec::new(&shop()).without_header("kid"));
    assert_eq!(decode_header(&no_kid).expect("a header").kid, None);
}

#[tokio::test]
async fn tokens_of_the_wrong_signer_fail() {
    let vipps = start();
    let mint = |signer| vipps.mint_id_token(&IdTokenSpec::new(&shop()).signed_by(signer));
    let known: HashSet<_> = published(&vipps).await.keys.into_iter().filter_map(|key| key.common.key_id).collect();
    let kid = |jwt: &str| decode_header(jwt).expect("a header").kid.expect("a kid");
    assert!(verified(&vipps, &mint(SignedBy::Current)).await.is_some());
    let forged = mint(SignedBy::Forger);
    assert!(known.contains(&kid(&forged)));
    assert_eq!(verified(&vipps, &forged).await, None);
    assert!(!known.contains(&kid(&mint(SignedBy::Unknown))));
    assert!(!known.contains(&kid(&mint(SignedBy::Withdrawn))), "nothing was withdrawn yet");
    let confused = mint(SignedBy::PublicKeyHmac);
    assert_eq!(decode_header(&confused).expect("a header").alg, Algorithm::HS256);
    assert!(known.contains(&kid(&confused)));
    assert!(mint(SignedBy::Nobody).ends_with('.'));
}

#[tokio::test]
async fn rotated_keys_stay_until_they_are_withdrawn() {
    let vipps = start();
    let before = vipps.mint_id_token(&IdTokenSpec::new(&shop()));
    vipps.rotate_keys();
    let after = vipps.mint_id_token(&IdTokenSpec::new(&shop()));
    assert!(verified(&vipps, &before).await.is_some() && verified(&vipps, &after).await.is_some());
    assert_eq!(published(&vipps).await.keys.len(), 4);
    vipps.withdraw_old_keys();
    assert_eq!(verified(&vipps, &before).await, None);
    assert!(verified(&vipps, &after).await.is_some());
    let late = vipps.mint_id_token(&IdTokenSpec::new(&shop()).signed_by(SignedBy::Withdrawn));
    assert_eq!(decode_header(&late).expect("a header").kid, decode_header(&before).expect("a header").kid);
}

#[tokio::test]
async fn credentials_on_public_calls_are_reported() {
    let vipps = start();
    vipps.forgiving(true);
    for path in [DISCOVERY, JWKS] {
        send(get(&vipps, path).bearer_auth("x").header(KEY, "y")).await;
        assert_eq!(about(&last(&vipps), vipps_emulator::Verdict::Tolerated), ["Authorization", KEY]);
    }
}
