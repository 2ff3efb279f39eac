//! Tokens shared through any store that keeps bytes under a name.

use std::{fmt, time::Duration};

use super::{CLOCK_DIFFERENCE, CacheError, CacheKey, CachedToken, LAST_BYTE, Lock, TokenCache, name, now, sealed};
use crate::{clock::BoxFuture, secret::Secret};

/// A store that keeps bytes under a name for some time, such as Memcached or a table of a database. [`StoreCache`] makes a
/// [`TokenCache`] of it.
///
/// Names are printable ASCII, at most 100 bytes. Values are sealed already, and at most 16 KiB. A span is in whole seconds,
/// one at least; what is older counts as not there.
pub trait KeyValueStore: Send + Sync + fmt::Debug {
    /// What is there under this name.
    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CacheError>>;

    /// Puts a value in the place of whatever was there.
    fn set<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<(), CacheError>>;

    /// The same, but only where nothing is there, in one step: of many that try at once, one is told `true`.
    fn add<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<bool, CacheError>>;

    /// Drops what is there, if anything is.
    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), CacheError>>;
}

/// One token for many processes, through a [`KeyValueStore`] of your own. Seals what it stores, and takes turns.
///
/// A store of this kind can't compare before it drops a value, so that is done in two steps. Where another process comes in
/// between, it costs one more token request.
///
/// ```
/// use std::{collections::{HashMap, hash_map::Entry}, sync::{Arc, Mutex}, time::Duration};
/// use vipps_partner_auth::{BoxFuture, CacheError, Config, KeyValueStore, StoreCache};
///
/// #[derive(Debug, Default)]
/// struct Table(Mutex<HashMap<String, Vec<u8>>>);
///
/// impl KeyValueStore for Table {
///     fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CacheError>> {
///         Box::pin(async move { Ok(self.0.lock().unwrap().get(name).cloned()) })
///     }
///
///     fn set<'a>(&'a self, name: &'a str, value: Vec<u8>, _: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
///         Box::pin(async move { Ok(drop(self.0.lock().unwrap().insert(name.to_owned(), value))) })
///     }
///
///     fn add<'a>(&'a self, name: &'a str, value: Vec<u8>, _: Duration) -> BoxFuture<'a, Result<bool, CacheError>> {
///         Box::pin(async move {
///             let mut table = self.0.lock().unwrap();
///             let Entry::Vacant(place) = table.entry(name.to_owned()) else { return Ok(false) };
///             place.insert(value);
///             Ok(true)
///         })
///     }
///
///     fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
///         Box::pin(async move { Ok(drop(self.0.lock().unwrap().remove(name))) })
///     }
/// }
///
/// let config = Config::default().token_cache(Arc::new(StoreCache::new(Table::default())));
/// ```
#[derive(Debug, Clone)]
pub struct StoreCache<S>(S);

impl<S: KeyValueStore> StoreCache<S> {
    /// A cache in this store. Nothing is asked before a token is needed.
    pub fn new(store: S) -> Self {
        Self(store)
    }

    async fn entry(&self, name: &str) -> Result<Option<Vec<u8>>, CacheError> {
        let found = self.0.get(name).await?;
        if found.as_ref().is_some_and(|found| found.len() > LAST_BYTE) {
            return Err(CacheError::unreadable("the entry is of another kind: it is too long"));
        }
        Ok(found)
    }

    async fn is_held_by(&self, name: &str, holder: &str) -> Result<bool, CacheError> {
        Ok(self.entry(name).await?.is_some_and(|held| held == holder.as_bytes()))
    }
}

