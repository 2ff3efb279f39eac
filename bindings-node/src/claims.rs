//! What an ID token must say, and what it said.

use napi_derive::napi;
use vipps_partner_auth as core;

use crate::fault::OrFault;

/// The length of the longest token that is looked at; of a longer one so much and one more is enough.
#[napi(catch_unwind)]
pub fn longest_token() -> u32 {
    u32::try_from(core::IdTokenVerifier::LONGEST_TOKEN).unwrap_or(u32::MAX)
}

/// Expectations as plain arguments: reading an object would cost more than all of them.
#[derive(Default)]
pub(crate) struct Expected {
    pub(crate) msn: Option<String>,
    pub(crate) flow: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) acr: Option<String>,
    pub(crate) auth_req_id: Option<String>,
}

impl Expected {
    pub(crate) fn core(self) -> napi::Result<core::Expect> {
        let mut expect = core::Expect::default();
        if let Some(msn) = self.msn {
            expect = expect.msn(msn.parse().or_fault()?);
        }
        if let Some(flow) = self.flow {
            expect = expect.flow(flow.parse().or_fault()?);
        }
        if let Some(nonce) = self.nonce {
            expect = expect.nonce(nonce);
        }
        if let Some(client_id) = self.client_id {
            expect = expect.client_id(client_id);
        }
        if let Some(access_token) = self.access_token {
            expect = expect.access_token(access_token);
        }
        if let Some(acr) = self.acr {
            expect = expect.acr(acr);
        }
        if let Some(auth_req_id) = self.auth_req_id {
            expect = expect.auth_req_id(auth_req_id);
        }
        Ok(expect)
    }
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
