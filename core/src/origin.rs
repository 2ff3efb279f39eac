//! Where secrets may be sent, and where what is believed may come from.

use percent_encoding::percent_decode_str;
use url::{Origin, Url};

use crate::{
    config::Config,
    environment::may_carry_secrets,
    error::{Error, Result},
};

/// The environment's own origin and those the user listed (RFC 6454: scheme, host and port).
#[derive(Debug, Clone)]
pub(crate) struct TrustedOrigins {
    own: Trusted,
    listed: Vec<Trusted>,
}

#[derive(Debug, Clone)]
struct Trusted {
    origin: Origin,
    /// What a base URL holds beyond its origin, without a slash at the end.
    base_path: String,
}

impl TrustedOrigins {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Ok(Self {
            own: Trusted::new(&parse(config.environment.base_url())?),
            listed: config
                .trusted_origins
                .iter()
                .map(|text| bare(text).map(|url| Trusted::new(&url)))
                .collect::<Result<_>>()?,
        })
    }

    /// Whether an endpoint that the discovery document names may take secrets: at the environment's own origin or one that
    /// the user listed. Plain http only where the environment itself is on this machine.
    pub(crate) fn trust(&self, url: &Url) -> bool {
        self.speaks_as_securely(url) && self.all().any(|trusted| trusted.origin == url.origin())
    }

    /// Refuses a key set that is not from where the environment's own would be: its keys decide whom to believe.
    pub(crate) fn check_key_set(&self, jwks_uri: &str) -> Result<()> {
        if Url::parse(jwks_uri).is_ok_and(|url| self.trust(&url)) {
            return Ok(());
        }
        Err(Error::unavailable("the jwks_uri of the discovery document is of an origin that is not trusted")
            .with_hint("list it as a trusted_origin if it is yours"))
    }

    /// The page of the discovery document's `authorization_endpoint`, as a browser reads it. It takes no secret, but a
    /// person will trust what is there.
    pub(crate) fn page(&self, authorization_endpoint: &str) -> Result<Url> {
        let url = Url::parse(authorization_endpoint).ok();
        url.filter(|url| self.speaks_as_securely(url) && url.fragment().is_none())
            .ok_or_else(|| Error::protocol("the authorization_endpoint of the discovery document is not https"))
    }

    /// Whether headers for the APIs may be sent there, judged by what a client has parsed.
    pub(crate) fn cover(&self, url: &Url) -> bool {
        self.cover_path(url, url.path())
    }

    /// The same for a URL as text. Parsers differ in what they mend, so this is true only for what leaves nothing to mend.
    pub(crate) fn cover_text(&self, text: &str) -> bool {
        let Ok(url) = Url::parse(text) else { return false };
        plain_path(text, &url).is_some_and(|path| self.cover_path(&url, path)) && self.cover(&url)
    }

    fn cover_path(&self, url: &Url, path: &str) -> bool {
        let covers = |trusted: &Trusted| trusted.origin == url.origin() && trusted.covers(path);
        may_carry_secrets(url) && !has_user(url) && self.all().any(covers)
    }

    fn speaks_as_securely(&self, url: &Url) -> bool {
        let is_on_this_machine = matches!(&self.own.origin, Origin::Tuple(scheme, ..) if scheme == "http");
        may_carry_secrets(url) && !has_user(url) && (url.scheme() == "https" || is_on_this_machine)
    }

    fn all(&self) -> impl Iterator<Item = &Trusted> {
        std::iter::once(&self.own).chain(&self.listed)
    }

    /// Whether headers that were sent to one URL may go along to the next on a redirect.
    pub(crate) fn may_follow(&self, from: &str, to: &str) -> bool {
        let both = Url::parse(from).and_then(|from| Ok((from, Url::parse(to)?)));
        self.cover_text(to) && both.is_ok_and(|(from, to)| from.origin() == to.origin())
    }
}

impl Trusted {
    fn new(url: &Url) -> Self {
        Self { origin: url.origin(), base_path: url.path().trim_end_matches('/').to_owned() }
    }

