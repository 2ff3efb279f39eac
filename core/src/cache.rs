//! A token store that several [`Partner`](crate::Partner) objects, or several processes, share.

mod memory;
#[cfg(feature = "redis")]
mod redis;
mod seal;
mod store;

#[cfg(all(feature = "doctor", feature = "redis"))]
pub(crate) use self::redis::Facts;
#[cfg(feature = "redis")]
pub use self::redis::RedisCache;
pub use self::{
    memory::MemoryCache,
    seal::KeyFingerprint,
    store::{KeyValueStore, StoreCache},
};

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest::{self, SHA256};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use self::seal::Seal;
use crate::{
    clock::BoxFuture,
    environment::Environment,
    keys::{Keys, SpecializedKeys, StandardKeys},
    secret::Secret,
};

/// A shared cache that does not answer is gone without.
#[doc(hidden)]
pub const CACHE_PATIENCE: Duration = Duration::from_secs(1);

/// A store for tokens beyond one [`Partner`](crate::Partner). Looked up after its own memory and before Vipps.
///
/// Trouble here is never an error of a call: it is told as an event and the call goes on without the cache. A cache that
/// takes longer than a second to answer is gone without.
///
/// Entries are secrets. An implementation that leaves the process seals them with [`CacheKey::seal`] and opens them with
/// [`CacheKey::open`]: who can read the store can then neither read tokens nor plant any.
///
/// One that is shared between processes should also offer the lock, so that one process fetches and the others wait for
/// what it gets. The rest of the methods has defaults for those that don't.
pub trait TokenCache: Send + Sync + fmt::Debug {
    /// The entry under this key, if there is one. The reader checks whether it still holds. An entry that
    /// [`CacheKey::open`] can't open is told with the error of that: it counts as none, and is replaced.
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>>;

    /// Puts an entry in the place of whatever was there. It may be dropped after `ttl`.
    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>>;

    /// Drops the entry if it still holds this token; a newer one stays. Default: does nothing.
    fn remove<'a>(&'a self, key: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        let _ = (key, token);
        Box::pin(async { Ok(()) })
    }

    /// Whether [`lock`](Self::lock) keeps others out. Default: it does not.
    fn locks(&self) -> bool {
        false
    }

    /// Tries to become the one process that fetches; `holder` is the name of this one, the same for all its life. The lock
    /// goes by itself after `ttl`, so that a process that dies or hangs holds nobody up for longer. Default: always
    /// [`Lock::Ours`].
    fn lock<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Lock, CacheError>> {
        let _ = (key, holder, ttl);
        Box::pin(async { Ok(Lock::Ours) })
    }

    /// Gives the lock back, if `holder` still has it. Default: does nothing.
    fn unlock<'a>(&'a self, key: &'a CacheKey, holder: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        let _ = (key, holder);
        Box::pin(async { Ok(()) })
    }

    /// The fetch of `holder` failed: nobody should ask Vipps before `span` is over. Until then [`lock`](Self::lock) tells
    /// everybody [`Lock::HeldOff`]. A lock that another has by now stays as it is. Default: does nothing.
    fn hold_off<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        span: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        let _ = (key, holder, span);
        Box::pin(async { Ok(()) })
    }
}

/// Who fetches now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lock {
    /// This process, until it gives the lock back. Also when it had the lock already: one whose reply was lost, or that
    /// could not be given back, is its own.
    Ours,
    /// Another process.
    Theirs,
    /// Nobody: a process asked Vipps without success. Ask again after this span.
    HeldOff(Duration),
}

/// Names one credential in one environment: a SHA-256 over environment, kind of keys, client id, secret and scope.
///
/// No subscription key: an entry says which one it came with, so that processes share that have the pair the other way
/// round, or one of the two only, as while a key is being replaced. No MSN: one partner token serves all merchants.
#[derive(Clone, derive_more::Debug)]
#[debug("CacheKey(***)")]
pub struct CacheKey {
    name: [u8; 32],
    lock_name: [u8; 32],
    seal: Arc<Seal>,
}

/// A token as a cache holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CachedToken {
    /// The token.
    pub secret: Secret,
    /// When it runs out, since the Unix epoch.
    pub expires_at: Duration,
    /// How long it was valid for when it was granted; decides when it is renewed.
    pub lifetime: Duration,
    /// How long the store itself will keep it, where it can tell: a span needs no two clocks to agree.
    pub remaining: Option<Duration>,
    /// Which subscription key of the pair it came with; none where that is unknown, and for keys that have none.
    pub subscription_key: Option<KeyFingerprint>,
}

impl CachedToken {
    /// A token with the end of its life, since the Unix epoch, and the length it had when it was granted.
    pub fn new(secret: impl Into<Secret>, expires_at: Duration, lifetime: Duration) -> Self {
        Self { secret: secret.into(), expires_at, lifetime, remaining: None, subscription_key: None }
    }

    /// The same, with what the store says of the rest of its life.
    pub fn with_remaining(self, remaining: Option<Duration>) -> Self {
        Self { remaining, ..self }
    }

    /// The same, with the subscription key that it came with.
    pub fn with_subscription_key(self, subscription_key: Option<KeyFingerprint>) -> Self {
        Self { subscription_key, ..self }
    }
}

/// Why a cache could not do its work. Events tell no more of it than a reason that is part of the program's own text
/// ([`because`](Self::because)); log the rest where it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheError {
    detail: Cow<'static, str>,
    unreadable: bool,
}

