//! For `tower` service stacks over `http` requests, such as a hyper client. Needs the feature `tower`.
//!
//! ```
//! use tower_layer::Layer;
//! use vipps_partner_auth::{Merchant, tower::AuthorizeLayer};
//!
//! fn stack<S>(client: S, shop: Merchant) -> impl Sized {
//!     AuthorizeLayer::new(shop).layer(client)
//! }
//! ```

use std::{
    future::poll_fn,
    marker::PhantomData,
    mem,
    task::{Context, Poll},
};

use http::{Request, Response, StatusCode};
use tower_layer::Layer;
use tower_service::Service;

use super::{caller_of, note, put};
use crate::{Caller, clock::BoxFuture};

/// What a stack's errors are boxed into.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Puts the headers of a merchant or partner on every request to Vipps and, after a 401, tries once more with another
/// token. Requests to other hosts pass as they are.
///
/// A request on behalf of another merchant has that [`Merchant`](crate::Merchant), or a [`Caller`], among its
/// [extensions](Request::extensions_mut).
///
/// A request needs an absolute URI; one without a host passes as it is, since nobody can say where it goes.
///
/// Place it *inside* a layer that follows redirects, so that each hop is judged anew; a client that follows redirects
/// by itself would carry the headers along to other hosts.
#[derive(Debug, Clone)]
pub struct AuthorizeLayer<R = Again> {
    caller: Caller,
    resend: PhantomData<R>,
}

/// The service that [`AuthorizeLayer`] makes.
#[derive(Debug, Clone)]
pub struct Authorize<S, R = Again> {
    inner: S,
    caller: Caller,
    resend: PhantomData<R>,
}

/// Sends a request again after a 401. Its body must be `Clone`.
#[derive(Debug, Clone, Copy)]
pub enum Again {}

/// Never sends a request again: for bodies that stream.
#[derive(Debug, Clone, Copy)]
pub enum Once {}

impl AuthorizeLayer {
    /// For requests whose bodies can be cloned.
    pub fn new(caller: impl Into<Caller>) -> Self {
        Self { caller: caller.into(), resend: PhantomData }
    }
}

impl AuthorizeLayer<Once> {
    /// For requests whose bodies can't be cloned: a 401 is handed back, and the next request gets another token.
    pub fn once(caller: impl Into<Caller>) -> Self {
        Self { caller: caller.into(), resend: PhantomData }
    }
}

impl<S, R> Layer<S> for AuthorizeLayer<R> {
    type Service = Authorize<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Authorize { inner, caller: self.caller.clone(), resend: PhantomData }
    }
}

/// Whether and how a request can be sent again. Implemented by [`Again`] and [`Once`].
pub trait Resend<B>: sealed::Sealed {
    /// A copy to send later, if there can be one.
    fn copy(request: &Request<B>) -> Option<Request<B>>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Again {}
    impl Sealed for super::Once {}
}

impl<B: Clone> Resend<B> for Again {
    fn copy(request: &Request<B>) -> Option<Request<B>> {
        Some(request.clone())
    }
}

impl<B> Resend<B> for Once {
    fn copy(_request: &Request<B>) -> Option<Request<B>> {
        None
    }
}

impl<S, R, B, C> Service<Request<B>> for Authorize<S, R>
where
    S: Service<Request<B>, Response = Response<C>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    R: Resend<B>,
    B: Send + 'static,
    C: Send + 'static,
{
    type Response = Response<C>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<C>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was made ready is the one to call; the clone waits for its own turn.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        let again = R::copy(&request);
        let caller = caller_of(request.extensions(), &self.caller);
        Box::pin(exchange(inner, caller, request, again))
    }
}

async fn exchange<S, B, C>(
    mut inner: S,
    caller: Caller,
    mut request: Request<B>,
    again: Option<Request<B>>,
) -> Result<Response<C>, BoxError>
where
    S: Service<Request<B>, Response = Response<C>>,
    S::Error: Into<BoxError>,
{
    let url = request.uri().to_string();
    if !caller.covers(&url) {
        caller.partner().headers_withheld(&url);
        return inner.call(request).await.map_err(Into::into);
    }
    let headers = caller.authorization().await?;
    put(&headers, request.headers_mut());
    let response = inner.call(request).await.map_err(Into::into)?;
    note(&caller, response.status(), response.headers());
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    // Also where this call can't be made again, for the sake of the next one. Where there is no other token, the API's own
    // answer says more than why.
    let others = caller.refused(headers.token()).await;
    let (Some(mut request), Ok(others)) = (again, others) else { return Ok(response) };
    put(&others, request.headers_mut());
    poll_fn(|context| inner.poll_ready(context)).await.map_err(Into::into)?;
    let response = inner.call(request).await.map_err(Into::into)?;
    note(&caller, response.status(), response.headers());
    Ok(response)
}
