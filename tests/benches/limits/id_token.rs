//! Row 1: the full check of an ID token beside the signature alone and beside other libraries.

use std::{
    hint::black_box,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::JwkSet};
use openidconnect::{
    ClientId, IssuerUrl, Nonce,
    core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet},
};
use serde::Deserialize;
use serde_json::{Value, json};
use vipps_partner_auth::{Environment, Expect, IdTokenVerifier};

use crate::rounds::{Case, Table};

const ISSUER: &str = "https://api.vipps.no/access-management-1.0/access/";
const CLIENT: &str = "11111111-2222-4333-8444-555555555555";
const NONCE: &str = "fixture-nonce-000001";
const KID: &str = "public:aaaaaaaa-0000-4000-8000-000000000001";

pub(crate) fn table(bits: u32) -> Table {
    let keys: Vec<_> = (0..3).map(|_| KeyPair::generate(size(bits)).unwrap()).collect();
    let (token, jwks) = (sign(&keys[1]), jwks(&keys));
    crate::on_one_core(|| {
        let title = format!("ID token check, RS256, {bits} bit, {} bytes, 12 claims, key set of 3", token.len());
        crate::new_table(title).run(151, cases(&keys[1], &token, &jwks))
    })
}

fn cases<'a>(key: &KeyPair, token: &'a str, jwks: &str) -> Vec<Case<'a>> {
    vec![
        signature_alone(key, token),
        ours(token, jwks),
        ours_async(token, jwks),
        jsonwebtoken_by_jwks(token, jwks),
        openidconnect(token, jwks),
    ]
}

fn signature_alone<'a>(key: &KeyPair, token: &'a str) -> Case<'a> {
    let (n, e) = components(key);
    let public = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).unwrap();
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    Case::new("aws-lc-rs ParsedPublicKey::verify_sig, nothing else", 40, move || {
        public.verify_sig(black_box(message.as_bytes()), black_box(&signature)).unwrap();
    })
}

fn ours<'a>(token: &'a str, jwks: &str) -> Case<'a> {
    let verifier = IdTokenVerifier::with_jwks(Environment::Production, jwks).unwrap();
    let expect = expect();
    assert_bad_is_refused(|token| verifier.verify_cached(token, &expect).unwrap().is_ok(), token);
    Case::new("vipps-partner-auth verify_cached, all checks", 40, move || {
        black_box(verifier.verify_cached(black_box(token), &expect).unwrap().unwrap());
    })
}

fn ours_async<'a>(token: &'a str, jwks: &str) -> Case<'a> {
    let verifier = IdTokenVerifier::with_jwks(Environment::Production, jwks).unwrap();
    let expect = expect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    Case::new("vipps-partner-auth verify().await", 1, move || {
        runtime.block_on(async {
            for _ in 0..40 {
                black_box(verifier.verify(black_box(token), &expect).await.unwrap());
            }
        });
    })
    .of(40)
}

#[derive(Deserialize)]
struct Claims {
    #[expect(dead_code, reason = "read, as a user would")]
    sub: String,
    msn: String,
    nonce: String,
}

fn jsonwebtoken_by_jwks<'a>(token: &'a str, jwks: &str) -> Case<'a> {
    let set: JwkSet = serde_json::from_str(jwks).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[CLIENT]);
    let check = move |token: &str| {
        let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(set.find(&kid).unwrap()).unwrap();
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map(|data| data.claims);
        claims.is_ok_and(|claims| claims.nonce == NONCE && claims.msn == "123456")
    };
    assert_bad_is_refused(&check, token);
    Case::new("jsonwebtoken, aws_lc_rs, key found in a JwkSet", 40, move || assert!(check(black_box(token))))
}

fn openidconnect<'a>(token: &'a str, jwks: &str) -> Case<'a> {
    let keys: CoreJsonWebKeySet = serde_json::from_str(jwks).unwrap();
    let issuer = IssuerUrl::new(ISSUER.to_owned()).unwrap();
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(CLIENT.to_owned()), issuer, keys);
    let nonce = Nonce::new(NONCE.to_owned());
    let check = move |token: &str| {
        let parsed: Result<CoreIdToken, _> = token.parse();
        parsed.is_ok_and(|token| token.claims(&verifier, &nonce).is_ok())
    };
    assert_bad_is_refused(&check, token);
    Case::new("openidconnect, IdToken::claims", 4, move || assert!(check(black_box(token))))
}

/// A case that accepts everything would be quick.
fn assert_bad_is_refused(check: impl Fn(&str) -> bool, token: &str) {
    assert!(check(token));
    let (message, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    assert!(!check(&format!("{message}.{other}{}", &signature[1..])));
}

fn expect() -> Expect {
    Expect::default().msn("123456".parse().unwrap()).nonce(NONCE).client_id(CLIENT)
}

fn sign(key: &KeyPair) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({
        "iss": ISSUER, "aud": [CLIENT], "sub": "c0ffee00-0000-4000-8000-000000000001", "exp": now + 3600, "iat": now,
        "auth_time": now - 10, "rat": now - 20, "jti": "0c0c0c0c-0000-4000-8000-000000000003", "nonce": NONCE,
        "at_hash": "A7OFQigEO-igbvNFfkpTvw", "sid": "5e551000-0000-4000-8000-000000000004", "msn": "123456",
    });
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(KID.to_owned());
    jsonwebtoken::encode(&header, &claims, &encoding_key(key)).unwrap()
}

/// PKCS#1 within the PKCS#8 that aws-lc-rs gives out: the last member of that sequence.
fn encoding_key(key: &KeyPair) -> EncodingKey {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        base64::prelude::BASE64_STANDARD.encode(pkcs8.as_ref())
    );
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

fn jwks(keys: &[KeyPair]) -> String {
    let kids = ["public:bbbbbbbb-0000-4000-8000-000000000002", KID, "public:cccccccc-0000-4000-8000-000000000003"];
    let members: Vec<Value> = keys.iter().zip(kids).map(|(key, kid)| jwk(key, kid)).collect();
    json!({ "keys": members }).to_string()
}

fn jwk(key: &KeyPair, kid: &str) -> Value {
    let (n, e) = components(key);
    let text = |number: Vec<u8>| BASE64_URL_SAFE_NO_PAD.encode(number);
    json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": text(n), "e": text(e)})
}

fn components(key: &KeyPair) -> (Vec<u8>, Vec<u8>) {
    let public = key.public_key();
    let bytes = |number: aws_lc_rs::io::Positive<'_>| number.big_endian_without_leading_zero().to_vec();
    (bytes(public.modulus()), bytes(public.exponent()))
}

fn size(bits: u32) -> KeySize {
    if bits == 2048 { KeySize::Rsa2048 } else { KeySize::Rsa4096 }
}
