//! The checks that the gateway makes before a request reaches an API.

use http::{
    HeaderValue, StatusCode,
    header::{ALLOW, WWW_AUTHENTICATE},
};
use vipps_partner_auth::Msn;

use crate::{
    accounts::{Owner, SalesUnit},
    call::Call,
    choices::Mode,
    endpoint::Endpoint,
    state::State,
    token::issued::{Grant, Token},
    wire::reply::{Outcome, Refusal, Reply},
};

pub(crate) const SUBSCRIPTION_KEY: &str = "Ocp-Apim-Subscription-Key";
pub(crate) const MSN: &str = "Merchant-Serial-Number";

const MISSING_KEY: &str = "Access denied due to missing subscription key. Make sure to include subscription key when \
                           making requests to an API.";
const INVALID_KEY: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for an \
                           active subscription.";
/// Whose clock goes along with the emulator's sends no such token.
pub(crate) const EXPIRED_BY_MOVED_CLOCK: &str =
    "the token has expired on the emulator's clock, which was moved: fetch a new one, or move the caller's clock too";
const NAME_AND_VERSION: [&str; 2] = ["Vipps-System-Name", "Vipps-System-Version"];
const SYSTEM_HEADERS: [&str; 4] =
    ["Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"];

pub(crate) fn unknown_path() -> Refusal {
    Reply::gateway_legacy(StatusCode::NOT_FOUND).refuse("path", "no such path: check its spelling and the base URL")
}

/// For a body over the limit, of which nothing was kept.
pub(crate) fn too_large() -> Refusal {
    let why = "too large: send up to 1 MiB";
    Reply::apim(StatusCode::PAYLOAD_TOO_LARGE, &format!("Body {why}.")).refuse("body", why)
}

pub(crate) fn check_method(endpoint: Endpoint, call: &Call<'_>) -> Outcome<()> {
    let allowed = endpoint.methods();
    if allowed.contains(&call.request.method) {
        return Ok(());
    }
    let allowed = allowed.iter().map(http::Method::as_str).collect::<Vec<_>>().join(", ");
    let why = format!("wrong method: this path takes {allowed}");
    let reply = Reply::apim(StatusCode::METHOD_NOT_ALLOWED, &why);
    Err(reply.with_text(ALLOW, &allowed).refuse("method", why))
}

/// Whose subscription key it is.
pub(crate) fn subscriber(state: &State, call: &mut Call<'_>) -> Outcome<Owner> {
    let Some(key) = call.request.header(SUBSCRIPTION_KEY).filter(|key| !key.is_empty()) else {
        return Err(
            challenge(MISSING_KEY).refuse(SUBSCRIPTION_KEY, "missing: send the subscription key of the keys in use")
        );
    };
    let Some(owner) = state.accounts.subscriber(key) else {
        let why = "unknown: regenerated, of another environment or product, or swapped with the client_secret. Send the primary \
                   or secondary key that belongs to the client_id";
        return Err(challenge(INVALID_KEY).refuse(SUBSCRIPTION_KEY, why));
    };
    call.right(SUBSCRIPTION_KEY, "known");
    Ok(owner)
}

/// For a subscription key that isn't of the same keys as the rest.
pub(crate) fn subscription_not_found() -> Refusal {
    let why =
        "valid, but of other keys than the client_id or token in the same call: send the one that belongs to them";
    challenge("Subscription not found.").refuse(SUBSCRIPTION_KEY, why)
}

/// The token of the `Authorization` header and what it opens.
pub(crate) fn bearer(state: &State, call: &mut Call<'_>) -> Outcome<Grant> {
    grant(state, call).map_err(unauthorized)
}

