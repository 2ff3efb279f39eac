//! The rules of an authorization request whose client and `redirect_uri` are good.

use vipps_partner_auth::Msn;

use crate::{
    call::Call, login::scopes::grant_scopes, login::settings::ACR_APP_AUTH, state::State, wire::query,
    wire::request::Form,
};

/// What the application wants.
pub(crate) struct Wish {
    pub(crate) scopes: Vec<String>,
    pub(crate) state: String,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) acr: Option<String>,
    pub(crate) app_callback_uri: Option<String>,
}

/// What goes back to the `redirect_uri` instead.
pub(crate) struct Fault {
    pub(crate) error: &'static str,
    pub(crate) about: &'static str,
    pub(crate) why: &'static str,
}

type Checked<T = ()> = Result<T, Fault>;

const PARAMETERS: [&str; 15] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "requested_flow",
    "app_callback_uri",
    "final_redirect_is_app",
    "market",
    "acr_values",
    "response_mode",
    "prompt",
];

/// Judges in the order of the parameters' table.
pub(crate) fn judge(state: &State, call: &mut Call<'_>, form: &Form, msn: &Msn) -> Checked<Wish> {
    if form.repeated().is_some() {
        return invalid_request("query", "a parameter comes twice: send it once (RFC 6749 section 3.1)");
    }
    check_response(form)?;
    let scopes = scopes(state, call, form, msn)?;
    let csrf = csrf_state(call, form)?;
    let challenge = challenge(call, form)?;
    let app_callback_uri = app_callback_uri(state, call, form, msn)?;
    check_choices(form)?;
    check_tier(state, form, msn)?;
    note_the_rest(call, form);
    let owned = |name| form.value(name).filter(|value| !value.is_empty()).map(str::to_owned);
    Ok(Wish { scopes, state: csrf, nonce: owned("nonce"), challenge, acr: owned("acr_values"), app_callback_uri })
}

fn check_response(form: &Form) -> Checked {
    match form.value("response_type") {
        Some("code") => {}
        Some(_) => return fault("unsupported_response_type", "response_type", "must be code"),
        None => return invalid_request("response_type", "missing: send code"),
    }
    if form.value("response_mode").is_some_and(|mode| mode != "query") {
        return invalid_request("response_mode", "only query is offered: leave it out");
    }
    if form.value("prompt") == Some("none") {
        return fault(
            "login_required",
            "prompt",
            "none is not offered, since the person has to take part: leave it out",
        );
    }
    Ok(())
}

fn scopes(state: &State, call: &mut Call<'_>, form: &Form, msn: &Msn) -> Checked<Vec<String>> {
    let asked = form.value("scope").unwrap_or_default();
    if !asked.split(' ').any(|scope| scope == "openid") {
        return fault("invalid_scope", "scope", "must contain openid");
    }
    let raw = call.request.query.as_deref().and_then(|query| query::raw(query, "scope"));
    if raw.is_some_and(|raw| raw.contains('+')) {
        call.tolerated("scope", "write the space as %20, not as a plus sign");
    }
    if asked.split(' ').any(|scope| scope == "agreement") {
        return fault("invalid_scope", "scope", "agreement is for logins by phone number alone: leave it out");
    }
    grant_scopes(state, call, msn, asked).or_else(|why| fault("invalid_scope", "scope", why))
}

fn csrf_state(call: &mut Call<'_>, form: &Form) -> Checked<String> {
    match form.value("state") {
        Some(state) if state.chars().count() >= 8 => {
            call.right("state", "long enough");
            Ok(state.to_owned())
        }
        Some(_) => invalid_request("state", "too short: at least 8 characters that can't be guessed"),
        None => invalid_request("state", "missing: at least 8 characters that can't be guessed"),
    }
}

/// RFC 7636, `S256` only.
fn challenge(call: &mut Call<'_>, form: &Form) -> Checked<Option<String>> {
    let Some(challenge) = form.value("code_challenge") else { return no_challenge(call, form) };
    match form.value("code_challenge_method") {
        Some("S256") => {}
        Some(_) => return invalid_request("code_challenge_method", "must be S256"),
        None => return invalid_request("code_challenge_method", "missing, which means plain: send S256"),
    }
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if challenge.len() != 43 || !challenge.bytes().all(base64url) {
        return invalid_request("code_challenge", "must be an unpadded base64url SHA-256: 43 characters");
    }
    call.right("code_challenge", "S256");
    Ok(Some(challenge.to_owned()))
}

