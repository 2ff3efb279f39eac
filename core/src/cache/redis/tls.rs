//! TLS to Redis. The provider is named, so that none is installed for the whole process.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::fault::{Fault, NO_HANDSHAKE};
use crate::{
    error::{Error, Result},
    http::verifier_of_the_machine,
};

/// How servers are checked. Set up when it is first needed.
pub(super) struct Tls {
    /// None: those of the machine.
    authorities: Option<RootCertStore>,
    connector: OnceLock<TlsConnector>,
}

impl Tls {
    /// The authorities (PEM) instead of the machine's.
    pub(super) fn new(ca_pem: Option<&[u8]>) -> Result<Self> {
        Ok(Self { authorities: ca_pem.map(authorities).transpose()?, connector: OnceLock::new() })
    }

    pub(super) async fn connect<S>(&self, host: &str, stream: S, deadline: Instant) -> Result<TlsStream<S>, Fault>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| Fault::Broken("redis has a host name that no certificate can be for"))?;
        let shaken = timeout_at(deadline, self.connector()?.connect(name, stream)).await;
        shaken.map_err(|_| Fault::Broken(NO_HANDSHAKE))?.map_err(|error| Fault::of_tls(&error))
    }

    fn connector(&self) -> Result<&TlsConnector, Fault> {
        if let Some(connector) = self.connector.get() {
            return Ok(connector);
        }
        let config = self.config().map_err(|_| Fault::Broken("TLS to redis could not be set up"))?;
        Ok(self.connector.get_or_init(|| TlsConnector::from(Arc::new(config))))
    }

    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        if let Some(authorities) = &self.authorities {
            return Ok(builder.with_root_certificates(authorities.clone()).with_no_client_auth());
        }
        let verifier = verifier_of_the_machine(&provider)
            .map_err(|_| rustls::Error::General("no usable certificate authority".to_owned()))?;
        Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

fn authorities(pem: &[u8]) -> Result<RootCertStore> {
    let refused = |rule| Error::invalid_config("redis_ca_pem", rule);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| refused("the authorities for Redis must be PEM"))?;
        let added = roots.add(certificate);
        added.map_err(|_| refused("the authorities for Redis hold something that is not a certificate"))?;
    }
    if roots.is_empty() {
        return Err(refused(
            "the authorities for Redis must hold at least one certificate (-----BEGIN CERTIFICATE-----)",
        ));
    }
    Ok(roots)
}
