//! Settings: which environment, who is calling, and the knobs with the reasons for their defaults.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use http::HeaderMap;
use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject};
use url::{Host, Url};

use crate::{
    cache::TokenCache,
    clock::{Clock, SystemClock},
    error::{Error, Result},
    event::{Event, EventHook},
    headers::SystemHeaders,
    http::HttpSend,
    keys::{by_variable, environment_variable, optional, required},
    secret::Secret,
};

/// Which Vipps to talk to.
///
/// ```
/// use vipps_partner_auth::Environment;
///
/// let emulator: Environment = "http://127.0.0.1:8585".parse()?;
/// assert_eq!(emulator.issuer(), "http://127.0.0.1:8585/access-management-1.0/access/");
/// assert_eq!("http://vipps.example".parse::<Environment>().unwrap_err().field(), Some("environment"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Environment {
    /// `https://api.vipps.no`, for Vipps and MobilePay in every country. The only one where partner keys work.
    #[default]
    Production,
    /// `https://apitest.vipps.no`. Takes sales unit keys, never partner keys.
    Test,
    /// Any other base URL: the emulator, or a gateway of your own.
    Custom(BaseUrl),
}

/// A checked base URL: https, or http to a loopback address; no user, query or fragment; no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

impl Environment {
    /// An environment of your own, such as the emulator's `http://127.0.0.1:8585`.
    pub fn custom(base_url: &str) -> Result<Self> {
        let url = Url::parse(base_url).map_err(|_| Error::invalid_config("environment", "must be an absolute url"))?;
        if !may_carry_secrets(&url) {
            return Err(Error::invalid_config("environment", "must be https; plain http only to a loopback address"));
        }
        let bare =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if !bare {
            return Err(Error::invalid_config("environment", "must have no user, query or fragment"));
        }
        // A well-known address is what it is, however it was written.
        let base_url = url.as_str().trim_end_matches('/').to_owned();
        let known = [Self::Production, Self::Test].into_iter().find(|known| known.base_url() == base_url);
        Ok(known.unwrap_or(Self::Custom(BaseUrl(base_url))))
    }

    /// Reads `VIPPS_ENVIRONMENT`: `production`, `test` or a base URL; production when it is not set.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let text = optional(&vars, "VIPPS_ENVIRONMENT");
        text.map_or(Ok(Self::default()), |text| text.parse().map_err(by_variable))
    }

    /// The base URL, without a trailing slash.
    pub fn base_url(&self) -> &str {
        match self {
            Self::Production => "https://api.vipps.no",
            Self::Test => "https://apitest.vipps.no",
            Self::Custom(BaseUrl(url)) => url,
        }
    }

    /// The `iss` of this environment's ID tokens. It ends with a slash.
    pub fn issuer(&self) -> String {
        format!("{}/access-management-1.0/access/", self.base_url())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url())
    }
}

impl FromStr for Environment {
    type Err = Error;

    /// `production`, `test`, or a base URL.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "production" => Ok(Self::Production),
            "test" => Ok(Self::Test),
            url if url.contains("://") => Self::custom(url),
            _ => Err(Error::invalid_config("environment", "must be production, test or a base url")),
        }
    }
}

/// Whether secrets may travel to this URL: https, or http that never leaves the machine.
pub(crate) fn may_carry_secrets(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Who is calling: the four `Vipps-System-*` headers. Each value at most 30 characters of printable ASCII; a header
/// whose value is empty is left out.
///
/// Source: Vipps MobilePay, "HTTP headers".
///
/// ```
/// use vipps_partner_auth::SystemInfo;
///
/// let system = SystemInfo::new("acme", "3.1.2")?.with_plugin("acme-webshop", "4.5.6")?;
/// assert_eq!(system.name(), "acme");
/// assert_eq!(SystemInfo::new("acme", "3\r\nX: 1").unwrap_err().field(), Some("system_version"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemInfo {
    name: String,
    version: String,
    plugin: Option<(String, String)>,
}

