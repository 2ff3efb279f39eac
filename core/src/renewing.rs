//! A value that is fetched when it is first needed and renewed ahead of its end, however many want it: tokens, key sets
//! and discovery documents.

use std::{
    fmt,
    future::Future,
    ops::Deref,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{AcqRel, Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use arc_swap::{ArcSwapOption, Guard};
use futures_util::FutureExt;

use crate::{
    clock::{Clock, Now},
    config::Config,
    error::{Error, ErrorKind, Result},
    executor::{Executor, panicked},
    flight::{Flight, Slot, landed},
    random::Jitter,
    retry::pause_after,
};

/// Where the value comes from, and who is told what became of it.
pub(crate) trait Source: Send + Sync + 'static {
    type Value: Send + Sync + 'static;

    fn renewing(&self) -> &Renewing<Self::Value>;

    /// One fetch, with retries while somebody waits for it. Runs as a task of its own.
    fn fetch(
        self: Arc<Self>,
        attempt: Attempt,
    ) -> impl Future<Output = Result<Fetched<Self::Value>, NotFetched>> + Send;

    /// Called when a value has taken its place.
    fn stored(self: Arc<Self>, lease: &Arc<Lease<Self::Value>>, attempt: &Attempt);

    /// Called when a fetch has failed and the pause after it has begun.
    fn failed(self: Arc<Self>, failure: &Failure<'_>, attempt: &Attempt);

    /// Whether a usable value should have been renewed by now. Asked under the lock: it must not call out.
    fn is_stale(&self, lease: &Lease<Self::Value>, now: Now, failures: u32) -> bool;

    /// Called when a stale value is served, once after each fetch.
    fn served_stale(&self, lease: &Lease<Self::Value>, now: Now);

    /// Whether a fetch may find the value elsewhere while the pause after a failure lasts.
    fn looks_elsewhere(&self) -> bool {
        false
    }

    /// How long to wait after so many failed renewals, with so much left of the value. Half a minute and ever longer: an
    /// outage that nobody notices must not be asked about by a whole fleet twice a minute.
    fn renewal_gap(failures: u32, left: Duration) -> Duration {
        let doubled = RENEWAL_GAP * 2_u32.pow(failures.saturating_sub(1).min(4));
        doubled.min(LONGEST_RENEWAL_GAP).min(left / 8).max(RENEWAL_GAP)
    }
}

/// The value in use and all that decides when there will be another.
pub(crate) struct Renewing<T> {
    clock: Arc<dyn Clock>,
    executor: Executor,
    jitter: Jitter,
    current: ArcSwapOption<Lease<T>>,
    /// Changed only under the lock, together with `current`.
    generation: AtomicU64,
    /// How many fetches were begun.
    fetches: AtomicU64,
    control: Mutex<Control<T>>,
}

/// A value and the moments of its life. Reads like the value.
#[derive(Debug)]
pub(crate) struct Lease<T> {
    value: T,
    /// Grows with each value, and with each that is dropped.
    pub(crate) generation: u64,
    /// Which fetch brought it.
    pub(crate) fetch: u64,
    /// Until then nothing needs to be done about it.
    pub(crate) fresh_until: Now,
    /// Until then it may be served while a renewal runs or fails.
    pub(crate) usable_until: Now,
}

/// What a fetch brings.
pub(crate) struct Fetched<T> {
    pub(crate) value: T,
    pub(crate) fresh_until: Now,
    pub(crate) usable_until: Now,
}

/// Why a fetch brought nothing.
#[derive(Debug)]
pub(crate) struct NotFetched {
    pub(crate) error: Error,
    /// No renewal is due for so long. Whoever has no usable value may try sooner.
    pub(crate) no_renewal_for: Option<Duration>,
}

/// One fetch, as those see it who make it.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// Its number, the first is 1.
    pub(crate) number: u64,
    /// A usable value is there, and this fetch is to replace it.
    pub(crate) replaces: bool,
    /// Nobody waited for it when it began.
    pub(crate) in_background: bool,
    /// The pause after a failure lasts: look elsewhere, and ask nobody.
    pub(crate) in_pause: Option<Error>,
    awaited: Arc<AtomicBool>,
}

/// A fetch that failed, and what follows from that.
#[derive(Debug)]
pub(crate) struct Failure<'a> {
    pub(crate) error: &'a Error,
    /// Until when callers without a usable value are told so at once.
    pub(crate) pause: Duration,
    /// When a usable value is renewed next.
    pub(crate) next_renewal_in: Duration,
}

/// What changes outside the hot path.
#[derive(Debug)]
struct Control<T> {
    flight: Slot<Arc<Lease<T>>>,
    attempt: Option<Attempt>,
    /// Fetches that failed since one succeeded.
    failures: u32,
    pause: Option<(Now, Error)>,
    next_renewal: Option<Now>,
    next_look: Option<Now>,
    last_fetch: Option<Now>,
    stale_told: bool,
}