    fn covers(&self, path: &str) -> bool {
        path.strip_prefix(&self.base_path).is_some_and(is_api)
    }
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The path of a text that all parsers read alike: visible ASCII without a backslash; the scheme in small letters, since
/// some clients know it in no others; two slashes; the host as it is resolved, its own port or none; then a slash.
fn plain_path<'a>(text: &'a str, url: &Url) -> Option<&'a str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let rest = text.strip_prefix(url.scheme())?.strip_prefix("://").filter(|_| is_plain)?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = url.host_str()?;
    let with_port = format!("{host}:{}", url.port_or_known_default()?);
    let is_host = url.port().is_none() && authority.eq_ignore_ascii_case(host);
    if !is_host && !authority.eq_ignore_ascii_case(&with_port) {
        return None;
    }
    match rest.split(['?', '#']).next() {
        Some("") if rest.is_empty() => Some("/"),
        path => path.filter(|path| path.starts_with('/')),
    }
}

/// The first segments of calls that take other headers than the APIs do: a subscription key on them is refused, and it is
/// nobody's business there.
const NOT_APIS: [&str; 4] = ["accesstoken", "miami", "access-management-1.0", "vipps-login-ciba"];
/// The call for the data of one payment's user stands below the Login call of this name, and takes the key.
const USERINFO: [&str; 2] = ["vipps-userinfo-api", "userinfo"];

/// Whether no server reads the path as a call that is not an API's, whatever it removes or decodes first.
fn is_api(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/').and_then(decoded) else { return false };
    let segments: Vec<_> = path.split(['/', '\\']).map(without_parameters).filter(|part| is_name(part)).collect();
    let as_written: Vec<_> = segments.iter().copied().filter(|part| *part != "..").collect();
    let is_other =
        |segments: &[&str]| segments == USERINFO || segments.first().is_some_and(|first| NOT_APIS.contains(first));
    !is_other(&as_written) && resolved(&segments).is_some_and(|segments| !is_other(&segments))
}

/// Decoded for as long as there is something to decode, in small letters, without what does not show.
fn decoded(path: &str) -> Option<String> {
    const MOST_LAYERS: usize = 4;
    let mut path = path.to_owned();
    for _ in 0..MOST_LAYERS {
        let less = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        if less == path {
            path.retain(|sign| !sign.is_control() && !sign.is_whitespace());
            return Some(path.to_ascii_lowercase());
        }
        path = less;
    }
    None
}

/// RFC 3986 section 3.3.
fn without_parameters(segment: &str) -> &str {
    segment.split(';').next().unwrap_or_default()
}

fn is_name(segment: &str) -> bool {
    !matches!(segment, "" | ".")
}

/// RFC 3986 section 5.2.4; `None` for a path that leads out of the top.
fn resolved<'a>(segments: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut kept = Vec::with_capacity(segments.len());
    for segment in segments {
        if *segment == ".." {
            kept.pop()?;
        } else {
            kept.push(*segment);
        }
    }
    Some(kept)
}

const FIELD: &str = "trusted_origin";

