//! What a control can be refused with.

use std::{fmt, io, time::Duration};

/// Why a control was refused: the argument was bad, or there is no such sales unit, person or login.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
#[uniffi::export(Display)]
pub enum EmulatorError {
    /// What was wrong.
    Refused {
        /// In words.
        detail: String,
    },
}

pub(crate) type Result<T> = std::result::Result<T, EmulatorError>;

impl EmulatorError {
    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self::Refused { detail: detail.into() }
    }
}

impl From<io::Error> for EmulatorError {
    fn from(error: io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<vipps_partner_auth::Error> for EmulatorError {
    fn from(error: vipps_partner_auth::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl fmt::Display for EmulatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Refused { detail } = self;
        f.write_str(detail)
    }
}

impl std::error::Error for EmulatorError {}

/// A span of time, where the other language can write one that is none.
pub(crate) fn span(seconds: f64) -> Result<Duration> {
    let span = Duration::try_from_secs_f64(seconds).ok().filter(|span| *span <= LONGEST);
    span.ok_or_else(|| EmulatorError::new("a span of time must be 0 to 1,000,000 hours"))
}

const LONGEST: Duration = Duration::from_secs(1_000_000 * 60 * 60);
