//! Which proxy a request goes through: that of the settings, else that of the environment.

use std::{fmt, str::Utf8Error, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use url::{Host, Url};
use zeroize::Zeroizing;

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
    pub(super) kind: Kind,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    pub(super) login: Option<Login>,
    named_by: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Http,
    Https,
    Socks5,
}

/// What a proxy's URL holds before the `@`.
#[derive(Debug)]
pub(super) struct Login {
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

    /// A proxy must never see what is meant for this machine alone.
    pub(super) fn proxy_for(&self, target: &Target) -> Option<&Arc<Proxy>> {
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
            Error::invalid_config(named_by, format!("{named_by} {fault}"))
                .with_hint("a proxy is written http://proxy.example:8080, with user:password@ before the host if need be")
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
        Ok(Self { kind, host, port: url.port().unwrap_or(usual_port), login, named_by })
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

    /// The value of `Proxy-Authorization` (RFC 7617).
    pub(super) fn basic(&self) -> Zeroizing<String> {
        let [user, password] = self.parts();
        let pair = Zeroizing::new(format!("{user}:{password}"));
        Zeroizing::new(format!("Basic {}", *Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()))))
    }

    pub(super) fn parts(&self) -> [&str; 2] {
        [self.user.expose(), self.password.expose()]
    }
}

pub(super) fn wants_login(login: Option<&Login>) -> Fault {
    let hint = match login {
        Some(_) => "the proxy wants a login: it did not take the user and password of its url",
        None => "the proxy wants a login: write it into the proxy's url, as in http://user:password@proxy.example:8080",
    };
    Fault::new("the proxy wants a login").with_hint(hint)
}
