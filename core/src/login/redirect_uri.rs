//! Where the browser comes back to.

use std::str::FromStr;

use url::Url;

use crate::{
    environment::is_loopback,
    error::{Error, Result},
};

/// A `redirect_uri` that could be registered, kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RedirectUri(String);

/// What the answer adds; one of them in the registered text would stand there twice.
pub(crate) const ANSWERS: [&str; 8] =
    ["code", "state", "scope", "error", "error_description", "error_hint", "iss", "resume_uri"];

/// How the address of a callback differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elsewhere {
    /// The path is the same; scheme, host or port is not.
    Origin,
    Path,
    /// It is no address at all.
    NoAddress,
}

impl RedirectUri {
    /// Refuses what the portal does not take, under the name of this argument.
    pub(crate) fn parse(argument: &'static str, text: &str) -> Result<Self> {
        match check(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(rule) => Err(Error::breaks_rule(argument, rule).with_url(text)),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The query of a callback that came to this address. Behind a proxy an application may know no more of it than path
    /// and query.
    pub(crate) fn query_of<'a>(&self, callback_url: &'a str) -> Result<&'a str, Elsewhere> {
        let callback_url = callback_url.split('#').next().unwrap_or_default();
        let (place, query) = callback_url.split_once('?').unwrap_or((callback_url, ""));
        self.check_place(place).map(|()| query)
    }

    /// Whether both are one address, however they are written.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let normal = |uri: &Self| {
            let url = Url::parse(&uri.0).ok()?;
            Some((Place::of(&url), url.query().map(normalized)))
        };
        self == other || normal(self).is_some_and(|own| normal(other) == Some(own))
    }

    fn check_place(&self, place: &str) -> Result<(), Elsewhere> {
        let own = Url::parse(&self.0).map_err(|_| Elsewhere::NoAddress)?;
        if place.is_empty() {
            return Ok(());
        }
        let url = if place.starts_with('/') {
            let mut url = own.clone();
            url.set_path(place);
            url
        } else {
            Url::parse(place).map_err(|_| Elsewhere::NoAddress)?
        };
        let own = Place::of(&own);
        let there = Place::of(&url);
        match there {
            there if there == own => Ok(()),
            there if there.path == own.path => Err(Elsewhere::Origin),
            _ => Err(Elsewhere::Path),
        }
    }
}

/// Where a URL leads, in the form that RFC 3986 section 6.2.2 and 6.2.3 have for comparison.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    scheme: String,
    user: String,
    host: String,
    port: Option<u16>,
    path: String,
}

impl Place {
    fn of(url: &Url) -> Self {
        // Scheme, dot segments and what no URL can hold are the parser's.
        let path = if url.has_host() && url.path().is_empty() { "/" } else { url.path() };
        Self {
            scheme: url.scheme().to_owned(),
            user: format!("{}:{}", url.username(), url.password().unwrap_or_default()),
            host: normalized(url.host_str().unwrap_or_default()).to_ascii_lowercase(),
            port: url.port_or_known_default(),
            path: normalized(path),
        }
    }
}

/// Escapes in capital letters, and none for what needs none (RFC 3986 section 6.2.2.1 and 6.2.2.2).
fn normalized(text: &str) -> String {
    let mut parts = text.split('%');
    let plain = parts.next().unwrap_or_default().to_owned();
    let escaped = parts.map(|part| match part.get(..2).and_then(byte) {
        Some(byte) if is_unreserved(byte) => format!("{}{}", char::from(byte), &part[2..]),
        Some(byte) => format!("%{byte:02X}{}", &part[2..]),
        None => format!("%{part}"),
    });
    std::iter::once(plain).chain(escaped).collect()
}

fn byte(digits: &str) -> Option<u8> {
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

/// RFC 3986 section 2.3.
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

impl FromStr for RedirectUri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse("redirect_uri", text)
    }
}

