//! An authority of our own, and whatever it signs.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = key();
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// For the names of this machine, good today.
    pub(crate) fn good(&self) -> Leaf {
        self.sign(&params(&["localhost", "127.0.0.1"]))
    }

    pub(crate) fn for_names(&self, names: &[&str]) -> Leaf {
        self.sign(&params(names))
    }

    pub(crate) fn expired(&self) -> Leaf {
        self.between(2020, 2021)
    }

    pub(crate) fn not_yet_valid(&self) -> Leaf {
        self.between(2900, 2901)
    }

    fn between(&self, from: i32, until: i32) -> Leaf {
        let mut params = params(&["localhost"]);
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Leaf {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Leaf { certificate: certificate.der().clone(), key }
    }
}

/// A server's certificate with its key.
pub(crate) struct Leaf {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Leaf {
    /// Signed with its own key, by nobody else.
    pub(crate) fn self_signed() -> Self {
        let key = key();
        let certificate = params(&["localhost"]).self_signed(&key).expect("a certificate");
        Self { certificate: certificate.der().clone(), key }
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server_for(&[&TLS13, &TLS12])
    }

    /// Offers HTTP/2 first, to see that nobody takes it.
    pub(crate) fn server_for(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions that are compiled in")
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key.into())
            .expect("a certificate that fits its key");
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(names).expect("good names")
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
