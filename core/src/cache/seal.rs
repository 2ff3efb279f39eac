//! What may leave the process: tokens, and marks that hold others off.

use std::time::Duration;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest::{self, SHA256},
    hkdf::{HKDF_SHA256, Salt},
};
use zeroize::Zeroizing;

use super::{CacheError, CachedToken};
use crate::secret::Secret;

/// A key derived from the client secret, for the entries of one credential.
pub(super) struct Seal {
    key: RandomizedNonceKey,
    name: [u8; 32],
}

/// Which subscription key of a pair: enough of its hash to tell two keys apart. It leaves the process only sealed.
#[derive(Clone, Copy, PartialEq, Eq, derive_more::Debug)]
#[debug("KeyFingerprint(***)")]
pub struct KeyFingerprint([u8; FINGERPRINT_LEN]);

/// What is sealed. One can't be played for the other.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    Token = 0,
    #[cfg(feature = "redis")]
    HoldOff = 1,
}

/// A layout that older readers would misread gets another number; they then find nothing, which is harmless.
const VERSION: u8 = 2;
const SALT: &[u8] = b"vipps-partner-auth token cache 2";
const FINGERPRINT_DOMAIN: &[u8] = b"vipps-partner-auth subscription key\0";
const KEY_LEN: usize = 32;
const FINGERPRINT_LEN: usize = 16;
/// Expiry, lifetime, whether there is a fingerprint, and the fingerprint.
const HEAD_LEN: usize = 8 + 8 + 1 + FINGERPRINT_LEN;

impl Seal {
    pub(super) fn new(client_secret: &Secret, name: &[u8; 32]) -> Self {
        let info = [name.as_slice()];
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let derived = Salt::new(HKDF_SHA256, SALT).extract(client_secret.expose().as_bytes());
        // One output of the hash's own length is always within what HKDF gives.
        let filled = derived.expand(&info, HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice()));
        filled.expect("hkdf gives 32 bytes");
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).expect("the key has the cipher's length");
        Self { key, name: *name }
    }

    pub(super) fn close(&self, token: &CachedToken) -> Result<Vec<u8>, CacheError> {
        self.encrypt(Kind::Token, &self.name, plain(token))
    }

    pub(super) fn open(&self, sealed: &[u8]) -> Result<CachedToken, CacheError> {
        self.decrypt(Kind::Token, &self.name, sealed, token)
    }

    #[cfg(feature = "redis")]
    pub(super) fn close_hold_off(&self, lock_name: &[u8; 32], end: Duration) -> Result<Vec<u8>, CacheError> {
        let mut text = Vec::with_capacity(8 + AES_256_GCM.tag_len());
        text.extend_from_slice(&milliseconds(end).to_be_bytes());
        self.encrypt(Kind::HoldOff, lock_name, text)
    }

    #[cfg(feature = "redis")]
    pub(super) fn open_hold_off(&self, lock_name: &[u8; 32], sealed: &[u8]) -> Result<Duration, CacheError> {
        self.decrypt(Kind::HoldOff, lock_name, sealed, |text| text.try_into().ok().map(span))
    }

    /// Version, nonce, ciphertext with its tag. The text must have room for the tag, so that it is not left behind in memory
    /// by a move to a larger place.
    fn encrypt(&self, kind: Kind, place: &[u8; 32], text: Vec<u8>) -> Result<Vec<u8>, CacheError> {
        let mut text = Zeroizing::new(text);
        let tagged = self.key.seal_in_place_append_tag(aad(kind, place), &mut *text);
        let nonce = tagged.map_err(|_| CacheError::because("the entry could not be sealed"))?;
        Ok([&[VERSION], nonce.as_ref().as_slice(), text.as_slice()].concat())
    }

    fn decrypt<T>(
        &self,
        kind: Kind,
        place: &[u8; 32],
        sealed: &[u8],
        read: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, CacheError> {
        let (nonce, text) = parts(sealed).ok_or_else(|| CacheError::unreadable("the entry is of another kind"))?;
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self.key.open_in_place(nonce, aad(kind, place), &mut text);
        let opened = opened.map_err(|_| CacheError::unreadable("the entry was sealed by another key, or changed"))?;
        read(opened).ok_or_else(|| CacheError::unreadable("the entry is malformed"))
    }
}

