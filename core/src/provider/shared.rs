//! The shared cache, whose trouble is never an error of a call.

use std::{sync::Arc, time::Duration};

use futures_util::future::{Either, select};

use super::{Arrival, Errand, Held, LAST_SECONDS, TokenProvider, margin};
use crate::{
    cache::{CacheError, CachedToken},
    clock::BoxFuture,
    event::Event,
    token::{LONGEST_LIFETIME, is_token},
};

/// The clocks of the machines that share a cache may differ by this much.
const CLOCK_DIFFERENCE: Duration = Duration::from_mins(1);
/// A shared cache that does not answer is gone without.
const CACHE_PATIENCE: Duration = Duration::from_secs(1);

impl TokenProvider {
    pub(super) async fn fetch_from_cache(&self, errand: Errand) -> Option<Arc<Held>> {
        let (cache, key) = self.cache.as_ref()?;
        let found = self.patiently("load", cache.load(key)).await??;
        let now = self.clock.now();
        let left = found.expires_at.checked_sub(now.wall)?;
        let plausible = found.lifetime <= LONGEST_LIFETIME && left <= found.lifetime + CLOCK_DIFFERENCE;
        let left = left.min(found.lifetime);
        let refused = self.control().refused.as_ref().is_some_and(|token| *token.as_secret() == found.secret);
        if !plausible || refused || left <= errand.least_life(found.lifetime) || !is_token(found.secret.expose()) {
            return None;
        }
        let expires = now.plus(left);
        self.hold(&Arrival { secret: found.secret, lifetime: found.lifetime, expires }).ok()
    }

    pub(super) async fn share(&self, arrival: &Arrival) {
        let Some((cache, key)) = &self.cache else { return };
        let token = CachedToken {
            secret: arrival.secret.clone(),
            expires_at: arrival.expires.wall,
            lifetime: arrival.lifetime,
        };
        self.patiently("store", cache.store(key, token, arrival.lifetime)).await;
    }

    async fn patiently<T>(&self, operation: &'static str, work: BoxFuture<'_, Result<T, CacheError>>) -> Option<T> {
        let detail = match select(work, self.clock.sleep(CACHE_PATIENCE)).await {
            Either::Left((Ok(done), _)) => return Some(done),
            Either::Left((Err(_), _)) => "failed",
            Either::Right(_) => "no answer in time",
        };
        self.events.tell(Event::CacheFailed { operation, detail });
        None
    }
}

impl Errand {
    /// What a shared token must still have before it. One that would have to be renewed at once is no renewal.
    fn least_life(self, lifetime: Duration) -> Duration {
        match self {
            Self::Awaited => LAST_SECONDS,
            Self::Behind => margin(lifetime),
        }
    }
}
