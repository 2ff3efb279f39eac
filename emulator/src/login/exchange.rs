//! `POST /access-management-1.0/access/oauth2/token`: the end of every Login flow.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::{
    call::Call,
    endpoint::Endpoint,
    id_token::{IdTokenSpec, SigningAlg},
    login::client::{self, Client},
    login::grant::{check_owner, completed, id_token, invalid_grant, mint},
    login::logins::{Login, Session, Way},
    login::poll,
    login::record::{LoginKind, LoginStatus},
    signing::jws,
    state::State,
    wire::reply::{Outcome, Reply, bad_request},
    wire::request::Form,
};

const AUTHORIZATION_CODE: &str = "authorization_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";
const CIBA_REDIRECT: &str = "urn:vipps:params:grant-type:ciba-redirect";
const GRANTS_OFFERED: &str = "no such grant here: send authorization_code, urn:openid:params:grant-type:ciba, or \
                              urn:vipps:params:grant-type:ciba-redirect";
const GRANT_MISSING: &str = "missing: send authorization_code, urn:openid:params:grant-type:ciba, or \
                             urn:vipps:params:grant-type:ciba-redirect";
const OTHER_FLOW: &str = "the code is of another flow: send authorization_code for one of the browser flow, \
                          urn:vipps:params:grant-type:ciba-redirect for one of login_to_webpage";
const SHORTEST_NONCE: usize = 8;
const FIELDS: [&str; 7] =
    ["grant_type", "code", "redirect_uri", "code_verifier", "auth_req_id", "client_id", "client_secret"];
/// The life of an ID token in the backchannel's redirect variant.
const REDIRECT_ID_TOKEN_LIFE: Duration = Duration::from_secs(600);

/// Client first, then the grant.
pub(crate) fn exchange(state: &mut State, call: &mut Call<'_>) -> Outcome {
    let (client, form) = client::admit(state, call, Endpoint::LoginToken)?;
    note_unknown(call, &form);
    let body = match form.value("grant_type") {
        Some(AUTHORIZATION_CODE) => exchange_code(state, call, &client, &form)?,
        Some(CIBA_REDIRECT) => exchange_redirect_code(state, call, &client, &form)?,
        Some(CIBA) => poll::poll(state, call, &client, &form)?,
        Some(_) => return Err(bad_request("unsupported_grant_type", "grant_type", GRANTS_OFFERED)),
        None => return Err(bad_request("invalid_request", "grant_type", GRANT_MISSING)),
    };
    Ok(Reply::ok(&body).uncached())
}

/// The code, unless it was used before. One that comes again was stolen, or its first exchange was: whoever brings it, the
/// tokens of the first stop working (RFC 6749 section 4.1.2).
fn new_code<'a>(state: &mut State, form: &'a Form) -> Outcome<&'a str> {
    let Some(code) = form.value("code").filter(|code| !code.is_empty()) else {
        return Err(bad_request("invalid_request", "code", "missing: send the code that came to the redirect_uri"));
    };
    let Some(login) = state.logins.with_code(code).filter(|login| login.completed) else { return Ok(code) };
    state.login_tokens.revoke_of(&login.id);
    Err(invalid_grant(
        "code",
        "used before: it works once, and the tokens of the first exchange are revoked now. Start a new login",
    ))
}

fn note_unknown(call: &mut Call<'_>, form: &Form) {
    if form.names().any(|name| !FIELDS.contains(&name)) {
        call.tolerated("body", "a field that nobody knows was ignored");
    }
}

/// RFC 6749 section 4.1.3. Only success uses the code up.
fn exchange_code(state: &mut State, call: &mut Call<'_>, client: &Client, form: &Form) -> Outcome<Value> {
    let code = new_code(state, form)?;
    let login = login_of_code(state, client, code, LoginKind::Browser)?;
    check_redirect_uri(login, form)?;
    check_verifier(call, login, form)?;
    check_nonce(login)?;
    call.right("code", "of this client, alive and new");
    let session = completed(state, &login.id.clone())?;
    Ok(browser_reply(state, &session))
}

/// The redirect variant's own grant: the code and nothing else.
fn exchange_redirect_code(state: &mut State, call: &mut Call<'_>, client: &Client, form: &Form) -> Outcome<Value> {
    let code = new_code(state, form)?;
    let login = login_of_code(state, client, code, LoginKind::BackchannelRedirect)?;
    if form.value("redirect_uri").is_some() {
        call.tolerated("redirect_uri", "leave it out: this grant takes the code only");
    }
    call.right("code", "of this client, alive and new");
    let id = login.id.clone();
    let session = completed(state, &id)?;
    Ok(redirect_reply(state, &session, &id))
}

