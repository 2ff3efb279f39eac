//! The Management API: which sales units there are. A standard API, called for no merchant in particular.

use http::StatusCode;
use serde_json::{Value, json};
use vipps_partner_auth::Msn;

use crate::{
    accounts::SalesUnit,
    api::access,
    call::Call,
    endpoint::MANAGEMENT,
    gateway,
    state::State,
    wire::{
        reply::{Outcome, Refusal, Reply},
        request::percent_decoded,
    },
};

/// `GET /management/v1/sales-units`, `…/sales-units/{msn}` and `…/merchants/{scheme}/{id}/sales-units`.
pub(crate) fn sales_units(state: &State, call: &mut Call<'_>) -> Outcome {
    let owner = access::standard(state, call)?;
    access::note_msn(call, &owner);
    access::check_caller(call, &owner)?;
    gateway::note_mode(state, call, "path", "the Management API exists only in production");
    let visible = state.accounts.visible_to(&owner);
    let path = call.request.path.strip_prefix(MANAGEMENT).unwrap_or_default();
    match path.split('/').collect::<Vec<_>>()[..] {
        ["sales-units", msn] => one(&visible, msn),
        ["merchants", scheme, id, _] => of_merchant(&visible, &percent_decoded(scheme), &percent_decoded(id)),
        _ => Ok(list(&visible)),
    }
}

fn list(units: &[(&Msn, &SalesUnit)]) -> Reply {
    Reply::ok(&units.iter().map(|(msn, unit)| shown(msn, unit)).collect())
}

fn one(visible: &[(&Msn, &SalesUnit)], msn: &str) -> Outcome {
    match visible.iter().find(|(known, _)| known.as_str() == msn) {
        Some((msn, unit)) => Ok(Reply::ok(&shown(msn, unit))),
        None => Err(not_found(format!("{msn} is inactive or not connected: check it; {}", known(visible)))),
    }
}

fn of_merchant(visible: &[(&Msn, &SalesUnit)], scheme: &str, id: &str) -> Outcome {
    let is_its = |(_, unit): &&(&Msn, &SalesUnit)| unit.business.scheme == scheme && unit.business.id == id;
    let units: Vec<(&Msn, &SalesUnit)> = visible.iter().filter(is_its).copied().collect();
    if units.is_empty() {
        let businesses: Vec<String> =
            visible.iter().map(|(_, unit)| format!("{}/{}", unit.business.scheme, unit.business.id)).collect();
        return Err(not_found(format!(
            "{scheme}/{id} has no sales unit that is connected: check it; known: {}",
            gateway::listed(&businesses)
        )));
    }
    Ok(list(&units))
}

/// The MSN as a JSON integer, as in the guide's samples, though it is text everywhere else.
fn shown(msn: &Msn, unit: &SalesUnit) -> Value {
    json!({
        "msn": msn.as_str().parse::<u64>().unwrap_or_default(),
        "name": unit.login.name,
        "businessIdentifier": { "scheme": unit.business.scheme, "id": unit.business.id },
        "active": unit.active,
    })
}

fn known(visible: &[(&Msn, &SalesUnit)]) -> String {
    let msns: Vec<String> = visible.iter().map(|(msn, _)| msn.to_string()).collect();
    format!("connected: {}", gateway::listed(&msns))
}

fn not_found(why: String) -> Refusal {
    Reply::problem(StatusCode::NOT_FOUND, &format!("Not found: {why}.")).refuse("path", why)
}
