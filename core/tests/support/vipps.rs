//! A Vipps that answers as it is told.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use tokio::sync::watch;
use vipps_partner_auth::{BoxFuture, Clock, HttpSend, ManualClock, Now, SendError};

/// One answer, and how long it takes by the clock of the test.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    outcome: Result<Response<Bytes>, SendError>,
    takes: Duration,
}

impl Reply {
    /// A grant as `/accesstoken/get` writes it: the numbers are strings.
    pub(crate) fn token(secret: &str, lifetime: u64) -> Self {
        Self::json(format!(r#"{{"token_type":"Bearer","expires_in":"{lifetime}","access_token":"{secret}"}}"#))
    }

    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self::refusal(200, body)
    }

    /// A status with an empty body.
    pub(crate) fn status(status: u16) -> Self {
        Self::refusal(status, "")
    }

    pub(crate) fn refusal(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).expect("a status");
        Self { outcome: Ok(response), takes: Duration::ZERO }
    }

    /// No answer at all.
    pub(crate) fn broken() -> Self {
        Self { outcome: Err(SendError::maybe_sent("the connection broke")), takes: Duration::ZERO }
    }

    /// It never got as far as the wire.
    pub(crate) fn not_sent() -> Self {
        Self { outcome: Err(SendError::not_sent("the connection could not be made")), takes: Duration::ZERO }
    }

    pub(crate) fn retry_after(self, value: &str) -> Self {
        self.header(http::header::RETRY_AFTER, value.parse().expect("a header value"))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Ok(response) = &mut self.outcome {
            response.headers_mut().insert(name, value);
        }
        self
    }

    /// Moves the clock on by this much before the answer is there.
    pub(crate) fn taking(self, span: Duration) -> Self {
        Self { takes: span, ..self }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The time limit the library gave it.
    pub(crate) limit: Duration,
    pub(crate) at: Now,
}

type Answers = Box<dyn Fn(usize, &Seen) -> Reply + Send>;

/// Answers from a script while that lasts, else by a rule: at first `token-1`, `token-2`, … for 24 hours each,
/// numbered as the requests arrive.
pub(crate) struct FakeVipps {
    clock: ManualClock,
    script: Mutex<VecDeque<Reply>>,
    rule: Mutex<Answers>,
    seen: watch::Sender<Vec<Seen>>,
    /// What a held-back URL ends with; nothing is held back while there is none.
    held: watch::Sender<Option<&'static str>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl FakeVipps {
    pub(crate) fn new(clock: ManualClock) -> Self {
        Self {
            clock,
            script: Mutex::default(),
            rule: Mutex::new(Box::new(|number, _| Reply::token(&format!("token-{number}"), 86_400))),
            seen: watch::Sender::new(Vec::new()),
            held: watch::Sender::new(None),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        }
    }

    /// Answers to come before the rule applies again.
    pub(crate) fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().expect("no test panics here").extend(replies);
    }

    /// The answer to everything that is not scripted.
    pub(crate) fn always(&self, reply: Reply) {
        self.answer(move |_, _| reply.clone());
    }

    /// `token-1`, `token-2`, … with another lifetime in seconds.
    pub(crate) fn grant_for(&self, lifetime: u64) {
        self.answer(move |number, _| Reply::token(&format!("token-{number}"), lifetime));
    }

    /// The rule: the number of the request (the first is 1) and the request make the answer.
    pub(crate) fn answer(&self, rule: impl Fn(usize, &Seen) -> Reply + Send + 'static) {
        *self.rule.lock().expect("no test panics here") = Box::new(rule);
    }

    /// Keeps answers back until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        self.hold_at("");
    }

    /// The same for URLs with this end alone.
    pub(crate) fn hold_at(&self, end: &'static str) {
        self.held.send_replace(Some(end));
    }

    pub(crate) fn release(&self) {
        self.held.send_replace(None);
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.borrow().len()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    /// The requests to URLs with this end, in order.
    pub(crate) fn seen_at(&self, end: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.url.ends_with(end)).collect()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen.borrow().last().expect("a request").clone()
    }

    /// Requests without an answer yet.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(SeqCst)
    }

    /// The most there ever were of those at once.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(SeqCst)
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn arrived(&self, count: usize) {
        self.seen.subscribe().wait_for(|seen| seen.len() >= count).await.expect("the fake outlives the wait");
    }

    fn note(&self, request: Request<Bytes>, limit: Duration) -> (usize, Seen) {
        let (parts, body) = request.into_parts();
        let (method, url, headers) = (parts.method, parts.uri.to_string(), parts.headers);
        let seen = Seen { method, url, headers, body, limit, at: self.clock.now() };
        let mut number = 0;
        self.seen.send_modify(|all| {
            all.push(seen.clone());
            number = all.len();
        });
        (number, seen)
    }

    fn reply(&self, number: usize, seen: &Seen) -> Reply {
        let scripted = self.script.lock().expect("no test panics here").pop_front();
        scripted.unwrap_or_else(|| (self.rule.lock().expect("no test panics here"))(number, seen))
    }
}

impl HttpSend for FakeVipps {
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        Box::pin(async move {
            let _counted = InFlight::enter(self);
            let (number, seen) = self.note(request, limit);
            let mut held = self.held.subscribe();
            let passes = held.wait_for(|held| held.is_none_or(|end| !seen.url.ends_with(end)));
            drop(passes.await.expect("the fake outlives the wait"));
            let reply = self.reply(number, &seen);
            self.clock.advance(reply.takes);
            reply.outcome
        })
    }
}

/// Counts a request out however it ends.
struct InFlight<'a>(&'a FakeVipps);

impl<'a> InFlight<'a> {
    fn enter(vipps: &'a FakeVipps) -> Self {
        let now = vipps.in_flight.fetch_add(1, SeqCst) + 1;
        vipps.most_in_flight.fetch_max(now, SeqCst);
        Self(vipps)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, SeqCst);
    }
}

impl fmt::Debug for FakeVipps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeVipps").field("requests", &self.count()).finish_non_exhaustive()
    }
}
