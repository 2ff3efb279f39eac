//! Login in the browser.

use std::{collections::HashMap, sync::Arc};

use vipps_partner_auth::{Login, LoginOptions, LoginRequest, Market, RequestedFlow};

use crate::{
    error::Result,
    named::{NamedValue, values},
    request::RequestParts,
    result::{ResultHandle, ResultParts, UserinfoParts},
    runtime::{Cancellation, run},
};

/// Reads a country's two letters.
#[uniffi::export]
pub fn market_of(text: String) -> Result<String> {
    Ok(text.parse::<Market>()?.as_str().to_owned())
}

/// Reads how an app gets the person back.
#[uniffi::export]
pub fn requested_flow_of(text: String) -> Result<String> {
    Ok(text.parse::<RequestedFlow>()?.as_str().to_owned())
}

/// Login in the browser for one merchant and one `redirect_uri`.
#[derive(Debug, uniffi::Object)]
pub struct LoginHandle(pub(crate) Login);

#[uniffi::export]
impl LoginHandle {
    /// Makes a request for these scopes.
    pub async fn start(
        &self,
        scopes: Vec<String>,
        options: HashMap<String, NamedValue>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<RequestParts> {
        let login = self.0.clone();
        let options = LoginOptions::read(values(options))?;
        let request = run(cancellation, async move { login.start_with(&scopes, &options).await }).await?;
        Ok(RequestParts::from(&request))
    }

    /// Ends a login: checks the callback, exchanges the code, checks the ID token.
    pub async fn finish(
        &self,
        callback_url: String,
        request_json: String,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ResultParts> {
        let login = self.0.clone();
        let request = LoginRequest::from_json(&request_json)?;
        run(cancellation, async move { login.finish(&callback_url, &request).await }).await.map(ResultParts::from)
    }

    /// Asks who the person is.
    pub async fn userinfo(
        &self,
        result: Arc<ResultHandle>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<UserinfoParts> {
        let login = self.0.clone();
        let userinfo = run(cancellation, async move { login.userinfo(&result.0).await }).await?;
        Ok(UserinfoParts::from(&userinfo))
    }
}
