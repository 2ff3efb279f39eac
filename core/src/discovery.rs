//! The only place that fetches the discovery document (OpenID Connect Discovery section 4).

mod document;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{ACCEPT, CACHE_CONTROL},
};
use tokio::runtime::Handle;

pub(crate) use self::document::Endpoints;
use crate::{
    clock::{Clock, Now},
    config::{Config, Environment},
    error::{Error, Result},
    flight::{Flight, Slot, landed, runtime},
    headers::{JSON, SystemHeaders},
    http::{HttpSend, SendError},
    reply::Refusal,
    retry::wait_before_retry,
};

/// Where the issuer's endpoints are. Asked for when they are first needed, kept as long as their age allows.
pub(crate) struct Discovery {
    environment: Environment,
    system: SystemHeaders,
    http: Arc<dyn HttpSend>,
    clock: Arc<dyn Clock>,
    runtime: Option<Handle>,
    request_timeout: Duration,
    deadline: Duration,
    control: Mutex<Control>,
}

#[derive(Default)]
struct Control {
    flight: Slot<Arc<Endpoints>>,
    known: Option<Known>,
    /// A question failed: callers are told so, or given the old endpoints, until then.
    held_off: Option<(Now, Error)>,
}

struct Known {
    endpoints: Arc<Endpoints>,
    until: Now,
}

/// Between two questions while there are old endpoints.
const GAP: Duration = Duration::from_secs(30);
/// After a question that failed while there are none.
const COLD_GAP: Duration = Duration::from_secs(5);
const SHORTEST_AGE: Duration = Duration::from_mins(5);
const SILENT_AGE: Duration = Duration::from_hours(1);
const LONGEST_AGE: Duration = Duration::from_hours(24);

impl Discovery {
    pub(crate) fn new(http: Arc<dyn HttpSend>, config: &Config, system: SystemHeaders) -> Self {
        Self {
            environment: config.environment.clone(),
            system,
            http,
            clock: config.clock.clone(),
            runtime: config.runtime.clone(),
            request_timeout: config.request_timeout,
            deadline: config.deadline,
            control: Mutex::default(),
        }
    }

    /// The endpoints. Asked for once, however many want to know: with all the tries while there are none, with one where
    /// old ones stay good for as long as no others can be had.
    pub(crate) async fn endpoints(self: &Arc<Self>) -> Result<Arc<Endpoints>> {
        Ok(self.join_or_ask()?.await?)
    }

    /// Something did not work where it should be: perhaps it has moved. The next caller asks again.
    pub(crate) fn doubt(&self) {
        if let Some(known) = &mut self.control().known {
            known.until = Now { wall: Duration::ZERO, monotonic: Duration::ZERO };
        }
    }

    fn join_or_ask(self: &Arc<Self>) -> Result<Flight<Arc<Endpoints>>> {
        let runtime = runtime(self.runtime.as_ref())?;
        let now = self.clock.now();
        let mut control = self.control();
        if let Some(endpoints) = control.usable(now) {
            return Ok(landed(endpoints));
        }
        if let Some(flight) = control.flight.join() {
            return Ok(flight);
        }
        if let Some((until, error)) = control.held_off.as_ref().filter(|(until, _)| now.is_before(*until)) {
            return Err(error.clone().with_retry_after(Some(now.until(*until))));
        }
        let source = Arc::clone(self);
        Ok(control.flight.launch(&runtime, async move { source.find_out().await }))
    }

    async fn find_out(&self) -> Result<Arc<Endpoints>> {
        let outcome = self.ask_with_tries().await;
        let mut control = self.control();
        control.flight.clear();
        match (outcome, &control.known) {
            (Ok(known), _) => {
                let endpoints = known.endpoints.clone();
                (control.known, control.held_off) = (Some(known), None);
                Ok(endpoints)
            }
            (Err(error), Some(known)) => {
                let endpoints = known.endpoints.clone();
                control.held_off = Some((self.clock.now().plus(GAP), error));
                Ok(endpoints)
            }
            (Err(error), None) => {
                let error = as_outage(&error, "the endpoints of vipps can't be had");
                let gap = COLD_GAP.max(error.retry_after().unwrap_or_default());
                control.held_off = Some((self.clock.now().plus(gap), error.clone()));
                Err(error.with_retry_after(Some(gap)))
            }
        }
    }

    async fn ask_with_tries(&self) -> Result<Known> {
        let deadline = self.clock.now().plus(self.deadline);
        let has_old_ones = self.control().known.is_some();
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match self.ask(deadline).await {
                Ok(known) => return Ok(known),
                Err(error) => error,
            };
            match wait_before_retry(tries, &error, self.clock.now().until(deadline)) {
                Some(wait) if !has_old_ones => self.clock.sleep(wait).await,
                _ => return Err(error),
            }
        }
    }

    async fn ask(&self, deadline: Now) -> Result<Known> {
        // The issuer ends with a slash, so this is not the naive join that makes a double one.
        let address = format!("{}.well-known/openid-configuration", self.environment.issuer());
        let asked = self.clock.now();
        let response = self.fetch(&address, deadline).await?;
        let endpoints = Arc::new(Endpoints::parse(response.body(), &self.environment)?);
        let age = max_age(response.headers()).unwrap_or(SILENT_AGE).clamp(SHORTEST_AGE, LONGEST_AGE);
        Ok(Known { endpoints, until: asked.plus(age) })
    }

    /// `GET` of a public document.
    pub(crate) async fn fetch(&self, address: &str, deadline: Now) -> Result<Response<Bytes>> {
        let mut request = Request::get(address)
            .header(ACCEPT, JSON)
            .body(Bytes::new())
            .map_err(|_| Error::unavailable("an address of the discovery document is malformed"))?;
        self.system.add_to(request.headers_mut());
        let limit = self.clock.now().until(deadline).min(self.request_timeout);
        let response = self.http.send(request, limit).await.map_err(SendError::into_error)?;
        if response.status() != StatusCode::OK {
            let refusal = Refusal::read(&response);
            return Err(refusal.into_error(response.status(), response.headers(), self.clock.now()));
        }
        Ok(response)
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Control {
    /// The endpoints that need no question: fresh ones, or old ones while a question has just failed.
    fn usable(&self, now: Now) -> Option<Arc<Endpoints>> {
        let has_just_failed = self.held_off.as_ref().is_some_and(|(until, _)| now.is_before(*until));
        let known = self.known.as_ref().filter(|known| has_just_failed || now.is_before(known.until))?;
        Some(known.endpoints.clone())
    }
}

/// Whatever went wrong with a public document, what it is needed for may still be good: the kind says "try later", the
/// rest says why.
pub(crate) fn as_outage(error: &Error, detail: &'static str) -> Error {
    if error.retryable() {
        return error.clone();
    }
    Error::unavailable(detail).with_hint("check the base url").about_the_reply_of(error.clone())
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

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discovery").field("environment", &self.environment).finish_non_exhaustive()
    }
}
