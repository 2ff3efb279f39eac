//! The entry point: a partner's keys at work, and the same bound to one merchant.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;

#[cfg(all(feature = "doctor", feature = "redis"))]
use crate::cache::RedisCache;
#[cfg(feature = "doctor")]
use crate::http::ReqwestClient;
use crate::{
    clock::Clock,
    config::{Config, LoginAuthMethod},
    discovery::Discovery,
    environment::Environment,
    error::{Error, Result},
    event::{Event, Events, EventsGuard, Stats},
    finished::{Finished, Headers},
    headers::{SystemHeaders, specialized, standard},
    http::Sender,
    id_token::{Expect, IdTokenClaims, IdTokenVerifier},
    keys::Keys,
    login::BasicAt,
    msn::Msn,
    origin::TrustedOrigins,
    provider::{Held, TokenProvider},
    random::Jitter,
    sales_units::KnownUnits,
    standing::Standing,
    system::SystemInfo,
    token::AccessToken,
    transport::Transport,
    variables::{all_are_set, environment_variable},
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
#[derive(Clone, derive_more::Debug)]
#[debug("Partner {{ keys: {:?}, environment: {:?}, .. }}", _0.provider.keys(), _0.environment)]
pub struct Partner(Arc<Inner>);

pub(crate) struct Inner {
    reach: Reach,
    pub(crate) system: SystemHeaders,
    pub(crate) environment: Environment,
    pub(crate) trusted: TrustedOrigins,
    pub(crate) provider: Arc<TokenProvider>,
    pub(crate) verifier: IdTokenVerifier,
    pub(crate) events: Events,
    pub(crate) login: LoginSettings,
    pub(crate) known_units: KnownUnits,
    pub(crate) standing: Standing,
    finished: Finished,
    /// The default sender, unless another was set.
    #[cfg(feature = "doctor")]
    pub(crate) client: Option<Arc<ReqwestClient>>,
    #[cfg(all(feature = "doctor", feature = "redis"))]
    pub(crate) redis: Option<RedisCache>,
    _events_end: EventsGuard,
}

/// For whom the keys speak: the same for all keys that can take their place.
enum Reach {
    /// Every merchant that is connected to the partner, or the PSP's.
    Connected,
    SalesUnit(Msn),
    NoSalesUnit,
}

/// What Login needs besides.
pub(crate) struct LoginSettings {
    pub(crate) transport: Transport,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) jitter: Jitter,
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) auth_method: LoginAuthMethod,
    pub(crate) basic_at_token: BasicAt,
    pub(crate) basic_at_backchannel: BasicAt,
    pub(crate) leeway: Duration,
}

impl Partner {
    /// Checks everything that can be checked without asking Vipps. Refuses a wrong setting, naming its field, and
    /// partner keys in the test environment.
    #[expect(clippy::needless_pass_by_value, reason = "what is handed in belongs to the partner from then on")]
    pub fn new(keys: impl Into<Keys>, system: SystemInfo, config: Config) -> Result<Self> {
        Self::build(keys.into(), &system, &config)
    }

