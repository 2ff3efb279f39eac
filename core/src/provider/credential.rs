//! The keys as the two token calls need them, and their place in the shared cache.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use http::Request;

use super::shared::Place;
use crate::{
    config::BasicEncoding,
    environment::Environment,
    error::Result,
    headers::SystemHeaders,
    keys::{Keys, StandardKeys},
    msn::Msn,
    secret::Secret,
    token::{specialized_request, standard_request},
};

/// One set of keys.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) keys: Arc<Keys>,
    encoding: BasicEncoding,
    /// Of the pair of subscription keys, the one that was taken last.
    second_key_active: AtomicBool,
    /// Other keys are in use, and these are to show first that they are good.
    pub(super) is_on_trial: bool,
    /// Where processes with the same keys share their token.
    pub(super) place: Option<Place>,
}

impl Credential {
    pub(super) fn new(keys: Keys, encoding: BasicEncoding, is_on_trial: bool, place: Option<Place>) -> Self {
        Self { keys: Arc::new(keys), encoding, second_key_active: AtomicBool::new(false), is_on_trial, place }
    }

    pub(super) fn token_request(
        &self,
        environment: &Environment,
        system: &SystemHeaders,
        second_key: bool,
    ) -> Result<Request<Bytes>> {
        let standard = |keys: &StandardKeys, msn: Option<&Msn>| {
            standard_request(environment, keys, keys.subscription_key(second_key), msn, system)
        };
        match &*self.keys {
            Keys::Partner(keys) => standard(&keys.0, None),
            // The token call must not carry the `Psp-Id`.
            Keys::Psp(keys) => standard(&keys.standard, None),
            Keys::SalesUnit(keys) => standard(&keys.standard, Some(&keys.msn)),
            Keys::Specialized(keys) => specialized_request(environment, keys, self.encoding, system),
        }
    }

    pub(super) fn has_second_key(&self) -> bool {
        self.keys.standard().is_some_and(|keys| keys.second_subscription_key.is_some())
    }

    pub(super) fn subscription_key(&self, second: bool) -> Option<&Secret> {
        self.keys.standard().map(|keys| keys.subscription_key(second))
    }

    pub(super) fn uses_second_key(&self) -> bool {
        self.second_key_active.load(Relaxed)
    }

    pub(super) fn use_key(&self, second: bool) {
        self.second_key_active.store(second, Relaxed);
    }
}
