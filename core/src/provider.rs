//! The only place that decides to fetch a token.

mod shared;
mod vipps;

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{
            AtomicU64,
            Ordering::{AcqRel, Acquire, Release},
        },
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use http::HeaderValue;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use self::{
    shared::{Lock, Turn},
    vipps::Credential,
};
use crate::{
    cache::{CacheKey, TokenCache},
    clock::{Clock, Now},
    config::Config,
    environment::Environment,
    error::{Error, ErrorKind, Result},
    event::{Event, Events},
    flight::{Fault, Flight, Slot, landed, runtime},
    headers::SystemHeaders,
    http::HttpSend,
    keys::{Keys, sensitive},
    random,
    secret::Secret,
    token::AccessToken,
};

/// Holds one credential's token and renews it. A fresh token costs one uncontended read.
pub(crate) struct TokenProvider {
    credential: Credential,
    environment: Environment,
    system: SystemHeaders,
    http: Arc<dyn HttpSend>,
    clock: Arc<dyn Clock>,
    events: Events,
    cache: Option<(Arc<dyn TokenCache>, CacheKey)>,
    runtime: Option<Handle>,
    request_timeout: Duration,
    deadline: Duration,
    /// This process's share of the margin, 0.8 to 1, so that a fleet does not renew at once.
    margin_share: f64,
    current: ArcSwapOption<Held>,
    /// Changed only under the lock, together with `current`.
    generation: AtomicU64,
    control: Mutex<Control>,
}

/// A token with all that is derived from it once.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) token: AccessToken,
    pub(crate) authorization: HeaderValue,
    pub(crate) subscription_key: Option<HeaderValue>,
    pub(crate) generation: u64,
    pub(crate) fresh_until: Now,
    usable_until: Now,
}

/// What changes outside the hot path.
#[derive(Debug, Default)]
struct Control {
    flight: Slot<Arc<Held>>,
    errand: Errand,
    /// The credential was refused, or the service asked to wait: callers are told at once until then.
    held_off: Option<(Now, Error)>,
    next_renewal: Option<Now>,
    stale_told: bool,
    second_key_active: bool,
    /// An API refused this token; the shared cache must not bring it back.
    refused: Option<AccessToken>,
    last_refusal: Option<Now>,
}

/// Whether somebody waits for a fetch, or it runs behind callers who have a usable token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Errand {
    #[default]
    Awaited,
    /// Somebody waits, who has a usable token but not for long enough.
    Replacing,
    Behind,
}

impl Errand {
    fn is_awaited(self) -> bool {
        self != Self::Behind
    }
}

/// How a caller came by a flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Launched,
    Joined(Errand),
}

/// A token as it arrived, from Vipps or from the shared cache.
struct Arrival {
    secret: Secret,
    lifetime: Duration,
    expires: Now,
}

/// Keys that were refused are not sent again for this long.
const NEGATIVE_MEMORY: Duration = Duration::from_secs(30);
/// The wait between two tries to renew, before jitter of up to a fifth.
const RENEWAL_GAP: Duration = Duration::from_secs(30);
/// Requests in flight should still find the token valid.
const LAST_SECONDS: Duration = Duration::from_secs(5);
/// An API that refuses token after token must not turn each call into a fetch.
const REFUSAL_GAP: Duration = Duration::from_secs(30);

impl TokenProvider {
    pub(crate) fn new(
        keys: &Keys,
        system: SystemHeaders,
        http: Arc<dyn HttpSend>,
        events: Events,
        config: &Config,
    ) -> Result<Self> {
        let cache = config.shared_cache()?.map(|cache| (cache, CacheKey::new(&config.environment, keys)));
        Ok(Self {
            credential: Credential::new(keys, config.basic_encoding),
            environment: config.environment.clone(),
            system,
            http,
            clock: config.clock.clone(),
            events,
            cache,
            runtime: config.runtime.clone(),
            request_timeout: config.request_timeout,
            deadline: config.deadline,
            margin_share: 1.0 - 0.2 * random::fraction(),
            current: ArcSwapOption::empty(),
            generation: AtomicU64::new(0),
            control: Mutex::default(),
        })
    }

    /// A token to use now: from memory if it can be, else from the shared cache, else from Vipps.
    pub(crate) async fn token(self: &Arc<Self>) -> Result<Arc<Held>> {
        loop {
            if let Some(held) = self.cached() {
                return Ok(held);
            }
            let (flight, part) = self.join_or_launch()?;
            match (flight.await, part) {
                (Ok(held), _) => return Ok(held),
                // Another's runtime ended with the request on it; ours goes on.
                (Err(Fault::Cancelled), Part::Joined(_)) => {}
                // A renewal is one try that nobody waited for; whoever waits now gets all the tries.
                (Err(Fault::Failed(error)), Part::Joined(Errand::Behind)) if error.retryable() => {}
                (Err(fault), _) => return Err(fault.into()),
            }
        }
    }

