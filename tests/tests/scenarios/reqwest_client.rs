//! reqwest with `reqwest-middleware`.

use async_trait::async_trait;
use bytes::Bytes;
use http::Extensions;
use reqwest::{Body, Method, Request, Response, multipart};
use reqwest_middleware::{ClientWithMiddleware, Middleware, Next};
use vipps_partner_auth::{BoxFuture, Caller, Error, reqwest_middleware::authorized};

use crate::call::{Call, Client, Failure, Hook, Kind, Outcome, Reply, When};

pub(crate) struct Reqwest {
    client: ClientWithMiddleware,
    /// The adapter is the outermost middleware: what is to come before it is done before the call.
    before: Vec<Hook>,
}

impl Client for Reqwest {
    const OUTCOMES: &'static [(&'static str, &'static str)] = &[
        ("adapter-basic-of-the-client", "ours"),
        ("adapter-hooks-and-a-401", "repeated"),
        ("adapter-transform-and-a-401", "repeated"),
        ("adapter-hook-after-takes-authorization", "not_seen"),
        ("adapter-redirect-another-host", "handed_back"),
        ("adapter-redirect-307-another-host", "handed_back"),
        ("adapter-redirect-to-other-headers", "handed_back"),
        ("adapter-401-text", "repeated"),
        ("adapter-401-bytes", "repeated"),
        ("adapter-401-json", "repeated"),
        ("adapter-401-form", "repeated"),
        ("adapter-401-multipart", "handed_back"),
        ("adapter-401-file", "handed_back"),
        ("adapter-token-fails-on-the-second-try", "handed_back"),
    ];

    fn make(caller: Caller, hooks: Vec<Hook>, _follow: bool) -> Outcome<Self> {
        let (before, after): (Vec<_>, Vec<_>) = hooks.into_iter().partition(|hook| hook.when == When::Before);
        let mut builder = authorized(reqwest::Client::builder(), caller)?;
        for hook in after {
            builder = builder.with(AfterOurs(hook));
        }
        Ok(Self { client: builder.build(), before })
    }

    fn send(&self, call: Call) -> BoxFuture<'_, Outcome<Reply>> {
        Box::pin(async move {
            let method: Method = call.method.parse()?;
            let mut request = self.client.request(method, &call.address);
            for (name, value) in &call.headers {
                request = request.header(name, value);
            }
            if let Some(auth) = &call.auth {
                request = request.basic_auth(&auth.username, Some(&auth.password));
            }
            if let Some(merchant) = call.caller.clone() {
                request = request.with_extension(merchant);
            }
            if let Some(limit) = call.limit() {
                request = request.timeout(limit);
            }
            request = match call.body {
                None => request,
                Some(body) => match body.kind {
                    Kind::Text => request.body(body.text),
                    Kind::Bytes => request.body(body.text.into_bytes()),
                    Kind::Json => request.json(&serde_json::from_str::<serde_json::Value>(&body.text)?),
                    Kind::Form => {
                        let pairs: Vec<_> = form_urlencoded::parse(body.text.as_bytes()).into_owned().collect();
                        request.form(&pairs)
                    }
                    // A form whose file is read while it is sent.
                    Kind::Multipart => {
                        let part = multipart::Part::stream(streamed(&body.text)).file_name("lines.txt");
                        request.multipart(multipart::Form::new().part("file", part))
                    }
                    Kind::File | Kind::Generator | Kind::Stream => request.body(streamed(&body.text)),
                },
            };
            let mut request = request;
            for hook in &self.before {
                request = changed(request, hook)?;
            }
            let reply = request.send().await?;
            let status = reply.status().as_u16();
            let headers = reply.headers().clone();
            Ok(Reply { status, headers, body: reply.text().await? })
        })
    }

    fn family(error: &Failure) -> &'static str {
        let is_timeout = match error.downcast_ref::<reqwest_middleware::Error>() {
            Some(reqwest_middleware::Error::Reqwest(error)) => error.is_timeout(),
            Some(reqwest_middleware::Error::Middleware(error)) => error.to_string().contains("time limit"),
            None => error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout),
        };
        if is_timeout { "timeout" } else { "failed" }
    }

    fn ours(error: &Failure) -> Option<&Error> {
        match error.downcast_ref()? {
            reqwest_middleware::Error::Middleware(error) => error.downcast_ref(),
            reqwest_middleware::Error::Reqwest(_) => None,
        }
    }
}

fn streamed(text: &str) -> Body {
    let pieces: Vec<_> = text.as_bytes().chunks(4).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    Body::wrap_stream(futures_util::stream::iter(pieces))
}

fn changed(request: reqwest_middleware::RequestBuilder, hook: &Hook) -> Outcome<reqwest_middleware::RequestBuilder> {
    let extensions = request.try_clone().map(|mut copy| copy.extensions().clone()).unwrap_or_default();
    let (client, request) = request.build_split();
    let mut request = request?;
    hook.change(request.headers_mut())?;
    change_body(&mut request, hook)?;
    let mut builder = reqwest_middleware::RequestBuilder::from_parts(client, request);
    *builder.extensions() = extensions;
    Ok(builder)
}

fn change_body(request: &mut Request, hook: &Hook) -> Outcome {
    let bytes = request.body().and_then(Body::as_bytes).unwrap_or_default();
    if let Some(body) = hook.body(bytes)? {
        *request.body_mut() = Some(Bytes::from(body).into());
    }
    Ok(())
}

/// A middleware that others added.
struct AfterOurs(Hook);

#[async_trait]
impl Middleware for AfterOurs {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let changed = self.0.change(request.headers_mut()).and_then(|()| change_body(&mut request, &self.0));
        changed.map_err(|error| reqwest_middleware::Error::middleware(std::io::Error::other(error)))?;
        next.run(request, extensions).await
    }
}
