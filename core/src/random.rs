//! Randomness that is safe across a fork, where an ordinary generator in memory would repeat itself.

use std::{fmt, sync::Arc, time::Duration};

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::error::{Error, ErrorKind, Result};

/// 256 bits that nobody can guess, as 43 characters of base64url.
pub(crate) fn unguessable() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::new(ErrorKind::Internal, "this machine has no randomness"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What spreads the waits of many processes. A test may hand in its own numbers, so that a run can be repeated.
#[derive(Clone, Default)]
pub(crate) struct Jitter(Option<Arc<dyn Fn() -> f64 + Send + Sync>>);

impl Jitter {
    pub(crate) fn from_numbers(numbers: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        Self(Some(numbers))
    }

    /// A number in `[0, 1)`.
    pub(crate) fn fraction(&self) -> f64 {
        match &self.0 {
            Some(numbers) => numbers().clamp(0.0, 1.0),
            None => fraction(),
        }
    }

    /// A span between nothing and `most`.
    pub(crate) fn up_to(&self, most: Duration) -> Duration {
        most.mul_f64(self.fraction())
    }

    /// The span and up to a fifth of it, so that a fleet that was told the same does not come back in the same instant.
    pub(crate) fn lengthened(&self, span: Duration) -> Duration {
        span + self.up_to(span / 5)
    }
}

fn fraction() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness there is no jitter, which is a lesser evil than no token.
    let _ = rand::fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jitter")
    }
}
