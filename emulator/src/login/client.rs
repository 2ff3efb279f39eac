//! Who calls Login's token endpoint and the backchannel: a merchant with its own keys, or a partner for one.

use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use vipps_partner_auth::Msn;

use crate::{
    accounts::portal::LoginAuthMethod,
    accounts::{Owner, SalesUnit},
    call::Call,
    choices::{BasicEncoding, PartnerTokenRefusal},
    endpoint::Endpoint,
    gateway::{self, SUBSCRIPTION_KEY},
    state::State,
    token::basic::{Basic, Encoding},
    token::issued::Grant,
    wire::reply::{Outcome, Refusal, Reply, bad_request},
    wire::request::Form,
};

const WRONG_SECRET: &str =
    "wrong client_secret: copy it from the same keys as the client_id, with each + and / as it stands";

const WANTS_FORM: &str = "the parts were joined raw: this endpoint form-decodes them and reads another secret";
const WANTS_RAW: &str = "the parts were form-encoded: this endpoint reads them raw";

/// The sales unit that a call is made as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) msn: Msn,
    pub(crate) client_id: String,
}

/// Client and form of a call, checked in this order: more than one way to authenticate, credentials, MSN, form, headers.
pub(crate) fn admit(state: &State, call: &mut Call<'_>, endpoint: Endpoint) -> Outcome<(Client, Form)> {
    let form = form(call);
    let client = authenticate(state, call, &form, endpoint)?;
    if form.repeated().is_some() {
        return Err(bad_request("invalid_request", "body", "a field comes twice: send it once (RFC 6749 section 3.2)"));
    }
    check_the_rest(call)?;
    Ok((client, form))
}

fn form(call: &mut Call<'_>) -> Form {
    if call.request.is_form() {
        return Form::parse(&call.request.body);
    }
    call.tolerated("Content-Type", "not application/x-www-form-urlencoded, so the body was not read");
    Form::default()
}

fn authenticate(state: &State, call: &mut Call<'_>, form: &Form, endpoint: Endpoint) -> Outcome<Client> {
    let secret = form.value("client_secret");
    let Some(header) = call.request.header("Authorization") else { return post(state, call, form, secret) };
    if secret.is_some() {
        let why = "sent beside an Authorization header: use one way to authenticate (RFC 6749 section 2.3)";
        return Err(bad_request("invalid_request", "client_secret", why));
    }
    if is_basic(header) { basic(state, call, header, endpoint) } else { partner(state, call, form) }
}

/// `client_secret_basic`, read as the endpoint was told to.
fn basic(state: &State, call: &mut Call<'_>, header: &str, endpoint: Endpoint) -> Outcome<Client> {
    let Some(pair) = Basic::decode(header) else {
        return Err(unauthorized("must be Basic with the padded base64 of client_id:client_secret", "Basic"));
    };
    let read = state.settings.basic_at(endpoint);
    if read == BasicEncoding::Form && !pair.is_decodable() {
        let why = "could not be decoded: form-encode client_id and client_secret before joining them";
        return Err(bad_request("invalid_request", "Authorization", why));
    }
    let found = state.accounts.unit_of_client(pair.id());
    let (msn, unit) = found
        .or_else(|| state.accounts.unit_of_client(&pair.decoded_id()))
        .ok_or_else(|| unauthorized(stranger(state, pair.id()), "Basic"))?;
    match pair.fit(&unit.keys.client_id, &unit.keys.client_secret) {
        Some(Encoding::Raw) if read == BasicEncoding::Form => return Err(unauthorized(WANTS_FORM, "Basic")),
        Some(Encoding::Form) if read == BasicEncoding::Raw => return Err(unauthorized(WANTS_RAW, "Basic")),
        // No document says how those that start a login by phone number read it.
        Some(Encoding::Raw) if read == BasicEncoding::Raw || endpoint != Endpoint::LoginToken => {
            call.right("Authorization", "the credentials fit, taken raw");
        }
        Some(Encoding::Either) => call.right("Authorization", "the credentials fit, raw or form-encoded alike"),
        Some(Encoding::Form) => call.right("Authorization", "the credentials fit, taken form-encoded"),
        Some(Encoding::Raw) => call.tolerated(
            "Authorization",
            "fits only taken raw: a server that form-decodes reads another secret (RFC 6749 section 2.3.1)",
        ),
        None => return Err(unauthorized(WRONG_SECRET, "Basic")),
    }
    merchant(state, call, msn, unit, LoginAuthMethod::Basic)
}

