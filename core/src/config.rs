//! Settings: the knobs with the reasons for their defaults.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;

use crate::{
    cache::TokenCache,
    clock::{Clock, SystemClock},
    described::{Kind, Named, text, word},
    environment::Environment,
    error::{Error, Result},
    event::{Event, EventHook},
    executor::Executor,
    http::{HttpSend, check_proxy},
    key_source::KeySource,
    random::Jitter,
    secret::Secret,
    variables::optional,
};

/// How client id and secret are written into HTTP Basic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BasicEncoding {
    /// The raw pair, as Vipps' own examples do.
    #[default]
    Raw,
    /// Each part form-encoded first (RFC 6749 section 2.3.1).
    Form,
}

impl BasicEncoding {
    /// `raw` or `form`: the same text in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Form => "form",
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Raw => Self::Form,
            Self::Form => Self::Raw,
        }
    }

    /// The encoding that a setting of this name asks for: `raw` or `form`. Anything else is `InvalidConfig`, field `setting`.
    ///
    /// ```
    /// use vipps_partner_auth::BasicEncoding;
    ///
    /// assert_eq!(BasicEncoding::parse("login_basic_encoding", "raw"), Ok(BasicEncoding::Raw));
    /// let error = BasicEncoding::parse("login_basic_encoding", "Raw").unwrap_err();
    /// assert_eq!(error.to_string(), "login_basic_encoding `Raw` must be raw or form field=`login_basic_encoding`");
    /// ```
    pub fn parse(setting: &'static str, text: &str) -> Result<Self> {
        match text {
            "raw" => Ok(Self::Raw),
            "form" => Ok(Self::Form),
            _ => Err(Error::breaks_rule(setting, "must be raw or form").with_value(text)),
        }
    }
}

impl FromStr for BasicEncoding {
    type Err = Error;

    /// `raw` or `form`; anything else is `InvalidConfig`, field `basic_encoding`. For a setting of another name see
    /// [`parse`](Self::parse).
    fn from_str(text: &str) -> Result<Self> {
        Self::parse("basic_encoding", text)
    }
}

impl Named for BasicEncoding {
    const KIND: Kind = Kind::Word { name: "BasicEncoding", words: &[Self::Raw.as_str(), Self::Form.as_str()] };

    fn parse(name: &'static str, value: Value) -> Result<Self> {
        Self::parse(name, &text(name, value)?)
    }
}

/// How sales unit keys authenticate at Login's token endpoint and backchannel, as the portal has it for that sales unit.
/// Partner keys always send their token and the MSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoginAuthMethod {
    /// HTTP Basic, the portal's default.
    #[default]
    ClientSecretBasic,
    /// `client_id` and `client_secret` as fields of the form.
    ClientSecretPost,
}

impl LoginAuthMethod {
    /// `client_secret_basic` or `client_secret_post`: the same text in every language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

impl FromStr for LoginAuthMethod {
    type Err = Error;

    /// `client_secret_basic` or `client_secret_post` (OpenID Connect Core section 9); anything else is `InvalidConfig`,
    /// field `login_auth_method`.
    fn from_str(text: &str) -> Result<Self> {
        let found =
            [Self::ClientSecretBasic, Self::ClientSecretPost].into_iter().find(|method| method.as_str() == text);
        let rule = "must be client_secret_basic or client_secret_post";
        found.ok_or_else(|| Error::breaks_rule("login_auth_method", rule).with_value(text))
    }
}

word!(LoginAuthMethod: ClientSecretBasic ClientSecretPost);

/// Everything that can be set. Start from [`Config::default`] and change what differs.
///
/// Nothing is checked until it is used to build a [`Partner`](crate::Partner) or an
/// [`IdTokenVerifier`](crate::IdTokenVerifier), which name the wrong field.
///
/// ```
/// use std::time::Duration;
/// use vipps_partner_auth::{Config, Environment};
///
/// let config = Config::default().environment(Environment::Test).deadline(Duration::from_secs(10));
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) environment: Environment,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) ca_pem: Option<Vec<u8>>,
    pub(crate) proxy: Option<Secret>,
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) login_basic_encoding: BasicEncoding,
    pub(crate) backchannel_basic_encoding: BasicEncoding,
    pub(crate) login_auth_method: LoginAuthMethod,
    pub(crate) leeway: Duration,
    pub(crate) stale_keys_for: Duration,
    pub(crate) allow_partner_keys_in_test: bool,
    pub(crate) trusted_origins: Vec<String>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Option<Arc<dyn HttpSend>>,
    pub(crate) token_cache: Option<Arc<dyn TokenCache>>,
    pub(crate) key_source: Option<Arc<dyn KeySource>>,
    pub(crate) redis_url: Option<Secret>,
    pub(crate) redis_ca_pem: Option<Vec<u8>>,
    pub(crate) on_event: Option<EventHook>,
    pub(crate) event_sink: Option<EventHook>,
    pub(crate) runtime: Option<tokio::runtime::Handle>,
    pub(crate) jitter: Jitter,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            ca_pem: None,
            proxy: None,
            basic_encoding: BasicEncoding::Raw,
            login_basic_encoding: BasicEncoding::Form,
            backchannel_basic_encoding: BasicEncoding::Raw,
            login_auth_method: LoginAuthMethod::default(),
            leeway: Duration::from_secs(60),
            stale_keys_for: Duration::from_secs(4 * 60 * 60),
            allow_partner_keys_in_test: false,
            trusted_origins: Vec::new(),
            clock: Arc::new(SystemClock),
            http: None,
            token_cache: None,
            key_source: None,
            redis_url: None,
            redis_ca_pem: None,
            on_event: None,
            event_sink: None,
            runtime: None,
            jitter: Jitter::default(),
        }
    }
}

