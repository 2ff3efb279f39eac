//! The emulator's own paths: its page and what the page asks for. Not part of the service and not in the log.

use std::{borrow::Cow, io, sync::Arc, time::Duration};

use http::{
    Method, StatusCode,
    header::{ACCEPT, ALLOW},
};
use serde_json::json;

use crate::{
    control::{
        Controls,
        error::{ControlError, ControlErrorKind},
        openapi, strict_json,
    },
    endpoint::Endpoint,
    fault::{invalid_input, not_found},
    login::decision,
    page::view::{self, Filter},
    page::{ask, html},
    shared::Shared,
    state::State,
    wire::reply::Reply,
    wire::request::{Form, Request},
};

const OWN: &str = "/emulator/";
const STATE: &str = "/emulator/state";
const LOGINS: &str = "/emulator/logins/";
/// Where the operations are; a script of another origin can't post JSON here without being asked first.
const CONTROL: &str = "/emulator/control/";
const OPENAPI: &str = "/emulator/openapi.json";
const REQUESTS: &str = "/emulator/requests/";
/// Browsers ask for these without being told; an error in the log would only puzzle.
const UNASKED: [&str; 2] = ["/favicon.ico", "/.well-known/appspecific/com.chrome.devtools.json"];
/// How far the clock moves at a time: a year.
const LONGEST_STEP: u64 = 366 * 86_400;

pub(crate) fn is_own(method: &Method, path: &str) -> bool {
    path.starts_with(OWN) || (*method == Method::GET && (path == "/" || UNASKED.contains(&path)))
}

/// The revision that the page already has, when it wants to hear of the next one.
pub(crate) fn known_revision(request: &Request) -> Option<Cow<'_, str>> {
    let query = request.query.as_deref().filter(|_| request.method == Method::GET && request.path == STATE)?;
    let mut fields = form_urlencoded::parse(query.as_bytes());
    fields.find(|(name, _)| name == "after").map(|(_, revision)| revision)
}

/// Looking leaves the state as it is; only a `POST` borrows it to change it.
pub(crate) fn serve(shared: &Arc<Shared>, request: &Request) -> Reply {
    if let Some(operation) = request.path.strip_prefix(CONTROL) {
        return control(shared, operation, request);
    }
    match request.method {
        Method::GET => {
            let state = shared.state();
            look(&state, &shared.revision(), request)
        }
        Method::POST => act(&mut shared.state(), request),
        _ => html::notice(StatusCode::METHOD_NOT_ALLOWED, "Wrong method", "Use GET or POST.")
            .with_text(ALLOW, "GET, POST"),
    }
}

/// One operation. `application/json` is asked for, since a form of another site's page can't send it.
fn control(shared: &Arc<Shared>, operation: &str, request: &Request) -> Reply {
    if request.method != Method::POST {
        let rule = "use POST, with the operation's members as JSON";
        return refusal(StatusCode::METHOD_NOT_ALLOWED, &ControlError::invalid(None, rule)).with_text(ALLOW, "POST");
    }
    if !request.is_json() {
        let rule = "send Content-Type: application/json";
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, &ControlError::invalid(None, rule));
    }
    let vipps = Controls::of(Arc::clone(shared));
    match strict_json::parse(&request.body).and_then(|input| vipps.control(operation, input)) {
        Ok(output) => Reply::ok(&output).hardened(),
        Err(error) => refusal(status_of(error.kind), &error),
    }
}

fn status_of(kind: ControlErrorKind) -> StatusCode {
    match kind {
        ControlErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
        ControlErrorKind::UnknownOperation | ControlErrorKind::NotFound => StatusCode::NOT_FOUND,
    }
}

fn refusal(status: StatusCode, error: &ControlError) -> Reply {
    Reply::json(status, &error.to_json()).hardened()
}

fn look(state: &State, revision: &str, request: &Request) -> Reply {
    let path = request.path.as_str();
    if let Some(id) = path.strip_prefix(LOGINS) {
        return ask::ask(state, id);
    }
    if let Some(id) = path.strip_prefix(REQUESTS) {
        return look_at_request(state, id);
    }
    match path {
        "/" => html::overview(),
        OPENAPI => Reply::asset("application/json", openapi::document()),
        STATE => snapshot(state, revision, request),
        _ => html::asset(path).unwrap_or_else(no_such_page),
    }
}

