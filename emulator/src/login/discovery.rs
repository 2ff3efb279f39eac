//! What Login publishes about itself: the discovery document and the keys.

use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};
use serde_json::{Value, json};

use crate::{
    accounts::portal::SCOPES,
    call::Call,
    choices::DiscoveryDocument,
    gateway::SUBSCRIPTION_KEY,
    state::{DiscoverySettings, State},
    wire::reply::{Outcome, Reply},
};

/// `GET …/.well-known/openid-configuration`.
pub(crate) fn document(state: &State, call: &mut Call<'_>) -> Outcome {
    check_needless_credentials(call)?;
    let reply = Reply::ok(&configuration(&state.base_url, &state.settings.discovery));
    Ok(reply.with_header(CACHE_CONTROL, HeaderValue::from_static("max-age=3600")))
}

/// `GET …/.well-known/jwks.json`.
pub(crate) fn jwks(state: &State, call: &mut Call<'_>) -> Outcome {
    check_needless_credentials(call)?;
    if state.settings.jwks.outage {
        call.staged("jwks", "the keys are out of reach, as the emulator was told");
        let text = "The emulator was told that the keys are out of reach.";
        return Ok(Reply::apim(StatusCode::SERVICE_UNAVAILABLE, text));
    }
    let reply = Reply::ok(&state.keys.jwks());
    Ok(match &state.settings.jwks.cache_control {
        Some(value) => reply.with_header(CACHE_CONTROL, value.clone()),
        None => reply,
    })
}

/// The issuer, whose trailing slash is part of it.
pub(crate) fn issuer(base_url: &str) -> String {
    format!("{base_url}/access-management-1.0/access/")
}

fn configuration(base_url: &str, settings: &DiscoverySettings) -> Value {
    let mut document = newest(base_url);
    if settings.document == DiscoveryDocument::Older {
        merge(&mut document, older());
    }
    if settings.without_revocation {
        merge(&mut document, json!({ "revocation_endpoint": null }));
    }
    document
}

/// Leaves out what the service leaves out: the CIBA grant and ES256, though both work.
fn newest(base_url: &str) -> Value {
    let issuer = issuer(base_url);
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}oauth2/auth"),
        "token_endpoint": format!("{issuer}oauth2/token"),
        "userinfo_endpoint": format!("{base_url}/vipps-userinfo-api/userinfo"),
        "jwks_uri": format!("{issuer}.well-known/jwks.json"),
        "revocation_endpoint": format!("{issuer}oauth2/revoke"),
        "backchannel_authentication_endpoint": format!("{base_url}/vipps-login-ciba/api/backchannel/authentication"),
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "scopes_supported": SCOPES,
    })
}

/// What older snapshots have more, but for an `end_session_endpoint`, which leads nowhere here.
fn older() -> Value {
    let more = ["offline", "offline_access", "nnin", "accountNumbers", "promotions", "api_version_2"];
    json!({
        "backchannel_token_delivery_modes_supported": ["poll"],
        "subject_types_supported": ["public", "pairwise"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "request_parameter_supported": true,
        "claims_supported": ["sub"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "scopes_supported": SCOPES.into_iter().chain(more).collect::<Vec<_>>(),
    })
}

/// Adds members or puts others in their place; `null` takes one away.
fn merge(document: &mut Value, changes: Value) {
    let (Value::Object(members), Value::Object(changes)) = (document, changes) else { return };
    members.extend(changes);
    members.retain(|_, value| !value.is_null());
}

fn check_needless_credentials(call: &mut Call<'_>) -> Outcome<()> {
    for name in ["Authorization", "client_secret"] {
        if call.request.has(name) {
            call.tolerated(name, "not used here: leave credentials out of public calls");
        }
    }
    if !call.request.has(SUBSCRIPTION_KEY) {
        return Ok(());
    }
    let why = "must not be sent here: leave credentials out of public calls";
    let reply = Reply::apim(StatusCode::UNAUTHORIZED, &format!("{SUBSCRIPTION_KEY} {why}."));
    call.forbidden(reply.refuse(SUBSCRIPTION_KEY, why))
}
