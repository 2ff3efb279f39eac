//! Tokens shared through Redis or Valkey.

mod fault;
mod link;
mod tls;
mod url;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ::redis::{Cmd, FromRedisValue, cmd};

use self::{
    fault::Fault,
    link::{Connection, Link},
    url::RedisUrl,
};
use super::{CLOCK_DIFFERENCE, CacheError, CacheKey, CachedToken, LAST_BYTE, Lock, TokenCache, name, now, sealed};
use crate::{clock::BoxFuture, error::Result, secret::Secret};

/// One token for many processes, through Redis or Valkey: a single server, Sentinel or Cluster.
///
/// [`Config::redis_url`](crate::Config::redis_url) builds one for you. Values are sealed with a key derived from the client
/// secret; key names tell nothing. Whatever goes wrong with Redis is an event, never an error of a call: a process
/// without Redis fetches its own token.
///
/// An ACL user needs `~vipps-partner-auth:* +getrange +pttl +set +del +eval`, and what it takes to get there: `+select` for
/// a database other than 0, `+role` behind Sentinel, `+ping +asking` in a cluster. Where `EVAL` is not to be had, its work
/// is done in two steps, and told as an event each time.
///
/// TLS settings are its own: no rustls provider is installed for the process.
///
/// ```
/// use vipps_partner_auth::{Config, RedisCache};
///
/// let config = Config::default().token_cache(std::sync::Arc::new(RedisCache::new("rediss://cache.internal:6380")?));
/// assert_eq!(RedisCache::new("http://cache.internal").unwrap_err().field(), Some("redis_url"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("RedisCache {{ link: {:?}, .. }}", _0.link)]
pub struct RedisCache(Arc<Inner>);

struct Inner {
    link: Link,
    /// By the key they are for in a cluster, else one.
    connections: Mutex<HashMap<String, Connection>>,
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
        let link = Link::new(url.parse::<RedisUrl>()?, ca_pem)?;
        Ok(Self(Arc::new(Inner { link, connections: Mutex::default() })))
    }
}

/// The last byte that is read of a lock: a holder's name, or a mark, is shorter.
const LAST_BYTE_OF_LOCK: usize = 255;

/// What Redis tells in the place of a span: for a key that is not there, and for one that stays for ever.
const ABSENT: i64 = -2;
const FOR_EVER: i64 = -1;

/// Deletes a key that still holds this value.
const DELETE_IF: &str =
    "if redis.call('getrange', KEYS[1], 0, -1) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/// Puts a mark in the place of a holder's lock, or of one that has run out.
const MARK_IF: &str = "local held = redis.call('getrange', KEYS[1], 0, -1) \
    if held == ARGV[1] or held == '' then redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1 end return 0";

impl TokenCache for RedisCache {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        Box::pin(async move {
            let Some((sealed, left)) = self.0.entry(&name("token", key.as_bytes())).await? else { return Ok(None) };
            Ok(Some(key.open(&sealed)?.with_remaining(left)))
        })
    }

    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let name = name("token", key.as_bytes());
            let sealed = sealed(key, &token)?;
            let set = cmd("SET").arg(&name).arg(sealed).arg("PX").arg(milliseconds(ttl)).take();
            Ok(self.0.run_one(&name, set).await?)
        })
    }

    fn remove<'a>(&'a self, key: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let name = name("token", key.as_bytes());
            let Some((sealed, _)) = self.0.entry(&name).await? else { return Ok(()) };
            match key.open(&sealed) {
                Ok(found) if found.secret == *token => self.0.delete_if(&name, &sealed).await,
                _ => Ok(()),
            }
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
    ) -> BoxFuture<'a, Result<Lock, CacheError>> {
        Box::pin(async move {
            let name = name("lock", key.lock_name());
            let set = cmd("SET").arg(&name).arg(holder).arg("NX").arg("PX").arg(milliseconds(ttl)).take();
            let commands = [set, read(&name, LAST_BYTE_OF_LOCK), life(&name)];
            let (set, held, left): (Option<String>, Vec<u8>, i64) = self.0.run(&name, &commands).await?;
            // Its own: the reply to an earlier try was lost, or it could not be given back.
            if set.is_some() || held == holder.as_bytes() {
                return Ok(Lock::Ours);
            }
            locked(key, &held, left)
        })
    }

    fn unlock<'a>(&'a self, key: &'a CacheKey, holder: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move { self.0.delete_if(&name("lock", key.lock_name()), holder.as_bytes()).await })
    }

    fn hold_off<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        span: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let mark = key.seal_hold_off(now().saturating_add(span))?;
            self.0.mark_if(&name("lock", key.lock_name()), holder.as_bytes(), &mark, span).await
        })
    }
}

