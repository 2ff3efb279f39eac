//! The Settlement API: the ledgers of a merchant.

use http::StatusCode;
use serde_json::{Value, json};
use vipps_partner_auth::Msn;

use crate::{
    accounts::Owner,
    api::access,
    call::Call,
    gateway,
    state::State,
    token::issued::Grant,
    wire::reply::{Outcome, Refusal, Reply},
};

/// `GET /settlement/v1/ledgers`: a specialised token alone, or a sales unit's own standard token with its subscription
/// key.
pub(crate) fn ledgers(state: &State, call: &mut Call<'_>) -> Outcome {
    let owner = match gateway::bearer(state, call)? {
        Grant::Specialized { .. } => {
            access::refuse_subscription_key(call)?;
            None
        }
        Grant::Standard(Owner::Partner) => return Err(not_for_partner_keys()),
        Grant::Standard(owner) => {
            access::check_subscription(state, call, &owner)?;
            Some(owner)
        }
    };
    access::note_needless_msn(call);
    gateway::check_origin(call)?;
    gateway::check_system_headers(call, false)?;
    gateway::note_mode(state, call, "path", "the Settlement API exists only in production");
    let is_seen = |msn: &Msn| owner.as_ref().is_none_or(|owner| *owner == Owner::SalesUnit(msn.clone()));
    let items: Vec<Value> =
        state.accounts.sales_units().filter(|(msn, _)| is_seen(msn)).map(|(msn, _)| ledger(msn)).collect();
    Ok(Reply::ok(&json!({ "items": items })))
}

fn ledger(msn: &Msn) -> Value {
    json!({ "ledgerId": msn.as_str(), "currency": "NOK" })
}

fn not_for_partner_keys() -> Refusal {
    let why = "partner keys do not reach the Settlement API: use accounting keys";
    Reply::apim(StatusCode::FORBIDDEN, &format!("Forbidden: {why}.")).refuse("Authorization", why)
}
