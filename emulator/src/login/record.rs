//! Logins as the controls and a person see them.

use vipps_partner_auth::Msn;

/// Which of the three flows a login takes. The text codes, for other languages, are `browser`, `backchannel` and
/// `backchannel_redirect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginKind {
    /// Through `/oauth2/auth`.
    Browser,
    /// By phone number, finished by polling.
    Backchannel,
    /// By phone number, finished on a web page that the phone opens.
    BackchannelRedirect,
}

/// How far a login has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginStatus {
    /// No person has decided.
    Pending,
    /// Approved, and not exchanged for tokens yet.
    Approved,
    /// Denied, or ended with another error.
    Denied,
    /// Nobody decided, or nobody asked for the tokens, in time.
    Expired,
    /// Exchanged for tokens.
    Completed,
}

/// A login as a person and the controls see it. Holds no code and no token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedLogin {
    /// What the controls name it by; the `auth_req_id` in both backchannel flows.
    pub id: String,
    /// Which flow it takes.
    pub kind: LoginKind,
    /// The sales unit that asks.
    pub msn: Msn,
    /// The sales unit's name, as the person reads it.
    pub merchant: String,
    /// The scopes that are granted when the person approves.
    pub scopes: Vec<String>,
    /// Who was asked (backchannel) or who approved (browser).
    pub msisdn: Option<String>,
    /// What both screens show, in the backchannel flows.
    pub binding_message: Option<String>,
    /// Seconds since the Unix epoch on the emulator's clock.
    pub started_at: u64,
    /// From when it can no longer be decided, in the same seconds.
    pub expires_at: u64,
    /// How far it has come.
    pub status: LoginStatus,
}

impl LoginKind {
    /// The text code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Backchannel => "backchannel",
            Self::BackchannelRedirect => "backchannel_redirect",
        }
    }
}

impl LoginStatus {
    /// The text code, for other languages: `pending`, `approved`, `denied`, `expired` or `completed`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Completed => "completed",
        }
    }
}
