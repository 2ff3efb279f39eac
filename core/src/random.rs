//! Randomness that is safe across a fork, where an ordinary generator in memory would repeat itself.

use std::time::Duration;

use aws_lc_rs::rand;

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
