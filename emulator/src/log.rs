//! The log: each request with what was right and wrong about it.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    time::Duration,
};

use http::{HeaderName, HeaderValue};

use crate::{
    finding::{Finding, Verdict},
    wire::{
        reply::Reply,
        request::{self, Request},
    },
};

/// How many requests the log keeps, and how much of each body.
const KEPT_REQUESTS: usize = 10_000;
const KEPT_BODY_BYTES: usize = 64 * 1024;

/// A request as it arrived, and what became of it. The values are there to be read; `Debug` shows only their names.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// Counts up from 1 over the emulator's life.
    pub id: u64,
    /// When it arrived, in seconds since the Unix epoch on the emulator's clock.
    pub at: u64,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, percent-encoding kept.
    pub path: String,
    /// What followed the question mark.
    pub query: Option<String>,
    /// Names in lower case, in order of arrival; the same name may come twice.
    pub headers: Vec<(String, String)>,
    /// The body, of which the log keeps 64 KiB.
    pub body: Vec<u8>,
    /// The status of the reply; `None` while it is outstanding and when the connection was dropped.
    pub status: Option<u16>,
    /// The headers of the reply, names in lower case; none while it is outstanding.
    pub reply_headers: Vec<(String, String)>,
    /// The body of the reply, of which the log keeps 64 KiB.
    pub reply_body: Vec<u8>,
    /// What was right and wrong.
    pub findings: Vec<Finding>,
}

impl RecordedRequest {
    fn new(id: u64, at: Duration, request: &Request) -> Self {
        let headers = request.headers.iter().map(|(name, value)| readable(name, value));
        Self {
            id,
            at: at.as_secs(),
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            headers: headers.collect(),
            body: kept(&request.body),
            status: None,
            reply_headers: Vec::new(),
            reply_body: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// The first header of that name, in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// Whether the body claims to be a form.
    pub(crate) fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(request::is_form)
    }

    /// The findings with this verdict.
    pub fn findings_of(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.verdict == verdict)
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("RecordedRequest")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &names)
            .field("status", &self.status)
            .field("findings", &self.findings)
            .finish_non_exhaustive()
    }
}

fn kept(body: &[u8]) -> Vec<u8> {
    body[..body.len().min(KEPT_BODY_BYTES)].to_vec()
}

fn readable(name: &HeaderName, value: &HeaderValue) -> (String, String) {
    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A request that is kept and not answered yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) id: u64,
    pub(crate) at: Duration,
}

/// The latest requests, and how many came to each path.
#[derive(Default)]
pub(crate) struct Log {
    last_id: u64,
    kept: VecDeque<RecordedRequest>,
    counts: HashMap<String, usize>,
}

impl Log {
    /// Keeps a request that just arrived.
    pub(crate) fn arrived(&mut self, at: Duration, request: &Request) -> Arrival {
        self.last_id += 1;
        if self.kept.len() == KEPT_REQUESTS {
            self.kept.pop_front();
        }
        self.kept.push_back(RecordedRequest::new(self.last_id, at, request));
        *self.counts.entry(request.path.clone()).or_default() += 1;
        Arrival { id: self.last_id, at }
    }

    /// Adds what became of it; a request that was cleared away meanwhile is forgotten.
    pub(crate) fn concluded(&mut self, id: u64, reply: Option<&Reply>, findings: Vec<Finding>) {
        if let Some(record) = self.kept.iter_mut().rev().find(|record| record.id == id) {
            record.findings = findings;
            let Some(reply) = reply else { return };
            record.status = Some(reply.status.as_u16());
            record.reply_headers = reply.headers.iter().map(|(name, value)| readable(name, value)).collect();
            record.reply_body = kept(&reply.body);
        }
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.kept.iter().cloned().collect()
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RecordedRequest> + ExactSizeIterator {
        self.kept.iter()
    }

    /// Whether a request has a finding that says so.
    pub(crate) fn tells(&self, text: &str) -> bool {
        self.kept.iter().any(|record| record.findings.iter().any(|finding| finding.text == text))
    }

    pub(crate) fn find(&self, id: u64) -> Option<&RecordedRequest> {
        self.kept.iter().rev().find(|record| record.id == id)
    }

    pub(crate) fn count(&self, path: &str) -> usize {
        self.counts.get(path).copied().unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn request(body: Bytes) -> Request {
        let head = http::Request::post("/x?secret=in-query").header("client_secret", "in-header").body(());
        Request::new(head.expect("a request").into_parts().0, body)
    }

    #[test]
    fn the_log_is_bounded_and_the_count_is_not() {
        let mut log = Log::default();
        for _ in 0..=KEPT_REQUESTS {
            log.arrived(Duration::ZERO, &request(Bytes::new()));
        }
        assert_eq!(log.requests().len(), KEPT_REQUESTS);
        assert_eq!(log.requests()[0].id, 2);
        assert_eq!(log.count("/x"), KEPT_REQUESTS + 1);
        log.clear();
        assert_eq!((log.requests().len(), log.count("/x")), (0, 0));
    }

    #[test]
    fn a_cleared_request_may_still_end() {
        let mut log = Log::default();
        let arrival = log.arrived(Duration::ZERO, &request(Bytes::new()));
        log.clear();
        log.concluded(arrival.id, None, Vec::new());
        assert!(log.requests().is_empty());
    }

    #[test]
    fn values_can_be_read_but_are_not_shown() {
        let mut log = Log::default();
        log.arrived(Duration::ZERO, &request(Bytes::from(vec![b'z'; KEPT_BODY_BYTES + 1])));
        let record = &log.requests()[0];
        assert_eq!(record.header("Client_Secret"), Some("in-header"));
        assert_eq!(record.body.len(), KEPT_BODY_BYTES);
        let shown = format!("{record:?}");
        assert!(shown.contains("client_secret"), "{shown}");
        for hidden in ["in-header", "in-query", "zz", "122"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
