//! Adapters for Rust HTTP clients: headers on the way out, one more try after a 401, nothing across hosts.

#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
#[cfg(feature = "tower")]
pub mod tower;

use http::{Extensions, HeaderMap, StatusCode, header::CONTENT_TYPE};

use crate::{Caller, Merchant, finished::Headers};

/// Who makes this request: the caller that its extensions name, else the client's own.
fn caller_of(extensions: &Extensions, own: &Caller) -> Caller {
    let merchant = || extensions.get::<Merchant>().cloned().map(Caller::from);
    extensions.get::<Caller>().cloned().or_else(merchant).unwrap_or_else(|| own.clone())
}

/// Puts the headers on, over any of the same name.
fn put(own: &Headers, headers: &mut HeaderMap) {
    for (name, value) in own.iter() {
        headers.insert(name, value.clone());
    }
}

/// Tells the library what came of a call, by which it knows the first refusal of a merchant that had worked.
fn note(caller: &Caller, status: StatusCode, headers: &HeaderMap) {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    caller.answered(status.as_u16(), content_type);
}
