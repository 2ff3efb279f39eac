//! Login from a phone number.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use vipps_partner_auth::{Backchannel, BackchannelOptions, BackchannelState, PendingLogin};

use crate::{
    error::Result,
    named::{NamedValue, values},
    result::{ResultHandle, ResultParts, UserinfoParts},
    runtime::{Cancellation, run},
    settings::span,
    webhook::VerifiedWebhookHandle,
};

/// A login that waits for the person.
#[derive(Debug, uniffi::Object)]
pub struct PendingHandle(PendingLogin);

/// A login that waits for the person, with what does not change about it.
#[derive(Debug, Clone, uniffi::Record)]
pub struct PendingParts {
    /// The login itself.
    pub handle: Arc<PendingHandle>,
    /// Its id at Vipps.
    pub auth_req_id: String,
    /// The sales unit it is for.
    pub msn: String,
    /// The scopes that were asked for.
    pub scopes: Vec<String>,
    /// Until when the person may decide.
    pub expires_at: SystemTime,
    /// Whether it ends on a web page.
    pub ends_by_redirect: bool,
}

impl From<PendingLogin> for PendingParts {
    fn from(pending: PendingLogin) -> Self {
        Self {
            auth_req_id: pending.auth_req_id().to_owned(),
            msn: pending.msn().as_str().to_owned(),
            scopes: pending.scopes().to_vec(),
            expires_at: pending.expires_at(),
            ends_by_redirect: pending.ends_by_redirect(),
            handle: Arc::new(PendingHandle(pending)),
        }
    }
}

/// Reads a login that was kept.
#[uniffi::export]
pub fn pending_login_of(json: String) -> Result<PendingParts> {
    Ok(PendingParts::from(PendingLogin::from_json(&json)?))
}

#[uniffi::export]
impl PendingHandle {
    /// The least time between two polls.
    pub fn interval(&self) -> Duration {
        self.0.interval()
    }

    /// The login as JSON.
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }
}

/// How far a login is.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum BackchannelStateParts {
    /// The person has not decided.
    Pending {
        /// How long until Vipps is asked again.
        next_poll_in: Duration,
    },
    /// The person said yes.
    Complete {
        /// What it brought.
        result: ResultParts,
    },
}

impl From<BackchannelState> for BackchannelStateParts {
    fn from(state: BackchannelState) -> Self {
        match state {
            BackchannelState::Pending { next_poll_in } => Self::Pending { next_poll_in },
            BackchannelState::Complete(result) => Self::Complete { result: ResultParts::from(result) },
        }
    }
}

/// Login from a phone number for one merchant.
#[derive(Debug, uniffi::Object)]
pub struct BackchannelHandle(pub(crate) Backchannel);

#[uniffi::export]
impl BackchannelHandle {
    /// Whether a person with this phone number can be asked.
    pub async fn user_exists(&self, msisdn: String, cancellation: Option<Arc<Cancellation>>) -> Result<Option<bool>> {
        let phone = self.0.clone();
        run(cancellation, async move { phone.user_exists(&msisdn).await }).await
    }

    /// Asks a person to log in.
    pub async fn start(
        &self,
        login_hint: String,
        scopes: Vec<String>,
        options: HashMap<String, NamedValue>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<PendingParts> {
        let phone = self.0.clone();
        let options = BackchannelOptions::read(values(options))?;
        let started = run(cancellation, async move { phone.start_with(&login_hint, &scopes, &options).await });
        started.await.map(PendingParts::from)
    }

    /// Asks once whether the person has decided.
    pub async fn poll(
        &self,
        pending: Arc<PendingHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Option<ResultParts>> {
        let phone = self.0.clone();
        let polled = run(cancellation, async move { phone.poll(&pending.0).await }).await?;
        Ok(polled.map(ResultParts::from))
    }

    /// Polls until the person has decided or so many seconds, if any are given, have passed.
    pub async fn wait(
        &self,
        pending: Arc<PendingHandle>,
        timeout: Option<f64>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Option<ResultParts>> {
        let phone = self.0.clone();
        let timeout = timeout.map(|limit| span("timeout", limit)).transpose()?;
        let waited = run(cancellation, async move { phone.wait(&pending.0, timeout).await }).await?;
        Ok(waited.map(ResultParts::from))
    }

    /// Asks when it is time to, and tells what came of it.
    pub async fn next_state(
        &self,
        pending: Arc<PendingHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<BackchannelStateParts> {
        let phone = self.0.clone();
        let told = run(cancellation, async move { phone.next_state(&pending.0).await }).await?;
        Ok(BackchannelStateParts::from(told))
    }

    /// How long until `poll` will ask Vipps again.
    pub fn next_poll_in(&self, pending: &PendingHandle) -> Duration {
        self.0.next_poll_in(&pending.0)
    }

    /// Asks once because the webhook said so.
    pub async fn finish_ping(
        &self,
        body: String,
        pending: Arc<PendingHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Option<ResultParts>> {
        let phone = self.0.clone();
        let asked = run(cancellation, async move { phone.finish_ping(&body, &pending.0).await }).await?;
        Ok(asked.map(ResultParts::from))
    }

    /// Asks once because a verified webhook said so.
    pub async fn finish_webhook(
        &self,
        webhook: Arc<VerifiedWebhookHandle>,
        pending: Arc<PendingHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Option<ResultParts>> {
        let phone = self.0.clone();
        let asked = run(cancellation, async move { phone.finish_webhook(&webhook.0, &pending.0).await }).await?;
        Ok(asked.map(ResultParts::from))
    }

    /// Ends a login of the redirect variant.
    pub async fn finish_redirect(
        &self,
        callback_url: String,
        pending: Arc<PendingHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ResultParts> {
        let phone = self.0.clone();
        let ended = run(cancellation, async move { phone.finish_redirect(&callback_url, &pending.0).await });
        ended.await.map(ResultParts::from)
    }

    /// Asks who the person is.
    pub async fn userinfo(
        &self,
        result: Arc<ResultHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<UserinfoParts> {
        let phone = self.0.clone();
        let userinfo = run(cancellation, async move { phone.userinfo(&result.0).await }).await?;
        Ok(UserinfoParts::from(&userinfo))
    }
}