/// `client_secret_post`.
fn post(state: &State, call: &mut Call<'_>, form: &Form, secret: Option<&str>) -> Outcome<Client> {
    let (Some(id), Some(secret)) = (form.value("client_id"), secret) else {
        return Err(unauthorized(
            "missing: a merchant sends Basic with its own keys, a partner Bearer with its API token, and the MSN",
            "Basic",
        ));
    };
    let known = state.accounts.unit_of_client(id);
    let (msn, unit) = known.ok_or_else(|| unauthorized(stranger(state, id), "Basic"))?;
    if unit.keys.client_secret != secret {
        return Err(unauthorized(WRONG_SECRET, "Basic"));
    }
    call.right("client_secret", "fits");
    merchant(state, call, msn, unit, LoginAuthMethod::Post)
}

fn merchant(
    state: &State,
    call: &mut Call<'_>,
    msn: &Msn,
    unit: &SalesUnit,
    method: LoginAuthMethod,
) -> Outcome<Client> {
    if state.settings.wrong_environment {
        return Err(unauthorized(
            "the keys are of the other environment, as the emulator was told: use keys of this one",
            "Basic",
        ));
    }
    if unit.login.method != method {
        let why = match method {
            LoginAuthMethod::Basic => {
                "this sales unit is set to client_secret_post: send client_id and client_secret in the form, and no header"
            }
            LoginAuthMethod::Post => {
                "this sales unit is set to client_secret_basic: send the keys in an Authorization: Basic header"
            }
        };
        return Err(unauthorized(why, "Basic"));
    }
    gateway::merchant(state, call, &Owner::SalesUnit(msn.clone()))?;
    Ok(Client { msn: msn.clone(), client_id: unit.keys.client_id.clone() })
}

/// A partner's API token and the MSN of the merchant it acts for.
fn partner(state: &State, call: &mut Call<'_>, form: &Form) -> Outcome<Client> {
    match gateway::grant(state, call).map_err(|why| partner_refused(state, why))? {
        Grant::Standard(Owner::Partner) => {}
        Grant::Standard(_) => {
            return Err(unauthorized(
                "Bearer is for partner keys: a sales unit sends its own with Basic or post",
                "Basic",
            ));
        }
        Grant::Specialized { .. } => {
            return Err(unauthorized(
                "a specialised token does not open Login: send a partner's token of /accesstoken/get",
                "Bearer",
            ));
        }
    }
    let (msn, unit) = gateway::merchant_of_partner(state, call)?;
    if unit.login.method != LoginAuthMethod::Basic {
        let why = "the merchant's client is set to client_secret_post: it must be client_secret_basic for partners";
        return Err(unauthorized(why, "Bearer"));
    }
    if form.value("client_id").is_some() {
        call.tolerated("client_id", "leave it out: the MSN says which merchant it is");
    }
    Ok(Client { msn, client_id: unit.keys.client_id.clone() })
}

fn stranger(state: &State, client_id: &str) -> &'static str {
    if client_id == state.accounts.partner.client_id {
        return "partner keys work neither with Basic nor with post here: send Bearer and the MSN";
    }
    "unknown client: check the client_id and the environment"
}

/// Nobody says whether the gateway or the server behind refuses it.
fn partner_refused(state: &State, why: &'static str) -> Refusal {
    match state.settings.partner_token_refusal {
        PartnerTokenRefusal::OAuth => unauthorized(why, "Bearer"),
        PartnerTokenRefusal::Gateway => gateway::unauthorized(why),
    }
}

fn check_the_rest(call: &mut Call<'_>) -> Outcome<()> {
    let is_partner = call.request.header("Authorization").is_some_and(|value| !is_basic(value));
    gateway::check_system_headers(call, is_partner)?;
    gateway::check_origin(call)?;
    if call.request.has(SUBSCRIPTION_KEY) {
        let why = "leave it out: Login takes no subscription key";
        call.forbidden(bad_request("invalid_request", SUBSCRIPTION_KEY, why))?;
    }
    let query = Form::parse(call.request.query.as_deref().unwrap_or_default().as_bytes());
    if query.value("client_secret").is_some() {
        let why = "must never be in the URL, where logs pick it up";
        call.forbidden(bad_request("invalid_request", "client_secret", why))?;
    } else if call.request.query.is_some() {
        call.tolerated("query", "the fields belong in the body, not in the URL");
    }
    Ok(())
}

fn is_basic(header: &str) -> bool {
    header.split(' ').next().unwrap_or_default().eq_ignore_ascii_case("Basic")
}

fn unauthorized(why: &'static str, challenge: &'static str) -> Refusal {
    let text = format!(
        "Client authentication failed: unknown client, no client authentication included, or unsupported \
         authentication method. Here: {why}."
    );
    let reply = Reply::oauth(StatusCode::UNAUTHORIZED, "invalid_client", &text);
    reply.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge)).refuse("Authorization", why)
}
