//! The only place that decides to fetch a token.

mod credential;
mod replacing;
mod restraint;
mod shared;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use http::HeaderValue;
use zeroize::Zeroizing;

use self::{
    credential::Credential,
    replacing::Asked,
    restraint::Restraint,
    shared::{Fetch, Place, SharedCache},
};
use crate::{
    clock::{Clock, Now},
    config::{BasicEncoding, Config},
    environment::Environment,
    error::{Error, ErrorKind, Result},
    event::{Event, Events},
    executor::Executor,
    headers::SystemHeaders,
    http::HttpSend,
    key_source::KeySource,
    keys::{Keys, sensitive},
    msn::Msn,
    random::Jitter,
    renewing::{Attempt, Failure, Fetched, Lease, NotFetched, RENEWAL_GAP, Renewing, Source},
    retry::Tries,
    secret::Secret,
    token::{AccessToken, NoGrant, parse_reply},
    transport::Transport,
};

/// Holds one credential's token and renews it. A fresh token costs one uncontended read.
#[derive(derive_more::Debug)]
#[debug("TokenProvider {{ environment: {environment:?}, .. }}")]
pub(crate) struct TokenProvider {
    credential: ArcSwap<Credential>,
    encoding: BasicEncoding,
    environment: Environment,
    system: SystemHeaders,
    transport: Transport,
    clock: Arc<dyn Clock>,
    jitter: Jitter,
    events: Events,
    cache: Option<SharedCache>,
    key_source: Option<Arc<dyn KeySource>>,
    /// Held while other keys are tried.
    replacing: tokio::sync::Mutex<()>,
    request_timeout: Duration,
    deadline: Duration,
    /// This process's share of the margin, 0.8 to 1, so that a fleet does not renew at once.
    margin_share: f64,
    renewing: Renewing<Token>,
    memory: Mutex<Memory>,
}

/// A token in use.
pub(crate) type Held = Lease<Token>;

/// A token with all that is derived from it once.
#[derive(Debug)]
pub(crate) struct Token {
    #[expect(clippy::struct_field_names, reason = "the API's own token, beside what is made of it")]
    pub(crate) token: AccessToken,
    pub(crate) authorization: HeaderValue,
    pub(crate) subscription_key: Option<HeaderValue>,
    arrival: Arrival,
    /// What it was asked for with.
    credential: Arc<Credential>,
}

/// A token as it arrived, from Vipps or from the shared cache.
#[derive(Debug, Clone)]
struct Arrival {
    secret: Secret,
    lifetime: Duration,
    expires: Now,
    /// It came with the second subscription key of the pair.
    second_key: bool,
    from_cache: bool,
}

/// What is remembered from one fetch to the next.
#[derive(Debug, Default)]
struct Memory {
    asked: Asked,
    /// APIs refused these; the shared cache must not bring them back.
    refused: VecDeque<AccessToken>,
    restraint: Restraint,
}

impl Memory {
    fn remember_refused(&mut self, token: &AccessToken) {
        if self.refused.iter().any(|known| known.as_secret() == token.as_secret()) {
            return;
        }
        if self.refused.len() == MOST_REFUSED {
            self.refused.pop_front();
        }
        self.refused.push_back(token.clone());
    }
}

/// Requests in flight should still find the token valid.
const LAST_SECONDS: Duration = Duration::from_secs(5);
/// Between two renewals while one after the other fails.
const LONGEST_RENEWAL_GAP: Duration = Duration::from_secs(60 * 60);
/// Refused tokens that are remembered.
const MOST_REFUSED: usize = 8;

impl TokenProvider {
    pub(crate) fn new(
        keys: Keys,
        system: SystemHeaders,
        http: Arc<dyn HttpSend>,
        events: Events,
        config: &Config,
    ) -> Result<Self> {
        let cache = SharedCache::new(config)?;
        let place = cache.as_ref().map(|_| Place::new(&config.environment, &keys));
        Ok(Self {
            credential: ArcSwap::from_pointee(Credential::new(keys, config.basic_encoding, false, place)),
            encoding: config.basic_encoding,
            environment: config.environment.clone(),
            system,
            transport: Transport::new(http),
            clock: config.clock.clone(),
            jitter: config.jitter.clone(),
            events,
            cache,
            key_source: config.key_source.clone(),
            replacing: tokio::sync::Mutex::default(),
            request_timeout: config.request_timeout,
            deadline: config.deadline,
            margin_share: 1.0 - 0.2 * config.jitter.fraction(),
            renewing: Renewing::new(config),
            memory: Mutex::default(),
        })
    }

    /// A token to use now: from memory if it can be, else from the shared cache, else from Vipps.
    pub(crate) async fn token(self: &Arc<Self>) -> Result<Arc<Held>> {
        self.renewing.value(self).await
    }

