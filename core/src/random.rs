//! Randomness that is safe across a fork, where an ordinary generator in memory would repeat itself.

use std::time::Duration;

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::error::{Error, ErrorKind, Result};

/// 256 bits that nobody can guess, as 43 characters of base64url.
pub(crate) fn unguessable() -> Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| Error::new(ErrorKind::Internal, "this machine has no randomness"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// A number in `[0, 1)`.
pub(crate) fn fraction() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness there is no jitter, which is a lesser evil than no token.
    let _ = rand::fill(&mut bytes);
    f64::from(u32::from_be_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}

/// A span between nothing and `most`.
pub(crate) fn up_to(most: Duration) -> Duration {
    most.mul_f64(fraction())
}
