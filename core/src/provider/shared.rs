//! The shared cache, whose trouble is never an error of a call, and the turns that processes take at fetching.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};

use super::{Arrival, Held, LAST_SECONDS, TokenProvider, credential::Credential, margin};
use crate::{
    cache::{CACHE_PATIENCE, CacheError, CacheKey, CachedToken, KeyFingerprint, Lock, TokenCache},
    clock::Clock,
    config::Config,
    environment::Environment,
    error::{Error, Result},
    event::Event,
    keys::Keys,
    random,
    renewing::{Attempt, NotFetched},
    token::{AccessToken, LONGEST_LIFETIME, is_token},
};

/// A store that other processes may share.
#[derive(Debug)]
pub(super) struct SharedCache {
    store: Arc<dyn TokenCache>,
    /// The name of this process at the lock. One for its life, so that it knows a lock that is its own.
    holder: String,
}

/// The place of one set of keys in it.
#[derive(Debug)]
pub(super) struct Place {
    key: CacheKey,
    /// Its lock is that of renewals in the background. After one that failed the others need not ask for a long time, and
    /// yet whoever has no usable token may.
    renewal_key: CacheKey,
    has_lock: AtomicBool,
}

/// The clocks of the machines that share a cache may differ by this much.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(60);
/// Longer than a fetch takes on a good day. A process that died or hangs holds nobody up for longer.
const LOCK_LIFE: Duration = Duration::from_secs(5);
/// Long enough for one process to die as it fetches and for another to take its place: were all to go on when the first
/// lock ends, they would do so at once.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(2 * LOCK_LIFE.as_secs());
/// A token that another process got so recently shows that keys on trial are good.
const RECENT: Duration = Duration::from_secs(10 * 60);
/// Between two looks at what another process fetches, before jitter.
const LOOK_GAP: Duration = Duration::from_millis(50);

/// How a fetch goes on after the shared cache was asked.
enum Turn {
    /// Another process had the token.
    Found(Arrival),
    /// This process asks Vipps.
    Ours,
    /// Nobody asks Vipps now.
    NotNow(NotFetched),
}

/// What the shared cache had.
enum Look {
    Found(Arrival),
    Nothing,
    Broken,
}

impl SharedCache {
    pub(super) fn new(config: &Config) -> Result<Option<Self>> {
        let Some(store) = config.shared_cache()? else { return Ok(None) };
        Ok(Some(Self { store, holder: random::unguessable()? }))
    }
}

impl Place {
    pub(super) fn new(environment: &Environment, keys: &Keys) -> Self {
        let key = CacheKey::new(environment, keys);
        Self { renewal_key: key.for_renewals(), key, has_lock: AtomicBool::new(false) }
    }

    /// The key whose lock this fetch takes.
    fn lock_key(&self, attempt: &Attempt) -> &CacheKey {
        if attempt.in_background { &self.renewal_key } else { &self.key }
    }
}

/// One fetch with its keys.
#[derive(Clone, Copy)]
pub(super) struct Fetch<'a> {
    pub(super) credential: &'a Credential,
    pub(super) attempt: &'a Attempt,
}

impl TokenProvider {
    /// One process fetches, the others wait for what it gets.
    pub(super) async fn fetch_in_turn(
        &self,
        cache: &SharedCache,
        place: &Place,
        fetch: Fetch<'_>,
    ) -> Result<Arrival, NotFetched> {
        match self.turn(cache, place, fetch).await {
            Turn::Found(arrival) => Ok(arrival),
            Turn::Ours => Ok(self.fetch_from_vipps(fetch.credential, fetch.attempt).await?),
            Turn::NotNow(not_fetched) => Err(not_fetched),
        }
    }

