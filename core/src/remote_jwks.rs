//! The only place that fetches keys: the set that discovery names, cached by its age.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicU64,
            Ordering::{AcqRel, Acquire},
        },
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::runtime::Handle;

use crate::{
    clock::{Clock, Now},
    config::Config,
    discovery::{Discovery, as_outage, max_age},
    error::{Error, Result},
    event::{Event, Events},
    flight::{Flight, Slot, landed, runtime},
    jwks::KeySet,
    random,
    retry::wait_before_retry,
};

/// The key set of one issuer.
pub(crate) struct RemoteJwks {
    discovery: Arc<Discovery>,
    clock: Arc<dyn Clock>,
    events: Events,
    runtime: Option<Handle>,
    deadline: Duration,
    stale_for: Duration,
    loaded: ArcSwapOption<Loaded>,
    /// How many loads were begun.
    loads: AtomicU64,
    control: Mutex<Control>,
}

/// A key set and the moments of its life.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) keys: KeySet,
    /// Which load brought it.
    pub(crate) number: u64,
    renew_at: Now,
    aged_at: Now,
    unusable_at: Now,
}

#[derive(Debug, Default)]
struct Control {
    flight: Slot<Arc<Loaded>>,
    last_load: Option<Now>,
    last_failure: Option<(Now, Error)>,
    stale_told: bool,
    suppression_told: bool,
}

/// Whether tries are worth making while somebody waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tries {
    One,
    Several,
}

/// Between two loads, however many unknown kids come.
const LOAD_GAP: Duration = Duration::from_secs(30);
/// After a load that failed while there are no keys at all.
const COLD_GAP: Duration = Duration::from_secs(5);
const SILENT_AGE: Duration = Duration::from_mins(10);
const SHORTEST_AGE: Duration = Duration::from_mins(5);
const LONGEST_AGE: Duration = Duration::from_hours(1);

impl RemoteJwks {
    pub(crate) fn new(discovery: Arc<Discovery>, events: Events, config: &Config) -> Self {
        Self {
            discovery,
            clock: config.clock.clone(),
            events,
            runtime: config.runtime.clone(),
            deadline: config.deadline,
            stale_for: config.stale_keys_for,
            loaded: ArcSwapOption::empty(),
            loads: AtomicU64::new(0),
            control: Mutex::default(),
        }
    }

    /// The set to use now, without I/O. Starts a renewal behind the caller when one is due.
    pub(crate) fn cached(self: &Arc<Self>) -> Option<Arc<Loaded>> {
        let loaded = self.loaded.load();
        let loaded = loaded.as_ref()?;
        let now = self.clock.now();
        let serve = now.is_before(loaded.renew_at) || (now.is_before(loaded.unusable_at) && self.renews(loaded, now));
        serve.then(|| loaded.clone())
    }

    /// The set to use now; loads it when there is none, or none that may still be used.
    pub(crate) async fn current(self: &Arc<Self>) -> Result<Arc<Loaded>> {
        match self.cached() {
            Some(loaded) => Ok(loaded),
            None => Ok(self.join_or_load()?.await?),
        }
    }

