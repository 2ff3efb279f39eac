//! The core's error as a record that every language can read.

use std::{fmt, time::Duration};

use vipps_partner_auth::{Error, ErrorKind};

/// What every call of this library can fail with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
pub enum AuthError {
    /// What the core tells.
    Failed {
        /// The properties of the core's error.
        parts: ErrorParts,
    },
    /// The caller did not wait for the end.
    Cancelled,
}

/// The properties of the core's error.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ErrorParts {
    /// The stable code of its kind.
    pub code: String,
    /// What happened, without the variables.
    pub detail: String,
    /// What happened, with everything that is known.
    pub text: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// How long to wait before the next try.
    pub retry_after: Option<Duration>,
    /// The setting or argument that was wrong.
    pub field: Option<String>,
    /// The check of the ID token that failed.
    pub claim: Option<String>,
    /// Why a login failed.
    pub reason: Option<String>,
    /// The HTTP status of the reply.
    pub status: Option<i32>,
    /// The `error` of an OAuth reply.
    pub oauth_error: Option<String>,
    /// The id under which Vipps can find the request.
    pub trace_id: Option<String>,
    /// The likely cause and its cure.
    pub hint: Option<String>,
}

pub(crate) type Result<T> = std::result::Result<T, AuthError>;

impl AuthError {
    /// An argument that can't be handed to the core at all.
    pub(crate) fn invalid(field: &str, detail: &str) -> Self {
        let text = format!("{detail} field=`{field}`");
        let parts = ErrorParts::bare(ErrorKind::InvalidConfig, detail, text);
        Self::Failed { parts: ErrorParts { field: Some(field.to_owned()), ..parts } }
    }

    /// A call that makes no sense just now.
    #[cfg(feature = "server")]
    pub(crate) fn unavailable(detail: &str) -> Self {
        Self::Failed { parts: ErrorParts::bare(ErrorKind::Unavailable, detail, detail.to_owned()) }
    }

    /// A bug in this library.
    pub(crate) fn internal(detail: &str) -> Self {
        Self::Failed { parts: ErrorParts::bare(ErrorKind::Internal, detail, detail.to_owned()) }
    }
}

impl ErrorParts {
    fn bare(kind: ErrorKind, detail: &str, text: String) -> Self {
        Self {
            code: kind.code().to_owned(),
            detail: detail.to_owned(),
            text,
            retryable: kind.retryable(),
            retry_after: None,
            field: None,
            claim: None,
            reason: None,
            status: None,
            oauth_error: None,
            trace_id: None,
            hint: None,
        }
    }
}

impl From<Error> for AuthError {
    fn from(error: Error) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let parts = ErrorParts {
            retry_after: error.retry_after(),
            field: owned(error.field()),
            claim: owned(error.claim()),
            reason: owned(error.reason()),
            status: error.status().map(i32::from),
            oauth_error: owned(error.oauth_error()),
            trace_id: owned(error.trace_id()),
            hint: owned(error.hint()),
            ..ErrorParts::bare(error.kind(), error.detail(), error.to_string())
        };
        Self::Failed { parts }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { parts } => f.write_str(&parts.text),
            Self::Cancelled => f.write_str("the call was cancelled"),
        }
    }
}

impl std::error::Error for AuthError {}
