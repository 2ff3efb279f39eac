//! The `redirect_uri` as Vipps will see it: it compares bytes.

use url::Url;

use super::report::Findings;
use crate::{
    environment::{Environment, is_loopback},
    login::RedirectUri,
};

/// Addresses of logins near 2,000 characters were answered with 502, and this is a part of them.
const LONGEST: usize = 500;
const CHECK: &str = "redirect_uri";

pub(super) fn look(text: &str, environment: &Environment, findings: &mut Findings) {
    let uri = match RedirectUri::parse(CHECK, text) {
        Ok(uri) => uri,
        Err(error) => return findings.error(CHECK, &error),
    };
    let Ok(url) = Url::parse(uri.as_str()) else { return };
    let shown = format!("{}{}", url.host_str().unwrap_or_default(), url.path());
    let mut is_fine = true;
    let mut warn = |detail: &str, cure: &str| {
        is_fine = false;
        findings.warn(CHECK, format!("redirect_uri {detail}"), cure);
    };
    if text.len() > LONGEST {
        warn("is very long", "keep it below 500 characters: Vipps fails at long addresses of logins");
    }
    let place = text.split(['?', '#']).next().unwrap_or_default();
    if url.has_host() && place.matches('/').count() == 2 {
        warn(
            "has no path",
            "write a path, such as /callback: software often adds a slash here, which Vipps takes for another address",
        );
    }
    if text != url.as_str() && url.as_str().strip_suffix('/') != Some(text) {
        warn(
            "is not in its normal form",
            "register exactly this text: Vipps compares bytes, and software may write it in another way",
        );
    }
    if is_loopback(&url) && *environment == Environment::Production {
        warn("leads to this machine", "give the address that customers' browsers can reach");
    }
    if is_fine {
        let slash = if place.ends_with('/') { "with" } else { "without" };
        let scheme = url.scheme();
        let length = text.len();
        let detail =
            format!("{scheme}, {shown}, {length} characters, {slash} a slash at the end: register exactly this text");
        findings.ok(CHECK, detail);
    }
}
