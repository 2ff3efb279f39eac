//! Logins as the controls and a person see them.

use schemars::JsonSchema;
use serde::Serialize;
use vipps_partner_auth::Msn;

use crate::{
    values::{Moment, MsnText},
    words::words,
};

words! {
    "kind of login";
    /// Which of the three flows a login takes. The text codes, for other languages, are `browser`, `backchannel` and
    /// `backchannel_redirect`.
    pub enum LoginKind {
        /// Through `/oauth2/auth`.
        Browser = "browser",
        /// By phone number, finished by polling.
        Backchannel = "backchannel",
        /// By phone number, finished on a web page that the phone opens.
        BackchannelRedirect = "backchannel_redirect",
    }
}

words! {
    "status of a login";
    /// How far a login has come.
    pub enum LoginStatus {
        /// No person has decided.
        Pending = "pending",
        /// Approved, and not exchanged for tokens yet.
        Approved = "approved",
        /// Denied, or ended with another error.
        Denied = "denied",
        /// Nobody decided, or nobody asked for the tokens, in time.
        Expired = "expired",
        /// Exchanged for tokens.
        Completed = "completed",
    }
}

/// A login as a person and the controls see it. Holds no code and no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct RecordedLogin {
    /// What the controls name it by; the `auth_req_id` in both backchannel flows.
    pub id: String,
    /// Which flow it takes.
    pub kind: LoginKind,
    /// The sales unit that asks.
    #[schemars(with = "MsnText")]
    pub msn: Msn,
    /// The sales unit's name, as the person reads it.
    pub merchant: String,
    /// The scopes that are granted when the person approves.
    pub scopes: Vec<String>,
    /// Who was asked (backchannel) or who approved (browser).
    pub msisdn: Option<String>,
    /// What both screens show, in the backchannel flows.
    pub binding_message: Option<String>,
    /// When it was started, in seconds since the Unix epoch on the emulator's clock.
    #[schemars(with = "Moment", description = "When it was started, on the emulator's clock.")]
    pub started_at: u64,
    /// From when it can no longer be decided, in the same seconds.
    #[schemars(with = "Moment", description = "From when it can no longer be decided.")]
    pub expires_at: u64,
    /// How far it has come.
    pub status: LoginStatus,
}
