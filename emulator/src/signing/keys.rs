//! The keys that sign ID tokens, and their public halves.

use std::{
    sync::{Arc, LazyLock, OnceLock},
    thread,
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{choices::RsaBits, random, signing::jws::base64url};

/// Making and using keys fails only when the machine has neither memory nor randomness left.
const HEALTHY: &str = "the machine can make and use keys";

/// An RSA key for RS256.
pub(crate) struct RsaKey {
    pub(crate) kid: String,
    pair: RsaKeyPair,
}

impl RsaKey {
    fn generate(bits: RsaBits) -> Self {
        let size = match bits {
            RsaBits::Bits2048 => KeySize::Rsa2048,
            RsaBits::Bits3072 => KeySize::Rsa3072,
            RsaBits::Bits4096 => KeySize::Rsa4096,
        };
        Self { kid: public_kid(), pair: RsaKeyPair::generate(size).expect(HEALTHY) }
    }

    fn kept(kid: String, pkcs8: &[u8], bits: RsaBits) -> Result<Self, &'static str> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| "holds no RSA key that can be read")?;
        if pair.public_modulus_len() * 8 != bits.modulus() {
            return Err("holds an RSA key of another size than rsa_bits");
        }
        Ok(Self { kid, pair })
    }

    fn pkcs8(&self) -> Vec<u8> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().expect(HEALTHY);
        der.as_ref().to_vec()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect(HEALTHY);
        signature
    }

    /// An HMAC keyed with this key's public half, which a careless verifier takes for a signature.
    pub(crate) fn sign_with_public_half(&self, message: &[u8]) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.public_pem().as_bytes());
        hmac::sign(&key, message).as_ref().to_vec()
    }

    fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().expect(HEALTHY);
        let base64 = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = (0..base64.len()).step_by(64).map(|at| &base64[at..base64.len().min(at + 64)]).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let n = base64url(public.modulus().big_endian_without_leading_zero());
        let e = base64url(public.exponent().big_endian_without_leading_zero());
        json!({ "use": "sig", "kty": "RSA", "kid": self.kid, "alg": "RS256", "n": n, "e": e })
    }
}

/// A P-256 key for ES256.
pub(crate) struct EcKey {
    pub(crate) kid: String,
    pair: EcdsaKeyPair,
}

impl EcKey {
    pub(crate) fn generate() -> Self {
        Self { kid: public_kid(), pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(HEALTHY) }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message).expect(HEALTHY).as_ref().to_vec()
    }

    fn kept(kid: String, pkcs8: &[u8]) -> Result<Self, &'static str> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8);
        Ok(Self { kid, pair: pair.map_err(|_| "holds no P-256 key that can be read")? })
    }

    fn pkcs8(&self) -> Vec<u8> {
        self.pair.to_pkcs8v1().expect(HEALTHY).as_ref().to_vec()
    }

    fn jwk(&self) -> Value {
        // An uncompressed point: the byte 4, then 32 bytes each of x and y (SEC 1 section 2.3.3).
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let x = base64url(x);
        let y = base64url(y);
        json!({ "use": "sig", "kty": "EC", "crv": "P-256", "kid": self.kid, "alg": "ES256", "x": x, "y": y })
    }
}

/// The pair of keys, one per algorithm, that is published and withdrawn together.
pub(crate) struct Generation {
    pub(crate) rsa: RsaKey,
    pub(crate) ec: EcKey,
}

impl Generation {
    pub(crate) fn generate(bits: RsaBits) -> Self {
        Self { rsa: RsaKey::generate(bits), ec: EcKey::generate() }
    }
}

/// The two keys as a file keeps them.
pub(crate) struct KeptPair {
    pub(crate) rsa: Vec<u8>,
    pub(crate) ec: Vec<u8>,
}

impl Generation {
    /// The kids are derived from the seed, so that the keys keep their names as well.
    pub(crate) fn kept(pair: &KeptPair, seed: &str, bits: RsaBits) -> Result<Self, &'static str> {
        let kid = |label: &str| format!("public:{}", random::uuid_from(random::derived(seed, label)));
        Ok(Self { rsa: RsaKey::kept(kid("rsa"), &pair.rsa, bits)?, ec: EcKey::kept(kid("ec"), &pair.ec)? })
    }

    pub(crate) fn to_kept(&self) -> KeptPair {
        KeptPair { rsa: self.rsa.pkcs8(), ec: self.ec.pkcs8() }
    }
}