impl SystemInfo {
    /// The name and version of the system that calls, such as an ERP. Refuses a bad value, naming
    /// `system_name` or `system_version`.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Result<Self> {
        let name = checked("system_name", name.into())?;
        let version = checked("system_version", version.into())?;
        Ok(Self { name, version, plugin: None })
    }

    /// The name and version of the plugin within that system. Refuses a bad value, naming `plugin_name` or
    /// `plugin_version`.
    pub fn with_plugin(self, name: impl Into<String>, version: impl Into<String>) -> Result<Self> {
        let plugin = (checked("plugin_name", name.into())?, checked("plugin_version", version.into())?);
        Ok(Self { plugin: Some(plugin), ..self })
    }

    /// Reads `VIPPS_SYSTEM_NAME`, `VIPPS_SYSTEM_VERSION` and, if set, `VIPPS_PLUGIN_NAME` with `VIPPS_PLUGIN_VERSION`.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let system = Self::new(required(&vars, "VIPPS_SYSTEM_NAME")?, required(&vars, "VIPPS_SYSTEM_VERSION")?);
        let system = system.map_err(by_variable)?;
        match optional(&vars, "VIPPS_PLUGIN_NAME") {
            Some(name) => system.with_plugin(name, required(&vars, "VIPPS_PLUGIN_VERSION")?).map_err(by_variable),
            None => Ok(system),
        }
    }

    /// All four values as an application's settings hold them. A plugin has both a name and a version or neither.
    pub fn from_parts(
        name: impl Into<String>,
        version: impl Into<String>,
        plugin_name: Option<String>,
        plugin_version: Option<String>,
    ) -> Result<Self> {
        let system = Self::new(name, version)?;
        match (plugin_name, plugin_version) {
            (Some(name), Some(version)) => system.with_plugin(name, version),
            (None, None) => Ok(system),
            (Some(_), None) => Err(Error::invalid_config("plugin_version", "is needed with plugin_name")),
            (None, Some(_)) => Err(Error::invalid_config("plugin_name", "is needed with plugin_version")),
        }
    }

    /// The first 30 characters of a text with everything dropped that a header can't hold: an explicit help for
    /// names that come from elsewhere. Never applied by itself.
    ///
    /// ```
    /// assert_eq!(vipps_partner_auth::SystemInfo::fit(" Acme ✓ Commerce"), "Acme  Commerce");
    /// ```
    pub fn fit(text: &str) -> String {
        let kept: String = text.trim().chars().filter(|c| matches!(c, ' '..='~')).take(MAX_SYSTEM_VALUE).collect();
        kept.trim().to_owned()
    }

    /// The headers by themselves, for a call that this library does not make.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(4);
        SystemHeaders::new(self).add_to(&mut headers);
        headers
    }

    /// `Vipps-System-Name`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `Vipps-System-Version`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `Vipps-System-Plugin-Name` and `Vipps-System-Plugin-Version`. Without a plugin the headers repeat the system's own
    /// values, as Vipps wants it.
    pub fn plugin(&self) -> Option<(&str, &str)> {
        self.plugin.as_ref().map(|(name, version)| (name.as_str(), version.as_str()))
    }
}

const MAX_SYSTEM_VALUE: usize = 30;

fn checked(field: &'static str, value: String) -> Result<String> {
    if value.trim_matches(' ') != value {
        return Err(Error::invalid_config(field, "must not begin or end with a space"));
    }
    if !value.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(Error::invalid_config(field, "must be printable ascii"));
    }
    if value.len() > MAX_SYSTEM_VALUE {
        return Err(Error::invalid_config(field, "must be at most 30 characters"));
    }
    Ok(value)
}

/// How client id and secret are written into HTTP Basic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BasicEncoding {
    /// The raw pair, as Vipps' own examples do.
    #[default]
    Raw,
    /// Each part form-encoded first (RFC 6749 section 2.3.1).
    Form,
}

impl FromStr for BasicEncoding {
    type Err = Error;

    /// `raw` or `form`; anything else is `InvalidConfig`, field `basic_encoding`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "raw" => Ok(Self::Raw),
            "form" => Ok(Self::Form),
            _ => Err(Error::invalid_config("basic_encoding", "must be raw or form")),
        }
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

impl FromStr for LoginAuthMethod {
    type Err = Error;

