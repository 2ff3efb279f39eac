//! Login in the browser.

use std::sync::Arc;

use vipps_partner_auth::{Login, LoginOptions, LoginRequest, Market, RequestedFlow};

use crate::{
    error::Result,
    request::RequestParts,
    result::{ResultHandle, ResultParts, UserinfoParts},
    runtime::{Cancellation, run},
};

/// What may differ from one login to the next.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct LoginParts {
    /// `NO`, `DK`, `FI` or `SE`.
    pub market: Option<String>,
    /// How sure Vipps must be.
    pub acr_values: Option<String>,
    /// `app_to_app_v2` and its older kin.
    pub requested_flow: Option<String>,
    /// Where the Vipps app switches back to.
    pub app_callback_uri: Option<String>,
    /// Whether the `redirect_uri` opens an app.
    pub final_redirect_is_app: Option<bool>,
}

impl LoginParts {
    fn options(self) -> Result<LoginOptions> {
        let mut options = LoginOptions::default();
        if let Some(market) = self.market {
            options = options.market(market.parse()?);
        }
        if let Some(flow) = self.requested_flow {
            options = options.requested_flow(flow.parse()?);
        }
        if let Some(acr_values) = self.acr_values {
            options = options.acr_values(acr_values);
        }
        if let Some(uri) = self.app_callback_uri {
            options = options.app_callback_uri(uri);
        }
        Ok(match self.final_redirect_is_app {
            Some(is_app) => options.final_redirect_is_app(is_app),
            None => options,
        })
    }
}

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
        options: LoginParts,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<RequestParts> {
        let login = self.0.clone();
        let options = options.options()?;
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
