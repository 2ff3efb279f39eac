//! ID tokens made to order, good ones and wrong ones.

use std::time::Duration;

use serde_json::{Map, Value, json};
use vipps_partner_auth::Msn;

use crate::{
    random,
    signing::jws,
    signing::keys::{Generation, KeyRing},
    users::User,
    words::words,
};

/// The recipe of an ID token: a good one for a sales unit, from which single points can be changed.
///
/// Untouched, it is what the browser flow gives: RS256, `aud` an array with the sales unit's `client_id`, `nonce` `""`,
/// valid from now for an hour on the emulator's clock.
///
/// ```
/// use serde_json::json;
/// use vipps_emulator::{Emulator, IdTokenSpec, Options, SignedBy};
///
/// let vipps = Emulator::start(Options::default())?;
/// let good = IdTokenSpec::new(&"123456".parse()?).nonce("n-0001").access_token("opaque.token");
/// let wrong_merchant = good.clone().claim("msn", json!("654321"));
/// let no_msn = good.clone().without_claim("msn");
/// let forged = good.clone().signed_by(SignedBy::Forger);
/// for spec in [good, wrong_merchant, no_msn, forged] {
///     assert!(vipps.mint_id_token(&spec).starts_with("ey"));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct IdTokenSpec {
    msn: Msn,
    lifetime: Duration,
    alg: SigningAlg,
    signed_by: SignedBy,
    at_hash: Option<String>,
    header: Changes,
    claims: Changes,
}

words! {
    "algorithm", default Rs256;
    /// The algorithm of an ID token.
    pub enum SigningAlg {
        /// RSA with SHA-256, as in the browser flow.
        Rs256 = "RS256",
        /// ECDSA on P-256 with SHA-256, as in the backchannel's redirect variant.
        Es256 = "ES256",
    }
}

words! {
    "signer", default Current;
    /// Who signs an ID token. All but the first make a token that must be refused.
    pub enum SignedBy {
        /// The key that signs now.
        Current = "current",
        /// The key that was withdrawn last, under its own `kid`; if none was, one that never was published.
        Withdrawn = "withdrawn",
        /// A key that never was published, under its own `kid`.
        Unknown = "unknown",
        /// A key that never was published, under the `kid` of the current one.
        Forger = "forger",
        /// An HMAC keyed with the current RSA public key in PEM, `alg` `HS256`.
        PublicKeyHmac = "public_key_hmac",
        /// Nobody: `alg` `none`, the signature empty.
        Nobody = "nobody",
    }
}

words! {
    "name of the auth_req_id claim", default Snake;
    /// The three names under which the id of a backchannel request is seen in ID tokens.
    pub enum AuthReqIdName {
        /// `auth_req_id`, as the documents' text has it.
        Snake = "auth_req_id",
        /// `authReqId`, as their sample has it.
        Camel = "authReqId",
        /// `urn:openid:params:jwt:claim:auth_req_id`, as the standard has it.
        Urn = "urn:openid:params:jwt:claim:auth_req_id",
    }
}

impl IdTokenSpec {
    /// A good token for this sales unit. One that the emulator doesn't know gets an invented `client_id`.
    pub fn new(msn: &Msn) -> Self {
        Self {
            msn: msn.clone(),
            lifetime: Duration::from_secs(60 * 60),
            alg: SigningAlg::default(),
            signed_by: SignedBy::default(),
            at_hash: None,
            header: Changes::default(),
            claims: Changes::default(),
        }
    }

    /// The person; by default [`User::default`], with another `sub` at each sales unit.
    pub fn subject(self, sub: impl Into<String>) -> Self {
        self.claim("sub", json!(sub.into()))
    }

    /// The `nonce` that was sent; `""` is what the service says when none was.
    pub fn nonce(self, nonce: impl Into<String>) -> Self {
        self.claim("nonce", json!(nonce.into()))
    }

    /// The access token that came along, from which `at_hash` is computed; without it there is none.
    pub fn access_token(mut self, access_token: &str) -> Self {
        self.at_hash = Some(jws::at_hash(access_token));
        self
    }

    /// The authentication context that was asked for.
    pub fn acr(self, acr: impl Into<String>) -> Self {
        self.claim("acr", json!(acr.into()))
    }

    /// The id of the backchannel request, under one of its names; call again for a second name.
    pub fn auth_req_id(self, name: AuthReqIdName, id: impl Into<String>) -> Self {
        self.claim(name.code(), json!(id.into()))
    }

    /// How long the token is valid from now; an hour by default.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The algorithm, and with it which of the two current keys signs.
    pub fn alg(mut self, alg: SigningAlg) -> Self {
        self.alg = alg;
        self
    }