    /// When the one that fetches has kept the others waiting for as long as a lock lives, one of them takes its place.
    async fn turn(&self, cache: &SharedCache, place: &Place, fetch: Fetch<'_>) -> Turn {
        let attempt = fetch.attempt;
        let deadline = self.clock.now().plus(PATIENCE_WITH_OTHERS.min(self.deadline));
        let lock_key = place.lock_key(attempt);
        let mut told = false;
        loop {
            let look = self.look(cache, place, fetch, &mut told).await;
            if let Look::Found(arrival) = look {
                return Turn::Found(arrival);
            }
            if let Some(error) = &attempt.in_pause {
                return Turn::NotNow(error.clone().into());
            }
            if matches!(look, Look::Broken) || !cache.store.locks() {
                return Turn::Ours;
            }
            match self.patiently("lock", async { cache.store.lock(lock_key, &cache.holder, LOCK_LIFE).await }).await {
                Some(Lock::Ours) => {
                    place.has_lock.store(true, Relaxed);
                    return self.turn_with_lock(cache, place, fetch, &mut told).await;
                }
                Some(Lock::HeldOff(span)) => return Turn::NotNow(held_off(span, attempt)),
                Some(Lock::Theirs) if self.clock.now().is_before(deadline) => {}
                Some(Lock::Theirs) if !attempt.is_awaited() => return Turn::NotNow(held_off(LOCK_LIFE, attempt)),
                Some(Lock::Theirs) | None => return Turn::Ours,
            }
            self.clock.sleep(LOOK_GAP + self.jitter.up_to(LOOK_GAP)).await;
        }
    }

    /// Whoever had the lock before may have stored a token since this process looked.
    async fn turn_with_lock(&self, cache: &SharedCache, place: &Place, fetch: Fetch<'_>, told: &mut bool) -> Turn {
        let Look::Found(arrival) = self.look(cache, place, fetch, told).await else { return Turn::Ours };
        self.unlock(fetch.credential, fetch.attempt).await;
        Turn::Found(arrival)
    }

    /// An entry that can't be read is none, and told once (`told`) however often it is looked at.
    async fn look(&self, cache: &SharedCache, place: &Place, fetch: Fetch<'_>, told: &mut bool) -> Look {
        let fault = match within(&*self.clock, async { cache.store.load(&place.key).await }).await {
            Ok(found) => {
                let arrival = found.and_then(|found| self.taken_over(found, fetch));
                return arrival.map_or(Look::Nothing, Look::Found);
            }
            Err(fault) => fault,
        };
        if !fault.unreadable || !std::mem::replace(told, true) {
            self.cache_failed("load", &fault);
        }
        if fault.unreadable { Look::Nothing } else { Look::Broken }
    }

    fn taken_over(&self, found: CachedToken, fetch: Fetch<'_>) -> Option<Arrival> {
        let now = self.clock.now();
        let left = found.expires_at.checked_sub(now.wall)?;
        let plausible = found.lifetime <= LONGEST_LIFETIME && left <= found.lifetime + CLOCK_DIFFERENCE;
        let left = left.min(found.lifetime).min(found.remaining.unwrap_or(left));
        if !plausible || left <= least_life(fetch, found.lifetime) || !is_token(found.secret.expose()) {
            return None;
        }
        let credential = fetch.credential;
        let second_key = key_of(credential, found.subscription_key)?;
        let was_refused = self.memory().refused.iter().any(|token| *token.as_secret() == found.secret);
        // One that came with the second key says nothing of the first.
        if was_refused || (credential.is_on_trial && second_key) {
            return None;
        }
        credential.use_key(second_key);
        let expires = now.plus(left);
        Some(Arrival { secret: found.secret, lifetime: found.lifetime, expires, second_key, from_cache: true })
    }

    /// The token is there; nobody here need wait until others can find it too.
    pub(super) fn share(self: &Arc<Self>, held: Arc<Held>, attempt: &Attempt) {
        let provider = self.clone();
        let attempt = attempt.clone();
        self.executor().spawn_detached(async move {
            let credential = &held.credential;
            let (Some(cache), Some(place)) = (&provider.cache, &credential.place) else { return };
            let arrival = &held.arrival;
            let left = provider.clock.now().until(arrival.expires);
            let key = credential.subscription_key(arrival.second_key);
            let token = CachedToken::new(arrival.secret.expose(), arrival.expires.wall, arrival.lifetime)
                .with_subscription_key(key.map(KeyFingerprint::of));
            provider.patiently("store", async { cache.store.store(&place.key, token, left).await }).await;
            provider.unlock(credential, &attempt).await;
        });
    }

