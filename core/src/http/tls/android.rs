//! Android, whose own rules can be asked only where the app has handed over its `Context`.

use std::sync::Arc;

use rustls::{client::danger::ServerCertVerifier, crypto::CryptoProvider};

use super::bundled;
use crate::{
    event::Events,
    http::{SendError, Variables},
};

pub(super) struct Machine;

impl Machine {
    pub(super) fn from_vars(_: &Variables<'_>) -> Self {
        Self
    }

    #[cfg(feature = "doctor")]
    #[expect(clippy::unused_self, reason = "other platforms need it")]
    pub(super) fn described(&self) -> &'static str {
        "the bundled authorities"
    }

    #[expect(clippy::unused_self, reason = "other platforms need it")]
    pub(super) fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
        events: &Events,
    ) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
        bundled::verifier(provider, events)
    }
}
