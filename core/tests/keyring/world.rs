//! A verifier that fetches its keys, and all that surrounds it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::runtime::Handle;
use vipps_partner_auth::{
    Clock, Config, Environment, Event, Expect, IdTokenClaims, IdTokenVerifier, ManualClock, Now, Result,
};

use super::{Issuer, NOW, Signer, Token, expect, jwks};

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) issuer: Issuer,
    pub(crate) verifier: IdTokenVerifier,
    events: Arc<Mutex<Vec<Event>>>,
}

impl World {
    /// An issuer that publishes these keys, and a verifier that has not asked for them yet.
    pub(crate) fn new(signers: &[&Signer]) -> Self {
        Self::with(&jwks(signers), |config| config)
    }

    /// On a clock where waiting takes no real time.
    pub(crate) fn with(jwks: &str, adapt: impl FnOnce(Config) -> Config) -> Self {
        let clock = ManualClock::running_through_sleeps(NOW);
        let issuer = Issuer::new(&clock, jwks);
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let sink = events.clone();
        let config = Config::from(Environment::Production)
            .clock(Arc::new(clock.clone()))
            .http(Arc::new(issuer.clone()))
            .jitter(|| 0.0)
            .event_sink(move |event| sink.lock().expect("no test panics in here").push(event.clone()));
        // On the runtime of the test, so that a few turns of it settle everything.
        let config = match Handle::try_current() {
            Ok(runtime) => config.runtime(runtime),
            Err(_) => config,
        };
        let verifier = IdTokenVerifier::new(adapt(config)).expect("a good config");
        Self { clock, issuer, verifier, events }
    }

    /// With the keys already fetched, once; and the requests for it forgotten.
    pub(crate) async fn warm(signers: &[&Signer]) -> Self {
        Self::warm_with(&jwks(signers), signers[0], |config| config).await
    }

    pub(crate) async fn warm_with(jwks: &str, signer: &Signer, adapt: impl FnOnce(Config) -> Config) -> Self {
        let world = Self::with(jwks, adapt);
        world.judge(&world.token(signer)).await.expect("a good token of a published key");
        world.issuer.forget();
        world.events.lock().expect("no test panics in here").clear();
        world
    }

    /// A token that is good at this moment.
    pub(crate) fn token(&self, signer: &Signer) -> String {
        self.fresh(signer).signed_by(signer)
    }

    pub(crate) fn fresh(&self, signer: &Signer) -> Token {
        let now = self.clock.now().wall.as_secs();
        Token::of(signer).with("iat", now).with("nbf", now).with("exp", now + 600)
    }

    pub(crate) async fn judge(&self, jwt: &str) -> Result<IdTokenClaims> {
        self.verifier.verify(jwt, &expect()).await
    }

    pub(crate) fn judge_cached(&self, jwt: &str) -> Option<Result<IdTokenClaims>> {
        self.verifier.verify_cached(jwt, &expect())
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// What happened since this was asked last.
    pub(crate) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().expect("no test panics in here"))
    }
}

/// Lets everything that runs behind the callers get as far as it can. Only for the runtime of one thread, where each
/// turn gives every other task its own.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}