/// What the overview shows, or for the page of one login, that login alone.
fn snapshot(state: &State, revision: &str, request: &Request) -> Reply {
    let form = Form::parse(request.query.as_deref().unwrap_or_default().as_bytes());
    let mut seen = match form.value("login") {
        Some(id) => view::one_login(state, id),
        None => view::everything(state, form.value("show").map(Filter::named).unwrap_or_default()),
    };
    seen["revision"] = json!(revision);
    Reply::ok(&seen).hardened()
}

fn look_at_request(state: &State, id: &str) -> Reply {
    match id.parse().ok().and_then(|id| state.log.find(id)) {
        Some(record) => Reply::ok(&view::request(state, record)).hardened(),
        None => json_error(&not_found("no such request: the log was emptied, or it is too long ago")),
    }
}

fn act(state: &mut State, request: &Request) -> Reply {
    let form = Form::parse(&request.body);
    match request.path.as_str() {
        "/emulator/clock/advance" => done(request, advance(state, &form)),
        "/emulator/clock/real" => {
            state.clock.follow_real_time();
            done(request, Ok(()))
        }
        "/emulator/tokens/down" => done(request, take_tokens_down(state, &form)),
        "/emulator/requests/clear" => {
            state.clear_log();
            done(request, Ok(()))
        }
        path => match path.strip_prefix(LOGINS).and_then(|target| target.split_once('/')) {
            Some((id, "approve")) => {
                let msisdn = form.value("user").map_or_else(|| decision::chosen(state, id), str::to_owned);
                decided(request, decision::approve(state, id, &msisdn))
            }
            Some((id, "deny")) => decided(request, decision::deny(state, id, "access_denied")),
            _ => no_such_page(),
        },
    }
}

fn advance(state: &mut State, form: &Form) -> io::Result<()> {
    let seconds = form.value("seconds").and_then(|text| text.parse().ok());
    let seconds = seconds
        .filter(|seconds| (1..=LONGEST_STEP).contains(seconds))
        .ok_or_else(|| invalid_input("seconds: must be a number from 1 to a year's"))?;
    state.clock.advance(Duration::from_secs(seconds));
    Ok(())
}

/// The outage that a visitor of the page can make.
fn take_tokens_down(state: &mut State, form: &Form) -> io::Result<()> {
    let down = match form.value("down") {
        Some("true") => true,
        Some("false") => false,
        _ => return Err(invalid_input("down: must be true or false")),
    };
    state.staging.take_down(Endpoint::StandardToken, down);
    state.staging.take_down(Endpoint::SpecializedToken, down);
    Ok(())
}

fn done(request: &Request, outcome: io::Result<()>) -> Reply {
    match outcome {
        Ok(()) if wants_json(request) => Reply::ok(&json!({})).hardened(),
        Ok(()) => Reply::redirect(StatusCode::SEE_OTHER, "/"),
        Err(error) => refused(request, &error),
    }
}

/// The person's browser is led on. A script only hears that it is done: the code in the URL is none of its business.
fn decided(request: &Request, outcome: io::Result<Option<String>>) -> Reply {
    match outcome {
        Ok(_) if wants_json(request) => Reply::ok(&json!({})).hardened(),
        Ok(Some(url)) => Reply::redirect(StatusCode::SEE_OTHER, &url),
        Ok(None) => html::notice(StatusCode::OK, "Done", "You may put the phone away."),
        Err(error) => refused(request, &error),
    }
}

fn refused(request: &Request, error: &io::Error) -> Reply {
    if wants_json(request) {
        return json_error(error);
    }
    let status = status_for_a_person(error);
    let title = if status == StatusCode::NOT_FOUND { "Not found" } else { "Not possible" };
    html::notice(status, title, &for_a_person(error))
}

fn json_error(error: &io::Error) -> Reply {
    Reply::json(status_for_a_person(error), &json!({ "error": for_a_person(error) })).hardened()
}

fn status_for_a_person(error: &io::Error) -> StatusCode {
    match error.kind() {
        io::ErrorKind::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::CONFLICT,
    }
}

/// Whoever presses a button gave no `id`.
fn for_a_person(error: &io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("id: ").map(str::to_owned).unwrap_or(text)
}

fn wants_json(request: &Request) -> bool {
    request.header(ACCEPT.as_str()) == Some("application/json")
}

fn no_such_page() -> Reply {
    html::notice(StatusCode::NOT_FOUND, "Not found", "The emulator has no such page.")
}