/// What is sealed is bound to its kind and its place.
fn aad(kind: Kind, place: &[u8; 32]) -> Aad<[u8; 34]> {
    let mut aad = [VERSION; 34];
    aad[1] = kind as u8;
    aad[2..].copy_from_slice(place);
    Aad::from(aad)
}

fn parts(sealed: &[u8]) -> Option<(Nonce, &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (nonce, text) = rest.split_at_checked(NONCE_LEN)?;
    (*version == VERSION).then(|| Some((Nonce::try_assume_unique_for_key(nonce).ok()?, text)))?
}

/// Expiry and lifetime in milliseconds, the subscription key, then the token.
fn plain(token: &CachedToken) -> Vec<u8> {
    let secret = token.secret.expose().as_bytes();
    let mut text = Vec::with_capacity(HEAD_LEN + secret.len() + AES_256_GCM.tag_len());
    text.extend_from_slice(&milliseconds(token.expires_at).to_be_bytes());
    text.extend_from_slice(&milliseconds(token.lifetime).to_be_bytes());
    text.push(token.subscription_key.is_some().into());
    text.extend_from_slice(&token.subscription_key.map_or([0; FINGERPRINT_LEN], |key| key.0));
    text.extend_from_slice(secret);
    text
}

fn token(text: &[u8]) -> Option<CachedToken> {
    let (expires_at, rest) = text.split_first_chunk()?;
    let (lifetime, rest) = rest.split_first_chunk()?;
    let (known, rest) = rest.split_first()?;
    let (fingerprint, secret) = rest.split_first_chunk()?;
    let subscription_key = match *known {
        0 => None,
        1 => Some(KeyFingerprint(*fingerprint)),
        _ => return None,
    };
    let token = CachedToken::new(std::str::from_utf8(secret).ok()?, span(*expires_at), span(*lifetime));
    Some(token.with_subscription_key(subscription_key))
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn span(milliseconds: [u8; 8]) -> Duration {
    Duration::from_millis(u64::from_be_bytes(milliseconds))
}

impl KeyFingerprint {
    pub(crate) fn of(subscription_key: &Secret) -> Self {
        let mut hash = digest::Context::new(&SHA256);
        hash.update(FINGERPRINT_DOMAIN);
        hash.update(subscription_key.expose().as_bytes());
        let mut fingerprint = [0; FINGERPRINT_LEN];
        fingerprint.copy_from_slice(&hash.finish().as_ref()[..FINGERPRINT_LEN]);
        Self(fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAME: [u8; 32] = [7; 32];
    #[cfg(feature = "redis")]
    const LOCK: [u8; 32] = [8; 32];

    fn seal(secret: &str) -> Seal {
        Seal::new(&secret.into(), &NAME)
    }

    fn entry() -> CachedToken {
        let key = KeyFingerprint::of(&"subscription key".into());
        CachedToken::new("token-1", Duration::from_secs(1_767_225_600), Duration::from_secs(24 * 60 * 60))
            .with_subscription_key(Some(key))
    }

    #[test]
    fn what_was_sealed_is_opened_by_the_same_credential() {
        let sealed = seal("secret").close(&entry()).expect("sealed");
        assert_eq!(seal("secret").open(&sealed), Ok(entry()));
        let key = KeyFingerprint::of(&"subscription key".into()).0;
        assert!(!sealed.windows(7).any(|window| window == b"token-1"));
        assert!(!sealed.windows(FINGERPRINT_LEN).any(|window| window == key));
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
    fn an_entry_of_another_version_is_of_another_kind() {
        let mut sealed = seal("secret").close(&entry()).expect("sealed");
        for version in (0..=u8::MAX).filter(|version| *version != VERSION) {
            sealed[0] = version;
            let error = seal("secret").open(&sealed).expect_err("another version");
            assert!(error.is_unreadable());
            assert_eq!(error.to_string(), "the entry is of another kind");
        }
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

    #[test]
    fn what_is_sealed_but_makes_no_sense_is_malformed() {
        let seal = seal("secret");
        let head = |known: u8| [&[0; 16][..], &[known], &[0; FINGERPRINT_LEN]].concat();
        for text in [Vec::new(), vec![0; HEAD_LEN - 1], head(2), [&head(1)[..], b"\xff"].concat()] {
            let sealed = seal.encrypt(Kind::Token, &NAME, text).expect("sealed");
            assert_eq!(seal.open(&sealed).expect_err("no sense").to_string(), "the entry is malformed");
        }
        assert!(seal.open(&seal.encrypt(Kind::Token, &NAME, head(1)).expect("sealed")).is_ok());
    }

    #[test]
    fn fingerprints_tell_keys_apart_and_nothing_of_them() {
        let of = |key: &str| KeyFingerprint::of(&key.into());
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert_ne!(
            of("a").0[..],
            digest::digest(&SHA256, b"a").as_ref()[..FINGERPRINT_LEN],
            "not a bare hash of the key"
        );
        assert_eq!(format!("{:?} {:?}", of("a"), entry()).matches("KeyFingerprint(***)").count(), 2);
    }

    #[cfg(feature = "redis")]
    #[test]
    fn a_mark_and_an_entry_are_not_taken_for_each_other() {
        let seal = seal("secret");
        let end = Duration::from_millis(1_767_225_600_123);
        let mark = seal.close_hold_off(&LOCK, end).expect("sealed");
        assert_eq!(seal.open_hold_off(&LOCK, &mark), Ok(end));
        assert!(seal.open(&mark).is_err());
        assert!(seal.open_hold_off(&NAME, &seal.close(&entry()).expect("sealed")).is_err());
        assert!(Seal::new(&"other".into(), &NAME).open_hold_off(&LOCK, &mark).is_err());
        assert!(seal.open_hold_off(&[9; 32], &mark).is_err(), "another lock");
        assert!(seal.open_hold_off(&LOCK, b"").is_err());
    }

    proptest! {
        #[test]
        fn every_token_comes_out_as_it_went_in(
            secret: String,
            expires_at in 0..u64::MAX,
            lifetime in 0..u64::MAX,
            key: Option<String>,
            remaining: Option<u64>,
        ) {
            let span = Duration::from_millis;
            let key = key.map(|key| KeyFingerprint::of(&Secret::new(key)));
            let token = CachedToken::new(secret, span(expires_at), span(lifetime)).with_subscription_key(key);
            let stored = token.clone().with_remaining(remaining.map(span));
            let sealed = seal("secret").close(&stored).expect("sealed");
            prop_assert_eq!(seal("secret").open(&sealed), Ok(token));
        }

        #[test]
        fn nothing_that_was_not_sealed_is_opened(sealed: Vec<u8>) {
            let seal = seal("secret");
            prop_assert!(seal.open(&sealed).is_err());
            prop_assert!(seal.open(&[&[VERSION], &sealed[..]].concat()).is_err());
        }

        #[test]
        fn no_change_goes_unnoticed(place: proptest::sample::Index, bit in 0..8_u8, tail: Vec<u8>) {
            let seal = seal("secret");
            let mut sealed = seal.close(&entry()).expect("sealed");
            let longer = [&sealed[..], &tail].concat();
            prop_assert_eq!(seal.open(&longer).is_ok(), tail.is_empty());
            let place = place.index(sealed.len());
            sealed[place] ^= 1 << bit;
            prop_assert!(seal.open(&sealed).is_err());
        }
    }
}