/// The rules of the portal, which are the same for an app's callback.
fn check(text: &str) -> Result<(), &'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be printable ASCII without white space: write other characters percent-encoded");
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute URL, such as https://shop.example/callback")?;
    if text.contains('#') {
        return Err("must not hold a fragment (#)");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user or a password");
    }
    check_scheme(text, &url)?;
    if url.query_pairs().any(|(name, _)| ANSWERS.contains(&&*name)) {
        return Err("must not hold a parameter that the answer uses, such as code or state");
    }
    Ok(())
}

/// Schemes that are nobody's app.
const OTHER_SCHEMES: [&str; 9] = ["javascript", "data", "vbscript", "file", "blob", "about", "ftp", "ws", "wss"];

fn check_scheme(text: &str, url: &Url) -> Result<(), &'static str> {
    let rest = text.get(url.scheme().len() + 1..).unwrap_or_default();
    match url.scheme() {
        "http" if !is_loopback(url) => {
            Err("must be https; plain http only to this machine, such as http://localhost:3000/callback")
        }
        "http" | "https" => check_host(rest),
        scheme if OTHER_SCHEMES.contains(&scheme) => {
            Err("must be https or an app's own scheme, such as myapp://callback")
        }
        _ => {
            let has_path = rest.starts_with('/') && !rest.trim_start_matches('/').is_empty();
            if has_path { Ok(()) } else { Err("must have a path behind an app's own scheme, such as myapp://callback") }
        }
    }
}