fn bare(text: &str) -> Result<Url> {
    let url = parse(text)?;
    if text.contains('*') {
        return Err(Error::breaks_rule(FIELD, "must name one host: there are no wildcards").with_url(text));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || has_user(&url) {
        let rule = "must be scheme, host and port alone, such as https://gateway.example";
        return Err(Error::breaks_rule(FIELD, rule).with_url(text));
    }
    Ok(url)
}

fn parse(text: &str) -> Result<Url> {
    let refused = |rule| Error::breaks_rule(FIELD, rule).with_url(text);
    let url =
        Url::parse(text).map_err(|_| refused("must be scheme, host and port, such as https://gateway.example"))?;
    if !may_carry_secrets(&url) {
        return Err(refused("must be https; plain http only to a loopback address"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(config: &Config) -> TrustedOrigins {
        TrustedOrigins::new(config).expect("good settings")
    }

    /// By the text and by what was parsed of it.
    fn covers(config: &Config, url: &str) -> bool {
        let by_url = trusted(config).cover(&Url::parse(url).expect("a url"));
        assert_eq!(trusted(config).cover_text(url), by_url, "{url}");
        by_url
    }

    fn covers_text(url: &str) -> bool {
        trusted(&Config::default()).cover_text(url)
    }

    #[test]
    fn apis_of_the_own_origin_are_covered() {
        for path in [
            "",
            "/",
            "/epayment/v1/payments",
            "/management/v1/sales-units",
            "/vipps-userinfo-api/userinfo/c0ffee",
            "//epayment/v1//payments/",
            "/epayment/v1/payments/k%C3%B8b%2F1%20%25?filter={a|b}&x=%5C#top",
            "/epayment/v1/payments/a;v=1",
            "/epayment/v1/payments/miami/accesstoken/get",
            "/epayment/v1/payments/@evil.example",
            "/epayment/./v1/../v1/payments",
            "/accesstokens/get",
            "/miami-reports",
        ] {
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
            "/accesstoken",
            "//accesstoken/get",
            "///accesstoken//get",
            "/ACCESSTOKEN/GET",
            "/%61ccesstoken/get",
            "/accesstoken%2fget",
            "/accesstoken%2Fget",
            "/%2faccesstoken/get",
            "/accesstoken%5Cget",
            "/accesstoken;v=1/get",
            "/;x/accesstoken/get",
            "/accesstoken%3Bx/get",
            "/%2561ccesstoken/get",
            "/%25252525252561ccesstoken/get",
            "/accesstoken%00/get",
            "/%20accesstoken/get",
            "/./accesstoken/get",
            "/epayment/../accesstoken/get",
            "/epayment/%2e%2e/accesstoken/get",
            "/epayment/..%2faccesstoken/get",
            "/epayment/..%252faccesstoken/get",
            "/..%2fepayment",
            "/Access-Management-1%2E0/access/oauth2/token",
            "/miami/",
            "/vipps-userinfo-api//userinfo",
            "/vipps-userinfo-api/userinfo/;x",
            "/vipps-userinfo-api/userinfo/%2e",
            "/vipps-userinfo-api/userinfo?x=1",
            "/vipps-userinfo-api/userinfo/x/..",
        ] {
            assert!(!covers(&Config::default(), &format!("https://api.vipps.no{path}")), "{path}");
        }
    }

    #[test]
    fn a_path_is_judged_as_it_is_sent_too() {
        // Some clients resolve it first, others leave it to the server.
        for path in ["/accesstoken/../epayment/v1/payments", "/miami/%2e%2e/epayment"] {
            assert!(!covers_text(&format!("https://api.vipps.no{path}")), "{path}");
        }
    }

    #[test]
    fn a_user_in_a_parsed_url_is_another_place() {
        for user in ["user@", "user:password@", ":password@"] {
            let url = Url::parse(&format!("https://{user}api.vipps.no/epayment/v1/payments")).expect("a url");
            assert!(!trusted(&Config::default()).cover(&url), "{url}");
        }
    }

    #[test]
    fn a_text_that_some_parser_reads_otherwise_is_not_covered() {
        for url in [
            r"https://api.vipps.no\@evil.example/epayment",
            r"https:\\api.vipps.no\x",
            r"https://api.vipps.no\x",
            r"https://api.vipps.no/x\y",
            "https:api.vipps.no/x",
            "https:/api.vipps.no/x",
            "https:///api.vipps.no/x",
            "https:////api.vipps.no/x",
            "HTTPS:api.vipps.no/x",
            "Https://api.vipps.no/x",
            "https\t://api.vipps.no/x",
            "https://api.vipps.no/x\ty",
            "https://api.vi\npps.no/x",
            "https://api.vipps.no/x\n",
            " https://api.vipps.no/x",
            "https://api.vipps.no/x ",
            "https://api.vipps.no/a b",
            "\u{feff}https://api.vipps.no/x",
            "https://user@api.vipps.no/x",
            "https://user:password@api.vipps.no/x",
            "https://@api.vipps.no/x",
            "https://:@api.vipps.no/x",
            "https://evil.example@api.vipps.no/x",
            "https://ａpi.vipps.no/x",
            "https://api。vipps.no/x",
            "https://api.vipps．no/x",
            "https://api.vi\u{ad}pps.no/x",
            "https://api.vipps.no/blåbær",
            "https://api%2evipps.no/x",
            "https://%61pi.vipps.no/x",
            "https://api.vipps.no./x",
            "https://api.vipps.no:/x",
            "https://api.vipps.no:0443/x",
            "https://api.vipps.no?@evil.example/x",
            "https://api.vipps.no#@evil.example/x",
            "https://api.vipps.no?x=1",
            "//api.vipps.no/x",
            "/epayment",
            "api.vipps.no/x",
            "",
        ] {
            assert!(!covers_text(url), "{url:?}");
        }
    }

    #[test]
    fn what_every_parser_reads_alike_is() {
        for url in ["https://api.vipps.no:443/epayment", "https://API.vipps.no/epayment", "https://api.vipps.no"] {
            assert!(covers(&Config::default(), url), "{url}");
        }
        let on_this_machine = |base: &str| Config::from(base.parse::<crate::Environment>().expect("a base url"));
        assert!(covers(&on_this_machine("http://[::1]:8585"), "http://[::1]:8585/epayment"));
        assert!(covers(&on_this_machine("http://127.0.0.1"), "http://127.0.0.1:80/epayment"));
        for other in ["http://0x7f.1:8585/epayment", "http://127.1:8585/epayment", "http://2130706433:8585/epayment"] {
            assert!(!trusted(&on_this_machine("http://127.0.0.1:8585")).cover_text(other), "{other}");
        }
    }

    #[test]
    fn keys_and_secrets_stay_at_origins_that_are_trusted() {
        let may_hold_keys = |config: &Config, url: &str| trusted(config).check_key_set(url).is_ok();
        let production = Config::default;
        assert!(may_hold_keys(
            &production(),
            "https://api.vipps.no/access-management-1.0/access/.well-known/jwks.json"
        ));
        assert!(may_hold_keys(&production(), "https://API.vipps.no:443/jwks?v=1"));
        for url in [
            "http://127.0.0.1:6379/x",
            "http://localhost/jwks.json",
            "http://[::1]/jwks.json",
            "https://keys.example/jwks.json",
            "https://apitest.vipps.no/jwks.json",
            "https://api.vipps.no:8443/jwks.json",
            "https://api.vipps.no@keys.example/jwks.json",
            "https://user@api.vipps.no/jwks.json",
            "http://api.vipps.no/jwks.json",
            "ftp://api.vipps.no/jwks.json",
            "file:///etc/keys",
            "data:,x",
            "/jwks.json",
            "",
        ] {
            assert!(!may_hold_keys(&production(), url), "{url}");
        }
        let listed = production().trusted_origin("https://keys.example").trusted_origin("http://127.0.0.1:9000");
        assert!(may_hold_keys(&listed, "https://keys.example/set?v=1"));
        assert!(!may_hold_keys(&listed, "https://keys.example:8443/set"));
        assert!(!may_hold_keys(&listed, "http://127.0.0.1:9000/set"), "production speaks https");

        let emulator = Config::from("http://127.0.0.1:8585".parse::<crate::Environment>().expect("a base url"));
        assert!(may_hold_keys(&emulator, "http://127.0.0.1:8585/jwks.json"));
        assert!(!may_hold_keys(&emulator, "http://127.0.0.1:8586/jwks.json"));
        assert!(!may_hold_keys(&emulator, "https://api.vipps.no/jwks.json"));
        assert!(may_hold_keys(&emulator.trusted_origin("http://localhost:9000"), "http://localhost:9000/set"));
    }

    #[test]
    fn a_page_is_https_and_on_this_machine_only_where_the_environment_is() {
        let page = |config: &Config, url: &str| trusted(config).page(url).map(String::from).ok();
        let production = Config::default();
        let emulator = Config::from("http://127.0.0.1:8585".parse::<crate::Environment>().expect("a base url"));
        assert_eq!(
            page(&production, "https://login.example/auth?x=1").as_deref(),
            Some("https://login.example/auth?x=1")
        );
        assert_eq!(page(&emulator, "http://localhost:1/auth").as_deref(), Some("http://localhost:1/auth"));
        // What is handed on is what was judged.
        for written in [" https:\\\\login.example\\auth", "https:login.example/auth\n", "https://login.exa\tmple/auth"]
        {
            assert_eq!(page(&production, written).as_deref(), Some("https://login.example/auth"), "{written:?}");
        }
        for url in [
            "http://127.0.0.1:6379/x",
            "http://login.example/auth",
            "https://user@login.example/auth",
            "https://login.example/auth#top",
            "javascript:alert(1)",
            "/auth",
        ] {
            assert_eq!(page(&production, url), None, "{url}");
        }
    }

    #[test]
    fn an_origin_that_is_none_is_refused_and_shown_without_secrets() {
        for (origin, shown) in [
            ("gateway.example", true),
            ("http://gateway.example", true),
            ("https://gateway.example/path", true),
            ("https://gateway.example?hidden", true),
            ("https://user:hidden@gateway.example", false),
            ("https://*.example", true),
            ("", true),
        ] {
            let error = TrustedOrigins::new(&Config::default().trusted_origin(origin)).expect_err(origin);
            assert_eq!(error.field(), Some("trusted_origin"), "{origin}");
            assert!(error.detail().starts_with("trusted_origin ") && !error.detail().contains("hidden"), "{error}");
            assert_eq!(error.detail().contains('`'), shown, "{error}");
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
        let may = |from: &str, to: &str| trusted.may_follow(from, to);
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
