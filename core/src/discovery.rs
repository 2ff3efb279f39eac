//! The only place that fetches the discovery document (OpenID Connect Discovery section 4).

mod document;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{ACCEPT, CACHE_CONTROL},
};

pub(crate) use self::document::Endpoints;
use crate::{
    clock::{Clock, Now},
    config::Config,
    environment::Environment,
    error::{Error, Result},
    headers::{JSON, SystemHeaders},
    http::{HttpSend, SendError},
    origin::TrustedOrigins,
    random::Jitter,
    renewing::{Attempt, Failure, Fetched, Lease, NotFetched, Renewing, Source},
    reply::Refusal,
    retry::Tries,
    transport::Transport,
};

/// Where the issuer's endpoints are. Asked for when they are first needed, kept as long as their age allows; old ones
/// serve while others are asked for.
#[derive(derive_more::Debug)]
#[debug("Discovery {{ environment: {environment:?}, .. }}")]
pub(crate) struct Discovery {
    environment: Environment,
    trusted: TrustedOrigins,
    system: SystemHeaders,
    transport: Transport,
    clock: Arc<dyn Clock>,
    jitter: Jitter,
    request_timeout: Duration,
    deadline: Duration,
    renewing: Renewing<Endpoints>,
}

const SHORTEST_AGE: Duration = Duration::from_secs(5 * 60);
const SILENT_AGE: Duration = Duration::from_secs(60 * 60);
const LONGEST_AGE: Duration = Duration::from_secs(24 * 60 * 60);

impl Discovery {
    pub(crate) fn new(http: Arc<dyn HttpSend>, config: &Config, system: SystemHeaders) -> Result<Self> {
        Ok(Self {
            environment: config.environment.clone(),
            trusted: TrustedOrigins::new(config)?,
            system,
            transport: Transport::new(http),
            clock: config.clock.clone(),
            jitter: config.jitter.clone(),
            request_timeout: config.request_timeout,
            deadline: config.deadline,
            renewing: Renewing::new(config),
        })
    }

    /// The endpoints. Asked for once, however many want to know; old ones stay good for as long as no others can be had.
    pub(crate) async fn endpoints(self: &Arc<Self>) -> Result<Arc<Lease<Endpoints>>> {
        self.renewing.value(self).await
    }

    /// Something did not work where it should be: perhaps it has moved.
    pub(crate) fn doubt(self: &Arc<Self>) {
        self.renewing.doubt(self);
    }

    pub(crate) fn pause_left(&self) -> Option<Duration> {
        self.renewing.pause_left()
    }

    /// `GET` of a public document.
    pub(crate) async fn document(&self, address: &str, deadline: Now) -> Result<Response<Bytes>> {
        let mut request = Request::get(address)
            .header(ACCEPT, JSON)
            .body(Bytes::new())
            .map_err(|_| Error::unavailable("an address of the discovery document is malformed"))?;
        self.system.add_to(request.headers_mut());
        let limit = self.clock.now().until(deadline).min(self.request_timeout);
        let response = self.transport.send(request, limit).await.map_err(SendError::into_error)?;
        if response.status() != StatusCode::OK {
            let refusal = Refusal::read(&response);
            return Err(refusal.into_error(response.status(), response.headers(), self.clock.now()));
        }
        Ok(response)
    }

    /// Whether a document says what it must.
    #[cfg(feature = "doctor")]
    pub(crate) fn read(&self, document: &[u8]) -> Result<()> {
        self.trusted.check_key_set(&Endpoints::parse(document, &self.environment)?.jwks_uri)
    }

    async fn ask(&self, deadline: Now) -> Result<Fetched<Endpoints>> {
        // The issuer ends with a slash, so this is not the naive join that makes a double one.
        let address = format!("{}.well-known/openid-configuration", self.environment.issuer());
        let asked = self.clock.now();
        let response = self.document(&address, deadline).await?;
        let age = max_age(response.headers()).unwrap_or(SILENT_AGE).clamp(SHORTEST_AGE, LONGEST_AGE);
        let endpoints = Endpoints::parse(response.body(), &self.environment)?;
        self.trusted.check_key_set(&endpoints.jwks_uri)?;
        Ok(Fetched { value: endpoints, fresh_until: asked.plus(age), usable_until: asked.plus(Duration::MAX) })
    }
}

impl Source for Discovery {
    type Value = Endpoints;

    fn renewing(&self) -> &Renewing<Endpoints> {
        &self.renewing
    }

    async fn fetch(self: Arc<Self>, attempt: Attempt) -> Result<Fetched<Endpoints>, NotFetched> {
        let deadline = self.clock.now().plus(self.deadline);
        let tries = Tries { clock: &*self.clock, jitter: &self.jitter, deadline };
        let asked = tries.run(|_: &Error| attempt.is_awaited(), || self.ask(deadline)).await;
        Ok(asked.map_err(|error| as_outage(error, "the endpoints of Vipps could not be fetched"))?)
    }

    fn stored(self: Arc<Self>, _endpoints: &Arc<Lease<Endpoints>>, _attempt: &Attempt) {}

    fn failed(self: Arc<Self>, _failure: &Failure<'_>, _attempt: &Attempt) {}

    fn is_stale(&self, _endpoints: &Lease<Endpoints>, _now: Now, _failures: u32) -> bool {
        false
    }

    fn served_stale(&self, _endpoints: &Lease<Endpoints>, _now: Now) {}
}

/// Whatever went wrong with a public document, what it is needed for may still be good: the kind says "try later", the
/// rest says why.
pub(crate) fn as_outage(error: Error, detail: &'static str) -> Error {
    if error.retryable() {
        return error;
    }
    Error::unavailable(detail).with_hint("check the base url").about_the_reply_of(error)
}

/// RFC 9111 section 5.2.2.1. A document that must not be stored is kept for the shortest age all the same.
pub(crate) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let directives: Vec<_> =
        lines.flat_map(|line| line.split(',')).map(|one| one.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| matches!(directive.as_str(), "no-store" | "no-cache")) {
        return Some(Duration::ZERO);
    }
    let seconds = directives.iter().find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
}
