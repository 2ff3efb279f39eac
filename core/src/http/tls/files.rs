//! Linux and other Unix systems, where the machine's authorities are files.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{RootCertStore, client::danger::ServerCertVerifier, crypto::CryptoProvider};
use rustls_native_certs::{CertificateResult, ErrorKind, load_certs_from_paths};

use super::{bundled, verifier_over};
use crate::{
    event::Events,
    http::{SendError, Variables, variable},
};

/// What the variables say, instead of the machine's usual files.
pub(super) struct Machine {
    file: Option<PathBuf>,
    folders: Option<Vec<PathBuf>>,
}

const FILE: &str = "SSL_CERT_FILE";
const FOLDERS: &str = "SSL_CERT_DIR";

impl Machine {
    pub(super) fn from_vars(vars: &Variables<'_>) -> Self {
        let folders = |list| env::split_paths(&list).filter(|folder| !folder.as_os_str().is_empty()).collect();
        Self { file: variable(vars, FILE).map(PathBuf::from), folders: variable(vars, FOLDERS).map(folders) }
    }

    #[cfg(feature = "doctor")]
    pub(super) fn described(&self) -> &'static str {
        match (&self.file, &self.folders) {
            (None, None) => "this machine's authorities",
            (Some(_), None) => "the authorities of SSL_CERT_FILE",
            (None, Some(_)) => "the authorities of SSL_CERT_DIR",
            (Some(_), Some(_)) => "the authorities of SSL_CERT_FILE and SSL_CERT_DIR",
        }
    }

    pub(super) fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
        events: &Events,
    ) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
        trusting(self.roots()?, provider, events)
    }

    /// Where a variable is set, its authorities and no others: one that leads nowhere must not widen what is trusted.
    fn roots(&self) -> Result<RootCertStore, SendError> {
        let mut roots = RootCertStore::empty();
        if let Some(file) = &self.file {
            add_named(&mut roots, FILE, load_certs_from_paths(Some(file), None))?;
        }
        if let Some(folders) = &self.folders {
            add_named(&mut roots, FOLDERS, loaded(None, folders))?;
        }
        if self.file.is_none() && self.folders.is_none() {
            let usual = openssl_probe::probe();
            roots.add_parsable_certificates(loaded(usual.cert_file.as_deref(), &usual.cert_dir).certs);
        }
        Ok(roots)
    }
}

fn trusting(
    roots: RootCertStore,
    provider: &Arc<CryptoProvider>,
    events: &Events,
) -> Result<Arc<dyn ServerCertVerifier>, SendError> {
    if roots.is_empty() {
        return bundled::verifier(provider, events);
    }
    Ok(verifier_over(roots, provider)?)
}

fn loaded(file: Option<&Path>, folders: &[PathBuf]) -> CertificateResult {
    let mut all = load_certs_from_paths(file, None);
    for folder in folders {
        let one = load_certs_from_paths(None, Some(folder));
        all.certs.extend(one.certs);
        all.errors.extend(one.errors);
    }
    // The same authority is often there twice, as a file of its own and in the bundle.
    all.certs.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
    all.certs.dedup();
    all
}

fn add_named(roots: &mut RootCertStore, variable: &'static str, found: CertificateResult) -> Result<(), SendError> {
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(());
    }
    let unreadable = found.errors.into_iter().find_map(|error| match error.kind {
        ErrorKind::Io { inner, .. } => Some(inner),
        _ => None,
    });
    Err(match unreadable {
        Some(error) => SendError::wrong_setting(variable, format!("what {variable} names cannot be read: {error}"))
            .with_source(error),
        None => SendError::wrong_setting(variable, format!("what {variable} names holds no certificate (pem)")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in a container without `ca-certificates`.
    #[test]
    fn a_machine_without_authorities_gets_the_bundled_ones() {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        assert!(trusting(RootCertStore::empty(), &provider, &Events::default()).is_ok());
    }

    #[test]
    fn an_empty_variable_is_none() {
        for value in [None, Some("")] {
            let machine = Machine::from_vars(&|_| value.map(Into::into));
            assert!(machine.file.is_none() && machine.folders.is_none());
        }
    }

    #[test]
    fn folders_that_are_all_empty_text_lead_nowhere() {
        let machine = Machine::from_vars(&|name| (name == FOLDERS).then(|| "::".into()));
        let error = machine.roots().expect_err("no folder").into_error();
        assert_eq!(error.to_string(), "what SSL_CERT_DIR names holds no certificate (pem) field=`SSL_CERT_DIR`");
    }
}
