//! What of a request may be shown on a page: everything but what opens something.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::accounts::Accounts;

/// Values under names that have one of these in them are masked; hyphens and underscores do not count.
const SECRET_PARTS: [&str; 12] = [
    "authorization",
    "secret",
    "token",
    "subscriptionkey",
    "apikey",
    "verifier",
    "password",
    "cookie",
    "assertion",
    "credential",
    "signature",
    "session",
];
/// Short names, taken whole. `state` and `nonce` tie a login to one browser and one application.
const SECRET_NAMES: [&str; 4] = ["code", "state", "nonce", "key"];
/// Names whose values are URIs: there the host is shown, however long and mixed it is.
const URI_NAMES: [&str; 5] = ["redirect_uri", "app_callback_uri", "origin", "referer", "location"];
const CUSTOMER_TOKEN: &str = "urn:customer-token:";
const SCHEMES: [&str; 3] = ["Bearer", "Basic", "Digest"];
/// A word of token characters from this length on, with letters and digits mixed, may open something.
const TOKEN_LENGTH: usize = 20;
/// Of shorter values not even the beginning is shown.
const SHORT: usize = 16;
/// Keys that are shorter are not looked for inside of other values: they would be found everywhere.
const SHORTEST_KEY: usize = 8;

/// Masks by name, by look, and by knowing the keys that were handed out.
pub(crate) struct Mask<'a> {
    keys: Vec<&'a str>,
}

impl<'a> Mask<'a> {
    pub(crate) fn knowing(accounts: &'a Accounts) -> Self {
        Self { keys: accounts.secrets().filter(|key| key.len() >= SHORTEST_KEY).collect() }
    }

    /// The value of a header, parameter or form field.
    pub(crate) fn value(&self, name: &str, value: &str) -> String {
        let name = name.to_ascii_lowercase();
        if is_secret(&name) {
            return masked_credentials(value);
        }
        if let Some(token) = value.strip_prefix(CUSTOMER_TOKEN) {
            return format!("{CUSTOMER_TOKEN}{}", masked(token));
        }
        let host_ends = if URI_NAMES.contains(&name.as_str()) { end_of_host(value) } else { 0 };
        let (host, rest) = value.split_at(host_ends);
        match rest.split_once('?').filter(|_| name == "location") {
            Some((path, query)) => format!("{}{}?{}", self.without_keys(host), self.text(path), self.query(query)),
            None => self.without_keys(host) + &self.text(rest),
        }
    }

    /// Field by field, decoded.
    fn query(&self, query: &str) -> String {
        let shown =
            |(name, value): (Cow<'_, str>, Cow<'_, str>)| format!("{}={}", self.text(&name), self.value(&name, &value));
        form_urlencoded::parse(query.as_bytes()).map(shown).collect::<Vec<_>>().join("&")
    }

    /// Text that has no name of its own, such as a path or a body of unknown form.
    pub(crate) fn text(&self, text: &str) -> String {
        without_tokens(&self.without_keys(text))
    }

    /// A JSON document, member by member.
    pub(crate) fn json(&self, document: &Value) -> Value {
        self.member("", document)
    }

    fn member(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.value(name, text)),
            Value::Array(items) => items.iter().map(|item| self.member(name, item)).collect(),
            Value::Object(members) => {
                let masked = |(name, value): (&String, &Value)| (self.text(name), self.member(name, value));
                Value::Object(members.iter().map(masked).collect::<Map<_, _>>())
            }
            Value::Number(number) if is_secret(&name.to_ascii_lowercase()) => json!(masked(&number.to_string())),
            _ => value.clone(),
        }
    }

    fn without_keys(&self, text: &str) -> String {
        let known = self.keys.iter().filter(|key| text.contains(**key));
        known.fold(text.to_owned(), |text, key| text.replace(key, &masked(key)))
    }
}

fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    SECRET_NAMES.contains(&name) || SECRET_PARTS.iter().any(|part| plain.contains(part))
}

/// Where the path of a URI begins; 0 when it names no host.
fn end_of_host(uri: &str) -> usize {
    let Some(begin) = uri.find("://").map(|at| at + 3) else { return 0 };
    uri[begin..].find(['/', '?', '#']).map_or(uri.len(), |length| begin + length)
}

/// Keeps the word in front of credentials, which is so often what was wrong about them.
fn masked_credentials(value: &str) -> String {
    match value.split_once(' ') {
        Some((scheme, rest)) if SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
            format!("{scheme} {}", masked(rest))
        }
        _ => masked(value),
    }
}

/// Four characters to recognise it by, where it has enough of them, and the length.
fn masked(value: &str) -> String {
    let length = value.chars().count();
    if length == 0 {
        return String::new();
    }
    let start: String = value.chars().take(if length < SHORT { 0 } else { 4 }).collect();
    let unit = if length == 1 { "character" } else { "characters" };
    format!("{start}… ({length} {unit})")
}

