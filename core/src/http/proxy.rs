//! Which proxy a request goes through: that of the settings, else that of the environment.

use std::{fmt, str::Utf8Error, sync::Arc};

use http::Uri;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

use super::{Variables, fault::Fault, no_proxy::NoProxy, target::Target, variable};
use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// What is asked of which proxy.
#[derive(Debug, Default)]
pub(super) struct Proxies {
    proxy: Option<Arc<Proxy>>,
    except: NoProxy,
}

/// A proxy that can be spoken to. Shown as host and port, and where it was named.
#[derive(Debug)]
pub(super) struct Proxy {
    kind: Kind,
    host: Host<String>,
    port: u16,
    login: Option<Login>,
    named_by: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Https,
    Socks5,
}

/// The way to a target, as error texts tell it.
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) proxy: Option<Arc<Proxy>>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.target.fmt(f)?;
        self.proxy.as_ref().map_or(Ok(()), |proxy| write!(f, " through the proxy {proxy}"))
    }
}

/// What a proxy's URL holds before the `@`.
#[derive(Debug)]
struct Login {
    user: Secret,
    password: Secret,
}

/// The setting's field, and its word for "no proxy at all, whatever the environment says".
const SETTING: &str = "proxy";
const DIRECT: &str = "direct";

/// Everything that leaves this machine is https. The first that is set counts.
const FOR_HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const FOR_HTTP: [&str; 2] = ["http_proxy", "HTTP_PROXY"];
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// Refuses a setting that names no proxy.
pub(crate) fn check_setting(setting: &Secret) -> Result<()> {
    Proxies::of_setting(setting).map(drop)
}

impl Proxies {
    /// Those of the setting where there is one, which is then asked for everything but loopback; else those of the
    /// variables.
    pub(super) fn new(setting: Option<&Secret>, vars: &Variables<'_>) -> Result<Self> {
        match setting {
            Some(setting) => Self::of_setting(setting),
            None => Self::from_vars(vars),
        }
    }

    fn of_setting(setting: &Secret) -> Result<Self> {
        if setting.expose() == DIRECT {
            return Ok(Self::default());
        }
        let proxy = Proxy::parse(SETTING, setting.expose())?;
        Ok(Self { proxy: Some(Arc::new(proxy)), except: NoProxy::default() })
    }

    fn from_vars(vars: &Variables<'_>) -> Result<Self> {
        let for_http: Vec<_> = FOR_HTTP.into_iter().filter(|name| !comes_from_a_request(name, vars)).collect();
        if let Some((name, url)) = first(&for_http, vars)? {
            Proxy::parse(name, &url)?;
        }
        let Some((name, url)) = first(&FOR_HTTPS, vars)? else { return Ok(Self::default()) };
        let proxy = Some(Arc::new(Proxy::parse(name, &url)?));
        let except = match first(&NO_PROXY, vars)? {
            Some((name, list)) => NoProxy::parse(name, &list)?,
            None => NoProxy::default(),
        };
        Ok(Self { proxy, except })
    }

    pub(super) fn route(&self, target: Target) -> Route {
        Route { proxy: self.proxy_for(&target).cloned(), target }
    }

    /// The same for reqwest, which asks for every connection; none where there is no proxy at all.
    pub(super) fn for_reqwest(self: &Arc<Self>) -> Option<reqwest::Proxy> {
        self.proxy.as_ref()?;
        let proxies = self.clone();
        Some(reqwest::Proxy::custom(move |url| {
            let target = Target::of(url).ok()?;
            proxies.proxy_for(&target).map(|proxy| proxy.url())
        }))
    }

    /// A proxy must never see what is meant for this machine alone.
    fn proxy_for(&self, target: &Target) -> Option<&Arc<Proxy>> {
        self.proxy.as_ref().filter(|_| !target.is_loopback && !self.except.covers(target))
    }
}

/// A CGI program gets the header `Proxy` of whoever calls it as `HTTP_PROXY`. Windows makes no difference between
/// capitals and small letters.
fn comes_from_a_request(name: &str, vars: &Variables<'_>) -> bool {
    (name == "HTTP_PROXY" || cfg!(windows)) && variable(vars, "REQUEST_METHOD").is_some()
}