/// No more than so many bytes of what is there.
fn read(name: &str, last_byte: usize) -> Cmd {
    cmd("GETRANGE").arg(name).arg(0).arg(last_byte).take()
}

fn life(name: &str) -> Cmd {
    cmd("PTTL").arg(name).take()
}

fn milliseconds(span: Duration) -> u64 {
    // Redis counts to the end in a signed number, and takes none that are nothing.
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::from(u32::MAX))
}

/// What a lock means that another process set, with so many milliseconds left. A mark is believed for as long as Redis keeps
/// it, but hardly longer than its own end: somebody may have put an old one back.
fn locked(key: &CacheKey, held: &[u8], left: i64) -> Result<Lock, CacheError> {
    if left == FOR_EVER {
        return Err(CacheError::because("the lock in redis has no end: no process of this kind has set it"));
    }
    let Ok(end) = key.open_hold_off(held) else { return Ok(Lock::Theirs) };
    let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
    let at_most = end.saturating_add(CLOCK_DIFFERENCE).saturating_sub(now());
    if at_most.is_zero() {
        return Err(CacheError::because("the lock in redis is an old one: somebody has put it back"));
    }
    Ok(Lock::HeldOff(left.min(at_most)))
}

impl Inner {
    /// What is there under a name, and how long Redis will keep it.
    async fn entry(&self, name: &str) -> Result<Option<(Vec<u8>, Option<Duration>)>, CacheError> {
        let (left, value): (i64, Vec<u8>) = self.run(name, &[life(name), read(name, LAST_BYTE)]).await?;
        if left == ABSENT {
            return Ok(None);
        }
        if value.len() > LAST_BYTE {
            return Err(CacheError::unreadable("the entry is of another kind: it is too long"));
        }
        Ok(Some((value, u64::try_from(left).ok().map(Duration::from_millis))))
    }

    async fn delete_if(&self, name: &str, value: &[u8]) -> Result<(), CacheError> {
        let script = cmd("EVAL").arg(DELETE_IF).arg(1).arg(name).arg(value).take();
        let Err(fault) = self.run_one::<i64>(name, script).await else { return Ok(()) };
        if matches!(fault, Fault::NoScripts(_)) && self.held(name).await? == value {
            self.run_one::<i64>(name, cmd("DEL").arg(name).take()).await?;
        }
        Err(fault.into())
    }

    async fn mark_if(&self, name: &str, holder: &[u8], mark: &[u8], span: Duration) -> Result<(), CacheError> {
        let span = milliseconds(span);
        let script = cmd("EVAL").arg(MARK_IF).arg(1).arg(name).arg(holder).arg(mark).arg(span).take();
        let Err(fault) = self.run_one::<i64>(name, script).await else { return Ok(()) };
        if matches!(fault, Fault::NoScripts(_)) {
            let held = self.held(name).await?;
            if held.is_empty() || held == holder {
                self.run_one::<()>(name, cmd("SET").arg(name).arg(mark).arg("PX").arg(span).take()).await?;
            }
        }
        Err(fault.into())
    }

    /// For want of scripts: between this look and what follows, another process may come.
    async fn held(&self, name: &str) -> Result<Vec<u8>, Fault> {
        self.run_one(name, read(name, LAST_BYTE)).await
    }

    async fn run_one<T: FromRedisValue>(&self, name: &str, command: Cmd) -> Result<T, Fault> {
        let (answer,) = self.run(name, &[command]).await?;
        Ok(answer)
    }

    /// On the connection at hand, else on a new one. Tokens are renewed hours apart, so the one at hand may have been
    /// closed since, or its server be a replica by now: that is no outage yet.
    async fn run<T: FromRedisValue>(&self, name: &str, commands: &[Cmd]) -> Result<T, Fault> {
        let known = self.connections().get(self.route(name)).cloned();
        if let Some(connection) = known {
            match self.ask(name, &connection, commands).await {
                Err(fault) if fault.ends_connection() => {}
                outcome => return outcome,
            }
        }
        let mut connection = self.link.connect().await?;
        let mut outcome = self.ask(name, &connection, commands).await;
        for _ in 0..REDIRECTIONS {
            let Err(Fault::Elsewhere { address, asking }) = &outcome else { break };
            connection = self.link.follow(&connection, address).await?;
            outcome = if *asking {
                connection.query_asking(commands).await
            } else {
                self.ask(name, &connection, commands).await
            };
        }
        outcome
    }

