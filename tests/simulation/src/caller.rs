//! Callers of one process, and what must hold for each of their calls.

use std::{future::Future, sync::Arc, time::Duration};

use fastrand::Rng;
use tokio::time::timeout;
use vipps_partner_auth::{AccessToken, Error, ErrorKind, Expect, Headers, Merchant, Partner, Result};

use crate::{
    fleet::AFTERMATH,
    process::{Process, in_short},
    vipps::forged_key,
    weather::exponential,
};

#[derive(Clone)]
pub(crate) struct Caller {
    process: Arc<Process>,
    partner: Partner,
    merchants: Arc<Vec<Merchant>>,
}

/// The state of the world as a call began.
struct Begin {
    at: Duration,
    stood_still: Duration,
    disturbances: u64,
}

/// After a revocation: until refusals of others leave a share, and the fetch.
const REPLACED_WITHIN: Duration = Duration::from_secs(60);
/// A call that lasts so long is never coming back.
const NEVER: Duration = Duration::from_secs(3 * 60 * 60);

impl Caller {
    pub(crate) fn new(process: &Arc<Process>, partner: Partner) -> Self {
        let merchants = (0..process.fleet.settings.merchants).map(|number| Process::merchant(&partner, number));
        let merchants = Arc::new(merchants.collect());
        Self { process: process.clone(), partner, merchants }
    }

    /// Calls until the process ends.
    pub(crate) async fn work(self, mean_gap: Duration, until: Duration, mut rng: Rng) {
        loop {
            let trace = &self.process.fleet.trace;
            let next = trace.now() + exponential(&mut rng, mean_gap);
            let is_aligned = self.process.fleet.settings.calls_on_the_minute && rng.bool();
            let next = if is_aligned { Duration::from_secs(60 * next.as_secs().div_ceil(60)) } else { next };
            tokio::time::sleep_until(trace.moment(next)).await;
            self.process.gate.pass().await;
            if self.process.fleet.trace.now() >= until || self.process.fleet.trace.is_broken() {
                return;
            }
            self.act(&mut rng).await;
        }
    }

    async fn act(&self, rng: &mut Rng) {
        let merchant = rng.usize(..self.merchants.len());
        match rng.u8(..100) {
            0..25 if self.process.fleet.settings.forges => self.verify_forged().await,
            0..45 => drop(self.headers(merchant, rng).await),
            45..85 => self.api_call(merchant, rng).await,
            85..93 => self.verify(rng).await,
            93..99 => self.burst(merchant, rng).await,
            _ => self.invalidate(rng).await,
        }
    }

