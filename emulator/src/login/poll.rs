//! Polling for the end of a login by phone number (CIBA Core section 10.1 and 11).

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    call::Call,
    login::client::Client,
    login::grant::{check_owner, completed, id_token, invalid_grant, mint},
    login::logins::{Backchannel, Decision, Login, Way},
    login::record::{LoginKind, LoginStatus},
    state::State,
    wire::reply::{Outcome, Refusal, Reply, bad_request},
    wire::request::Form,
};

const ABOUT: &str = "auth_req_id";
/// What `slow_down` adds to the interval, for good.
const SLOWER: Duration = Duration::from_secs(5);
/// How long the token says it lives.
const LIFE: Duration = Duration::from_secs(300);

/// Denied and expired come before `slow_down`, and that before everything else.
pub(crate) fn poll(state: &mut State, call: &mut Call<'_>, client: &Client, form: &Form) -> Outcome<Value> {
    let Some(id) = form.value(ABOUT).filter(|id| !id.is_empty()) else {
        return Err(bad_request("invalid_request", ABOUT, "missing: send the one that the start answered with"));
    };
    let now = state.clock.now();
    let login = state
        .logins
        .find_mut(id)
        .ok_or_else(|| invalid_grant(ABOUT, "unknown: send the one that the start answered with"))?;
    check_owner(login, client, ABOUT)?;
    let too_early = keep_time(login, call.arrived_at, now)?;
    judge(login, now, too_early)?;
    call.right(ABOUT, "approved");
    let session = completed(state, id)?;
    let access_token = state.login_tokens.issue("ciba.", session.clone(), now, LIFE);
    let id_token = mint(state, id_token(&session), &session);
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": LIFE.as_secs(),
        "id_token": id_token,
    }))
}

/// Whether this poll came before the interval was over; then the interval grows.
fn keep_time(login: &mut Login, arrived_at: Duration, now: Duration) -> Outcome<bool> {
    let kind = login.kind();
    match &mut login.way {
        Way::Backchannel(asked) if kind == LoginKind::Backchannel => Ok(is_too_early(asked, arrived_at, now)),
        Way::Backchannel(_) => {
            Err(invalid_grant(ABOUT, "of the redirect variant: do not poll, wait for the code at the redirect_uri"))
        }
        Way::Browser(_) => Err(invalid_grant(ABOUT, "of the browser flow: wait for the code at the redirect_uri")),
    }
}

/// The interval counts from the last answer to the next question.
fn is_too_early(asked: &mut Backchannel, arrived_at: Duration, now: Duration) -> bool {
    let too_early = asked.last_answer.is_some_and(|last| arrived_at < last.saturating_add(asked.interval));
    asked.last_answer = Some(now);
    if too_early {
        asked.interval += SLOWER;
    }
    too_early
}

fn judge(login: &Login, now: Duration, too_early: bool) -> Outcome<()> {
    match login.status(now) {
        LoginStatus::Completed => Err(invalid_grant(ABOUT, "used before: one exchange only, so start a new login")),
        LoginStatus::Denied => Err(denied(login)),
        LoginStatus::Expired => {
            Err(not_yet("expired_token", "The request has expired", "nobody decided in time: start again").by_person())
        }
        _ if too_early => {
            let why = "polled before the interval was over: wait it out, it is 5 seconds longer now";
            Err(not_yet("slow_down", "Polling too fast", why))
        }
        LoginStatus::Pending => Err(not_yet(
            "authorization_pending",
            "The authorization request is still pending",
            "nobody has decided yet: poll again when the interval is over",
        )
        .by_person()),
        LoginStatus::Approved => Ok(()),
    }
}

fn denied(login: &Login) -> Refusal {
    let error = match &login.decision {
        Decision::Denied { error } => error.as_str(),
        _ => "access_denied",
    };
    let why = "the person said no, or a control ended the login: stop polling";
    not_yet(error, "The user refused", why).by_person()
}

fn not_yet(error: &str, text: &str, why: &'static str) -> Refusal {
    Reply::oauth(StatusCode::BAD_REQUEST, error, text).refuse(ABOUT, why)
}
