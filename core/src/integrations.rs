//! Adapters for Rust HTTP clients: headers on the way out, one more try after a 401, nothing across hosts.

#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
#[cfg(feature = "tower")]
pub mod tower;

use http::HeaderMap;

use crate::finished::Headers;

/// Puts the headers on, over any of the same name.
fn put(own: &Headers, headers: &mut HeaderMap) {
    for (name, value) in own.iter() {
        headers.insert(name, value.clone());
    }
}
