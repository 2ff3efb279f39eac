//! What can go wrong on the way to a server, in words. They hold no secret: neither what was sent nor what came back.

use std::{borrow::Cow, error::Error as StdError, io, iter::successors};

use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::InvalidDnsNameError;

use super::{
    SendError,
    proxy::{Proxy, Route},
    target::Target,
};

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

    fn or_hint(self, hint: Option<&'static str>) -> Self {
        Self { hint: self.hint.or(hint), ..self }
    }

    fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What is beneath, where nothing better is known.
    fn or_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: self.source.or_else(|| Some(source.into())), ..self }
    }

    /// The same fault on the way to a proxy.
    fn at_the_proxy(self) -> Self {
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

type AnyError = dyn StdError + 'static;

/// Why a connection was not made. What is told is told in our words, by the kinds of errors beneath; the one text of theirs
/// that is shown is the system's own.
pub(super) fn not_connected(error: reqwest::Error, route: &Route) -> Fault {
    let error = error.without_url();
    let causes: Vec<_> = causes(&error).collect();
    let fault = match &route.proxy {
        _ if error.is_timeout() => out_of_time(route),
        None => no_way(&causes, error.is_dns(), network_hint(&route.target)),
        Some(proxy) => no_way_through(&causes, error.is_dns(), proxy),
    };
    fault.or_source(error)
}

/// Whether what came back was something else than a reply.
pub(super) fn is_not_http(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.downcast_ref().is_some_and(hyper::Error::is_parse))
}

/// An error and all beneath it. `io::Error` leaves out what it carries itself when it is asked for its source.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &AnyError> {
    successors(Some(error as &AnyError), |&error| match error.downcast_ref::<io::Error>() {
        Some(io) => io.get_ref().map(|carried| carried as &AnyError),
        None => error.source(),
    })
}

fn out_of_time(route: &Route) -> Fault {
    let hint = if route.proxy.is_none() { network_hint(&route.target) } else { None };
    let fault = Fault::new("the connection was not made in time").or_hint(hint);
    fault.with_source(io::Error::from(io::ErrorKind::TimedOut))
}

fn network_hint(target: &Target) -> Option<&'static str> {
    (!target.is_loopback).then_some(
        "check network, name resolution and firewall; where only a proxy leads out, set HTTPS_PROXY or the setting proxy",
    )
}

/// Without a proxy, or to the proxy itself.
fn no_way(causes: &[&AnyError], is_dns: bool, hint: Option<&'static str>) -> Fault {
    let Some(io) = causes.iter().find_map(|cause| cause.downcast_ref::<io::Error>()) else {
        return not_begun(causes).or_hint(hint);
    };
    if is_dns {
        return name_not_found(io).or_hint(hint);
    }
    // An error of TLS comes wrapped in another, one of TCP does not.
    if io.get_ref().is_some_and(<dyn StdError + Send + Sync>::is::<io::Error>) {
        return no_tls(causes);
    }
    Fault::new(io_words(io)).with_source(copy_of(io)).or_hint(hint)
}

/// What hyper-util says of proxies has no type that can be named, so its fixed words are looked at.
fn no_way_through(causes: &[&AnyError], is_dns: bool, proxy: &Proxy) -> Fault {
    for (place, cause) in causes.iter().enumerate() {
        let words = cause.to_string();
        if let Some(words) = words.strip_prefix("tunnel error: ") {
            return no_tunnel(words, &causes[place + 1..], is_dns, proxy);
        }
        if let Some(words) = words.strip_prefix("SOCKS error: ") {
            return no_socks(words, proxy);
        }
    }
    if causes.iter().any(|cause| cause.is::<io::Error>()) { no_tls(causes) } else { not_begun(causes) }
}

/// Neither the system nor TLS was asked for anything.
fn not_begun(causes: &[&AnyError]) -> Fault {
    if causes.iter().any(|cause| cause.is::<InvalidDnsNameError>()) {
        return Fault::new("no certificate can be made out to this host name");
    }
    Fault::new("no connection could be made")
}

fn no_tunnel(words: &str, causes: &[&AnyError], is_dns: bool, proxy: &Proxy) -> Fault {
    match words {
        "failed to create underlying connection" => no_way(causes, is_dns, None).at_the_proxy(),
        "proxy authorization required" => proxy.wants_login(),
        "unexpected end of file" | "io error establishing tunnel" => Fault::new(CLOSED_BY_PROXY),
        _ => Fault::new("the proxy refused to connect")
            .with_hint("ask those who run the proxy whether it lets this host through"),
    }
}

fn no_socks(words: &str, proxy: &Proxy) -> Fault {
    match words {
        // It does not say why.
        "failed to create underlying connection" => Fault::new("the proxy cannot be reached"),
        "server does not support user/pass authentication"
        | "server implements authentication incorrectly"
        | "credentials not accepted" => proxy.wants_login(),
        "io error during SOCKS handshake" => Fault::new(CLOSED_BY_PROXY),
        "failed parsing server response" => Fault::new("the proxy does not speak socks 5"),
        "failed serialize request" | "host address is more than 255 characters" => {
            Fault::new("socks takes at most 255 bytes of host, user and password")
        }
        "ttl expired" => Fault::new("the proxy says: no answer in time"),
        "connection not allowed"
        | "network unreachable"
        | "host unreachable"
        | "connection refused"
        | "command not supported"
        | "address type not supported" => Fault::new(format!("the proxy says: {words}")),
        _ => Fault::new("the proxy says: general failure"),
    }
}

const CLOSED_BY_PROXY: &str = "the proxy closed the connection";

/// What the system says of a name or a connection.
#[cfg(feature = "doctor")]
pub(crate) fn words_of(error: &io::Error) -> String {
    let words = io_words(error);
    words.rsplit_once("information: ").map_or(words.clone(), |(_, reason)| reason.to_owned())
}

fn name_not_found(error: &io::Error) -> Fault {
    let text = error.to_string();
    // What the system says stands behind the standard library's own words.
    let reason = text.rsplit_once("information: ").map_or(text.as_str(), |(_, reason)| reason);
    Fault::new(format!("name not found ({reason})")).with_source(copy_of(error))
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
        | io::ErrorKind::PermissionDenied) => kind.to_string(),
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
fn no_tls(causes: &[&AnyError]) -> Fault {
    let tls = causes.iter().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    let Some(tls) = tls else {
        return Fault::new("the connection was closed during the tls handshake").with_hint(SPEAK_TLS);
    };
    let fault = match tls {
        rustls::Error::InvalidCertificate(cause) => bad_certificate(cause),
        rustls::Error::AlertReceived(alert) => {
            Fault::new(format!("the tls handshake failed: the server {}", alert_words(*alert))).with_hint(SPEAK_TLS)
        }
        _ => Fault::new("the tls handshake failed").with_hint(SPEAK_TLS),
    };
    fault.with_source(tls.clone())
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
