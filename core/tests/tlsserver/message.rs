//! Just enough of HTTP/1.1 (RFC 9112) to read a request to the byte and to answer it, rightly or wrongly.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

/// A request to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Such as `POST /accesstoken/get HTTP/1.1`.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &str {
        self.line().split(' ').nth(1).unwrap_or_default()
    }

    /// Names in lower case. A header that came twice is a failure of the test.
    pub(crate) fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::new();
        for (name, value) in self.head.lines().skip(1).filter_map(|line| line.split_once(':')) {
            let doubled = headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            assert_eq!(doubled, None, "{name} came twice");
        }
        headers
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers().remove(name)
    }
}

/// The next request of a connection; `None` once the other side has hung up.
pub(crate) fn read_request(stream: &mut impl Read) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        bytes.push(byte[0]);
    }
    let mut request = Request { head: text(bytes)?, body: String::new() };
    let length = request.header("content-length").map_or(Ok(0), |length| length.parse().map_err(io::Error::other))?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    request.body = text(body)?;
    Ok(Some(request))
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// What to send back, and what to do with the connection afterwards.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Listen,
    Close,
    Hang,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::with_headers(status, &[("content-type", "application/json;charset=UTF-8")], body)
    }

    pub(crate) fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
        let length = body.len();
        Self::bytes(format!("HTTP/1.1 {status} Fixture\r\n{lines}content-length: {length}\r\n\r\n{body}"))
    }

    /// Exactly these bytes.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), then: Then::Listen }
    }

    /// Not a word.
    pub(crate) fn silence() -> Self {
        Self::bytes([])
    }

    pub(crate) fn then(self, then: Then) -> Self {
        Self { then, ..self }
    }
}
