//! Tokens shared within one process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{CacheError, CacheKey, CachedToken, TokenCache};
use crate::{clock::BoxFuture, secret::Secret};

/// A [`TokenCache`] within one process, for applications that build more than one [`Partner`](crate::Partner) with
/// the same keys.
///
/// It holds one entry for each set of keys, and drops it when its life is over. It has no lock: two that start at the
/// same moment fetch a token each.
///
/// ```
/// use std::sync::Arc;
/// use vipps_partner_auth::{Config, MemoryCache};
///
/// let cache = Arc::new(MemoryCache::default());
/// let (first, second) = (Config::default().token_cache(cache.clone()), Config::default().token_cache(cache));
/// ```
#[derive(Clone, Default, derive_more::Debug)]
#[debug("MemoryCache {{ entries: {:?} }}", self.entries().len())]
pub struct MemoryCache(Arc<Mutex<HashMap<CacheKey, Entry>>>);

struct Entry {
    token: CachedToken,
    /// None: later than this machine can tell.
    end: Option<Instant>,
}

impl MemoryCache {
    /// Those whose life is not over.
    fn entries(&self) -> MutexGuard<'_, HashMap<CacheKey, Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        entries.retain(|_, entry| entry.end.is_none_or(|end| now < end));
        entries
    }
}

impl TokenCache for MemoryCache {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        let found = self.entries().get(key).map(|entry| entry.token.clone());
        Box::pin(async { Ok(found) })
    }

    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        let entry = Entry { token, end: Instant::now().checked_add(ttl) };
        self.entries().insert(key.clone(), entry);
        Box::pin(async { Ok(()) })
    }

    fn remove<'a>(&'a self, key: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        self.entries().retain(|known, entry| known != key || entry.token.secret != *token);
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::{environment::Environment, keys::PartnerKeys};

    const SECOND: Duration = Duration::from_secs(1);

    fn key(client_id: &str) -> CacheKey {
        let keys = PartnerKeys::new(client_id, "secret", "key").expect("good keys");
        CacheKey::new(&Environment::Production, &keys.into())
    }

    fn token(secret: &str) -> CachedToken {
        CachedToken::new(secret, SECOND, SECOND)
    }

    fn store(cache: &MemoryCache, client_id: &str, secret: &str, ttl: Duration) {
        cache.store(&key(client_id), token(secret), ttl).now_or_never().expect("at once").expect("stored");
    }

    fn load(cache: &MemoryCache, client_id: &str) -> Option<CachedToken> {
        cache.load(&key(client_id)).now_or_never().expect("at once").expect("loaded")
    }

    fn remove(cache: &MemoryCache, client_id: &str, secret: &str) {
        cache.remove(&key(client_id), &secret.into()).now_or_never().expect("at once").expect("removed");
    }

    #[test]
    fn each_set_of_keys_has_one_entry() {
        let cache = MemoryCache::default();
        store(&cache, "a", "token-1", Duration::MAX);
        store(&cache, "a", "token-2", SECOND * 3_600);
        store(&cache.clone(), "b", "token-3", SECOND * 3_600);
        assert_eq!((load(&cache, "a"), load(&cache, "b")), (Some(token("token-2")), Some(token("token-3"))));
        assert_eq!(format!("{cache:?}"), "MemoryCache { entries: 2 }");
    }

    #[test]
    fn what_has_run_out_is_dropped_by_whoever_comes_next() {
        let cache = MemoryCache::default();
        for number in 0..100 {
            store(&cache, &number.to_string(), "token", Duration::ZERO);
        }
        store(&cache, "a", "token-1", SECOND * 3_600);
        assert_eq!(cache.0.lock().expect("no panic").len(), 1);
        store(&cache, "b", "token-2", Duration::ZERO);
        assert_eq!(load(&cache, "b"), None);
    }

    #[test]
    fn an_entry_is_removed_only_while_it_holds_this_token() {
        let cache = MemoryCache::default();
        store(&cache, "a", "newer", SECOND * 3_600);
        store(&cache, "b", "token-1", SECOND * 3_600);
        remove(&cache, "a", "token-1");
        assert_eq!((load(&cache, "a"), load(&cache, "b")), (Some(token("newer")), Some(token("token-1"))));
        remove(&cache, "b", "token-1");
        assert_eq!((load(&cache, "a"), load(&cache, "b")), (Some(token("newer")), None));
    }
}
