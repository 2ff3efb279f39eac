//! One simulated process as the world knows it: its clocks, what it was given, and how often it asked.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use http::{Request, Response};
use tokio::time::timeout;
use vipps_partner_auth::{
    BoxFuture, CachedToken, Clock, Config, Error, HttpSend, Merchant, Now, Partner, PartnerKeys, SendError, SystemInfo,
};

use crate::{
    clock::{Gate, ProcessClock},
    fleet::Fleet,
    redis::ProcessRedis,
    vipps::{Endpoint, Reply, token},
};

pub(crate) struct Process {
    pub(crate) id: u32,
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) clock: Arc<ProcessClock>,
    pub(crate) gate: Arc<Gate>,
    started_at: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    grants: BTreeMap<String, Grant>,
    /// The one that the library must have in use, and until when it is usable.
    held: Option<(String, Now)>,
    keys: Option<KnownKeys>,
    requests: BTreeMap<Endpoint, VecDeque<Duration>>,
    /// Jumps of the clock and times of standing still.
    disturbances: u64,
    /// The last revocation that cost a call, and when that call had ended.
    failed_after: Option<(Duration, Duration)>,
}

/// By this process' own clocks.
#[derive(Debug, Clone, Copy)]
struct Grant {
    expires: Now,
    usable_until: Now,
}

/// The newest key of the set that came last.
#[derive(Debug, Clone, Copy)]
struct KnownKeys {
    newest: usize,
    usable_until: Now,
}