fn no_challenge(call: &mut Call<'_>, form: &Form) -> Checked<Option<String>> {
    if form.value("code_challenge_method").is_some() {
        return invalid_request("code_challenge", "missing, though its method is there: send both");
    }
    if form.value("requested_flow") == Some("app_to_app_v2") {
        return invalid_request("code_challenge", "missing: send PKCE, app_to_app_v2 needs it");
    }
    call.tolerated("code_challenge", "missing: send PKCE with S256");
    Ok(None)
}

/// Where the app switches back to, in a flow from app to app.
fn app_callback_uri(state: &State, call: &mut Call<'_>, form: &Form, msn: &Msn) -> Checked<Option<String>> {
    let flow = form.value("requested_flow");
    match flow {
        None | Some("app_to_app_v2") => {}
        Some("app_to_app" | "automatic_return_from_vipps_app") => {
            call.tolerated("requested_flow", "deprecated: send app_to_app_v2");
        }
        Some(_) => return invalid_request("requested_flow", "no such flow: send app_to_app_v2, or leave it out"),
    }
    let is_app_to_app = flow.is_some_and(|flow| flow.starts_with("app_to_app"));
    match form.value("app_callback_uri") {
        None if is_app_to_app => call.tolerated("app_callback_uri", "missing: the app can't switch back"),
        None => {}
        Some(_) if !is_app_to_app => call.tolerated("app_callback_uri", "ignored: only for app_to_app_v2"),
        Some(uri) => return registered_app(state, uri, msn).map(Some),
    }
    Ok(None)
}

fn registered_app(state: &State, uri: &str, msn: &Msn) -> Checked<String> {
    if !uri.contains(':') || uri.contains('#') || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return fault(
            "invalid_app_callback_uri",
            "app_callback_uri",
            "malformed: must be absolute, without a fragment",
        );
    }
    if !state.accounts.has_registered(msn, uri) {
        return fault(
            "app_callback_uri_not_registered",
            "app_callback_uri",
            "not registered: send one as it was registered",
        );
    }
    Ok(uri.to_owned())
}

fn check_choices(form: &Form) -> Checked {
    let allowed = |name, values: &[&str]| form.value(name).is_none_or(|value| values.contains(&value));
    if !allowed("final_redirect_is_app", &["true", "false"]) {
        return invalid_request("final_redirect_is_app", "must be true or false");
    }
    if !allowed("market", &["NO", "DK", "FI", "SE"]) {
        return invalid_request("market", "must be NO, DK, FI or SE");
    }
    if !allowed("acr_values", &[ACR_APP_AUTH]) {
        return invalid_request("acr_values", "must be urn:vipps:acr:app_auth, or left out");
    }
    Ok(())
}

fn check_tier(state: &State, form: &Form, msn: &Msn) -> Checked {
    let advanced = state.accounts.sales_unit(msn).is_some_and(|unit| unit.login.advanced);
    if form.value("acr_values").is_some() && !advanced {
        return invalid_request(
            "acr_values",
            "only in the advanced tier, which this sales unit is not in: leave it out",
        );
    }
    Ok(())
}

fn note_the_rest(call: &mut Call<'_>, form: &Form) {
    if form.value("nonce").is_none() {
        call.tolerated("nonce", "missing: it ties the ID token to this login");
    }
    if form.value("login_hint").is_some() {
        call.tolerated("login_hint", "ignored in the browser flow");
    }
    let unknown = |name: &str| !PARAMETERS.contains(&name) && name != "login_hint";
    if form.names().any(unknown) {
        call.tolerated("query", "a parameter that nobody knows was ignored");
    }
}

fn invalid_request<T>(about: &'static str, why: &'static str) -> Checked<T> {
    fault("invalid_request", about, why)
}

fn fault<T>(error: &'static str, about: &'static str, why: &'static str) -> Checked<T> {
    Err(Fault { error, about, why })
}
