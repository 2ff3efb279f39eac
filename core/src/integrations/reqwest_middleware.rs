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
//!
//! What this library fails with is an [`Error::Middleware`]; [`downcast_ref`](https://docs.rs/anyhow) finds it there:
//!
//! ```
//! fn ours(error: &reqwest_middleware::Error) -> Option<&vipps_partner_auth::Error> {
//!     match error {
//!         reqwest_middleware::Error::Middleware(error) => error.downcast_ref(),
//!         reqwest_middleware::Error::Reqwest(_) => None,
//!     }
//! }
//! ```

use std::{future::Future, time::Instant};

use async_trait::async_trait;
use http::{Extensions, StatusCode};
use reqwest::{Request, Response, redirect::Policy};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next, Result};

use super::{caller_of, note, put};
use crate::{Caller, error::Error as OwnError};

/// A client that puts the headers of `caller` on every request to Vipps and tries once more, with another token,
/// after a 401 (if the body can be sent again). Requests to other hosts pass as they are.
///
/// A request on behalf of another merchant is made with
/// [`with_extension(merchant)`](reqwest_middleware::RequestBuilder::with_extension): a [`Merchant`](crate::Merchant) or a
/// [`Caller`].
///
/// The time limit of a request (`RequestBuilder::timeout`) holds for all of it: the fetch of a token and both tries. Where it
/// passes during the fetch, the error is [`unavailable`](crate::ErrorKind::Unavailable). The time limit of the client holds
/// for each try by itself, since reqwest does not tell it; a token is then waited for as long as
/// [`Config::deadline`](crate::Config::deadline) says.
///
/// It takes the builder and not a finished client because it must set the redirect policy: reqwest would carry the
/// subscription key along to wherever a redirect points. Up to ten redirects are followed: of a request with headers where
/// those [may follow](Caller::may_follow), of others within one origin. All other redirects are handed back as they are.
///
/// Fails where reqwest can't build the client. More middleware can be added to what it returns.
pub fn authorized(client: reqwest::ClientBuilder, caller: impl Into<Caller>) -> reqwest::Result<ClientBuilder> {
    let caller = caller.into();
    let client = client.redirect(where_headers_may_follow(caller.clone())).build()?;
    Ok(ClientBuilder::new(client).with(Authorize(caller)))
}

const MOST_REDIRECTS: usize = 10;

fn where_headers_may_follow(caller: Caller) -> Policy {
    Policy::custom(move |attempt| {
        let Some(from) = attempt.previous().last() else { return attempt.stop() };
        let is_within = from.origin() == attempt.url().origin();
        let has_headers = caller.partner().covers_url(from);
        if !is_within || has_headers && !caller.may_follow(from.as_str(), attempt.url().as_str()) {
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
        let caller = caller_of(extensions, &self.0);
        if !caller.partner().covers_url(request.url()) {
            caller.partner().headers_withheld(request.url().as_str());
            return next.run(request, extensions).await;
        }
        let limit = Limit::of(&request);
        let again = request.try_clone();
        let headers = limit.keep(caller.authorization()).await?.map_err(Error::middleware)?;
        put(&headers, request.headers_mut());
        limit.pass_on(&mut request);
        let response = next.clone().run(request, extensions).await?;
        note(&caller, response.status(), response.headers());
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // Also where this call can't be made again, for the sake of the next one. Where there is no other token, the API's
        // own answer says more than why.
        let others = limit.keep(caller.refused(headers.token())).await?;
        let (Some(mut request), Ok(others)) = (again, others) else { return Ok(response) };
        put(&others, request.headers_mut());
        limit.pass_on(&mut request);
        let response = next.run(request, extensions).await?;
        note(&caller, response.status(), response.headers());
        Ok(response)
    }
}

/// When the caller's own time limit for the whole request ends.
struct Limit(Option<Instant>);

impl Limit {
    fn of(request: &Request) -> Self {
        Self(request.timeout().and_then(|limit| Instant::now().checked_add(*limit)))
    }

    async fn keep<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let Some(end) = self.0 else { return Ok(work.await) };
        let late = || OwnError::unavailable("the time limit of the request passed while a token was fetched");
        tokio::time::timeout_at(end.into(), work).await.map_err(|_| Error::middleware(late()))
    }

    /// What is left of it.
    fn pass_on(&self, request: &mut Request) {
        if let Some(end) = self.0 {
            *request.timeout_mut() = Some(end.saturating_duration_since(Instant::now()));
        }
    }
}