fn first(names: &[&'static str], vars: &Variables<'_>) -> Result<Option<(&'static str, String)>> {
    for name in names {
        if let Some(value) = read(name, vars)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

fn read(name: &'static str, vars: &Variables<'_>) -> Result<Option<String>> {
    let Some(value) = variable(vars, name) else { return Ok(None) };
    let text = value.into_string();
    text.map(Some).map_err(|_| Error::invalid_config(name, format!("{name} is not valid unicode")))
}

impl Proxy {
    /// Takes `[scheme://][user[:password]@]host[:port]`. The value is never repeated, since it may hold a password.
    fn parse(named_by: &'static str, value: &str) -> Result<Self> {
        let refused = |fault: &str| {
            Error::invalid_config(named_by, format!("{named_by} {fault}")).with_hint(
                "a proxy is written http://proxy.example:8080, with user:password@ before the host if need be",
            )
        };
        if value.trim() != value {
            return Err(refused("has white space around its value"));
        }
        if value.starts_with(['"', '\'']) || value.ends_with(['"', '\'']) {
            return Err(refused("has quotes around its value"));
        }
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        let (kind, usual_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Kind::Http, 80),
            "https" => (Kind::Https, 443),
            "socks5" | "socks5h" => (Kind::Socks5, 1080),
            "socks" | "socks4" | "socks4a" => return Err(refused("asks for a socks proxy other than socks5")),
            _ => return Err(refused("asks for a kind of proxy other than http, https and socks5")),
        };
        // No scheme of the URL standard's own, so that no port is dropped and nothing is guessed.
        let malformed = || refused("is not the url of a proxy; special characters of a password are percent-encoded");
        if rest.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(malformed());
        }
        let url = Url::parse(&format!("proxy://{rest}")).map_err(|_| malformed())?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|host| is_bare && !host.is_empty()).ok_or_else(malformed)?;
        let host = Host::parse(host).map_err(|_| malformed())?;
        let login = Login::of(&url).map_err(|_| malformed())?;
        let proxy = Self { kind, host, port: url.port().unwrap_or(usual_port), login, named_by };
        // The client would pass by a proxy that it can't read.
        proxy.url().parse::<Uri>().map_err(|_| malformed())?;
        Ok(proxy)
    }

    /// As reqwest reads it: `socks5h` has names resolved by the proxy.
    fn url(&self) -> String {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Https => "https",
            Kind::Socks5 => "socks5h",
        };
        let login = self.login.as_ref().map_or_else(String::new, |login| {
            let [user, password] = login.parts().map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC));
            format!("{user}:{password}@")
        });
        format!("{scheme}://{login}{}:{}/", self.host, self.port)
    }

    #[cfg(feature = "doctor")]
    pub(super) fn address(&self) -> (String, u16) {
        (super::client::bare(&self.host), self.port)
    }

    pub(super) fn wants_login(&self) -> Fault {
        let hint = match self.login {
            Some(_) => "the proxy wants a login: it did not take the user and password of its url",
            None => {
                "the proxy wants a login: write it into the proxy's url, as in http://user:password@proxy.example:8080"
            }
        };
        Fault::new("the proxy wants a login").with_hint(hint)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_setting = self.named_by == SETTING;
        let origin = if is_setting { "the setting " } else { "" };
        write!(f, "{}:{} ({origin}{})", self.host, self.port, self.named_by)
    }
}

impl Login {
    fn of(url: &Url) -> Result<Option<Self>, Utf8Error> {
        if url.username().is_empty() && url.password().is_none() {
            return Ok(None);
        }
        let user = percent_decode_str(url.username()).decode_utf8()?;
        let password = percent_decode_str(url.password().unwrap_or_default()).decode_utf8()?;
        Ok(Some(Self { user: Secret::new(user), password: Secret::new(password) }))
    }

