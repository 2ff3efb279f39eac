//! A login under way, as the app keeps it.

use napi_derive::napi;
use vipps_partner_auth as core;

use crate::fault::OrFault;

/// The core's `LoginRequest`.
#[napi]
pub struct LoginRequest(core::LoginRequest);

/// The code of a callback.
#[napi(object, object_from_js = false)]
pub struct Code {
    pub code: String,
    pub scopes: Option<Vec<String>>,
}

#[napi]
impl LoginRequest {
    #[napi(factory, catch_unwind)]
    pub fn from_json(json: String) -> napi::Result<Self> {
        Ok(Self(core::LoginRequest::from_json(&json).or_fault()?))
    }

    #[napi(catch_unwind)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    #[napi(getter, catch_unwind)]
    pub fn url(&self) -> String {
        self.0.url().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn state(&self) -> String {
        self.0.state().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn nonce(&self) -> String {
        self.0.nonce().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn code_verifier(&self) -> String {
        self.0.code_verifier().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn msn(&self) -> String {
        self.0.msn().as_str().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn redirect_uri(&self) -> String {
        self.0.redirect_uri().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn scopes(&self) -> Vec<String> {
        self.0.scopes().to_vec()
    }

    #[napi(getter, catch_unwind)]
    pub fn acr_values(&self) -> Option<String> {
        self.0.acr_values().map(str::to_owned)
    }

    #[napi(catch_unwind)]
    pub fn code(&self, callback_url: String) -> napi::Result<Code> {
        let code = self.0.code(&callback_url).or_fault()?;
        Ok(Code { code: code.code().to_owned(), scopes: code.scopes().map(<[String]>::to_vec) })
    }

    #[napi(catch_unwind)]
    pub fn resume_uri(&self, app_callback_uri: String, callback_url: String) -> napi::Result<String> {
        self.0.resume_uri(&app_callback_uri, &callback_url).or_fault()
    }

    pub(crate) fn core(&self) -> core::LoginRequest {
        self.0.clone()
    }
}

impl From<core::LoginRequest> for LoginRequest {
    fn from(request: core::LoginRequest) -> Self {
        Self(request)
    }
}
