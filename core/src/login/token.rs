//! Login's token endpoint: the three grants and their reply (RFC 6749 section 5.1). Pure.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::{result::LoginToken, scopes};
use crate::{
    clock::Now,
    error::{Error, Result},
    json::Document,
    secret::Secret,
    token::{is_bearer, is_token, seconds, whole_seconds},
};

/// What is handed in for tokens.
pub(super) enum Grant<'a> {
    Code { code: &'a str, redirect_uri: &'a str, code_verifier: &'a str },
    Backchannel { auth_req_id: &'a str },
    BackchannelRedirect { code: &'a str },
}

impl<'a> Grant<'a> {
    pub(super) fn form(&self) -> Vec<(&'static str, &'a str)> {
        match self {
            Self::Code { code, redirect_uri, code_verifier } => vec![
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", redirect_uri),
                ("code_verifier", code_verifier),
            ],
            Self::Backchannel { auth_req_id } => {
                vec![("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", auth_req_id)]
            }
            Self::BackchannelRedirect { code } => {
                vec![("grant_type", "urn:vipps:params:grant-type:ciba-redirect"), ("code", code)]
            }
        }
    }
}

/// The tokens of a login, not checked yet.
pub(super) struct Tokens {
    pub(super) access_token: LoginToken,
    pub(super) id_token: Secret,
    pub(super) scopes: Option<Vec<String>>,
}

/// How long a login token opens userinfo, though its reply says an hour.
const USERINFO_TIME: Duration = Duration::from_secs(10 * 60);

impl Tokens {
    pub(super) fn parse(body: &Bytes, sent_at: Now) -> Result<Self> {
        let mut reply = Document::read(body);
        let access_token = reply.take_text("access_token").map(Secret::new);
        let access_token =
            access_token.ok_or_else(|| Error::protocol("the login's token reply holds no access_token"))?;
        let id_token = reply.take_text("id_token").map(Secret::new);
        let id_token = id_token.ok_or_else(|| Error::protocol("the login's token reply holds no id_token"))?;
        if !is_token(access_token.expose()) {
            return Err(Error::protocol("the access_token of the login can't stand in a header"));
        }
        if !is_bearer(&reply) {
            return Err(Error::protocol("the token_type of the login is not bearer"));
        }
        // One that has run out opens nothing; the login is still good.
        let life = seconds(reply.get("expires_in")).map_or(USERINFO_TIME, whole_seconds).min(USERINFO_TIME);
        Ok(Self {
            access_token: LoginToken::new(access_token, sent_at.wall.saturating_add(life)),
            id_token,
            scopes: reply.get("scope").and_then(granted),
        })
    }
}

/// The scopes in one text, as they should be, or in a list of texts.
fn granted(scope: &Value) -> Option<Vec<String>> {
    match scope {
        Value::String(text) => Some(scopes::split(text)),
        Value::Array(list) => list.iter().map(|scope| scope.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
