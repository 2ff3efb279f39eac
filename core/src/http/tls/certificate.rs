//! What a server's certificate says of itself, for people to read (RFC 5280 section 4.1). Nothing is decided by it.

use std::{
    fmt::{self, Write},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Who issued a certificate, and until when it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    issuer: String,
    not_after: Option<Duration>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const EXPLICIT_VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// X.520: `id-at-commonName`, `id-at-organizationName`.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];
const ORGANIZATION: [u8; 3] = [0x55, 0x04, 0x0a];
/// Whoever answers may write anything.
const LONGEST_NAME: usize = 64;

impl Certificate {
    /// `None` where it can't be read.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let mut certificate = Reader(Reader(der).value(SEQUENCE)?);
        let mut fields = Reader(certificate.value(SEQUENCE)?);
        if fields.0.first() == Some(&EXPLICIT_VERSION) {
            fields.next()?;
        }
        let [_serial, _algorithm] = [fields.next()?, fields.next()?];
        let issuer = name(fields.value(SEQUENCE)?);
        let mut validity = Reader(fields.value(SEQUENCE)?);
        let [_not_before, not_after] = [validity.next()?, validity.next()?];
        Some(Self {
            issuer: issuer.unwrap_or_else(|| "an issuer without a name".to_owned()),
            not_after: time(not_after),
        })
    }
}

/// Common name and organization.
fn name(der: &[u8]) -> Option<String> {
    let mut common_name = None;
    let mut organization = None;
    let mut sets = Reader(der);
    while let Some((SET, set)) = sets.next() {
        let mut pair = Reader(Reader(set).value(SEQUENCE)?);
        let kind = pair.value(OBJECT_IDENTIFIER)?;
        let (_, text) = pair.next()?;
        if kind == COMMON_NAME {
            common_name = Some(shown(text));
        } else if kind == ORGANIZATION {
            organization = Some(shown(text));
        }
    }
    match (common_name, organization) {
        (Some(name), Some(organization)) => Some(format!("{name} ({organization})")),
        (name, organization) => name.or(organization),
    }
}

fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.chars().map(|sign| if sign.is_control() { '?' } else { sign }).take(LONGEST_NAME).collect()
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn time((tag, text): (u8, &[u8])) -> Option<Duration> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = match tag {
        // RFC 5280 section 4.1.2.5.1.
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u64>().ok();
    let days = days_before(part(0, 4)?, part(4, 6)?)? + part(6, 8)?.checked_sub(1)?;
    Some(Duration::from_secs(((days * 24 + part(8, 10)?) * 60 + part(10, 12)?) * 60 + part(12, 14)?))
}

/// Days from the Unix epoch to the first of this month.
fn days_before(year: u64, month: u64) -> Option<u64> {
    const BEFORE_MONTH: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let in_year = BEFORE_MONTH.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let years = year.checked_sub(1970)?;
    let of_this_year = if month > 2 { leap_days(year) } else { leap_days(year - 1) };
    Some(years * 365 + of_this_year - leap_days(1969) + in_year)
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "issued by {}", self.issuer)?;
        let Some(not_after) = self.not_after else { return Ok(()) };
        let mut date = String::new();
        let end: SystemTime = UNIX_EPOCH + not_after;
        write!(date, "{}", httpdate::HttpDate::from(end))?;
        // `Sun, 06 Nov 1994 08:49:37 GMT`, of which the date will do.
        write!(f, ", good until {}", date.get(5..16).unwrap_or(&date))
    }
}

/// Elements of DER, one after the other. Nothing here follows an element of unknown length.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, first, rest @ ..] = self.0 else { return None };
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, value))
    }

    fn value(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

    use super::*;

    fn issued(until: (i32, u8, u8)) -> Vec<u8> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Corp Inspection CA");
        authority.distinguished_name.push(DnType::OrganizationName, "Corp\nAS");
        let issuer = Issuer::new(authority, KeyPair::generate().expect("a key"));
        let mut params = CertificateParams::new(["api.shop.example".to_owned()]).expect("a name");
        params.not_after = date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().expect("a key");
        params.signed_by(&key, &issuer).expect("a certificate").der().to_vec()
    }

    #[test]
    fn issuer_and_end_are_told() {
        for (until, told) in [
            ((2026, 3, 1), "01 Mar 2026"),
            ((2028, 2, 29), "29 Feb 2028"),
            ((2049, 12, 31), "31 Dec 2049"),
            ((2051, 1, 1), "01 Jan 2051"),
        ] {
            let certificate = Certificate::read(&issued(until)).expect("readable");
            assert_eq!(certificate.to_string(), format!("issued by Corp Inspection CA (Corp?AS), good until {told}"));
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_none_or_harmless() {
        let whole = issued((2026, 3, 1));
        for end in 0..whole.len() {
            assert_eq!(Certificate::read(&whole[..end]), None, "cut at {end}");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x81;
            drop(Certificate::read(&changed).map(|certificate| certificate.to_string()));
        }
    }
}
