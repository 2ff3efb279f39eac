//! Who logged in, as far as the shop wants to know.

use vipps_partner_auth::{LoginResult, Result, Userinfo};

use super::Store;

/// What is kept of a login. The tokens are not: the shop has no more use for them.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) store: String,
    /// Names the person at this merchant, for ever: the key of a customer account.
    pub(crate) sub: String,
    pub(crate) msn: String,
    pub(crate) issuer: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) granted: Vec<String>,
    pub(crate) missing: Vec<String>,
}

impl Person {
    /// Userinfo that can't be fetched now does not undo a login; about somebody else it does.
    pub(crate) fn new(store: &Store, result: &LoginResult, userinfo: Result<Userinfo>) -> Result<Self> {
        let userinfo = match userinfo {
            Err(error) if error.retryable() => None,
            outcome => Some(outcome?),
        };
        let told = |what: fn(&Userinfo) -> Option<&str>| userinfo.as_ref().and_then(what).map(str::to_owned);
        let claims = result.claims();
        Ok(Self {
            store: store.name.clone(),
            sub: claims.sub().to_owned(),
            msn: claims.msn().to_string(),
            issuer: claims.claim("iss"),
            name: told(Userinfo::name),
            phone: told(Userinfo::phone_number),
            email: told(Userinfo::email),
            granted: result.scopes().to_vec(),
            missing: result.missing_scopes().into_iter().map(str::to_owned).collect(),
        })
    }

    /// What to call them.
    pub(crate) fn called(&self) -> &str {
        self.name.as_deref().unwrap_or("customer")
    }
}
