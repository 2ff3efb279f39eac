//! The switches of Login.

use crate::{accounts::portal::ScopeOutsidePlan, id_token::AuthReqIdName};

/// Forces the confirmation to take place in the app.
pub(crate) const ACR_APP_AUTH: &str = "urn:vipps:acr:app_auth";

pub(crate) struct LoginSettings {
    pub(crate) automatic: Automatic,
    pub(crate) outside_plan: ScopeOutsidePlan,
    pub(crate) auth_req_id_name: AuthReqIdName,
    /// Errors of the backchannel's start come in `error_code` instead of `error`.
    pub(crate) error_code_member: bool,
    /// How many logins may wait for one person at a time.
    pub(crate) waiting_limit: usize,
}

/// What becomes of a login in the browser flow.
#[derive(Clone, Default)]
pub(crate) enum Automatic {
    /// A person decides.
    #[default]
    Ask,
    /// This person approves at once.
    Approve(String),
    /// It ends in this error at once.
    Deny(String),
}

impl Default for LoginSettings {
    fn default() -> Self {
        Self {
            automatic: Automatic::default(),
            outside_plan: ScopeOutsidePlan::default(),
            auth_req_id_name: AuthReqIdName::default(),
            error_code_member: false,
            waiting_limit: 3,
        }
    }
}