/// What the API token of the `Authorization` header opens, or why it opens nothing.
pub(crate) fn grant(state: &State, call: &mut Call<'_>) -> Result<Grant, &'static str> {
    let text = bearer_text(call)?;
    let token = state
        .tokens
        .find(text)
        .ok_or("unknown token: of another environment, or cut. Send one of this environment, whole")?;
    if let Some(why) = reason_not_to_trust(state, token) {
        return Err(why);
    }
    call.right("Authorization", "the token is known and alive");
    Ok(token.grant.clone())
}

/// The token of the `Authorization` header, or what is wrong with the header.
pub(crate) fn bearer_text<'a>(call: &mut Call<'a>) -> Result<&'a str, &'static str> {
    let Some(value) = call.request.header("Authorization") else {
        return Err("missing: send the word Bearer, one space and the token");
    };
    let Some((scheme, text)) = value.split_once(' ') else {
        return Err("the word Bearer is missing: send it, one space and the token");
    };
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err("wrong scheme: send the word Bearer, one space and the token");
    }
    if scheme != "Bearer" {
        call.tolerated("Authorization", "write Bearer with a capital B and the rest in lower case");
    }
    if text.is_empty() || text.contains(' ') {
        return Err("one space belongs between Bearer and the token, and none behind it");
    }
    Ok(text)
}

fn reason_not_to_trust(state: &State, token: &Token) -> Option<&'static str> {
    if state.settings.wrong_environment {
        return Some(
            "the keys of this token are of the other environment, as the emulator was told: use keys of this one",
        );
    }
    if token.revoked {
        return Some("the token was revoked by the emulator's control: fetch a new one");
    }
    if state.clock.now() < token.expires_at {
        return None;
    }
    Some(if state.clock.is_real() { "the token has expired: fetch a new one" } else { EXPIRED_BY_MOVED_CLOCK })
}

pub(crate) fn unauthorized(why: &'static str) -> Refusal {
    Reply::apim(StatusCode::UNAUTHORIZED, &format!("Unauthorized: {why}.")).refuse("Authorization", why)
}

/// The sales unit that a call is for, where the keys may speak for it.
pub(crate) fn merchant(state: &State, call: &mut Call<'_>, owner: &Owner) -> Outcome<Option<Msn>> {
    let msn = match (call.request.header(MSN), owner) {
        (_, Owner::Partner) => return merchant_of_partner(state, call).map(|(msn, _)| Some(msn)),
        (Some(text), Owner::SalesUnit(own)) => own_msn(text, own)?,
        (None, Owner::SalesUnit(own)) => {
            call.tolerated(MSN, "missing: recommended with sales unit keys too");
            check_active(state, own)?;
            return Ok(None);
        }
    };
    check_active(state, &msn)?;
    call.right(MSN, "the keys may act for this sales unit");
    Ok(Some(msn))
}

/// The sales unit that a partner's call is for.
pub(crate) fn merchant_of_partner<'a>(state: &'a State, call: &mut Call<'_>) -> Outcome<(Msn, &'a SalesUnit)> {
    check_partner_active(state)?;
    let text = call.request.header(MSN).ok_or_else(|| msn_missing(call))?;
    let (msn, unit) = connected(state, call, text)?;
    check_active(state, &msn)?;
    call.right(MSN, "the keys may act for this sales unit");
    Ok((msn, unit))
}

fn connected<'a>(state: &'a State, call: &Call<'_>, text: &str) -> Outcome<(Msn, &'a SalesUnit)> {
    let known = text.parse().ok().and_then(|msn| state.accounts.sales_unit(&msn).map(|unit| (msn, unit)));
    known.filter(|(_, unit)| unit.connected).ok_or_else(|| {
        let whose = if call.request.has("Psp-Id") { "PSP id" } else { "supermerchant ID" };
        let message = format!("Invalid MSN: {text}. This MSN is not valid for the provided {whose}.");
        Reply::apim(StatusCode::FORBIDDEN, &message).refuse(MSN, not_connected(state, text))
    })
}

/// What was sent, and what would have been right.
pub(crate) fn not_connected(state: &State, msn: &str) -> String {
    let connected: Vec<String> = state.accounts.connected().map(|(msn, _)| msn.to_string()).collect();
    let connected = listed(&connected);
    format!("{msn} is not connected to this partner; connected: {connected}. Send the MSN of the merchant it is for")
}

/// Error 37 again, for a partner that was deactivated as a whole.
pub(crate) fn check_partner_active(state: &State) -> Outcome<()> {
    if state.accounts.partner_active {
        return Ok(());
    }
    let message = "Merchant not available or deactivated or blocked";
    Err(Reply::ecom(StatusCode::FORBIDDEN, "Merchant", "37", message)
        .refuse("Authorization", "the partner itself is deactivated, as the emulator was told"))
}