impl Config {
    /// Which Vipps to talk to: `production`, `test`, or a base URL such as the emulator's.
    ///
    /// Partner keys work in production alone.
    ///
    /// Default: `production`.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Limit for a TCP and TLS handshake.
    ///
    /// Default: 5 s; more than 0, at most 1 h.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Limit for one request, from connecting to the last byte.
    ///
    /// Default: 10 s; more than 0, at most 1 h.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// Limit for a whole fetch with its retries, while somebody waits.
    ///
    /// A caller who joins a renewal in flight may wait for that first, for one request at most. A shared cache has one
    /// second of its own, and waiting for what another process fetches takes 10 s at most, never more than this limit.
    ///
    /// Default: 30 s; more than 0, at most 1 h.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// A company's own certificate authorities (PEM), trusted besides the machine's.
    ///
    /// On Linux and other Unix systems `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured without this; macOS and Windows have
    /// their own stores. A store of the language's runtime, such as the JVM's, is not read.
    ///
    /// Default: none.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pem = Some(pem.into());
        self
    }

    /// The proxy for everything that leaves this machine, in the place of the proxy variables; `direct` for none.
    ///
    /// It looks like `http://user:password@proxy.example:8080` (`http`, `https` or `socks5`), and stands for all proxy
    /// variables, `NO_PROXY` too. A value that can't be used is refused.
    ///
    /// Default: the variables `https_proxy`, `all_proxy` and `no_proxy`, small or in capitals.
    ///
    /// Any is refused beside an [`http`](Self::http) of your own. What the variables may hold
    /// [`ReqwestClient`](crate::ReqwestClient) tells.
    pub fn proxy(mut self, proxy: impl Into<String>) -> Self {
        self.proxy = Some(Secret::new(proxy));
        self
    }

    /// How specialised keys are written in HTTP Basic at the token endpoint: as they are, or form-encoded first (RFC 6749
    /// section 2.3.1).
    ///
    /// Default: `raw`.
    pub fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.basic_encoding = encoding;
        self
    }

    /// How sales unit keys are written in HTTP Basic at Login's token endpoint. Where Vipps refuses them, the other way is
    /// tried once.
    ///
    /// Servers of the kind that Vipps appears to run decode the parts. What works is remembered, and told as the event
    /// `other_basic_encoding_used`.
    ///
    /// Default: `form`.
    ///
    /// The event is [`Event::OtherBasicEncodingUsed`].
    pub fn login_basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.login_basic_encoding = encoding;
        self
    }

    /// How sales unit keys are written in HTTP Basic where a login by phone number starts, and where it is asked whether a
    /// user exists. Where Vipps refuses them, the other way is tried once.
    ///
    /// Vipps' own examples write them as they are.
    ///
    /// Default: `raw`.
    pub fn backchannel_basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.backchannel_basic_encoding = encoding;
        self
    }

    /// How sales unit keys authenticate in Login, as the portal has it for that sales unit: in a header, or in the body.
    ///
    /// Default: `client_secret_basic`.
    pub fn login_auth_method(mut self, method: LoginAuthMethod) -> Self {
        self.login_auth_method = method;
        self
    }

    /// How far the clocks of Vipps and this machine may differ when an ID token is checked.
    ///
    /// Default: 60 s; 0 to 300 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long past their age Vipps' public keys are still used while it can't be reached. Longer survives longer outages
    /// and trusts a withdrawn key longer.
    ///
    /// Default: 4 h; 0 to 24 h.
    pub fn stale_keys_for(mut self, span: Duration) -> Self {
        self.stale_keys_for = span;
        self
    }

    /// Lets partner keys be used with the test environment, where Vipps refuses them.
    ///
    /// Default: false.
    pub fn allow_partner_keys_in_test(mut self) -> Self {
        self.allow_partner_keys_in_test = true;
        self
    }

    /// More origins (`https://gateway.example`) that adapters may send headers to, besides the environment's own.
    ///
    /// The discovery document may place Login's endpoints and the keys of ID tokens there as well.
    ///
    /// Default: none.
    ///
    /// May be called again for others.
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Self {
        self.trusted_origins.push(origin.into());
        self
    }

    /// Where time comes from. Default: the machine's clocks.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// What sends HTTP requests. Default: an [`ReqwestClient`](crate::ReqwestClient).
    pub fn http(mut self, sender: Arc<dyn HttpSend>) -> Self {
        self.http = Some(sender);
        self
    }

    /// A store shared with other [`Partner`](crate::Partner) objects or processes. Default: none.
    pub fn token_cache(mut self, cache: Arc<dyn TokenCache>) -> Self {
        self.token_cache = Some(cache);
        self
    }

    /// Where the keys are kept: asked for them again when Vipps refuses those in use, as [`KeySource`] tells. Default: none.
    /// The first keys are handed to [`Partner::new`](crate::Partner::new) nevertheless.
    pub fn key_source(mut self, source: impl KeySource + 'static) -> Self {
        self.key_source = Some(Arc::new(source));
        self
    }

    /// Where processes share their token: the URL of a Redis or Valkey.
    ///
    /// It looks like `redis://[user:password@]host[:6379][/db]`, with TLS `rediss://`, or `redis+sentinel`,
    /// `redis+cluster`, `redis+unix`. A wrong URL is refused at once; a Redis that is out of reach costs an event and no
    /// call.
    ///
    /// Default: none.
    ///
    /// See [`RedisCache`](crate::RedisCache) for the forms a URL can have. It needs the feature `redis`, without which it is refused.
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.redis_url = Some(Secret::new(url));
        self
    }

    /// The authorities (PEM) that a `rediss://` server is checked against, instead of the machine's.
    ///
    /// Default: the machine's.
    pub fn redis_ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.redis_ca_pem = Some(pem.into());
        self
    }

    /// Called for each [`Event`], in order, on a thread of its own while there are events to tell. So it may take its
    /// time and may call this library, the [blocking calls](crate::Blocking) too. A panic in it is caught and logged.
    ///
    /// At most 1,000 events wait for it; what comes on top is dropped, counted, and told as [`Event::EventsDropped`] when
    /// there is room again. When the last handle of the [`Partner`](crate::Partner) is gone, it is called no more.
    pub fn on_event(mut self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Arc::new(hook));
        self
    }

    /// Called with each [`Event`] at once, on the thread where it happened: for a counter or a queue of your own. It
    /// holds up the library's work while it runs, so it must not wait, and must not call this library. A panic in it is
    /// caught and logged. Prefer [`on_event`](Self::on_event).
    pub fn event_sink(mut self, sink: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.event_sink = Some(Arc::new(sink));
        self
    }

    /// A tokio runtime for requests, timers and renewals, with its timer and I/O enabled. Default: none is needed. The
    /// library has one I/O thread of its own for the whole process, started on first use, and its futures work under any
    /// executor.
    ///
    /// Set one to keep the number of threads down. It must outlive the handles made with it. On a current-thread runtime
    /// nothing happens while nothing is blocked on it, for callers elsewhere too.
    pub fn runtime(mut self, handle: tokio::runtime::Handle) -> Self {
        self.runtime = Some(handle);
        self
    }

    /// The numbers between 0 and 1 that spread waits and renewals, so that a simulation can be repeated. Default: the
    /// machine's randomness. Nothing secret is made of them.
    #[doc(hidden)]
    pub fn jitter(mut self, numbers: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Jitter::from_numbers(Arc::new(numbers));
        self
    }

    /// Applies `VIPPS_ENVIRONMENT` (`production`, `test` or a base URL) and `VIPPS_REDIS_URL`, if set.
    pub(crate) fn with_vars(mut self, vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        if let Some(url) = optional(&vars, "VIPPS_REDIS_URL")? {
            self.redis_url = Some(Secret::new(url));
        }
        match optional(&vars, "VIPPS_ENVIRONMENT")? {
            Some(_) => Ok(self.environment(Environment::from_vars(vars)?)),
            None => Ok(self),
        }
    }

    /// The store to share tokens through, if any.
    pub(crate) fn shared_cache(&self) -> Result<Option<Arc<dyn TokenCache>>> {
        match (&self.redis_url, &self.token_cache) {
            (None, _) if self.redis_ca_pem.is_some() => {
                Err(Error::breaks_rule("redis_ca_pem", "means nothing without redis_url"))
            }
            (None, cache) => Ok(cache.clone()),
            (Some(_), Some(_)) => {
                Err(Error::breaks_rule("redis_url", "can't go with a token_cache of your own: set one of the two"))
            }
            (Some(url), None) => self.redis_cache(url.expose()).map(Some),
        }
    }

    /// The Redis that the URL names; connects when it is asked.
    #[cfg(all(feature = "doctor", feature = "redis"))]
    pub(crate) fn own_redis(&self) -> Result<Option<crate::cache::RedisCache>> {
        let open = |url: &Secret| crate::cache::RedisCache::open(url.expose(), self.redis_ca_pem.as_deref());
        self.redis_url.as_ref().map(open).transpose()
    }

    #[cfg(feature = "redis")]
    fn redis_cache(&self, url: &str) -> Result<Arc<dyn TokenCache>> {
        Ok(Arc::new(crate::cache::RedisCache::open(url, self.redis_ca_pem.as_deref())?))
    }

    #[cfg(not(feature = "redis"))]
    #[expect(clippy::unused_self, reason = "the other build needs it")]
    fn redis_cache(&self, _url: &str) -> Result<Arc<dyn TokenCache>> {
        Err(Error::breaks_rule("redis_url", "needs the feature redis, which this build lacks"))
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_positive("connect_timeout", self.connect_timeout)?;
        check_positive("request_timeout", self.request_timeout)?;
        check_positive("deadline", self.deadline)?;
        check_at_most("leeway", self.leeway, LONGEST_LEEWAY, "must be 0 to 300 seconds")?;
        check_at_most("stale_keys_for", self.stale_keys_for, LONGEST_STALE_AGE, "must be at most 24 hours")?;
        Executor::new(self.runtime.clone()).check()?;
        self.check_proxy()?;
        self.ca_certificates().map(drop)
    }

    fn check_proxy(&self) -> Result<()> {
        match (&self.proxy, &self.http) {
            (Some(_), Some(_)) => Err(Error::invalid_config("proxy", "proxy can't go with an http sender of your own")),
            (Some(proxy), None) => check_proxy(proxy),
            (None, _) => Ok(()),
        }
    }

    pub(crate) fn ca_certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let Some(pem) = &self.ca_pem else { return Ok(Vec::new()) };
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| Error::breaks_rule("ca_pem", "must be PEM, which begins with -----BEGIN CERTIFICATE-----"))?;
        if certificates.is_empty() {
            let rule = "must hold at least one certificate, as PEM that begins with -----BEGIN CERTIFICATE-----";
            return Err(Error::breaks_rule("ca_pem", rule));
        }
        let mut roots = RootCertStore::empty();
        if certificates.iter().any(|certificate| roots.add(certificate.clone()).is_err()) {
            return Err(Error::breaks_rule("ca_pem", "holds something that is not a certificate"));
        }
        Ok(certificates)
    }
}