fn without_tokens(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|sign| !is_token_sign(sign)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        shown.push_str(&if looks_like_token(word) { masked(word) } else { word.to_owned() });
        let next = behind.find(is_token_sign).unwrap_or(behind.len());
        shown.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    shown
}

fn is_token_sign(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "+_.~-".contains(sign)
}

fn looks_like_token(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.bytes().any(|byte| kind(&byte));
    let mixed = has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit);
    word.len() >= TOKEN_LENGTH && mixed && !is_uuid(word)
}

/// The shape of ids that open nothing by themselves: `client_id`, `auth_req_id`.
fn is_uuid(word: &str) -> bool {
    let lengths: Vec<usize> = word.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "fixture/known-key=";

    fn shown(name: &str, value: &str) -> String {
        Mask { keys: vec![KEY] }.value(name, value)
    }

    #[test]
    fn credentials_keep_their_scheme_and_beginning() {
        let token = "abcdefghijklmnopqrst";
        assert_eq!(shown("authorization", &format!("Bearer {token}")), "Bearer abcd… (20 characters)");
        assert_eq!(shown("Authorization", &format!("basic {token}")), "basic abcd… (20 characters)");
        assert_eq!(shown("authorization", token), "abcd… (20 characters)");
        assert_eq!(shown("authorization", "Secret words of mine"), "Secr… (20 characters)");
        assert_eq!(shown("client_secret", "short"), "… (5 characters)");
        assert_eq!(shown("code", "x"), "… (1 character)");
        assert_eq!(shown("code_verifier", ""), "");
    }

    #[test]
    fn names_tell_secrets() {
        for name in [
            "Ocp-Apim-Subscription-Key",
            "client_secret",
            "Cookie",
            "state",
            "nonce",
            "access_token",
            "accessToken",
            "id_token_hint",
            "client_assertion",
        ] {
            assert_eq!(shown(name, "plain words that say all"), "plai… (24 characters)", "{name}");
        }
        for name in ["code_challenge_method", "grant_type", "scope", "merchant-serial-number"] {
            assert_eq!(shown(name, "plain words that say all"), "plain words that say all", "{name}");
        }
    }

    #[test]
    fn what_looks_like_a_token_is_masked_where_none_belongs() {
        assert_eq!(shown("client_id", "0123456789abcdef0123456789abcdef"), "0123… (32 characters)");
        assert_eq!(shown("x-debug", "see eyJhbGciOiJub25lIn0.e30.c2lnbmVk!"), "see eyJh… (32 characters)!");
        assert_eq!(shown("client_id", "01234567-89ab-cdef-0123-456789abcdef"), "01234567-89ab-cdef-0123-456789abcdef");
        let uri = "https://shop-0123456789-abc.preview.example/api/auth/callback/vipps-2024";
        assert_eq!(shown("redirect_uri", uri), uri);
        assert_eq!(
            shown("referer", "https://shop.example?x=0123456789abcdefghij"),
            "https://shop.example?x=0123… (20 characters)"
        );
        assert_eq!(shown("user-agent", "vipps-partner-auth/0.1.0 (linux)"), "vipps-partner-auth/0.1.0 (linux)");
        assert_eq!(shown("login_hint", "urn:customer-token:abcdef"), "urn:customer-token:… (6 characters)");
        assert_eq!(shown("login_hint", "urn:msisdn:4791234567"), "urn:msisdn:4791234567");
    }

    #[test]
    fn a_location_is_masked_field_by_field() {
        let sent = "https://shop-0123456789-abc.preview.example/cb?code=abc&scope=openid%20name&state=short";
        let expected = "https://shop-0123456789-abc.preview.example/cb?code=… (3 characters)&scope=openid name&state=… (5 characters)";
        assert_eq!(shown("location", sent), expected);
        assert_eq!(shown("Location", "/"), "/");
    }

    #[test]
    fn known_keys_are_masked_everywhere() {
        for name in ["user-agent", "redirect_uri", "x-other"] {
            assert_eq!(shown(name, &format!("a {KEY} b")), "a fixt… (18 characters) b", "{name}");
        }
        assert_eq!(Mask { keys: vec![KEY] }.text(&format!("/x/{KEY}")), "/x/fixt… (18 characters)");
    }

    #[test]
    fn json_is_masked_member_by_member() {
        let document =
            json!({ "pin_token": 123_456, "list": [{ "client_secret": "abc" }, "fixture/known-key="], "n": 5 });
        let expected = json!({
            "pin_token": "… (6 characters)",
            "list": [{ "client_secret": "… (3 characters)" }, "fixt… (18 characters)"],
            "n": 5,
        });
        assert_eq!(Mask { keys: vec![KEY] }.json(&document), expected);
    }
}
