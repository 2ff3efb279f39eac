//! `POST /accesstoken/get`: keys in headers, an empty body, a token in return.

use std::time::Duration;

use http::{StatusCode, header::CONTENT_LENGTH};
use serde_json::{Value, json};
use vipps_partner_auth::Msn;

use crate::{
    accounts::{Owner, keys::Keys},
    call::Call,
    choices::{Fields, Mode, Numbers},
    gateway,
    state::State,
    token::issued::Grant,
    wire::reply::{Outcome, Refusal, Reply},
};

const NO_CROSS_ORIGIN: &str =
    "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type.";

/// Checks in the order that is settled: subscription key, `Origin`, `Psp-Id`, `client_id`, `client_secret`, owner, MSN.
pub(crate) fn issue(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let subscriber = gateway::subscriber(state, call)?;
    refuse_foreign_headers(state, call)?;
    let (owner, client_id) = authenticate(state, call)?;
    if subscriber != owner {
        return Err(gateway::subscription_not_found());
    }
    check_merchant(state, call, &owner)?;
    check_the_rest(state, call, &owner)?;
    Ok(Reply::ok(&success(state, owner, &client_id)))
}

fn refuse_foreign_headers(state: &State, call: &Call<'_>) -> Outcome<()> {
    if call.request.has("Origin") {
        let reply = aad(state, StatusCode::BAD_REQUEST, "invalid_request", 9_002_326, NO_CROSS_ORIGIN);
        return Err(reply.refuse("Origin", "keys must never be in a browser: call from a server, forward no Origin"));
    }
    if call.request.has("Psp-Id") {
        let why = "Psp-Id must not be sent on the token call: leave it out";
        return Err(Reply::apim(StatusCode::BAD_REQUEST, why).refuse("Psp-Id", why));
    }
    Ok(())
}

fn authenticate(state: &State, call: &mut Call<'_>) -> Outcome<(Owner, String)> {
    let Some(client_id) = call.request.header("client_id").filter(|id| !id.is_empty()) else {
        return Err(missing_client_id(state));
    };
    let known = state.accounts.client(client_id).filter(|_| !state.settings.wrong_environment);
    let Some((owner, keys)) = known else { return Err(unknown_client(state, client_id)) };
    call.right("client_id", "known");
    check_secret(state, call, keys)?;
    Ok((owner, client_id.to_owned()))
}

fn missing_client_id(state: &State) -> Refusal {
    let text = "The request must contain the header 'client_id'.";
    let why = "missing: send it as a header with that name; some proxies drop names with an underscore";
    aad(state, StatusCode::BAD_REQUEST, "invalid_request", 900_144, text).refuse("client_id", why)
}

fn unknown_client(state: &State, client_id: &str) -> Refusal {
    let directory = match state.settings.mode {
        Mode::Production => "VIPPS-PRODUCTION",
        Mode::Test => "VIPPS-TEST",
    };
    let text = format!("Application with identifier '{client_id}' was not found in the directory '{directory}'.");
    let why = if client_id == state.accounts.specialized.client_id {
        "these are specialised keys: they belong to /miami/v1/token"
    } else {
        "unknown: check it and the environment, since test keys do not work in production nor the reverse"
    };
    aad(state, StatusCode::BAD_REQUEST, "unauthorized_client", 700_016, &text).refuse("client_id", why)
}

fn check_secret(state: &State, call: &mut Call<'_>, keys: &Keys) -> Outcome<()> {
    match call.request.header("client_secret") {
        Some(secret) if secret == keys.client_secret => {
            call.right("client_secret", "fits the client_id");
            Ok(())
        }
        Some(_) => {
            let text = "Invalid client secret provided.";
            let reply = aad(state, StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, text);
            Err(reply.refuse(
                "client_secret",
                "does not fit the client_id: copy both from the same keys, with each + and / as it stands",
            ))
        }
        None => {
            let text = "The request must contain the header 'client_secret'.";
            let reply = aad(state, StatusCode::UNAUTHORIZED, "invalid_client", 7_000_218, text);
            Err(reply.refuse("client_secret", "missing: send it as a header with that name"))
        }
    }
}

/// Whether this call judges the MSN is not known, so by default a wrong one is only reported.
fn check_merchant(state: &State, call: &mut Call<'_>, owner: &Owner) -> Outcome<()> {
    let Some(text) = call.request.header(gateway::MSN) else { return Ok(()) };
    if state.settings.check_msn_on_token {
        return gateway::merchant(state, call, owner).map(drop);
    }
    let may_act = |msn: &Msn| match owner {
        Owner::Partner => state.accounts.sales_unit(msn).is_some_and(|unit| unit.connected),
        Owner::SalesUnit(own) => msn == own,
    };
    if text.parse().is_ok_and(|msn| may_act(&msn)) {
        call.right(gateway::MSN, "the keys may act for this sales unit");
    } else {
        call.tolerated(gateway::MSN, "these keys may not act for this sales unit");
    }
    Ok(())
}

fn check_the_rest(state: &State, call: &mut Call<'_>, owner: &Owner) -> Outcome<()> {
    let request = call.request;
    gateway::check_system_headers(call, *owner == Owner::Partner)?;
    refuse_keys_elsewhere(call)?;
    if !request.has(CONTENT_LENGTH.as_str()) {
        call.tolerated("Content-Length", "missing: some proxies answer 411 to a POST without a length");
    }
    if !request.body.is_empty() {
        call.tolerated("body", "must be empty: no grant_type, no JSON");
    }
    if request.has("Authorization") {
        call.tolerated("Authorization", "not used here: the keys go in their own headers");
    }
    if *owner == Owner::Partner {
        gateway::note_mode(state, call, "client_id", "partner keys do not work in the service's test environment");
    }
    Ok(())
}

fn refuse_keys_elsewhere(call: &mut Call<'_>) -> Outcome<()> {
    if !call.request.mentions(&["client_id", "client_secret", gateway::SUBSCRIPTION_KEY]) {
        return Ok(());
    }
    let why = "must never be in the URL or the body, where logs pick them up: send them as headers alone";
    call.forbidden(Reply::apim(StatusCode::BAD_REQUEST, &format!("The keys {why}.")).refuse("keys", why))
}

fn success(state: &mut State, owner: Owner, client_id: &str) -> Value {
    let now = state.clock.now();
    let lifetime = state.settings.standard_lifetime();
    let token = state.tokens.issue(Grant::Standard(owner), client_id, now, lifetime);
    let number = |seconds: u64| match state.settings.numbers {
        Numbers::AsDocumented | Numbers::Strings => json!(seconds.to_string()),
        Numbers::Numbers => json!(seconds),
    };
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": number(lifetime.as_secs()),
        "expires_on": number(now.saturating_add(lifetime).as_secs()),
        "access_token": token,
    });
    if state.settings.fields == Fields::Seven {
        body["ext_expires_in"] = number(extra_lifetime(state.settings.mode, lifetime));
        body["not_before"] = number(now.as_secs().saturating_sub(300));
        body["resource"] = json!("00000002-0000-0000-c000-000000000000");
    }
    body
}

/// Settled: the lifetime in test, 0 in production.
fn extra_lifetime(mode: Mode, lifetime: Duration) -> u64 {
    match mode {
        Mode::Production => 0,
        Mode::Test => lifetime.as_secs(),
    }
}

fn aad(state: &State, status: StatusCode, error: &str, code: u32, text: &str) -> Reply {
    Reply::aad(status, error, code, text, state.clock.now())
}
