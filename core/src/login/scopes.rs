//! The scopes of a login.

use crate::{
    error::{Error, Result},
    keys::is_scope_token,
};

/// In the order given, doubles dropped, `openid` among them: without it there is no ID token.
pub(crate) fn parse(scopes: &[impl AsRef<str>]) -> Result<Vec<String>> {
    let mut parsed: Vec<String> = Vec::with_capacity(scopes.len());
    for scope in scopes.iter().map(AsRef::as_ref) {
        if !is_scope_token(scope) {
            return Err(refused("each must be one scope token, without white space"));
        }
        if !parsed.iter().any(|known| known == scope) {
            parsed.push(scope.to_owned());
        }
    }
    if !parsed.iter().any(|scope| scope == "openid") {
        return Err(refused("must contain openid"));
    }
    Ok(parsed)
}

/// The backchannel knows the national identity number by one name only.
pub(crate) fn parse_for_backchannel(scopes: &[impl AsRef<str>]) -> Result<Vec<String>> {
    let scopes = parse(scopes)?;
    if scopes.iter().any(|scope| scope == "nnin") {
        return Err(refused("nnin is not offered here: ask for nin"));
    }
    Ok(scopes)
}

/// As a reply has them (RFC 6749 section 3.3).
pub(crate) fn split(text: &str) -> Vec<String> {
    text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

fn refused(rule: &'static str) -> Error {
    Error::invalid_config("scopes", rule)
}
