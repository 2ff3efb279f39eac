//! Entries as they may leave the process.

use std::time::Duration;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
};
use zeroize::Zeroizing;

use super::{CacheError, CachedToken};
use crate::secret::Secret;

/// A key derived from the client secret, for the entries of one credential.
pub(super) struct Seal {
    key: RandomizedNonceKey,
    bound_to: [u8; 32],
}

/// A layout that older readers would misread gets another number; they then find nothing, which is harmless.
const VERSION: u8 = 1;
const SALT: &[u8] = b"vipps-partner-auth token cache 1";
const KEY_LEN: usize = 32;

impl Seal {
    pub(super) fn new(client_secret: &Secret, name: &[u8; 32]) -> Self {
        let info = [name.as_slice()];
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let derived = Salt::new(HKDF_SHA256, SALT).extract(client_secret.expose().as_bytes());
        // One output of the hash's own length is always within what HKDF gives.
        let filled = derived.expand(&info, HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice()));
        filled.expect("hkdf gives 32 bytes");
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).expect("the key has the cipher's length");
        Self { key, bound_to: *name }
    }

    /// Version, nonce, ciphertext with its tag.
    pub(super) fn close(&self, token: &CachedToken) -> Result<Vec<u8>, CacheError> {
        let mut text = Zeroizing::new(plain(token));
        let tagged = self.key.seal_in_place_append_tag(self.aad(), &mut *text);
        let nonce = tagged.map_err(|_| CacheError::because("the entry could not be sealed"))?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), text.as_slice()].concat())
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<CachedToken, CacheError> {
        let (nonce, text) = parts(sealed).ok_or_else(|| CacheError::unreadable("the entry is of another kind"))?;
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self.key.open_in_place(nonce, self.aad(), &mut text);
        let opened = opened.map_err(|_| CacheError::unreadable("the entry was sealed by another key, or changed"))?;
        token(opened).ok_or_else(|| CacheError::unreadable("the entry is malformed"))
    }

    fn aad(&self) -> Aad<[u8; 33]> {
        let mut aad = [VERSION; 33];
        aad[1..].copy_from_slice(&self.bound_to);
        Aad::from(aad)
    }
}

fn parts(sealed: &[u8]) -> Option<(Nonce, &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    (*version == VERSION).then(|| Some((Nonce::try_assume_unique_for_key(nonce).ok()?, text)))?
}

/// Expiry and lifetime in milliseconds, then the token.
fn plain(token: &CachedToken) -> Vec<u8> {
    let secret = token.secret.expose().as_bytes();
    // Room for the tag, so that the plain text is not left behind by a move to a larger place.
    let mut text = Vec::with_capacity(16 + secret.len() + AES_256_GCM.tag_len());
    text.extend_from_slice(&milliseconds(token.expires_at).to_be_bytes());
    text.extend_from_slice(&milliseconds(token.lifetime).to_be_bytes());
    text.extend_from_slice(secret);
    text
}

fn token(text: &[u8]) -> Option<CachedToken> {
    let (expires_at, rest) = text.split_first_chunk()?;
    let (lifetime, secret) = rest.split_first_chunk()?;
    let span = |bytes: &[u8; 8]| Duration::from_millis(u64::from_be_bytes(*bytes));
    Some(CachedToken::new(std::str::from_utf8(secret).ok()?, span(expires_at), span(lifetime)))
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: [u8; 32] = [7; 32];

    fn seal(secret: &str) -> Seal {
        Seal::new(&secret.into(), &NAME)
    }

    fn entry() -> CachedToken {
        CachedToken::new("token-1", Duration::from_secs(1_767_225_600), Duration::from_hours(24))
    }

    #[test]
    fn what_was_sealed_is_opened_by_the_same_credential() {
        let sealed = seal("secret").close(&entry()).expect("sealed");
        assert_eq!(seal("secret").open(&sealed), Ok(entry()));
        assert!(!sealed.windows(7).any(|window| window == b"token-1"));
    }

    #[test]
    fn two_entries_never_look_the_same() {
        let seal = seal("secret");
        assert_ne!(seal.close(&entry()), seal.close(&entry()));
    }

    #[test]
    fn another_secret_or_another_key_opens_nothing() {
        let sealed = seal("secret").close(&entry()).expect("sealed");
        assert!(seal("other").open(&sealed).is_err());
        assert!(Seal::new(&"secret".into(), &[8; 32]).open(&sealed).is_err());
    }

    #[test]
    fn a_changed_byte_or_a_missing_one_opens_nothing() {
        let seal = seal("secret");
        let sealed = seal.close(&entry()).expect("sealed");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(seal.open(&changed).is_err(), "byte {place}");
            assert!(seal.open(&sealed[..place]).is_err(), "cut at {place}");
        }
    }
}
