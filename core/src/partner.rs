//! The entry point: a partner's keys at work, and the same bound to one merchant.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderMap;
use tokio::runtime::Handle;

use crate::{
    clock::Clock,
    config::{BasicEncoding, Config, Environment, LoginAuthMethod, SystemInfo},
    discovery::Discovery,
    error::{Error, Result},
    event::{Event, Events, Stats},
    finished::{Finished, Headers},
    headers::{SystemHeaders, specialized, standard},
    http::{HttpSend, ReqwestClient},
    id_token::{Expect, IdTokenClaims, IdTokenVerifier},
    keys::{Keys, environment_variable},
    msn::Msn,
    origin::TrustedOrigins,
    provider::{Held, TokenProvider},
    token::AccessToken,
};

/// One set of keys at work. Build one per set of keys and keep it: it holds the token. Cheap to clone.
///
/// ```
/// use vipps_partner_auth::{Config, Partner, PartnerKeys, SystemInfo};
///
/// # async fn run() -> vipps_partner_auth::Result<()> {
/// let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key")?;
/// let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, Config::default())?;
/// let shop = partner.merchant("123456".parse()?);
/// let headers: http::HeaderMap = shop.headers().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Partner(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) keys: Keys,
    pub(crate) system: SystemHeaders,
    pub(crate) environment: Environment,
    pub(crate) trusted: TrustedOrigins,
    pub(crate) provider: Arc<TokenProvider>,
    pub(crate) verifier: IdTokenVerifier,
    pub(crate) events: Events,
    pub(crate) login: LoginSettings,
    finished: Finished,
}

/// What Login needs besides.
pub(crate) struct LoginSettings {
    pub(crate) http: Arc<dyn HttpSend>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) runtime: Option<Handle>,
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) auth_method: LoginAuthMethod,
    pub(crate) basic_encoding: BasicEncoding,
}

impl Partner {
    /// Checks everything that can be checked without asking Vipps. Refuses a wrong setting, naming its field, and
    /// partner keys in the test environment.
    #[expect(clippy::needless_pass_by_value, reason = "what is handed in belongs to the partner from then on")]
    pub fn new(keys: impl Into<Keys>, system: SystemInfo, config: Config) -> Result<Self> {
        Self::build(keys.into(), &system, &config)
    }

