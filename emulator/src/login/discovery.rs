//! What Login publishes about itself: the discovery document and the keys.

use http::{HeaderValue, StatusCode, header::CACHE_CONTROL};
use serde_json::{Value, json};

use crate::{accounts::login_setup::SCOPES, call::Call, state::State, wire::reply::Reply};

/// `GET …/.well-known/openid-configuration`.
pub(crate) fn document(state: &State, call: &mut Call<'_>) -> Reply {
    note_needless_credentials(call);
    let reply = Reply::ok(&configuration(&state.base_url));
    reply.with_header(CACHE_CONTROL, HeaderValue::from_static("max-age=3600"))
}

/// `GET …/.well-known/jwks.json`.
pub(crate) fn jwks(state: &State, call: &mut Call<'_>) -> Reply {
    note_needless_credentials(call);
    if state.settings.jwks.outage {
        call.staged("jwks", "the keys are out of reach, as the emulator was told");
        return Reply::apim(StatusCode::SERVICE_UNAVAILABLE, "The emulator was told that the keys are out of reach.");
    }
    let reply = Reply::ok(&state.keys.jwks());
    match &state.settings.jwks.cache_control {
        Some(value) => reply.with_header(CACHE_CONTROL, value.clone()),
        None => reply,
    }
}

/// The issuer, whose trailing slash is part of it.
pub(crate) fn issuer(base_url: &str) -> String {
    format!("{base_url}/access-management-1.0/access/")
}

/// Leaves out what the service leaves out: the CIBA grant and ES256, though both work.
fn configuration(base_url: &str) -> Value {
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

fn note_needless_credentials(call: &mut Call<'_>) {
    for name in ["Authorization", "Ocp-Apim-Subscription-Key", "client_secret"] {
        if call.request.has(name) {
            call.tolerated(name, "not used here: leave credentials out of public calls");
        }
    }
}
