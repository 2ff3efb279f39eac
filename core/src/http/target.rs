//! Where a request goes.

use std::fmt;

use http::Uri;
use url::{Host, Url};

use super::SendError;
use crate::environment::{is_loopback, may_carry_secrets};

/// Host and port of a server, and whether TLS is spoken there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) host: Host<String>,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    pub(super) is_loopback: bool,
}

impl Target {
    pub(super) fn of(url: &Url) -> Result<Self, SendError> {
        if !may_carry_secrets(url) {
            return Err(SendError::not_sent("plain http is refused except to a loopback address"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SendError::not_sent("the url must have no user"));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(SendError::not_sent("the url names no host"));
        };
        Ok(Self { host: host.to_owned(), port, is_tls: url.scheme() == "https", is_loopback: is_loopback(url) })
    }
}

pub(super) fn parsed(uri: &Uri) -> Result<Url, SendError> {
    Url::parse(&uri.to_string()).map_err(|_| SendError::not_sent("the url is malformed"))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
