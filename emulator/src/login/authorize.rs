//! `GET /access-management-1.0/access/oauth2/auth`: the browser flow's first step.

mod rules;

use std::{borrow::Cow, time::Duration};

use http::StatusCode;
use vipps_partner_auth::Msn;

use crate::{
    call::Call,
    gateway::{self, MSN, SUBSCRIPTION_KEY},
    login::decision,
    login::logins::{Browser, Facts, Login, Way},
    login::settings::Automatic,
    page::{ask, html},
    random,
    state::State,
    wire::query,
    wire::reply::{Outcome, Refusal, Reply},
    wire::request::Form,
};

use self::rules::{Fault, Wish};

pub(crate) const PATH: &str = "/access-management-1.0/access/oauth2/auth";
/// From these lengths on the service's proxy is known to give up.
const LONGEST_STATE: usize = 1_000;
const LONGEST_URL: usize = 2_000;
/// How long the person has.
const LIFE: Duration = Duration::from_secs(600);

/// With a partner's `msn`: a redirect to the same URL with the merchant's `client_id`. Else, in this order: client,
/// `redirect_uri`, and the rest, whose faults go back to the `redirect_uri`.
pub(crate) fn authorize(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let query = call.request.query.as_deref().unwrap_or_default();
    let form = Form::parse(query.as_bytes());
    check_credentials(call, &form)?;
    refuse_oversize(state, call, &form)?;
    refuse_repeated(&form, &["msn", "client_id", "redirect_uri"])?;
    if let Some(msn) = form.value("msn") {
        return to_client(state, call, query, msn);
    }
    let (msn, client_id) = client(state, call, &form)?;
    let redirect_uri = redirect_uri(state, call, &form, &msn)?;
    let wish = rules::judge(state, call, &form, &msn).map_err(|fault| send_back(redirect_uri, &form, &fault))?;
    let id = begin(state, msn, client_id, redirect_uri, wish);
    Ok(answer(state, call, &id))
}

/// Keys have no business in a person's browser.
fn check_credentials(call: &mut Call<'_>, form: &Form) -> Outcome<()> {
    for name in ["Authorization", MSN] {
        if call.request.has(name) {
            call.tolerated(name, "not used here: a person's browser comes without the partner's headers");
        }
    }
    if call.request.has(SUBSCRIPTION_KEY) {
        let why = "must not be sent here: a person's browser never holds keys";
        call.forbidden(error_page("invalid_request", SUBSCRIPTION_KEY, why))?;
    }
    if form.value("client_secret").is_some() {
        call.forbidden(error_page("invalid_request", "client_secret", "must never be in a browser"))?;
    }
    Ok(())
}

fn refuse_oversize(state: &State, call: &Call<'_>, form: &Form) -> Outcome<()> {
    let length = |text: Option<&str>| text.map_or(0, |text| text.chars().count());
    let url = state.base_url.len() + PATH.len() + 1 + length(call.request.query.as_deref());
    let (about, why) = if length(form.value("state")) >= LONGEST_STATE {
        ("state", "too long: from about 1,000 characters on the service answers 502. Send a short random value")
    } else if url >= LONGEST_URL {
        ("query", "the URL is too long: from about 2,000 characters on the service answers 502. Send less")
    } else {
        return Ok(());
    };
    Err(html::notice(StatusCode::BAD_GATEWAY, "Bad gateway", &format!("{about}: {why}.")).refuse(about, why))
}

