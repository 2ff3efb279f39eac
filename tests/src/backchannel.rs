//! The ops of Login from a phone number.

use std::time::Duration;

use serde_json::{Value, json};
use vipps_partner_auth::{
    Backchannel, BackchannelOptions, BackchannelState, Clock, LoginResult, ManualClock, PendingLogin,
};

use crate::{
    given::Attempt,
    login::{same, since_epoch, told},
    runner::{Call, needed},
};

impl Call<'_> {
    pub(crate) async fn make_backchannel(&self, op: &str) -> Attempt<Value> {
        match op {
            "user_exists" => self.user_exists().await,
            "backchannel_start" => self.backchannel_start().await,
            "pending_login" => self.pending_login(),
            "backchannel_poll" => self.backchannel_poll().await,
            "backchannel_wait" => self.backchannel_wait().await,
            "backchannel_states" => self.backchannel_states().await,
            "backchannel_ping" => self.backchannel_ping().await,
            "backchannel_redirect" => self.backchannel_redirect().await,
            other => self.make_webhook(other),
        }
    }

    async fn user_exists(&self) -> Attempt<Value> {
        let msisdn = needed(self.given.msisdn.as_ref(), "msisdn")?;
        Ok(match self.phone(&self.clock()?)? {
            Ok(phone) => phone.user_exists(msisdn).await.map(|exists| json!({ "exists": exists })),
            Err(error) => Err(error),
        })
    }

    async fn backchannel_start(&self) -> Attempt<Value> {
        let login_hint = needed(self.given.login_hint.as_ref(), "login_hint")?;
        let scopes = needed(self.given.scopes.as_ref(), "scopes")?;
        let clock = self.clock()?;
        let started = match self.phone(&clock)? {
            Ok(phone) => phone.start_with(login_hint, scopes, &self.backchannel_options()).await,
            Err(error) => Err(error),
        };
        let pending = match started {
            Ok(pending) => pending,
            Err(error) => return Ok(Err(error)),
        };
        self.check_what_was_kept(&pending)?;
        Ok(Ok(json!({
            "auth_req_id": pending.auth_req_id(),
            "msn": pending.msn().as_str(),
            "scopes": pending.scopes(),
            "interval": pending.interval().as_secs(),
            "lifetime": since_epoch(pending.expires_at()).saturating_sub(clock.now().wall).as_secs(),
            "ends_by_redirect": pending.ends_by_redirect(),
        })))
    }

    fn backchannel_options(&self) -> BackchannelOptions {
        let given = &self.given.options;
        let mut options = BackchannelOptions::default();
        if let Some(message) = &given.binding_message {
            options = options.binding_message(message);
        }
        if let Some(seconds) = given.requested_expiry {
            options = options.requested_expiry(Duration::from_secs(seconds));
        }
        if let Some(uri) = &given.redirect_uri {
            options = options.redirect_uri(uri);
        }
        options
    }

    /// What is random was sent as it is kept, else no answer could ever be tied to this login.
    fn check_what_was_kept(&self, pending: &PendingLogin) -> Result<(), String> {
        let kept: Value = serde_json::from_str(&pending.to_json()).map_err(|error| error.to_string())?;
        let last = self.wire.seen().pop().ok_or("nothing was sent")?;
        let sent = |field: &str| {
            let mut fields = form_urlencoded::parse(last.body.as_bytes());
            fields.find(|(name, _)| name == field).map_or(Value::Null, |(_, value)| value.into_owned().into())
        };
        ["nonce", "state"].iter().try_for_each(|field| same(field, &sent(field), &kept[field]))?;
        let again = PendingLogin::from_json(&pending.to_json()).map_err(|error| error.to_string())?;
        same("a login that was kept", pending, &again)
    }

    fn pending_login(&self) -> Attempt<Value> {
        let pending = match &self.given.text {
            Some(text) => PendingLogin::from_json(text),
            None => self.pending()?,
        };
        let pending = match pending {
            Ok(pending) => pending,
            Err(error) => return Ok(Err(error)),
        };
        let again = pending.to_json();
        same("a login kept twice", &pending, &PendingLogin::from_json(&again).map_err(|error| error.to_string())?)?;
        let stored: Value = serde_json::from_str(&again).map_err(|error| error.to_string())?;
        Ok(Ok(json!({
            "auth_req_id": pending.auth_req_id(),
            "msn": pending.msn().as_str(),
            "scopes": pending.scopes(),
            "expires_at": since_epoch(pending.expires_at()).as_secs(),
            "interval": pending.interval().as_secs(),
            "ends_by_redirect": pending.ends_by_redirect(),
            "stored": stored,
        })))
    }

    async fn backchannel_poll(&self) -> Attempt<Value> {
        let clock = self.clock()?;
        Ok(match (self.phone(&clock)?, self.pending()?) {
            (Ok(phone), Ok(pending)) => {
                let polled = phone.poll(&pending).await;
                polled.map(|result| so_far(&phone, &pending, result.as_ref(), &clock))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        })
    }

    /// A login that is complete at the first poll, for what comes after it.
    pub(crate) async fn completed(&self, clock: &ManualClock) -> Attempt<(Backchannel, LoginResult)> {
        let polled = match (self.phone(clock)?, self.pending()?) {
            (Ok(phone), Ok(pending)) => phone.poll(&pending).await.map(|result| (phone, result)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        };
        match polled {
            Ok((phone, Some(result))) => Ok(Ok((phone, result))),
            Ok((_, None)) => Err("the login is still pending".to_owned()),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn backchannel_wait(&self) -> Attempt<Value> {
        let clock = self.clock()?;
        let began = clock.now();
        let timeout = self.given.timeout.map(Duration::from_secs);
        Ok(match (self.phone(&clock)?, self.pending()?) {
            (Ok(phone), Ok(pending)) => phone.wait(&pending, timeout).await.map(|result| {
                let mut ended = so_far(&phone, &pending, result.as_ref(), &clock);
                ended["interval"] = pending.interval().as_secs().into();
                ended["waited"] = clock.now().wall.saturating_sub(began.wall).as_secs().into();
                ended
            }),
            (Err(error), _) | (_, Err(error)) => Err(error),
        })
    }

    async fn backchannel_states(&self) -> Attempt<Value> {
        let clock = self.clock()?;
        let began = clock.now();
        let (phone, login) = match (self.phone(&clock)?, self.pending()?) {
            (Ok(phone), Ok(login)) => (phone, login),
            (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
        };
        let mut pending = Vec::new();
        loop {
            match phone.next_state(&login).await {
                Ok(BackchannelState::Pending { next_poll_in }) => pending.push(next_poll_in.as_secs()),
                Ok(BackchannelState::Complete(result)) => {
                    let mut ended = told(&result, &clock);
                    ended["state"] = "complete".into();
                    ended["pending"] = pending.into();
                    ended["waited"] = clock.now().wall.saturating_sub(began.wall).as_secs().into();
                    return Ok(Ok(ended));
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    async fn backchannel_ping(&self) -> Attempt<Value> {
        let body = needed(self.given.text.as_ref(), "text")?;
        let clock = self.clock()?;
        Ok(match (self.phone(&clock)?, self.pending()?) {
            (Ok(phone), Ok(pending)) => {
                let asked = phone.finish_ping(body, &pending).await;
                asked.map(|result| so_far(&phone, &pending, result.as_ref(), &clock))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        })
    }

    async fn backchannel_redirect(&self) -> Attempt<Value> {
        let callback_url = needed(self.given.callback_url.as_ref(), "callback_url")?;
        let clock = self.clock()?;
        Ok(match (self.phone(&clock)?, self.pending()?) {
            (Ok(phone), Ok(pending)) => {
                let finished = phone.finish_redirect(callback_url, &pending).await;
                finished.map(|result| told(&result, &clock))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        })
    }

    fn phone(&self, clock: &ManualClock) -> Attempt<Backchannel> {
        Ok(self.merchant(clock)?.and_then(|merchant| merchant.backchannel()))
    }

    fn pending(&self) -> Attempt<PendingLogin> {
        Ok(PendingLogin::from_json(&self.kept(self.given.pending.as_ref(), "pending")?))
    }
}

/// How far the login is.
fn so_far(phone: &Backchannel, pending: &PendingLogin, result: Option<&LoginResult>, clock: &ManualClock) -> Value {
    if let Some(result) = result {
        let mut ended = told(result, clock);
        ended["state"] = "complete".into();
        return ended;
    }
    json!({
        "state": "pending",
        "interval": pending.interval().as_secs(),
        "next_poll_in": phone.next_poll_in(pending).as_secs(),
    })
}
