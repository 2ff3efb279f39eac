//! Where a shared cache is, in one line of text.

use std::{path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    error::{Error, Result},
    secret::Secret,
};

/// A checked `redis_url`. `Debug` shows no password.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("RedisUrl {{ place: {place:?}, tls: {tls:?}, .. }}")]
pub(super) struct RedisUrl {
    pub(super) place: Place,
    pub(super) tls: bool,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) db: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Server(Node),
    Socket(PathBuf),
    Sentinel(Sentinels),
    Cluster(Vec<Node>),
}

/// Those who know where a master is, and what they ask of who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentinels {
    pub(super) nodes: Vec<Node>,
    pub(super) master: String,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) host: String,
    pub(super) port: u16,
}

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

impl Node {
    /// As a server of a cluster names another: `host:port`, where an address of six has no brackets, and no host means the
    /// server's own.
    pub(super) fn named_by(&self, text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = if host.is_empty() { &self.host } else { host };
        let port = port.parse().ok().filter(|port| *port != 0)?;
        (host != "?").then(|| Self { host: host.trim_start_matches('[').trim_end_matches(']').to_owned(), port })
    }
}

/// The text between its signs: `scheme://[user[:password]@]hosts[/path][?query]`.
struct Parts<'a> {
    userinfo: Option<&'a str>,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

impl FromStr for RedisUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| refused(SCHEMES))?;
        let parts = Parts::of(rest);
        let (family, kind) = scheme.split_once('+').map_or((scheme, ""), |(family, kind)| (family, kind));
        let tls = match family {
            "redis" | "valkey" => false,
            "rediss" | "valkeys" => true,
            _ => return Err(refused(SCHEMES)),
        };
        let (place, db) = match kind {
            "" => parts.server()?,
            "unix" if !tls => parts.socket()?,
            "sentinel" => parts.sentinel()?,
            "cluster" => parts.cluster()?,
            _ => return Err(refused(SCHEMES)),
        };
        let (username, password) = parts.credentials()?;
        Ok(Self { place, tls, username, password, db })
    }
}

const SCHEMES: &str = "a Redis URL begins with redis://, rediss://, redis+sentinel://, redis+cluster:// or redis+unix://, such as redis://cache.internal:6379";

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Self {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A password may hold an at sign; a host can't.
        let (userinfo, hosts) = match authority.rsplit_once('@') {
            Some((userinfo, hosts)) => (Some(userinfo), hosts),
            None => (None, authority),
        };
        Self { userinfo, hosts, path, query }
    }

    fn server(&self) -> Result<(Place, i64)> {
        self.no_query()?;
        Ok((Place::Server(node(self.hosts, PORT)?), database(self.path)?))
    }

    fn socket(&self) -> Result<(Place, i64)> {
        self.no_query()?;
        if !self.hosts.is_empty() || self.path.is_empty() {
            return Err(refused(
                "redis+unix:// takes the absolute path of a socket and no host, such as redis+unix:///run/redis.sock",
            ));
        }
        Ok((Place::Socket(format!("/{}", decoded(self.path)?).into()), 0))
    }

    fn sentinel(&self) -> Result<(Place, i64)> {
        let (master, db) = self.path.split_once('/').unwrap_or((self.path, ""));
        if master.is_empty() {
            return Err(refused(
                "redis+sentinel:// needs the name of the master after the hosts, such as redis+sentinel://cache.internal/mymaster",
            ));
        }
        let mut username = None;
        let mut password = None;
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            match &*name {
                "sentinel_username" => username = Some(value.into_owned()),
                "sentinel_password" => password = Some(Secret::new(value.into_owned())),
                _ => {
                    return Err(refused(
                        "a URL with redis+sentinel:// takes no parameters but sentinel_username and sentinel_password",
                    ));
                }
            }
        }
        let nodes = self.nodes(SENTINEL_PORT)?;
        let master = master.to_owned();
        Ok((Place::Sentinel(Sentinels { nodes, master, username, password }), database(db)?))
    }

    fn cluster(&self) -> Result<(Place, i64)> {
        self.no_query()?;
        if !self.path.is_empty() {
            return Err(refused(
                "a URL with redis+cluster:// ends after the hosts: a cluster has no databases to choose from",
            ));
        }
        Ok((Place::Cluster(self.nodes(PORT)?), 0))
    }

    fn nodes(&self, port: u16) -> Result<Vec<Node>> {
        self.hosts.split(',').map(|host| node(host, port)).collect()
    }

    fn credentials(&self) -> Result<(Option<String>, Option<Secret>)> {
        let Some(userinfo) = self.userinfo else { return Ok((None, None)) };
        let (username, password) = userinfo.split_once(':').map_or((userinfo, None), |(user, word)| (user, Some(word)));
        let username = Some(decoded(username)?).filter(|name| !name.is_empty());
        let password = password.map(decoded).transpose()?.filter(|word| username.is_some() || !word.is_empty());
        if username.is_some() && password.is_none() {
            return Err(refused(
                "a Redis URL with a user needs a password after it; a password alone is written :password@",
            ));
        }
        Ok((username, password.map(Secret::new)))
    }

    fn no_query(&self) -> Result<()> {
        if self.query.is_empty() {
            Ok(())
        } else {
            Err(refused("a Redis URL takes no parameters, except with redis+sentinel://"))
        }
    }
}

