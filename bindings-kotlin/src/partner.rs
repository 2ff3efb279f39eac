//! One set of keys at work.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration, time::SystemTime};

use vipps_partner_auth::{AccessToken, Clock, Headers, ManualClock, Partner, SystemClock};

use crate::{
    environment::{EnvironmentParts, parts},
    error::Result,
    event::{EventSink, StatsParts},
    keys::KeysHandle,
    merchant::MerchantHandle,
    runtime::{Cancellation, run},
    settings::SettingsParts,
    system::SystemParts,
};

/// A token, to be told from others.
#[derive(Debug, uniffi::Object)]
pub struct TokenHandle(pub(crate) AccessToken);

/// A token for Vipps' APIs.
#[derive(Clone, uniffi::Record)]
pub struct TokenParts {
    /// For `invalidate` and `refused`.
    pub handle: Arc<TokenHandle>,
    /// The token itself.
    pub secret: String,
    /// When Vipps stops accepting it.
    pub expires_at: SystemTime,
}

/// All headers of a call.
#[derive(Clone, uniffi::Record)]
pub struct HeadersParts {
    /// Names and values.
    pub headers: HashMap<String, String>,
    /// How long they are as good as newly asked for ones.
    pub fresh_for: Duration,
    /// The token in them.
    pub token: Arc<TokenHandle>,
}

/// One set of keys at work.
#[derive(Debug, uniffi::Object)]
pub struct PartnerHandle(Source, Partner);

/// How headers are handed over.
#[derive(Debug, Clone)]
pub(crate) struct Source(Option<ManualClock>);

impl Source {
    /// A clock that is moved by hand can't be followed from the other side, so nothing is kept there.
    pub(crate) fn parts(&self, headers: &Headers) -> HeadersParts {
        let fresh_for = match &self.0 {
            Some(_) => Duration::ZERO,
            None => SystemClock.now().until(headers.fresh_until()),
        };
        HeadersParts { headers: plain(headers), fresh_for, token: Arc::new(TokenHandle(headers.token().clone())) }
    }
}

#[uniffi::export]
impl PartnerHandle {
    /// Checks everything that can be checked without asking Vipps.
    #[uniffi::constructor]
    pub fn new(
        keys: &KeysHandle,
        system: SystemParts,
        settings: SettingsParts,
        sink: Option<Arc<dyn EventSink>>,
    ) -> Result<Arc<Self>> {
        let partner = Partner::new(keys.0.clone(), system.info()?, settings.config(sink)?)?;
        Ok(Self::of(partner, &settings))
    }

    /// Reads keys, system and environment from variables.
    #[uniffi::constructor]
    pub fn from_env(settings: SettingsParts, sink: Option<Arc<dyn EventSink>>) -> Result<Arc<Self>> {
        let partner = Partner::from_env_with(settings.config(sink)?)?;
        Ok(Self::of(partner, &settings))
    }

    /// The same keys, bound to one merchant.
    pub fn merchant(&self, msn: String) -> Result<Arc<MerchantHandle>> {
        Ok(Arc::new(MerchantHandle::new(self.1.merchant(msn.parse()?), self.0.clone())))
    }

    /// Headers for calls that are not for one merchant.
    pub async fn headers(&self, cancellation: Option<Arc<Cancellation>>) -> Result<HeadersParts> {
        let partner = self.1.clone();
        let headers = run(cancellation, async move { partner.authorization().await }).await?;
        Ok(self.0.parts(&headers))
    }

    /// The same headers without I/O.
    pub fn cached_headers(&self) -> Option<HeadersParts> {
        self.1.cached_headers().map(|headers| self.0.parts(&headers))
    }

    /// The token by itself.
    pub async fn access_token(&self, cancellation: Option<Arc<Cancellation>>) -> Result<TokenParts> {
        let partner = self.1.clone();
        let token = run(cancellation, async move { partner.access_token().await }).await?;
        let (secret, expires_at) = (token.secret().to_owned(), token.expires_at());
        Ok(TokenParts { handle: Arc::new(TokenHandle(token)), secret, expires_at })
    }

    /// Drops this token, if it is still the one in use.
    pub fn invalidate(&self, token: &TokenHandle) -> bool {
        self.1.invalidate(&token.0)
    }

    /// Drops this token because an API answered 401; tells whether one more try makes sense.
    pub fn refused(&self, token: &TokenHandle) -> bool {
        self.1.refused(&token.0)
    }

    /// Whether headers may be sent to this URL.
    pub fn covers(&self, url: String) -> bool {
        self.1.covers(&url)
    }

    /// Changes with each new token and each one that is dropped.
    pub fn generation(&self) -> i64 {
        self.1.generation().cast_signed()
    }

    /// What happened so far.
    pub fn stats(&self) -> StatsParts {
        self.1.stats().into()
    }

    /// Where this partner's calls go.
    pub fn environment(&self) -> EnvironmentParts {
        parts(self.1.environment())
    }
}

impl PartnerHandle {
    fn of(partner: Partner, settings: &SettingsParts) -> Arc<Self> {
        let clock = settings.clock.as_ref().map(|clock| clock.0.clone());
        Arc::new(Self(Source(clock), partner))
    }
}

/// Headers as other languages hold them.
pub(crate) fn plain(headers: &http::HeaderMap) -> HashMap<String, String> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

impl fmt::Debug for TokenParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenParts").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for HeadersParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadersParts").field("names", &self.headers.keys()).finish_non_exhaustive()
    }
}
