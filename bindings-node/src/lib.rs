//! The native part of the npm package: conversions between JavaScript and the core, and nothing else.
//!
//! The TypeScript face in `lib/` is what people use. No export here is an `async fn` on a class: a worker thread that ends
//! in mid-call would free the object under the running future. Each clones what it needs and hands out a promise.
#![cfg_attr(test, allow(dead_code, reason = "only Node calls the exported functions"))]
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "no Rust code uses this crate; what crosses from JavaScript is owned, and the face has the documentation"
)]

mod backchannel;
mod cancel;
mod claims;
mod clock;
mod doctor;
mod events;
mod fault;
mod key_source;
mod keys;
mod login;
mod partner;
mod promise;
mod request;
mod result;
mod settings;
mod token;
mod token_cache;
mod transport;
mod verifier;
mod webhook;
mod words;

/// What the face compares with its own: the two come as packages of their own.
#[napi_derive::napi]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
