//! A shared cache that does as it is told.

use std::{
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use vipps_partner_auth::{BoxFuture, CacheError, CacheKey, CachedToken, Config, Keys, TokenCache};

use super::{World, partner_of};

/// The key that a shared cache is asked for with these keys.
pub(crate) async fn cache_key(keys: impl Into<Keys>, configure: impl FnOnce(Config) -> Config) -> CacheKey {
    let world = World::new();
    let cache = Arc::new(FakeCache::default());
    let partner = partner_of(keys, configure(world.config().token_cache(cache.clone())));
    partner.headers().await.expect("a token");
    cache.first_key_asked_for()
}

/// Holds one entry whatever the key, and can be out of order.
#[derive(Debug, Default)]
pub(crate) struct FakeCache(Mutex<Inside>);

#[derive(Debug, Default)]
pub(crate) struct Inside {
    pub(crate) entry: Option<CachedToken>,
    pub(crate) load_fault: Option<Fault>,
    pub(crate) store_fault: Option<Fault>,
    /// The keys that were asked for.
    pub(crate) loads: Vec<CacheKey>,
    pub(crate) stores: Vec<(CacheKey, CachedToken, Duration)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Error,
    Hang,
}

impl FakeCache {
    /// A cache that holds this token.
    pub(crate) fn holding(secret: &str, expires_at: Duration, lifetime: Duration) -> Self {
        let cache = Self::default();
        cache.put(secret, expires_at, lifetime);
        cache
    }

    pub(crate) fn put(&self, secret: &str, expires_at: Duration, lifetime: Duration) {
        self.inside().entry = Some(CachedToken::new(secret, expires_at, lifetime));
    }

    pub(crate) fn failing(load: Option<Fault>, store: Option<Fault>) -> Self {
        Self(Mutex::new(Inside { load_fault: load, store_fault: store, ..Inside::default() }))
    }

    pub(crate) fn first_key_asked_for(&self) -> CacheKey {
        self.inside().loads[0].clone()
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("no test panics here")
    }
}

impl TokenCache for FakeCache {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        let mut inside = self.inside();
        inside.loads.push(key.clone());
        let entry = inside.entry.clone();
        outcome(inside.load_fault, entry)
    }

    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        let mut inside = self.inside();
        inside.stores.push((key.clone(), token.clone(), ttl));
        if inside.store_fault.is_none() {
            inside.entry = Some(token);
        }
        outcome(inside.store_fault, ())
    }
}

fn outcome<'a, T: Send + 'a>(fault: Option<Fault>, good: T) -> BoxFuture<'a, Result<T, CacheError>> {
    match fault {
        None => Box::pin(async { Ok(good) }),
        Some(Fault::Error) => Box::pin(async { Err(CacheError::new("out of order")) }),
        Some(Fault::Hang) => Box::pin(pending()),
    }
}
