//! For clients built with `reqwest-middleware`. Needs the feature `reqwest-middleware`.
//!
//! ```no_run
//! use vipps_partner_auth::{Merchant, reqwest_middleware::authorized};
//!
//! # async fn run(shop: Merchant) -> Result<(), Box<dyn std::error::Error>> {
//! let http = authorized(reqwest::Client::builder(), shop)?.build();
//! let payment = http.get("https://api.vipps.no/epayment/v1/payments/acme-1").send().await?;
//! # Ok(())
//! # }
//! ```

use async_trait::async_trait;
use http::{Extensions, StatusCode};
use reqwest::{Request, Response, redirect::Policy};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next, Result};

use super::{note, put};
use crate::Caller;

/// A client that puts the headers of `caller` on every request to Vipps and tries once more, with another token,
/// after a 401 (if the body can be sent again). Requests to other hosts pass as they are.
///
/// It takes the builder rather than a finished client because it must set the redirect policy: reqwest would carry
/// the subscription key along to wherever a redirect points. Redirects within one origin are followed, up to ten;
/// others are handed back as they are. Fails where reqwest can't build the client. More middleware can be added to what it returns.
pub fn authorized(client: reqwest::ClientBuilder, caller: impl Into<Caller>) -> reqwest::Result<ClientBuilder> {
    let client = client.redirect(within_one_origin()).build()?;
    Ok(ClientBuilder::new(client).with(Authorize(caller.into())))
}

const MOST_REDIRECTS: usize = 10;

fn within_one_origin() -> Policy {
    Policy::custom(|attempt| {
        let same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
        if !same {
            return attempt.stop();
        }
        if attempt.previous().len() > MOST_REDIRECTS {
            return attempt.error("too many redirects");
        }
        attempt.follow()
    })
}

struct Authorize(Caller);

#[async_trait]
impl Middleware for Authorize {
    async fn handle(&self, mut request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        if !self.0.partner().covers_url(request.url()) {
            return next.run(request, extensions).await;
        }
        let again = request.try_clone();
        let headers = self.0.authorization().await.map_err(Error::middleware)?;
        put(&headers, request.headers_mut());
        let response = next.clone().run(request, extensions).await?;
        note(&self.0, response.status(), response.headers());
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // Also where this call can't be made again, for the sake of the next one. Where there is no other token, the API's
        // own answer says more than why.
        let others = self.0.refused(headers.token()).await;
        let (Some(mut request), Ok(others)) = (again, others) else { return Ok(response) };
        put(&others, request.headers_mut());
        let response = next.run(request, extensions).await?;
        note(&self.0, response.status(), response.headers());
        Ok(response)
    }
}