    /// Reads everything from the environment: the keys (sales unit keys where `VIPPS_MSN` is set, else partner keys),
    /// the [`SystemInfo`], `VIPPS_ENVIRONMENT` (`production` unless set) and, if set, `VIPPS_REDIS_URL`. An error names the variable.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable, Config::default())
    }

    /// Like [`from_env`](Self::from_env), with settings of your own for all that no variable says.
    pub fn from_env_with(config: Config) -> Result<Self> {
        Self::from_vars(environment_variable, config)
    }

    /// The same from any other source of named values, such as a secret store.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>, config: Config) -> Result<Self> {
        let config = config.with_vars(&vars)?;
        Self::build(Keys::from_vars(&vars)?, &SystemInfo::from_vars(&vars)?, &config)
    }

    /// The same keys, bound to one merchant. Keep the handle: it holds the finished headers.
    pub fn merchant(&self, msn: Msn) -> Merchant {
        Merchant(Arc::new(MerchantInner { partner: self.clone(), msn, finished: Finished::default() }))
    }

    /// Headers for calls that are not for one merchant, such as a list of sales units; with specialized keys, for all
    /// calls. Fetches a token if none is at hand.
    ///
    /// `CredentialsRejected` and `Forbidden` when Vipps refuses the keys; `RateLimited` and `Unavailable`, perhaps with
    /// [`Error::retry_after`], when there may be a token later; `Protocol` for a reply that is not understood;
    /// `InvalidConfig`, field `runtime`, outside a tokio runtime.
    pub async fn headers(&self) -> Result<HeaderMap> {
        Ok(self.authorization().await?.to_map())
    }

    /// The same headers, shared, together with the token they carry: for adapters.
    pub async fn authorization(&self) -> Result<Headers> {
        self.0.finished_headers(&*self.0.provider.token().await?)
    }

    /// The same headers without I/O or copying; `None` when a token must be fetched first.
    pub fn cached_headers(&self) -> Option<Headers> {
        self.0.finished_headers(&*self.0.provider.cached()?).ok()
    }

    /// The token by itself, for clients that want to build headers on their own. Fails as [`headers`](Self::headers) does.
    pub async fn access_token(&self) -> Result<AccessToken> {
        Ok(self.0.provider.token().await?.token.clone())
    }

    /// Drops this token, if it is still the one in use, so that the next call fetches another. Tells whether it was
    /// dropped: a late refusal of an old token can't evict a newer one.
    pub fn invalidate(&self, token: &AccessToken) -> bool {
        self.0.provider.invalidate(token)
    }

    /// For adapters, when an API answered 401 to a call that carried this token: drops it as
    /// [`invalidate`](Self::invalidate) does and tells whether one more try makes sense. Fetches are not made more
    /// often than every 30 seconds for this cause, so that one merchant whose calls are always refused can't wear out
    /// the token endpoint for all others.
    pub fn refused(&self, token: &AccessToken) -> bool {
        self.0.provider.refused_by_api(token)
    }

    /// Whether headers may be sent to this URL: https (or http to a loopback address), and the environment's own origin
    /// or one that [`Config::trusted_origin`] lists. The token endpoints and the calls of Login are not covered: they
    /// take other headers. Adapters must ask before they attach headers.
    ///
    /// ```
    /// # use vipps_partner_auth::{Config, Partner, PartnerKeys, SystemInfo};
    /// # let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key")?;
    /// # let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, Config::default())?;
    /// assert!(partner.covers("https://api.vipps.no/epayment/v1/payments"));
    /// assert!(!partner.covers("https://api.vipps.no.example/"));
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn covers(&self, url: &str) -> bool {
        url::Url::parse(url).is_ok_and(|url| self.0.trusted.cover(&url))
    }

    /// Whether headers that were sent to the first URL may go along to the second on a redirect: to the same origin, and
    /// only where they would be sent anyway.
    ///
    /// ```
    /// # use vipps_partner_auth::{Config, Partner, PartnerKeys, SystemInfo};
    /// # let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key")?;
    /// # let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, Config::default())?;
    /// assert!(partner.may_follow("https://api.vipps.no/a", "https://api.vipps.no/b"));
    /// assert!(!partner.may_follow("https://api.vipps.no/a", "https://other.example/b"));
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn may_follow(&self, from: &str, to: &str) -> bool {
        let same_origin =
            url::Url::parse(from).is_ok_and(|from| url::Url::parse(to).is_ok_and(|to| from.origin() == to.origin()));
        same_origin && self.covers(from) && self.covers(to)
    }

    #[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
    pub(crate) fn covers_url(&self, url: &url::Url) -> bool {
        self.0.trusted.cover(url)
    }

    /// Changes with each new token and each one that is dropped: who keeps finished headers of another generation must
    /// ask again.
    pub fn generation(&self) -> u64 {
        self.0.provider.generation()
    }

    /// What happened so far.
    pub fn stats(&self) -> Stats {
        self.0.events.stats()
    }

    /// Where this partner's calls go.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    fn build(keys: Keys, system: &SystemInfo, config: &Config) -> Result<Self> {
        config.check()?;
        check_environment(&keys, config)?;
        let events = Events::new(config.on_event.clone());
        if keys.standard().is_some_and(|keys| !looks_like_a_guid(&keys.client_id)) {
            events.tell(Event::UnusualClientId);
        }
        let http = sender(config, &events)?;
        let system = SystemHeaders::new(system);
        let provider = TokenProvider::new(&keys, system.clone(), http.clone(), events.clone(), config)?;
        let discovery = Arc::new(Discovery::new(http.clone(), config, system.clone()));
        let verifier = IdTokenVerifier::remote(discovery.clone(), events.clone(), config);
        Ok(Self(Arc::new(Inner {
            keys,
            system,
            environment: config.environment.clone(),
            trusted: TrustedOrigins::new(config)?,
            provider: Arc::new(provider),
            verifier,
            events,
            login: LoginSettings {
                http,
                clock: config.clock.clone(),
                discovery,
                runtime: config.runtime.clone(),
                request_timeout: config.request_timeout,
                deadline: config.deadline,
                auth_method: config.login_auth_method,
                basic_encoding: config.login_basic_encoding,
            },
            finished: Finished::default(),
        })))
    }
}

pub(crate) fn sender(config: &Config, events: &Events) -> Result<Arc<dyn HttpSend>> {
    match &config.http {
        Some(sender) => Ok(sender.clone()),
        None => Ok(Arc::new(ReqwestClient::with_events(config, events.clone())?)),
    }
}

fn check_environment(keys: &Keys, config: &Config) -> Result<()> {
    let refused = matches!(keys, Keys::Partner(_))
        && config.environment == Environment::Test
        && !config.allow_partner_keys_in_test;
    if refused {
        return Err(Error::invalid_config("environment", "partner keys work only in production")
            .with_hint("use the sales unit keys of the test sales unit, or the emulator"));
    }
    Ok(())
}

