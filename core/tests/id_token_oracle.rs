//! `jsonwebtoken` as a second opinion: where both can judge, both must agree; where we are stricter, it is on purpose.

mod keyring;

use std::{
    collections::HashSet,
    time::{SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::Jwk};
use keyring::{CLIENT_ID, EC, ISSUER, OTHER_EC, OTHER_RSA, RSA, Signer, Token, encode, expect, judge, jwks};
use proptest::{
    prelude::{Just, Strategy, any},
    prop_assert_eq, prop_oneof, proptest,
    sample::select,
};
use serde_json::{Value, json};
use vipps_partner_auth::{Environment, Expect, Flow, IdTokenVerifier};

/// The oracle reads the machine's clock, so both do; no time below is closer to a boundary than this.
const FAR: i64 = 600;

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

fn signer_of(alg: Algorithm) -> &'static Signer {
    if alg == Algorithm::RS256 { &RSA } else { &EC }
}

/// The oracle, told to look at everything it can look at.
fn oracle(jwt: &str, alg: Algorithm) -> bool {
    let jwk: Jwk = serde_json::from_value(signer_of(alg).jwk()).expect("a jwk");
    let mut validation = Validation::new(alg);
    validation.leeway = 60;
    validation.validate_nbf = true;
    validation.set_audience(&[CLIENT_ID]);
    validation.set_issuer(&[ISSUER]);
    validation.required_spec_claims = HashSet::from(["exp", "aud", "iss", "sub"].map(String::from));
    decode::<Value>(jwt, &DecodingKey::from_jwk(&jwk).expect("a key"), &validation).is_ok()
}

fn expectations() -> Expect {
    expect().client_id(CLIENT_ID).flow(Flow::Backchannel)
}

fn ours(jwt: &str) -> bool {
    let verifier = IdTokenVerifier::with_jwks(Environment::Production, &jwks(&[&RSA, &EC])).expect("a good set");
    judge(&verifier, jwt, &expectations()).is_ok()
}

/// A token of now, made of what both sides look at.
fn token(alg: Algorithm, exp: i64, nbf: Option<i64>, aud: &Value, iss: &str) -> Token {
    let now = now();
    // The issue is kept close to the expiry, which the oracle does not look at and we do.
    let iat = (now - 10).min(now + exp - 10);
    let token = Token::of(signer_of(alg)).with("iat", iat).with("exp", now + exp).with("aud", aud.clone());
    let token = token.with("iss", iss).without("nbf").without("azp");
    nbf.into_iter().fold(token, |token, nbf| token.with("nbf", now + nbf))
}

fn far() -> impl Strategy<Value = i64> {
    prop_oneof![-40_000..=-FAR, FAR..40_000]
}

fn audience() -> impl Strategy<Value = Value> {
    select(vec![json!(CLIENT_ID), json!([CLIENT_ID]), json!("other"), json!(["other"]), json!([])])
}

fn issuer() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(ISSUER), 1 => Just("https://api.vipps.no/access-management-1.0/access"), 1 => Just("")]
}

/// Which part is damaged after signing, at which place, and by which bits.
fn damage() -> impl Strategy<Value = Option<(usize, usize, u8)>> {
    prop_oneof![3 => Just(None), 1 => (0..3_usize, any::<usize>(), 1..=255_u8).prop_map(Some)]
}

fn damaged(jwt: &str, (part, place, bits): (usize, usize, u8)) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as B64};
    let mut parts: Vec<_> = jwt.split('.').map(|part| B64.decode(part).expect("base64url")).collect();
    let place = place % parts[part].len();
    parts[part][place] ^= bits;
    parts.iter().map(encode).collect::<Vec<_>>().join(".")
}

