//! What an ID token must say, and what it said.

use napi_derive::napi;
use vipps_partner_auth as core;

use crate::{fault::OrFault, words::named};

/// The length of the longest token that is looked at; of a longer one so much and one more is enough.
#[napi(catch_unwind)]
pub fn longest_token() -> u32 {
    u32::try_from(core::IdTokenVerifier::LONGEST_TOKEN).unwrap_or(u32::MAX)
}

/// What an ID token must say, as JSON: reading an object would cost more.
pub(crate) fn expected(values: &str) -> napi::Result<core::Expect> {
    core::Expect::read(named(values)?).or_fault()
}

/// The MSN and then, after a line feed, the payload: one text crosses for a fraction of what an object costs.
pub(crate) fn packed(claims: &core::IdTokenClaims) -> String {
    let msn = claims.msn().as_str();
    let payload = claims.json();
    let mut packed = String::with_capacity(msn.len() + 1 + payload.len());
    packed.push_str(msn);
    packed.push('\n');
    packed.push_str(payload);
    packed
}

pub(crate) fn cached(outcome: Option<core::Result<core::IdTokenClaims>>) -> napi::Result<Option<String>> {
    outcome.transpose().map(|claims| claims.as_ref().map(packed)).or_fault()
}
