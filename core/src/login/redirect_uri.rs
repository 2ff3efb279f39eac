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

impl RedirectUri {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The query of a callback that came to this address; `None` when it came to another. Behind a proxy an application
    /// may know no more of it than path and query.
    pub(crate) fn query_of<'a>(&self, callback_url: &'a str) -> Option<&'a str> {
        let callback_url = callback_url.split('#').next().unwrap_or_default();
        let (place, query) = callback_url.split_once('?').unwrap_or((callback_url, ""));
        self.is_at(place).then_some(query)
    }

    fn is_at(&self, place: &str) -> bool {
        let Ok(own) = Url::parse(&self.0) else { return false };
        if place.is_empty() {
            return true;
        }
        if place.starts_with('/') {
            return place == own.path();
        }
        Url::parse(place).is_ok_and(|place| {
            place.scheme() == own.scheme()
                && place.host() == own.host()
                && place.port_or_known_default() == own.port_or_known_default()
                && place.path() == own.path()
        })
    }
}

impl FromStr for RedirectUri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check(text).map_err(|rule| Error::invalid_config("redirect_uri", rule))?;
        Ok(Self(text.to_owned()))
    }
}

/// The rules of the portal, which are the same for an app's callback.
pub(crate) fn check(text: &str) -> Result<(), &'static str> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be printable ascii without white space");
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute url")?;
    if text.contains('#') {
        return Err("must not hold a fragment");
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
        "http" if !is_loopback(url) => Err("must be https; plain http only to this machine"),
        "http" | "https" => check_host(rest),
        scheme if OTHER_SCHEMES.contains(&scheme) => Err("must be https or an app's own scheme"),
        _ => {
            let has_path = rest.starts_with('/') && !rest.trim_start_matches('/').is_empty();
            if has_path { Ok(()) } else { Err("an app's own scheme needs a path, as in myapp://callback") }
        }
    }
}

/// A browser reads more than the standard writes; the portal compares bytes.
fn check_host(rest: &str) -> Result<(), &'static str> {
    let has_host = rest.strip_prefix("//").is_some_and(|rest| rest.starts_with(|sign| sign != '/'));
    if has_host && !rest.contains('\\') { Ok(()) } else { Err("must have :// and then a host") }
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
            assert!(uri.query_of(callback).is_some_and(|query| query.ends_with("code=c")), "{callback}");
        }
        for callback in [
            "https://other.example/callback?code=c",
            "http://shop.example/callback?code=c",
            "https://shop.example:8443/callback?code=c",
            "https://shop.example/callback/?code=c",
            "/Callback?code=c",
            "callback?code=c",
        ] {
            assert_eq!(uri.query_of(callback), None, "{callback}");
        }
    }
}