    /// `client_secret_basic` or `client_secret_post` (OpenID Connect Core section 9); anything else is `InvalidConfig`,
    /// field `login_auth_method`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "client_secret_basic" => Ok(Self::ClientSecretBasic),
            "client_secret_post" => Ok(Self::ClientSecretPost),
            _ => Err(Error::invalid_config("login_auth_method", "must be client_secret_basic or client_secret_post")),
        }
    }
}

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
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) login_basic_encoding: BasicEncoding,
    pub(crate) login_auth_method: LoginAuthMethod,
    pub(crate) leeway: Duration,
    pub(crate) stale_keys_for: Duration,
    pub(crate) allow_partner_keys_in_test: bool,
    pub(crate) trusted_origins: Vec<String>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) http: Option<Arc<dyn HttpSend>>,
    pub(crate) token_cache: Option<Arc<dyn TokenCache>>,
    pub(crate) redis_url: Option<Secret>,
    pub(crate) redis_ca_pem: Option<Vec<u8>>,
    pub(crate) on_event: Option<EventHook>,
    pub(crate) runtime: Option<tokio::runtime::Handle>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(30),
            ca_pem: None,
            basic_encoding: BasicEncoding::Raw,
            login_basic_encoding: BasicEncoding::Form,
            login_auth_method: LoginAuthMethod::default(),
            leeway: Duration::from_mins(1),
            stale_keys_for: Duration::from_hours(4),
            allow_partner_keys_in_test: false,
            trusted_origins: Vec::new(),
            clock: Arc::new(SystemClock),
            http: None,
            token_cache: None,
            redis_url: None,
            redis_ca_pem: None,
            on_event: None,
            runtime: None,
        }
    }
}

