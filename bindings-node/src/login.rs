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
};

#[napi]
pub const APP_AUTH: &str = core::LoginOptions::APP_AUTH;

/// The core's `Login`.
#[napi]
pub struct Login(core::Login);

/// The core's `LoginOptions`.
#[napi(object, object_to_js = false)]
pub struct LoginOptions {
    pub market: Option<String>,
    pub acr_values: Option<String>,
    pub requested_flow: Option<String>,
    pub app_callback_uri: Option<String>,
    pub final_redirect_is_app: Option<bool>,
}

#[napi]
impl Login {
    #[napi(catch_unwind)]
    pub fn start<'env>(
        &self,
        env: &'env Env,
        cancel: Option<&CancelHandle>,
        scopes: Vec<String>,
        options: LoginOptions,
    ) -> napi::Result<Object<'env>> {
        let login = self.0.clone();
        let options = options.core()?;
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

impl LoginOptions {
    fn core(self) -> napi::Result<core::LoginOptions> {
        let mut options = core::LoginOptions::default();
        if let Some(market) = self.market {
            options = options.market(market.parse().or_fault()?);
        }
        if let Some(acr_values) = self.acr_values {
            options = options.acr_values(acr_values);
        }
        if let Some(flow) = self.requested_flow {
            options = options.requested_flow(flow.parse().or_fault()?);
        }
        if let Some(uri) = self.app_callback_uri {
            options = options.app_callback_uri(uri);
        }
        if let Some(is_app) = self.final_redirect_is_app {
            options = options.final_redirect_is_app(is_app);
        }
        Ok(options)
    }
}
