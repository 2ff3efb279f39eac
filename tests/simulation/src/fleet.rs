//! What all processes of one run share, and the bounds on what they may ask for together.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;

use crate::{
    redis::Redis,
    trace::Trace,
    vipps::{Endpoint, Vipps},
    weather::Weather,
};

#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) settings: Settings,
    pub(crate) trace: Arc<Trace>,
    pub(crate) weather: Arc<Weather>,
    pub(crate) vipps: Vipps,
    pub(crate) redis: Option<Arc<Redis>>,
    state: Mutex<State>,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "settings that have nothing to do with each other")]
pub(crate) struct Settings {
    pub(crate) deadline: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) lifetime: Duration,
    pub(crate) repeats_tokens: bool,
    pub(crate) shares: bool,
    pub(crate) merchants: usize,
    /// Somebody sends ID tokens with made-up keys.
    pub(crate) forges: bool,
    /// Callers drop tokens now and then.
    pub(crate) invalidates: bool,
    /// All callers call in the same instants, as cron jobs do.
    pub(crate) calls_on_the_minute: bool,
}

#[derive(Debug, Default)]
struct State {
    token_requests: VecDeque<Duration>,
    /// When a process was last frozen, or its clock set.
    disturbed_at: Option<Duration>,
    /// Some wall clock is wrong by more than a minute from now on.
    wrong_clocks: bool,
}

const HOUR: Duration = Duration::from_secs(60 * 60);
/// After any trouble: the longest pause, `Retry-After` of five minutes and a fifth of it, and the fetch itself.
pub(crate) const AFTERMATH: Duration = Duration::from_secs(6 * 60 + 60);
/// What one process asks for in an hour, whatever happens. Tokens: refusals may cost ten fetches at once and one in half a
/// minute, 130 in all, where the endpoint works; where it fails, fetches come to be a minute apart, each of three tries,
/// 195 with those before. An hour may see some of both.
const MOST_TOKEN_REQUESTS: usize = 240;
/// Unknown keys may cost a load in half a minute, and a load that failed a look whether its place has moved; first loads,
/// failing, have three tries a minute.
const MOST_DOCUMENT_REQUESTS: usize = 200;

/// In a minute: pauses of 1, 2, 4, 8 and 16 seconds between fetches of three tries; refusals as above.
const MOST_TOKEN_REQUESTS_IN_A_MINUTE: usize = 24;
const MOST_DOCUMENT_REQUESTS_IN_A_MINUTE: usize = 18;

impl Fleet {
    pub(crate) fn new(settings: Settings, weather: Weather, rng: &mut Rng) -> Arc<Self> {
        let trace = Arc::new(Trace::new());
        let weather = Arc::new(weather);
        let lifetime = settings.lifetime;
        let repeats = settings.repeats_tokens;
        let vipps = Vipps::new(trace.clone(), weather.clone(), lifetime, repeats, rng.fork());
        let redis = settings.shares.then(|| Arc::new(Redis::new(trace.clone(), weather.clone(), rng.fork())));
        Arc::new(Self { settings, trace, weather, vipps, redis, state: Mutex::default() })
    }

    pub(crate) fn disturb(&self, until: Duration, clock_is_wrong: bool) {
        let mut state = self.state();
        state.disturbed_at = state.disturbed_at.max(Some(until));
        state.wrong_clocks |= clock_is_wrong;
    }

    /// How long a token may take, at most: a fetch or one under way, and where tokens are shared the turn at it.
    pub(crate) fn limit_of_tokens(&self) -> Duration {
        let turn = Duration::from_secs(10).min(self.settings.deadline) + Duration::from_secs(4);
        let grace = Duration::from_secs(2);
        self.settings.deadline + grace + if self.settings.shares { turn } else { Duration::ZERO }
    }

    /// The endpoints, the keys, and once more for a key that is not known yet.
    pub(crate) fn limit_of_keys(&self) -> Duration {
        2 * (self.settings.deadline + Duration::from_secs(3))
    }

    /// Whether there was no reason since then why a token could not be had.
    pub(crate) fn is_calm_for_tokens(&self, since: Duration) -> bool {
        let disturbed = self.state().disturbed_at.is_some_and(|at| since <= at);
        !disturbed && self.weather.is_calm_for_tokens(since, self.trace.now())
    }

