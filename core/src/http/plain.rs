//! A sender in another language: requests and replies as plain values.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};

use super::{
    HttpSend, SendError,
    client::MAX_REPLY,
    content_encoding::{self, Undecodable},
};
use crate::{clock::BoxFuture, quote::quoted};

/// A request, and how long it may take.
#[derive(Clone, derive_more::Debug)]
#[debug("PlainRequest {{ method: {method:?}, .. }}")]
pub struct PlainRequest {
    /// In capitals.
    pub method: String,
    /// With its query.
    pub url: String,
    /// Names, in small letters, and values. Some are secret.
    pub headers: Vec<(String, String)>,
    /// May be empty, and may be secret; none where the method has no body.
    pub body: Option<Bytes>,
    /// From connecting to the last byte of the reply.
    pub limit: Duration,
}

/// A reply of whatever status.
#[derive(Clone, derive_more::Debug)]
#[debug("PlainReply {{ status: {status}, .. }}")]
pub struct PlainReply {
    /// 100 to 999.
    pub status: u16,
    /// Names in whatever letters, and values.
    pub headers: Vec<(String, String)>,
    /// Unpacked, or as its headers say.
    pub body: Vec<u8>,
}

/// A function that sends requests.
#[derive(derive_more::Debug)]
#[debug("PlainSender")]
pub struct PlainSender<F>(F);

impl<F> PlainSender<F>
where
    F: Fn(PlainRequest) -> BoxFuture<'static, Result<PlainReply, SendError>> + Send + Sync,
{
    /// Sends with this function.
    pub fn new(send: F) -> Self {
        Self(send)
    }
}

impl<F> HttpSend for PlainSender<F>
where
    F: Fn(PlainRequest) -> BoxFuture<'static, Result<PlainReply, SendError>> + Send + Sync,
{
    fn send(&self, request: Request<Bytes>, limit: Duration) -> BoxFuture<'_, Result<Response<Bytes>, SendError>> {
        let sent = self.0(PlainRequest::new(request, limit));
        Box::pin(async { sent.await?.response() })
    }
}

impl PlainRequest {
    fn new(request: Request<Bytes>, limit: Duration) -> Self {
        let (parts, body) = request.into_parts();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        // A client writes it by itself, and many refuse to be told.
        let headers = parts.headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH);
        let headers = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = (parts.method != Method::GET).then_some(body);
        Self { method: parts.method.to_string(), url: parts.uri.to_string(), headers, body, limit }
    }
}

impl PlainReply {
    fn response(self) -> Result<Response<Bytes>, SendError> {
        if self.body.len() > MAX_REPLY {
            return Err(too_large());
        }
        let Ok(status) = StatusCode::from_u16(self.status) else {
            let status = quoted(&self.status.to_string());
            return Err(SendError::maybe_sent(format!("the transport brought no reply of http: status={status}")));
        };
        // One odd header must not cost a reply.
        let mut headers: HeaderMap = self.headers.iter().filter_map(|(name, value)| header(name, value)).collect();
        let body = unpacked(&mut headers, self.body.into())?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, value.parse().ok()?))
}

/// Many clients unpack a body by themselves and leave the header as it was.
fn unpacked(headers: &mut HeaderMap, body: Bytes) -> Result<Bytes, SendError> {
    let body = match content_encoding::decode(headers, body.clone(), MAX_REPLY) {
        Ok(unpacked) => unpacked,
        Err(Undecodable::TooLarge) => return Err(too_large()),
        Err(Undecodable::Malformed | Undecodable::Unknown(_)) => body,
    };
    headers.remove(CONTENT_ENCODING);
    headers.remove(CONTENT_LENGTH);
    Ok(body)
}

fn too_large() -> SendError {
    SendError::maybe_sent("the reply that the transport brought is larger than 256 KiB")
}

impl SendError {
    /// A sender in another language failed with an error of this type. Its text may hold anything, so it is left out.
    #[doc(hidden)]
    pub fn of_transport(error: &str, may_have_been_sent: bool) -> Self {
        let error = quoted(error);
        if may_have_been_sent {
            Self::maybe_sent(format!("the transport failed, and the request may have been sent: error={error}"))
        } else {
            Self::not_sent(format!("the transport could not send the request: error={error}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use futures_util::FutureExt;

    use super::*;

    fn brought(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Result<Response<Bytes>, SendError> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        PlainReply { status, headers, body: body.into() }.response()
    }

    #[test]
    fn a_request_and_its_reply_cross_as_they_are() {
        let sender = PlainSender::new(|request: PlainRequest| {
            assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://api.vipps.no/a?b=c"));
            assert_eq!(request.headers, [("x-secret".to_owned(), "s3cret".to_owned())]);
            assert_eq!((request.body.as_deref(), request.limit), (Some(&b"body"[..]), Duration::from_secs(3)));
            assert!(!format!("{request:?}").contains("s3cret"));
            let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
            Box::pin(async { Ok(PlainReply { status: 429, headers, body: b"{}".to_vec() }) })
        });
        let request =
            Request::post("https://api.vipps.no/a?b=c").header("X-Secret", "s3cret").header("content-length", "4");
        let request = request.body(Bytes::from_static(b"body")).expect("good");
        let reply = sender.send(request, Duration::from_secs(3)).now_or_never().expect("at once").expect("a reply");
        assert_eq!(reply.status(), 429);
        assert_eq!(reply.headers()["content-type"], "application/json");
        assert_eq!(&**reply.body(), b"{}");
        assert_eq!(format!("{sender:?}"), "PlainSender");
    }

    #[test]
    fn only_some_methods_have_a_body() {
        let body = |method: Method| {
            let request = Request::builder().method(method).body(Bytes::new()).expect("good");
            PlainRequest::new(request, Duration::ZERO).body
        };
        assert_eq!((body(Method::GET), body(Method::POST)), (None, Some(Bytes::new())));
    }

    #[test]
    fn what_is_no_reply_may_have_been_sent() {
        for (error, told) in [
            (brought(99, &[], ""), "the transport brought no reply of http: status=`99`"),
            (brought(200, &[], vec![0; MAX_REPLY + 1]), "the reply that the transport brought is larger than 256 KiB"),
        ] {
            let error = error.expect_err("no reply");
            assert!(error.may_have_been_sent());
            assert_eq!(error.to_string(), told);
        }
        let reply = brought(200, &[("no name", "a"), ("x-value", "a\nb"), ("x-good", "a")], "").expect("a reply");
        assert_eq!(reply.headers().len(), 1);
    }

    #[test]
    fn a_body_is_unpacked_unless_the_client_has_done_so() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(b"{}").expect("in memory");
        let packed = packed.finish().expect("in memory");
        for (encoding, body) in [("gzip", packed), ("gzip", b"{}".to_vec()), ("br", b"{}".to_vec())] {
            let reply =
                brought(200, &[("content-encoding", encoding), ("content-length", "9")], body).expect("a reply");
            assert_eq!((&**reply.body(), reply.headers().len()), (&b"{}"[..], 0));
        }
    }

    #[test]
    fn only_what_was_certainly_not_sent_is_told_so() {
        let lost = SendError::of_transport("ReadTimeout", true);
        assert!(lost.may_have_been_sent());
        assert!(lost.to_string().contains("may have been sent: error=`ReadTimeout`"));
        assert!(!SendError::of_transport("NotSentError", false).may_have_been_sent());
    }
}
