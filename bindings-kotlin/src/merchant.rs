//! A partner bound to one merchant.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use vipps_partner_auth::{Expect, Merchant};

use crate::{
    backchannel::BackchannelHandle,
    direct::Registration,
    error::Result,
    login::LoginHandle,
    named::{NamedValue, values},
    partner::{HeadersParts, Source, TokenHandle},
    runtime::{Cancellation, run},
    verifier::ClaimsParts,
};

/// A partner bound to one merchant.
#[derive(Debug, uniffi::Object)]
pub struct MerchantHandle(Merchant, Source, OnceLock<Registration>);

#[uniffi::export]
impl MerchantHandle {
    /// All headers of a call for this merchant.
    pub async fn headers(&self, cancellation: Option<Arc<Cancellation>>) -> Result<HeadersParts> {
        let merchant = self.0.clone();
        let headers = run(cancellation, async move { merchant.authorization().await }).await?;
        Ok(self.1.parts(&headers))
    }

    /// An API answered 401 to a call that carried this token: headers with another one, or why there are none.
    pub async fn refused(
        &self,
        token: Arc<TokenHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<HeadersParts> {
        let merchant = self.0.clone();
        let other = run(cancellation, async move { merchant.refused(&token.0).await }).await?;
        Ok(self.1.parts(&other))
    }

    /// The same for a call that can't be repeated: nobody waits.
    pub fn note_refused(&self, token: &TokenHandle) {
        self.0.note_refused(&token.0);
    }

    /// Tells what an API answered to a call for this merchant.
    pub fn answered(&self, status: u16, content_type: Option<String>) {
        self.0.answered(status, content_type.as_deref());
    }

    /// The same headers without I/O.
    pub fn cached_headers(&self) -> Option<HeadersParts> {
        self.0.cached_headers().map(|headers| self.1.parts(&headers))
    }

    /// Checks an ID token for this merchant.
    pub async fn verify_id_token(
        &self,
        jwt: String,
        expect: HashMap<String, NamedValue>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ClaimsParts> {
        let merchant = self.0.clone();
        let expect = Expect::read(values(expect))?;
        let claims = run(cancellation, async move { merchant.verify_id_token(&jwt, &expect).await }).await?;
        Ok(ClaimsParts::from(&claims))
    }

    /// The same check without I/O.
    pub fn verify_id_token_cached(
        &self,
        jwt: String,
        expect: HashMap<String, NamedValue>,
    ) -> Result<Option<ClaimsParts>> {
        let claims = self.0.verify_id_token_cached(&jwt, &Expect::read(values(expect))?).transpose()?;
        Ok(claims.as_ref().map(ClaimsParts::from))
    }

    /// The number of this check for the plain call of `direct`.
    pub fn check_number(&self) -> i64 {
        let merchant = self.0.clone();
        self.2.get_or_init(|| Registration::new(move |jwt, expect| merchant.verify_id_token_cached(jwt, expect))).id()
    }

    /// Login in the browser.
    pub fn login(&self, redirect_uri: String) -> Result<Arc<LoginHandle>> {
        Ok(Arc::new(LoginHandle(self.0.login(&redirect_uri)?)))
    }

    /// Login from a phone number.
    pub fn backchannel(&self) -> Result<Arc<BackchannelHandle>> {
        Ok(Arc::new(BackchannelHandle(self.0.backchannel()?)))
    }
}

impl MerchantHandle {
    pub(crate) fn new(merchant: Merchant, source: Source) -> Self {
        Self(merchant, source, OnceLock::new())
    }
}