    pub(crate) fn is_calm_for_keys(&self, since: Duration) -> bool {
        let now = self.trace.now();
        let rotated = self.weather.rotations.iter().any(|at| since <= *at && *at <= now);
        let disturbed = self.state().disturbed_at.is_some_and(|at| since <= at);
        !rotated && !disturbed && self.weather.is_calm_for_keys(since, now)
    }

    /// A process asks; in the last minute it did so `in_a_minute` times.
    pub(crate) fn judge_minute(&self, process: u32, endpoint: Endpoint, in_a_minute: usize) {
        let (what, most) = match endpoint {
            Endpoint::Token => ("token requests in a minute", MOST_TOKEN_REQUESTS_IN_A_MINUTE),
            Endpoint::Discovery | Endpoint::Keys => {
                ("document requests in a minute", MOST_DOCUMENT_REQUESTS_IN_A_MINUTE)
            }
        };
        self.trace.most(what, in_a_minute as u64);
        if in_a_minute > most {
            self.trace.broken(process, format!("{in_a_minute} requests in a minute: {endpoint:?}"));
        }
    }

    /// A process asks; in the last hour it did so `in_an_hour` times.
    pub(crate) fn judge_requests(&self, process: u32, endpoint: Endpoint, in_an_hour: usize, started_at: Duration) {
        let now = self.trace.now();
        let most = match endpoint {
            Endpoint::Token => MOST_TOKEN_REQUESTS,
            Endpoint::Discovery | Endpoint::Keys => MOST_DOCUMENT_REQUESTS,
        };
        self.trace.most(endpoint.name(), in_an_hour as u64);
        if in_an_hour > most {
            self.trace.broken(process, format!("{in_an_hour} requests in an hour: {endpoint:?}"));
        }
        let calm = self.calm_token_requests(now);
        let of_fleet = (endpoint == Endpoint::Token).then(|| self.token_requests_in_an_hour(now));
        let (asked, most) = match endpoint {
            Endpoint::Token if self.redis.is_some() => (of_fleet.unwrap_or_default(), calm),
            Endpoint::Token => (in_an_hour, calm),
            // A set is eight to nine minutes fresh, discovery an hour.
            Endpoint::Keys => (in_an_hour, 9),
            Endpoint::Discovery => (in_an_hour, 2),
        };
        if asked > most && self.was_quiet(endpoint, started_at, now) {
            self.trace.broken(process, format!("{asked} requests in an hour without a reason: {endpoint:?}"));
        }
    }

    /// Whether nothing happened lately that would cost requests.
    fn was_quiet(&self, endpoint: Endpoint, started_at: Duration, now: Duration) -> bool {
        let Some(since) = now.checked_sub(2 * HOUR) else { return false };
        let refused = self.weather.anybody_blocked(now);
        match endpoint {
            Endpoint::Token if self.redis.is_some() => {
                let wrong_clocks = self.state().wrong_clocks;
                !wrong_clocks && !refused && !self.settings.repeats_tokens && self.is_calm_for_tokens(since)
            }
            Endpoint::Token => {
                started_at < since && !refused && !self.settings.repeats_tokens && self.is_calm_for_tokens(since)
            }
            Endpoint::Keys | Endpoint::Discovery => {
                started_at < since && !self.settings.forges && self.is_calm_for_keys(since)
            }
        }
    }

    fn token_requests_in_an_hour(&self, now: Duration) -> usize {
        let mut state = self.state();
        state.token_requests.push_back(now);
        while state.token_requests.front().is_some_and(|at| *at + HOUR < now) {
            state.token_requests.pop_front();
        }
        state.token_requests.len()
    }

    /// Renewals of tokens that are fresh until a tenth before their end, a minute at least, and one for each revocation.
    fn calm_token_requests(&self, now: Duration) -> usize {
        let since = now.saturating_sub(2 * HOUR);
        let revocations = self.weather.revocations.iter().filter(|at| since <= **at && **at <= now).count();
        let lifetime = self.settings.lifetime;
        let fresh = lifetime - (lifetime / 10).max(Duration::from_secs(60)).min(lifetime / 2);
        usize::try_from(HOUR.as_secs() / fresh.as_secs().max(1)).unwrap_or(usize::MAX) + 1 + revocations
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