    /// How many loads were begun so far. A set of a later load was asked for after this moment.
    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Acquire)
    }

    /// A token names a key that is not in the set that was `seen`. Brings another set, or says when one may be.
    pub(crate) async fn reload(self: &Arc<Self>, seen: &Arc<Loaded>) -> Result<Arc<Loaded>> {
        self.join_or_reload(seen)?.await.map_err(|fault| self.perhaps_new_key(fault.into()))
    }

    /// Whether [`reload`](Self::reload) could do anything now. `None` when it could; the answer when it could not.
    pub(crate) fn no_reload(&self, seen: &Arc<Loaded>) -> Option<Error> {
        let mut control = self.control();
        let may_ask =
            control.flight.join().is_some() || self.loaded_after(seen).is_some() || control.may_load(self.clock.now());
        if may_ask {
            return None;
        }
        let first = !std::mem::replace(&mut control.suppression_told, true);
        drop(control);
        Some(self.suppressed(first))
    }

    /// A key that may be new is no proof of a forged token.
    pub(crate) fn unknown_for_now(&self) -> Error {
        self.perhaps_new_key(Error::unavailable("the token names a key that is not known yet"))
    }

    fn suppressed(&self, first: bool) -> Error {
        self.events.unknown_kid_suppressed();
        if first {
            self.events.tell(Event::UnknownKidSuppressed);
        }
        self.unknown_for_now()
    }

    fn perhaps_new_key(&self, error: Error) -> Error {
        let control = self.control();
        let moments =
            [control.last_load.map(|last| last.plus(LOAD_GAP)), control.last_failure.as_ref().map(|(until, _)| *until)];
        let now = self.clock.now();
        let wait = moments.into_iter().flatten().map(|moment| now.until(moment)).max();
        error.with_retry_after(wait)
    }

    fn loaded_after(&self, seen: &Arc<Loaded>) -> Option<Arc<Loaded>> {
        self.loaded.load_full().filter(|loaded| !Arc::ptr_eq(loaded, seen))
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who loads, and who waits for it.
impl RemoteJwks {
    fn join_or_load(self: &Arc<Self>) -> Result<Flight<Arc<Loaded>>> {
        let runtime = runtime(self.runtime.as_ref())?;
        let mut control = self.control();
        if let Some(flight) = control.flight.join() {
            return Ok(flight);
        }
        let now = self.clock.now();
        if let Some(loaded) = self.loaded.load_full().filter(|loaded| now.is_before(loaded.unusable_at)) {
            return Ok(landed(loaded));
        }
        if let Some((until, error)) = control.last_failure.as_ref().filter(|(until, _)| now.is_before(*until)) {
            return Err(error.clone().with_retry_after(Some(now.until(*until))));
        }
        Ok(self.launch(Tries::Several, &runtime, &mut control))
    }

    fn join_or_reload(self: &Arc<Self>, seen: &Arc<Loaded>) -> Result<Flight<Arc<Loaded>>> {
        let runtime = runtime(self.runtime.as_ref())?;
        let mut control = self.control();
        if let Some(flight) = control.flight.join() {
            return Ok(flight);
        }
        if let Some(other) = self.loaded_after(seen) {
            return Ok(landed(other));
        }
        if !control.may_load(self.clock.now()) {
            let first = !std::mem::replace(&mut control.suppression_told, true);
            drop(control);
            return Err(self.suppressed(first));
        }
        Ok(self.launch(Tries::One, &runtime, &mut control))
    }

    /// Sees to it that an ageing set gets renewed, without waiting. `false` when that can't be: no runtime to do it on.
    fn renews(self: &Arc<Self>, loaded: &Arc<Loaded>, now: Now) -> bool {
        let Ok(mut control) = self.control.try_lock() else {
            return true;
        };
        // The set may have been renewed since this caller looked.
        let renewed = self.loaded.load().as_ref().is_none_or(|current| !Arc::ptr_eq(current, loaded));
        if renewed || control.flight.join().is_some() {
            return true;
        }
        if control.may_load(now) {
            let Ok(runtime) = runtime(self.runtime.as_ref()) else {
                return false;
            };
            drop(self.launch(Tries::One, &runtime, &mut control));
        }
        let first = !now.is_before(loaded.aged_at) && !std::mem::replace(&mut control.stale_told, true);
        drop(control);
        if first {
            self.events.tell(Event::StaleKeysUsed { past_age: loaded.aged_at.until(now) });
        }
        true
    }

    fn launch(self: &Arc<Self>, tries: Tries, runtime: &Handle, control: &mut Control) -> Flight<Arc<Loaded>> {
        control.last_load = Some(self.clock.now());
        control.suppression_told = false;
        let number = self.loads.fetch_add(1, AcqRel) + 1;
        let source = Arc::clone(self);
        control.flight.launch(runtime, async move { source.load(number, tries).await })
    }

    async fn load(&self, number: u64, tries: Tries) -> Result<Arc<Loaded>> {
        let outcome = self.load_with_retries(number, tries).await;
        let mut control = self.control();
        control.flight.clear();
        control.stale_told = false;
        match outcome {
            Ok(loaded) => {
                control.last_failure = None;
                let loaded = Arc::new(loaded);
                self.loaded.store(Some(loaded.clone()));
                drop(control);
                self.events.tell(Event::KeysRefreshed { keys: loaded.keys.len() });
                Ok(loaded)
            }
            Err(error) => {
                let gap = COLD_GAP.max(error.retry_after().unwrap_or_default());
                control.last_failure = Some((self.clock.now().plus(gap), error.clone()));
                drop(control);
                self.discovery.doubt();
                self.events.tell(Event::KeysRefreshFailed { error: error.clone() });
                Err(error)
            }
        }
    }
}

impl Control {
    fn may_load(&self, now: Now) -> bool {
        let held_off = self.last_failure.as_ref().is_some_and(|(until, _)| now.is_before(*until));
        !held_off && self.last_load.is_none_or(|last| !now.is_before(last.plus(LOAD_GAP)))
    }
}

/// The requests.
impl RemoteJwks {
    async fn load_with_retries(&self, number: u64, tries: Tries) -> Result<Loaded> {
        let deadline = self.clock.now().plus(self.deadline);
        // Has tries of its own.
        let endpoints = self.discovery.endpoints().await?;
        let mut made = 0;
        loop {
            made += 1;
            let error = match self.load_once(number, &endpoints.jwks_uri, deadline).await {
                Ok(loaded) => return Ok(loaded),
                Err(error) => error,
            };
            match wait_before_retry(made, &error, self.clock.now().until(deadline)) {
                Some(wait) if tries == Tries::Several => self.clock.sleep(wait).await,
                _ => return Err(as_outage(&error, "the keys of vipps can't be had")),
            }
        }
    }

    async fn load_once(&self, number: u64, jwks_uri: &str, deadline: Now) -> Result<Loaded> {
        let asked = self.clock.now();
        let response = self.discovery.fetch(jwks_uri, deadline).await?;
        let keys =
            KeySet::parse(response.body(), &self.events).map_err(|fault| Error::unavailable(fault.to_string()))?;
        let age = max_age(response.headers()).unwrap_or(SILENT_AGE).clamp(SHORTEST_AGE, LONGEST_AGE);
        // Ahead of time, and not all processes at once.
        let renew_at = asked.plus(age.mul_f64(0.8 + 0.1 * random::fraction()));
        let aged_at = asked.plus(age);
        Ok(Loaded { keys, number, renew_at, aged_at, unusable_at: aged_at.plus(self.stale_for) })
    }
}

impl fmt::Debug for RemoteJwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteJwks").field("discovery", &self.discovery).finish_non_exhaustive()
    }
}