    /// Reads everything from the environment: the keys (as [`Keys::from_env`] does),
    /// the [`SystemInfo`], `VIPPS_ENVIRONMENT` (`production` unless set) and, if set, `VIPPS_REDIS_URL`. An error names
    /// the variable, and where some are missing all of them.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable, Config::default())
    }

    /// Like [`from_env`](Self::from_env), with settings of your own for all that no variable says.
    pub fn from_env_with(config: Config) -> Result<Self> {
        Self::from_vars(environment_variable, config)
    }

    /// The same from any other source of named values, such as a secret store.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>, config: Config) -> Result<Self> {
        all_are_set(&vars, &[Keys::variables(), &SystemInfo::variables(&vars)].concat())?;
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
    /// `CredentialsRejected` and `Forbidden` when Vipps refuses the keys; `RateLimited` and `Unavailable` when there may
    /// be a token later; `Protocol` for a reply that is not understood. After a failure Vipps is not asked again for a
    /// while, a second at first and up to a minute; [`Error::retry_after`] says for how long.
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

    /// Puts other keys in the place of those in use: of the same kind, and for the same sales unit and scope, with another
    /// secret, other subscription keys or another client id.
    ///
    /// They are tried first. Until Vipps has given a token for them, and where it gives none, everything stays as it was;
    /// then keys and token change at one moment, for this partner and all handles made from it. The token of before is
    /// served meanwhile. Processes that share a cache ask Vipps once between them. The same keys once more cost nothing.
    ///
    /// Fails as [`headers`](Self::headers) does; `InvalidConfig` where these keys can't take the place of those in use. The
    /// outcome is told as [`Event::KeysReplaced`] or [`Event::KeysNotReplaced`]. Keys that are being tried go on being tried
    /// when the caller gives up waiting. See [`Config::key_source`] for keys that are to be fetched when they are needed.
    ///
    /// ```no_run
    /// # async fn run(partner: vipps_partner_auth::Partner) -> vipps_partner_auth::Result<()> {
    /// partner.replace_keys(vipps_partner_auth::PartnerKeys::from_env()?).await
    /// # }
    /// ```
    pub async fn replace_keys(&self, keys: impl Into<Keys>) -> Result<()> {
        self.0.provider.replace_keys(keys.into()).await
    }

    /// For a language whose processes fork: keys that were tried before the fork, in the place of those in use.
    #[doc(hidden)]
    pub fn adopt_keys(&self, keys: impl Into<Keys>) -> Result<()> {
        self.0.provider.adopt_keys(keys.into())
    }

    /// Drops this token, if it is still the one in use, so that the next call fetches another. Tells whether it was
    /// dropped: a late refusal of an old token can't evict a newer one.
    pub fn invalidate(&self, token: &AccessToken) -> bool {
        self.0.provider.invalidate(token)
    }

    /// For adapters, when an API answered 401 to a call with [`headers`](Self::headers) that carried this token: brings
    /// headers with another token, for one more try, or says why there is none. See [`Merchant::refused`].
    pub async fn refused(&self, token: &AccessToken) -> Result<Headers> {
        self.0.finished_headers(&*self.0.provider.replacement(token, None).await?)
    }

    /// The same for a call that can't be repeated: nobody waits, and the next call has the other token.
    pub fn note_refused(&self, token: &AccessToken) {
        self.0.note_refused(token, None);
    }

    /// Whether headers may be sent to this URL: https (or http to a loopback address), and the environment's own origin
    /// or one that [`Config::trusted_origin`] lists. The token endpoints and the calls of Login are not covered: they
    /// take other headers. Adapters must ask before they attach headers. A URL with a backslash or white space in it is
    /// never covered: clients read it in different ways, and one may take what stands behind for the host.
    ///
    /// Clients differ in what they make of a URL that is not quite one, so this is false for all that any of them might
    /// read as another place: a backslash, white space or another character that is no ASCII, a user, a host that is
    /// escaped, a missing slash. Hand in what the client itself will send.
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
        self.0.trusted.cover_text(url)
    }

    /// Whether headers that were sent to one URL may go along when it redirects to another: to the same origin only, and
    /// there only where [`covers`](Self::covers) says so. Adapters that follow redirects must ask at each.
    ///
    /// ```
    /// # use vipps_partner_auth::{Config, Partner, PartnerKeys, SystemInfo};
    /// # let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key")?;
    /// # let partner = Partner::new(keys, SystemInfo::new("acme", "3.1.2")?, Config::default())?;
    /// assert!(partner.may_follow("https://api.vipps.no/a", "https://api.vipps.no/b"));
    /// assert!(!partner.may_follow("https://api.vipps.no/a", "https://other.example/a"));
    /// # Ok::<(), vipps_partner_auth::Error>(())
    /// ```
    pub fn may_follow(&self, from: &str, to: &str) -> bool {
        self.0.trusted.may_follow(from, to)
    }

    /// For adapters, of a call that [`covers`](Self::covers) keeps headers from: tells it as
    /// [`Event::HeadersWithheld`], once for each host that is not the environment's own and not listed.
    pub fn headers_withheld(&self, url: &str) {
        let url = url::Url::parse(url).ok().filter(|url| !self.0.trusted.trust(url));
        if let Some(url) = url {
            self.0.events.headers_withheld(url.origin().ascii_serialization());
        }
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
        let events = Events::new(config.on_event.clone(), config.event_sink.clone());
        let events_end = events.guard();
        if keys.standard().is_some_and(|keys| !looks_like_a_guid(&keys.client_id)) {
            events.tell(Event::UnusualClientId);
        }
        let sender = Sender::new(config, &events)?;
        let http = sender.http;
        let system = SystemHeaders::new(system);
        let reach = Reach::of(&keys);
        let provider = TokenProvider::new(keys, system.clone(), http.clone(), events.clone(), config)?;
        let discovery = Arc::new(Discovery::new(http.clone(), config, system.clone())?);
        let verifier = IdTokenVerifier::remote(discovery.clone(), events.clone(), config);
        Ok(Self(Arc::new(Inner {
            reach,
            system,
            environment: config.environment.clone(),
            trusted: TrustedOrigins::new(config)?,
            provider: Arc::new(provider),
            verifier,
            events,
            login: LoginSettings {
                transport: Transport::new(http),
                clock: config.clock.clone(),
                discovery,
                jitter: config.jitter.clone(),
                request_timeout: config.request_timeout,
                deadline: config.deadline,
                auth_method: config.login_auth_method,
                basic_at_token: BasicAt::new(config.login_basic_encoding),
                basic_at_backchannel: BasicAt::new(config.backchannel_basic_encoding),
                leeway: config.leeway,
            },
            known_units: KnownUnits::default(),
            standing: Standing::default(),
            finished: Finished::default(),
            #[cfg(feature = "doctor")]
            client: sender.client,
            #[cfg(all(feature = "doctor", feature = "redis"))]
            redis: config.own_redis()?,
            _events_end: events_end,
        })))
    }
}

