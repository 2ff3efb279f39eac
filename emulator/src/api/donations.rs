//! The Donations API: the one that the scope `donations:read` is for.

use http::StatusCode;
use serde_json::json;

use crate::{
    accounts::Owner,
    api::access,
    call::Call,
    gateway,
    state::State,
    token::issued::Grant,
    wire::reply::{Outcome, Refusal, Reply},
};

const SCOPE: &str = "donations:read";

/// `GET /donations/v1/reports/payments`: a specialised token with the scope, or a partner's with its subscription key.
pub(crate) fn payments(state: &State, call: &mut Call<'_>) -> Outcome {
    let owner = match gateway::bearer(state, call)? {
        Grant::Specialized { scopes } if scopes.iter().any(|scope| scope == SCOPE) => {
            access::refuse_subscription_key(call)?;
            None
        }
        Grant::Specialized { .. } => return Err(forbidden("the token lacks the scope donations:read: ask for it")),
        Grant::Standard(Owner::SalesUnit(_)) => {
            return Err(forbidden("a sales unit's keys do not reach the Donations API: use merchant-level keys"));
        }
        Grant::Standard(owner) => {
            access::check_subscription(state, call, &owner)?;
            gateway::check_partner_active(state)?;
            Some(owner)
        }
    };
    gateway::check_origin(call)?;
    gateway::check_system_headers(call, owner.is_some())?;
    gateway::note_mode(state, call, "path", "the Donations API exists only in production");
    Ok(Reply::ok(&json!({ "items": [] })))
}

fn forbidden(why: &'static str) -> Refusal {
    Reply::apim(StatusCode::FORBIDDEN, &format!("Forbidden: {why}.")).refuse("Authorization", why)
}
