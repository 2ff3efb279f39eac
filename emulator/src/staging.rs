//! What the emulator was told to do instead of its duty: failures, scripts, latency.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::{
    endpoint::Endpoint,
    fault::invalid_input,
    wire::reply::{ErrorShape, Reply, retry_after},
};

/// How the next calls of an endpoint go wrong; see [`Controls::fail_next`](crate::Controls::fail_next).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// An error reply; nothing was done. [`Failure::status`] builds one.
    Reply {
        /// The HTTP status.
        status: StatusCode,
        /// The shape of the body.
        shape: ErrorShape,
        /// The OAuth error code, in the shapes that have one.
        error: Option<String>,
        /// The value of a `Retry-After` header: seconds or an HTTP date.
        retry_after: Option<String>,
    },
    /// The connection is dropped with the body unread; nothing was done.
    DropBeforeReading,
    /// The request is served, then the connection is dropped instead of the reply: the caller can't know.
    DropAfterReading,
    /// No reply until [`Controls::release_hung`](crate::Controls::release_hung); then the request is served.
    Hang,
    /// The request is served after this much real time.
    Delay(Duration),
}

impl Failure {
    /// An error reply in the given shape. A number that is no final HTTP status counts as 500.
    pub fn status(status: u16, shape: ErrorShape) -> Self {
        Self::Reply {
            status: final_status(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            shape,
            error: None,
            retry_after: None,
        }
    }

    /// A 502 with a web page for a body, as proxies send it.
    pub fn bad_gateway() -> Self {
        Self::status(502, ErrorShape::Html)
    }

    /// A 403 with the web page of the firewall in front of all APIs, which also some harmless requests meet.
    pub fn firewall() -> Self {
        Self::status(403, ErrorShape::Firewall)
    }

    /// A 500 without a body.
    pub fn empty_500() -> Self {
        Self::status(500, ErrorShape::Empty)
    }

    /// Adds a `Retry-After` header, in seconds or as an HTTP date. No effect on anything but an error reply.
    pub fn with_retry_after(mut self, value: impl Into<String>) -> Self {
        if let Self::Reply { retry_after, .. } = &mut self {
            *retry_after = Some(value.into());
        }
        self
    }

    /// Sets the OAuth error code. No effect on anything but an error reply.
    pub fn with_error(mut self, code: impl Into<String>) -> Self {
        if let Self::Reply { error, .. } = &mut self {
            *error = Some(code.into());
        }
        self
    }

    /// The error reply, where this failure is one.
    pub(crate) fn reply(&self, now: Duration) -> Option<Reply> {
        let Self::Reply { status, shape, error, retry_after: wait } = self else { return None };
        Some(retry_after(shape.reply(*status, error.as_deref(), now), wait.as_deref()))
    }
}

/// An exact reply for [`Controls::script`](crate::Controls::script).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptedReply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl ScriptedReply {
    /// Takes status, headers and body as they are; the server adds only `Date` and `Content-Length`.
    ///
    /// A status that isn't final (200 to 999), a header name or a value that can't be sent is
    /// [`InvalidInput`](io::ErrorKind::InvalidInput).
    ///
    /// ```
    /// use vipps_emulator::ScriptedReply;
    ///
    /// let redirect = ScriptedReply::new(302, [("Location", "https://elsewhere.example/")], "")?;
    /// assert!(ScriptedReply::new(42, [], "").is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new<'a>(
        status: u16,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        body: impl Into<Bytes>,
    ) -> io::Result<Self> {
        let status = final_status(status).ok_or_else(|| invalid_input("not a final HTTP status"))?;
        let headers = headers.into_iter().map(parse_header).collect::<io::Result<_>>()?;
        Ok(Self { status, headers, body: body.into() })
    }

    pub(crate) fn into_reply(self) -> Reply {
        Reply { status: self.status, headers: self.headers, body: self.body }
    }
}

fn outage() -> Failure {
    Failure::status(503, ErrorShape::Apim)
}

fn final_status(status: u16) -> Option<StatusCode> {
    StatusCode::from_u16(status).ok().filter(|status| !status.is_informational())
}

fn parse_header((name, value): (&str, &str)) -> io::Result<(HeaderName, HeaderValue)> {
    let name = HeaderName::try_from(name).map_err(|_| invalid_input("not a header name"))?;
    let value = HeaderValue::try_from(value).map_err(|_| invalid_input("not a header value"))?;
    Ok((name, value))
}

/// How one request is to be met.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) latency: Duration,
    pub(crate) step: Step,
}

/// Duty, or one of the two kinds of play; or a body that was not read to its end.
#[derive(Debug)]
pub(crate) enum Step {
    Serve,
    RefuseTooLarge,
    Script(ScriptedReply),
    Fail(Failure),
}

/// All that is staged for requests to come.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    failures: HashMap<Endpoint, VecDeque<(u32, Failure)>>,
    scripts: HashMap<String, VecDeque<ScriptedReply>>,
    latency: HashMap<Endpoint, Duration>,
    down: HashSet<Endpoint>,
}