/// Key sets without an age count as ten minutes old, and are used for four hours more where no other can be had.
const KEYS_USABLE_FOR: Duration = Duration::from_secs((10 + 4 * 60) * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const MINUTE: Duration = Duration::from_secs(60);

impl Process {
    pub(crate) fn new(fleet: Arc<Fleet>, id: u32, wall_millis: i64) -> Arc<Self> {
        let gate = Arc::<Gate>::default();
        let clock = Arc::new(ProcessClock::new(fleet.trace.moment(Duration::ZERO), gate.clone(), wall_millis));
        let started_at = fleet.trace.now();
        Arc::new(Self { id, fleet, clock, gate, started_at, state: Mutex::default() })
    }

    /// The library, as this process has built it.
    pub(crate) fn partner(self: &Arc<Self>, rng: &Rng) -> Partner {
        let keys = PartnerKeys::new("11111111-2222-4333-8444-555555555555", "secret", "subscription-key");
        let settings = &self.fleet.settings;
        let jitter = Mutex::new(rng.clone());
        let process = self.clone();
        let mut config = Config::default()
            .deadline(settings.deadline)
            .request_timeout(settings.request_timeout)
            .runtime(tokio::runtime::Handle::current())
            .clock(self.clock.clone())
            .http(Arc::new(Wire(self.clone())))
            .jitter(move || jitter.lock().unwrap_or_else(PoisonError::into_inner).f64())
            .event_sink(move |event| process.note(event.name(), 0));
        if let Some(redis) = &self.fleet.redis {
            config = config.token_cache(Arc::new(ProcessRedis::new(redis.clone(), self.clone())));
        }
        let system = SystemInfo::new("simulation", "1").expect("a name");
        Partner::new(keys.expect("keys"), system, config).expect("a partner")
    }

    pub(crate) fn merchant(partner: &Partner, number: usize) -> Merchant {
        partner.merchant((100_000 + number).to_string().parse().expect("an msn"))
    }

    pub(crate) fn note(&self, what: &'static str, number: u64) {
        self.fleet.trace.note(self.id, what, number);
    }

    pub(crate) fn broken(&self, what: impl Into<String>) {
        self.fleet.trace.broken(self.id, what);
    }

    /// The clock was set, or the process stood still.
    pub(crate) fn disturb(&self) {
        self.state().disturbances += 1;
    }

    pub(crate) fn disturbances(&self) -> u64 {
        self.state().disturbances
    }

    /// A usable token that the library must have in use.
    pub(crate) fn held_usable(&self) -> Option<String> {
        let now = self.clock.now();
        let (held, usable_until) = self.state().held.clone()?;
        now.is_before(usable_until).then_some(held)
    }

    /// Whether the keys that came last hold this one and may be used.
    pub(crate) fn has_key(&self, key: usize) -> bool {
        let now = self.clock.now();
        let known = self.state().keys;
        known.is_some_and(|known| known.newest == key && now.is_before(known.usable_until))
    }

    /// The library handed this token to a caller. It must be one that was granted, and have life left by every clock.
    pub(crate) fn served(&self, token: &str) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(grant) = state.grants.get(token).copied() else {
            drop(state);
            return self.broken(format!("served {token}, which it was never given"));
        };
        if state.held.as_ref().is_none_or(|(held, _)| held != token) {
            state.held = Some((token.to_owned(), grant.usable_until));
        }
        drop(state);
        if !now.is_before(grant.expires) {
            self.broken(format!("served {token} past its end by its own clocks"));
        }
        if self.fleet.vipps.ends_at(token).is_none_or(|end| end <= self.fleet.trace.now()) {
            self.broken(format!("served {token} past its true end"));
        }
    }

    /// The caller dropped the token.
    pub(crate) fn forget(&self, token: &str) {
        let mut state = self.state();
        if state.held.as_ref().is_some_and(|(held, _)| held == token) {
            state.held = None;
        }
    }

    /// A fleet whose processes hold tokens of two generations has both of them revoked at once: the newer one, which the
    /// first refusal brings from Redis, is refused too. That costs those calls their second try which were under way; the
    /// next one has a good token.
    pub(crate) fn may_fail_once(&self, begun: Duration) -> bool {
        let Some(revoked) = self.fleet.weather.last_revocation(begun).filter(|_| self.fleet.redis.is_some()) else {
            return false;
        };
        let now = self.fleet.trace.now();
        let mut state = self.state();
        let known = state.failed_after.filter(|(revocation, _)| *revocation == revoked);
        state.failed_after = known.or(Some((revoked, now)));
        known.is_none_or(|(_, ended)| begun <= ended)
    }

    /// Redis gave this entry. Whether it is taken over is the library's to decide.
    pub(crate) fn saw(&self, entry: &CachedToken) {
        let now = self.clock.now();
        let Some(left) = entry.expires_at.checked_sub(now.wall) else { return };
        let left = left.min(entry.lifetime).min(entry.remaining.unwrap_or(left));
        self.learn(entry.secret.expose(), now.plus(left), entry.lifetime);
    }

    fn learn(&self, token: &str, expires: Now, lifetime: Duration) -> Grant {
        let new = Grant { expires, usable_until: expires.minus(Duration::from_secs(5).min(lifetime / 10)) };
        let mut state = self.state();
        let grant = state.grants.entry(token.to_owned()).or_insert(new);
        // The same token may come again, over Redis: the library holds what it took first, or what it took last.
        if grant.expires.wall < expires.wall || grant.expires.monotonic < expires.monotonic {
            *grant = new;
        }
        new
    }

    fn received(&self, asked: Now, reply: &Reply) {
        match *reply {
            Reply::Token { number, lifetime } => {
                let expires = asked.plus(lifetime);
                let grant = self.learn(&token(number), expires, lifetime);
                if self.clock.now().is_before(expires) {
                    self.state().held = Some((token(number), grant.usable_until));
                }
            }
            Reply::Keys { newest } => {
                let usable_until = asked.plus(KEYS_USABLE_FOR);
                self.state().keys = Some(KnownKeys { newest, usable_until });
            }
            Reply::Other => {}
        }
    }

    /// Counts a request and holds the hour up to it against the bound.
    fn count(&self, endpoint: Endpoint) {
        let now = self.fleet.trace.now();
        let mut state = self.state();
        let requests = state.requests.entry(endpoint).or_default();
        requests.push_back(now);
        while requests.front().is_some_and(|at| *at + HOUR < now) {
            requests.pop_front();
        }
        let in_a_minute = requests.iter().rev().take_while(|at| **at + MINUTE >= now).count();
        let in_an_hour = requests.len();
        drop(state);
        self.fleet.judge_minute(self.id, endpoint, in_a_minute);
        self.fleet.judge_requests(self.id, endpoint, in_an_hour, self.started_at);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The way of one process to Vipps.
#[derive(Debug)]
struct Wire(Arc<Process>);

impl HttpSend for Wire {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let process = self.0.clone();
        Box::pin(async move {
            let asked = process.clock.now();
            let Some(endpoint) = Endpoint::of(request.uri().path()) else {
                process.broken(format!("a request to {}", request.uri().path()));
                return Err(SendError::not_sent("no such endpoint"));
            };
            process.count(endpoint);
            let vipps = &process.fleet.vipps;
            let limit = if vipps.makes_senders_stubborn(endpoint) { limit * 100 } else { limit };
            let answer = timeout(limit, vipps.answer(process.id, endpoint)).await;
            process.gate.pass().await;
            let (response, reply) = answer.map_err(|_| SendError::maybe_sent("no reply came in time"))??;
            process.received(asked, &reply);
            Ok(response)
        })
    }
}

/// What a call that failed had to say, short enough for a line.
pub(crate) fn in_short(error: &Error) -> String {
    format!("{} ({}, retry after {:?})", error.code(), error.detail(), error.retry_after())
}
