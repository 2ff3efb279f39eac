//! TLS: which certificates are trusted.

#[cfg(not(any(windows, target_vendor = "apple")))]
mod bundled;
#[cfg(feature = "doctor")]
mod certificate;
#[cfg(target_os = "android")]
#[path = "tls/android.rs"]
mod machine;
#[cfg(any(windows, target_vendor = "apple"))]
#[path = "tls/operating_system.rs"]
mod machine;
#[cfg(not(any(windows, target_vendor = "apple", target_os = "android")))]
#[path = "tls/files.rs"]
mod machine;

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::{SendError, Variables};
use crate::event::Events;
use machine::Machine;

/// Whom to trust, settled when it is first needed: reading the machine's authorities takes a moment.
#[derive(derive_more::Debug)]
#[debug("Tls {{ .. }}")]
pub(super) struct Tls {
    /// Its own, not the process's: what the application installs for itself is none of our business.
    provider: Arc<CryptoProvider>,
    /// The user's own.
    company: Vec<CertificateDer<'static>>,
    machine: Machine,
    events: Events,
    verifier: OnceCell<Arc<dyn ServerCertVerifier>>,
    /// What the servers' certificates said of themselves, by host: only for people to read.
    #[cfg(feature = "doctor")]
    seen: std::sync::Mutex<std::collections::HashMap<String, certificate::Certificate>>,
}

impl Tls {
    pub(super) fn new(company: Vec<CertificateDer<'static>>, events: Events, vars: &Variables<'_>) -> Self {
        Self {
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            company,
            machine: Machine::from_vars(vars),
            events,
            verifier: OnceCell::new(),
            #[cfg(feature = "doctor")]
            seen: std::sync::Mutex::default(),
        }
    }

    /// How TLS is spoken. No certificate is trusted before this is [`settled`](Self::settled).
    pub(super) fn client_config(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let builder =
            ClientConfig::builder_with_provider(self.provider.clone()).with_safe_default_protocol_versions()?;
        let mut config = builder.dangerous().with_custom_certificate_verifier(self.clone()).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// A failure is not kept, since what is wrong may be mended meanwhile.
    pub(super) async fn settled(self: &Arc<Self>) -> Result<(), SendError> {
        let settle = || async {
            let tls = self.clone();
            let settled = spawn_blocking(move || tls.settle()).await;
            settled.unwrap_or_else(|panic| Err(no_tls().with_source(panic)))
        };
        self.verifier.get_or_try_init(settle).await.map(drop)
    }

    fn settle(&self) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
        let machine = self.machine.verifier(&self.provider, &self.events)?;
        if self.company.is_empty() {
            return Ok(machine);
        }
        let mut roots = RootCertStore::empty();
        for authority in &self.company {
            roots.add(authority.clone()).map_err(|error| no_tls().with_source(error))?;
        }
        Ok(Arc::new(CompanyOrMachine { company: verifier_over(roots, &self.provider)?, machine }))
    }

    #[cfg(feature = "doctor")]
    fn note(&self, server_name: &ServerName<'_>, end_entity: &CertificateDer<'_>) {
        if let Some(certificate) = certificate::Certificate::read(end_entity) {
            let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            seen.insert(server_name.to_str().into_owned(), certificate);
        }
    }

    #[cfg(feature = "doctor")]
    pub(super) fn certificate_of(&self, host: &str) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.get(host).map(ToString::to_string)
    }

    /// Who vouches for certificates, in words.
    #[cfg(feature = "doctor")]
    pub(super) fn trusts(&self) -> String {
        let company = if self.company.is_empty() { "" } else { "the setting ca_pem or " };
        format!("{company}{}", self.machine.described())
    }

    fn verifier(&self) -> Result<&dyn ServerCertVerifier, Error> {
        let verifier = self.verifier.get().ok_or_else(|| Error::General("whom to trust is not settled".to_owned()))?;
        Ok(&**verifier)
    }
}

impl ServerCertVerifier for Tls {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        #[cfg(feature = "doctor")]
        self.note(server_name, end_entity);
        self.verifier()?.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier()?.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier().map_or_else(|_| Vec::new(), ServerCertVerifier::supported_verify_schemes)
    }
}

/// The machine's own rules, with the variables of this process.
#[cfg(feature = "redis")]
pub(crate) fn verifier_of_the_machine(
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
    Machine::from_vars(&|name| std::env::var_os(name)).verifier(provider, &Events::default())
}

fn no_tls() -> SendError {
    SendError::not_sent("tls could not be set up")
}

fn verifier_over(roots: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, SendError> {
    let builder = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
    builder.build().map_err(|error| no_tls().with_source(error))
}

/// Trusts what the company's authorities vouch for, and what the machine trusts besides.
///
/// The platform verifier has a call for this too. This is the same on every platform, wherever the machine's authorities
/// come from, and the machine is not asked about (and does not log) what the company has vouched for.
#[derive(Debug)]
struct CompanyOrMachine {
    company: Arc<WebPkiServerVerifier>,
    machine: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for CompanyOrMachine {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judge = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let of_company = match judge(&*self.company) {
            Ok(trusted) => return Ok(trusted),
            Err(error) => error,
        };
        judge(&*self.machine).map_err(|of_machine| match of_machine {
            // The one who knows the issuer knows what is wrong.
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => of_company,
            of_machine => of_machine,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.company.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.company.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.company.supported_verify_schemes()
    }
}