/// A generation that may still be in the making: RSA keys take a while, and nobody need wait for them at the start.
pub(crate) type Pending = Arc<LazyLock<Generation, Box<dyn FnOnce() -> Generation + Send>>>;

/// Makes keys on a thread of its own; whoever needs them earlier waits.
pub(crate) fn in_the_making(bits: RsaBits) -> Pending {
    let pending: Pending = Arc::new(LazyLock::new(Box::new(move || Generation::generate(bits))));
    let made = Arc::clone(&pending);
    // Without a thread they are made by whoever needs them first.
    let _ = thread::Builder::new().name("vipps-emulator-keys".to_owned()).spawn(move || _ = LazyLock::force(&made));
    pending
}

pub(crate) fn made(generation: Generation) -> Pending {
    Arc::new(LazyLock::new(Box::new(move || generation)))
}

/// Every generation that was ever published, and one that never was.
pub(crate) struct KeyRing {
    current: Pending,
    older: Vec<Pending>,
    withdrawn: Option<Pending>,
    stranger: OnceLock<Generation>,
}

impl KeyRing {
    pub(crate) fn new(current: Pending) -> Self {
        Self { current, older: Vec::new(), withdrawn: None, stranger: OnceLock::new() }
    }

    /// The generation that signs.
    pub(crate) fn current(&self) -> &Generation {
        &self.current
    }

    /// The generation that was withdrawn last, or else one that was never published.
    pub(crate) fn withdrawn(&self) -> &Generation {
        match &self.withdrawn {
            Some(withdrawn) => withdrawn,
            None => self.stranger(),
        }
    }

    /// A generation that is never published.
    pub(crate) fn stranger(&self) -> &Generation {
        self.stranger.get_or_init(|| Generation::generate(RsaBits::default()))
    }

    /// Signs with `next` from now on; the one before stays published.
    pub(crate) fn rotate(&mut self, next: Generation) {
        let before = std::mem::replace(&mut self.current, made(next));
        self.older.push(before);
    }

    pub(crate) fn withdraw_older(&mut self) {
        self.withdrawn = self.older.drain(..).next_back().or_else(|| self.withdrawn.take());
    }

    /// The published keys (RFC 7517), newest first.
    pub(crate) fn jwks(&self) -> Value {
        let published = || std::iter::once(&self.current).chain(self.older.iter().rev());
        let rsa = published().map(|generation| generation.rsa.jwk());
        let ec = published().map(|generation| generation.ec.jwk());
        json!({ "keys": rsa.chain(ec).collect::<Vec<_>>() })
    }
}

fn public_kid() -> String {
    format!("public:{}", random::uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kids(ring: &KeyRing) -> Vec<String> {
        let jwks = ring.jwks();
        let keys = jwks["keys"].as_array().expect("an array");
        keys.iter().map(|key| key["kid"].as_str().expect("text").to_owned()).collect()
    }

    fn generation() -> Generation {
        Generation::generate(RsaBits::Bits2048)
    }

    #[test]
    fn rotation_publishes_the_new_beside_the_old_until_it_is_withdrawn() {
        let mut ring = KeyRing::new(made(generation()));
        let first = kids(&ring);
        ring.rotate(generation());
        let both = kids(&ring);
        assert_eq!(both.len(), 4);
        assert_eq!([&both[1], &both[3]], [&first[0], &first[1]]);
        ring.withdraw_older();
        assert_eq!(kids(&ring), [both[0].clone(), both[2].clone()]);
        assert_eq!(ring.withdrawn().rsa.kid, first[0]);
        ring.withdraw_older();
        assert_eq!(ring.withdrawn().rsa.kid, first[0], "nothing left to withdraw");
    }

    #[test]
    fn a_stranger_is_never_published() {
        let ring = KeyRing::new(made(generation()));
        assert_eq!(ring.withdrawn().rsa.kid, ring.stranger().rsa.kid);
        assert!(!kids(&ring).contains(&ring.stranger().rsa.kid));
    }

    #[test]
    fn public_halves_have_their_full_length() {
        let key = RsaKey::generate(RsaBits::Bits3072);
        assert_eq!(key.jwk()["n"].as_str().map(str::len), Some(512));
        assert_eq!(key.jwk()["e"], "AQAB");
        assert!(key.public_pem().lines().all(|line| line.len() <= 64));
        let ec = EcKey::generate().jwk();
        assert_eq!((ec["x"].as_str().map(str::len), ec["y"].as_str().map(str::len)), (Some(43), Some(43)));
    }
}
