//! What the APIs have in common: which tokens open them, and with which headers.

use http::StatusCode;

use crate::{
    accounts::Owner,
    call::Call,
    gateway::{self, MSN, SUBSCRIPTION_KEY},
    state::State,
    token::issued::Grant,
    wire::reply::{Outcome, Reply},
};

/// A standard token and the subscription key of the same keys.
pub(crate) fn standard(state: &State, call: &mut Call<'_>) -> Outcome<Owner> {
    let subscriber = gateway::subscriber(state, call)?;
    match gateway::bearer(state, call)? {
        Grant::Standard(Owner::Partner) if subscriber == Owner::Partner => {
            gateway::check_partner_active(state)?;
            Ok(Owner::Partner)
        }
        Grant::Standard(owner) if owner == subscriber => Ok(owner),
        Grant::Standard(_) => Err(gateway::subscription_not_found()),
        Grant::Specialized { .. } => {
            Err(gateway::unauthorized("a specialised token does not open this API: send one of /accesstoken/get"))
        }
    }
}

pub(crate) fn check_subscription(state: &State, call: &mut Call<'_>, owner: &Owner) -> Outcome<()> {
    if gateway::subscriber(state, call)? == *owner { Ok(()) } else { Err(gateway::subscription_not_found()) }
}

pub(crate) fn refuse_subscription_key(call: &Call<'_>) -> Outcome<()> {
    if !call.request.has(SUBSCRIPTION_KEY) {
        return Ok(());
    }
    let why = "must not be sent with a specialised token: leave it out";
    let message = format!("Access denied: the subscription key {why}.");
    Err(Reply::apim(StatusCode::UNAUTHORIZED, &message).refuse(SUBSCRIPTION_KEY, why))
}

pub(crate) fn note_needless_msn(call: &mut Call<'_>) {
    if call.request.has(MSN) {
        call.tolerated(MSN, "leave it out: this call is not for one merchant");
    }
}

/// A sales unit may always name itself, which helps to trace the call.
pub(crate) fn note_msn(call: &mut Call<'_>, owner: &Owner) {
    let is_own = matches!(owner, Owner::SalesUnit(own) if call.request.header(MSN) == Some(own.as_str()));
    if !is_own {
        note_needless_msn(call);
    }
}

/// No browser, and from partners the headers that say which system calls.
pub(crate) fn check_caller(call: &mut Call<'_>, owner: &Owner) -> Outcome<()> {
    gateway::check_origin(call)?;
    gateway::check_system_headers(call, *owner == Owner::Partner)
}
