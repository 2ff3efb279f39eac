//! hyper in a stack of tower: a layer that follows redirects around the adapter, hooks on both sides of it.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use hyper_util::{
    client::legacy::{Client as Connections, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower_http::follow_redirect::{
    FollowRedirectLayer,
    policy::{PolicyExt, Standard, clone_body_fn},
};
use tower_layer::Layer;
use tower_service::Service;
use vipps_partner_auth::{BoxFuture, Caller, Error, tower::AuthorizeLayer};

use crate::call::{Call, Client, Failure, Hook, Kind, Outcome, Reply, When};

type Streamed = UnsyncBoxBody<Bytes, Infallible>;

pub(crate) struct Hyper {
    caller: Caller,
    hooks: Vec<Hook>,
    follow: bool,
    known: Connections<HttpConnector, Full<Bytes>>,
    streamed: Connections<HttpConnector, Streamed>,
}

impl Client for Hyper {
    const OUTCOMES: &'static [(&'static str, &'static str)] = &[
        ("adapter-basic-of-the-client", "ours"),
        ("adapter-hooks-and-a-401", "repeated"),
        ("adapter-transform-and-a-401", "repeated"),
        ("adapter-hook-after-takes-authorization", "not_seen"),
        ("adapter-redirect-another-host", "followed"),
        ("adapter-redirect-307-another-host", "followed"),
        ("adapter-redirect-to-other-headers", "followed"),
        ("adapter-401-text", "repeated"),
        ("adapter-401-bytes", "repeated"),
        ("adapter-401-json", "repeated"),
        ("adapter-401-form", "repeated"),
        ("adapter-401-multipart", "handed_back"),
        ("adapter-401-file", "handed_back"),
        ("adapter-token-fails-on-the-second-try", "handed_back"),
    ];

    fn make(caller: Caller, hooks: Vec<Hook>, follow: bool) -> Outcome<Self> {
        let known = Connections::builder(TokioExecutor::new()).build_http();
        let streamed = Connections::builder(TokioExecutor::new()).build_http();
        Ok(Self { caller, hooks, follow, known, streamed })
    }

    fn send(&self, call: Call) -> BoxFuture<'_, Outcome<Reply>> {
        Box::pin(async move {
            match call.limit() {
                Some(limit) => tokio::time::timeout(limit, self.reply(&call)).await?,
                None => self.reply(&call).await,
            }
        })
    }

    fn family(error: &Failure) -> &'static str {
        if error.is::<tokio::time::error::Elapsed>() { "timeout" } else { "failed" }
    }

    fn ours(error: &Failure) -> Option<&Error> {
        error.downcast_ref()
    }
}

impl Hyper {
    async fn reply(&self, call: &Call) -> Outcome<Reply> {
        let response = self.response(call).await?;
        let (parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body: String::from_utf8(body.to_vec())? })
    }

    async fn response(&self, call: &Call) -> Outcome<Response<Incoming>> {
        let text = call.body.as_ref().map(|body| body.text.clone()).unwrap_or_default();
        let is_streamed = call
            .body
            .as_ref()
            .is_some_and(|body| matches!(body.kind, Kind::Multipart | Kind::File | Kind::Generator | Kind::Stream));
        if is_streamed {
            let pieces: Vec<_> =
                text.into_bytes().chunks(4).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
            let body = StreamBody::new(stream::iter(pieces)).boxed_unsync();
            return AuthorizeLayer::once(self.caller.clone())
                .layer(self.streamed.clone())
                .call(request(call, body)?)
                .await;
        }
        let with = |when| Hooks(self.hooks.iter().filter(|hook| hook.when == when).cloned().collect());
        let stack = with(When::After).layer(self.known.clone());
        let stack = with(When::Before).layer(AuthorizeLayer::new(self.caller.clone()).layer(stack));
        let request = request(call, Full::from(text))?;
        if self.follow {
            let with_the_body = Standard::default()
                .and::<_, Full<Bytes>, Failure>(clone_body_fn(|body: &Full<Bytes>| Some(body.clone())));
            return FollowRedirectLayer::with_policy(with_the_body).layer(stack).call(request).await;
        }
        let mut stack = stack;
        stack.call(request).await
    }
}

fn request<B>(call: &Call, body: B) -> Outcome<Request<B>> {
    let mut request = Request::builder().method(call.method.as_str()).uri(&call.address);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    if let Some(auth) = &call.auth {
        let pair = BASE64_STANDARD.encode(format!("{}:{}", auth.username, auth.password));
        request = request.header(AUTHORIZATION, format!("Basic {pair}"));
    }
    let kind = call.body.as_ref().map(|body| body.kind);
    if let Some(kind @ (Kind::Form | Kind::Json)) = kind {
        let media = if kind == Kind::Form { "application/x-www-form-urlencoded" } else { "application/json" };
        request = request.header("content-type", media);
    }
    if let Some(merchant) = call.caller.clone() {
        request = request.extension(merchant);
    }
    Ok(request.body(body)?)
}

/// A layer that others put into the stack.
#[derive(Clone)]
struct Hooks(Vec<Hook>);

impl<S> Layer<S> for Hooks {
    type Service = Hooked<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Hooked { hooks: self.0.clone(), inner }
    }
}

#[derive(Clone)]
struct Hooked<S> {
    hooks: Vec<Hook>,
    inner: S,
}

impl<S> Service<Request<Full<Bytes>>> for Hooked<S>
where
    S: Service<Request<Full<Bytes>>, Response = Response<Incoming>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Failure>,
{
    type Response = Response<Incoming>;
    type Error = Failure;
    type Future = BoxFuture<'static, Outcome<Response<Incoming>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Outcome> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let hooks = self.hooks.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let mut bytes = body.collect().await?.to_bytes();
            for hook in &hooks {
                hook.change(&mut parts.headers)?;
                bytes = hook.body(&bytes)?.map_or(bytes, Bytes::from);
            }
            inner.call(Request::from_parts(parts, Full::from(bytes))).await.map_err(Into::into)
        })
    }
}
