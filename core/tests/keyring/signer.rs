//! Keys that are made afresh for each run.

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PSS_SHA256,
        RsaEncoding, RsaKeyPair,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

pub(crate) static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("public:rsa-1"));
pub(crate) static OTHER_RSA: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("public:rsa-2"));
/// A key that is in no set unless a test puts it there.
pub(crate) static UNPUBLISHED_RSA: LazyLock<Signer> = LazyLock::new(|| Signer::rsa("public:rsa-9"));
pub(crate) static EC: LazyLock<Signer> = LazyLock::new(|| Signer::ec("public:ec-1"));
pub(crate) static OTHER_EC: LazyLock<Signer> = LazyLock::new(|| Signer::ec("public:ec-2"));

/// A private key and the name its public half is published under.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl Signer {
    pub(crate) fn rsa(kid: &'static str) -> Self {
        Self { kid, pair: Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key pair")) }
    }

    pub(crate) fn ec(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key pair");
        Self { kid, pair: Pair::Ec(pair) }
    }

    /// The algorithm this key signs with unless told otherwise.
    pub(crate) fn alg(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(_) => self.sign_rsa(&RSA_PKCS1_SHA256, message),
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec(),
        }
    }

    pub(crate) fn sign_rs384(&self, message: &[u8]) -> Vec<u8> {
        self.sign_rsa(&RSA_PKCS1_SHA384, message)
    }

    pub(crate) fn sign_ps256(&self, message: &[u8]) -> Vec<u8> {
        self.sign_rsa(&RSA_PSS_SHA256, message)
    }

    fn sign_rsa(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let Pair::Rsa(pair) = &self.pair else { panic!("not an rsa key") };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), message, &mut signature).expect("a signature");
        signature
    }

    /// The public half: PKCS#1 for RSA, the uncompressed point for EC.
    pub(crate) fn public_bytes(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
        }
    }

    /// The public half as it is published.
    pub(crate) fn jwk(&self) -> Value {
        let public = self.public_bytes();
        match self.pair {
            Pair::Rsa(_) => {
                let (n, e) = pkcs1_numbers(public);
                json!({"use": "sig", "kty": "RSA", "kid": self.kid, "alg": "RS256", "n": b64(n), "e": b64(e)})
            }
            Pair::Ec(_) => json!({"use": "sig", "kty": "EC", "crv": "P-256", "kid": self.kid, "alg": "ES256",
                "x": b64(&public[1..33]), "y": b64(&public[33..])}),
        }
    }

    /// The published half with some members set, or taken away by `null`.
    pub(crate) fn jwk_with(&self, members: &Value) -> Value {
        let mut jwk = self.jwk();
        let own = jwk.as_object_mut().expect("an object");
        for (name, value) in members.as_object().expect("an object") {
            if value.is_null() {
                own.remove(name);
            } else {
                own.insert(name.clone(), value.clone());
            }
        }
        jwk
    }
}

/// The modulus and exponent of a DER `RSAPublicKey` (RFC 8017 appendix A.1.1), without leading zeros.
pub(crate) fn pkcs1_numbers(der: &[u8]) -> (&[u8], &[u8]) {
    let (sequence, _) = der_value(der);
    let (modulus, rest) = der_value(sequence);
    let (exponent, _) = der_value(rest);
    (trimmed(modulus), trimmed(exponent))
}

fn der_value(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, header) = match der[1] {
        short @ 0..0x80 => (usize::from(short), 2),
        long => {
            let bytes = usize::from(long & 0x7f);
            let length = der[2..2 + bytes].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, 2 + bytes)
        }
    };
    (&der[header..header + length], &der[header + length..])
}

fn trimmed(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}

fn b64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The set these keys are published in.
pub(crate) fn jwks(signers: &[&Signer]) -> String {
    jwks_of(&signers.iter().map(|signer| signer.jwk()).collect::<Vec<_>>())
}

pub(crate) fn jwks_of(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}