fn node(text: &str, port: u16) -> Result<Node> {
    let malformed = || refused("a Redis URL names host, or host and port, of each server, such as cache.internal:6379");
    // The URL standard's rules for hosts; the scheme only has to be one that has hosts.
    let url = Url::parse(&format!("redis://{text}")).map_err(|_| malformed())?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err(malformed());
    }
    // An address of six has brackets in a URL and nowhere else.
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port().unwrap_or(port);
    if port == 0 { Err(malformed()) } else { Ok(Node { host, port }) }
}

fn database(text: &str) -> Result<i64> {
    let number = if text.is_empty() { Some(0) } else { text.parse::<u32>().ok() };
    number.map(i64::from).ok_or_else(|| refused("the database at the end of a Redis URL must be a number, such as /3"))
}

fn decoded(text: &str) -> Result<String> {
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| refused("user, password and path of a Redis URL must be UTF-8 once percent-decoded"))?;
    Ok(decoded.into_owned())
}

/// The text of the URL is never told: it may hold a password.
fn refused(rule: &'static str) -> Error {
    Error::invalid_config("redis_url", rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> RedisUrl {
        text.parse().expect("a good url")
    }

    fn at(host: &str, port: u16) -> Node {
        Node { host: host.to_owned(), port }
    }

    #[test]
    fn one_server() {
        assert_eq!(parsed("redis://cache").place, Place::Server(at("cache", 6379)));
        assert_eq!(parsed("valkeys://[::1]:7000").place, Place::Server(at("::1", 7000)));
        let url = parsed("rediss://app:p%40ss@word@cache.internal:6380/3");
        assert_eq!((url.tls, url.db, url.username.as_deref()), (true, 3, Some("app")));
        assert_eq!(url.password.as_ref().map(Secret::expose), Some("p@ss@word"));
        assert!(!format!("{url:?}").contains("p@ss"));
        assert_eq!(parsed("redis://:word@cache").username, None);
        assert_eq!(parsed("redis://:@cache").password, None);
        assert_eq!(parsed("redis+unix:///run/redis.sock").place, Place::Socket("/run/redis.sock".into()));
        let url = parsed("redis+unix://app:word@/run/redis%20a.sock");
        assert_eq!(url.place, Place::Socket("/run/redis a.sock".into()));
        assert_eq!((url.username.as_deref(), url.password.as_ref().map(Secret::expose)), (Some("app"), Some("word")));
    }

    #[test]
    fn many_servers() {
        let nodes = vec![at("a", 7000), at("b", 6379)];
        assert_eq!(parsed("redis+cluster://a:7000,b").place, Place::Cluster(nodes));
        let url = parsed("rediss+sentinel://:word@a,b:26380/mymaster/2?sentinel_password=other");
        let Place::Sentinel(sentinels) = &url.place else { panic!("{url:?}") };
        assert_eq!(sentinels.nodes, [at("a", 26379), at("b", 26380)]);
        assert_eq!((sentinels.master.as_str(), url.db, url.tls), ("mymaster", 2, true));
        assert_eq!(sentinels.password.as_ref().map(Secret::expose), Some("other"));
    }

    #[test]
    fn what_a_cluster_names() {
        let asked = at("cache", 7000);
        assert_eq!(asked.named_by("10.0.0.1:6381"), Some(at("10.0.0.1", 6381)));
        assert_eq!(asked.named_by("::1:6381"), Some(at("::1", 6381)));
        assert_eq!(asked.named_by("[::1]:6381"), Some(at("::1", 6381)));
        assert_eq!(asked.named_by(":6381"), Some(at("cache", 6381)));
        for text in ["", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:70000", "?:6381"] {
            assert_eq!(asked.named_by(text), None, "{text}");
        }
    }

    #[test]
    fn all_else_is_refused_without_showing_it() {
        for text in [
            "",
            "cache:6379",
            "http://cache",
            "redis://",
            "redis://:hunter2@",
            "redis://hunter2@cache",
            "redis+unix://hunter2@/run/redis.sock",
            "redis://cache:port",
            "redis://cache:0",
            "redis://cache:70000",
            "redis://cache/one",
            "redis://cache/0?db=hunter2",
            "redis://cache/-1",
            "redis+sentinel://a",
            "redis+sentinel://a/m?password=hunter2",
            "redis+cluster://a,,b",
            "redis+cluster://a/1",
            "redis+ssh://a",
            "rediss+unix:///run/redis.sock",
            "redis+unix://host/run/redis.sock",
        ] {
            let error = text.parse::<RedisUrl>().expect_err(text);
            assert_eq!(error.field(), Some("redis_url"), "{text}");
            assert!(!error.to_string().contains("hunter2"), "{text}");
        }
    }
}