impl<S: KeyValueStore> TokenCache for StoreCache<S> {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        Box::pin(async move {
            let found = self.entry(&name("token", key.as_bytes())).await?;
            found.map(|sealed| key.open(&sealed)).transpose()
        })
    }

    fn store<'a>(
        &'a self,
        key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let sealed = sealed(key, &token)?;
            self.0.set(&name("token", key.as_bytes()), sealed, in_seconds(ttl)).await
        })
    }

    fn remove<'a>(&'a self, key: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let name = name("token", key.as_bytes());
            let Some(sealed) = self.entry(&name).await? else { return Ok(()) };
            match key.open(&sealed) {
                Ok(found) if found.secret == *token => self.0.delete(&name).await,
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
            if self.0.add(&name, holder.into(), in_seconds(ttl)).await? {
                return Ok(Lock::Ours);
            }
            match self.entry(&name).await? {
                // Its own: the reply to an earlier try was lost, or it could not be given back.
                Some(held) if held == holder.as_bytes() => Ok(Lock::Ours),
                Some(held) => locked(key, &held),
                None => Ok(Lock::Theirs),
            }
        })
    }

    fn unlock<'a>(&'a self, key: &'a CacheKey, holder: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let name = name("lock", key.lock_name());
            if self.is_held_by(&name, holder).await? {
                self.0.delete(&name).await?;
            }
            Ok(())
        })
    }

    fn hold_off<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        span: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(async move {
            let name = name("lock", key.lock_name());
            let mark = key.seal_hold_off(now().saturating_add(span))?;
            if self.is_held_by(&name, holder).await? {
                self.0.set(&name, mark, in_seconds(span)).await?;
            } else {
                self.0.add(&name, mark, in_seconds(span)).await?;
            }
            Ok(())
        })
    }
}

/// What a lock means that another process set. A mark is believed until its own end; a store may keep it for longer, but
/// not much.
fn locked(key: &CacheKey, held: &[u8]) -> Result<Lock, CacheError> {
    let Ok(end) = key.open_hold_off(held) else { return Ok(Lock::Theirs) };
    if end.saturating_add(CLOCK_DIFFERENCE) < now() {
        return Err(CacheError::because("the lock in the store is an old one: it keeps what it was to drop"));
    }
    Ok(Lock::HeldOff(end.saturating_sub(now()).max(SECOND)))
}

fn in_seconds(span: Duration) -> Duration {
    let whole = Duration::from_secs(span.as_secs());
    if whole < span { whole.saturating_add(SECOND) } else { whole.max(SECOND) }
}

