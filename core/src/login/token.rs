//! Login's token endpoint: the three grants and their reply (RFC 6749 section 5.1). Pure.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{result::LoginToken, scopes};
use crate::{
    clock::Now,
    error::{Error, Result},
    secret::Secret,
    token::{is_token, seconds},
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

#[derive(Deserialize)]
struct Body {
    access_token: Zeroizing<String>,
    id_token: Zeroizing<String>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    scope: Option<String>,
}

/// How long a login token opens userinfo, though its reply says an hour.
const USERINFO_TIME: Duration = Duration::from_mins(10);

impl Tokens {
    pub(super) fn parse(body: &Bytes, sent_at: Now) -> Result<Self> {
        let mut body: Body = serde_json::from_slice(body)
            .map_err(|_| Error::protocol("the login's token reply holds no access_token and id_token"))?;
        if !is_token(&body.access_token) {
            return Err(Error::protocol("the access_token of the login can't stand in a header"));
        }
        if !body.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(Error::protocol("the token_type of the login is not bearer"));
        }
        let told = seconds(&body.expires_in).map_or(USERINFO_TIME, Duration::from_secs);
        let access_token = Secret::new(std::mem::take(&mut *body.access_token));
        Ok(Self {
            access_token: LoginToken::new(access_token, sent_at.wall.saturating_add(told.min(USERINFO_TIME))),
            id_token: Secret::new(std::mem::take(&mut *body.id_token)),
            scopes: body.scope.as_deref().map(scopes::split),
        })
    }
}
