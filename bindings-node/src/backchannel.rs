//! Login from a phone number.

use napi::{
    Env,
    bindgen_prelude::{Either, Object},
};
use napi_derive::napi;
use vipps_partner_auth as core;

use crate::{
    cancel::CancelHandle,
    fault::OrFault,
    promise::promise,
    result::{LoginResult, userinfo},
    words::{milliseconds, moment, named, span},
};

/// The core's `Backchannel`.
#[napi]
pub struct Backchannel(core::Backchannel);

#[napi]
impl Backchannel {
    #[napi(catch_unwind)]
    pub fn user_exists<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        msisdn: String,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        promise(env, cancel, async move { phone.user_exists(&msisdn).await.or_fault() })
    }

    #[napi(catch_unwind)]
    pub fn start<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        login_hint: String,
        scopes: Vec<String>,
        options: String,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let options = core::BackchannelOptions::read(named(&options)?).or_fault()?;
        promise(env, cancel, async move {
            phone.start_with(&login_hint, &scopes, &options).await.map(PendingLogin::from).or_fault()
        })
    }

    #[napi(catch_unwind)]
    pub fn poll<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        pending: &PendingLogin,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let pending = pending.0.clone();
        promise(env, cancel, async move { Ok(phone.poll(&pending).await.or_fault()?.map(LoginResult::from)) })
    }

    #[napi(catch_unwind)]
    pub fn wait<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        pending: &PendingLogin,
        timeout: Option<f64>,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let pending = pending.0.clone();
        let timeout = timeout.map(|limit| span("timeout", limit)).transpose()?;
        promise(env, cancel, async move { Ok(phone.wait(&pending, timeout).await.or_fault()?.map(LoginResult::from)) })
    }

    /// The result, or how long until Vipps is asked again.
    #[napi(catch_unwind)]
    pub fn next_state<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        pending: &PendingLogin,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let pending = pending.0.clone();
        promise(env, cancel, async move {
            Ok(match phone.next_state(&pending).await.or_fault()? {
                core::BackchannelState::Pending { next_poll_in } => Either::A(milliseconds(next_poll_in)),
                core::BackchannelState::Complete(result) => Either::B(LoginResult::from(result)),
            })
        })
    }

    #[napi(catch_unwind)]
    pub fn next_poll_in(&self, pending: &PendingLogin) -> f64 {
        milliseconds(self.0.next_poll_in(&pending.0))
    }

    #[napi(catch_unwind)]
    pub fn finish_ping<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        body: String,
        pending: &PendingLogin,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let pending = pending.0.clone();
        promise(
            env,
            cancel,
            async move { Ok(phone.finish_ping(&body, &pending).await.or_fault()?.map(LoginResult::from)) },
        )
    }

    #[napi(catch_unwind)]
    pub fn finish_redirect<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        callback_url: String,
        pending: &PendingLogin,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let pending = pending.0.clone();
        promise(env, cancel, async move {
            phone.finish_redirect(&callback_url, &pending).await.map(LoginResult::from).or_fault()
        })
    }

    #[napi(catch_unwind)]
    pub fn userinfo<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        result: &LoginResult,
    ) -> napi::Result<Object<'env>> {
        let phone = self.0.clone();
        let result = result.core();
        promise(env, cancel, async move { phone.userinfo(&result).await.map(|info| userinfo(&info)).or_fault() })
    }
}

impl From<core::Backchannel> for Backchannel {
    fn from(phone: core::Backchannel) -> Self {
        Self(phone)
    }
}

/// The core's `PendingLogin`; it holds the pace of polling.
#[napi]
pub struct PendingLogin(core::PendingLogin);

#[napi]
impl PendingLogin {
    #[napi(factory, catch_unwind)]
    pub fn from_json(json: String) -> napi::Result<Self> {
        Ok(Self(core::PendingLogin::from_json(&json).or_fault()?))
    }

    #[napi(catch_unwind)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    #[napi(getter, catch_unwind)]
    pub fn auth_req_id(&self) -> String {
        self.0.auth_req_id().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn msn(&self) -> String {
        self.0.msn().as_str().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn scopes(&self) -> Vec<String> {
        self.0.scopes().to_vec()
    }

    #[napi(getter, catch_unwind)]
    pub fn expires_at(&self) -> f64 {
        moment(self.0.expires_at())
    }

    #[napi(getter, catch_unwind)]
    pub fn interval(&self) -> f64 {
        milliseconds(self.0.interval())
    }

    #[napi(getter, catch_unwind)]
    pub fn ends_by_redirect(&self) -> bool {
        self.0.ends_by_redirect()
    }
}

impl From<core::PendingLogin> for PendingLogin {
    fn from(pending: core::PendingLogin) -> Self {
        Self(pending)
    }
}

/// What the webhook event `login.merchant-initiated.ping.v1` says.
#[napi(object, object_from_js = false)]
pub struct BackchannelPing {
    pub auth_req_id: String,
    pub msn: Option<String>,
}

#[napi(catch_unwind)]
pub fn backchannel_ping(body: String) -> napi::Result<BackchannelPing> {
    let ping = core::BackchannelPing::parse(&body).or_fault()?;
    let msn = ping.msn().map(|msn| msn.as_str().to_owned());
    Ok(BackchannelPing { auth_req_id: ping.auth_req_id().to_owned(), msn })
}
