//! The only place that fetches keys: the set that discovery names, cached by its age.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    clock::{Clock, Now},
    config::Config,
    discovery::{Discovery, as_outage, max_age},
    error::{Error, Result},
    event::{Event, Events},
    jwks::KeySet,
    random::Jitter,
    renewing::{Attempt, Failure, Fetched, Lease, NotFetched, Renewing, Source},
    retry::Tries,
};

/// The key set of one issuer.
#[derive(derive_more::Debug)]
#[debug("RemoteJwks {{ discovery: {discovery:?}, .. }}")]
pub(crate) struct RemoteJwks {
    discovery: Arc<Discovery>,
    clock: Arc<dyn Clock>,
    jitter: Jitter,
    events: Events,
    deadline: Duration,
    stale_for: Duration,
    renewing: Renewing<Aged>,
    /// The load after which a suppressed reload was told.
    suppression_told_after: AtomicU64,
}

/// A key set in use.
pub(crate) type Loaded = Lease<Aged>;

/// A key set and the end of its age, after which it is used only while no other can be had.
#[derive(Debug)]
pub(crate) struct Aged {
    pub(crate) keys: KeySet,
    aged_at: Now,
}

/// Between two loads, however many unknown kids come.
const LOAD_GAP: Duration = Duration::from_secs(30);
const SILENT_AGE: Duration = Duration::from_secs(10 * 60);
const SHORTEST_AGE: Duration = Duration::from_secs(5 * 60);
const LONGEST_AGE: Duration = Duration::from_secs(60 * 60);

impl RemoteJwks {
    pub(crate) fn new(discovery: Arc<Discovery>, events: Events, config: &Config) -> Self {
        Self {
            discovery,
            clock: config.clock.clone(),
            jitter: config.jitter.clone(),
            events,
            deadline: config.deadline,
            stale_for: config.stale_keys_for,
            renewing: Renewing::new(config),
            suppression_told_after: AtomicU64::new(0),
        }
    }

    /// The set to use now, without I/O. Starts a renewal in the background when one is due.
    pub(crate) fn cached(self: &Arc<Self>) -> Option<Arc<Loaded>> {
        self.renewing.cached(self)
    }

    /// The set to use now; loads it when there is none, or none that may still be used.
    pub(crate) async fn current(self: &Arc<Self>) -> Result<Arc<Loaded>> {
        self.renewing.value(self).await
    }

    /// How many loads were begun so far. A set of a later load was asked for after this moment.
    pub(crate) fn loads(&self) -> u64 {
        self.renewing.fetches()
    }

    /// A token that came after the load `since` names a key that is not in the set that was `seen`. Brings a later set,
    /// or says when one may be.
    pub(crate) async fn reload(self: &Arc<Self>, seen: &Arc<Loaded>, since: u64) -> Result<Arc<Loaded>> {
        let permit = |now, last| if too_soon(now, last) { Err(unknown_key()) } else { Ok(()) };
        match self.renewing.another(self, |loaded| loaded.fetch > since, permit) {
            Ok(flight) => flight.await.map_err(|error| self.perhaps_new_key(error)),
            // A set that came meanwhile may hold the key.
            Err(_) if self.is_another(seen) => self.current().await,
            Err(error) => Err(self.suppressed(error)),
        }
    }

    /// Whether [`reload`](Self::reload) could do anything now. `None` when it could; the answer when it could not.
    pub(crate) fn no_reload(&self, seen: &Arc<Loaded>) -> Option<Error> {
        let may_bring =
            self.renewing.may_bring_another(|loaded| !Arc::ptr_eq(loaded, seen), |now, last| !too_soon(now, last));
        (!may_bring).then(|| self.suppressed(unknown_key()))
    }

    /// A key that may be new is no proof of a forged token.
    pub(crate) fn unknown_for_now(&self) -> Error {
        self.perhaps_new_key(unknown_key())
    }

    /// How long no load is tried, since the last one failed.
    pub(crate) fn pause_left(&self) -> Duration {
        let left = self.renewing.pause_left().max(self.discovery.pause_left());
        left.unwrap_or_default()
    }

    fn is_another(&self, seen: &Arc<Loaded>) -> bool {
        self.renewing.current().as_ref().is_some_and(|loaded| !Arc::ptr_eq(loaded, seen))
    }