    /// A token to use now, without I/O. Starts a renewal behind the caller when one is due.
    pub(crate) fn cached(self: &Arc<Self>) -> Option<Arc<Held>> {
        let held = self.current.load();
        let held = held.as_ref()?;
        let now = self.clock.now();
        let serve = now.is_before(held.fresh_until) || (now.is_before(held.usable_until) && self.renews(held, now));
        serve.then(|| held.clone())
    }

    /// A token with at least `span` left, for a request that can't be sent again. Where tokens don't live that long, a
    /// new one.
    pub(crate) async fn lasting(self: &Arc<Self>, span: Duration) -> Result<Arc<Held>> {
        let held = self.token().await?;
        if self.clock.now().plus(span).is_before(held.usable_until) {
            return Ok(held);
        }
        loop {
            let (flight, part) = self.join_or_renew(&held)?;
            match (flight.await, part) {
                (Ok(held), _) => return Ok(held),
                // A renewal is one try that nobody waited for; whoever waits now gets all the tries.
                (Err(Fault::Failed(error)), Part::Joined(Errand::Behind)) if error.retryable() => {}
                (Err(fault), _) => return Err(fault.into()),
            }
        }
    }

    /// Drops this token, and only this one: a late refusal can't evict a newer token. Tells whether it was dropped.
    pub(crate) fn invalidate(&self, token: &AccessToken) -> bool {
        self.drop_token(token, &mut self.control())
    }

    /// An API answered 401 to this token. Tells whether the call is worth one more try with another token.
    pub(crate) fn refused_by_api(&self, token: &AccessToken) -> bool {
        let now = self.clock.now();
        let mut control = self.control();
        if !self.is_current(token) {
            return true;
        }
        if control.last_refusal.is_none_or(|last| !now.is_before(last.plus(REFUSAL_GAP))) {
            control.last_refusal = Some(now);
            return self.drop_token(token, &mut control);
        }
        drop(control);
        self.events.tell(Event::RefusalIgnored);
        false
    }

