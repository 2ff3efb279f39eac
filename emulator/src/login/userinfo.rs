//! `GET /vipps-userinfo-api/userinfo`: the person's data, for the token of the login and nothing else.

use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};

use crate::{
    call::Call,
    clock::azure_timestamp,
    gateway::{self, MSN, SUBSCRIPTION_KEY},
    login::issued::LoginToken,
    state::State,
    users,
    wire::reply::{Outcome, Refusal, Reply},
};

/// Checks in this order: subscription key, `Authorization`, token.
pub(crate) fn userinfo(state: &State, call: &mut Call<'_>) -> Outcome {
    if call.request.has(SUBSCRIPTION_KEY) {
        return Err(unauthorized(SUBSCRIPTION_KEY, "must not be sent here: leave it out"));
    }
    let text = gateway::bearer_text(call).map_err(|why| unauthorized("Authorization", why))?;
    let token = find(state, text).map_err(|why| unauthorized("Authorization", why))?;
    call.right("Authorization", "the Login token is known and alive");
    if call.request.has("Origin") {
        call.tolerated("Origin", "comes from a browser: fetch the person's data on the server, where the token is");
    }
    if call.request.has(MSN) {
        call.tolerated(MSN, "not needed here: the Login token says which sales unit it is of");
    }
    Ok(Reply::ok(&Value::Object(claims(state, token))).uncached())
}

fn find<'a>(state: &'a State, text: &str) -> Result<&'a LoginToken, &'static str> {
    let Some(token) = state.login_tokens.find(text) else { return Err(stranger(state, text)) };
    if state.settings.wrong_environment {
        return Err("the login was of the other environment, as the emulator was told: start a new one in this");
    }
    if token.revoked {
        return Err(
            "the token was revoked, by a second exchange of its code, by its client or by a control: start a new login",
        );
    }
    if state.clock.now() >= token.closes_at {
        return Err("the token no longer opens userinfo, ten minutes after the login at the latest: start a new login");
    }
    Ok(token)
}

fn stranger(state: &State, text: &str) -> &'static str {
    match state.tokens.find(text) {
        Some(_) => "an API token: send the access_token of the login itself",
        None => "unknown token: of another environment, or cut. Send the access_token of the login, whole",
    }
}

fn claims(state: &State, token: &LoginToken) -> Map<String, Value> {
    let session = &token.session;
    let mut claims = session.user.claims(&session.facts.scopes, state.settings.mode);
    claims.insert("sub".to_owned(), json!(session.sub()));
    claims.insert("sid".to_owned(), json!(session.facts.sid));
    if session.has_scope("customFlow") {
        claims.insert("flowResult".to_owned(), session.user.flow_result.clone().unwrap_or_else(users::flow_result));
    }
    if session.has_scope("agreement") && session.is_by_phone() {
        let timestamp = azure_timestamp(session.approved_at).replace(' ', "T");
        let agreement = session.user.agreement.clone().unwrap_or_else(|| users::agreement(&timestamp));
        claims.insert("agreement".to_owned(), agreement);
    }
    claims.extend(token.consents.clone().map(|consents| ("delegatedConsents".to_owned(), consents)));
    claims
}

fn unauthorized(about: &'static str, why: &'static str) -> Refusal {
    let reply = Reply::problem(StatusCode::UNAUTHORIZED, &format!("{about}: {why}"));
    reply.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")).refuse(about, why)
}
