//! Tokens shared through Redis or Valkey.

mod link;
mod url;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, cmd, pipe};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use self::{
    link::{Connection, Link},
    url::RedisUrl,
};
use super::{CacheError, CacheKey, CachedToken, TokenCache};
use crate::{clock::BoxFuture, error::Result, secret::Secret};

/// One token for many processes, through Redis or Valkey: a single server, Sentinel or Cluster.
///
/// [`Config::redis_url`](crate::Config::redis_url) builds one for you. Values are sealed with a key derived from the client
/// secret; key names tell nothing. Whatever goes wrong with Redis is an event, never an error of a call: a process
/// without Redis fetches its own token.
///
/// An ACL user needs `~vipps-partner-auth:* +get +pttl +set +del +eval`, and what it takes to get there: `+select` for a
/// database other than 0, `+role` behind Sentinel, `+ping +cluster|slots` in a cluster.
///
/// ```
/// use vipps_partner_auth::{Config, RedisCache};
///
/// let config = Config::default().token_cache(std::sync::Arc::new(RedisCache::new("rediss://cache.internal:6380")?));
/// assert_eq!(RedisCache::new("http://cache.internal").unwrap_err().field(), Some("redis_url"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone)]
pub struct RedisCache(Arc<Inner>);

struct Inner {
    link: Link,
    connection: Mutex<Option<Connection>>,
}

impl RedisCache {
    /// A cache at this address. Connects when it is first needed.
    ///
    /// | URL | Meaning |
    /// |---|---|
    /// | `redis://[user[:password]@]host[:port][/db]` | one server; `valkey://` is the same |
    /// | `redis+sentinel://[user[:password]@]host[:port][,host…]/master[/db]` | the master that these Sentinels name |
    /// | `redis+cluster://[user[:password]@]host[:port][,host…]` | a cluster, found through any of these nodes |
    /// | `redis+unix:///path/to/socket` | one server on this machine |
    ///
    /// With `rediss` (`valkeys`) in the place of `redis` the connection is TLS, checked against the machine's own authorities.
    /// Refuses anything else: `InvalidConfig`, field `redis_url`; the text never shows the URL, which may hold a password.
    pub fn new(url: &str) -> Result<Self> {
        Self::open(url, None)
    }

    /// The same, with TLS checked against these authorities (PEM) and no others: field `redis_ca_pem`.
    pub fn with_ca_pem(url: &str, pem: &[u8]) -> Result<Self> {
        Self::open(url, Some(pem))
    }

    pub(crate) fn open(url: &str, ca_pem: Option<&[u8]>) -> Result<Self> {
        let link = Link::new(&url.parse::<RedisUrl>()?, ca_pem)?;
        Ok(Self(Arc::new(Inner { link, connection: Mutex::new(None) })))
    }

    async fn run<T: FromRedisValue>(&self, command: Cmd) -> Result<T, CacheError> {
        let (done,) = self.0.run(pipe().add_command(command)).await?;
        Ok(done)
    }
}

/// Names begin like this, so that an operator knows whose they are and an ACL can name them.
const PREFIX: &str = "vipps-partner-auth:1:";

/// Deletes a key that still holds this value.
const DELETE_IF: &str = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

fn name(kind: &str, key: &CacheKey) -> String {
    format!("{PREFIX}{kind}:{}", BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes()))
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1)
}

fn delete_if(name: &str, value: &[u8]) -> Cmd {
    cmd("EVAL").arg(DELETE_IF).arg(1).arg(name).arg(value).take()
}

impl TokenCache for RedisCache {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        Box::pin(async move {
            let name = name("token", key);
            let (sealed, left): (Option<Vec<u8>>, i64) =
                self.0.run(pipe().cmd("GET").arg(&name).cmd("PTTL").arg(&name)).await?;
            let left = u64::try_from(left).ok().map(Duration::from_millis);
            sealed.map(|sealed| Ok(key.open(&sealed)?.with_remaining(left))).transpose()
        })
    }

    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let sealed = key.seal(&token)?;
            let set = cmd("SET").arg(name("token", key)).arg(sealed).arg("PX").arg(milliseconds(ttl)).take();
            self.run(set).await
        })
    }

    fn remove<'a>(&'a self, key: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let name = name("token", key);
            let Some(sealed) = self.run::<Option<Vec<u8>>>(cmd("GET").arg(&name).take()).await? else { return Ok(()) };
            if key.open(&sealed)?.secret != *token {
                return Ok(());
            }
            self.run::<i64>(delete_if(&name, &sealed)).await.map(drop)
        })
    }

    fn locks(&self) -> bool {
        true
    }

    fn lock<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<super::Lock, CacheError>> {
        Box::pin(async move {
            let set = cmd("SET").arg(name("lock", key)).arg(holder).arg("NX").arg("PX").arg(milliseconds(ttl)).take();
            Ok(if self.run::<Option<String>>(set).await?.is_some() { super::Lock::Ours } else { super::Lock::Theirs })
        })
    }

    fn unlock<'a>(&'a self, key: &'a CacheKey, holder: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move { self.run::<i64>(delete_if(&name("lock", key), holder.as_bytes())).await.map(drop) })
    }
}

impl Inner {
    /// On the connection at hand, else on a new one. Tokens are renewed hours apart, so the one at hand may have been
    /// closed since, or its server be a replica by now: that is no outage yet.
    async fn run<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, CacheError> {
        let known = self.connection().clone();
        if let Some(connection) = known
            && let Ok(done) = self.run_on(connection, commands).await
        {
            return Ok(done);
        }
        let fresh = self.link.connect().await.map_err(explained)?;
        self.run_on(fresh, commands).await.map_err(explained)
    }

    /// A connection that failed is not used again.
    async fn run_on<T: FromRedisValue>(&self, mut connection: Connection, commands: &Pipeline) -> RedisResult<T> {
        let outcome = connection.query(commands).await;
        *self.connection() = outcome.is_ok().then_some(connection);
        outcome
    }

    fn connection(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In words of our own: the crate's text, and the server's, may quote what was sent.
fn explained(error: RedisError) -> CacheError {
    if error.is_timeout() {
        return CacheError::because("no answer in time");
    }
    let kind = error.kind();
    let refusals = error.into_server_errors().unwrap_or_default();
    let code = refusals.first().map(|(_, refusal)| refusal.code());
    CacheError::because(match (kind, code) {
        (ErrorKind::AuthenticationFailed, _) | (_, Some("WRONGPASS" | "NOAUTH")) => "redis refused user or password",
        (_, Some("NOPERM")) => "redis forbids this user a command or key",
        (_, Some("READONLY")) => "redis is read-only here",
        (_, Some("OOM")) => "redis is full",
        (_, Some("WRONGTYPE")) => "redis holds something else under this key",
        (_, Some("LOADING" | "CLUSTERDOWN" | "MASTERDOWN" | "TRYAGAIN")) => "redis is not ready",
        (ErrorKind::Io | ErrorKind::ClusterConnectionNotFound, _) => "redis is out of reach",
        (ErrorKind::MasterNameNotFoundBySentinel, _) => "no sentinel knows the master",
        _ => "redis gave an error",
    })
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache").field("link", &self.0.link).finish_non_exhaustive()
    }
}
