//! Merchant serial numbers.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A merchant serial number (MSN): the id of one sales unit.
///
/// Always text, never a number: leading zeros are part of it. Four to ten ASCII digits, the range that covers every
/// rule Vipps has published. Parsed once, valid for ever; nothing is trimmed.
///
/// ```
/// use vipps_partner_auth::Msn;
///
/// let msn: Msn = "0123456".parse()?;
/// assert_eq!(msn.as_str(), "0123456");
/// assert_eq!("12 345".parse::<Msn>().unwrap_err().field(), Some("msn"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Msn(Arc<str>);

impl Msn {
    /// The digits as they were given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Msn {
    type Err = Error;

    /// Refuses anything but 4 to 10 ASCII digits with [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig), field `msn`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let well_formed = (4..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !well_formed {
            return Err(Error::invalid_config("msn", "must be 4 to 10 digits, without white space"));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Msn {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Msn> for String {
    fn from(msn: Msn) -> Self {
        msn.as_str().to_owned()
    }
}

impl fmt::Display for Msn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Msn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Msn({})", self.0)
    }
}
