//! A login under way in the browser, as it is kept. It needs no keys.

use vipps_partner_auth::LoginRequest;

use crate::error::Result;

/// A login under way. `json` is all of it; the other members are there to be read.
#[derive(Clone, PartialEq, Eq, uniffi::Record, derive_more::Debug)]
#[debug("RequestParts {{ msn: {msn:?}, redirect_uri: {redirect_uri:?}, .. }}")]
pub struct RequestParts {
    /// The request as it is kept. Holds the code verifier.
    pub json: String,
    /// Where to send the browser.
    pub url: String,
    /// Ties the callback to this request.
    pub state: String,
    /// Ties the ID token to this request.
    pub nonce: String,
    /// Proves at the token endpoint who asked. A secret.
    pub code_verifier: String,
    /// The sales unit the login is for.
    pub msn: String,
    /// Where the browser comes back to.
    pub redirect_uri: String,
    /// The scopes that were asked for.
    pub scopes: Vec<String>,
    /// The `acr_values` that was asked for.
    pub acr_values: Option<String>,
}

/// A code that came back with the right state.
#[derive(Clone, PartialEq, Eq, uniffi::Record, derive_more::Debug)]
#[debug("CodeParts {{ scopes: {scopes:?}, .. }}")]
pub struct CodeParts {
    /// The code. A secret.
    pub code: String,
    /// The scopes, where the callback tells them.
    pub scopes: Option<Vec<String>>,
}

impl From<&LoginRequest> for RequestParts {
    fn from(request: &LoginRequest) -> Self {
        Self {
            json: request.to_json(),
            url: request.url().to_owned(),
            state: request.state().to_owned(),
            nonce: request.nonce().to_owned(),
            code_verifier: request.code_verifier().to_owned(),
            msn: request.msn().as_str().to_owned(),
            redirect_uri: request.redirect_uri().to_owned(),
            scopes: request.scopes().to_vec(),
            acr_values: request.acr_values().map(str::to_owned),
        }
    }
}

/// Reads a request that was kept.
#[uniffi::export]
pub fn login_request_of(json: String) -> Result<RequestParts> {
    Ok(RequestParts::from(&LoginRequest::from_json(&json)?))
}

/// The code of a callback, once it is sure that it answers this request.
#[uniffi::export]
pub fn login_request_code(json: String, callback_url: String) -> Result<CodeParts> {
    let code = LoginRequest::from_json(&json)?.code(&callback_url)?;
    Ok(CodeParts { code: code.code().to_owned(), scopes: code.scopes().map(<[String]>::to_vec) })
}

/// Where to go on in the browser, of a callback to the `app_callback_uri`.
#[uniffi::export]
pub fn login_request_resume_uri(json: String, app_callback_uri: String, callback_url: String) -> Result<String> {
    Ok(LoginRequest::from_json(&json)?.resume_uri(&app_callback_uri, &callback_url)?)
}
