//! Login in the browser.

use napi::{Env, bindgen_prelude::Object};
use napi_derive::napi;
use vipps_partner_auth as core;

use crate::{
    cancel::CancelHandle,
    fault::OrFault,
    promise::promise,
    request::LoginRequest,
    result::{LoginResult, userinfo},
    words::named,
};

#[napi]
pub const APP_AUTH: &str = core::LoginOptions::APP_AUTH;

/// The core's `Login`.
#[napi]
pub struct Login(core::Login);

#[napi]
impl Login {
    #[napi(catch_unwind)]
    pub fn start<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        scopes: Vec<String>,
        options: String,
    ) -> napi::Result<Object<'env>> {
        let login = self.0.clone();
        let options = core::LoginOptions::read(named(&options)?).or_fault()?;
        promise(
            env,
            cancel,
            async move { login.start_with(&scopes, &options).await.map(LoginRequest::from).or_fault() },
        )
    }

    #[napi(catch_unwind)]
    pub fn finish<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        callback_url: String,
        request: &LoginRequest,
    ) -> napi::Result<Object<'env>> {
        let login = self.0.clone();
        let request = request.core();
        promise(
            env,
            cancel,
            async move { login.finish(&callback_url, &request).await.map(LoginResult::from).or_fault() },
        )
    }

    #[napi(catch_unwind)]
    pub fn userinfo<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        result: &LoginResult,
    ) -> napi::Result<Object<'env>> {
        let login = self.0.clone();
        let result = result.core();
        promise(env, cancel, async move { login.userinfo(&result).await.map(|info| userinfo(&info)).or_fault() })
    }
}

impl From<core::Login> for Login {
    fn from(login: core::Login) -> Self {
        Self(login)
    }
}
