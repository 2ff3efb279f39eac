//! An issuer without a network: a sender that answers from memory.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::json;
use tokio::sync::Semaphore;
use vipps_partner_auth::{BoxFuture, Clock, HttpSend, ManualClock, SendError};

use super::ISSUER;

pub(crate) const DISCOVERY_URL: &str =
    "https://api.vipps.no/access-management-1.0/access/.well-known/openid-configuration";
pub(crate) const JWKS_URL: &str = "https://api.vipps.no/access-management-1.0/access/.well-known/jwks.json";

/// Answers discovery and JWKS requests, and remembers them.
#[derive(Clone)]
pub(crate) struct Issuer(Arc<Inner>);

struct Inner {
    clock: ManualClock,
    state: Mutex<State>,
    gate: Semaphore,
}

struct State {
    discovery: Reply,
    jwks: Reply,
    asked: Vec<Asked>,
    takes: Duration,
    held: bool,
}

/// One request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) url: String,
    pub(crate) at: Duration,
    pub(crate) limit: Duration,
}

#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Http { status: u16, headers: Vec<(&'static str, String)>, body: Bytes },
    Broken(SendError),
}

impl Reply {
    pub(crate) fn ok(body: impl Into<Bytes>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Http { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn header(self, name: &'static str, text: impl Into<String>) -> Self {
        match self {
            Self::Http { status, mut headers, body } => {
                headers.push((name, text.into()));
                Self::Http { status, headers, body }
            }
            Self::Broken(error) => Self::Broken(error),
        }
    }

    pub(crate) fn broken() -> Self {
        Self::Broken(SendError::maybe_sent("the connection broke"))
    }

    pub(crate) fn discovery(issuer: &str, jwks_uri: &str) -> Self {
        Self::ok(json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string())
    }
}

impl Issuer {
    /// Every answer takes a millisecond of the manual clock, as nothing in the world takes no time at all.
    pub(crate) fn new(clock: &ManualClock, jwks: &str) -> Self {
        let state = State {
            discovery: Reply::discovery(ISSUER, JWKS_URL),
            jwks: Reply::ok(jwks.to_owned()),
            asked: Vec::new(),
            takes: Duration::from_millis(1),
            held: false,
        };
        Self(Arc::new(Inner { clock: clock.clone(), state: Mutex::new(state), gate: Semaphore::new(0) }))
    }

    pub(crate) fn publish(&self, jwks: &str) {
        self.answer_jwks(Reply::ok(jwks.to_owned()));
    }

    pub(crate) fn answer_jwks(&self, reply: Reply) {
        self.state().jwks = reply;
    }

    pub(crate) fn answer_discovery(&self, reply: Reply) {
        self.state().discovery = reply;
    }

    /// From now on nothing answers at all.
    pub(crate) fn go_down(&self) {
        self.answer_jwks(Reply::broken());
        self.answer_discovery(Reply::broken());
    }

    pub(crate) fn come_back(&self, jwks: &str) {
        self.publish(jwks);
        self.answer_discovery(Reply::discovery(ISSUER, JWKS_URL));
    }

    pub(crate) fn answers_take(&self, span: Duration) {
        self.state().takes = span;
    }

    /// Requests wait from now on until they are let through.
    pub(crate) fn hold(&self) {
        self.state().held = true;
    }

    pub(crate) fn let_through(&self, requests: usize) {
        self.0.gate.add_permits(requests);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    pub(crate) fn asked_for(&self, url: &str) -> usize {
        self.state().asked.iter().filter(|asked| asked.url == url).count()
    }

    pub(crate) fn key_fetches(&self) -> usize {
        self.asked_for(JWKS_URL)
    }

    pub(crate) fn forget(&self) {
        self.state().asked.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no test panics in here")
    }

    async fn answer(&self, request: Request<Bytes>, limit: Duration) -> Result<Response<Bytes>, SendError> {
        let url = request.uri().to_string();
        assert_eq!((request.method().as_str(), request.body().len()), ("GET", 0), "{url}");
        let held = self.note(&url, limit);
        if held {
            self.0.gate.acquire().await.expect("the gate is never closed").forget();
        }
        let (reply, takes) = {
            let state = self.state();
            let is_discovery = url.ends_with("/openid-configuration");
            (if is_discovery { state.discovery.clone() } else { state.jwks.clone() }, state.takes)
        };
        if !takes.is_zero() {
            self.0.clock.advance(takes);
        }
        reply.into_response()
    }

    fn note(&self, url: &str, limit: Duration) -> bool {
        let at = self.0.clock.now().monotonic;
        let mut state = self.state();
        state.asked.push(Asked { url: url.to_owned(), at, limit });
        state.held
    }
}

impl Reply {
    fn into_response(self) -> Result<Response<Bytes>, SendError> {
        let (status, headers, body) = match self {
            Self::Http { status, headers, body } => (status, headers, body),
            Self::Broken(error) => return Err(error),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        for (name, text) in headers {
            response.headers_mut().append(name, text.parse().expect("a header value"));
        }
        Ok(response)
    }
}

impl HttpSend for Issuer {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        Box::pin(self.answer(request, limit))
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("asked", &self.asked()).finish()
    }
}