/// RFC 6749 section 3.1. Where it is not even clear whom to answer, nothing goes back.
fn refuse_repeated(form: &Form, names: &[&'static str]) -> Outcome<()> {
    match names.iter().find(|name| form.times(name) > 1) {
        Some(name) => Err(error_page("invalid_request", name, "comes twice: send it once")),
        None => Ok(()),
    }
}

/// The partner's form of the call.
fn to_client(state: &State, call: &mut Call<'_>, query: &str, text: &str) -> Outcome {
    let unit = text.parse::<Msn>().ok().and_then(|msn| state.accounts.sales_unit(&msn));
    if state.settings.wrong_environment {
        let why = "the sales unit is of the other environment, as the emulator was told";
        return Err(stranger_page("msn", why));
    }
    if !state.accounts.partner_active {
        return Err(stranger_page("msn", "the partner itself is deactivated, as the emulator was told"));
    }
    let Some(unit) = unit.filter(|unit| unit.connected && unit.active) else {
        return Err(stranger_page("msn", gateway::not_connected(state, text)));
    };
    if query::raw(query, "client_id").is_some() {
        call.tolerated("client_id", "sent beside msn: the msn wins, leave the client_id out");
    }
    call.right("msn", "connected: on to the same URL with the merchant's client_id");
    let by = format!("client_id={}", unit.keys.client_id);
    let location = format!("{}{PATH}?{}", state.base_url, query::replace(query, "msn", &by, "client_id"));
    Ok(Reply::redirect(StatusCode::FOUND, &location))
}

fn client(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<(Msn, String)> {
    let Some(client_id) = form.value("client_id") else {
        return Err(error_page("invalid_request", "client_id", "missing: send it, or as a partner msn"));
    };
    let known = state.accounts.unit_of_client(client_id).filter(|_| !state.settings.wrong_environment);
    let Some((msn, _)) = known.filter(|(_, unit)| unit.active) else {
        return Err(error_page("invalid_client", "client_id", stranger(state, client_id)));
    };
    call.right("client_id", "known");
    Ok((msn.clone(), client_id.to_owned()))
}

fn stranger(state: &State, client_id: &str) -> &'static str {
    if client_id == state.accounts.partner.client_id {
        return "the partner's own keys are no Login client: send msn instead";
    }
    "unknown or deactivated: check it and the environment"
}

fn redirect_uri<'a>(state: &State, call: &mut Call<'_>, form: &'a Form, msn: &Msn) -> Outcome<&'a str> {
    let Some(uri) = form.value("redirect_uri") else {
        return Err(error_page("invalid_request", "redirect_uri", "missing: send one that is registered"));
    };
    if !state.accounts.has_registered(msn, uri) {
        return Err(error_page("invalid_request", "redirect_uri", not_registered(state, msn, uri)));
    }
    call.right("redirect_uri", "registered, byte for byte");
    Ok(uri)
}

/// What was sent, and what would have been right.
fn not_registered(state: &State, msn: &Msn, sent: &str) -> String {
    let registered = state.accounts.sales_unit(msn).map(|unit| unit.login.redirect_uris()).unwrap_or_default();
    format!(
        "does not match any of the registered ones; send one byte for byte. Sent: {sent} Registered for {msn}: {}",
        gateway::listed(registered)
    )
}

fn begin(state: &mut State, msn: Msn, client_id: String, redirect_uri: &str, wish: Wish) -> String {
    let id = random::uuid();
    let now = state.clock.now();
    let Wish { scopes, state: csrf, nonce, challenge, acr, app_callback_uri } = wish;
    let facts = Facts { msn, client_id, scopes, nonce, acr, sid: random::uuid(), by_phone: false, started_at: now };
    let redirect_uri = redirect_uri.to_owned();
    let way = Way::Browser(Browser { redirect_uri, state: csrf, challenge, app_callback_uri });
    state.logins.begin(Login::new(id.clone(), facts, way, now.saturating_add(LIFE)));
    id
}

/// At once where a control said so, else when the person has decided.
fn answer(state: &mut State, call: &mut Call<'_>, id: &str) -> Reply {
    let decided = match state.settings.login.automatic.clone() {
        Automatic::Ask => return ask::ask(state, id),
        Automatic::Approve(msisdn) => decision::approve(state, id, &msisdn),
        Automatic::Deny(error) => decision::deny(state, id, &error),
    };
    match decided.ok().flatten() {
        Some(url) => {
            call.staged("reply", "decided at once, as the emulator was told");
            Reply::redirect(StatusCode::FOUND, &url)
        }
        None => ask::ask(state, id),
    }
}

fn send_back(redirect_uri: &str, form: &Form, fault: &Fault) -> Refusal {
    let description = format!("{}: {}", fault.about, fault.why);
    let mut fields = vec![("error", fault.error), ("error_description", description.as_str())];
    fields.extend(form.value("state").map(|state| ("state", state)));
    let reply = Reply::redirect(StatusCode::FOUND, &query::append(redirect_uri, &fields));
    reply.refuse(fault.about, fault.why)
}

/// Nothing goes back to a `redirect_uri` that can't be trusted (RFC 6749 section 4.1.2.1).
fn error_page(error: &str, about: &'static str, why: impl Into<Cow<'static, str>>) -> Refusal {
    page(StatusCode::BAD_REQUEST, error, about, why.into())
}

/// For a sales unit that nobody here may ask for.
fn stranger_page(about: &'static str, why: impl Into<Cow<'static, str>>) -> Refusal {
    page(StatusCode::UNAUTHORIZED, "invalid_client", about, why.into())
}

fn page(status: StatusCode, error: &str, about: &'static str, why: Cow<'static, str>) -> Refusal {
    let text = format!("{about}: {why}. Nothing goes back to the application.");
    html::notice(status, error, &text).refuse(about, why)
}
