//! Why Redis did not do what it was asked, in words of our own: the server's, and the crate's, may quote what was sent.

use std::{error::Error as StdError, io, sync::Arc};

use redis::{ErrorKind, RedisError};
use rustls::{AlertDescription, CertificateError};

use crate::cache::CacheError;

/// What went wrong, and what that means for the next try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// Another connection may have more luck.
    Broken(&'static str),
    /// The server understood and said no. It would say so again.
    Refused(&'static str),
    /// Scripts are forbidden or not there.
    NoScripts(&'static str),
    /// A cluster keeps this key on another server, which it names.
    Elsewhere {
        /// `host:port`.
        address: String,
        /// Only for this question: the key is being moved.
        asking: bool,
    },
}

impl Fault {
    /// Whether the connection is of no more use for the key that was asked for.
    pub(super) fn ends_connection(&self) -> bool {
        matches!(self, Self::Broken(_) | Self::Elsewhere { .. })
    }

    /// The connection was not made, or lost.
    pub(super) fn of_connecting(error: &io::Error) -> Self {
        Self::Broken(match error.kind() {
            io::ErrorKind::NotFound => "redis is out of reach: there is no such socket",
            io::ErrorKind::PermissionDenied => "redis is out of reach: this process has no right to connect",
            io::ErrorKind::TimedOut => NO_CONNECTION,
            // Refused, most of all.
            _ => "redis is out of reach",
        })
    }

    /// The handshake failed.
    pub(super) fn of_tls(error: &io::Error) -> Self {
        Self::Broken(tls_error(error).map_or("redis broke off the TLS handshake", tls_words))
    }

    /// A question was not answered, or answered with an error.
    pub(super) fn of_asking(error: RedisError, tls: bool) -> Self {
        if error.is_timeout() {
            return Self::Broken("no answer in time");
        }
        if let Some(error) = tls_error(&error) {
            return Self::Broken(tls_words(error));
        }
        let kind = error.kind();
        let refusals = error.into_server_errors().unwrap_or_default();
        if let Some((_, refusal)) = refusals.first() {
            return refused(refusal.code(), refusal.details().unwrap_or_default());
        }
        match (kind, tls) {
            (ErrorKind::Io, true) => {
                Self::Broken("redis closed the connection: it may want a certificate of its clients (tls-auth-clients)")
            }
            (ErrorKind::Io, false) => {
                Self::Broken("redis closed the connection: a port that speaks TLS wants rediss:// in the URL")
            }
            (ErrorKind::Parse, true) => Self::Broken(NOT_REDIS),
            (ErrorKind::Parse, false) => {
                Self::Broken("what answers there does not speak as redis does: it may want rediss:// in the URL")
            }
            _ => Self::Refused("redis gave an error"),
        }
    }
}

pub(super) const NO_CONNECTION: &str = "redis is out of reach: no connection in time";
pub(super) const NO_HANDSHAKE: &str =
    "no TLS handshake with redis in time: a port that speaks no TLS wants redis:// in the URL";
pub(super) const UNKNOWN_HOST: &str = "redis is out of reach: its host name is not known here";
pub(super) const NOT_REDIS: &str = "what answers there does not speak as redis does";
/// For a URL that says nothing of a cluster.
pub(super) const IN_A_CLUSTER: &str = "this redis is a node of a cluster: the URL must begin with redis+cluster://";

/// A command, and what is said where a user may not use it or a server does not have it.
struct Command {
    name: &'static str,
    forbidden: &'static str,
    missing: &'static str,
}

macro_rules! command {
    ($name:literal, $missing:expr) => {
        Command {
            name: $name,
            forbidden: concat!("redis forbids this user the command ", $name, ": its ACL lacks that right"),
            missing: $missing,
        }
    };
    ($name:literal) => {
        command!($name, concat!("this redis has no command ", $name, ": it was renamed or switched off"))
    };
}

/// All that are sent.
const COMMANDS: [Command; 11] = [
    command!("GETRANGE", "what answers there has no command GETRANGE: a Sentinel wants redis+sentinel:// in the URL"),
    command!("PTTL", "what answers there has no command PTTL: a Sentinel wants redis+sentinel:// in the URL"),
    command!("SET"),
    command!("DEL"),
    command!("EVAL"),
    command!("AUTH"),
    command!("SELECT"),
    command!("PING"),
    command!("ROLE"),
    command!("ASKING"),
    command!("SENTINEL", "what answers there is no Sentinel: a server wants redis:// in the URL"),
];

/// What a server's error means, by its code and the words after it.
fn refused(code: &str, details: &str) -> Fault {
    let broken = match code {
        "MOVED" | "ASK" => {
            let address = details.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned();
            return Fault::Elsewhere { address, asking: code == "ASK" };
        }
        "READONLY" => "redis is read-only here",
        "LOADING" => "redis is loading its data",
        "MASTERDOWN" => "this replica has lost its master",
        "CLUSTERDOWN" => "the cluster is down or incomplete",
        "TRYAGAIN" => MOVING,
        "BUSY" => "redis is busy with somebody's script",
        _ => return finally_refused(code, details),
    };
    Fault::Broken(broken)
}

pub(super) const MOVING: &str = "the cluster is moving this key";

fn finally_refused(code: &str, details: &str) -> Fault {
    Fault::Refused(match code {
        "WRONGPASS" => "redis refused user or password",
        "NOAUTH" => "redis asks for a password, and the URL has none",
        "NOPERM" => return forbidden(details),
        "NOSCRIPT" => return Fault::NoScripts("this redis runs no scripts"),
        "OOM" => "redis is full",
        "MISCONF" => "redis takes no writes: it can't save them to its disk",
        "NOREPLICAS" => "redis takes no writes: too few replicas are there",
        "WRONGTYPE" => "redis holds something else under this key",
        "DENIED" => "redis is in protected mode: it takes connections of its own machine alone",
        "ERR" => return other(details),
        _ => "redis gave an error",
    })
}

/// A right that the user lacks: a command, or the keys.
fn forbidden(details: &str) -> Fault {
    match command_in(details) {
        Some(Command { name: "EVAL", forbidden, .. }) => Fault::NoScripts(forbidden),
        Some(command) => Fault::Refused(command.forbidden),
        None if details.contains("key") => {
            Fault::Refused("redis forbids this user these keys: its ACL lacks ~vipps-partner-auth:*")
        }
        None => Fault::Refused("redis forbids this user a command or key"),
    }
}

/// Servers have no codes for these.
fn other(details: &str) -> Fault {
    let details = details.to_ascii_lowercase();
    let says = |words: &str| details.contains(words);
    if says("unknown command") || says("unsupported command") || says("not available") || says("disabled command") {
        return missing(&details);
    }
    if says("user executing the script") {
        return Fault::NoScripts("redis forbids this user a command that it needs within EVAL");
    }
    Fault::Refused(if says("db index") {
        "redis has no database of this number"
    } else if says("not allowed in cluster mode") {
        IN_A_CLUSTER
    } else if says("without any password") || says("no password is set") {
        "the URL has a password, and redis has none set"
    } else if says("invalid password") {
        "redis refused user or password"
    } else if says("max number of clients") {
        return Fault::Broken("redis takes no more connections");
    } else if says("wrong number of arguments for 'auth'") {
        "this redis knows no users: it is older than 6.0"
    } else {
        "redis gave an error"
    })
}

fn missing(details: &str) -> Fault {
    match command_in(details) {
        Some(Command { name: "EVAL", missing, .. }) => Fault::NoScripts(missing),
        Some(command) => Fault::Refused(command.missing),
        None => Fault::Refused("this redis has no command of one kind that is needed"),
    }
}

/// The first word in quotes. Arguments may follow it; they are not looked at.
fn command_in(details: &str) -> Option<&'static Command> {
    let quote = |character: char| matches!(character, '\'' | '`' | '"');
    let (_, rest) = details.split_once(quote)?;
    let name = rest.split(|character| quote(character) || character == '|').next()?;
    COMMANDS.iter().find(|command| command.name.eq_ignore_ascii_case(name))
}

fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref() {
            return Some(tls);
        }
        cause = wrapped(error).or_else(|| error.source());
    }
    None
}