const SECOND: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::{
        collections::{HashMap, hash_map},
        sync::{Arc, Mutex},
    };

    use futures_util::FutureExt;

    use super::*;
    use crate::{environment::Environment, keys::PartnerKeys};

    /// Keeps everything for ever, and remembers for how long it was asked to.
    #[derive(Debug, Default, Clone)]
    struct Table(Arc<Mutex<HashMap<String, Entry>>>);

    type Entry = (Vec<u8>, Duration);

    impl KeyValueStore for Table {
        fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, CacheError>> {
            let found = self.0.lock().expect("no panic").get(name).map(|(value, _)| value.clone());
            Box::pin(async { Ok(found) })
        }

        fn set<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<(), CacheError>> {
            self.0.lock().expect("no panic").insert(name.to_owned(), (value, ttl));
            Box::pin(async { Ok(()) })
        }

        fn add<'a>(&'a self, name: &'a str, value: Vec<u8>, ttl: Duration) -> BoxFuture<'a, Result<bool, CacheError>> {
            let mut table = self.0.lock().expect("no panic");
            let place = table.entry(name.to_owned());
            let is_free = matches!(place, hash_map::Entry::Vacant(_));
            place.or_insert((value, ttl));
            Box::pin(async move { Ok(is_free) })
        }

        fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
            self.0.lock().expect("no panic").remove(name);
            Box::pin(async { Ok(()) })
        }
    }

    fn key() -> CacheKey {
        let keys = PartnerKeys::new("client", "secret", "key").expect("good keys");
        CacheKey::new(&Environment::Production, &keys.into())
    }

    fn at_once<T>(work: BoxFuture<'_, Result<T, CacheError>>) -> Result<T, CacheError> {
        work.now_or_never().expect("at once")
    }

    fn lock(cache: &StoreCache<Table>, holder: &str) -> Result<Lock, CacheError> {
        at_once(cache.lock(&key(), holder, SECOND * 5))
    }

    #[test]
    fn what_was_stored_is_found_and_nobody_can_read_it_there() {
        let table = Table::default();
        let key = key();
        let cache = StoreCache::new(table.clone());
        let token = CachedToken::new("token-1", SECOND, SECOND);
        assert_eq!(at_once(cache.load(&key)), Ok(None));
        at_once(cache.store(&key, token.clone(), Duration::from_millis(90_100))).expect("stored");
        assert_eq!(at_once(cache.load(&key)), Ok(Some(token)));
        let (name, (value, ttl)) = table.0.lock().expect("no panic").clone().into_iter().next().expect("one");
        assert!(name.starts_with("vipps-partner-auth:1:token:") && name.is_ascii() && name.len() <= 100);
        assert_eq!(ttl, SECOND * 91);
        assert!(!value.windows(7).any(|window| window == b"token-1"));
        at_once(cache.remove(&key, &"another".into())).expect("nothing to do");
        assert_eq!(table.0.lock().expect("no panic").len(), 1);
        at_once(cache.remove(&key, &"token-1".into())).expect("removed");
        assert_eq!(table.0.lock().expect("no panic").len(), 0);
    }

    #[test]
    fn what_is_not_ours_counts_as_none() {
        let table = Table::default();
        let key = key();
        let cache = StoreCache::new(table.clone());
        for garbage in [b"".to_vec(), b"garbage".to_vec(), vec![2; LAST_BYTE], vec![2; LAST_BYTE + 1]] {
            at_once(table.set(&name("token", key.as_bytes()), garbage, SECOND)).expect("set");
            assert!(at_once(cache.load(&key)).expect_err("garbage").is_unreadable());
        }
    }

    #[test]
    fn one_has_the_lock_until_it_gives_it_back() {
        let cache = StoreCache::new(Table::default());
        assert_eq!(lock(&cache, "a"), Ok(Lock::Ours));
        assert_eq!(lock(&cache, "a"), Ok(Lock::Ours), "its reply was lost");
        assert_eq!(lock(&cache, "b"), Ok(Lock::Theirs));
        at_once(cache.unlock(&key(), "b")).expect("nothing to do");
        assert_eq!(lock(&cache, "b"), Ok(Lock::Theirs));
        at_once(cache.unlock(&key(), "a")).expect("given back");
        assert_eq!(lock(&cache, "b"), Ok(Lock::Ours));
    }

    #[test]
    fn a_mark_holds_everybody_off_and_takes_no_lock_of_another() {
        let cache = StoreCache::new(Table::default());
        assert_eq!(lock(&cache, "a"), Ok(Lock::Ours));
        at_once(cache.hold_off(&key(), "b", SECOND * 30)).expect("too late");
        assert_eq!(lock(&cache, "a"), Ok(Lock::Ours));
        at_once(cache.hold_off(&key(), "a", SECOND * 30)).expect("marked");
        for holder in ["a", "b"] {
            let Ok(Lock::HeldOff(span)) = lock(&cache, holder) else { panic!("{holder} is held off") };
            assert!(span > SECOND * 20 && span <= SECOND * 30);
        }
    }

    #[test]
    fn a_store_that_does_not_forget_holds_nobody_off_for_ever() {
        let key = key();
        let told = |end: Duration| locked(&key, &key.seal_hold_off(end).expect("sealed"));
        assert_eq!(told(now().saturating_sub(SECOND * 30)), Ok(Lock::HeldOff(SECOND)));
        assert!(told(now().saturating_sub(SECOND * 61)).is_err());
        assert_eq!(locked(&key, b"another process"), Ok(Lock::Theirs));
    }

    #[test]
    fn spans_are_in_whole_seconds() {
        let seconds = |millis| in_seconds(Duration::from_millis(millis)).as_secs();
        assert_eq!([seconds(0), seconds(1), seconds(1_000), seconds(1_001)], [1, 1, 1, 2]);
        assert!(in_seconds(Duration::MAX) >= Duration::from_secs(u64::MAX));
    }
}
