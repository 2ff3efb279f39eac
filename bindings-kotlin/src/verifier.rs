//! The check of ID tokens, which needs no keys.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use vipps_partner_auth::{Expect, IdTokenClaims, IdTokenVerifier};

use crate::{
    direct::Registration,
    error::Result,
    event::{EventQueue, StatsParts},
    named::{NamedValue, values},
    runtime::{Cancellation, run},
    settings::SettingsParts,
};

/// The claims of an ID token that passed every check.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("ClaimsParts {{ sub: {sub:?}, msn: {msn:?}, .. }}")]
pub struct ClaimsParts {
    /// The user, as this sales unit knows them.
    pub sub: String,
    /// The sales unit the user logged in at.
    pub msn: String,
    /// When the token was made.
    pub issued_at: SystemTime,
    /// When it runs out.
    pub expires_at: SystemTime,
    /// All claims, as JSON that is the same in every language.
    pub json: String,
}

impl From<&IdTokenClaims> for ClaimsParts {
    fn from(claims: &IdTokenClaims) -> Self {
        Self {
            sub: claims.sub().to_owned(),
            msn: claims.msn().as_str().to_owned(),
            issued_at: claims.issued_at(),
            expires_at: claims.expires_at(),
            json: claims.json().to_owned(),
        }
    }
}

/// One member of a JSON object, as JSON.
#[uniffi::export]
pub fn json_member(json: String, name: String) -> Option<String> {
    let mut members: HashMap<String, Box<RawValue>> = serde_json::from_str(&json).ok()?;
    members.remove(&name).map(|value| value.get().to_owned())
}

/// One member of a JSON object that is a text, without its quotes.
#[uniffi::export]
pub fn json_text(json: String, name: String) -> Option<String> {
    typed(json, name)
}

/// One member of a JSON object that is `true` or `false`.
#[uniffi::export]
pub fn json_bool(json: String, name: String) -> Option<bool> {
    typed(json, name)
}

/// One member of a JSON object that is a whole number.
#[uniffi::export]
pub fn json_long(json: String, name: String) -> Option<i64> {
    typed(json, name)
}

/// One member of a JSON object that is a list of texts; one text stands for a list of one, as with `aud`.
#[uniffi::export]
pub fn json_list(json: String, name: String) -> Option<Vec<String>> {
    let member = json_member(json, name)?;
    let one = || serde_json::from_str(&member).ok().map(|text| vec![text]);
    serde_json::from_str(&member).ok().or_else(one)
}

fn typed<T: DeserializeOwned>(json: String, name: String) -> Option<T> {
    serde_json::from_str(&json_member(json, name)?).ok()
}

/// The length of the longest token that is looked at; of a longer one so much and one more is enough.
#[uniffi::export]
pub fn longest_token() -> i32 {
    i32::try_from(IdTokenVerifier::LONGEST_TOKEN).unwrap_or(i32::MAX)
}

/// Checks ID tokens without any credentials.
#[derive(Debug, uniffi::Object)]
pub struct VerifierHandle(IdTokenVerifier, OnceLock<Registration>);

#[uniffi::export]
impl VerifierHandle {
    /// Fetches Vipps' keys when it first needs them; with a key set of its own it works offline.
    #[uniffi::constructor]
    pub fn new(settings: SettingsParts, jwks: Option<String>, events: &EventQueue) -> Result<Arc<Self>> {
        let config = settings.config(events)?;
        let verifier = match jwks {
            Some(jwks) => IdTokenVerifier::with_jwks(config, &jwks)?,
            None => IdTokenVerifier::new(config)?,
        };
        Ok(Arc::new(Self(verifier, OnceLock::new())))
    }

    /// Checks a token.
    pub async fn verify(
        &self,
        jwt: String,
        expect: HashMap<String, NamedValue>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ClaimsParts> {
        let verifier = self.0.clone();
        let expect = Expect::read(values(expect))?;
        let claims = run(cancellation, async move { verifier.verify(&jwt, &expect).await }).await?;
        Ok(ClaimsParts::from(&claims))
    }

    /// The same check without I/O; nothing when keys must be fetched first.
    pub fn verify_cached(&self, jwt: String, expect: HashMap<String, NamedValue>) -> Result<Option<ClaimsParts>> {
        let claims = self.0.verify_cached(&jwt, &Expect::read(values(expect))?).transpose()?;
        Ok(claims.as_ref().map(ClaimsParts::from))
    }

    /// The number of this check for the plain call of `direct`.
    pub fn check_number(&self) -> i64 {
        let verifier = self.0.clone();
        self.1.get_or_init(|| Registration::new(move |jwt, expect| verifier.verify_cached(jwt, expect))).id()
    }

    /// What happened to the keys so far.
    pub fn stats(&self) -> StatsParts {
        self.0.stats().into()
    }
}
