//! The rules of a request that starts a login by phone number.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::{
    call::Call,
    login::client::Client,
    login::scopes::grant_scopes,
    state::State,
    users::{User, Users},
    wire::reply::{Outcome, Refusal, Reply},
    wire::request::Form,
};

/// The countries that have Vipps MobilePay, by phone prefix.
const COUNTRY_CODES: [&str; 5] = ["45", "46", "47", "299", "358"];
const DEFAULT_EXPIRY: u64 = 600;
const FIELDS: [&str; 8] =
    ["login_hint", "scope", "state", "nonce", "binding_message", "requested_expiry", "requested_flow", "redirect_uri"];

/// What the merchant asks for.
pub(crate) struct Ask {
    pub(crate) hint: LoginHint,
    pub(crate) scopes: Vec<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) binding_message: Option<String>,
    pub(crate) expiry: Duration,
    /// Set in the redirect variant.
    pub(crate) redirect_uri: Option<String>,
}

/// How the person is named.
pub(crate) enum LoginHint {
    Msisdn(String),
    CustomerToken(String),
}

impl LoginHint {
    pub(crate) fn user<'a>(&self, users: &'a Users) -> Option<&'a User> {
        match self {
            Self::Msisdn(msisdn) => users.find(msisdn),
            Self::CustomerToken(token) => users.with_customer_token(token),
        }
    }
}

/// Judges in the order of the fields' table, but the scope after the flow that it depends on.
pub(crate) fn judge(state: &State, call: &mut Call<'_>, form: &Form, client: &Client) -> Outcome<Ask> {
    let hint = login_hint(state, call, form)?;
    let redirect_uri = redirect_uri(state, call, form, client)?;
    let scopes = scopes(state, call, form, client, redirect_uri.is_some())?;
    let binding_message = binding_message(state, call, form)?;
    let expiry = expiry(state, form)?;
    note_the_rest(call, form);
    let nonce = form.value("nonce").filter(|nonce| !nonce.is_empty()).map(str::to_owned);
    Ok(Ask { hint, scopes, nonce, binding_message, expiry, redirect_uri })
}

