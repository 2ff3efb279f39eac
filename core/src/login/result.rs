//! What a login brings.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{id_token::IdTokenClaims, secret::Secret};

/// A login that passed every check. Cheap to clone.
#[derive(Clone, PartialEq, derive_more::Debug)]
#[debug("LoginResult {{ claims: {:?}, scopes: {:?}, .. }}", _0.claims, _0.scopes)]
pub struct LoginResult(Arc<Parts>);

#[derive(PartialEq)]
struct Parts {
    claims: IdTokenClaims,
    access_token: LoginToken,
    id_token: Secret,
    scopes: Vec<String>,
    asked: Vec<String>,
}

impl LoginResult {
    pub(super) fn new(
        claims: IdTokenClaims,
        access_token: LoginToken,
        id_token: Secret,
        scopes: Vec<String>,
        asked: Vec<String>,
    ) -> Self {
        Self(Arc::new(Parts { claims, access_token, id_token, scopes, asked }))
    }

    pub(super) fn is_of(&self, issuer: &str) -> bool {
        self.0.claims.claim::<String>("iss").is_some_and(|iss| iss == issuer)
    }

    /// Who logged in: the checked claims of the ID token.
    pub fn claims(&self) -> &IdTokenClaims {
        &self.0.claims
    }

    /// Opens userinfo, for about ten minutes, and nothing else.
    pub fn access_token(&self) -> &LoginToken {
        &self.0.access_token
    }

    /// The ID token itself, already checked. Personal data: keep it out of logs and URLs.
    pub fn id_token(&self) -> &str {
        self.0.id_token.expose()
    }

    /// The scopes that were granted, as Vipps tells them; those asked for where it says nothing (RFC 6749 section 5.1).
    pub fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// The scopes that were asked for.
    pub fn asked_scopes(&self) -> &[String] {
        &self.0.asked
    }

    /// The scopes that were asked for and not granted: Vipps drops those outside the sales unit's plan without a word. By
    /// phone number it tells no scopes at all, so there this is always empty, and only userinfo shows what was granted.
    pub fn missing_scopes(&self) -> Vec<&str> {
        let granted = |scope: &&String| self.0.scopes.contains(scope);
        self.0.asked.iter().filter(|scope| !granted(scope)).map(String::as_str).collect()
    }
}

/// The access token of one login: opaque, good for userinfo only. `Debug` never shows it.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("LoginToken {{ expires_at_unix: {:?}, .. }}", expires_at.as_secs())]
pub struct LoginToken {
    secret: Secret,
    expires_at: Duration,
}

impl LoginToken {
    pub(super) fn new(secret: Secret, expires_at: Duration) -> Self {
        Self { secret, expires_at }
    }

    /// The token itself, without the word `Bearer`.
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// Until when it opens userinfo, by this machine's wall clock: ten minutes after the exchange, whatever longer life
    /// the reply promises.
    pub fn expires_at(&self) -> SystemTime {
        UNIX_EPOCH + self.expires_at
    }

    pub(super) fn is_good_at(&self, wall: Duration) -> bool {
        wall < self.expires_at
    }
}
