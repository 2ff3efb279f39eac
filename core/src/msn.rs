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
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, derive_more::Debug)]
#[debug("Msn({_0})")]
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
            return Err(malformed(text));
        }
        Ok(Self(text.into()))
    }
}

/// Longer texts were never meant for a merchant serial number.
const LONGEST_SHOWN: usize = 20;

/// Shows the text only where it is a number with a blemish. What holds letters may be anything, such as a secret in the
/// wrong place.
fn malformed(text: &str) -> Error {
    let error = Error::breaks_rule("msn", "must be 4 to 10 digits without white space, such as 123456");
    let is_number = !text.contains(char::is_alphabetic) && text.chars().count() <= LONGEST_SHOWN;
    if is_number { error.with_value(text) } else { error }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<Msn>().expect_err(text).detail().to_owned()
    }

    #[test]
    fn a_number_with_a_blemish_is_shown() {
        for text in ["123456 ", "12 345", "123,456", "123456.0", "+123456", "123", "12345678901", "１２３４５６", ""]
        {
            let told = format!("msn `{text}` must be 4 to 10 digits without white space, such as 123456");
            assert_eq!(refused(text), told);
        }
        assert!(refused("123456\n").starts_with("msn `123456\\n` must be"));
    }

    #[test]
    fn what_may_be_anything_else_is_not() {
        for text in ["hidden", "123abc", "1234567890 1234567890", "fixture-Secret+/42=="] {
            assert_eq!(refused(text), "msn must be 4 to 10 digits without white space, such as 123456", "{text}");
        }
    }
}
