//! `POST /access-management-1.0/access/oauth2/revoke`: ends a Login token (RFC 7009).

use bytes::Bytes;
use http::StatusCode;

use crate::{
    call::Call,
    endpoint::Endpoint,
    login::client,
    state::State,
    wire::reply::{Outcome, Reply, bad_request},
};

/// An unknown token is as good as revoked (RFC 7009 section 2.2); another client's is left alone.
pub(crate) fn revoke(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let (client, form) = client::admit(state, call, Endpoint::Revocation)?;
    let Some(text) = form.value("token").filter(|text| !text.is_empty()) else {
        return Err(bad_request("invalid_request", "token", "missing: send the access_token of the login"));
    };
    match state.login_tokens.find_mut(text) {
        Some(token) if token.session.facts.msn == client.msn => {
            token.revoked = true;
            call.right("token", "revoked");
        }
        Some(_) => call.tolerated("token", "of another client, so it goes on working"),
        None => call.tolerated("token", "not a Login token that is known: nothing was revoked"),
    }
    Ok(Reply { status: StatusCode::OK, headers: Vec::new(), body: Bytes::new() }.uncached())
}
