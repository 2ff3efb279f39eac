//! Who is to be asked.

use std::str::FromStr;

use crate::error::{Error, Result};

/// Who a login by phone number is for (`login_hint`). `Debug` does not show it: it is personal data.
///
/// ```
/// use vipps_partner_auth::LoginHint;
///
/// let hint = LoginHint::msisdn("4791234567")?;
/// assert_eq!(hint, "urn:msisdn:4791234567".parse()?);
/// assert_eq!("+47 912 34 567".parse::<LoginHint>().unwrap_err().field(), Some("login_hint"));
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("LoginHint(***)")]
pub struct LoginHint(String);

/// Norway, Denmark, Sweden, Greenland, Finland: the countries that Vipps' own error texts list.
const COUNTRY_CODES: [&str; 5] = ["47", "45", "46", "299", "358"];
const MSISDN: &str = "urn:msisdn:";
const CUSTOMER_TOKEN: &str = "urn:customer-token:";
const MOBILE_NUMBER: &str = "urn:mobilenumber:";

impl LoginHint {
    /// A phone number with its country code: 8 to 15 digits (E.164), no plus sign, no zeros in front. Refuses anything
    /// else: `InvalidConfig`, field `msisdn`.
    pub fn msisdn(digits: &str) -> Result<Self> {
        if !is_msisdn(digits) {
            let rule = "must be a phone number with its country code: 8 to 15 digits without plus sign, zeros in front or \
                        white space, such as 4712345678";
            return Err(Error::breaks_rule("msisdn", rule));
        }
        Ok(Self(format!("{MSISDN}{digits}")))
    }

    /// The token of a person who checked in by QR code. Refuses an empty one and white space: `InvalidConfig`, field
    /// `customer_token`.
    pub fn customer_token(token: &str) -> Result<Self> {
        if !is_token(token) {
            return Err(Error::breaks_rule("customer_token", "must be 1 to 1024 visible ASCII characters"));
        }
        Ok(Self(format!("{CUSTOMER_TOKEN}{token}")))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_of_unusual_country(&self) -> bool {
        let digits = self.0.strip_prefix(MSISDN);
        digits.is_some_and(|digits| !COUNTRY_CODES.iter().any(|code| digits.starts_with(code)))
    }
}

impl FromStr for LoginHint {
    type Err = Error;

    /// `urn:msisdn:` and a phone number with country code, `urn:customer-token:` and a token, or the older
    /// `urn:mobilenumber:` and a Norwegian number of eight digits. Refuses anything else: `InvalidConfig`, field
    /// `login_hint`.
    fn from_str(text: &str) -> Result<Self> {
        check(text).map_err(|rule| Error::breaks_rule("login_hint", rule))?;
        Ok(Self(text.to_owned()))
    }
}

/// The rule that it breaks. No value is shown: it is personal data.
fn check(text: &str) -> Result<(), &'static str> {
    if let Some(digits) = text.strip_prefix(MSISDN) {
        let rule = "must hold a phone number with its country code behind urn:msisdn: (8 to 15 digits without plus sign, \
                    zeros in front or white space), such as urn:msisdn:4712345678";
        return is_msisdn(digits).then_some(()).ok_or(rule);
    }
    if let Some(token) = text.strip_prefix(CUSTOMER_TOKEN) {
        let rule = "must hold a token of 1 to 1024 visible ASCII characters behind urn:customer-token:";
        return is_token(token).then_some(()).ok_or(rule);
    }
    match text.strip_prefix(MOBILE_NUMBER) {
        Some(digits) if digits.len() == 8 && is_digits(digits) => Ok(()),
        Some(_) => Err("must hold a Norwegian number of 8 digits behind urn:mobilenumber:"),
        None => Err("must begin with urn:msisdn: or urn:customer-token:, such as urn:msisdn:4712345678"),
    }
}

/// E.164, as Vipps writes it.
fn is_msisdn(digits: &str) -> bool {
    (8..=15).contains(&digits.len()) && is_digits(digits) && !digits.starts_with('0')
}

fn is_token(token: &str) -> bool {
    (1..=1_024).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms_are_known() {
        for text in [
            "urn:msisdn:4791234567",
            "urn:msisdn:358401234567",
            "urn:customer-token:a.b-c",
            "urn:mobilenumber:91234567",
        ] {
            assert_eq!(text.parse::<LoginHint>().map(|hint| hint.0).as_deref(), Ok(text));
        }
        for text in [
            "",
            "4791234567",
            "urn:msisdn:",
            "urn:msisdn:+4791234567",
            "urn:msisdn:004791234567",
            "urn:msisdn:47 91234567",
            "urn:msisdn:4791",
            "urn:msisdn:4791234567890123",
            "urn:MSISDN:4791234567",
            "urn:mobilenumber:4791234567",
            "urn:customer-token:",
            "urn:customer-token:a b",
            "urn:nin:01017012345",
        ] {
            let refused = text.parse::<LoginHint>().err();
            assert_eq!(refused.and_then(|error| error.field()), Some("login_hint"), "{text}");
        }
    }

    #[test]
    fn other_countries_are_noticed_not_refused() {
        assert!(LoginHint::msisdn("447911123456").is_ok_and(|hint| hint.is_of_unusual_country()));
        assert!(LoginHint::msisdn("4791234567").is_ok_and(|hint| !hint.is_of_unusual_country()));
        assert!(LoginHint::customer_token("44").is_ok_and(|hint| !hint.is_of_unusual_country()));
    }
}
