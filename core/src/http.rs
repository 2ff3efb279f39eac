//! How requests leave this library: one trait, and the client that is used unless another is handed in.

mod client;
mod connecting;
mod content_encoding;
mod fault;
mod no_proxy;
mod plain;
mod proxy;
mod target;
mod tls;

use std::{borrow::Cow, error::Error as StdError, ffi::OsString, fmt, sync::Arc, time::Duration};

use bytes::Bytes;

pub use client::ReqwestClient;
pub use plain::{PlainReply, PlainRequest, PlainSender};
pub(crate) use proxy::check_setting as check_proxy;
#[cfg(feature = "redis")]
pub(crate) use tls::verifier_of_the_machine;
#[cfg(feature = "doctor")]
pub(crate) use {client::Way, fault::words_of};

use crate::{
    clock::BoxFuture,
    config::Config,
    error::{Error, Result, Source},
    event::Events,
};

/// Sends one request and brings the whole reply back. No redirects, no retries, no cookies: all of that is decided
/// by this library.
pub trait HttpSend: Send + Sync + fmt::Debug {
    /// Sends `request` and gives up after `limit`, which is the implementation's to keep: callers wait for as long as
    /// this takes. It should also refuse to read a reply beyond some size; this library reads at most 256 KiB itself. A
    /// reply of any status is a success here.
    fn send(
        &self,
        request: http::Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<http::Response<Bytes>, SendError>>;
}

/// Why no reply came back. Neither the text nor [`source`](StdError::source) may hold a secret or a URL with its query;
/// host and port are welcome.
///
/// ```
/// use vipps_partner_auth::SendError;
///
/// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
/// let error = SendError::not_sent(format!("cannot reach {}:{}: {refused}", "127.0.0.1", 8585)).with_source(refused);
/// assert_eq!(error.to_string(), "cannot reach 127.0.0.1:8585: connection refused");
/// assert!(!error.may_have_been_sent());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    reached_the_server: bool,
    detail: Cow<'static, str>,
    hint: Option<Cow<'static, str>>,
    /// The environment variable that is to blame, where it is one.
    field: Option<&'static str>,
    source: Source,
}

impl SendError {
    /// The request certainly did not reach the server, so it may be sent again whatever it does.
    pub fn not_sent(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reached_the_server: false, detail: detail.into(), hint: None, field: None, source: Source::default() }
    }

    /// The request may have reached the server.
    pub fn maybe_sent(detail: impl Into<Cow<'static, str>>) -> Self {
        Self { reached_the_server: true, ..Self::not_sent(detail) }
    }

    /// Adds the likely cause and its cure.
    pub fn with_hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds the error beneath, for logs. It is not compared.
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Source::new(source), ..self }
    }

    /// Whether the server may have seen the request.
    pub fn may_have_been_sent(&self) -> bool {
        self.reached_the_server
    }

    /// Nothing can be sent before this environment variable is mended.
    #[cfg(not(any(windows, target_vendor = "apple", target_os = "android")))]
    fn wrong_setting(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field), ..Self::not_sent(detail) }
    }

    /// Whether it is about certificates: that of the server, or those that this machine trusts.
    #[cfg(feature = "doctor")]
    pub(crate) fn blames_certificate(&self) -> bool {
        let tls = self.source.error().and_then(<dyn StdError>::downcast_ref);
        self.field.is_some() || matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
    }

    /// The work of sending could not begin.
    fn not_started(error: &Error) -> Self {
        Self { hint: error.hint().map(|hint| hint.to_owned().into()), ..Self::not_sent(error.detail().to_owned()) }
    }

    /// The work of sending ended before it was done.
    fn lost(error: &Error) -> Self {
        Self::maybe_sent(error.detail().to_owned())
    }

    pub(crate) fn into_error(self) -> Error {
        let error = match self.field {
            Some(field) => Error::invalid_config(field, self.detail),
            None => Error::unavailable(self.detail),
        };
        let error = error.with_source(self.source).with_maybe_sent(self.reached_the_server);
        match self.hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl StdError for SendError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.error()
    }
}

/// What sends, and the default sender where it is that one.
pub(crate) struct Sender {
    pub(crate) http: Arc<dyn HttpSend>,
    #[cfg(feature = "doctor")]
    pub(crate) client: Option<Arc<ReqwestClient>>,
}

impl Sender {
    /// The sender that was set, else the default one.
    pub(crate) fn new(config: &Config, events: &Events) -> Result<Self> {
        if let Some(http) = &config.http {
            return Ok(Self {
                http: http.clone(),
                #[cfg(feature = "doctor")]
                client: None,
            });
        }
        let client = Arc::new(ReqwestClient::with_events(config, events.clone())?);
        Ok(Self {
            http: client.clone(),
            #[cfg(feature = "doctor")]
            client: Some(client),
        })
    }
}

/// Where environment variables come from.
type Variables<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// A variable's value; one that is empty counts as not set.
fn variable(vars: &Variables<'_>, name: &str) -> Option<OsString> {
    vars(name).filter(|value| !value.is_empty())
}