    /// Who signs.
    pub fn signed_by(mut self, signer: SignedBy) -> Self {
        self.signed_by = signer;
        self
    }

    /// Sets any claim to any value, also over what the other methods say.
    pub fn claim(mut self, name: impl Into<String>, value: Value) -> Self {
        self.claims.set(name.into(), value);
        self
    }

    /// Leaves a claim out.
    pub fn without_claim(mut self, name: impl Into<String>) -> Self {
        self.claims.remove(name.into());
        self
    }

    /// Sets any header member to any value. It changes nothing about who signs and how.
    pub fn header(mut self, name: impl Into<String>, value: Value) -> Self {
        self.header.set(name.into(), value);
        self
    }

    /// Leaves a header member out.
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.header.remove(name.into());
        self
    }

    pub(crate) fn msn(&self) -> &Msn {
        &self.msn
    }

    /// The finished token, on behalf of `issuer` for the client `client_id`.
    pub(crate) fn mint(&self, issuer: &str, client_id: &str, now: Duration, keys: &KeyRing) -> String {
        let claims = self.claims.applied_to(self.usual_claims(issuer, client_id, now.as_secs()));
        let header = self.header.applied_to(self.usual_header(keys));
        jws::compact(&header, &claims, |message| self.sign(keys, message))
    }

    fn usual_claims(&self, issuer: &str, client_id: &str, now: u64) -> Value {
        let mut claims = json!({
            "iss": issuer,
            "aud": [client_id],
            "sub": User::default().sub(&self.msn),
            "iat": now,
            "exp": now.saturating_add(self.lifetime.as_secs()),
            "auth_time": now.saturating_sub(10),
            "rat": now.saturating_sub(20),
            "jti": random::uuid(),
            "sid": random::uuid(),
            "nonce": "",
            "msn": self.msn.as_str(),
        });
        if let Some(at_hash) = &self.at_hash {
            claims["at_hash"] = json!(at_hash);
        }
        claims
    }

    fn usual_header(&self, keys: &KeyRing) -> Value {
        let named = match self.signed_by {
            SignedBy::Withdrawn => keys.withdrawn(),
            SignedBy::Unknown => keys.stranger(),
            _ => keys.current(),
        };
        let (alg, kid) = match (self.signed_by, self.alg) {
            (SignedBy::PublicKeyHmac, _) => ("HS256", &named.rsa.kid),
            (SignedBy::Nobody, _) => ("none", &named.rsa.kid),
            (_, SigningAlg::Rs256) => ("RS256", &named.rsa.kid),
            (_, SigningAlg::Es256) => ("ES256", &named.ec.kid),
        };
        json!({ "alg": alg, "kid": kid, "typ": "JWT" })
    }

    fn sign(&self, keys: &KeyRing, message: &[u8]) -> Vec<u8> {
        match self.signed_by {
            SignedBy::Current => self.sign_with(keys.current(), message),
            SignedBy::Withdrawn => self.sign_with(keys.withdrawn(), message),
            SignedBy::Unknown | SignedBy::Forger => self.sign_with(keys.stranger(), message),
            SignedBy::PublicKeyHmac => keys.current().rsa.sign_with_public_half(message),
            SignedBy::Nobody => Vec::new(),
        }
    }

    fn sign_with(&self, keys: &Generation, message: &[u8]) -> Vec<u8> {
        match self.alg {
            SigningAlg::Rs256 => keys.rsa.sign(message),
            SigningAlg::Es256 => keys.ec.sign(message),
        }
    }
}

/// What to set and what to leave out of an object; the last word on a name counts.
#[derive(Debug, Clone, Default)]
struct Changes(Map<String, Value>, Vec<String>);

impl Changes {
    fn set(&mut self, name: String, value: Value) {
        self.1.retain(|removed| *removed != name);
        self.0.insert(name, value);
    }

    fn remove(&mut self, name: String) {
        self.0.remove(&name);
        self.1.push(name);
    }

    fn applied_to(&self, mut object: Value) -> Value {
        if let Value::Object(members) = &mut object {
            members.extend(self.0.clone());
            members.retain(|name, _| !self.1.contains(name));
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msn(text: &str) -> Msn {
        text.parse().expect("an MSN")
    }

    #[test]
    fn the_last_word_on_a_claim_counts() {
        let spec = IdTokenSpec::new(&msn("123456")).without_claim("sub").claim("nonce", json!("a"));
        let spec = spec.subject("someone").without_claim("nonce");
        let claims = spec.claims.applied_to(spec.usual_claims("iss", "client", 100));
        assert_eq!(claims["sub"], "someone");
        assert_eq!(claims.get("nonce"), None);
        assert_eq!(claims["exp"], 3_700);
    }
}
