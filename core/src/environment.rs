//! Which Vipps to talk to.

use std::str::FromStr;

use url::{Host, Url};

use crate::{
    error::{Error, Result},
    keys::{by_variable, environment_variable, optional},
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
