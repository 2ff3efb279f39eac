//! One set of keys at work.

use std::{collections::HashMap, sync::Arc, time::Duration, time::SystemTime};

use vipps_partner_auth::{AccessToken, Clock, Config, Headers, ManualClock, Msn, Partner, SystemClock};

use crate::{
    doctor::{ReportParts, options},
    environment::{EnvironmentParts, parts},
    error::{AuthError, Result},
    event::{EventQueue, StatsParts},
    key_source::KeyQuestions,
    keys::KeysHandle,
    merchant::MerchantHandle,
    runtime::{Cancellation, run},
    sales_units::{MerchantCheckParts, SalesUnitChangesParts, SalesUnitParts, SalesUnitStatusParts, units},
    settings::SettingsParts,
    system::SystemParts,
    token_cache::CacheCalls,
};

/// A token, to be told from others.
#[derive(Debug, uniffi::Object)]
pub struct TokenHandle(pub(crate) AccessToken);

/// A token for Vipps' APIs.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("TokenParts {{ expires_at: {expires_at:?}, .. }}")]
pub struct TokenParts {
    /// For `invalidate` and `refused`.
    pub handle: Arc<TokenHandle>,
    /// The token itself.
    pub secret: String,
    /// When Vipps stops accepting it.
    pub expires_at: SystemTime,
}

/// All headers of a call.
#[derive(Clone, uniffi::Record, derive_more::Debug)]
#[debug("HeadersParts {{ names: {:?}, .. }}", headers.keys())]
pub struct HeadersParts {
    /// Names and values.
    pub headers: HashMap<String, String>,
    /// How long they are as good as newly asked for ones.
    pub fresh_for: Duration,
    /// The token in them.
    pub token: TokenParts,
}

impl From<AccessToken> for TokenParts {
    fn from(token: AccessToken) -> Self {
        Self { secret: token.secret().to_owned(), expires_at: token.expires_at(), handle: Arc::new(TokenHandle(token)) }
    }
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
        HeadersParts { headers: plain(headers), fresh_for, token: headers.token().clone().into() }
    }
}

#[uniffi::export]
impl PartnerHandle {
    /// Checks everything that can be checked without asking Vipps.
    #[uniffi::constructor(default(token_cache = None))]
    pub fn new(
        keys: &KeysHandle,
        system: SystemParts,
        settings: SettingsParts,
        events: &EventQueue,
        key_source: Option<Arc<KeyQuestions>>,
        token_cache: Option<Arc<CacheCalls>>,
    ) -> Result<Arc<Self>> {
        let config = config(&settings, events, key_source, token_cache)?;
        Ok(Self::of(Partner::new(keys.0.clone(), system.info()?, config)?, &settings))
    }

    /// Reads keys, system and environment from variables.
    #[uniffi::constructor(default(token_cache = None))]
    pub fn from_env(
        settings: SettingsParts,
        events: &EventQueue,
        key_source: Option<Arc<KeyQuestions>>,
        token_cache: Option<Arc<CacheCalls>>,
    ) -> Result<Arc<Self>> {
        Ok(Self::of(Partner::from_env_with(config(&settings, events, key_source, token_cache)?)?, &settings))
    }

    /// The same from values that go by the names of the variables.
    #[uniffi::constructor]
    pub fn from_vars(
        vars: HashMap<String, String>,
        settings: SettingsParts,
        events: &EventQueue,
        key_source: Option<Arc<KeyQuestions>>,
        token_cache: Option<Arc<CacheCalls>>,
    ) -> Result<Arc<Self>> {
        let config = config(&settings, events, key_source, token_cache)?;
        Ok(Self::of(Partner::from_vars(|name| vars.get(name).cloned(), config)?, &settings))
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
        run(cancellation, async move { partner.access_token().await }).await.map(TokenParts::from)
    }

