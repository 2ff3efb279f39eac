//! The forms and replies of Login from a phone number (CIBA Core section 7). Pure.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::{
    answer::Answer,
    backchannel::BackchannelOptions,
    callback::{Answer as Callback, is_code, is_same, malformed, wrong_state},
    hint::LoginHint,
    pending::{Facts, PendingLogin, Redirect, SILENT_INTERVAL, is_auth_req_id},
    redirect_uri::RedirectUri,
    refusal::{poll_refusal, start_refusal},
    token::Tokens,
};
use crate::{
    error::{Error, Result},
    json::Document,
    msn::Msn,
    random::unguessable,
    token::{seconds, whole_seconds},
};

/// A request to start, and what must be kept of it.
pub(super) struct Start {
    pub(super) hint: LoginHint,
    pub(super) scopes: Vec<String>,
    pub(super) nonce: String,
    pub(super) redirect: Option<Redirect>,
    pub(super) options: BackchannelOptions,
}

impl Start {
    pub(super) fn form(&self) -> Vec<(&'static str, String)> {
        let mut form = vec![
            ("login_hint", self.hint.as_str().to_owned()),
            ("scope", self.scopes.join(" ")),
            ("nonce", self.nonce.clone()),
        ];
        form.extend(self.options.binding_message.clone().map(|message| ("binding_message", message)));
        form.extend(self.options.requested_expiry.map(|expiry| ("requested_expiry", expiry.as_secs().to_string())));
        if let Some(redirect) = &self.redirect {
            form.push(("requested_flow", "login_to_webpage".to_owned()));
            form.push(("redirect_uri", redirect.uri.as_str().to_owned()));
            form.push(("state", redirect.state.clone()));
        }
        form
    }

    pub(super) fn pending(self, answer: &Answer, issuer: &str, msn: &Msn) -> Result<PendingLogin> {
        if !answer.status().is_success() {
            return Err(start_refusal(answer, "login_hint"));
        }
        let started = answer.read(Started::parse)?;
        let life = started.expires_in.or(self.options.requested_expiry).unwrap_or(SILENT_EXPIRY);
        let facts = Facts {
            auth_req_id: started.auth_req_id,
            issuer: issuer.to_owned(),
            msn: msn.clone(),
            scopes: self.scopes,
            nonce: self.nonce,
            // Whole seconds, as it is kept over a restart.
            expires_at: Duration::from_secs(answer.sent_at().plus(life).wall.as_secs()),
            redirect: self.redirect,
        };
        Ok(PendingLogin::new(facts, started.interval.unwrap_or(SILENT_INTERVAL), answer.now()))
    }
}

impl Redirect {
    pub(super) fn to(uri: &str) -> Result<Self> {
        Ok(Self { uri: uri.parse::<RedirectUri>()?, state: unguessable()? })
    }

    /// Vipps documents no `state` here. One that is there must be right; what ties the answer to the login is the id in
    /// the ID token.
    pub(super) fn code(&self, callback_url: &str, issuer: &str) -> Result<String> {
        let callback = Callback::parse(&self.uri, callback_url)?;
        if !callback.state.as_ref().is_none_or(|state| is_same(state, &self.state)) {
            return Err(wrong_state());
        }
        callback.check_issuer(issuer)?;
        callback.check_error()?;
        let code = callback.code.filter(|code| is_code(code));
        code.map(String::from).ok_or_else(|| malformed("holds no code"))
    }
}

/// The answer to a start (CIBA Core section 7.3). Only the id is required.
struct Started {
    auth_req_id: String,
    expires_in: Option<Duration>,
    interval: Option<Duration>,
}

const SILENT_EXPIRY: Duration = Duration::from_secs(10 * 60);
/// Nobody waits for longer; more is a mistake.
const LONGEST_EXPIRY: Duration = Duration::from_secs(60 * 60);

impl Started {
    fn parse(body: &Bytes) -> Result<Self> {
        let mut reply = Document::read(body);
        let auth_req_id = reply.take_text("auth_req_id");
        let auth_req_id = auth_req_id.ok_or_else(|| Error::protocol("the reply to the start holds no auth_req_id"))?;
        if !is_auth_req_id(&auth_req_id) {
            return Err(Error::protocol("the auth_req_id of the reply is malformed"));
        }
        let expires_in = seconds(reply.get("expires_in")).map(whole_seconds);
        if expires_in.is_some_and(|life| life.is_zero()) {
            return Err(Error::protocol("the reply to the start holds a login that has run out"));
        }
        // Up, so that no poll is too early; below zero it is no interval.
        let interval = seconds(reply.get("interval")).filter(|interval| *interval >= 0.0);
        Ok(Self {
            auth_req_id,
            expires_in: expires_in.map(|life| life.min(LONGEST_EXPIRY)),
            interval: interval.map(|interval| whole_seconds(interval.ceil())),
        })
    }
}

/// What a poll brought.
pub(super) enum Polled {
    Pending,
    SlowDown,
    Done(Tokens),
}

pub(super) fn polled(answer: &Answer) -> Result<Polled> {
    if answer.status() == StatusCode::BAD_REQUEST {
        match answer.refusal().oauth_error.as_deref() {
            Some("authorization_pending") => return Ok(Polled::Pending),
            Some("slow_down") => return Ok(Polled::SlowDown),
            _ => {}
        }
    }
    answer.tokens(poll_refusal).map(Polled::Done)
}

pub(super) fn user_exists(body: &Bytes) -> Result<bool> {
    let exists = Document::read(body).get("exists").and_then(Value::as_bool);
    exists.ok_or_else(|| Error::protocol("the reply does not tell whether the user exists"))
}
