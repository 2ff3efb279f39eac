//! `Authorization: Basic` (RFC 7617), whose parts some clients form-encode first (RFC 6749 section 2.3.1) and some not.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The two parts of a Basic header, as they came out of the base64.
pub(crate) struct Basic {
    id: String,
    secret: String,
}

/// How the parts were joined; `Either` when it makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Raw,
    Form,
    Either,
}

impl Basic {
    /// `None` for another scheme, bad base64, or no colon.
    pub(crate) fn decode(value: &str) -> Option<Self> {
        let (scheme, encoded) = value.split_once(' ')?;
        let decoded = STANDARD.decode(encoded).ok().filter(|_| scheme.eq_ignore_ascii_case("Basic"))?;
        let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The `client_id` taken raw.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The `client_id` taken as form-encoded.
    pub(crate) fn decoded_id(&self) -> String {
        form_decoded(&self.id)
    }

    /// Whether the parts can be form-decoded at all: no lone `%`.
    pub(crate) fn is_decodable(&self) -> bool {
        [&self.id, &self.secret].into_iter().all(|part| has_whole_escapes(part))
    }

    /// How the parts must be read to be these credentials; `None` when they are others.
    pub(crate) fn fit(&self, client_id: &str, client_secret: &str) -> Option<Encoding> {
        let raw = self.id == client_id && self.secret == client_secret;
        let form = form_decoded(&self.id) == client_id && form_decoded(&self.secret) == client_secret;
        match (raw, form) {
            (true, true) => Some(Encoding::Either),
            (true, false) => Some(Encoding::Raw),
            (false, true) => Some(Encoding::Form),
            (false, false) => None,
        }
    }
}

fn has_whole_escapes(part: &str) -> bool {
    let mut rest = part.split('%').skip(1);
    rest.all(|behind| behind.len() >= 2 && behind.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()))
}

fn form_decoded(part: &str) -> String {
    // A lone value, so that `=` and `&` within it stay what they are.
    let field = format!("v={}", part.replace('&', "%26"));
    form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "abcd-accounting-client";

    fn fitting(header: &str, secret: &str) -> Option<Encoding> {
        Basic::decode(header)?.fit(ID, secret)
    }

    #[test]
    fn raw_pairs_fit_as_they_are() {
        let header = "Basic YWJjZC1hY2NvdW50aW5nLWNsaWVudDpwQHNzIHdvcmQlMkI=";
        assert_eq!(fitting(header, "p@ss word%2B"), Some(Encoding::Raw));
        assert_eq!(fitting(header, "p@ss word+"), Some(Encoding::Form));
        assert_eq!(fitting(header, "p@ss word"), None);
    }

    #[test]
    fn a_plain_secret_is_the_same_either_way() {
        let header = format!("basic {}", STANDARD.encode("abcd-accounting-client:plain-secret_1.2"));
        assert_eq!(fitting(&header, "plain-secret_1.2"), Some(Encoding::Either));
    }

    #[test]
    fn an_ampersand_or_equals_sign_stays_part_of_its_value() {
        assert_eq!(form_decoded("a&b=c%26%3D+"), "a&b=c&= ");
    }

    #[test]
    fn a_lone_percent_sign_can_not_be_decoded() {
        for (part, whole) in
            [("a%2Bb", true), ("%", false), ("a%2", false), ("a%zz", false), ("", true), ("%41%", false)]
        {
            assert_eq!(has_whole_escapes(part), whole, "{part}");
        }
    }

    #[test]
    fn what_is_not_basic_is_not_read() {
        for header in ["Bearer YTpi", "Basic", "Basic ***", "Basic YQ==", "Basic YTpi YTpi", "Basic YTpiYw"] {
            assert!(Basic::decode(header).is_none(), "{header}");
        }
        let basic = Basic::decode("Basic YTpi").expect("a pair");
        assert_eq!((basic.id(), basic.secret.as_str()), ("a", "b"));
    }
}
