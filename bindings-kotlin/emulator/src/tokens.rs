//! API tokens, ID tokens and the keys that sign them.

use std::collections::HashMap;

use serde_json::Value;
use vipps_emulator::{AuthReqIdName, IdTokenSpec};

use crate::{
    choices,
    emulator::{Emulator, parsed},
    error::{EmulatorError, Result, span},
};

/// The recipe of an ID token. What is absent is as in a good one from the browser flow.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct EmulatorIdToken {
    /// The sales unit; needed to mint one.
    #[uniffi(default = None)]
    pub msn: Option<String>,
    /// The person's `sub`.
    #[uniffi(default = None)]
    pub subject: Option<String>,
    /// The nonce that was sent.
    #[uniffi(default = None)]
    pub nonce: Option<String>,
    /// The access token that `at_hash` is computed from.
    #[uniffi(default = None)]
    pub access_token: Option<String>,
    /// The authentication context.
    #[uniffi(default = None)]
    pub acr: Option<String>,
    /// The id of the backchannel request.
    #[uniffi(default = None)]
    pub auth_req_id: Option<String>,
    /// The name of that claim, such as `auth_req_id`.
    #[uniffi(default = None)]
    pub auth_req_id_name: Option<String>,
    /// How many seconds it is valid.
    #[uniffi(default = None)]
    pub lifetime: Option<f64>,
    /// `RS256` or `ES256`.
    #[uniffi(default = None)]
    pub alg: Option<String>,
    /// `current`, `withdrawn`, `unknown`, `forger`, `public_key_hmac` or `nobody`.
    #[uniffi(default = None)]
    pub signed_by: Option<String>,
    /// Claims to set, as JSON, over what the other members say.
    #[uniffi(default)]
    pub claims: HashMap<String, String>,
    /// Claims to leave out.
    #[uniffi(default = [])]
    pub without_claims: Vec<String>,
    /// Header members to set, as JSON.
    #[uniffi(default)]
    pub headers: HashMap<String, String>,
    /// Header members to leave out.
    #[uniffi(default = [])]
    pub without_headers: Vec<String>,
}

impl EmulatorIdToken {
    /// The changes, checked.
    fn changes(self) -> Result<impl FnOnce(IdTokenSpec) -> IdTokenSpec + Send + 'static> {
        let name = self.auth_req_id_name.as_deref().map_or(Ok(AuthReqIdName::default()), choices::auth_req_id_name)?;
        let lifetime = self.lifetime.map(span).transpose()?;
        let alg = self.alg.as_deref().map(choices::signing_alg).transpose()?;
        let signed_by = self.signed_by.as_deref().map(choices::signed_by).transpose()?;
        let claims = values(self.claims)?;
        let headers = values(self.headers)?;
        Ok(move |mut spec: IdTokenSpec| {
            spec = self.subject.into_iter().fold(spec, IdTokenSpec::subject);
            spec = self.nonce.into_iter().fold(spec, IdTokenSpec::nonce);
            spec = self.access_token.iter().fold(spec, |spec, token| spec.access_token(token));
            spec = self.acr.into_iter().fold(spec, IdTokenSpec::acr);
            spec = self.auth_req_id.into_iter().fold(spec, |spec, id| spec.auth_req_id(name, id));
            spec = lifetime.into_iter().fold(spec, IdTokenSpec::lifetime);
            spec = alg.into_iter().fold(spec, IdTokenSpec::alg);
            spec = signed_by.into_iter().fold(spec, IdTokenSpec::signed_by);
            spec = claims.into_iter().fold(spec, |spec, (name, value)| spec.claim(name, value));
            spec = self.without_claims.into_iter().fold(spec, IdTokenSpec::without_claim);
            spec = headers.into_iter().fold(spec, |spec, (name, value)| spec.header(name, value));
            self.without_headers.into_iter().fold(spec, IdTokenSpec::without_header)
        })
    }
}

fn values(texts: HashMap<String, String>) -> Result<Vec<(String, Value)>> {
    let read = |(name, json): (String, String)| {
        let value = serde_json::from_str(&json);
        value.map(|value| (name.clone(), value)).map_err(|_| EmulatorError::new(format!("{name}: is not json")))
    };
    texts.into_iter().map(read).collect()
}

#[uniffi::export]
impl Emulator {
    /// How the token endpoints spell numbers: `as_documented`, `strings` or `numbers`.
    pub fn numbers(&self, numbers: String) -> Result<()> {
        self.0.numbers(choices::numbers(&numbers)?);
        Ok(())
    }

    /// How many fields `/accesstoken/get` replies with: 7 or 4.
    pub fn fields(&self, count: i32) -> Result<()> {
        self.0.fields(choices::fields(count)?);
        Ok(())
    }

    /// How many seconds tokens live that are issued from now on; `kind` is `standard`, `specialized` or `login`.
    pub fn token_lifetime(&self, kind: String, seconds: f64) -> Result<()> {
        self.0.token_lifetime(choices::token_kind(&kind)?, span(seconds)?);
        Ok(())
    }

    /// All tokens issued so far are refused from now on.
    pub fn revoke_tokens(&self) {
        self.0.revoke_tokens();
    }

    /// Whether `/miami/v1/token` takes form-encoded Basic credentials too.
    pub fn accept_form_encoded_basic(&self, accept: bool) {
        self.0.accept_form_encoded_basic(accept);
    }

    /// Whether `/accesstoken/get` refuses an MSN that the keys may not act for.
    pub fn check_msn_on_token(&self, check: bool) {
        self.0.check_msn_on_token(check);
    }

    /// Makes an ID token, good or wrong, on the emulator's clock.
    pub fn mint_id_token(&self, recipe: EmulatorIdToken) -> Result<String> {
        let msn = parsed(recipe.msn.as_deref().unwrap_or_default())?;
        Ok(self.0.mint_id_token(&recipe.changes()?(IdTokenSpec::new(&msn))))
    }

    /// Bends the ID token of the next login that is exchanged; several calls queue up.
    pub fn bend_next_id_token(&self, recipe: EmulatorIdToken) -> Result<()> {
        self.0.bend_next_id_token(recipe.changes()?);
        Ok(())
    }

    /// The published keys as JSON.
    pub fn jwks(&self) -> String {
        self.0.jwks()
    }

    /// Publishes new keys and signs with them; the old ones stay published.
    pub fn rotate_keys(&self) {
        self.0.rotate_keys();
    }

    /// Publishes the current keys only.
    pub fn withdraw_old_keys(&self) {
        self.0.withdraw_old_keys();
    }

    /// Whether the published keys are out of reach.
    pub fn jwks_outage(&self, outage: bool) {
        self.0.jwks_outage(outage);
    }

    /// The `Cache-Control` of the published keys.
    pub fn jwks_cache_control(&self, value: Option<String>) -> Result<()> {
        Ok(self.0.jwks_cache_control(value.as_deref())?)
    }
}