fn own_msn(text: &str, own: &Msn) -> Outcome<Msn> {
    if text == own.as_str() {
        return Ok(own.clone());
    }
    let message = format!("Invalid MSN: {text}. Check your API keys and the merchant serial number.");
    Err(Reply::apim(StatusCode::UNAUTHORIZED, &message)
        .refuse(MSN, format!("{text} is not the sales unit of these keys: they belong to {own}, send that")))
}

fn msn_missing(call: &Call<'_>) -> Refusal {
    let whose = if call.request.has("Psp-Id") { "PSP id" } else { "supermerchant ID" };
    let message = format!("Invalid MSN: This MSN is not valid for the provided {whose}.");
    let why = "missing: send it with partner keys on every call, it says which merchant the call is for";
    Reply::apim(StatusCode::FORBIDDEN, &message).refuse(MSN, why)
}

/// Error 37 of the old payment APIs.
fn check_active(state: &State, msn: &Msn) -> Outcome<()> {
    if state.accounts.sales_unit(msn).is_some_and(|unit| unit.active) {
        return Ok(());
    }
    let message = "Merchant not available or deactivated or blocked";
    Err(Reply::ecom(StatusCode::FORBIDDEN, "Merchant", "37", message)
        .refuse(MSN, "the sales unit is deactivated: the merchant must have it activated"))
}

/// The four headers that say which system calls. Partners and plugins must send them; where there is no plugin the last
/// two repeat the first.
pub(crate) fn check_system_headers(call: &mut Call<'_>, required: bool) -> Outcome<()> {
    let mut good = 0;
    for name in SYSTEM_HEADERS {
        match call.request.header(name).map(|value| value.trim().chars().count()) {
            None if required && NAME_AND_VERSION.contains(&name) => {
                call.forbidden(bad_header(name, "missing: partners and plugins must send it on every call"))?;
            }
            None => call.tolerated(name, "missing: partners and plugins send it on every call"),
            Some(0) => call.forbidden(bad_header(name, "empty: leave the header out instead"))?,
            Some(1..=30) => good += 1,
            Some(_) => call.forbidden(bad_header(name, "longer than 30 characters"))?,
        }
    }
    if good == SYSTEM_HEADERS.len() {
        call.right("Vipps-System-*", "all four are there");
    }
    Ok(())
}

/// A call that carries keys, or a token made of them, never comes from a browser.
pub(crate) fn check_origin(call: &mut Call<'_>) -> Outcome<()> {
    if !call.request.has("Origin") {
        return Ok(());
    }
    call.forbidden(bad_header(
        "Origin",
        "keys and their tokens must never be in a browser: call from a server, forward no Origin",
    ))
}

/// For a header that says one thing and came twice.
pub(crate) fn doubled(name: &'static str) -> Refusal {
    bad_header(name, "came more than once: set it instead of adding it, the service may take either value")
}

fn bad_header(name: &'static str, why: &'static str) -> Refusal {
    Reply::apim(StatusCode::BAD_REQUEST, &format!("{name}: {why}.")).refuse(name, why)
}

/// Several things in one line, however many there are.
pub(crate) fn listed(things: &[String]) -> String {
    const SHOWN: usize = 10;
    match things.len() {
        0 => "none".to_owned(),
        1..=SHOWN => things.join(", "),
        all => format!("{} and {} more", things[..SHOWN].join(", "), all - SHOWN),
    }
}

/// What works here but has no counterpart in the service's test environment.
pub(crate) fn note_mode(state: &State, call: &mut Call<'_>, about: &'static str, text: &'static str) {
    if state.settings.mode == Mode::Test {
        call.tolerated(about, text);
    }
}

fn challenge(message: &str) -> Reply {
    let value = r#"AzureApiManagementKey realm="vipps-emulator",name="Ocp-Apim-Subscription-Key",type="header""#;
    Reply::apim(StatusCode::UNAUTHORIZED, message).with_header(WWW_AUTHENTICATE, HeaderValue::from_static(value))
}
