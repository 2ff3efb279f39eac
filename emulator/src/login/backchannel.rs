//! The backchannel (CIBA): a login that starts with a phone number.

mod rules;

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    call::Call,
    endpoint::Endpoint,
    login::client::{self, Client},
    login::logins::{Backchannel, Facts, Login, Way},
    random,
    state::State,
    users::App,
    wire::reply::{Outcome, Refusal, Reply, retry_after},
};

use self::rules::Ask;

const INTERVAL: Duration = Duration::from_secs(5);
const RETRY_AFTER: &str = "30";

/// `POST …/api/backchannel/authentication`: client, form, person, and how many logins wait for that person.
pub(crate) fn start(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let (client, form) = client::admit(state, call, Endpoint::Backchannel)?;
    let ask = rules::judge(state, call, &form, &client)?;
    let msisdn = person(state, call, &ask)?;
    refuse_crowd(state, &msisdn)?;
    Ok(Reply::ok(&begin(state, client, ask, msisdn)).uncached())
}

/// `POST …/api/v1/user-exists`.
pub(crate) fn user_exists(state: &State, call: &mut Call<'_>) -> Outcome {
    let (_, form) = client::admit(state, call, Endpoint::UserExists)?;
    rules::note_unknown(call, &form, &["login_hint"]);
    let hint = rules::login_hint(state, call, &form)?;
    let exists = hint.user(&state.users).is_some_and(|user| user.app != App::Inactive);
    Ok(Reply::ok(&json!({ "exists": exists })))
}

fn person(state: &State, call: &mut Call<'_>, ask: &Ask) -> Outcome<String> {
    let refused = |error, why| Err(rules::refuse(state, error, "login_hint", why));
    let Some(user) = ask.hint.user(&state.users) else {
        return refused(
            "unknown_user_id",
            "nobody with an active Vipps app who is at least 15 years old: check the number",
        );
    };
    match user.app {
        App::Inactive => refused("invalid_user", "the account is inactive, or the person under 15: ask no more"),
        App::Outdated => refused("old_app", "the person's app is too old: ask for an update of it"),
        App::Current => {
            call.right("login_hint", "names a person with an active app");
            Ok(user.msisdn.clone())
        }
    }
}

fn refuse_crowd(state: &State, msisdn: &str) -> Outcome<()> {
    if state.logins.waiting_for(msisdn, state.clock.now()) < state.settings.login.waiting_limit {
        return Ok(());
    }
    Err(too_many())
}

fn too_many() -> Refusal {
    let why = "too many logins wait for this person at once: wait as long as Retry-After says";
    let reply = Reply::apim(StatusCode::TOO_MANY_REQUESTS, "Too many logins at once for the same user.");
    retry_after(reply, Some(RETRY_AFTER)).refuse("login_hint", why)
}

fn begin(state: &mut State, client: Client, ask: Ask, msisdn: String) -> Value {
    let id = random::uuid();
    let now = state.clock.now();
    let Ask { scopes, nonce, binding_message, expiry, redirect_uri, .. } = ask;
    let Client { msn, client_id } = client;
    let facts =
        Facts { msn, client_id, scopes, nonce, acr: None, sid: random::uuid(), by_phone: true, started_at: now };
    let way = Backchannel { msisdn, binding_message, redirect_uri, interval: INTERVAL, last_answer: None };
    state.logins.begin(Login::new(id.clone(), facts, Way::Backchannel(way), now.saturating_add(expiry)));
    json!({ "auth_req_id": id, "expires_in": expiry.as_secs(), "interval": INTERVAL.as_secs() })
}
