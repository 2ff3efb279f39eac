//! Small conversions: spans of time and moments as milliseconds, headers as objects.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};

use crate::fault::{internal, refused};

/// Values by the names that they have in the core, from the JSON that the face made of them.
pub(crate) fn named(json: &str) -> napi::Result<Map<String, Value>> {
    serde_json::from_str(json).map_err(|_| internal())
}

/// Milliseconds as a span, under the field they come from.
pub(crate) fn span(field: &str, milliseconds: f64) -> napi::Result<Duration> {
    vipps_partner_auth::span(milliseconds / 1_000.0).map_err(|rule| refused(field, rule))
}

pub(crate) fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

/// As `Date` counts.
pub(crate) fn moment(at: SystemTime) -> f64 {
    milliseconds(at.duration_since(UNIX_EPOCH).unwrap_or_default())
}

pub(crate) fn texts(headers: &HeaderMap) -> HashMap<String, String> {
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// An array is built faster than an object, and keeps their order.
pub(crate) fn in_turn(headers: &HeaderMap) -> Vec<String> {
    headers.iter().flat_map(|(name, value)| [name.to_string(), text(value)]).collect()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
