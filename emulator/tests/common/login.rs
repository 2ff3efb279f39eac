//! A caller of Login without any cleverness of its own.

use std::collections::HashMap;

use reqwest::{RequestBuilder, Url};
use serde_json::Value;
use vipps_emulator::{Emulator, Keys, LoginStatus, RecordedLogin};

use super::{MSN, Reply, client, get, partner_token, send, shop, start, with_system};

pub const AUTH: &str = "/access-management-1.0/access/oauth2/auth";
pub const LOGIN_TOKEN: &str = "/access-management-1.0/access/oauth2/token";
pub const USERINFO: &str = "/vipps-userinfo-api/userinfo";
pub const BACKCHANNEL: &str = "/vipps-login-ciba/api/backchannel/authentication";
pub const USER_EXISTS: &str = "/vipps-login-ciba/api/v1/user-exists";
pub const CALLBACK: &str = "https://shop.example/callback";
pub const KARI: &str = "4791234567";
pub const STATE: &str = "fixture-state-000001";
pub const NONCE: &str = "fixture-nonce-000001";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const CIBA: &str = "urn:openid:params:grant-type:ciba";
pub const CIBA_REDIRECT: &str = "urn:vipps:params:grant-type:ciba-redirect";

/// An emulator whose one merchant, [`shop`], has registered [`CALLBACK`]; its clock stands.
pub fn open() -> Emulator {
    let vipps = start();
    vipps.set_time(1_767_225_600);
    vipps.register_redirect_uri(&shop(), CALLBACK).expect("a good URI");
    vipps
}

pub fn unit(vipps: &Emulator) -> Keys {
    vipps.sales_unit_keys(&shop()).expect("keys")
}

/// The fields of a query or a form, from which single ones can be changed.
#[derive(Debug, Clone)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn new(fields: &[(&str, &str)]) -> Self {
        Self(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// With `%20` for a space.
    pub fn encoded(&self) -> String {
        let mut url = Url::parse("x://y").expect("a URL");
        url.query_pairs_mut().extend_pairs(&self.0);
        url.query().unwrap_or_default().replace('+', "%20")
    }
}

/// The authorization request of a merchant, good in all points.
pub fn auth_fields(vipps: &Emulator) -> Fields {
    Fields::new(&[
        ("response_type", "code"),
        ("client_id", &unit(vipps).client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid name"),
        ("state", STATE),
        ("nonce", NONCE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ])
}

pub async fn authorize(vipps: &Emulator, fields: &Fields) -> Reply {
    send(get(vipps, &format!("{AUTH}?{}", fields.encoded()))).await
}

/// The query of a URL that begins with [`CALLBACK`].
pub fn answer(url: &str) -> HashMap<String, String> {
    assert!(url.starts_with(&format!("{CALLBACK}?")), "{url}");
    Url::parse(url).expect("a URL").query_pairs().into_owned().collect()
}

pub fn location(reply: &Reply) -> &str {
    assert!([302, 303].contains(&reply.status), "{} {}", reply.status, reply.text);
    reply.header("location").expect("a location")
}

/// The code of a browser login that Kari approved.
pub async fn code(vipps: &Emulator, fields: &Fields) -> String {
    let page = authorize(vipps, fields).await;
    assert_eq!(page.status, 200, "{page:?}");
    let url = vipps.approve(&pending(vipps).id, KARI).expect("a decision").expect("a URL");
    answer(&url)["code"].clone()
}

/// The latest login, which must be pending.
pub fn pending(vipps: &Emulator) -> RecordedLogin {
    let login = vipps.logins().pop().expect("a login");
    assert_eq!(login.status, LoginStatus::Pending);
    login
}

pub fn post_form(vipps: &Emulator, path: &str, fields: &Fields) -> RequestBuilder {
    let request = client().post(format!("{}{path}", vipps.base_url())).body(fields.encoded());
    with_system(request.header("Content-Type", "application/x-www-form-urlencoded"))
}

/// How a caller says who it is.
#[derive(Debug, Clone)]
pub enum Caller {
    Partner(String),
    Merchant(Keys),
}

impl Caller {
    pub async fn partner(vipps: &Emulator) -> Self {
        Self::Partner(partner_token(vipps).await)
    }

    pub fn merchant(vipps: &Emulator) -> Self {
        Self::Merchant(unit(vipps))
    }

    pub fn post(&self, vipps: &Emulator, path: &str, fields: &Fields) -> RequestBuilder {
        let request = post_form(vipps, path, fields);
        match self {
            Self::Partner(token) => request.bearer_auth(token).header(MSN, shop().as_str()),
            Self::Merchant(keys) => {
                request.basic_auth(form_encoded(&keys.client_id), Some(form_encoded(&keys.client_secret)))
            }
        }
    }
}

pub fn form_encoded(text: &str) -> String {
    Fields::new(&[("v", text)]).encoded().split_off(2)
}

pub fn code_form(code: &str) -> Fields {
    let grant = Fields::new(&[("grant_type", "authorization_code"), ("code", code)]);
    grant.with("redirect_uri", CALLBACK).with("code_verifier", VERIFIER)
}

/// A login of Kari's in the browser, to its end.
pub async fn logged_in(vipps: &Emulator, caller: &Caller, fields: &Fields) -> Value {
    let code = code(vipps, fields).await;
    let reply = send(caller.post(vipps, LOGIN_TOKEN, &code_form(&code))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

pub fn ask_form() -> Fields {
    let fields = Fields::new(&[("scope", "openid name"), ("login_hint", "urn:msisdn:4791234567")]);
    fields.with("state", STATE).with("nonce", NONCE).with("binding_message", "A1B2-C3")
}

/// Starts a login by phone number and returns its `auth_req_id`.
pub async fn asked(vipps: &Emulator, caller: &Caller, fields: &Fields) -> String {
    let reply = send(caller.post(vipps, BACKCHANNEL, fields)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["auth_req_id"].as_str().expect("an id").to_owned()
}

pub fn poll_form(id: &str) -> Fields {
    Fields::new(&[("grant_type", CIBA), ("auth_req_id", id)])
}

pub fn userinfo(vipps: &Emulator, token: &str) -> RequestBuilder {
    get(vipps, USERINFO).bearer_auth(token)
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}
