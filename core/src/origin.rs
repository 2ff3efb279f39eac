//! Where finished headers may be sent.

use url::{Origin, Url};

use crate::{
    config::{Config, may_carry_secrets},
    error::{Error, Result},
};

/// The environment's own origin and those the user listed (RFC 6454: scheme, host and port).
#[derive(Debug, Clone)]
pub(crate) struct TrustedOrigins(Vec<Trusted>);

#[derive(Debug, Clone)]
struct Trusted {
    origin: Origin,
    /// What a base URL holds beyond its origin, without a slash at the end.
    base_path: String,
}

/// Calls that take other headers than the APIs do: a subscription key on them is refused, and it is nobody's business
/// there. Lower case; a path ends with a slash if all below it is meant.
const NOT_APIS: [&str; 6] = [
    "/accesstoken/",
    "/miami/",
    "/access-management-1.0/",
    "/vipps-login-ciba/",
    "/vipps-userinfo-api/userinfo",
    "/vipps-userinfo-api/userinfo/",
];

impl TrustedOrigins {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let own = Trusted::new(&parse(config.environment.base_url())?);
        let listed = config.trusted_origins.iter().map(|text| bare(text).map(|url| Trusted::new(&url)));
        std::iter::once(Ok(own)).chain(listed).collect::<Result<_>>().map(Self)
    }

    /// Whether Login may take secrets there, which sends them to endpoints that it was told of.
    pub(crate) fn trust(&self, url: &Url) -> bool {
        may_carry_secrets(url) && self.0.iter().any(|trusted| trusted.origin == url.origin())
    }

    pub(crate) fn cover(&self, url: &Url) -> bool {
        may_carry_secrets(url) && self.0.iter().any(|trusted| trusted.covers(url))
    }

    /// Whether headers that were sent to one URL may go along to the next on a redirect.
    pub(crate) fn may_follow(&self, from: &Url, to: &Url) -> bool {
        from.origin() == to.origin() && self.cover(to)
    }
}

impl Trusted {
    fn new(url: &Url) -> Self {
        Self { origin: url.origin(), base_path: url.path().trim_end_matches('/').to_owned() }
    }

    fn covers(&self, url: &Url) -> bool {
        self.origin == url.origin() && url.path().strip_prefix(&self.base_path).is_some_and(is_api)
    }
}

fn is_api(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.starts_with('/')
        && !NOT_APIS.iter().any(|other| *other == path || (is_folder(other) && path.starts_with(other)))
}

/// The call for the data of one payment's user stands below the Login call of the same name, and takes the key.
fn is_folder(path: &str) -> bool {
    path.ends_with('/') && path != "/vipps-userinfo-api/userinfo/"
}

const FIELD: &str = "trusted_origin";

fn bare(text: &str) -> Result<Url> {
    let url = parse(text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid_config(FIELD, "must be scheme, host and port alone"));
    }
    Ok(url)
}

fn parse(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|_| Error::invalid_config(FIELD, "must be scheme, host and port"))?;
    if !may_carry_secrets(&url) {
        return Err(Error::invalid_config(FIELD, "must be https; plain http only to a loopback address"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(config: &Config, url: &str) -> bool {
        TrustedOrigins::new(config).expect("good settings").cover(&Url::parse(url).expect("a url"))
    }

    #[test]
    fn apis_of_the_own_origin_are_covered() {
        for path in ["/epayment/v1/payments", "/management/v1/sales-units", "/vipps-userinfo-api/userinfo/c0ffee", "/"]
        {
            assert!(covers(&Config::default(), &format!("https://api.vipps.no{path}")), "{path}");
        }
    }

    #[test]
    fn calls_with_other_headers_are_not() {
        for path in [
            "/accesstoken/get",
            "/accessToken/get",
            "/miami/v1/token",
            "/access-management-1.0/access/oauth2/token",
            "/vipps-login-ciba/api/backchannel/authentication",
            "/vipps-userinfo-api/userinfo",
            "/vipps-userinfo-api/userinfo/",
        ] {
            assert!(!covers(&Config::default(), &format!("https://api.vipps.no{path}")), "{path}");
        }
    }

    #[test]
    fn other_origins_are_not_unless_listed() {
        let elsewhere = [
            "https://api.vipps.no.example/",
            "http://api.vipps.no/",
            "https://api.vipps.no:8443/",
            "ftp://api.vipps.no/",
        ];
        for url in elsewhere {
            assert!(!covers(&Config::default(), url), "{url}");
        }
        let listed = || Config::default().trusted_origin("https://gateway.example");
        assert!(covers(&listed(), "https://gateway.example/epayment"));
        assert!(!covers(&listed(), "https://gateway.example/miami/v1/token"));
    }

    #[test]
    fn headers_follow_within_one_origin() {
        let trusted =
            TrustedOrigins::new(&Config::default().trusted_origin("https://gateway.example")).expect("settings");
        let may = |from: &str, to: &str| {
            trusted.may_follow(&Url::parse(from).expect("a url"), &Url::parse(to).expect("a url"))
        };
        assert!(may("https://api.vipps.no/a", "https://API.vipps.no:443/b"));
        assert!(may("https://gateway.example/a", "https://gateway.example/b"));
        for to in ["http://api.vipps.no/a", "https://api.vipps.no/accesstoken/get", "https://gateway.example/"] {
            assert!(!may("https://api.vipps.no/a", to), "{to}");
        }
        assert!(!may("https://other.example/a", "https://other.example/b"));
    }

    #[test]
    fn a_base_path_is_part_of_what_is_covered() {
        let config =
            || Config::from("https://gateway.example/vipps".parse::<crate::Environment>().expect("a base url"));
        assert!(covers(&config(), "https://gateway.example/vipps/epayment/v1/payments"));
        for url in [
            "https://gateway.example/other",
            "https://gateway.example/vippsy",
            "https://gateway.example/vipps/miami/v1/token",
        ] {
            assert!(!covers(&config(), url), "{url}");
        }
    }
}
