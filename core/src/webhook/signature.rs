//! The text that is signed, and the signature: HMAC-SHA256 (RFC 2104).

use aws_lc_rs::{
    constant_time,
    digest::{SHA256, digest},
    hmac,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{
    headers::{SIGNED_HEADERS, SIGNED_WITH},
    secret::Secret,
};

/// A secret, ready to sign with.
pub(super) struct Key {
    hmac: hmac::Key,
    secret: Secret,
}

impl Key {
    /// The key is the secret's own bytes as text: it looks like base64 and is not to be decoded.
    pub(super) fn new(secret: Secret) -> Self {
        Self { hmac: hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()), secret }
    }

    /// The wrong key that comes of decoding the secret, where it can be decoded.
    pub(super) fn decoded(&self) -> Option<hmac::Key> {
        let decoded = BASE64_STANDARD.decode(self.secret.expose()).ok()?;
        Some(hmac::Key::new(hmac::HMAC_SHA256, &decoded))
    }
}

/// What a signature is about.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) date: &'a [u8],
    pub(super) host: &'a [u8],
    pub(super) hash: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(super) fn with_host(self, host: &'a [u8]) -> Self {
        Self { host, ..self }
    }

    pub(super) fn with_target(self, target: &'a str) -> Self {
        Self { target, ..self }
    }

    /// Tries every key, so that the time taken does not tell which one it was.
    pub(super) fn is_by_any<'k>(&self, keys: impl IntoIterator<Item = &'k Key>, signature: &[u8]) -> bool {
        let text = self.text("\n");
        keys.into_iter().fold(false, |known, key| is_signature(&key.hmac, &text, signature) | known)
    }

    /// Whether it is a signature of the lines joined with CRLF.
    pub(super) fn is_joined_with_crlf(&self, keys: &[Key], signature: &[u8]) -> bool {
        let text = self.text("\r\n");
        keys.iter().any(|key| is_signature(&key.hmac, &text, signature))
    }

    /// Whether it is a signature with a secret that was decoded.
    pub(super) fn is_by_decoded(&self, keys: &[Key], signature: &[u8]) -> bool {
        let text = self.text("\n");
        keys.iter().filter_map(Key::decoded).any(|key| is_signature(&key, &text, signature))
    }

    pub(super) fn authorization(&self, key: &Key) -> String {
        let signature = BASE64_STANDARD.encode(hmac::sign(&key.hmac, &self.text("\n")));
        format!("{SIGNED_WITH} SignedHeaders={SIGNED_HEADERS}&Signature={signature}")
    }

    fn text(&self, line_end: &str) -> Vec<u8> {
        let target = self.target.as_bytes();
        let line_end = line_end.as_bytes();
        [b"POST", line_end, target, line_end, self.date, b";", self.host, b";", self.hash].concat()
    }
}

fn is_signature(key: &hmac::Key, text: &[u8], signature: &[u8]) -> bool {
    let decoded = BASE64_STANDARD.decode(signature);
    decoded.is_ok_and(|signature| hmac::verify(key, text, &signature).is_ok())
}

/// What `x-ms-content-sha256` says of this body.
pub(super) fn content_hash(body: &[u8]) -> String {
    BASE64_STANDARD.encode(digest(&SHA256, body))
}

pub(super) fn is_hash_of(hash: &[u8], body: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(hash, content_hash(body).as_bytes()).is_ok()
}