impl CacheKey {
    pub(crate) fn new(environment: &Environment, keys: &Keys) -> Self {
        let scope = match keys {
            Keys::Specialized(SpecializedKeys { scope: Some(scope), .. }) => scope,
            _ => "",
        };
        let secret = keys.client_secret().expose();
        let mut parts = vec![environment.base_url(), keys.kind(), keys.client_id(), secret, scope];
        let name = hash(&parts);
        let mut subscription_keys: Vec<_> =
            keys.standard().into_iter().flat_map(StandardKeys::subscription_keys).map(Secret::expose).collect();
        subscription_keys.sort_unstable();
        parts.extend(subscription_keys);
        Self { name, lock_name: hash(&parts), seal: Arc::new(Seal::new(keys.client_secret(), &name)) }
    }

    /// A place of its own, for a look at whether the store works.
    #[cfg(all(feature = "doctor", feature = "redis"))]
    pub(crate) fn for_doctor(environment: &Environment, keys: &Keys) -> Self {
        let name = hash(&["doctor", environment.base_url(), keys.client_id(), keys.client_secret().expose()]);
        Self { name, lock_name: name, seal: Arc::new(Seal::new(keys.client_secret(), &name)) }
    }

    /// The same entry with another lock: that of renewals in the background.
    pub(crate) fn for_renewals(&self) -> Self {
        let mut hash = digest::Context::new(&SHA256);
        hash.update(&self.lock_name);
        hash.update(b"renewals");
        Self { lock_name: finished(hash), ..self.clone() }
    }

    /// The hash itself. It reveals nothing about the credential to anybody who does not hold it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.name
    }

    /// The name of the lock: a hash over the subscription keys too, in whichever order they are. What Vipps makes of one set
    /// of keys must not hold anybody up who has another. Renewals in the background have a lock of their own, and come with
    /// another key for it.
    pub fn lock_name(&self) -> &[u8; 32] {
        &self.lock_name
    }

    /// An entry as it may leave the process: encrypted and bound to this key (AES-256-GCM), under a key that is derived
    /// from the client secret (HKDF, RFC 5869).
    pub fn seal(&self, token: &CachedToken) -> Result<Vec<u8>, CacheError> {
        self.seal.close(token)
    }

    /// A sealed entry. An error for anything that was not sealed under this very key, or was changed since.
    pub fn open(&self, sealed: &[u8]) -> Result<CachedToken, CacheError> {
        self.seal.open(sealed)
    }

    /// A mark that nobody should fetch before `end` (since the Unix epoch), which can't be forged without the credential.
    fn seal_hold_off(&self, end: Duration) -> Result<Vec<u8>, CacheError> {
        self.seal.close_hold_off(&self.lock_name, end)
    }

    /// The end that such a mark tells.
    fn open_hold_off(&self, mark: &[u8]) -> Result<Duration, CacheError> {
        self.seal.open_hold_off(&self.lock_name, mark)
    }
}

/// Names begin like this, so that an operator knows whose they are and an ACL can name them.
const PREFIX: &str = "vipps-partner-auth:1:";

/// The last byte that is read of an entry. A token takes 1 to 2 KB; who can write to the store must not make every process
/// read more than a few.
const LAST_BYTE: usize = 16 * 1024;

/// The clocks of the machines that share a cache may differ by this much.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);

/// The name under which a store holds something.
fn name(kind: &str, hash: &[u8; 32]) -> String {
    format!("{PREFIX}{kind}:{}", BASE64_URL_SAFE_NO_PAD.encode(hash))
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A token as a store holds it.
fn sealed(key: &CacheKey, token: &CachedToken) -> Result<Vec<u8>, CacheError> {
    let sealed = key.seal(token)?;
    if sealed.len() > LAST_BYTE {
        return Err(CacheError::because("the token is too long to be shared"));
    }
    Ok(sealed)
}

fn hash(parts: &[&str]) -> [u8; 32] {
    let mut hash = digest::Context::new(&SHA256);
    for part in parts {
        // The length first, so that no two lists of parts run together into the same bytes.
        hash.update(&(part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    finished(hash)
}

fn finished(hash: digest::Context) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(hash.finish().as_ref());
    name
}

impl PartialEq for CacheKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for CacheKey {}

impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl CacheError {
    /// An error with a text that holds no secret.
    pub fn new(detail: impl Into<String>) -> Self {
        Self { detail: Cow::Owned(detail.into()), unreadable: false }
    }

    /// An error with a text that is part of the program, so that [`Event::CacheFailed`](crate::Event::CacheFailed) may
    /// repeat it.
    pub fn because(reason: &'static str) -> Self {
        Self { detail: Cow::Borrowed(reason), unreadable: false }
    }

    /// What went wrong is in a log already.
    #[doc(hidden)]
    pub fn logged() -> Self {
        Self::because("the cache failed, as the log tells")
    }

    /// The store works, but what it holds can't be used: as good as nothing, and soon replaced.
    fn unreadable(reason: &'static str) -> Self {
        Self { unreadable: true, ..Self::because(reason) }
    }

    pub(crate) fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    /// What an event may tell.
    pub(crate) fn reason(&self) -> &'static str {
        match self.detail {
            Cow::Borrowed(reason) => reason,
            Cow::Owned(_) => "failed",
        }
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for CacheError {}
