//! Tokens that can be bent in every way before they are signed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{ACR, AT_HASH, AUTH_REQ_ID, CLIENT_ID, ISSUER, MSN, NONCE, NOW, signer::Signer};

/// A JSON object whose members keep their order and may come twice; names and values are JSON text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object(pub(crate) Vec<(String, String)>);

impl Object {
    pub(crate) fn of(value: &Value) -> Self {
        let members = value.as_object().expect("an object");
        Self(members.iter().map(|(name, value)| (quoted(name), value.to_string())).collect())
    }

    /// Sets a member where it stands, or adds it at the end. The value is JSON text.
    pub(crate) fn set(&mut self, name: &str, json: &str) {
        let name = quoted(name);
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((name, json.to_owned())),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        let name = quoted(name);
        self.0.retain(|(own, _)| *own != name);
    }

    /// Adds a member whether it is there or not; the name is JSON text too, so that it can hold escapes.
    pub(crate) fn push(&mut self, quoted_name: &str, json: &str) {
        self.0.push((quoted_name.to_owned(), json.to_owned()));
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.trim_matches('"').to_owned()).collect()
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        let name = quoted(name);
        &self.0.iter().find(|(own, _)| *own == name).expect("a member of this name").1
    }

    pub(crate) fn json(&self) -> String {
        let members: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        format!("{{{}}}", members.join(","))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

/// A header and claims, good until they are bent.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) header: Object,
    pub(crate) claims: Object,
}

impl Token {
    /// The good token, with the header of this key.
    pub(crate) fn of(signer: &Signer) -> Self {
        let header = json!({"alg": signer.alg(), "kid": signer.kid, "typ": "JWT"});
        let claims = json!({
            "iss": ISSUER, "aud": [CLIENT_ID], "azp": CLIENT_ID, "sub": "c0ffee00-0000-4000-8000-000000000001",
            "exp": NOW + 3600, "iat": NOW, "nbf": NOW, "auth_time": NOW - 10, "jti": "0c0c0c0c-0000-4000-8000-000000000003",
            "nonce": NONCE, "at_hash": AT_HASH, "acr": ACR, "auth_req_id": AUTH_REQ_ID, "msn": MSN,
            "sid": "5e551000-0000-4000-8000-000000000004",
        });
        Self { header: Object::of(&header), claims: Object::of(&claims) }
    }

    pub(crate) fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.set(claim, &value.into().to_string());
        self
    }

    /// The value is JSON text, so that it can say what no [`Value`] can.
    pub(crate) fn with_json(mut self, claim: &str, json: &str) -> Self {
        self.claims.set(claim, json);
        self
    }

    pub(crate) fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim);
        self
    }

    pub(crate) fn and_again(mut self, quoted_name: &str, json: &str) -> Self {
        self.claims.push(quoted_name, json);
        self
    }

    pub(crate) fn header(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.header.set(member, &value.into().to_string());
        self
    }

    pub(crate) fn without_header(mut self, member: &str) -> Self {
        self.header.remove(member);
        self
    }

    pub(crate) fn header_again(mut self, quoted_name: &str, json: &str) -> Self {
        self.header.push(quoted_name, json);
        self
    }

    pub(crate) fn signed_by(&self, signer: &Signer) -> String {
        signed(&self.header.json(), self.claims.json(), signer)
    }

    /// Signed by whatever means.
    pub(crate) fn signed_with(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        signed_with(&self.header.json(), self.claims.json(), sign)
    }
}

pub(crate) fn signed(header: &str, payload: impl AsRef<[u8]>, signer: &Signer) -> String {
    signed_with(header, payload, |message| signer.sign(message))
}

fn signed_with(header: &str, payload: impl AsRef<[u8]>, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", encode(signature))
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