    /// Many at once, some of which go away.
    async fn burst(&self, merchant: usize, rng: &mut Rng) {
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let caller = self.clone();
                let mut rng = rng.fork();
                tokio::spawn(async move { drop(caller.headers(merchant, &mut rng).await) })
            })
            .collect();
        for call in calls {
            drop(call.await);
        }
    }

    /// `None` when the caller went away.
    async fn headers(&self, merchant: usize, rng: &mut Rng) -> Option<Result<Headers>> {
        let begin = self.begin();
        let outcome = self.patiently("headers", self.merchants[merchant].authorization(), rng).await?;
        self.ended("headers", &begin, self.process.fleet.limit_of_tokens());
        self.judge(&begin, &outcome);
        Some(outcome)
    }

    async fn api_call(&self, merchant: usize, rng: &mut Rng) {
        let Some(Ok(headers)) = self.headers(merchant, rng).await else { return };
        let token = headers.token();
        if self.is_accepted(token, merchant).await {
            return;
        }
        self.process.note("401", merchant as u64);
        if rng.u8(..8) == 0 {
            return self.merchants[merchant].note_refused(token);
        }
        let begin = self.begin();
        let Some(outcome) = self.patiently("refused", self.merchants[merchant].refused(token), rng).await else {
            return;
        };
        self.ended("refused", &begin, self.process.fleet.limit_of_tokens());
        self.judge_replacement(&begin, merchant, token, outcome).await;
    }

    async fn judge_replacement(&self, begin: &Begin, merchant: usize, refused: &AccessToken, outcome: Result<Headers>) {
        let other = match outcome {
            Ok(other) => other,
            Err(error) => {
                self.judge_kind(&error);
                return self.failed(begin, merchant, &in_short(&error));
            }
        };
        if other.token() == refused || other.token().secret() == refused.secret() {
            return self.process.broken("refused() brought the refused token");
        }
        self.process.served(other.token().secret());
        if !self.is_accepted(other.token(), merchant).await {
            self.failed(begin, merchant, "the other token was refused too");
        }
    }

    /// A call for a merchant was refused for good. For one that is not blocked that may happen only around trouble.
    fn failed(&self, begin: &Begin, merchant: usize, why: &str) {
        let fleet = &self.process.fleet;
        let now = fleet.trace.now();
        self.process.note("a call fails for merchant", merchant as u64);
        if fleet.weather.is_blocked(merchant, now) {
            return;
        }
        let just_revoked = fleet.weather.last_revocation(now).is_some_and(|at| begin.at < at + REPLACED_WITHIN);
        if !just_revoked && self.was_calm(begin) && !self.process.may_fail_once(begin.at) {
            self.process.broken(format!("a call for merchant {merchant} failed for no reason: {why}"));
        }
    }

    async fn verify(&self, rng: &mut Rng) {
        let process = &self.process;
        let fleet = &self.process.fleet;
        let key = fleet.vipps.newest_key();
        let id_token = fleet.vipps.id_token(key);
        let begin = self.begin();
        let is_known = process.has_key(key);
        let expect = Expect::default();
        let Some(outcome) = self.patiently("verify", self.merchants[0].verify_id_token(&id_token, &expect), rng).await
        else {
            return;
        };
        self.ended("verify", &begin, fleet.limit_of_keys());
        let Err(error) = outcome else { return };
        process.note("verify failed", u64::from(error.kind() == ErrorKind::InvalidIdToken));
        if process.clock.wall_error() > Duration::from_secs(60) || process.disturbances() != begin.disturbances {
            return;
        }
        if is_known || error.kind() == ErrorKind::InvalidIdToken {
            process.broken(format!("a good ID token was refused, its key known: {is_known}: {}", in_short(&error)));
        }
        if !fleet.settings.forges && fleet.is_calm_for_keys(begin.at.saturating_sub(AFTERMATH)) {
            process.broken(format!("keys could not be had for no reason: {}", in_short(&error)));
        }
    }

    async fn verify_forged(&self) {
        let fleet = &self.process.fleet;
        let begin = self.begin();
        let forged = fleet.vipps.id_token(forged_key());
        let outcome = self.merchants[0].verify_id_token(&forged, &Expect::default()).await;
        self.ended("verify", &begin, fleet.limit_of_keys());
        if outcome.is_ok() {
            self.process.broken("a forged ID token was accepted");
        }
    }

    async fn invalidate(&self, rng: &mut Rng) {
        if !self.process.fleet.settings.invalidates {
            return;
        }
        let Some(Ok(headers)) = self.headers(0, rng).await else { return };
        self.process.note("invalidate", 0);
        self.process.disturb();
        self.process.fleet.disturb(self.process.fleet.trace.now(), false);
        self.process.forget(headers.token().secret());
        self.partner.invalidate(headers.token());
    }

    /// When everything works again: calls until one succeeds, and tells how long that took.
    pub(crate) async fn recover(&self, most: Duration) {
        let begin = self.process.fleet.trace.now();
        let mut rng = Rng::with_seed(u64::from(self.process.id));
        let last = self.merchants.len() - 1;
        while !self.works(last, &mut rng).await {
            if self.process.fleet.trace.now() > begin + most {
                return self.process.broken("nothing is wrong any more, and no call succeeds");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let took = self.process.fleet.trace.now() - begin;
        self.process.note("works again, after seconds", took.as_secs());
        self.process.fleet.trace.most("seconds until a process works again", took.as_secs());
    }

    async fn works(&self, merchant: usize, rng: &mut Rng) -> bool {
        let fleet = &self.process.fleet;
        let Some(Ok(headers)) = self.headers(merchant, rng).await else { return false };
        if !self.is_accepted(headers.token(), merchant).await {
            drop(self.merchants[merchant].refused(headers.token()).await);
            return false;
        }
        let id_token = fleet.vipps.id_token(fleet.vipps.newest_key());
        let verified = self.merchants[0].verify_id_token(&id_token, &Expect::default()).await;
        verified.is_ok() || self.process.clock.wall_error() > Duration::from_secs(60)
    }

    async fn is_accepted(&self, token: &AccessToken, merchant: usize) -> bool {
        let is_accepted = self.process.fleet.vipps.call(token.secret(), merchant).await;
        self.process.gate.pass().await;
        is_accepted
    }

    fn judge(&self, begin: &Begin, outcome: &Result<Headers>) {
        let error = match outcome {
            Ok(headers) => {
                self.process.note("served", 0);
                return self.process.served(headers.token().secret());
            }
            Err(error) => error,
        };
        self.process.note("no headers", 0);
        self.judge_kind(error);
        let undisturbed = self.process.disturbances() == begin.disturbances;
        if let Some(held) = self.process.held_usable().filter(|_| undisturbed) {
            self.process.broken(format!("a call failed while {held} was usable: {}", in_short(error)));
        }
        if self.was_calm(begin) {
            self.process.broken(format!("no token could be had for no reason: {}", in_short(error)));
        }
    }

    /// Only who was told so by Vipps may tell that the keys are wrong.
    fn judge_kind(&self, error: &Error) {
        let weather = &self.process.fleet.weather;
        let now = self.process.fleet.trace.now();
        let is_told = weather.tokens.touch(now.saturating_sub(AFTERMATH), now);
        let blames_keys = matches!(error.kind(), ErrorKind::CredentialsRejected | ErrorKind::Forbidden);
        if blames_keys && !is_told {
            self.process.broken(format!("the keys are blamed for a merchant's refusal: {}", in_short(error)));
        }
    }

    fn was_calm(&self, begin: &Begin) -> bool {
        let undisturbed = self.process.disturbances() == begin.disturbances;
        undisturbed && self.process.fleet.is_calm_for_tokens(begin.at.saturating_sub(AFTERMATH))
    }

    fn begin(&self) -> Begin {
        Begin {
            at: self.process.fleet.trace.now(),
            stood_still: self.process.gate.stood_still(),
            disturbances: self.process.disturbances(),
        }
    }

    fn ended(&self, what: &'static str, begin: &Begin, most: Duration) {
        let took = self.process.fleet.trace.now() - begin.at;
        let stood_still = self.process.gate.stood_still() - begin.stood_still;
        let worked = took.saturating_sub(stood_still);
        self.process.fleet.trace.most(what, u64::try_from(worked.as_millis()).unwrap_or(u64::MAX));
        if worked > most {
            self.process.broken(format!("{what} took {worked:?}, and may take {most:?}"));
        }
    }

    /// Some callers go away after a moment.
    async fn patiently<T>(&self, what: &'static str, call: impl Future<Output = T>, rng: &mut Rng) -> Option<T> {
        let goes_away = rng.u8(..6) == 0;
        let patience = if goes_away { Duration::from_millis(rng.u64(..2_000)) } else { NEVER };
        if let Ok(outcome) = timeout(patience, call).await {
            return Some(outcome);
        }
        self.process.note("went away", 0);
        if !goes_away && !self.process.gate.is_dead() {
            self.process.broken(format!("{what} never ends"));
        }
        None
    }
}