impl Staging {
    pub(crate) fn fail_next(&mut self, endpoint: Endpoint, times: u32, failure: Failure) {
        self.failures.entry(endpoint).or_default().push_back((times, failure));
    }

    pub(crate) fn script(&mut self, path: &str, replies: impl IntoIterator<Item = ScriptedReply>) {
        self.scripts.entry(path.to_owned()).or_default().extend(replies);
    }

    pub(crate) fn set_latency(&mut self, endpoint: Endpoint, latency: Duration) {
        self.latency.insert(endpoint, latency);
    }

    /// Whether every request to an endpoint fails until it is up again.
    pub(crate) fn take_down(&mut self, endpoint: Endpoint, down: bool) {
        if down {
            self.down.insert(endpoint);
        } else {
            self.down.remove(&endpoint);
        }
    }

    pub(crate) fn is_down(&self, endpoint: Endpoint) -> bool {
        self.down.contains(&endpoint)
    }

    /// Forgets failures and scripts that have not been played yet, and ends outages; latency stays.
    pub(crate) fn clear(&mut self) {
        self.failures.clear();
        self.scripts.clear();
        self.down.clear();
    }

    /// What is to be done with a request that just arrived. A script goes before a failure.
    pub(crate) fn plan(&mut self, path: &str) -> Plan {
        let endpoint = Endpoint::of(path);
        let latency = endpoint.and_then(|endpoint| self.latency.get(&endpoint).copied()).unwrap_or_default();
        if let Some(reply) = self.scripts.get_mut(path).and_then(VecDeque::pop_front) {
            return Plan { latency, step: Step::Script(reply) };
        }
        let failure = endpoint.and_then(|endpoint| self.next_failure(endpoint));
        Plan { latency, step: failure.map_or(Step::Serve, Step::Fail) }
    }

    fn next_failure(&mut self, endpoint: Endpoint) -> Option<Failure> {
        self.next_of_queue(endpoint).or_else(|| self.is_down(endpoint).then(outage))
    }

    fn next_of_queue(&mut self, endpoint: Endpoint) -> Option<Failure> {
        let queue = self.failures.get_mut(&endpoint)?;
        while let Some((left, failure)) = queue.front_mut() {
            if *left > 0 {
                *left -= 1;
                return Some(failure.clone());
            }
            queue.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/accesstoken/get";

    fn failure(staging: &mut Staging) -> Option<Failure> {
        match staging.plan(PATH).step {
            Step::Fail(failure) => Some(failure),
            _ => None,
        }
    }

    #[test]
    fn failures_come_in_order_and_run_out() {
        let mut staging = Staging::default();
        staging.fail_next(Endpoint::StandardToken, 2, Failure::Hang);
        staging.fail_next(Endpoint::StandardToken, 0, Failure::bad_gateway());
        staging.fail_next(Endpoint::StandardToken, 1, Failure::empty_500());
        assert!(matches!(staging.plan("/miami/v1/token").step, Step::Serve));
        let played: Vec<_> = std::iter::from_fn(|| failure(&mut staging)).collect();
        assert_eq!(played, [Failure::Hang, Failure::Hang, Failure::empty_500()]);
    }

    #[test]
    fn a_script_goes_before_a_failure() {
        let mut staging = Staging::default();
        staging.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
        staging.script(PATH, [ScriptedReply::new(204, [], "").expect("a reply")]);
        staging.set_latency(Endpoint::StandardToken, Duration::from_secs(1));
        let plan = staging.plan(PATH);
        assert!(matches!(plan.step, Step::Script(_)));
        assert_eq!(plan.latency, Duration::from_secs(1));
        assert_eq!(failure(&mut staging), Some(Failure::Hang));
    }

    #[test]
    fn an_outage_lasts_until_it_is_over() {
        let mut staging = Staging::default();
        staging.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
        staging.take_down(Endpoint::StandardToken, true);
        assert_eq!(
            [failure(&mut staging), failure(&mut staging), failure(&mut staging)],
            [Some(Failure::Hang), Some(outage()), Some(outage())]
        );
        staging.take_down(Endpoint::StandardToken, false);
        assert_eq!(failure(&mut staging), None);
    }

    #[test]
    fn cleared_plays_are_not_played() {
        let mut staging = Staging::default();
        staging.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
        staging.script(PATH, [ScriptedReply::new(204, [], "").expect("a reply")]);
        staging.clear();
        assert!(matches!(staging.plan(PATH).step, Step::Serve));
    }

    #[test]
    fn what_can_not_be_sent_is_refused() {
        assert!(ScriptedReply::new(100, [], "").is_err());
        assert!(ScriptedReply::new(200, [("no good", "x")], "").is_err());
        assert!(ScriptedReply::new(200, [("x", "a\r\nb")], "").is_err());
        let Failure::Reply { status, .. } = Failure::status(7, ErrorShape::Apim) else { panic!("a reply") };
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
