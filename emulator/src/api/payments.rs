//! A few protected endpoints, so that tokens and headers are proven against something.

use http::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use vipps_partner_auth::Msn;

use crate::{
    accounts::Owner,
    call::Call,
    gateway::{self, MSN, SUBSCRIPTION_KEY},
    state::State,
    token::issued::Grant,
    wire::reply::{Outcome, Refusal, Reply},
};

/// `/epayment/v1/payments` and below: standard token, subscription key, and the MSN of the merchant. Tells back what
/// arrived.
pub(crate) fn payments(state: &State, call: &mut Call<'_>) -> Outcome {
    let owner = standard(state, call)?;
    let msn = gateway::merchant(state, call, &owner)?;
    refuse_numeric_msn(call)?;
    note_body(call);
    gateway::note_system_headers(call);
    Ok(Reply::ok(&echo(call, &owner, msn.as_ref())))
}

/// `GET /management/v1/sales-units`: standard token and subscription key, and no MSN.
pub(crate) fn sales_units(state: &State, call: &mut Call<'_>) -> Outcome {
    let owner = standard(state, call)?;
    note_needless_msn(call);
    gateway::note_system_headers(call);
    gateway::note_mode(state, call, "path", "the Management API exists only in production");
    let units = state.accounts.visible_to(&owner).into_iter().map(|msn| json!({ "msn": msn.as_str() }));
    Ok(Reply::ok(&units.collect()))
}

/// `GET /report/v2/ledgers`: a specialised token alone, or a sales unit's own standard token with its subscription key.
pub(crate) fn ledgers(state: &State, call: &mut Call<'_>) -> Outcome {
    match gateway::bearer(state, call)? {
        Grant::Specialized => refuse_subscription_key(call)?,
        Grant::Standard(Owner::Partner) => return Err(not_for_partner_keys()),
        Grant::Standard(owner) => check_subscription(state, call, &owner)?,
    }
    note_needless_msn(call);
    gateway::note_system_headers(call);
    gateway::note_mode(state, call, "path", "the Report API exists only in production");
    Ok(Reply::ok(&json!({ "items": [] })))
}

fn standard(state: &State, call: &mut Call<'_>) -> Outcome<Owner> {
    let subscriber = gateway::subscriber(state, call)?;
    match gateway::bearer(state, call)? {
        Grant::Standard(owner) if owner == subscriber => Ok(owner),
        Grant::Standard(_) => Err(gateway::subscription_not_found()),
        Grant::Specialized => {
            Err(gateway::unauthorized("a specialised token does not open this API: send one of /accesstoken/get"))
        }
    }
}

fn check_subscription(state: &State, call: &mut Call<'_>, owner: &Owner) -> Outcome<()> {
    if gateway::subscriber(state, call)? == *owner { Ok(()) } else { Err(gateway::subscription_not_found()) }
}

fn refuse_subscription_key(call: &Call<'_>) -> Outcome<()> {
    if !call.request.has(SUBSCRIPTION_KEY) {
        return Ok(());
    }
    let why = "must not be sent with a specialised token: leave it out";
    let message = format!("Access denied: the subscription key {why}.");
    Err(Reply::apim(StatusCode::UNAUTHORIZED, &message).refuse(SUBSCRIPTION_KEY, why))
}

fn not_for_partner_keys() -> Refusal {
    let why = "partner keys do not reach the Report API: use accounting keys";
    Reply::apim(StatusCode::FORBIDDEN, &format!("Forbidden: {why}.")).refuse("Authorization", why)
}

fn note_needless_msn(call: &mut Call<'_>) {
    if call.request.has(MSN) {
        call.tolerated(MSN, "leave it out: this call is not for one merchant");
    }
}

/// The service is known to break over an MSN that is written as a number.
fn refuse_numeric_msn(call: &Call<'_>) -> Outcome<()> {
    if !body_as_json(&call.request.body)["merchantSerialNumber"].is_number() {
        return Ok(());
    }
    let why = "must be a string: a number loses leading zeros";
    let reply = Reply::problem(StatusCode::INTERNAL_SERVER_ERROR, &format!("merchantSerialNumber {why}."));
    Err(reply.refuse("merchantSerialNumber", why))
}

fn note_body(call: &mut Call<'_>) {
    let request = call.request;
    if request.method != Method::POST {
        return;
    }
    match request.header("Idempotency-Key").map(is_idempotency_key) {
        Some(true) => call.right("Idempotency-Key", "well-formed"),
        Some(false) => call.tolerated("Idempotency-Key", "must be 1 to 50 letters, digits and hyphens"),
        None => call.tolerated("Idempotency-Key", "missing: calls that change something want one"),
    }
    let media_type = request.header(CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json")) {
        call.tolerated("Content-Type", "should be application/json");
    }
}

fn is_idempotency_key(key: &str) -> bool {
    (1..=50).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What arrived, without any credentials. A body that isn't JSON comes back as text.
fn echo(call: &Call<'_>, owner: &Owner, msn: Option<&Msn>) -> Value {
    let request = call.request;
    json!({
        "method": request.method.as_str(),
        "path": request.path,
        "query": request.query,
        "keys": if *owner == Owner::Partner { "partner" } else { "sales_unit" },
        "msn": msn.map(Msn::as_str),
        "idempotencyKey": request.header("Idempotency-Key"),
        "contentType": request.header(CONTENT_TYPE.as_str()),
        "bodyBytes": request.body.len(),
        "body": body_as_json(&request.body),
    })
}

fn body_as_json(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}
