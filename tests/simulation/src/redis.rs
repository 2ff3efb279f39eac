//! The simulated Redis: one entry, its locks, and all that can be wrong with it.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fastrand::Rng;
use tokio::time::sleep;
use vipps_partner_auth::{BoxFuture, CacheError, CacheKey, CachedToken, Clock, Lock, Secret, TokenCache};

use crate::{
    process::Process,
    trace::Trace,
    weather::{RedisFault, Weather},
};

/// One Redis for a whole fleet.
#[derive(Debug)]
pub(crate) struct Redis {
    trace: Arc<Trace>,
    weather: Arc<Weather>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    entry: Option<Kept<CachedToken>>,
    older: Vec<Kept<CachedToken>>,
    locks: HashMap<[u8; 32], Kept<Held>>,
}

#[derive(Debug, Clone)]
struct Kept<T> {
    value: T,
    until: Duration,
}

#[derive(Debug, Clone, PartialEq)]
enum Held {
    By(String),
    Off,
}

impl Redis {
    pub(crate) fn new(trace: Arc<Trace>, weather: Arc<Weather>, rng: Rng) -> Self {
        let state = State { rng, entry: None, older: Vec::new(), locks: HashMap::new() };
        Self { trace, weather, state: Mutex::new(state) }
    }

    /// Loses everything; or somebody puts back an older entry, which is all that can be done without the secret.
    pub(crate) fn lose(&self, puts_back_an_old_one: bool) {
        let now = self.trace.now();
        let mut state = self.state();
        let chosen = if state.older.is_empty() { 0 } else { state.rng.clone().usize(..state.older.len()) };
        let old = state.older.get(chosen).filter(|old| puts_back_an_old_one && now < old.until).cloned();
        self.trace.note(0, if old.is_some() { "redis: an old entry is back" } else { "redis forgets all" }, 0);
        if old.is_none() {
            state.locks.clear();
        }
        state.entry = old;
    }

    fn fault(&self) -> Option<RedisFault> {
        self.weather.redis.at(self.trace.now())
    }

    fn way(&self) -> Duration {
        Duration::from_millis(self.state().rng.u64(0..4))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way of one process to Redis.
#[derive(Debug)]
pub(crate) struct ProcessRedis {
    redis: Arc<Redis>,
    process: Arc<Process>,
}

#[derive(Clone, Copy, PartialEq)]
enum Access {
    Read,
    Write,
}

impl ProcessRedis {
    pub(crate) fn new(redis: Arc<Redis>, process: Arc<Process>) -> Self {
        Self { redis, process }
    }

    async fn ask<T>(
        &self,
        what: &'static str,
        access: Access,
        apply: impl FnOnce(&mut State, Duration) -> T,
    ) -> Result<T, CacheError> {
        let fault = self.redis.fault();
        match fault {
            Some(RedisFault::OutOfReach) => return Err(CacheError::because("redis is out of reach")),
            Some(RedisFault::Stalls) => pending().await,
            Some(RedisFault::Slow(span)) => sleep(span).await,
            Some(RedisFault::ReadOnly) if access == Access::Write => {
                return Err(CacheError::because("redis is read-only here"));
            }
            _ => {}
        }
        sleep(self.redis.way()).await;
        if self.process.gate.is_dead() {
            pending::<()>().await;
        }
        self.process.note(what, 0);
        let answer = apply(&mut self.redis.state(), self.redis.trace.now());
        if fault == Some(RedisFault::LosesReplies) {
            pending::<()>().await;
        }
        self.process.gate.pass().await;
        Ok(answer)
    }
}

impl TokenCache for ProcessRedis {
    fn load<'a>(&'a self, key: &'a CacheKey) -> BoxFuture<'a, Result<Option<CachedToken>, CacheError>> {
        Box::pin(async move {
            let read = |state: &mut State, now| {
                let kept = state.entry.as_ref().filter(|kept| now < kept.until)?;
                Some(kept.value.clone().with_remaining(Some(kept.until - now)))
            };
            let found = self.ask("redis: load", Access::Read, read).await?;
            let wall = self.process.clock.now().wall;
            let month = Duration::from_secs(24 * 30 * 60 * 60);
            let hour = Duration::from_secs(60 * 60);
            let found = match self.redis.fault() {
                Some(RedisFault::Garbage) => return key.open(b"garbage").map(Some),
                Some(RedisFault::Absurd) => return Ok(Some(CachedToken::new("absurd", wall + month, month))),
                Some(RedisFault::Expired) => return Ok(Some(CachedToken::new("expired", wall - hour, hour))),
                _ => found,
            };
            if let Some(entry) = &found {
                self.process.saw(entry);
            }
            Ok(found)
        })
    }

    fn store<'a>(
        &'a self,
        _key: &'a CacheKey,
        token: CachedToken,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(self.ask("redis: store", Access::Write, move |state, now| {
            let kept = Kept { value: token, until: now + ttl };
            state.older.extend(state.entry.replace(kept));
            let spare = state.older.len().saturating_sub(5);
            state.older.drain(..spare);
        }))
    }

    fn remove<'a>(&'a self, _key: &'a CacheKey, token: &'a Secret) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(self.ask("redis: remove", Access::Write, move |state, _| {
            if state.entry.as_ref().is_some_and(|kept| kept.value.secret == *token) {
                state.entry = None;
            }
        }))
    }

    fn locks(&self) -> bool {
        true
    }

    fn lock<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Lock, CacheError>> {
        Box::pin(self.ask("redis: lock", Access::Write, move |state, now| {
            match state.locks.get(key.lock_name()).filter(|kept| now < kept.until) {
                None => {
                    let kept = Kept { value: Held::By(holder.to_owned()), until: now + ttl };
                    state.locks.insert(*key.lock_name(), kept);
                    Lock::Ours
                }
                Some(Kept { value: Held::By(other), .. }) if other == holder => Lock::Ours,
                Some(Kept { value: Held::By(_), .. }) => Lock::Theirs,
                Some(Kept { value: Held::Off, until }) => Lock::HeldOff(*until - now),
            }
        }))
    }

    fn hold_off<'a>(
        &'a self,
        key: &'a CacheKey,
        holder: &'a str,
        span: Duration,
    ) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(self.ask("redis: hold off", Access::Write, move |state, now| {
            let held = state.locks.get(key.lock_name()).filter(|kept| now < kept.until);
            if held.is_none_or(|kept| kept.value == Held::By(holder.to_owned())) {
                state.locks.insert(*key.lock_name(), Kept { value: Held::Off, until: now + span });
            }
        }))
    }

    fn unlock<'a>(&'a self, key: &'a CacheKey, holder: &'a str) -> BoxFuture<'a, Result<(), CacheError>> {
        Box::pin(self.ask("redis: unlock", Access::Write, move |state, _| {
            if state.locks.get(key.lock_name()).is_some_and(|kept| kept.value == Held::By(holder.to_owned())) {
                state.locks.remove(key.lock_name());
            }
        }))
    }
}