fn check_environment(keys: &Keys, config: &Config) -> Result<()> {
    let refused = matches!(keys, Keys::Partner(_))
        && config.environment == Environment::Test
        && !config.allow_partner_keys_in_test;
    if refused {
        return Err(Error::breaks_rule("environment", "takes no partner keys: they work only in production")
            .with_value(config.environment.base_url())
            .with_hint("use the sales unit keys of the test sales unit, or the emulator"));
    }
    Ok(())
}

pub(crate) fn looks_like_a_guid(client_id: &str) -> bool {
    let groups: Vec<_> = client_id.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Inner {
    fn finished_headers(&self, held: &Held) -> Result<Headers> {
        self.finished.headers(held, || self.own_headers(held))
    }

    /// Of a call that is for no one merchant.
    pub(crate) fn own_headers(&self, held: &Held) -> Result<HeaderMap> {
        self.headers(held, self.own_msn())
    }

    fn headers(&self, held: &Held, msn: Option<&Msn>) -> Result<HeaderMap> {
        let keys = self.provider.keys();
        match &held.subscription_key {
            Some(key) => standard(&held.authorization, key, msn, keys.psp_id(), &self.system),
            None => Ok(specialized(&held.authorization, &self.system)),
        }
    }

    fn note_refused(&self, token: &AccessToken, merchant: Option<Msn>) {
        let provider = self.provider.clone();
        let token = token.clone();
        self.provider.executor().spawn_detached(async move {
            // Why there is no other token concerns the next call.
            drop(provider.replacement(&token, merchant.as_ref()).await);
        });
    }

    /// Sales unit keys speak for one merchant whatever the call; naming it helps to trace the call.
    fn own_msn(&self) -> Option<&Msn> {
        match &self.reach {
            Reach::SalesUnit(msn) => Some(msn),
            Reach::Connected | Reach::NoSalesUnit => None,
        }
    }

    pub(crate) fn check_msn(&self, msn: &Msn) -> Result<()> {
        match &self.reach {
            Reach::Connected => Ok(()),
            Reach::SalesUnit(own) if own == msn => Ok(()),
            Reach::SalesUnit(_) => {
                Err(Error::breaks_rule("msn", "does not fit: these sales unit keys are for another msn")
                    .with_value(msn.as_str()))
            }
            Reach::NoSalesUnit => {
                Err(Error::breaks_rule("msn", "does not fit: specialized keys act for no one sales unit")
                    .with_value(msn.as_str())
                    .with_hint("use the headers of the partner itself"))
            }
        }
    }
}

impl Reach {
    fn of(keys: &Keys) -> Self {
        match keys {
            Keys::Partner(_) | Keys::Psp(_) => Self::Connected,
            Keys::SalesUnit(keys) => Self::SalesUnit(keys.msn.clone()),
            Keys::Specialized(_) => Self::NoSalesUnit,
        }
    }
}

/// A [`Partner`] bound to one merchant. Cheap to clone.
#[derive(Clone, derive_more::Debug)]
#[debug("Merchant {{ msn: {:?}, partner: {:?} }}", _0.msn, _0.partner)]
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

    /// For adapters, when an API answered 401 to a call for this merchant that carried this token: brings headers with
    /// another token, for one more try, or says why there is none.
    ///
    /// A 401 is a suspicion: the token may have ended, or the merchant's sales unit is not connected, or the product not
    /// set up for it. So everybody else goes on with the token until another is there, callers share one fetch, and a
    /// merchant whose calls are always refused causes a fetch ever more seldom, from twice a minute to once an hour.
    ///
    /// Fails as [`headers`](Self::headers) does; `Unavailable` with [`Error::retry_after`] when the last refusal for this
    /// merchant is too recent. The caller then passes on the API's own 401.
    pub async fn refused(&self, token: &AccessToken) -> Result<Headers> {
        self.0.partner.0.check_msn(&self.0.msn)?;
        self.finished(&*self.0.partner.0.provider.replacement(token, Some(&self.0.msn)).await?)
    }

    /// The same for a call that can't be repeated: nobody waits, and the next call has the other token.
    pub fn note_refused(&self, token: &AccessToken) {
        self.0.partner.0.note_refused(token, Some(self.0.msn.clone()));
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
        if let Some(other) = expect.msn.as_ref().filter(|msn| **msn != self.0.msn) {
            let rule = format!("is not the msn of this merchant, which is {}", self.0.msn);
            return Err(Error::breaks_rule("msn", rule).with_value(other.as_str()));
        }
        let expect = expect.clone().msn(self.0.msn.clone());
        match &*self.0.partner.0.provider.keys() {
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
