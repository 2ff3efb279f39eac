//! Errors on their way to JavaScript, where `VippsAuthError` is made of them.

use napi::{Error, Status};
use serde_json::{Value, json};
use vipps_partner_auth as core;

/// The core's error as a JSON envelope, which the face reads.
pub(crate) fn fault(error: core::Error) -> Error {
    enveloped(&json!({
        "code": error.code(),
        "message": error.to_string(),
        "detail": error.detail(),
        "field": error.field(),
        "claim": error.claim(),
        "reason": error.reason(),
        "status": error.status(),
        "oauthError": error.oauth_error(),
        "traceId": error.trace_id(),
        "retryAfter": error.retry_after().map(|wait| wait.as_secs_f64() * 1_000.0),
        "retryable": error.retryable(),
        "hint": error.hint(),
    }))
}

/// A result of the core as napi takes it.
pub(crate) trait OrFault<T> {
    fn or_fault(self) -> napi::Result<T>;
}

impl<T> OrFault<T> for core::Result<T> {
    fn or_fault(self) -> napi::Result<T> {
        self.map_err(fault)
    }
}

/// An argument that the core has no type to refuse, since in Rust it could not be written down. `field` is its name in all
/// languages.
pub(crate) fn refused(field: &str, rule: &str) -> Error {
    let detail = format!("{field} {rule}");
    enveloped(&json!({
        "code": "invalid_config",
        "message": format!("{detail} field=`{field}`"),
        "detail": detail,
        "field": field,
        "retryable": false,
    }))
}

pub(crate) fn cancelled() -> Error {
    enveloped(&json!({ "cancelled": true }))
}

/// A panic. Its text may hold anything, so it goes nowhere.
pub(crate) fn internal() -> Error {
    enveloped(&json!({ "code": "internal", "message": "a call into the library panicked", "retryable": false }))
}

fn enveloped(envelope: &Value) -> Error {
    Error::new(Status::GenericFailure, envelope.to_string())
}
