//! The callback that says a person took their consent back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::{
    error::{Error, Result},
    json::structure,
};

/// What a consent-revoked callback *claims*. **It proves nothing**: Vipps does not sign it, so anybody who knows the
/// address can send one.
///
/// Take it as a hint to look the person up, never as a reason to delete, lock or reveal anything by itself. It shares no
/// code with the check of ID tokens, where an unsigned token is refused.
///
/// ```
/// use vipps_partner_auth::UnverifiedConsentRevoked;
///
/// // {"alg":"none"} . {"sub":"c0ffee","event":"CONSENT_REVOKED","exp":2,"iat":1,"nbf":1} .
/// let body = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjMGZmZWUiLCJldmVudCI6IkNPTlNFTlRfUkVWT0tFRCIsImV4cCI6MiwiaWF0IjoxLCJuYmYiOjF9.";
/// assert_eq!(UnverifiedConsentRevoked::parse(body)?.claimed_sub(), "c0ffee");
/// # Ok::<(), vipps_partner_auth::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
#[debug("UnverifiedConsentRevoked {{ claimed_sub: {sub:?}, .. }}")]
pub struct UnverifiedConsentRevoked {
    sub: String,
    issued_at: Option<Duration>,
    expires_at: Option<Duration>,
}

const LONGEST_BODY: usize = 16 * 1024;

impl UnverifiedConsentRevoked {
    /// Reads the callback's body, a JWT in plain text. `InvalidConfig`, field `body`, for anything else.
    pub fn parse(body: &str) -> Result<Self> {
        Self::read(body).ok_or_else(|| {
            Error::breaks_rule("body", "is not a consent-revoked callback: a JWT whose event is CONSENT_REVOKED")
        })
    }

    /// Who it says took their consent back.
    pub fn claimed_sub(&self) -> &str {
        &self.sub
    }

    /// When it says it was made.
    pub fn claimed_issued_at(&self) -> Option<SystemTime> {
        self.issued_at.map(|at| UNIX_EPOCH + at)
    }

    /// Until when it says it is good.
    pub fn claimed_expires_at(&self) -> Option<SystemTime> {
        self.expires_at.map(|at| UNIX_EPOCH + at)
    }

    fn read(body: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Claims {
            sub: String,
            event: String,
            iat: Option<u32>,
            exp: Option<u32>,
        }
        let parts: Vec<_> = Some(body.trim()).filter(|body| body.len() <= LONGEST_BODY)?.split('.').collect();
        let [_, payload, _] = parts.as_slice() else { return None };
        let payload = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let claims: Claims = structure(&payload)?;
        let is_whole = claims.event == "CONSENT_REVOKED" && !claims.sub.is_empty();
        let since_epoch = |seconds: u32| Duration::from_secs(seconds.into());
        is_whole.then(|| Self {
            sub: claims.sub,
            issued_at: claims.iat.map(since_epoch),
            expires_at: claims.exp.map(since_epoch),
        })
    }
}