/// Between two fetches for a value that is still usable.
pub(crate) const RENEWAL_GAP: Duration = Duration::from_secs(30);
/// Between two renewals while one after the other fails.
const LONGEST_RENEWAL_GAP: Duration = Duration::from_secs(5 * 60);
/// A value fetched in this span is not doubted.
const DOUBT_GAP: Duration = Duration::from_secs(60);

/// Between two looks elsewhere while the pause after a failure lasts.
const LOOK_GAP: Duration = Duration::from_secs(1);

impl<T: Send + Sync + 'static> Renewing<T> {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            clock: config.clock.clone(),
            executor: Executor::new(config.runtime.clone()),
            jitter: config.jitter.clone(),
            current: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
            fetches: AtomicU64::new(0),
            control: Mutex::default(),
        }
    }

    /// The value to use now, without I/O. Starts a renewal in the background when one is due.
    pub(crate) fn cached<S: Source<Value = T>>(&self, source: &Arc<S>) -> Option<Arc<Lease<T>>> {
        let current = self.current.load();
        let lease = current.as_ref()?;
        let now = self.clock.now();
        if now.is_before(lease.fresh_until) {
            return Some(lease.clone());
        }
        if !now.is_before(lease.usable_until) {
            return None;
        }
        self.renew_in_background(source, lease, now);
        Some(lease.clone())
    }

    /// The value to use now: the one at hand if it is usable, else one that is fetched. Callers share one fetch.
    pub(crate) async fn value<S: Source<Value = T>>(&self, source: &Arc<S>) -> Result<Arc<Lease<T>>> {
        match self.cached(source) {
            Some(lease) => Ok(lease),
            None => self.join_or_fetch(source)?.await,
        }
    }

    /// Another value: the one in use if it `is_another`, else what the fetch under way brings, else a new fetch. That
    /// one needs a `permit`, which is asked under the lock and must not call out; it learns the time now and of the last
    /// fetch.
    pub(crate) fn another<S: Source<Value = T>>(
        &self,
        source: &Arc<S>,
        is_another: impl Fn(&Arc<Lease<T>>) -> bool,
        permit: impl FnOnce(Now, Option<Now>) -> Result<()>,
    ) -> Result<Flight<Arc<Lease<T>>>> {
        let now = self.clock.now();
        let mut control = self.control();
        if let Some(other) = self.current.load_full().filter(is_another) {
            return Ok(landed(other));
        }
        if let Some(flight) = control.join() {
            return Ok(flight);
        }
        if let Some(error) = control.pause_in_force(now) {
            return Err(error);
        }
        permit(now, control.last_fetch)?;
        self.launch(source, Attempt::new(true, true), &mut control, now)
    }

    /// Whether [`another`](Self::another) could bring something now.
    pub(crate) fn may_bring_another(
        &self,
        is_another: impl Fn(&Arc<Lease<T>>) -> bool,
        permit: impl FnOnce(Now, Option<Now>) -> bool,
    ) -> bool {
        let now = self.clock.now();
        let control = self.control();
        control.flight.join().is_some()
            || self.current.load_full().is_some_and(|current| is_another(&current))
            || (control.pause_in_force(now).is_none() && permit(now, control.last_fetch))
    }

    /// A fetch apart from the others, whose value is to be [`put`](Self::put) in the place of the one in use.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt { number: self.fetches.fetch_add(1, AcqRel) + 1, ..Attempt::new(false, true) }
    }

    /// Puts a value in the place of the one in use. A fetch that is under way is overtaken: those who wait for it get this
    /// value. `adopt` is called under the lock, at the same moment for everybody; it must not call out.
    pub(crate) fn put(&self, fetched: Fetched<T>, attempt: &Attempt, adopt: impl FnOnce()) -> Arc<Lease<T>> {
        let mut control = self.control();
        adopt();
        self.place(fetched, attempt, &mut control)
    }

    /// Drops this value, if it is still the one in use.
    pub(crate) fn drop_if(&self, is_meant: impl FnOnce(&T) -> bool) -> bool {
        let control = self.control();
        let dropped = self.current.load().as_ref().is_some_and(|lease| is_meant(&lease.value));
        if dropped {
            self.current.store(None);
            self.generation.fetch_add(1, AcqRel);
        }
        drop(control);
        dropped
    }

    /// Something speaks against the value: it is renewed in the background, unless it was fetched a moment ago.
    pub(crate) fn doubt<S: Source<Value = T>>(&self, source: &Arc<S>) {
        let now = self.clock.now();
        let is_recent = self.last_fetch().is_some_and(|last| now.is_before(last.plus(DOUBT_GAP)));
        if let Some(lease) = self.current.load_full().filter(|_| !is_recent) {
            self.renew_in_background(source, &lease, now);
        }
    }

    pub(crate) fn current(&self) -> Guard<Option<Arc<Lease<T>>>> {
        self.current.load()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }

    /// How many fetches were begun. A value of a later fetch was asked for after this moment.
    pub(crate) fn fetches(&self) -> u64 {
        self.fetches.load(Acquire)
    }

    pub(crate) fn last_fetch(&self) -> Option<Now> {
        self.control().last_fetch
    }

    /// How long the pause after a failed fetch still lasts.
    pub(crate) fn pause_left(&self) -> Option<Duration> {
        let now = self.clock.now();
        self.control().pause.as_ref().map(|(until, _)| now.until(*until))
    }

    pub(crate) fn executor(&self) -> &Executor {
        &self.executor
    }

    fn control(&self) -> MutexGuard<'_, Control<T>> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who fetches, and who waits for it.
