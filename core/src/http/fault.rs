//! What can go wrong on the way to a server, in words. They hold no secret: neither what was sent nor what came back.

use std::{borrow::Cow, error::Error as StdError, io};

use rustls::{AlertDescription, CertificateError};

use super::{SendError, connector::Route};

/// Why there is no connection; nothing was sent.
#[derive(Debug)]
pub(super) struct Fault {
    words: Cow<'static, str>,
    hint: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Fault {
    pub(super) fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self { words: words.into(), hint: None, source: None }
    }

    pub(super) fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(super) fn or_hint(self, hint: Option<&'static str>) -> Self {
        Self { hint: self.hint.or(hint), ..self }
    }

    pub(super) fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The same fault on the way to a proxy.
    pub(super) fn at_the_proxy(self) -> Self {
        Self { words: format!("the proxy cannot be reached: {}", self.words).into(), ..self }
    }

    pub(super) fn on(self, route: &Route) -> SendError {
        let error = SendError::not_sent(format!("cannot reach {route}: {}", self.words));
        let error = match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        };
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

pub(super) fn name_not_found(error: io::Error) -> Fault {
    let text = error.to_string();
    // What the system says stands behind the standard library's own words.
    let reason = text.rsplit_once("information: ").map_or(text.as_str(), |(_, reason)| reason);
    Fault::new(format!("name not found ({reason})")).with_source(error)
}

/// Looks for the system's error beneath what the connecting library says.
pub(super) fn not_connected(error: &(dyn StdError + 'static)) -> Fault {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Fault::new(io_words(io)).with_source(copy_of(io));
        }
        cause = error.source();
    }
    Fault::new("no address can be connected to")
}

pub(super) fn closed_by_proxy(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Fault {
    Fault::new("the proxy closed the connection").with_source(error)
}

fn io_words(error: &io::Error) -> String {
    match error.kind() {
        kind @ (io::ErrorKind::ConnectionRefused
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::TimedOut) => kind.to_string(),
        // The system's own words, such as for too many open files.
        _ => error.to_string(),
    }
}

/// `io::Error` can't be cloned. Those that connecting ends with are codes of the system.
fn copy_of(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// How a TLS handshake failed; what the other side said it was stays in the source.
pub(super) fn no_tls(error: io::Error) -> Fault {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let fault = match tls {
        Some(rustls::Error::InvalidCertificate(cause)) => bad_certificate(cause),
        Some(rustls::Error::AlertReceived(alert)) => {
            Fault::new(format!("the tls handshake failed: the server {}", alert_words(*alert))).with_hint(SPEAK_TLS)
        }
        Some(_) => Fault::new("the tls handshake failed").with_hint(SPEAK_TLS),
        None => Fault::new("the connection was closed during the tls handshake").with_hint(SPEAK_TLS),
    };
    match tls {
        Some(tls) => fault.with_source(tls.clone()),
        None => fault.with_source(error),
    }
}

const SPEAK_TLS: &str = "the server must speak tls 1.2 or newer; look for a proxy in between";
const CHECK_CLOCK: &str = "check the clock of this machine";
const GIVE_AUTHORITY: &str = "give a company's own authority as ca_pem or SSL_CERT_FILE";

fn alert_words(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::ProtocolVersion => "speaks no common version",
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => "shares no cipher or wants more",
        AlertDescription::UnrecognisedName => "does not know this host name",
        AlertDescription::CertificateRequired | AlertDescription::BadCertificate => "wants a certificate of the client",
        _ => "broke it off",
    }
}

fn bad_certificate(cause: &CertificateError) -> Fault {
    match cause {
        CertificateError::UnknownIssuer => {
            Fault::new("the certificate's issuer is not trusted").with_hint(GIVE_AUTHORITY)
        }
        CertificateError::BadSignature => {
            Fault::new("the certificate's signature does not fit its issuer").with_hint(GIVE_AUTHORITY)
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            Fault::new("the certificate has expired").with_hint(CHECK_CLOCK)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Fault::new("the certificate is not valid yet").with_hint(CHECK_CLOCK)
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Fault::new("the certificate is for another host name").with_hint("check the base url")
        }
        CertificateError::Revoked => Fault::new("the certificate has been revoked"),
        CertificateError::UnknownRevocationStatus
        | CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            Fault::new("whether the certificate has been revoked cannot be found out")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            Fault::new("the certificate is not for a server")
        }
        CertificateError::BadEncoding => Fault::new("the certificate is malformed"),
        // What the operating system says of it.
        CertificateError::Other(reason) => Fault::new(format!("the certificate is not good: {reason}")),
        _ => Fault::new("the certificate is not good"),
    }
}