    /// A connection is kept for the next question, unless it failed.
    async fn ask<T: FromRedisValue>(&self, name: &str, connection: &Connection, commands: &[Cmd]) -> Result<T, Fault> {
        let outcome = connection.query(commands).await;
        let route = self.route(name);
        if outcome.as_ref().is_err_and(Fault::ends_connection) {
            self.connections().remove(route);
        } else {
            self.connections().insert(route.to_owned(), connection.clone());
        }
        outcome
    }

    fn route<'a>(&self, name: &'a str) -> &'a str {
        if self.link.is_cluster() { name } else { "" }
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<String, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a Redis tells of itself, as far as this user may ask.
#[cfg(feature = "doctor")]
pub(crate) struct Facts {
    /// Since the Unix epoch.
    pub(crate) time: Option<Duration>,
    /// The rule by which entries are dropped, where some may be.
    pub(crate) eviction: Option<String>,
    pub(crate) latency: Duration,
}

#[cfg(feature = "doctor")]
impl RedisCache {
    pub(crate) async fn facts(&self, key: &CacheKey) -> Facts {
        let name = name("token", key.as_bytes());
        let asked = std::time::Instant::now();
        let answered = self.0.run_one::<i64>(&name, life(&name)).await.is_ok();
        let latency = if answered { asked.elapsed() } else { Duration::ZERO };
        let time = self.0.run_one::<(u64, u32)>(&name, cmd("TIME")).await.ok();
        let memory = self.0.run_one::<String>(&name, cmd("INFO").arg("memory").take()).await.unwrap_or_default();
        let time = time.map(|(seconds, micros)| Duration::from_secs(seconds) + Duration::from_micros(micros.into()));
        Facts { time, eviction: eviction(&memory), latency }
    }
}

/// `None` where memory has no bound, or nothing is dropped.
#[cfg(feature = "doctor")]
fn eviction(memory: &str) -> Option<String> {
    let value = |name: &str| memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let is_bounded = value("maxmemory").is_some_and(|bytes| bytes != "0");
    let policy = value("maxmemory_policy").filter(|policy| is_bounded && *policy != "noeviction")?;
    policy.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-').then(|| policy.to_owned())
}

/// A key may have moved again since a node of a cluster heard of it.
const REDIRECTIONS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{environment::Environment, keys::PartnerKeys};

    #[test]
    fn a_mark_is_believed_while_redis_keeps_it_and_hardly_beyond_its_own_end() {
        let keys = PartnerKeys::new("client", "secret", "key").expect("good keys");
        let key = CacheKey::new(&Environment::Production, &keys.into());
        let seconds = Duration::from_secs;
        let ago = |count| now().saturating_sub(seconds(count));
        let mark = |end: Duration| key.seal_hold_off(end).expect("sealed");
        let span = |end: Duration, left: i64| match locked(&key, &mark(end), left) {
            Ok(Lock::HeldOff(span)) => Some(span),
            _ => None,
        };
        assert_eq!(span(now() + seconds(30), 20_000), Some(seconds(20)));
        // Clocks of two machines.
        assert_eq!(span(ago(30), 20_000), Some(seconds(20)));
        assert!(span(now() + seconds(30), 3_600_000).is_some_and(|span| span <= seconds(90)));
        assert_eq!(span(ago(61), 20_000), None);
        assert!(locked(&key, &mark(ago(61)), 20_000).is_err(), "nobody waits for it");
        assert_eq!(locked(&key, b"another process", 4_000), Ok(Lock::Theirs));
        assert_eq!(locked(&key, b"", ABSENT), Ok(Lock::Theirs), "gone meanwhile");
        assert!(locked(&key, b"another process", FOR_EVER).is_err());
    }

    #[test]
    fn spans_are_what_redis_takes() {
        assert_eq!(milliseconds(Duration::ZERO), 1);
        assert_eq!(milliseconds(Duration::from_micros(1_999)), 1);
        assert_eq!(milliseconds(Duration::from_secs(24 * 60 * 60)), 86_400_000);
        assert_eq!(milliseconds(Duration::MAX), u64::from(u32::MAX));
    }
}
