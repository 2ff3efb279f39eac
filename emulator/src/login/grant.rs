//! What every way to the tokens has in common.

use http::StatusCode;
use serde_json::json;

use crate::{
    id_token::IdTokenSpec,
    login::{
        client::Client,
        discovery,
        logins::{Login, Session},
    },
    state::State,
    wire::reply::{Outcome, Refusal, Reply},
};

pub(crate) fn check_owner(login: &Login, client: &Client, about: &'static str) -> Outcome<()> {
    if login.facts.msn == client.msn {
        return Ok(());
    }
    Err(invalid_grant(about, "was given to another client: send the MSN or the keys that the login was started with"))
}

pub(crate) fn completed(state: &mut State, id: &str) -> Outcome<Session> {
    state.logins.complete(id).ok_or_else(|| invalid_grant("code", "the login is gone: start a new one"))
}

/// What the ID tokens of all flows have in common.
pub(crate) fn id_token(session: &Session) -> IdTokenSpec {
    let facts = &session.facts;
    let spec = IdTokenSpec::new(&facts.msn).subject(session.sub()).claim("sid", json!(facts.sid));
    let spec = spec.claim("auth_time", json!(session.approved_at.as_secs()));
    spec.claim("rat", json!(facts.started_at.as_secs())).nonce(facts.nonce.as_deref().unwrap_or_default())
}

/// Signs, after a control has had its way.
pub(crate) fn mint(state: &mut State, spec: IdTokenSpec, session: &Session) -> String {
    let spec = match state.bends.pop_front() {
        Some(bend) => bend(spec),
        None => spec,
    };
    let issuer = discovery::issuer(&state.base_url);
    spec.mint(&issuer, &session.facts.client_id, state.clock.now(), &state.keys)
}

/// One long text covers all causes, as with the service; the emulator adds which it was.
pub(crate) fn invalid_grant(about: &'static str, why: &'static str) -> Refusal {
    let text = format!(
        "The grant is invalid, expired or revoked, was used before, differs in its redirect_uri or code_verifier, or was \
         given to another client. Here: {about}: {why}."
    );
    Reply::oauth(StatusCode::BAD_REQUEST, "invalid_grant", &text).refuse(about, why)
}
