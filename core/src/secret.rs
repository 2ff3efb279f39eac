//! Text that must never be shown.

use aws_lc_rs::constant_time;
use zeroize::Zeroizing;

/// Secret text: hidden in `Debug`, compared in constant time, wiped from memory when dropped.
///
/// There is no `Display` and no `Serialize`, so that a secret can't slip into a log line by formatting.
///
/// ```
/// use vipps_partner_auth::Secret;
///
/// let secret = Secret::new("s3cret");
/// assert_eq!(format!("{secret:?}"), "Secret(***)");
/// assert_eq!(secret.expose(), "s3cret");
/// ```
#[derive(Clone, derive_more::Debug)]
#[debug("Secret(***)")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a `String` over without a copy; what a `&str` points to stays as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Hand it to the wire, never to a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl Eq for Secret {}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
