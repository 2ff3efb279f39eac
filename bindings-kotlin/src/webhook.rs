//! What Vipps posts by itself.

use std::time::SystemTime;

use vipps_partner_auth::{BackchannelPing, UnverifiedConsentRevoked};

use crate::error::Result;

/// The `auth_req_id` of the webhook event `login.merchant-initiated.ping.v1`.
#[uniffi::export]
pub fn backchannel_ping_of(body: String) -> Result<String> {
    Ok(BackchannelPing::parse(&body)?.auth_req_id().to_owned())
}

/// What a consent-revoked callback claims. It proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentRevokedParts {
    /// Who it says took their consent back.
    pub claimed_sub: String,
    /// When it says it was made.
    pub claimed_issued_at: Option<SystemTime>,
    /// Until when it says it is good.
    pub claimed_expires_at: Option<SystemTime>,
}

/// Reads a consent-revoked callback.
#[uniffi::export]
pub fn consent_revoked_of(body: String) -> Result<ConsentRevokedParts> {
    let callback = UnverifiedConsentRevoked::parse(&body)?;
    Ok(ConsentRevokedParts {
        claimed_sub: callback.claimed_sub().to_owned(),
        claimed_issued_at: callback.claimed_issued_at(),
        claimed_expires_at: callback.claimed_expires_at(),
    })
}