/// A browser reads more than the standard writes; the portal compares bytes.
fn check_host(rest: &str) -> Result<(), &'static str> {
    let has_host = rest.strip_prefix("//").is_some_and(|rest| rest.starts_with(|sign| sign != '/'));
    if has_host && !rest.contains('\\') {
        Ok(())
    } else {
        Err("must have :// and then a host, such as https://shop.example/callback")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of(text: &str) -> Option<&'static str> {
        text.parse::<RedirectUri>().err().and_then(|error| error.field())
    }

    #[test]
    fn what_the_portal_takes_is_taken() {
        for text in [
            "https://shop.example/callback",
            "https://shop.example/callback/",
            "https://shop.example:8443/c?tenant=7",
            "http://localhost:3000/callback",
            "http://127.0.0.1/callback",
            "http://[::1]:8080/callback",
            "myapp://cb",
            "com.shop.app:/cb",
        ] {
            assert_eq!(text.parse::<RedirectUri>().map(|uri| uri.0).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_it_does_not_take_is_refused() {
        for text in [
            "",
            "/callback",
            "shop.example/callback",
            "http://shop.example/callback",
            "https://shop.example/callback#top",
            "https://user@shop.example/callback",
            "https://shop.example/call back",
            "https://shop.example/blåbær",
            "https://shop.example/callback?state=1",
            "https://shop.example/callback?x=1&code=2",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp://",
            "myapp:cb",
            "https://",
            "https:shop.example/callback",
            "https:///shop.example/callback",
            "https:\\\\shop.example\\callback",
            "javascript://shop.example/%0aalert(1)",
        ] {
            assert_eq!(field_of(text), Some("redirect_uri"), "{text}");
        }
    }

    #[test]
    fn a_callback_is_known_by_its_address() {
        let uri: RedirectUri = "https://shop.example/callback?tenant=7".parse().expect("a good one");
        for callback in [
            "https://shop.example/callback?tenant=7&code=c",
            "https://SHOP.example:443/callback?code=c",
            "/callback?tenant=7&code=c",
            "?code=c",
            "https://shop.example/callback?code=c#_",
        ] {
            assert!(uri.query_of(callback).is_ok_and(|query| query.ends_with("code=c")), "{callback}");
        }
        for (callback, why) in [
            ("https://other.example/callback?code=c", Elsewhere::Origin),
            ("http://shop.example/callback?code=c", Elsewhere::Origin),
            ("https://shop.example:8443/callback?code=c", Elsewhere::Origin),
            ("https://user@shop.example/callback?code=c", Elsewhere::Origin),
            ("https://shop.example/callback/?code=c", Elsewhere::Path),
            ("https://other.example/other?code=c", Elsewhere::Path),
            ("/Callback?code=c", Elsewhere::Path),
            ("//shop.example/callback?code=c", Elsewhere::Path),
            ("callback?code=c", Elsewhere::NoAddress),
            ("shop.example/callback?code=c", Elsewhere::NoAddress),
        ] {
            assert_eq!(uri.query_of(callback), Err(why), "{callback}");
        }
    }

    /// Pairs of one address, and of two.
    fn is_at(uri: &str, callback: &str) -> bool {
        uri.parse::<RedirectUri>().expect("a good one").query_of(callback).is_ok()
    }

    #[test]
    fn spelling_makes_no_other_address() {
        for (uri, callbacks) in [
            (
                "https://shop.example/k%C3%B8b/~a",
                &[
                    "/k%c3%b8b/~a?code=c",
                    "/%6B%C3%B8b/%7Ea?code=c",
                    "/k%C3%B8b/%7ea",
                    "/køb/~a",
                    "/x/../k%C3%B8b/./~a",
                    "https://SHOP.example:443/k%c3%b8b/~a",
                    "HTTPS://shop.example/k%C3%B8b/%2e/~a",
                    "https://sh%6Fp.example/k%C3%B8b/~a",
                ][..],
            ),
            ("https://shop.example/%6b%c3%b8b", &["/k%C3%B8b", "/%6B%C3%B8b"]),
            ("https://shop.example", &["/", "https://shop.example/", "https://shop.example"]),
            ("https://SHOP.example:443/a/../cb", &["/cb", "https://shop.example/cb"]),
            ("http://localhost:80/cb", &["http://localhost/cb"]),
            ("myapp://cb", &["myapp://cb", "myapp://cb/", "MYAPP://CB?code=c", "/"]),
            ("com.shop.app:/c%62", &["com.shop.app:/cb", "/cb"]),
            ("https://shop.example/100%25", &["/100%25"]),
            ("https://shop.example/100%zz", &["/100%zz"]),
        ] {
            for callback in callbacks {
                assert!(is_at(uri, callback), "{uri} {callback}");
            }
        }
    }

    #[test]
    fn what_is_another_address_stays_one() {
        for (uri, callback) in [
            ("https://shop.example/a%2Fb", "/a/b"),
            ("https://shop.example/a/b", "/a%2fb"),
            ("https://shop.example/a%3Fb", "/a?b"),
            ("https://shop.example/100%25", "/100%"),
            ("https://shop.example/%25%36%42", "/k"),
            ("https://shop.example/A", "/a"),
            ("https://shop.example//cb", "/cb"),
            ("https://shop.example/cb", "//cb"),
            ("https://shop.example/k%C3%B8b", "/k%C3%98b"),
            ("myapp://cb", "myapp://cb/x"),
            ("myapp://cb", "otherapp://cb"),
        ] {
            assert!(!is_at(uri, callback), "{uri} {callback}");
        }
    }

    #[test]
    fn two_spellings_are_one_and_both_are_kept() {
        let uri = |text: &str| text.parse::<RedirectUri>().expect("a good one");
        let written = uri("https://shop.example/k%c3%b8b?tenant=%37");
        assert!(written.is_same(&uri("https://SHOP.example:443/%6B%C3%B8b?tenant=7")));
        assert_eq!(written.as_str(), "https://shop.example/k%c3%b8b?tenant=%37");
        for other in
            ["https://shop.example/k%c3%b8b?tenant=8", "https://shop.example/k%c3%b8b", "https://shop.example/"]
        {
            assert!(!written.is_same(&uri(other)), "{other}");
        }
    }
}
