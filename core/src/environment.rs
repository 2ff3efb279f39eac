//! Which Vipps to talk to.

use std::str::FromStr;

use url::{Host, Url};

use crate::{
    error::{Error, Result},
    variables::{by_variable, environment_variable, optional},
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
    /// An environment of your own, such as the emulator's `http://127.0.0.1:8585`. The addresses of production and test
    /// are those environments, in whatever letter case and with or without default port and slash at the end; with anything
    /// more, such as a path, they are refused.
    pub fn custom(base_url: &str) -> Result<Self> {
        let refused = |rule| Error::breaks_rule("environment", rule).with_url(base_url);
        let url = Url::parse(base_url)
            .map_err(|_| refused("must be a base URL with scheme and host, such as http://127.0.0.1:8585"))?;
        if let Some(known) = Self::at_host_of(&url) {
            return if is_base(&url) { Ok(known) } else { Err(refused(known.instead_of_url())) };
        }
        if !may_carry_secrets(&url) {
            return Err(refused("must be https; plain http only to a loopback address, such as http://127.0.0.1:8585"));
        }
        if !has_no_extras(&url) {
            return Err(refused("must have no user, query or fragment"));
        }
        Ok(Self::Custom(BaseUrl(url.as_str().trim_end_matches('/').to_owned())))
    }

    /// The well-known environment whose host this is; a dot at the end makes it no other (RFC 1034 section 3.1).
    fn at_host_of(url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        let host = host.strip_suffix('.').unwrap_or(host);
        [Self::Production, Self::Test].into_iter().find(|known| known.base_url().strip_prefix("https://") == Some(host))
    }

    fn instead_of_url(&self) -> &'static str {
        match self {
            Self::Test => "is an address of Vipps' test environment: give test, without path, port or anything else",
            _ => "is an address of Vipps itself: give production, without path, port or anything else",
        }
    }

    /// Reads `VIPPS_ENVIRONMENT`: `production`, `test` or a base URL; production when it is not set.
    pub fn from_env() -> Result<Self> {
        Self::from_vars(environment_variable)
    }

    /// Like [`from_env`](Self::from_env), from any other source of named values.
    pub fn from_vars(vars: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let text = optional(&vars, "VIPPS_ENVIRONMENT")?;
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
            other => {
                let rule = "must be production, test or a base URL such as http://127.0.0.1:8585";
                Err(Error::breaks_rule("environment", rule).with_url(other))
            }
        }
    }
}

/// Whether this is the bare address of a host: https, its default port, and nothing behind it.
fn is_base(url: &Url) -> bool {
    let is_bare = url.port().is_none() && url.path().trim_start_matches('/').is_empty();
    url.scheme() == "https" && is_bare && has_no_extras(url)
}

fn has_no_extras(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    !has_user && url.query().is_none() && url.fragment().is_none()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = text.parse::<Environment>().expect_err(text);
        assert_eq!(error.field(), Some("environment"), "{text}");
        error.detail().to_owned()
    }

    #[test]
    fn a_well_known_address_is_what_it_is_however_it_was_written() {
        for text in [
            "production",
            "https://api.vipps.no",
            "https://api.vipps.no/",
            "https://api.vipps.no//",
            "HTTPS://API.Vipps.NO:443/",
            "https://api.vipps.no./",
            "https://api.vipps.no./.",
            "https://api%2evipps.no",
        ] {
            assert_eq!(text.parse(), Ok(Environment::Production), "{text}");
        }
        for text in ["test", "https://apitest.vipps.no", "https://ApiTest.vipps.no:443//"] {
            assert_eq!(text.parse(), Ok(Environment::Test), "{text}");
        }
    }

    #[test]
    fn with_anything_more_it_is_refused_and_the_word_is_told() {
        for more in
            ["/recurring", "/accesstoken/get", "/access-management-1.0/access/", "/;x", "/%20", "?x=1", "?", "#", "/#x"]
        {
            assert!(refused(&format!("https://api.vipps.no{more}")).contains("give production"), "{more}");
            assert!(refused(&format!("https://apitest.vipps.no{more}")).contains("give test"), "{more}");
        }
        for text in [
            "http://api.vipps.no",
            "http://api.vipps.no:443",
            "ftp://api.vipps.no/",
            "https://api.vipps.no:8443",
            "https://api.vipps.no.:8443",
            "https://api.vipps.no./recurring",
            "https://user@api.vipps.no",
            "https://:secret@api.vipps.no",
        ] {
            assert!(refused(text).contains("give production"), "{text}");
        }
    }

    #[test]
    fn a_host_that_only_looks_like_it_is_another() {
        for text in
            ["https://api.vipps.no.example/recurring", "https://xapi.vipps.no/recurring", "https://api.vipps.no.."]
        {
            assert!(matches!(text.parse(), Ok(Environment::Custom(_))), "{text}");
        }
    }

    #[test]
    fn an_error_shows_what_was_given_and_no_secret() {
        assert_eq!(
            refused("prod"),
            "environment `prod` must be production, test or a base URL such as http://127.0.0.1:8585"
        );
        assert!(refused("http://vipps.example").starts_with("environment `http://vipps.example` must be https;"));
        for text in [
            "https://user:hidden@vipps.example",
            "https://vipps.example?key=hidden",
            "hidden@",
            "x?hidden",
            "ftp://x/#hidden",
        ] {
            assert!(!refused(text).contains("hidden"), "{text}");
        }
    }
}