    /// Vipps gave no token: the other processes need not all find that out by themselves. A connection that was never
    /// made says more of this machine than of Vipps.
    pub(super) fn pause_others(
        self: &Arc<Self>,
        credential: Arc<Credential>,
        error: &Error,
        span: Duration,
        attempt: &Attempt,
    ) {
        let of_vipps = error.retryable() && (error.status().is_some() || error.may_have_been_sent());
        let provider = self.clone();
        let attempt = attempt.clone();
        self.executor().spawn_detached(async move {
            let (Some(cache), Some(place)) = (&provider.cache, &credential.place) else { return };
            if !of_vipps {
                return provider.unlock(&credential, &attempt).await;
            }
            if place.has_lock.swap(false, Relaxed) {
                let work = async { cache.store.hold_off(place.lock_key(&attempt), &cache.holder, span).await };
                provider.patiently("hold_off", work).await;
            }
        });
    }

    pub(super) async fn unlock(&self, credential: &Credential, attempt: &Attempt) {
        let (Some(cache), Some(place)) = (&self.cache, &credential.place) else { return };
        if place.has_lock.swap(false, Relaxed) {
            let work = async { cache.store.unlock(place.lock_key(attempt), &cache.holder).await };
            self.patiently("unlock", work).await;
        }
    }

    /// A token that was dropped must not go on being handed to other processes.
    pub(super) fn withdraw(self: &Arc<Self>, token: &AccessToken) {
        let provider = self.clone();
        let token = token.clone();
        self.executor().spawn_detached(async move {
            let credential = provider.credential.load_full();
            let (Some(cache), Some(place)) = (&provider.cache, &credential.place) else { return };
            let work = async { cache.store.remove(&place.key, token.as_secret()).await };
            provider.patiently("remove", work).await;
        });
    }

    async fn patiently<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, CacheError>> + Send,
    ) -> Option<T> {
        match within(&*self.clock, work).await {
            Ok(done) => Some(done),
            Err(fault) => {
                self.cache_failed(operation, &fault);
                None
            }
        }
    }

    fn cache_failed(&self, operation: &'static str, fault: &Fault) {
        self.events.tell(Event::CacheFailed { operation, detail: fault.detail });
    }
}

/// What went wrong with a shared cache, in words that may be told.
struct Fault {
    detail: &'static str,
    unreadable: bool,
}

/// A cache may be the user's own code: it has little time, and a panic in it is a fault like any other.
async fn within<T>(clock: &dyn Clock, work: impl Future<Output = Result<T, CacheError>> + Send) -> Result<T, Fault> {
    let fault = |detail| Fault { detail, unreadable: false };
    let work = pin!(AssertUnwindSafe(work).catch_unwind());
    match select(work, clock.sleep(CACHE_PATIENCE)).await {
        Either::Left((Ok(Ok(done)), _)) => Ok(done),
        Either::Left((Ok(Err(error)), _)) => Err(Fault { detail: error.reason(), unreadable: error.is_unreadable() }),
        Either::Left((Err(_), _)) => Err(fault("the cache panicked")),
        Either::Right(_) => Err(fault("no answer in time")),
    }
}

/// What a shared token must still have before it. One that would have to be renewed at once is no renewal.
fn least_life(fetch: Fetch<'_>, lifetime: Duration) -> Duration {
    match fetch {
        _ if fetch.credential.is_on_trial => lifetime.saturating_sub(RECENT).max(margin(lifetime)),
        _ if fetch.attempt.replaces => margin(lifetime),
        _ => LAST_SECONDS,
    }
}

/// Which key of the own pair a shared token came with; `None` if with neither, so that it can't be used here.
fn key_of(credential: &Credential, fingerprint: Option<KeyFingerprint>) -> Option<bool> {
    let Some(fingerprint) = fingerprint else { return Some(credential.uses_second_key()) };
    let is_of = |second: &bool| {
        let key = credential.subscription_key(*second);
        key.is_some_and(|key| KeyFingerprint::of(key) == fingerprint)
    };
    [false, true].into_iter().find(is_of)
}

/// The pause of renewals is theirs alone: whoever needs a token sooner asks for it.
fn held_off(span: Duration, attempt: &Attempt) -> NotFetched {
    let error = Error::unavailable("another process asked Vipps for a token and got none");
    if attempt.in_background {
        return NotFetched { error, no_renewal_for: Some(span) };
    }
    error.with_retry_after(Some(span)).into()
}
