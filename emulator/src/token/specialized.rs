//! `POST /miami/v1/token`: the client credentials grant (RFC 6749 section 4.4) for specialised keys.

use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::{
    call::Call,
    choices::{BasicEncoding, Numbers},
    endpoint::Endpoint,
    gateway::{self, SUBSCRIPTION_KEY},
    state::State,
    token::basic::{Basic, Encoding},
    token::issued::Grant,
    wire::reply::{Outcome, Refusal, Reply, bad_request},
    wire::request::Form,
};

const FIELDS: [&str; 2] = ["grant_type", "scope"];

/// Checks in the order that is settled: subscription key, form, credentials, `grant_type`, `scope`.
pub(crate) fn issue(state: &mut State, call: &mut Call<'_>) -> Outcome {
    if call.request.has(SUBSCRIPTION_KEY) {
        let why = "must be absent: leave it out, this flow takes no subscription key";
        return Err(bad_request("invalid_client", SUBSCRIPTION_KEY, why));
    }
    let form = form(call)?;
    authenticate(state, call, &form)?;
    check_grant_type(call, &form)?;
    let scope = scope(state, call, &form)?;
    check_the_rest(state, call, &form)?;
    Ok(Reply::ok(&success(state, scope.as_deref())))
}

fn form(call: &mut Call<'_>) -> Outcome<Form> {
    if !call.request.is_form() {
        call.tolerated("Content-Type", "not application/x-www-form-urlencoded, so the body was not read");
        return Ok(Form::default());
    }
    let form = Form::parse(&call.request.body);
    match form.repeated() {
        Some(_) => {
            Err(bad_request("invalid_request", "body", "a field comes twice: send it once (RFC 6749 section 3.2)"))
        }
        None => Ok(form),
    }
}

fn authenticate(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<()> {
    let Some(value) = call.request.header("Authorization") else { return Err(no_authorization(form)) };
    let Some(pair) = Basic::decode(value) else {
        return Err(unauthorized("must be Basic with the padded base64 of client_id:client_secret"));
    };
    let keys = &state.accounts.specialized;
    let fit = pair.fit(&keys.client_id, &keys.client_secret);
    let read = state.settings.basic_at(Endpoint::SpecializedToken);
    match (fit.filter(|_| !state.settings.wrong_environment), read) {
        (Some(Encoding::Either), _) => call.right("Authorization", "the credentials fit, raw or form-encoded alike"),
        (Some(Encoding::Raw), BasicEncoding::Any | BasicEncoding::Raw) => {
            call.right("Authorization", "the credentials fit, taken raw");
        }
        (Some(Encoding::Form), BasicEncoding::Any | BasicEncoding::Form) => {
            call.right("Authorization", "the credentials fit, taken form-encoded");
        }
        (Some(Encoding::Form), BasicEncoding::Raw) => {
            return Err(unauthorized("the parts were form-encoded: join the raw strings instead"));
        }
        (Some(Encoding::Raw), BasicEncoding::Form) => {
            return Err(unauthorized("the parts were joined raw: form-encode each first, as the emulator was told"));
        }
        (None, _) => return Err(unauthorized(misfit(state, &pair))),
    }
    Ok(())
}

fn misfit(state: &State, pair: &Basic) -> &'static str {
    if state.settings.wrong_environment {
        return "the keys are of the other environment, as the emulator was told: use keys of this one";
    }
    match state.accounts.client(pair.id()) {
        Some(_) => "these are standard keys: they belong to /accesstoken/get",
        None => "unknown client_id or wrong client_secret: copy both from the specialised keys",
    }
}

fn no_authorization(form: &Form) -> Refusal {
    match form.value("client_id") {
        Some(_) => unauthorized("credentials belong in an Authorization: Basic header, not in the form"),
        None => unauthorized("missing: send Basic with the base64 of client_id:client_secret"),
    }
}

fn check_grant_type(call: &mut Call<'_>, form: &Form) -> Outcome<()> {
    let why = match form.value("grant_type") {
        Some("client_credentials") => {
            call.right("grant_type", "client_credentials");
            return Ok(());
        }
        Some(joined) if joined.starts_with("client_credentials&") => {
            "grant_type and scope were sent as one field: encode each by itself and join them with a plain &"
        }
        Some(_) => "must be client_credentials",
        None if !call.request.is_form() => "missing, since the body was not read: send it as a form",
        None => "missing: send grant_type=client_credentials in the body",
    };
    Err(bad_request("invalid_client", "grant_type", why))
}

/// The scope that was asked for; a field without a value counts as left out (RFC 6749 section 3.1).
fn scope(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<Option<String>> {
    let Some(asked) = form.value("scope").filter(|scope| !scope.is_empty()) else { return Ok(None) };
    let allowed = &state.accounts.specialized.scopes;
    if !asked.split(' ').all(|one| allowed.iter().any(|known| known == one)) {
        return Err(bad_request(
            "invalid_scope",
            "scope",
            "these keys do not have a scope that was asked for: ask for those they have, or leave it out",
        ));
    }
    call.right("scope", "these keys have it");
    Ok(Some(asked.to_owned()))
}

fn check_the_rest(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<()> {
    gateway::check_origin(call)?;
    gateway::check_system_headers(call, false)?;
    if form.names().any(|name| !FIELDS.contains(&name)) {
        call.tolerated("body", "a field that nobody knows was ignored");
    }
    if call.request.has(gateway::MSN) {
        call.tolerated(gateway::MSN, "leave it out: this flow is not for one merchant");
    }
    if call.request.query.is_some() {
        call.tolerated("query", "the fields belong in the body, not in the URL");
    }
    gateway::note_mode(state, call, "path", "the APIs behind these tokens exist only in production");
    Ok(())
}

fn success(state: &mut State, scope: Option<&str>) -> Value {
    let now = state.clock.now();
    let lifetime = state.settings.specialized_lifetime();
    let client_id = state.accounts.specialized.client_id.clone();
    let scopes = scope.unwrap_or_default().split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    let token = state.tokens.issue(Grant::Specialized { scopes }, &client_id, now, lifetime);
    let expires_in = match state.settings.numbers {
        Numbers::AsDocumented | Numbers::Numbers => json!(lifetime.as_secs()),
        Numbers::Strings => json!(lifetime.as_secs().to_string()),
    };
    let mut body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": expires_in });
    if let Some(scope) = scope {
        body["scope"] = json!(scope);
    }
    body
}

fn unauthorized(why: &'static str) -> Refusal {
    let reply = Reply::oauth(StatusCode::UNAUTHORIZED, "invalid_client", why);
    reply.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Basic")).refuse("Authorization", why)
}
