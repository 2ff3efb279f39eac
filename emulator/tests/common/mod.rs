//! What the tests share: a caller without any cleverness of its own.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part of this")]

pub mod login;

use std::collections::HashSet;

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use reqwest::{Client, RequestBuilder, header::HeaderMap, redirect::Policy};
use serde_json::Value;
use vipps_emulator::{Emulator, Keys, Options, RecordedRequest, Verdict};
use vipps_partner_auth::Msn;

pub const TOKEN: &str = "/accesstoken/get";
pub const MIAMI: &str = "/miami/v1/token";
pub const PAYMENTS: &str = "/epayment/v1/payments";
pub const UNITS: &str = "/management/v1/sales-units";
pub const LEDGERS: &str = "/settlement/v1/ledgers";
pub const DISCOVERY: &str = "/access-management-1.0/access/.well-known/openid-configuration";
pub const JWKS: &str = "/access-management-1.0/access/.well-known/jwks.json";
pub const KEY: &str = "Ocp-Apim-Subscription-Key";
pub const MSN: &str = "Merchant-Serial-Number";

/// An emulator with one connected merchant, [`shop`].
pub fn start() -> Emulator {
    Emulator::start(Options { merchants: vec![shop()], ..Options::default() }).expect("an emulator")
}

pub fn shop() -> Msn {
    msn("123456")
}

pub fn msn(text: &str) -> Msn {
    text.parse().expect("an MSN")
}

pub fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
}

pub fn get(vipps: &Emulator, path: &str) -> RequestBuilder {
    client().get(format!("{}{path}", vipps.base_url()))
}

pub fn post(vipps: &Emulator, path: &str) -> RequestBuilder {
    client().post(format!("{}{path}", vipps.base_url())).body("")
}

/// A reply, whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Status and message, after a check that the body is the gateway's and says the same status.
    pub fn apim(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["statusCode"], self.status, "{body}");
        (self.status, body["message"].as_str().expect("a message").to_owned())
    }

    /// Status and OAuth error code.
    pub fn oauth(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().expect("an error").to_owned())
    }
}

pub async fn send(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("a reply");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Reply { status, headers, text: response.text().await.expect("a body") }
}

/// `/accesstoken/get` as the documents want it.
pub fn token_request(vipps: &Emulator, keys: &Keys) -> RequestBuilder {
    let request = post(vipps, TOKEN).header("client_id", &keys.client_id).header("client_secret", &keys.client_secret);
    // An empty body alone would leave the length out.
    with_system(request.header(KEY, &keys.subscription_key).header("Content-Length", "0"))
}

pub fn with_system(request: RequestBuilder) -> RequestBuilder {
    let request = request.header("Vipps-System-Name", "acme").header("Vipps-System-Version", "3.1.2");
    request.header("Vipps-System-Plugin-Name", "acme-webshop").header("Vipps-System-Plugin-Version", "4.5.6")
}

pub async fn token(vipps: &Emulator, keys: &Keys) -> String {
    access_token(&send(token_request(vipps, keys)).await)
}

pub async fn partner_token(vipps: &Emulator) -> String {
    token(vipps, &vipps.partner_keys()).await
}

/// `/miami/v1/token` as the documents want it.
pub fn miami_request(vipps: &Emulator, form: &str) -> RequestBuilder {
    let keys = vipps.specialized_keys();
    let request = client().post(format!("{}{MIAMI}", vipps.base_url()));
    let request = request.basic_auth(keys.client_id, Some(keys.client_secret)).body(form.to_owned());
    with_system(request.header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
}

pub async fn specialized_token(vipps: &Emulator) -> String {
    access_token(&send(miami_request(vipps, "grant_type=client_credentials")).await)
}

pub fn access_token(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["access_token"].as_str().expect("a token").to_owned()
}

pub fn last(vipps: &Emulator) -> RecordedRequest {
    vipps.requests().pop().expect("a request")
}

/// What the findings with this verdict are about, in order.
pub fn about(record: &RecordedRequest, verdict: Verdict) -> Vec<&'static str> {
    record.findings_of(verdict).map(|finding| finding.about).collect()
}

/// What the last request was refused for.
pub fn refused_for(vipps: &Emulator) -> Vec<&'static str> {
    about(&last(vipps), Verdict::Refused)
}

pub async fn published(vipps: &Emulator) -> JwkSet {
    serde_json::from_str(&send(get(vipps, JWKS)).await.text).expect("a key set")
}

/// The claims, if a published key signed them.
pub async fn verified(vipps: &Emulator, jwt: &str) -> Option<Value> {
    let header = decode_header(jwt).ok()?;
    let keys = published(vipps).await;
    let key = DecodingKey::from_jwk(keys.find(header.kid.as_deref()?)?).expect("a usable key");
    let mut rules = Validation::new(header.alg);
    rules.algorithms = vec![header.alg];
    (rules.validate_exp, rules.validate_aud, rules.required_spec_claims) = (false, false, HashSet::new());
    decode(jwt, &key, &rules).ok().map(|data| data.claims)
}