/// A timer can't wait longer than this, and nobody means to.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60 * 60);
const LONGEST_LEEWAY: Duration = Duration::from_secs(300);
const LONGEST_STALE_AGE: Duration = Duration::from_secs(24 * 60 * 60);

fn check_positive(field: &'static str, span: Duration) -> Result<()> {
    if span.is_zero() {
        return Err(Error::breaks_rule(field, "must be more than zero, such as 5 seconds"));
    }
    check_at_most(field, span, LONGEST_TIMEOUT, "must be at most one hour")
}

fn check_at_most(field: &'static str, span: Duration, limit: Duration, rule: &'static str) -> Result<()> {
    if span > limit {
        return Err(Error::breaks_rule(field, rule).with_value(&format!("{}s", span.as_secs_f64())));
    }
    Ok(())
}

impl From<Environment> for Config {
    fn from(environment: Environment) -> Self {
        Self::default().environment(environment)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("environment", &self.environment)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("deadline", &self.deadline)
            .field("basic_encoding", &self.basic_encoding)
            .field("login_basic_encoding", &self.login_basic_encoding)
            .field("backchannel_basic_encoding", &self.backchannel_basic_encoding)
            .field("login_auth_method", &self.login_auth_method)
            .field("allow_partner_keys_in_test", &self.allow_partner_keys_in_test)
            .field("leeway", &self.leeway)
            .field("stale_keys_for", &self.stale_keys_for)
            .finish_non_exhaustive()
    }
}