    fn drop_token(&self, token: &AccessToken, control: &mut Control) -> bool {
        if !self.is_current(token) {
            return false;
        }
        self.current.store(None);
        self.generation.fetch_add(1, AcqRel);
        control.refused = Some(token.clone());
        self.withdraw(token);
        true
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Acquire)
    }

    fn is_current(&self, token: &AccessToken) -> bool {
        self.current.load().as_ref().is_some_and(|held| held.token.as_secret() == token.as_secret())
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who fetches, and who waits for it.
impl TokenProvider {
    /// The lock is held while everything is looked at once more, so that N waiters make one fetch.
    fn join_or_launch(self: &Arc<Self>) -> Result<(Flight<Arc<Held>>, Part)> {
        let runtime = runtime(self.runtime.as_ref())?;
        let mut control = self.control();
        let now = self.clock.now();
        if let Some(held) = self.current.load_full().filter(|held| now.is_before(held.usable_until)) {
            return Ok((landed(held), Part::Launched));
        }
        if let Some(flight) = control.flight.join() {
            return Ok((flight, Part::Joined(control.errand)));
        }
        // Where there is a shared cache, another process may have had more luck.
        if let Some(error) = control.refusal_in_force(now).filter(|_| self.cache.is_none()) {
            return Err(error);
        }
        Ok((self.launch(Errand::Awaited, &runtime, &mut control), Part::Launched))
    }

    /// Somebody waits for a renewal, so it is tried now even if one has failed a moment ago.
    fn join_or_renew(self: &Arc<Self>, held: &Held) -> Result<(Flight<Arc<Held>>, Part)> {
        let runtime = runtime(self.runtime.as_ref())?;
        let mut control = self.control();
        if let Some(newer) = self.current.load_full().filter(|current| current.generation > held.generation) {
            return Ok((landed(newer), Part::Launched));
        }
        if let Some(flight) = control.flight.join() {
            return Ok((flight, Part::Joined(control.errand)));
        }
        Ok((self.launch(Errand::Replacing, &runtime, &mut control), Part::Launched))
    }

    /// Sees to it that a usable token gets renewed, without waiting. `false` when that can't be: no runtime to do it on.
    fn renews(self: &Arc<Self>, held: &Held, now: Now) -> bool {
        let Ok(mut control) = self.control.try_lock() else {
            return true;
        };
        // The token may have been renewed since this caller looked.
        if control.flight.join().is_some() || self.generation() != held.generation {
            return true;
        }
        if control.next_renewal.is_some_and(|due| now.is_before(due)) {
            let first = !std::mem::replace(&mut control.stale_told, true);
            drop(control);
            if first {
                self.events.tell(Event::StaleTokenServed { remaining: now.until(held.usable_until) });
            }
            return true;
        }
        let Ok(runtime) = runtime(self.runtime.as_ref()) else {
            return false;
        };
        // Also for a renewal that never ends as it should.
        control.next_renewal = Some(now.plus(RENEWAL_GAP));
        drop(self.launch(Errand::Behind, &runtime, &mut control));
        true
    }

    fn launch(self: &Arc<Self>, errand: Errand, runtime: &Handle, control: &mut Control) -> Flight<Arc<Held>> {
        control.errand = errand;
        let provider = Arc::clone(self);
        control.flight.launch(runtime, async move { provider.fetch(errand).await })
    }

    async fn fetch(self: Arc<Self>, errand: Errand) -> Result<Arc<Held>> {
        let lock = match self.turn(errand).await {
            Turn::Ours(lock) => lock,
            Turn::Found(held) => {
                self.events.tell(Event::TokenFromCache);
                return Ok(held);
            }
        };
        let outcome = match self.refused_still() {
            Some(error) => Err(error),
            None => self.fetch_from_vipps(errand).await.map_err(|error| self.regret(error, errand)),
        };
        match outcome {
            Ok(arrival) => self.welcome(arrival, errand, lock),
            Err(error) => {
                if let Some(lock) = lock {
                    tokio::spawn(async move { self.give_back(lock).await });
                }
                Err(error)
            }
        }
    }

    fn welcome(self: Arc<Self>, arrival: Arrival, errand: Errand, lock: Option<Lock>) -> Result<Arc<Held>> {
        let lifetime = arrival.lifetime;
        let held = self.hold(&arrival)?;
        self.events.tell(match errand {
            Errand::Awaited => Event::TokenFetched { lifetime },
            Errand::Replacing | Errand::Behind => Event::TokenRenewed { lifetime },
        });
        // The token is there; nobody need wait until others can find it too.
        if self.cache.is_some() {
            tokio::spawn(async move {
                self.share(&arrival).await;
                if let Some(lock) = lock {
                    self.give_back(lock).await;
                }
            });
        }
        Ok(held)
    }

    fn is_held_off(&self) -> bool {
        self.control().refusal_in_force(self.clock.now()).is_some()
    }

    fn refused_still(&self) -> Option<Error> {
        let mut control = self.control();
        let refusal = control.refusal_in_force(self.clock.now())?;
        control.flight.clear();
        Some(refusal)
    }

    /// Remembers a failure for as long as it is worth, and for no longer.
    fn regret(&self, error: Error, errand: Errand) -> Error {
        let now = self.clock.now();
        let mut control = self.control();
        control.flight.clear();
        control.held_off = hold_off(&error).map(|span| (now.plus(span), error.clone()));
        if errand.is_awaited() {
            drop(control);
            self.events.tell(Event::TokenFetchFailed { error: error.clone() });
            return error;
        }
        let gap = RENEWAL_GAP.mul_f64(1.0 + 0.2 * random::fraction()).max(error.retry_after().unwrap_or_default());
        control.next_renewal = Some(now.plus(gap));
        control.stale_told = false;
        drop(control);
        self.events.tell(Event::RenewalFailed { error: error.clone(), next_try_in: gap });
        error
    }

    /// Puts a new token in the place of the old one.
    fn hold(&self, arrival: &Arrival) -> Result<Arc<Held>> {
        let mut control = self.control();
        let held = Arc::new(self.held(arrival, &control)?);
        control.flight.clear();
        let (flight, second_key_active) = (Slot::default(), control.second_key_active);
        let (refused, last_refusal) = (control.refused.take(), control.last_refusal);
        *control = Control { flight, second_key_active, refused, last_refusal, ..Control::default() };
        self.current.store(Some(held.clone()));
        self.generation.store(held.generation, Release);
        Ok(held)
    }

    fn held(&self, arrival: &Arrival, control: &Control) -> Result<Held> {
        let bearer = Zeroizing::new(format!("Bearer {}", arrival.secret.expose()));
        let key = self.credential.subscription_key(control.second_key_active);
        let (lifetime, expires) = (arrival.lifetime, arrival.expires);
        Ok(Held {
            token: AccessToken::new(arrival.secret.clone(), expires.wall),
            authorization: sensitive(&bearer)?,
            subscription_key: key.map(|key| sensitive(key.expose())).transpose()?,
            generation: self.generation() + 1,
            fresh_until: expires.minus(margin(lifetime).mul_f64(self.margin_share)),
            usable_until: expires.minus(LAST_SECONDS.min(lifetime / 10)),
        })
    }
}

/// How long before its end a token is renewed: early, because several may be valid at once and an outage of the
/// endpoint should find us with hours left.
fn margin(lifetime: Duration) -> Duration {
    (lifetime / 10).max(Duration::from_mins(1)).min(lifetime / 2)
}

fn hold_off(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::CredentialsRejected => Some(NEGATIVE_MEMORY),
        _ => error.retry_after(),
    }
}

impl Control {
    fn refusal_in_force(&self, now: Now) -> Option<Error> {
        let (until, error) = self.held_off.as_ref()?;
        if !now.is_before(*until) {
            return None;
        }
        Some(if error.retryable() { error.clone().with_retry_after(Some(now.until(*until))) } else { error.clone() })
    }
}

impl fmt::Debug for TokenProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenProvider").field("environment", &self.environment).finish_non_exhaustive()
    }
}
