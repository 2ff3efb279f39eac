//! The scopes of a login.

use crate::{
    error::{Error, Result},
    event::{Event, Events},
    keys::is_scope_token,
};

/// In the order given, doubles dropped, `openid` among them: without it there is no ID token.
pub(crate) fn parse(scopes: &[impl AsRef<str>]) -> Result<Vec<String>> {
    let mut parsed: Vec<String> = Vec::with_capacity(scopes.len());
    for scope in scopes.iter().map(AsRef::as_ref) {
        if !is_scope_token(scope) {
            let rule = "must be a list of single scopes without white space, such as openid and name";
            return Err(refused(rule).with_value(scope));
        }
        if !parsed.iter().any(|known| known == scope) {
            parsed.push(scope.to_owned());
        }
    }
    if !parsed.iter().any(|scope| scope == "openid") {
        return Err(refused("must contain openid").with_value(&parsed.join(" ")));
    }
    Ok(parsed)
}

/// The backchannel knows the national identity number by one name only.
pub(crate) fn parse_for_backchannel(scopes: &[impl AsRef<str>]) -> Result<Vec<String>> {
    let scopes = parse(scopes)?;
    if scopes.iter().any(|scope| scope == "nnin") {
        return Err(refused("must not contain nnin in a login from a phone number: ask for nin"));
    }
    Ok(scopes)
}

/// Those that Vipps' documents have or had.
const KNOWN: [&str; 17] = [
    "openid",
    "name",
    "phoneNumber",
    "nin",
    "address",
    "birthDate",
    "delegatedConsents",
    "email",
    "gender",
    "customFlow",
    "agreement",
    "nnin",
    "accountNumbers",
    "promotions",
    "offline",
    "offline_access",
    "api_version_2",
];

/// A word that is none of them may be new, or a mistake that nobody is told of otherwise: what it asks for is just missing.
pub(crate) fn notice_unusual(scopes: &[String], events: &Events) {
    for scope in scopes.iter().filter(|scope| !KNOWN.contains(&scope.as_str())) {
        events.tell(Event::UnusualScope { scope: scope.clone() });
    }
}

/// As a reply has them (RFC 6749 section 3.3).
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

fn refused(rule: &'static str) -> Error {
    Error::breaks_rule("scopes", rule)
}
