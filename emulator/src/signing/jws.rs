//! Compact JWS (RFC 7515 section 3.1).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// Header and payload in base64url, and the signature that `sign` makes of them.
pub(crate) fn compact(header: &Value, payload: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", base64url(header.to_string()), base64url(payload.to_string()));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", base64url(signature))
}

/// The `at_hash` of an access token (OpenID Connect Core section 3.1.3.6) for both algorithms in use.
pub(crate) fn at_hash(access_token: &str) -> String {
    base64url(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16])
}

/// Text that looks like the service's opaque tokens and codes: two base64url parts joined by a dot.
pub(crate) fn opaque() -> String {
    let part = || base64url([fastrand::u128(..).to_be_bytes(), fastrand::u128(..).to_be_bytes()].concat());
    format!("{}.{}", part(), part())
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_half_a_digest() {
        assert_eq!(at_hash("fixture-login-access-token.abc123"), "A7OFQigEO-igbvNFfkpTvw");
    }
}