proptest! {
    #[test]
    fn both_agree_on_signature_times_audience_and_issuer(
        alg in select(vec![Algorithm::RS256, Algorithm::ES256]),
        exp in prop_oneof![3 => FAR..40_000, 1 => far()],
        nbf in prop_oneof![2 => Just(None), 2 => (-40_000..=-FAR).prop_map(Some), 1 => far().prop_map(Some)],
        aud in audience(),
        iss in issuer(),
        by_own_key in proptest::bool::weighted(0.8),
        damage in damage(),
    ) {
        let other: &Signer = if alg == Algorithm::RS256 { &OTHER_RSA } else { &OTHER_EC };
        let signer = if by_own_key { signer_of(alg) } else { other };
        let jwt = token(alg, exp, nbf, &aud, iss).signed_by(signer);
        let jwt = damage.iter().fold(jwt, |jwt, damage| damaged(&jwt, *damage));

        let good_aud = aud == json!(CLIENT_ID) || aud == json!([CLIENT_ID]);
        let good = by_own_key && damage.is_none() && exp > 0 && nbf.is_none_or(|nbf| nbf < 0) && good_aud && iss == ISSUER;
        prop_assert_eq!(oracle(&jwt, alg), good, "the oracle is asked rightly");
        prop_assert_eq!(ours(&jwt), good);
    }

    #[test]
    fn what_the_oracle_signs_is_accepted(sub in "[ -~]{1,60}", extra in "\\PC{0,40}") {
        let key = jsonwebtoken::EncodingKey::from_secret(b"another key altogether");
        let header = jsonwebtoken::Header { kid: Some(RSA.kid.to_owned()), ..jsonwebtoken::Header::new(Algorithm::HS256) };
        let claims = json!({"iss": ISSUER, "aud": CLIENT_ID, "sub": sub, "iat": now() - 10, "exp": now() + 600,
            "nonce": keyring::NONCE, "msn": keyring::MSN, "extra": extra});
        let symmetric = jsonwebtoken::encode(&header, &claims, &key).expect("a token");
        prop_assert_eq!(ours(&symmetric), false);

        // The oracle's own way to write header and claims, under our key.
        let (_, payload) = symmetric.split_once('.').expect("parts");
        let (payload, _) = payload.split_once('.').expect("parts");
        let header = encode(json!({"typ": "JWT", "alg": "RS256", "kid": RSA.kid}).to_string());
        let input = format!("{header}.{payload}");
        let jwt = format!("{input}.{}", encode(RSA.sign(input.as_bytes())));
        prop_assert_eq!(ours(&jwt), true);
        prop_assert_eq!(oracle(&jwt, Algorithm::RS256), true);
    }

    #[test]
    fn no_text_is_a_token_to_either(text in "\\PC{0,200}") {
        prop_assert_eq!((ours(&text), oracle(&text, Algorithm::RS256)), (false, false));
    }
}

/// Tokens that `jsonwebtoken`, set as strictly as it can be, accepts and we refuse; and the check that refuses them.
#[test]
fn where_we_are_stricter() {
    let good = || token(Algorithm::RS256, 600, None, &json!(CLIENT_ID), ISSUER);
    let cases = [
        ("it never looks at iat", "iat", good().without("iat")),
        ("it never looks at iat", "iat", good().with("iat", now() + 400).with("exp", now() + 800)),
        ("a life of any length", "exp", good().with("exp", now() + 10_000_000)),
        ("crit is read and not enforced", "crit", good().header("crit", json!(["b64"]))),
        ("b64 is not known", "crit", good().header("b64", false)),
        ("any typ", "typ", good().header("typ", "at+jwt")),
        ("a subject of any length", "sub", good().with("sub", "x".repeat(256))),
        ("an issuer among several", "iss", good().with("iss", json!([ISSUER, "https://evil.example/"]))),
        ("any of several audiences", "azp", good().with("aud", json!([CLIENT_ID, "other"]))),
        ("azp is not known", "azp", good().with("azp", "other")),
        ("the last of two", "form", good().with("msn", "1").and_again("\"msn\"", "\"123456\"")),
        ("msn is not known", "msn", good().with("msn", "654321")),
        ("nonce is not known", "nonce", good().with("nonce", "other")),
        ("nonce is null", "nonce", good().with("nonce", Value::Null)),
        ("no limit of size", "form", good().with("jti", "x".repeat(20_000))),
        ("the kid is not its business", "kid", good().header("kid", "unknown")),
    ];
    let verifier = IdTokenVerifier::with_jwks(Environment::Production, &jwks(&[&RSA, &EC])).expect("a good set");
    assert!(judge(&verifier, &good().signed_by(&RSA), &expectations()).is_ok());
    for (why, claim, token) in cases {
        let jwt = token.signed_by(&RSA);
        assert!(oracle(&jwt, Algorithm::RS256), "the oracle accepts: {why}");
        keyring::assert_outcome(&judge(&verifier, &jwt, &expectations()), claim, why);
    }
}
