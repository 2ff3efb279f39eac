//! What a discovery document says (OpenID Connect Discovery section 3). Pure.

use serde_json::Value;

use crate::{
    environment::Environment,
    error::{Error, Result},
    json::Document,
};

/// The URLs of one issuer, as it tells them. Login judges its own where they are used, so that a fault there costs no
/// keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) jwks_uri: String,
    pub(crate) authorization: String,
    pub(crate) token: String,
    pub(crate) userinfo: String,
    pub(crate) backchannel_authentication: String,
}

impl Endpoints {
    /// Members that OpenID requires and Vipps leaves out, or writes as something else than a text, are not missed: they
    /// are where the documents say.
    pub(super) fn parse(body: &[u8], environment: &Environment) -> Result<Self> {
        let document = Document::read_object(body);
        let document = document.ok_or_else(|| Error::unavailable("the discovery document is not a json object"))?;
        let member = |name| document.get(name).and_then(Value::as_str).map(str::to_owned);
        let issuer = environment.issuer();
        if member("issuer").is_none_or(|told| told != issuer) {
            return Err(
                Error::unavailable("the discovery document is not of this issuer").with_hint("check the base url")
            );
        }
        let jwks_uri =
            member("jwks_uri").ok_or_else(|| Error::unavailable("the discovery document holds no jwks_uri"))?;
        let in_documents = |path| environment.url(path);
        Ok(Self {
            jwks_uri,
            authorization: member("authorization_endpoint").unwrap_or_else(|| format!("{issuer}oauth2/auth")),
            token: member("token_endpoint").unwrap_or_else(|| format!("{issuer}oauth2/token")),
            userinfo: member("userinfo_endpoint").unwrap_or_else(|| in_documents("/vipps-userinfo-api/userinfo")),
            backchannel_authentication: member("backchannel_authentication_endpoint")
                .unwrap_or_else(|| in_documents("/vipps-login-ciba/api/backchannel/authentication")),
        })
    }
}