fn looks_like_a_guid(client_id: &str) -> bool {
    let groups: Vec<_> = client_id.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Inner {
    fn finished_headers(&self, held: &Held) -> Result<Headers> {
        self.finished.headers(held, || self.headers(held, self.own_msn()))
    }

    fn headers(&self, held: &Held, msn: Option<&Msn>) -> Result<HeaderMap> {
        match &held.subscription_key {
            Some(key) => standard(&held.authorization, key, msn, &self.system),
            None => Ok(specialized(&held.authorization, &self.system)),
        }
    }

    /// Sales unit keys speak for one merchant whatever the call; naming it helps to trace the call.
    fn own_msn(&self) -> Option<&Msn> {
        match &self.keys {
            Keys::SalesUnit(keys) => Some(&keys.msn),
            Keys::Partner(_) | Keys::Specialized(_) => None,
        }
    }

    pub(crate) fn check_msn(&self, msn: &Msn) -> Result<()> {
        match &self.keys {
            Keys::Partner(_) => Ok(()),
            Keys::SalesUnit(keys) if keys.msn == *msn => Ok(()),
            Keys::SalesUnit(_) => Err(Error::invalid_config("msn", "these sales unit keys are for another msn")),
            Keys::Specialized(_) => Err(Error::invalid_config("msn", "specialized keys act for no one sales unit")
                .with_hint("use the headers of the partner itself")),
        }
    }
}

/// A [`Partner`] bound to one merchant. Cheap to clone.
#[derive(Clone)]
pub struct Merchant(Arc<MerchantInner>);

struct MerchantInner {
    partner: Partner,
    msn: Msn,
    finished: Finished,
}

impl Merchant {
    /// The sales unit this handle speaks for.
    pub fn msn(&self) -> &Msn {
        &self.0.msn
    }

    /// The partner behind it.
    pub fn partner(&self) -> &Partner {
        &self.0.partner
    }

    /// All headers of a call for this merchant. Fetches a token if none is at hand. Fails as [`Partner::headers`] does;
    /// refuses an MSN these keys are not for, and with specialized keys any MSN: `InvalidConfig`, field `msn`.
    pub async fn headers(&self) -> Result<HeaderMap> {
        Ok(self.authorization().await?.to_map())
    }

    /// The same headers without I/O or copying; `None` when a token must be fetched first, or these keys are not for
    /// this MSN.
    pub fn cached_headers(&self) -> Option<Headers> {
        self.finished(&*self.0.partner.0.provider.cached()?).ok()
    }

    /// The same headers, shared, together with the token they carry: for adapters that may have to report it
    /// [`refused`](Partner::refused).
    pub async fn authorization(&self) -> Result<Headers> {
        self.0.partner.0.check_msn(&self.0.msn)?;
        self.finished(&*self.0.partner.0.provider.token().await?)
    }

    /// Checks an ID token for this merchant: [`IdTokenVerifier::verify`] with this MSN, and with the `client_id`
    /// where the keys tell it. Refuses an `expect` that names another MSN.
    pub async fn verify_id_token(&self, jwt: &str, expect: &Expect) -> Result<IdTokenClaims> {
        self.0.partner.0.verifier.verify(jwt, &self.own(expect)?).await
    }

    /// The same check without I/O; `None` when keys must be fetched first.
    pub fn verify_id_token_cached(&self, jwt: &str, expect: &Expect) -> Option<Result<IdTokenClaims>> {
        match self.own(expect) {
            Ok(expect) => self.0.partner.0.verifier.verify_cached(jwt, &expect),
            Err(error) => Some(Err(error)),
        }
    }

    fn own(&self, expect: &Expect) -> Result<Expect> {
        if expect.msn.as_ref().is_some_and(|msn| *msn != self.0.msn) {
            return Err(Error::invalid_config("msn", "is not the msn of this merchant"));
        }
        let expect = expect.clone().msn(self.0.msn.clone());
        match &self.0.partner.0.keys {
            Keys::SalesUnit(keys) if expect.client_id.is_none() => Ok(expect.client_id(&*keys.standard.client_id)),
            _ => Ok(expect),
        }
    }

    fn finished(&self, held: &Held) -> Result<Headers> {
        let partner = &self.0.partner.0;
        self.0.finished.headers(held, || {
            partner.check_msn(&self.0.msn)?;
            partner.headers(held, Some(&self.0.msn))
        })
    }
}

impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Partner")
            .field("keys", &inner.keys)
            .field("environment", &inner.environment)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Merchant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merchant").field("msn", &self.0.msn).field("partner", &self.0.partner).finish()
    }
}
