//! What Vipps says when a login ends without a user, in one vocabulary for all flows. Pure.

use http::StatusCode;

use super::answer::Answer;
use crate::{
    error::{Error, ErrorKind},
    reply::{Refusal, code},
};

/// The error of a callback, a start or a poll, by the code Vipps gives. Codes that nobody knows yet are reasons too.
pub(super) fn refused_by_vipps(oauth_error: &str) -> Error {
    let oauth_error = code(oauth_error);
    let error = match oauth_error.as_deref() {
        Some("access_denied") => Error::login_failed("denied", "the person said no"),
        Some("expired_token") => Error::login_failed("expired", "nobody decided in time"),
        Some("unknown_user_id" | "invalid_user") => {
            Error::login_failed("unknown_user", "nobody with an active app and old enough has this phone number")
                .with_hint("don't try again; in the test environment only test users are known")
        }
        Some("old_app" | "outdated_app_version") => Error::login_failed("outdated_app", "the person's app is too old"),
        Some("wrong_challenge") => Error::login_failed("wrong_challenge", "the person picked the wrong number"),
        Some("invalid_grant") => {
            Error::login_failed("invalid_grant", "Vipps no longer accepts the code or auth_req_id")
                .with_hint("used before, too old, of another client, or made for another redirect_uri")
        }
        Some("invalid_scope") => Error::login_failed("invalid_scope", "the sales unit is not for these scopes"),
        Some(other) => Error::login_failed(other.to_owned(), "Vipps ended the login"),
        None => Error::login_failed("unknown", "Vipps ended the login"),
    };
    error.with_oauth_error(oauth_error)
}

/// Why a code was not exchanged. It was sent, so it must not be sent again whatever the answer is.
pub(super) fn exchange_refusal(answer: &Answer) -> Error {
    let refusal = answer.refusal();
    if refusal.oauth_error.as_deref() == Some("invalid_grant") && !answer.status().is_server_error() {
        return told(answer, refused_by_vipps("invalid_grant"), refusal);
    }
    let error = answer.error(refusal);
    if error.retryable() && !answer.was_held_back() { reply_lost_to(error) } else { error }
}

/// A code was sent, and no reply came.
pub(super) fn reply_lost() -> Error {
    Error::login_failed("reply_lost", "the code was sent but no answer came, so it may be used up")
        .with_hint(START_AGAIN)
}

/// A code was sent, and the reply says nothing about it.
fn reply_lost_to(refusal: Error) -> Error {
    let detail = "the code was sent and the answer does not say what became of it, so it may be used up";
    Error::login_failed("reply_lost", detail).with_hint(START_AGAIN).about_the_reply_of(refusal)
}

const START_AGAIN: &str = "start the login again";

/// Why a login by phone number was not started. `hint` is what the caller's argument for the `login_hint` is called.
pub(super) fn start_refusal(answer: &Answer, hint: &'static str) -> Error {
    let refusal = answer.refusal();
    if answer.status() != StatusCode::BAD_REQUEST {
        return answer.error(refusal);
    }
    match (refusal.oauth_error.as_deref(), refusal.blames) {
        (Some("invalid_binding_message"), _) => told(answer, refused_argument("binding_message"), refusal),
        (Some("invalid_request"), Some("login_hint")) => told(answer, refused_argument(hint), refusal),
        (Some("invalid_request"), Some(argument)) => told(answer, refused_argument(argument), refusal),
        (Some(code @ ("unknown_user_id" | "invalid_user" | "old_app" | "access_denied")), _) => {
            let error = refused_by_vipps(code);
            told(answer, error, refusal)
        }
        _ => answer.error(refusal),
    }
}

/// Why a poll can't go on; `authorization_pending` and `slow_down` are no refusals. As in a callback, codes that nobody
/// knows yet are reasons too.
pub(super) fn poll_refusal(answer: &Answer) -> Error {
    let refusal = answer.refusal();
    let of_person = |code: &&str| answer.status() == StatusCode::BAD_REQUEST && !OF_CALLER.contains(code);
    match refusal.oauth_error.as_deref().filter(of_person) {
        Some(code) => {
            let error = refused_by_vipps(code);
            told(answer, error, refusal)
        }
        None => answer.error(refusal),
    }
}

/// Codes of RFC 6749 section 5.2 and 4.1.2.1 that say something of the request or of Vipps, and nothing of the person.
const OF_CALLER: [&str; 7] = [
    "invalid_request",
    "invalid_client",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "server_error",
    "temporarily_unavailable",
];

/// Userinfo takes the login's own token; it can't be renewed.
pub(super) fn userinfo_refusal(answer: &Answer) -> Error {
    let refusal = answer.refusal();
    if answer.status() == StatusCode::UNAUTHORIZED {
        return told(answer, too_old_for_userinfo(), refusal);
    }
    let error = answer.error(refusal);
    match error.kind() {
        // The keys took no part in this call.
        ErrorKind::CredentialsRejected => Error::protocol("Vipps refused the login token").about_the_reply_of(error),
        _ => error,
    }
}

pub(super) fn too_old_for_userinfo() -> Error {
    Error::login_failed("expired", "the login token no longer opens userinfo")
        .with_hint("ask within ten minutes of the login; after that start a new one")
}

fn refused_argument(argument: &'static str) -> Error {
    let rule = "was refused by Vipps: is it the number of a person, with its country code?";
    Error::breaks_rule(argument, rule)
}

pub(super) fn told(answer: &Answer, error: Error, refusal: Refusal) -> Error {
    let (oauth_error, trace_id) = refusal.codes();
    answer.without_echo(error.with_oauth_error(oauth_error).with_trace_id(trace_id).with_status(answer.status()))
}
