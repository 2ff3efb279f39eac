//! The shared cache, whose trouble is never an error of a call, and the turns that processes take at fetching.

use std::{sync::Arc, time::Duration};

use futures_util::future::{Either, select};

use super::{Arrival, Errand, Held, LAST_SECONDS, TokenProvider, margin};
use crate::{
    cache::{self, CacheError, CacheKey, CachedToken, KeyFingerprint, TokenCache},
    clock::{BoxFuture, Clock},
    event::Event,
    flight::runtime,
    random,
    token::{AccessToken, LONGEST_LIFETIME, is_token},
};

/// The clocks of the machines that share a cache may differ by this much.
const CLOCK_DIFFERENCE: Duration = Duration::from_mins(1);
/// A shared cache that does not answer is gone without.
const CACHE_PATIENCE: Duration = Duration::from_secs(1);
/// Longer than a fetch takes on a good day. A process that died or hangs holds nobody up for longer.
const LOCK_LIFE: Duration = Duration::from_secs(5);
/// Long enough for one process to die as it fetches and for another to take its place: were all to go on when the first
/// lock ends, they would do so at once.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(2 * LOCK_LIFE.as_secs());
/// Between two looks at what another process fetches, before jitter.
const LOOK_GAP: Duration = Duration::from_millis(50);

/// How a fetch goes on after the shared cache was asked.
pub(super) enum Turn {
    /// Another process had the token.
    Found(Arc<Held>),
    /// This process asks Vipps, and the others wait for it if it holds the lock.
    Ours(Option<Lock>),
}

/// The right to fetch for all processes, for a few seconds.
pub(super) struct Lock {
    holder: String,
}

/// What the shared cache had.
enum Look {
    Found(Arc<Held>),
    Nothing,
    Broken,
}

impl TokenProvider {
    /// One process fetches, the others wait for what it gets. When it has kept them waiting for as long as a lock lives,
    /// one of them takes its place.
    pub(super) async fn turn(&self, errand: Errand) -> Turn {
        let Some((cache, key)) = &self.cache else { return Turn::Ours(None) };
        let Ok(holder) = random::unguessable() else { return Turn::Ours(None) };
        let deadline = self.clock.now().plus(PATIENCE_WITH_OTHERS.min(self.deadline));
        let mut told = false;
        loop {
            match self.look(&**cache, key, errand, &mut told).await {
                Look::Found(held) => return Turn::Found(held),
                Look::Nothing if cache.locks() && !self.is_held_off() => {}
                Look::Nothing | Look::Broken => return Turn::Ours(None),
            }
            match self.patiently("lock", cache.lock(key, &holder, LOCK_LIFE)).await {
                Some(cache::Lock::Ours) => {
                    return self.turn_with(Lock { holder }, &**cache, key, errand, &mut told).await;
                }
                Some(_) if self.clock.now().is_before(deadline) => {}
                Some(_) | None => return Turn::Ours(None),
            }
            self.clock.sleep(LOOK_GAP + random::up_to(LOOK_GAP)).await;
        }
    }

    /// Whoever had the lock before may have stored a token since this process looked.
    async fn turn_with(
        &self,
        lock: Lock,
        cache: &dyn TokenCache,
        key: &CacheKey,
        errand: Errand,
        told: &mut bool,
    ) -> Turn {
        let Look::Found(held) = self.look(cache, key, errand, told).await else { return Turn::Ours(Some(lock)) };
        self.give_back(lock).await;
        Turn::Found(held)
    }

    /// An entry that can't be read is none, and told once (`told`) however often it is looked at.
    async fn look(&self, cache: &dyn TokenCache, key: &CacheKey, errand: Errand, told: &mut bool) -> Look {
        let fault = match within(CACHE_PATIENCE, &*self.clock, cache.load(key)).await {
            Ok(found) => {
                return found.and_then(|found| self.taken_over(found, errand)).map_or(Look::Nothing, Look::Found);
            }
            Err(fault) => fault,
        };
        if !fault.unreadable || !std::mem::replace(told, true) {
            self.cache_failed("load", &fault);
        }
        if fault.unreadable { Look::Nothing } else { Look::Broken }
    }

    fn taken_over(&self, found: CachedToken, errand: Errand) -> Option<Arc<Held>> {
        let now = self.clock.now();
        let left = found.expires_at.checked_sub(now.wall)?;
        let plausible = found.lifetime <= LONGEST_LIFETIME && left <= found.lifetime + CLOCK_DIFFERENCE;
        let left = left.min(found.lifetime).min(found.remaining.unwrap_or(left));
        let refused = self.control().refused.as_ref().is_some_and(|token| *token.as_secret() == found.secret);
        if !plausible || refused || left <= errand.least_life(found.lifetime) || !is_token(found.secret.expose()) {
            return None;
        }
        let expires = now.plus(left);
        self.hold(&Arrival { secret: found.secret, lifetime: found.lifetime, expires }).ok()
    }

    pub(super) async fn share(&self, arrival: &Arrival) {
        let Some((cache, key)) = &self.cache else { return };
        let left = self.clock.now().until(arrival.expires);
        let subscription_key = self.credential.subscription_key(self.control().second_key_active);
        let token = CachedToken::new(arrival.secret.expose(), arrival.expires.wall, arrival.lifetime)
            .with_subscription_key(subscription_key.map(KeyFingerprint::of));
        self.patiently("store", cache.store(key, token, left)).await;
    }

    pub(super) async fn give_back(&self, lock: Lock) {
        let Some((cache, key)) = &self.cache else { return };
        self.patiently("unlock", cache.unlock(key, &lock.holder)).await;
    }

    /// A token that was refused must not go on being handed to other processes. Behind the caller, who can't wait.
    pub(super) fn withdraw(&self, token: &AccessToken) {
        let Some((cache, key)) = self.cache.clone() else { return };
        let Ok(runtime) = runtime(self.runtime.as_ref()) else { return };
        let (clock, events, token) = (self.clock.clone(), self.events.clone(), token.clone());
        runtime.spawn(async move {
            let work = cache.remove(&key, token.as_secret());
            if let Err(Fault { detail, .. }) = within(CACHE_PATIENCE, &*clock, work).await {
                events.tell(Event::CacheFailed { operation: "remove", detail });
            }
        });
    }

    async fn patiently<T>(&self, operation: &'static str, work: BoxFuture<'_, Result<T, CacheError>>) -> Option<T> {
        match within(CACHE_PATIENCE, &*self.clock, work).await {
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

async fn within<T>(
    patience: Duration,
    clock: &dyn Clock,
    work: BoxFuture<'_, Result<T, CacheError>>,
) -> Result<T, Fault> {
    match select(work, clock.sleep(patience)).await {
        Either::Left((Ok(done), _)) => Ok(done),
        Either::Left((Err(error), _)) => Err(Fault { detail: error.reason(), unreadable: error.is_unreadable() }),
        Either::Right(_) => Err(Fault { detail: "no answer in time", unreadable: false }),
    }
}

impl Errand {
    /// What a shared token must still have before it. One that would have to be renewed at once is no renewal.
    fn least_life(self, lifetime: Duration) -> Duration {
        match self {
            Self::Awaited => LAST_SECONDS,
            Self::Replacing | Self::Behind => margin(lifetime),
        }
    }
}