pub(crate) fn login_hint(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<LoginHint> {
    let about = "login_hint";
    let Some(text) = form.value(about).filter(|text| !text.is_empty()) else {
        let reply = error(state, "invalid_request", "Missing login_hint");
        return Err(reply.refuse(about, "missing: send urn:msisdn: and the number with country code"));
    };
    if text.starts_with("urn:mobilenumber:") {
        call.tolerated(about, "urn:mobilenumber: is an older form: send urn:msisdn: with the country code");
    }
    parse_hint(text).ok_or_else(|| {
        let why = "must be urn:msisdn: and digits that begin with 45, 46, 47, 299 or 358, or urn:customer-token:";
        let text = format!("login_hint.value : Invalid login_hint. It {why}");
        error(state, "invalid_request", &text).refuse(about, why)
    })
}

fn parse_hint(text: &str) -> Option<LoginHint> {
    if let Some(token) = text.strip_prefix("urn:customer-token:") {
        return (!token.is_empty()).then(|| LoginHint::CustomerToken(token.to_owned()));
    }
    if let Some(number) = text.strip_prefix("urn:mobilenumber:") {
        return (number.len() == 8 && is_digits(number)).then(|| LoginHint::Msisdn(format!("47{number}")));
    }
    let msisdn = text.strip_prefix("urn:msisdn:").filter(|number| is_digits(number))?;
    let has_number = |code: &str| msisdn.strip_prefix(code).is_some_and(|number| !number.is_empty());
    COUNTRY_CODES.into_iter().any(has_number).then(|| LoginHint::Msisdn(msisdn.to_owned()))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn redirect_uri(state: &State, call: &mut Call<'_>, form: &Form, client: &Client) -> Outcome<Option<String>> {
    let uri = form.value("redirect_uri");
    match form.value("requested_flow") {
        Some("login_to_webpage") => {}
        Some(_) => {
            return Err(refuse(state, "invalid_request", "requested_flow", "must be login_to_webpage, or left out"));
        }
        None if uri.is_some() => {
            call.tolerated("redirect_uri", "ignored: only for requested_flow=login_to_webpage");
            return Ok(None);
        }
        None => return Ok(None),
    }
    let Some(uri) = uri else {
        return Err(refuse(
            state,
            "invalid_request",
            "redirect_uri",
            "missing: send a registered one, login_to_webpage needs it",
        ));
    };
    if !state.accounts.has_registered(&client.msn, uri) {
        let why = "does not match any of the registered ones: send one byte for byte as it was registered";
        return Err(refuse(state, "invalid_request", "redirect_uri", why));
    }
    call.right("redirect_uri", "registered, byte for byte");
    Ok(Some(uri.to_owned()))
}

fn scopes(
    state: &State,
    call: &mut Call<'_>,
    form: &Form,
    client: &Client,
    openid_needed: bool,
) -> Outcome<Vec<String>> {
    let Some(asked) = form.value("scope").filter(|scope| !scope.trim().is_empty()) else {
        return Err(refuse(state, "invalid_request", "scope", "missing: send openid and what else is needed"));
    };
    let has = |name| asked.split(' ').any(|scope| scope == name);
    if has("nnin") {
        return Err(refuse(state, "invalid_scope", "scope", "nnin is not offered here: ask for nin"));
    }
    if !has("openid") && openid_needed {
        return Err(refuse(state, "invalid_scope", "scope", "must contain openid in the redirect variant"));
    }
    if !has("openid") {
        call.tolerated("scope", "without openid: send it always");
    }
    grant_scopes(state, call, &client.msn, asked).map_err(|why| refuse(state, "invalid_scope", "scope", why))
}

fn binding_message(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<Option<String>> {
    let Some(message) = form.value("binding_message") else { return Ok(None) };
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    if !(5..=8).contains(&message.len()) || !message.bytes().all(allowed) {
        let why = "must be 5 to 8 characters of A-Z, 0-9 and hyphen";
        return Err(refuse(state, "invalid_binding_message", "binding_message", why));
    }
    call.right("binding_message", "well-formed");
    Ok(Some(message.to_owned()))
}

fn expiry(state: &State, form: &Form) -> Outcome<Duration> {
    let Some(text) = form.value("requested_expiry") else { return Ok(Duration::from_secs(DEFAULT_EXPIRY)) };
    let seconds = text.parse().ok().filter(|seconds| is_digits(text) && (60..=900).contains(seconds));
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| refuse(state, "invalid_request", "requested_expiry", "must be a number of seconds, 60 to 900"))
}

fn note_the_rest(call: &mut Call<'_>, form: &Form) {
    if form.value("bindingMessage").is_some() {
        call.tolerated("bindingMessage", "ignored: the name is binding_message");
    }
    note_unknown(call, form, &FIELDS);
}

/// `bindingMessage` has a remark of its own, and the credentials belong to `client_secret_post`.
pub(super) fn note_unknown(call: &mut Call<'_>, form: &Form, known: &[&str]) {
    let spoken_of = ["bindingMessage", "client_id", "client_secret"];
    if form.names().any(|name| !known.contains(&name) && !spoken_of.contains(&name)) {
        call.tolerated("body", "a field that nobody knows was ignored");
    }
}

/// A 400 of the backchannel's start.
pub(crate) fn refuse(state: &State, code: &str, about: &'static str, why: &'static str) -> Refusal {
    error(state, code, &format!("{about}: {why}")).refuse(about, why)
}

/// Code seen in the wild has `error`, the documents have `error_code`.
fn error(state: &State, code: &str, text: &str) -> Reply {
    let member = if state.settings.login.error_code_member { "error_code" } else { "error" };
    Reply::json(StatusCode::BAD_REQUEST, &json!({ member: code, "error_description": text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_have_three_forms() {
        let number = |text| match parse_hint(text) {
            Some(LoginHint::Msisdn(msisdn)) => Some(msisdn),
            _ => None,
        };
        assert_eq!(number("urn:msisdn:4791234567").as_deref(), Some("4791234567"));
        assert_eq!(number("urn:mobilenumber:91234567").as_deref(), Some("4791234567"));
        assert!(
            matches!(parse_hint("urn:customer-token:abc"), Some(LoginHint::CustomerToken(token)) if token == "abc")
        );
        let wrong = ["4791234567", "urn:msisdn:", "urn:msisdn:47", "urn:msisdn:+4791234567", "urn:msisdn:4491234567"];
        for text in wrong {
            assert!(parse_hint(text).is_none(), "{text}");
        }
        for text in
            ["urn:nin:01017012345", "urn:mobilenumber:4791234567", "urn:customer-token:", "urn:MSISDN:4791234567"]
        {
            assert!(parse_hint(text).is_none(), "{text}");
        }
    }
}