impl Config {
    /// Which Vipps to talk to. Default: production, the only one where partner keys work.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Limit for a TCP and TLS handshake. Default 5 s; more than zero.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Limit for one request from connect to the last byte. Default 10 s; more than zero.
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// Limit for a whole fetch with its retries, while somebody waits. Default 30 s; more than zero. A caller who joins a
    /// renewal in flight may wait for that first, for one request at most. A shared cache has one second of its own, and
    /// waiting for what another process fetches takes 10 s at most, never more than this limit.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// A company's own certificate authorities (PEM), trusted besides those of the machine. On Linux and other Unix
    /// systems `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured without this; macOS and Windows have their own stores.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca_pem = Some(pem.into());
        self
    }

    /// How `POST /miami/v1/token` writes Basic. Default [`BasicEncoding::Raw`].
    pub fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.basic_encoding = encoding;
        self
    }

    /// How Login's token endpoint and backchannel write the Basic of sales unit keys. Default [`BasicEncoding::Form`]:
    /// servers of the kind that Vipps appears to run decode the parts.
    pub fn login_basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.login_basic_encoding = encoding;
        self
    }

    /// How sales unit keys authenticate in Login. Default [`LoginAuthMethod::ClientSecretBasic`].
    pub fn login_auth_method(mut self, method: LoginAuthMethod) -> Self {
        self.login_auth_method = method;
        self
    }

    /// How far the clocks of issuer and reader may differ when an ID token is checked. Default 60 s, 0 to 300 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// How long after the end of its age a key set is still used while Vipps can't be reached. Default 4 h, at most
    /// 24 h. Longer survives longer outages and trusts a withdrawn key longer.
    pub fn stale_keys_for(mut self, span: Duration) -> Self {
        self.stale_keys_for = span;
        self
    }

    /// Lets partner keys be used with [`Environment::Test`], where Vipps refuses them.
    pub fn allow_partner_keys_in_test(mut self) -> Self {
        self.allow_partner_keys_in_test = true;
        self
    }

    /// One more origin (`https://gateway.example`) to which adapters may attach headers, besides the environment's own.
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

    /// What sends HTTP requests. Default: [`ReqwestClient`](crate::ReqwestClient), built on first use.
    pub fn http(mut self, sender: Arc<dyn HttpSend>) -> Self {
        self.http = Some(sender);
        self
    }

    /// A store shared with other [`Partner`](crate::Partner) objects or processes. Default: none.
    pub fn token_cache(mut self, cache: Arc<dyn TokenCache>) -> Self {
        self.token_cache = Some(cache);
        self
    }

    /// Shares tokens with other processes through Redis or Valkey: see [`RedisCache`](crate::RedisCache) for the forms a URL
    /// can have. Default: none. Needs the feature `redis`, without which it is refused, as is a wrong URL: field `redis_url`.
    pub fn redis_url(mut self, url: impl Into<String>) -> Self {
        self.redis_url = Some(Secret::new(url));
        self
    }

    /// The authorities (PEM) that a `rediss` server is checked against, in the place of the machine's.
    pub fn redis_ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.redis_ca_pem = Some(pem.into());
        self
    }

    /// Called for everything that happens behind the caller's back. It runs on whatever thread it happens on, so it
    /// must be quick; a panic in it is caught and dropped.
    pub fn on_event(mut self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Arc::new(hook));
        self
    }

    /// The tokio runtime on which requests and renewals run, with its timer and I/O enabled. Default: the one in whose
    /// context a call is made. A
    /// current-thread runtime makes progress only while something is blocked on it; callers elsewhere would wait for it.
    pub fn runtime(mut self, handle: tokio::runtime::Handle) -> Self {
        self.runtime = Some(handle);
        self
    }

    /// Applies `VIPPS_ENVIRONMENT` (`production`, `test` or a base URL) and `VIPPS_REDIS_URL`, if set.
    pub(crate) fn with_vars(mut self, vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        if let Some(url) = optional(&vars, "VIPPS_REDIS_URL") {
            self.redis_url = Some(Secret::new(url));
        }
        match optional(&vars, "VIPPS_ENVIRONMENT") {
            Some(_) => Ok(self.environment(Environment::from_vars(vars)?)),
            None => Ok(self),
        }
    }

    /// The store to share tokens through, if any.
    pub(crate) fn shared_cache(&self) -> Result<Option<Arc<dyn TokenCache>>> {
        match (&self.redis_url, &self.token_cache) {
            (None, _) if self.redis_ca_pem.is_some() => {
                Err(Error::invalid_config("redis_ca_pem", "means nothing without redis_url"))
            }
            (None, cache) => Ok(cache.clone()),
            (Some(_), Some(_)) => Err(Error::invalid_config("redis_url", "can't go with a token_cache of your own")),
            (Some(url), None) => self.redis_cache(url.expose()).map(Some),
        }
    }

    #[cfg(feature = "redis")]
    fn redis_cache(&self, url: &str) -> Result<Arc<dyn TokenCache>> {
        Ok(Arc::new(crate::cache::RedisCache::open(url, self.redis_ca_pem.as_deref())?))
    }

    #[cfg(not(feature = "redis"))]
    #[expect(clippy::unused_self, reason = "the other build needs it")]
    fn redis_cache(&self, _url: &str) -> Result<Arc<dyn TokenCache>> {
        Err(Error::invalid_config("redis_url", "needs the feature redis, which this build lacks"))
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_positive("connect_timeout", self.connect_timeout)?;
        check_positive("request_timeout", self.request_timeout)?;
        check_positive("deadline", self.deadline)?;
        check_at_most("leeway", self.leeway, Duration::from_mins(5), "must be 0 to 300 seconds")?;
        check_at_most("stale_keys_for", self.stale_keys_for, Duration::from_hours(24), "must be at most 24 hours")?;
        self.ca_certificates().map(drop)
    }

    pub(crate) fn ca_certificates(&self) -> Result<Vec<CertificateDer<'static>>> {
        let Some(pem) = &self.ca_pem else { return Ok(Vec::new()) };
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| Error::invalid_config("ca_pem", "must be pem"))?;
        if certificates.is_empty() {
            return Err(Error::invalid_config("ca_pem", "must hold at least one certificate"));
        }
        let mut roots = RootCertStore::empty();
        if certificates.iter().any(|certificate| roots.add(certificate.clone()).is_err()) {
            return Err(Error::invalid_config("ca_pem", "holds something that is not a certificate"));
        }
        Ok(certificates)
    }
}

/// A timer can't wait longer than this, and nobody means to.
const LONGEST_TIMEOUT: Duration = Duration::from_hours(1);

fn check_positive(field: &'static str, span: Duration) -> Result<()> {
    if span.is_zero() {
        return Err(Error::invalid_config(field, "must be more than zero"));
    }
    check_at_most(field, span, LONGEST_TIMEOUT, "must be at most one hour")
}

fn check_at_most(field: &'static str, span: Duration, limit: Duration, rule: &'static str) -> Result<()> {
    if span > limit {
        return Err(Error::invalid_config(field, rule));
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
            .field("leeway", &self.leeway)
            .field("stale_keys_for", &self.stale_keys_for)
            .finish_non_exhaustive()
    }
}