/// What these two hold they keep to themselves unless asked: their source is the source of it.
fn wrapped<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    if let Some(shared) = error.downcast_ref::<Arc<dyn StdError + Send + Sync>>() {
        return Some(&**shared);
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    Some(inner)
}

fn tls_words(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(cause) => certificate_words(cause),
        rustls::Error::InvalidMessage(_) => {
            "what answers there does not speak TLS: a port without it wants redis:// in the URL"
        }
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "redis wants a certificate of its clients, and this library has none: set its tls-auth-clients to no"
        }
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "redis knows no certificate for this host name"
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            "redis and this library have no version or cipher of TLS in common: TLS 1.2 or newer is needed"
        }
        _ => "the TLS handshake with redis failed",
    }
}

fn certificate_words(cause: &CertificateError) -> &'static str {
    match cause {
        CertificateError::UnknownIssuer => {
            "the issuer of redis' certificate is not trusted: give its authority as redis_ca_pem"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "redis' certificate is for another host name than the URL has"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "redis' certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "redis' certificate is not valid yet: check the clock of this machine"
        }
        CertificateError::Revoked => "redis' certificate was revoked",
        _ => "redis' certificate is not good",
    }
}

impl From<Fault> for CacheError {
    fn from(fault: Fault) -> Self {
        Self::because(match fault {
            Fault::Broken(reason) | Fault::Refused(reason) | Fault::NoScripts(reason) => reason,
            Fault::Elsewhere { .. } => MOVING,
        })
    }
}