    /// Whether everything is as it must be.
    pub async fn doctor(
        &self,
        msns: Vec<String>,
        redirect_uri: Option<String>,
        offline: bool,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ReportParts> {
        let partner = self.1.clone();
        let options = options(msns, redirect_uri, offline)?;
        let report = run(cancellation, async move { Ok::<_, AuthError>(partner.doctor_with(&options).await) }).await?;
        Ok(report.into())
    }

    /// Other keys in the place of those in use, once they were tried.
    pub async fn replace_keys(&self, keys: Arc<KeysHandle>, cancellation: Option<Arc<Cancellation>>) -> Result<()> {
        let partner = self.1.clone();
        run(cancellation, async move { partner.replace_keys(keys.0.clone()).await }).await
    }

    /// Drops this token, if it is still the one in use.
    pub fn invalidate(&self, token: &TokenHandle) -> bool {
        self.1.invalidate(&token.0)
    }

    /// An API answered 401 to a call that carried this token: headers with another one, or why there are none.
    pub async fn refused(
        &self,
        token: Arc<TokenHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<HeadersParts> {
        let partner = self.1.clone();
        let other = run(cancellation, async move { partner.refused(&token.0).await }).await?;
        Ok(self.0.parts(&other))
    }

    /// The same for a call that can't be repeated: nobody waits.
    pub fn note_refused(&self, token: &TokenHandle) {
        self.1.note_refused(&token.0);
    }

    /// The sales units that these keys can act for.
    pub async fn sales_units(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Vec<SalesUnitParts>> {
        let partner = self.1.clone();
        let told = run(cancellation, async move { partner.sales_units().await }).await?;
        Ok(units(&told))
    }

    /// Those of one merchant.
    pub async fn sales_units_of(
        &self,
        scheme: String,
        id: String,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Vec<SalesUnitParts>> {
        let partner = self.1.clone();
        let told = run(cancellation, async move { partner.sales_units_of(&scheme, &id).await }).await?;
        Ok(units(&told))
    }

    /// Whether these keys can act for one sales unit.
    pub async fn sales_unit(
        &self,
        msn: String,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<SalesUnitStatusParts> {
        let partner = self.1.clone();
        let msn = msn.parse()?;
        let told = run(cancellation, async move { partner.sales_unit(msn).await }).await?;
        Ok(SalesUnitStatusParts::from(&told))
    }

    /// The list beside the MSNs that were known.
    pub async fn sales_unit_changes(
        &self,
        known: Vec<String>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<SalesUnitChangesParts> {
        let partner = self.1.clone();
        let known = known.iter().map(|msn| msn.parse()).collect::<vipps_partner_auth::Result<Vec<Msn>>>()?;
        run(cancellation, async move { partner.sales_unit_changes(&known).await })
            .await
            .map(SalesUnitChangesParts::from)
    }

    /// Looks whether a merchant is ready to be served.
    pub async fn check(&self, msn: String, cancellation: Option<Arc<Cancellation>>) -> Result<MerchantCheckParts> {
        let partner = self.1.clone();
        let msn = msn.parse()?;
        run(cancellation, async move { partner.check(msn).await }).await.map(MerchantCheckParts::from)
    }

    /// Whether headers may be sent to this URL.
    pub fn covers(&self, url: String) -> bool {
        self.1.covers(&url)
    }

    /// A call went to this URL without headers: told once for each origin but the partner's own.
    pub fn withheld(&self, url: String) {
        self.1.headers_withheld(&url);
    }

    /// Whether headers may go along on a redirect.
    pub fn may_follow(&self, from: String, to: String) -> bool {
        self.1.may_follow(&from, &to)
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

/// Whatever is wrong with the settings, the questions end.
fn config(
    settings: &SettingsParts,
    events: &EventQueue,
    key_source: Option<Arc<KeyQuestions>>,
    token_cache: Option<Arc<CacheCalls>>,
) -> Result<Config> {
    let source = key_source.map(|questions| questions.source());
    let cache = token_cache.map(|calls| calls.cache());
    let config = cache.into_iter().fold(settings.config(events)?, Config::token_cache);
    Ok(match source {
        Some(source) => config.key_source(source),
        None => config,
    })
}

/// Headers as other languages hold them.
pub(crate) fn plain(headers: &http::HeaderMap) -> HashMap<String, String> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
