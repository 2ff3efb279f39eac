//! An authority of our own, and certificates for servers on this machine.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

use crate::Outcome;

/// One that signs.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key, both as PEM.
#[derive(Debug)]
pub struct Certificate {
    /// The certificate.
    pub pem: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// A new one under this name.
    pub fn new(name: &str) -> Outcome<Self> {
        let mut params = CertificateParams::new([])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// What those trust who trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a server with these names or addresses.
    pub fn sign(&self, names: &[&str]) -> Outcome<Certificate> {
        let params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        let key = KeyPair::generate()?;
        Ok(Certificate { pem: params.signed_by(&key, &self.issuer)?.pem(), key: key.serialize_pem() })
    }
}
