//! Mozilla's authorities as this crate was built with them.

use std::sync::Arc;

use rustls::{client::danger::ServerCertVerifier, crypto::CryptoProvider};

use crate::{
    event::{Event, Events},
    http::{SendError, tls::verifier_over},
};

pub(super) fn verifier(
    provider: &Arc<CryptoProvider>,
    events: &Events,
) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
    let verifier = verifier_over(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(), provider)?;
    events.tell(Event::BundledRootsUsed);
    Ok(verifier)
}