    /// A token to use now, without I/O. Starts a renewal in the background when one is due.
    pub(crate) fn cached(self: &Arc<Self>) -> Option<Arc<Held>> {
        self.renewing.cached(self)
    }

    /// A token with at least `span` left, for a request that can't be sent again. Where Vipps gives none, or
    /// tokens don't live that long, one that is good now.
    pub(crate) async fn lasting(self: &Arc<Self>, span: Duration) -> Result<Arc<Held>> {
        let held = self.token().await?;
        if self.clock.now().plus(span).is_before(held.usable_until) {
            return Ok(held);
        }
        let newer = self.renewing.another(self, |lease| lease.generation > held.generation, |_, _| Ok(()));
        let renewed = match newer {
            Ok(flight) => flight.await,
            Err(error) => Err(error),
        };
        match renewed {
            Err(_) if self.clock.now().is_before(held.usable_until) => Ok(held),
            outcome => outcome,
        }
    }

    /// An API answered 401 to a call for `merchant` that carried this token. Brings another token, or says why there is
    /// none. That is a suspicion and no more: until another token is there, everybody else is served this one.
    pub(crate) async fn replacement(
        self: &Arc<Self>,
        refused: &AccessToken,
        merchant: Option<&Msn>,
    ) -> Result<Arc<Held>> {
        if !self.is_current(refused) {
            return self.token().await.and_then(|held| other_than(refused, held));
        }
        let is_another = |lease: &Arc<Held>| lease.token.as_secret() != refused.as_secret();
        let mut denied = false;
        let permit = |now: Now, _| {
            let mut memory = self.memory();
            memory.restraint.permit(merchant, now).inspect_err(|_| denied = true)?;
            // Before the fetch begins: it may look into the shared cache at once, where this token still is.
            memory.remember_refused(refused);
            Ok(())
        };
        let flight = self.renewing.another(self, is_another, permit);
        if denied {
            self.tell_denial(merchant);
        }
        let flight = flight?;
        self.memory().remember_refused(refused);
        other_than(refused, flight.await?)
    }

    /// Drops this token, and only this one: a late refusal can't evict a newer token. Tells whether it was dropped.
    pub(crate) fn invalidate(self: &Arc<Self>, token: &AccessToken) -> bool {
        let dropped = self.renewing.drop_if(|held| {
            let is_meant = held.token.as_secret() == token.as_secret();
            if is_meant {
                // Before anybody can begin a fetch, which may look into the shared cache at once.
                self.memory().remember_refused(token);
            }
            is_meant
        });
        if dropped && self.cache.is_some() {
            self.withdraw(token);
        }
        dropped
    }

    pub(crate) fn generation(&self) -> u64 {
        self.renewing.generation()
    }

    pub(crate) fn executor(&self) -> &Executor {
        self.renewing.executor()
    }

    /// Once for each fetch that was permitted, however often it happens; all of them are counted.
    fn tell_denial(&self, merchant: Option<&Msn>) {
        self.events.refusal_ignored();
        let is_first = self.memory().restraint.is_first_denial(merchant);
        if is_first {
            self.events.tell(Event::RefusalIgnored);
        }
    }

