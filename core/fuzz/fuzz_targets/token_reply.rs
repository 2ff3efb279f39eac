//! Any status, any trace header, any body: a token or a typed error, never a panic.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8], &[u8])| {
    let (status, header, body) = input;
    let mut reply = http::Response::new(Bytes::copy_from_slice(body));
    *reply.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::OK);
    if let Ok(value) = http::HeaderValue::from_bytes(header) {
        reply.headers_mut().insert("x-request-id", value);
    }
    match fuzz::token_from(reply) {
        Ok(token) => assert!(http::HeaderValue::from_str(token.secret()).is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
