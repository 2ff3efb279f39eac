//! Windows, macOS and iOS, which judge certificates themselves.

use std::sync::Arc;

use rustls::{client::danger::ServerCertVerifier, crypto::CryptoProvider};
use rustls_platform_verifier::Verifier;

use super::no_tls;
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
        "the operating system"
    }

    #[expect(clippy::unused_self, reason = "other platforms need it")]
    pub(super) fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
        _: &Events,
    ) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
        let verifier = Verifier::new(provider.clone()).map_err(|error| no_tls().with_source(error))?;
        Ok(Arc::new(verifier))
    }
}