fn login_of_code<'a>(state: &'a State, client: &Client, code: &str, kind: LoginKind) -> Outcome<&'a Login> {
    let login = state
        .logins
        .with_code(code)
        .ok_or_else(|| invalid_grant("code", "unknown: send it as it came, decoded once"))?;
    check_owner(login, client, "code")?;
    if login.kind() != kind {
        return Err(invalid_grant("grant_type", OTHER_FLOW));
    }
    match login.status(state.clock.now()) {
        LoginStatus::Approved => Ok(login),
        _ => Err(invalid_grant("code", "expired: it lives 120 seconds, so start a new login")),
    }
}

fn check_redirect_uri(login: &Login, form: &Form) -> Outcome<()> {
    let Way::Browser(browser) = &login.way else { return Ok(()) };
    match form.value("redirect_uri") {
        Some(uri) if uri == browser.redirect_uri => Ok(()),
        Some(_) => Err(invalid_grant("redirect_uri", "not byte for byte the one sent to /auth: send the same")),
        None => Err(invalid_grant("redirect_uri", "missing: send the one sent to /auth")),
    }
}

/// RFC 7636 section 4.6; a verifier without a challenge is refused too (RFC 9700 section 2.1.1).
fn check_verifier(call: &mut Call<'_>, login: &Login, form: &Form) -> Outcome<()> {
    let Way::Browser(browser) = &login.way else { return Ok(()) };
    let why = match (&browser.challenge, form.value("code_verifier")) {
        (None, None) => return Ok(()),
        (Some(challenge), Some(verifier)) if is_verifier(verifier) && *challenge == s256(verifier) => {
            call.right("code_verifier", "fits the challenge");
            return Ok(());
        }
        (Some(_), Some(verifier)) if !is_verifier(verifier) => "must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~",
        (Some(_), Some(_)) => "does not fit the code_challenge sent to /auth: send the verifier of this very login",
        (Some(_), None) => "missing, though a code_challenge was sent to /auth: send the verifier it was made of",
        (None, Some(_)) => "sent, though there was no code_challenge: send that to /auth first",
    };
    Err(invalid_grant("code_verifier", why))
}

/// The server takes a short nonce at the start and refuses it here.
fn check_nonce(login: &Login) -> Outcome<()> {
    match &login.facts.nonce {
        Some(nonce) if nonce.chars().count() < SHORTEST_NONCE => {
            let why = "too short: the nonce sent to /auth needs at least 8 characters that can't be guessed";
            Err(bad_request("insufficient_entropy", "nonce", why))
        }
        _ => Ok(()),
    }
}

fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

fn s256(verifier: &str) -> String {
    jws::base64url(digest(&SHA256, verifier.as_bytes()))
}

fn browser_reply(state: &mut State, session: &Session) -> Value {
    let now = state.clock.now();
    let lifetime = state.settings.login_lifetime();
    let access_token = state.login_tokens.issue("", session.clone(), now, lifetime);
    let id_token = mint(state, browser_id_token(session, &access_token), session);
    json!({
        "access_token": access_token,
        "id_token": id_token,
        "expires_in": lifetime.as_secs(),
        "scope": session.facts.scopes.join(" "),
        "token_type": "bearer",
    })
}

fn browser_id_token(session: &Session, access_token: &str) -> IdTokenSpec {
    let mut spec = id_token(session).access_token(access_token);
    if let Some(acr) = &session.facts.acr {
        spec = spec.acr(acr);
    }
    if session.has_scope("email") {
        spec = spec.claim("email", json!(session.user.email));
        spec = spec.claim("email_verified", json!(session.user.email_verified));
    }
    spec
}

fn redirect_reply(state: &mut State, session: &Session, auth_req_id: &str) -> Value {
    let now = state.clock.now();
    let lifetime = state.settings.login_lifetime();
    let access_token = state.login_tokens.issue("", session.clone(), now, lifetime);
    let spec = redirect_id_token(session).auth_req_id(state.settings.login.auth_req_id_name, auth_req_id);
    let id_token = mint(state, spec, session);
    json!({
        "access_token": access_token,
        "id_token": id_token,
        "expires_in": lifetime.as_secs(),
        "token_type": "bearer",
    })
}

/// ES256, a plain `aud`, ten minutes; a nonce only when one was sent.
fn redirect_id_token(session: &Session) -> IdTokenSpec {
    let spec = id_token(session).alg(SigningAlg::Es256).lifetime(REDIRECT_ID_TOKEN_LIFE);
    let spec = spec.claim("aud", json!(session.facts.client_id));
    if session.facts.nonce.is_some() { spec } else { spec.without_claim("nonce") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier));
        assert_eq!(s256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(!is_verifier("short") && !is_verifier(&"+".repeat(43)) && !is_verifier(&"a".repeat(129)));
    }
}