impl<T: Send + Sync + 'static> Renewing<T> {
    /// The lock is held while everything is looked at once more, so that N waiters make one fetch.
    fn join_or_fetch<S: Source<Value = T>>(&self, source: &Arc<S>) -> Result<Flight<Arc<Lease<T>>>> {
        // The clock is the user's code: never under the lock.
        let now = self.clock.now();
        let mut control = self.control();
        if let Some(lease) = self.current.load_full().filter(|lease| now.is_before(lease.usable_until)) {
            return Ok(landed(lease));
        }
        if let Some(flight) = control.join() {
            return Ok(flight);
        }
        let Some(error) = control.pause_in_force(now) else {
            return self.launch(source, Attempt::new(false, true), &mut control, now);
        };
        let may_look = source.looks_elsewhere() && control.next_look.is_none_or(|at| !now.is_before(at));
        if !may_look {
            return Err(error);
        }
        control.next_look = Some(now.plus(LOOK_GAP));
        self.launch(source, Attempt { in_pause: Some(error), ..Attempt::new(false, true) }, &mut control, now)
    }

    /// Sees to it that a usable value gets renewed, without waiting.
    fn renew_in_background<S: Source<Value = T>>(&self, source: &Arc<S>, lease: &Lease<T>, now: Now) {
        let mut control = match self.control.try_lock() {
            Ok(control) => control,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Whoever holds it looks after the renewal.
            Err(TryLockError::WouldBlock) => return,
        };
        // It may have been renewed since this caller looked.
        if control.flight.join().is_some() || self.generation() != lease.generation {
            return;
        }
        if control.next_renewal.is_none_or(|due| !now.is_before(due)) {
            // Where there is no thread for it, the value goes on being served and the next caller tries again.
            drop(self.launch(source, Attempt::new(true, false), &mut control, now));
        }
        let is_stale = source.is_stale(lease, now, control.failures);
        let first = is_stale && !std::mem::replace(&mut control.stale_told, true);
        drop(control);
        if first {
            source.served_stale(lease, now);
        }
    }

    fn launch<S: Source<Value = T>>(
        &self,
        source: &Arc<S>,
        attempt: Attempt,
        control: &mut Control<T>,
        now: Now,
    ) -> Result<Flight<Arc<Lease<T>>>> {
        let attempt = Attempt { number: self.fetches.fetch_add(1, AcqRel) + 1, ..attempt };
        let flight = control.flight.launch(&self.executor, run(source.clone(), attempt.clone()))?;
        // Also for a fetch that never ends as it should.
        control.next_renewal = Some(now.plus(RENEWAL_GAP));
        control.last_fetch = Some(now);
        control.attempt = Some(attempt);
        Ok(flight)
    }

    /// Puts a new value in the place of the old one; `None` where the fetch was overtaken.
    fn store(&self, fetched: Fetched<T>, attempt: &Attempt) -> Option<Arc<Lease<T>>> {
        let mut control = self.control();
        control.is_under_way(attempt).then(|| self.place(fetched, attempt, &mut control))
    }

    fn place(&self, fetched: Fetched<T>, attempt: &Attempt, control: &mut Control<T>) -> Arc<Lease<T>> {
        let generation = self.generation() + 1;
        let Fetched { value, fresh_until, usable_until } = fetched;
        let lease = Arc::new(Lease { value, generation, fetch: attempt.number, fresh_until, usable_until });
        *control = Control { last_fetch: control.last_fetch, ..Control::default() };
        self.current.store(Some(lease.clone()));
        self.generation.store(generation, Release);
        lease
    }

    /// What those get who waited for a fetch that was overtaken.
    fn overtaken(&self) -> Result<Arc<Lease<T>>> {
        let now = self.clock.now();
        let current = self.current.load_full().filter(|lease| now.is_before(lease.usable_until));
        current.ok_or_else(|| Error::unavailable("the keys were replaced during the request"))
    }

    /// Begins the pause after a failed fetch; `None` where the fetch was overtaken. The jitter is not told: who comes back
    /// when told to is spread by it.
    fn pause<S: Source<Value = T>>(&self, not_fetched: &NotFetched, attempt: &Attempt) -> Option<(Duration, Duration)> {
        let NotFetched { error, no_renewal_for } = not_fetched;
        let now = self.clock.now();
        let left = self.current.load().as_ref().map_or(Duration::ZERO, |lease| now.until(lease.usable_until));
        let mut control = self.control();
        if !control.is_under_way(attempt) {
            return None;
        }
        control.flight.clear();
        control.failures = control.failures.saturating_add(1);
        let pause = pause_after(control.failures, error);
        let gap = self.jitter.lengthened(S::renewal_gap(control.failures, left).max(pause));
        let gap = gap.max(no_renewal_for.unwrap_or_default());
        control.pause = Some((now.plus(self.jitter.lengthened(pause)), error.clone()));
        control.next_renewal = Some(now.plus(gap));
        control.stale_told = false;
        drop(control);
        Some((pause, gap))
    }

    /// A look elsewhere found nothing; the pause goes on as it was. `None` where the look was overtaken.
    fn looked_in_vain(&self, attempt: &Attempt) -> Option<()> {
        let mut control = self.control();
        control.is_under_way(attempt).then(|| control.flight.clear())
    }
}

