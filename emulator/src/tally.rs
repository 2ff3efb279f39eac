//! What the page sums up: how few tokens serve how many calls, and what an outage did to them.

use std::collections::HashSet;

use http::StatusCode;

use crate::endpoint::Endpoint;

/// Counts since the log was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) token_requests: usize,
    /// Calls of APIs and of Login that need a credential.
    pub(crate) calls: usize,
    /// Those of them that were answered well while the token endpoint was down.
    pub(crate) served_in_outage: usize,
    merchants: HashSet<String>,
}

impl Tally {
    pub(crate) fn merchants(&self) -> usize {
        self.merchants.len()
    }

    /// Adds a request and what it was answered with; nothing when the connection was dropped.
    pub(crate) fn count(&mut self, path: &str, msn: Option<&str>, status: Option<StatusCode>, tokens_are_down: bool) {
        match Endpoint::of(path) {
            Some(Endpoint::StandardToken | Endpoint::SpecializedToken) => self.token_requests += 1,
            None | Some(Endpoint::Discovery | Endpoint::Jwks | Endpoint::Authorize) => {}
            Some(_) => {
                self.calls += 1;
                self.merchants.extend(msn.map(str::to_owned));
                let went_well = status.is_some_and(|status| status.is_success());
                self.served_in_outage += usize::from(tokens_are_down && went_well);
            }
        }
    }
}
