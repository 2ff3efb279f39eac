//! The ePayment API, as an echo: a standard API, called for one merchant.

use http::{Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use vipps_partner_auth::Msn;

use crate::{
    accounts::Owner,
    api::access,
    call::Call,
    gateway,
    state::State,
    wire::reply::{Outcome, Reply},
};

/// `/epayment/v1/payments` and below: standard token, subscription key, and the MSN of the merchant. Tells back what
/// arrived.
pub(crate) fn payments(state: &State, call: &mut Call<'_>) -> Outcome {
    let owner = access::standard(state, call)?;
    let msn = gateway::merchant(state, call, &owner)?;
    refuse_numeric_msn(call)?;
    check_body(call)?;
    access::check_caller(call, &owner)?;
    Ok(Reply::ok(&echo(call, &owner, msn.as_ref())))
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

fn check_body(call: &mut Call<'_>) -> Outcome<()> {
    if call.request.method != Method::POST {
        return Ok(());
    }
    check_idempotency_key(call)?;
    note_media_type(call);
    Ok(())
}

fn check_idempotency_key(call: &mut Call<'_>) -> Outcome<()> {
    let about = "Idempotency-Key";
    match call.request.header(about).map(is_idempotency_key) {
        Some(true) => call.right(about, "well-formed"),
        Some(false) => {
            let why = "must be 1 to 50 letters, digits and hyphens";
            let reply = Reply::problem(StatusCode::BAD_REQUEST, &format!("{about} {why}."));
            call.forbidden(reply.refuse(about, why))?;
        }
        None => call.tolerated(about, "missing: calls that change something want one"),
    }
    Ok(())
}

/// A call without a body needs no media type. Only reported: some clients write `text/plain` beside any text by themselves.
fn note_media_type(call: &mut Call<'_>) {
    if !call.request.body.is_empty() && !call.request.is_json() {
        call.tolerated("Content-Type", "must be application/json: the service may answer 415");
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
