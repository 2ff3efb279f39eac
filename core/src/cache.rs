//! A token store that several [`Partner`](crate::Partner) objects, or several processes, share.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{self, SHA256};

use crate::{
    clock::BoxFuture,
    config::Environment,
    keys::{Keys, SpecializedKeys},
    secret::Secret,
};

/// A store for tokens beyond one [`Partner`](crate::Partner). Looked up after its own memory and before Vipps.
///
/// Trouble here is never an error of a call: it is told as an event and the call goes on without the cache.
/// Entries are secrets; an implementation that leaves the process must seal them.
pub trait TokenCache: Send + Sync + fmt::Debug {
    /// The entry under this key, if there is one. Whoever reads it checks whether it still holds.
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>>;

    /// Puts an entry in the place of whatever was there. It may be dropped after `ttl`.
    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>>;
}

/// Names one credential in one environment: a SHA-256 over environment, kind of keys, client id, secret, subscription
/// key and scope. No MSN: one partner token serves all merchants.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

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
}

impl CachedToken {
    /// A token with the end of its life, since the Unix epoch, and the length it had when it was granted.
    pub fn new(secret: impl Into<Secret>, expires_at: Duration, lifetime: Duration) -> Self {
        Self { secret: secret.into(), expires_at, lifetime }
    }
}

/// Why a cache could not do its work. This library tells only that it failed; log the reason where it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheError(String);

impl CacheKey {
    pub(crate) fn new(environment: &Environment, keys: &Keys) -> Self {
        let subscription_key = keys.standard().map_or("", |keys| keys.subscription_key.expose());
        let scope = match keys {
            Keys::Specialized(SpecializedKeys { scope: Some(scope), .. }) => scope,
            _ => "",
        };
        let secret = keys.client_secret().expose();
        let mut hash = digest::Context::new(&SHA256);
        for part in [environment.base_url(), keys.kind(), keys.client_id(), secret, subscription_key, scope] {
            // The length first, so that no two lists of parts run together into the same bytes.
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut key = [0; 32];
        key.copy_from_slice(hash.finish().as_ref());
        Self(key)
    }

    /// The hash itself.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CacheKey(***)")
    }
}

impl CacheError {
    /// An error with a text that holds no secret.
    pub fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}

impl fmt::Display for CacheError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CacheError {}

/// A [`TokenCache`] within one process, for applications that build more than one [`Partner`](crate::Partner) with
/// the same keys.
///
/// ```
/// use std::sync::Arc;
/// use vipps_partner_auth::{Config, MemoryCache};
///
/// let cache = Arc::new(MemoryCache::default());
/// let (first, second) = (Config::default().token_cache(cache.clone()), Config::default().token_cache(cache));
/// ```
#[derive(Clone, Default)]
pub struct MemoryCache(Arc<Mutex<HashMap<CacheKey, CachedToken>>>);

impl MemoryCache {
    fn entries(&self) -> MutexGuard<'_, HashMap<CacheKey, CachedToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenCache for MemoryCache {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        let found = self.entries().get(key).cloned();
        Box::pin(async move { Ok(found) })
    }

    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        _ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        self.entries().insert(key.clone(), token);
        Box::pin(async { Ok(()) })
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").field("entries", &self.entries().len()).finish()
    }
}