    /// Told once after each load; counted always.
    fn suppressed(&self, error: Error) -> Error {
        self.events.unknown_kid_suppressed();
        let loads = self.loads();
        if self.suppression_told_after.swap(loads, Relaxed) != loads {
            self.events.tell(Event::UnknownKidSuppressed);
        }
        self.perhaps_new_key(error)
    }

    fn perhaps_new_key(&self, error: Error) -> Error {
        let now = self.clock.now();
        let gap = self.renewing.last_fetch().map(|last| now.until(last.plus(LOAD_GAP)));
        let wait = gap.max(self.renewing.pause_left());
        error.with_retry_after(wait)
    }
}

fn unknown_key() -> Error {
    Error::unavailable("the token names a key that is not known yet")
}

fn too_soon(now: Now, last: Option<Now>) -> bool {
    last.is_some_and(|last| now.is_before(last.plus(LOAD_GAP)))
}

impl Source for RemoteJwks {
    type Value = Aged;

    fn renewing(&self) -> &Renewing<Aged> {
        &self.renewing
    }

    async fn fetch(self: Arc<Self>, attempt: Attempt) -> Result<Fetched<Aged>, NotFetched> {
        let deadline = self.clock.now().plus(self.deadline);
        // Has tries of its own.
        let endpoints = self.discovery.endpoints().await?;
        // One try for a key that may be new: whoever waits for it can come again.
        let wants_more = |_: &Error| attempt.is_awaited() && !attempt.replaces;
        let tries = Tries { clock: &*self.clock, jitter: &self.jitter, deadline };
        let loaded = tries.run(wants_more, || self.load_once(&endpoints.jwks_uri, deadline)).await;
        Ok(loaded.map_err(|error| as_outage(error, "the keys of Vipps could not be fetched"))?)
    }

    fn stored(self: Arc<Self>, loaded: &Arc<Loaded>, _attempt: &Attempt) {
        self.events.tell(Event::KeysRefreshed { keys: loaded.keys.len() });
    }

    fn failed(self: Arc<Self>, failure: &Failure<'_>, _attempt: &Attempt) {
        self.discovery.doubt();
        self.events.tell(Event::KeysRefreshFailed { error: failure.error.clone() });
    }

    fn is_stale(&self, loaded: &Loaded, now: Now, _failures: u32) -> bool {
        !now.is_before(loaded.aged_at)
    }

    fn served_stale(&self, loaded: &Loaded, now: Now) {
        self.events.tell(Event::StaleKeysUsed { past_age: loaded.aged_at.until(now) });
    }
}

impl RemoteJwks {
    async fn load_once(&self, jwks_uri: &str, deadline: Now) -> Result<Fetched<Aged>> {
        let asked = self.clock.now();
        let response = self.discovery.document(jwks_uri, deadline).await?;
        let keys =
            KeySet::parse(response.body(), &self.events).map_err(|fault| Error::unavailable(fault.to_string()))?;
        let age = max_age(response.headers()).unwrap_or(SILENT_AGE).clamp(SHORTEST_AGE, LONGEST_AGE);
        let aged_at = asked.plus(age);
        Ok(Fetched {
            value: Aged { keys, aged_at },
            // Ahead of time, and not all processes at once.
            fresh_until: asked.plus(age.mul_f64(0.8 + 0.1 * self.jitter.fraction())),
            usable_until: aged_at.plus(self.stale_for),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewals_that_fail_are_tried_ever_more_seldom_and_more_often_towards_the_end() {
        let seconds = Duration::from_secs;
        let hour = seconds(60 * 60);
        let gaps = [1, 2, 3, 4, 5, 6, 1_000].map(|failures| <RemoteJwks as Source>::renewal_gap(failures, 24 * hour));
        assert_eq!(gaps, [30, 60, 120, 240, 300, 300, 300].map(seconds));
        for (left, gap) in [(hour, 300), (hour / 4, 112), (seconds(240), 30), (seconds(10), 30), (Duration::ZERO, 30)] {
            assert_eq!(<RemoteJwks as Source>::renewal_gap(1_000, left).as_secs(), gap, "{left:?}");
        }
    }
}
