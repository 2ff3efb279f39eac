//! Any `Retry-After`: at most five minutes, never a panic.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &[u8]| {
    let Ok(value) = http::HeaderValue::from_bytes(header) else { return };
    let mut reply = http::Response::new(Bytes::new());
    *reply.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
    reply.headers_mut().insert(http::header::RETRY_AFTER, value);
    let error = fuzz::token_from(reply).expect_err("429 is no token");
    assert!(error.retry_after().is_none_or(|wait| wait <= Duration::from_secs(300)));
});