    fn is_current(&self, token: &AccessToken) -> bool {
        self.renewing.current().as_ref().is_some_and(|held| held.token.as_secret() == token.as_secret())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A token endpoint may hand out the same token until it ends.
fn other_than(refused: &AccessToken, held: Arc<Held>) -> Result<Arc<Held>> {
    if held.token.as_secret() == refused.as_secret() {
        return Err(Error::unavailable("Vipps gave the same token again after an API had refused it"));
    }
    Ok(held)
}

impl Source for TokenProvider {
    type Value = Token;

    fn renewing(&self) -> &Renewing<Token> {
        &self.renewing
    }

    async fn fetch(self: Arc<Self>, attempt: Attempt) -> Result<Fetched<Token>, NotFetched> {
        let credential = self.credential.load_full();
        match self.fetch_with(&credential, &attempt).await {
            Err(refused) if refused.error.kind() == ErrorKind::CredentialsRejected => {
                self.fetch_with_newer_keys(credential, refused, &attempt).await
            }
            outcome => outcome,
        }
    }

    fn stored(self: Arc<Self>, held: &Arc<Held>, attempt: &Attempt) {
        let lifetime = held.arrival.lifetime;
        self.events.tell(match (held.arrival.from_cache, attempt.replaces) {
            (true, _) => Event::TokenFromCache,
            (false, false) => Event::TokenFetched { lifetime },
            (false, true) => Event::TokenRenewed { lifetime },
        });
        if self.cache.is_some() && !held.arrival.from_cache {
            self.share(held.clone(), attempt);
        }
    }

    fn failed(self: Arc<Self>, failure: &Failure<'_>, attempt: &Attempt) {
        let error = failure.error.clone();
        self.events.tell(if attempt.replaces {
            Event::RenewalFailed { error, next_try_in: failure.next_renewal_in }
        } else {
            Event::TokenFetchFailed { error }
        });
        if self.cache.is_some() {
            let span = match attempt {
                Attempt { in_background: true, .. } => failure.next_renewal_in,
                // In the place of a token that may be good after all.
                Attempt { replaces: true, .. } => failure.pause.max(RENEWAL_GAP),
                _ => failure.pause,
            };
            self.pause_others(self.credential.load_full(), failure.error, span, attempt);
        }
    }

    fn is_stale(&self, _held: &Held, _now: Now, failures: u32) -> bool {
        failures > 0
    }

    fn served_stale(&self, held: &Held, now: Now) {
        self.events.tell(Event::StaleTokenServed { remaining: now.until(held.usable_until) });
    }

    fn looks_elsewhere(&self) -> bool {
        self.cache.is_some()
    }

    /// Once soon, and then after half of what is left: renewal begins hours before the end, and whole fleets renew.
    fn renewal_gap(failures: u32, left: Duration) -> Duration {
        if failures <= 1 {
            return RENEWAL_GAP;
        }
        (left / 2).clamp(RENEWAL_GAP, LONGEST_RENEWAL_GAP)
    }
}

/// Asking Vipps: the tries of one fetch, and the pair of subscription keys.
impl TokenProvider {
    async fn fetch_with(&self, credential: &Arc<Credential>, attempt: &Attempt) -> Result<Fetched<Token>, NotFetched> {
        let arrival = match (&self.cache, &credential.place) {
            (Some(cache), Some(place)) => self.fetch_in_turn(cache, place, Fetch { credential, attempt }).await?,
            _ => self.fetch_from_vipps(credential, attempt).await?,
        };
        Ok(fetched(arrival, credential.clone(), self.margin_share)?)
    }

    async fn fetch_from_vipps(&self, credential: &Credential, attempt: &Attempt) -> Result<Arrival> {
        let deadline = self.clock.now().plus(self.deadline);
        let tries = Tries { clock: &*self.clock, jitter: &self.jitter, deadline };
        tries.run(|_: &Error| attempt.is_awaited(), || self.try_with_either_key(credential, deadline)).await
    }

    /// Subscription keys come in pairs: when one is refused, the other may still be good.
    async fn try_with_either_key(&self, credential: &Credential, deadline: Now) -> Result<Arrival> {
        let second_key = credential.uses_second_key();
        let refusal = match self.try_once(credential, second_key, deadline).await {
            Err(refusal) if refusal.subscription_key_refused && credential.has_second_key() => refusal,
            outcome => return outcome.map_err(|refusal| refusal.error),
        };
        match self.try_once(credential, !second_key, deadline).await {
            Ok(arrival) => {
                credential.use_key(!second_key);
                self.events.tell(Event::OtherSubscriptionKeyUsed);
                Ok(arrival)
            }
            Err(other) => Err(if other.subscription_key_refused { refusal.error } else { other.error }),
        }
    }

    async fn try_once(&self, credential: &Credential, second_key: bool, deadline: Now) -> Result<Arrival, NoGrant> {
        let since = self.clock.now();
        let request = credential.token_request(&self.environment, &self.system, second_key)?;
        self.events.token_requested();
        let limit = since.until(deadline).min(self.request_timeout);
        let response = self.transport.send(request, limit).await.map_err(crate::http::SendError::into_error)?;
        let grant = parse_reply(&response, since, self.clock.now()).map_err(|no_grant| NoGrant {
            error: no_grant.error.without_echo_of(&credential.keys.secrets()),
            ..no_grant
        })?;
        let expires = since.plus(grant.lifetime);
        if !self.clock.now().is_before(expires) {
            return Err(Error::unavailable("the token had run out before it arrived").into());
        }
        Ok(Arrival { secret: grant.secret, lifetime: grant.lifetime, expires, second_key, from_cache: false })
    }
}

fn fetched(arrival: Arrival, credential: Arc<Credential>, margin_share: f64) -> Result<Fetched<Token>> {
    let bearer = Zeroizing::new(format!("Bearer {}", arrival.secret.expose()));
    let key = credential.subscription_key(arrival.second_key);
    Ok(Fetched {
        fresh_until: arrival.expires.minus(margin(arrival.lifetime).mul_f64(margin_share)),
        usable_until: arrival.expires.minus(LAST_SECONDS.min(arrival.lifetime / 10)),
        value: Token {
            token: AccessToken::new(arrival.secret.clone(), arrival.expires.wall),
            authorization: sensitive(&bearer)?,
            subscription_key: key.map(|key| sensitive(key.expose())).transpose()?,
            arrival,
            credential,
        },
    })
}

/// How long before its end a token is renewed: early, because several may be valid at once and an outage of the
/// endpoint should find us with hours left.
fn margin(lifetime: Duration) -> Duration {
    (lifetime / 10).max(Duration::from_secs(60)).min(lifetime / 2)
}