/// The task of one fetch.
async fn run<S: Source>(source: Arc<S>, attempt: Attempt) -> Result<Arc<Lease<S::Value>>> {
    let fetch = AssertUnwindSafe(source.clone().fetch(attempt.clone())).catch_unwind();
    let outcome = fetch.await.unwrap_or_else(|_| Err(panicked().into()));
    let not_fetched = match outcome {
        Ok(fetched) => {
            let Some(lease) = source.renewing().store(fetched, &attempt) else { return source.renewing().overtaken() };
            source.stored(&lease, &attempt);
            return Ok(lease);
        }
        Err(not_fetched) => not_fetched,
    };
    if attempt.in_pause.is_some() {
        let looked = source.renewing().looked_in_vain(&attempt);
        return if looked.is_some() { Err(not_fetched.error) } else { source.renewing().overtaken() };
    }
    let Some((pause, next_renewal_in)) = source.renewing().pause::<S>(&not_fetched, &attempt) else {
        return source.renewing().overtaken();
    };
    let error = not_fetched.error;
    // A wrong setting does not mend itself.
    let error = if error.kind() == ErrorKind::InvalidConfig { error } else { error.with_retry_after(Some(pause)) };
    source.failed(&Failure { error: &error, pause, next_renewal_in }, &attempt);
    Err(error)
}

impl<T: Send + Sync + 'static> Control<T> {
    fn join(&self) -> Option<Flight<Arc<Lease<T>>>> {
        let flight = self.flight.join()?;
        if let Some(attempt) = &self.attempt {
            attempt.awaited.store(true, Relaxed);
        }
        Some(flight)
    }

    /// Whether no other value was put in the place of the one that this fetch was to replace.
    fn is_under_way(&self, attempt: &Attempt) -> bool {
        self.attempt.as_ref().is_some_and(|latest| latest.number == attempt.number)
    }

    fn pause_in_force(&self, now: Now) -> Option<Error> {
        let (until, error) = self.pause.as_ref()?;
        if !now.is_before(*until) {
            return None;
        }
        let told = (error.kind() != ErrorKind::InvalidConfig).then(|| now.until(*until));
        Some(error.clone().with_retry_after(told))
    }
}

impl Attempt {
    fn new(replaces: bool, awaited: bool) -> Self {
        let in_background = !awaited;
        Self { number: 0, replaces, in_background, in_pause: None, awaited: Arc::new(AtomicBool::new(awaited)) }
    }

    /// Whether somebody waits for it by now.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.load(Relaxed)
    }
}

impl From<Error> for NotFetched {
    fn from(error: Error) -> Self {
        Self { error, no_renewal_for: None }
    }
}

impl<T> Deref for Lease<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Default for Control<T> {
    fn default() -> Self {
        Self {
            flight: Slot::default(),
            attempt: None,
            failures: 0,
            pause: None,
            next_renewal: None,
            next_look: None,
            last_fetch: None,
            stale_told: false,
        }
    }
}

impl<T> fmt::Debug for Renewing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").field("generation", &self.generation).finish_non_exhaustive()
    }
}