    fn parts(&self) -> [&str; 2] {
        [self.user.expose(), self.password.expose()]
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn proxies(vars: &[(&str, &str)]) -> Result<Proxies> {
        let value = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        Proxies::new(None, &value)
    }

    fn target(url: &str) -> Target {
        Target::of(&Url::parse(url).expect("a url")).expect("a good url")
    }

    fn way(vars: &[(&str, &str)]) -> String {
        let proxies = proxies(vars).expect("good variables");
        proxies.proxy_for(&target("https://api.shop.example")).map_or_else(|| "direct".to_owned(), ToString::to_string)
    }

    fn refusal(vars: &[(&str, &str)]) -> Error {
        proxies(vars).expect_err("a variable that can't be used")
    }

    #[test]
    fn the_first_variable_that_says_something_counts() {
        let names = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        let set: Vec<_> = names.iter().map(|name| (*name, format!("http://{name}.example"))).collect();
        let set: Vec<_> = set.iter().map(|(name, value)| (*name, value.as_str())).collect();
        for (place, name) in names.iter().enumerate() {
            assert_eq!(way(&set[place..]), format!("{}.example:80 ({name})", name.to_lowercase()));
            let mut empty = set.clone();
            empty.iter_mut().take(place).for_each(|(_, value)| *value = "");
            assert_eq!(way(&empty), format!("{}.example:80 ({name})", name.to_lowercase()));
        }
        assert_eq!(way(&[]), "direct");
        assert_eq!(way(&[("http_proxy", "http://proxy.example")]), "direct");
    }

    #[test]
    fn a_proxy_may_be_written_in_many_ways() {
        let table = [
            ("http://proxy.example:8080", Kind::Http, "proxy.example:8080"),
            ("http://proxy.example:8080/", Kind::Http, "proxy.example:8080"),
            ("proxy.example:8080", Kind::Http, "proxy.example:8080"),
            ("proxy.example", Kind::Http, "proxy.example:80"),
            ("HTTP://Proxy.Example", Kind::Http, "proxy.example:80"),
            ("http://proxy.example:80", Kind::Http, "proxy.example:80"),
            ("http://proxy.example:443", Kind::Http, "proxy.example:443"),
            ("https://proxy.example", Kind::Https, "proxy.example:443"),
            ("https://proxy.example:80", Kind::Https, "proxy.example:80"),
            ("socks5://proxy.example", Kind::Socks5, "proxy.example:1080"),
            ("socks5h://192.0.2.7:80", Kind::Socks5, "192.0.2.7:80"),
            ("http://[2001:db8::7]:3128", Kind::Http, "[2001:db8::7]:3128"),
            ("http://blåbær.example", Kind::Http, "xn--blbr-roah.example:80"),
            ("kari@proxy.example:8080", Kind::Http, "proxy.example:8080"),
        ];
        for (value, kind, address) in table {
            let proxies = proxies(&[("HTTPS_PROXY", value)]).expect(value);
            let proxy = proxies.proxy.expect(value);
            assert_eq!((proxy.kind, proxy.to_string()), (kind, format!("{address} (HTTPS_PROXY)")), "{value}");
        }
    }

    #[test]
    fn a_login_is_decoded_and_never_shown() {
        let table = [
            ("http://kari:s3cret@proxy.example", ["kari", "s3cret"]),
            ("http://kari@proxy.example", ["kari", ""]),
            ("http://:s3cret@proxy.example", ["", "s3cret"]),
            ("http://k%C3%A5re:s3%40%3A%2F%25cret@proxy.example", ["kåre", "s3@:/%cret"]),
            ("http://kari:s3%cret@proxy.example", ["kari", "s3%cret"]),
            ("http://kari:s3@cret@proxy.example", ["kari", "s3@cret"]),
        ];
        for (value, login) in table {
            let proxy = Proxy::parse("HTTPS_PROXY", value).expect(value);
            assert_eq!(proxy.login.as_ref().expect("a login").parts(), login, "{value}");
            let shown = format!("{proxy} {proxy:?}");
            assert!(!shown.contains("s3") && !shown.contains("kari"), "{shown}");
        }
        assert!(Proxy::parse("HTTPS_PROXY", "http://proxy.example").expect("a proxy").login.is_none());
    }

    #[test]
    fn what_is_no_proxy_is_refused_by_name_and_not_repeated() {
        let blanks = "has white space around its value";
        let quotes = "has quotes around its value";
        let kind = "asks for a kind of proxy other than http, https and socks5";
        let socks = "asks for a socks proxy other than socks5";
        let malformed = "is not the url of a proxy; special characters of a password are percent-encoded";
        let table = [
            (" http://s3cret@proxy.example", blanks),
            ("http://s3cret@proxy.example\n", blanks),
            ("\"http://s3cret@proxy.example\"", quotes),
            ("'http://s3cret@proxy.example'", quotes),
            ("http://s3cret@proxy.example'", quotes),
            ("ftp://s3cret@proxy.example", kind),
            ("s3cret://proxy.example", kind),
            ("://s3cret", kind),
            ("pac+http://s3cret.example", kind),
            ("socks://s3cret@proxy.example", socks),
            ("socks4://s3cret@proxy.example", socks),
            ("SOCKS4A://s3cret@proxy.example", socks),
            ("http:/s3cret:80", malformed),
            ("http:s3cret", malformed),
            ("::::", malformed),
            (":8080", malformed),
            ("http://", malformed),
            ("http://s3cret@", malformed),
            ("http://s3cret@:8080", malformed),
            ("http://s3cret@proxy.example:99999", malformed),
            ("http://s3cret@proxy.example:http", malformed),
            ("http://kari:s3#cret@proxy.example", malformed),
            ("http://kari:s3/cret@proxy.example", malformed),
            ("http://kari:s3 cret@proxy.example", malformed),
            ("http://kari:s3%FFcret@proxy.example", malformed),
            ("http://proxy.example/s3cret.pac", malformed),
            ("http://proxy.example?s3cret", malformed),
            ("http://s3cret@proxy\\example", malformed),
            ("http://a b", malformed),
        ];
        for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY"] {
            for (value, fault) in table {
                let error = refusal(&[(name, value)]);
                assert_eq!(error.field(), Some(name), "{value}");
                assert_eq!(error.detail(), format!("{name} {fault}"), "{value}");
                assert!(!format!("{error:?}").contains("s3"), "{error:?}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_refused_too() {
        use std::os::unix::ffi::OsStringExt;

        let vars = |name: &str| (name == "https_proxy").then(|| OsString::from_vec(b"http://\xff".to_vec()));
        let error = Proxies::new(None, &vars).expect_err("not text");
        assert_eq!(error.detail(), "https_proxy is not valid unicode");
    }

    /// A desktop sets them all, and not each in a form that we understand.
    #[test]
    fn a_variable_that_does_not_count_is_not_looked_at() {
        let good = "http://proxy.example";
        assert_eq!(
            way(&[("https_proxy", good), ("all_proxy", "socks://127.0.0.1:7891/")]),
            "proxy.example:80 (https_proxy)"
        );
        assert_eq!(way(&[("https_proxy", good), ("HTTPS_PROXY", "::::")]), "proxy.example:80 (https_proxy)");
        assert_eq!(way(&[("http_proxy", good), ("HTTP_PROXY", "::::")]), "direct");
        assert_eq!(way(&[("no_proxy", "10.0.0.0/99")]), "direct");
    }

    /// A CGI program gets the request's header `Proxy` as `HTTP_PROXY`.
    #[test]
    fn what_a_request_can_set_is_not_looked_at() {
        assert_eq!(refusal(&[("HTTP_PROXY", "::::")]).field(), Some("HTTP_PROXY"));
        assert_eq!(way(&[("HTTP_PROXY", "::::"), ("REQUEST_METHOD", "GET")]), "direct");
        if cfg!(not(windows)) {
            let error = refusal(&[("http_proxy", "::::"), ("REQUEST_METHOD", "GET")]);
            assert_eq!(error.field(), Some("http_proxy"));
        }
    }

    #[test]
    fn no_proxy_keeps_hosts_from_it() {
        let proxy = ("https_proxy", "http://proxy.example");
        assert_eq!(way(&[proxy, ("no_proxy", "shop.example"), ("NO_PROXY", "other.example")]), "direct");
        assert_eq!(way(&[proxy, ("no_proxy", ""), ("NO_PROXY", "shop.example")]), "direct");
        assert_eq!(way(&[proxy, ("no_proxy", "other.example")]), "proxy.example:80 (https_proxy)");
        let error = refusal(&[proxy, ("no_proxy", "shop.example, http://s3cret")]);
        assert_eq!(error.field(), Some("no_proxy"));
        assert_eq!(error.detail(), "no_proxy has an entry, number 2, that is no host, address or network");
    }

    #[test]
    fn loopback_is_never_asked_of_a_proxy() {
        let by_variable = proxies(&[("https_proxy", "http://proxy.example")]).expect("a proxy");
        let by_setting = Proxies::of_setting(&Secret::new("http://proxy.example")).expect("a proxy");
        for proxies in [by_variable, by_setting] {
            for url in ["http://127.0.0.1:8585", "https://localhost", "https://127.9.9.9", "https://[::1]:1"] {
                assert!(proxies.proxy_for(&target(url)).is_none(), "{url}");
            }
            for url in ["https://api.vipps.no", "https://128.0.0.1", "https://localhost.example"] {
                assert!(proxies.proxy_for(&target(url)).is_some(), "{url}");
            }
        }
    }

    #[test]
    fn the_setting_takes_the_place_of_all_variables() {
        let vars = |name: &str| Some(OsString::from(if name == "no_proxy" { "*" } else { "::::" }));
        let way = |setting: &str| {
            let proxies = Proxies::new(Some(&Secret::new(setting)), &vars).expect("a good setting");
            proxies.proxy_for(&target("https://api.vipps.no")).map(ToString::to_string)
        };
        assert_eq!(way("socks5://proxy.example").as_deref(), Some("proxy.example:1080 (the setting proxy)"));
        assert_eq!(way("direct"), None);
    }
}
