//! The test-only keys of `tests/keys`: what they sign, and how they look as JWKs.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair as RsaKeyPair,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PSS_2048_8192_SHA256, RsaEncoding, RsaParameters,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::members::{Members, quote};

/// One key pair of the folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// RSA, 2048 bits: signs unless a case says otherwise.
    A,
    /// RSA, 2048 bits: the other good key.
    B,
    /// RSA, 2048 bits, exponent 3.
    E3,
    /// RSA, 4096 bits: the size Vipps' documentation shows.
    Big,
    /// RSA, 1024 bits: too small.
    Small,
    /// EC, P-256.
    Ec,
}

impl Key {
    /// The `kid` under which this key is published.
    pub(super) fn kid(self) -> &'static str {
        match self {
            Self::Big => "public:aaaaaaaa-0000-4000-8000-000000000001",
            Self::A => "public:bbbbbbbb-0000-4000-8000-000000000002",
            Self::B => "public:cccccccc-0000-4000-8000-000000000003",
            Self::E3 => "public:dddddddd-0000-4000-8000-000000000004",
            Self::Small => "public:eeeeeeee-0000-4000-8000-000000000005",
            Self::Ec => "fixture-ec-1",
        }
    }

    /// The public half as Vipps publishes it.
    pub(super) fn jwk(self) -> Jwk {
        let kid = quote(self.kid());
        let [use_, rsa, ec] = [r#""sig""#, r#""RSA""#, r#""EC""#];
        let [rs256, es256, p256] = [r#""RS256""#, r#""ES256""#, r#""P-256""#];
        if self == Self::Ec {
            let point = self.point();
            let [x, y] = [&point[1..33], &point[33..]].map(base64url);
            let parts =
                [("use", use_), ("kty", ec), ("crv", p256), ("kid", &kid), ("alg", es256), ("x", &x), ("y", &y)];
            return Jwk(parts.into());
        }
        let [n, e, _] = self.rsa_numbers();
        let [n, e] = [n, e].map(|number| base64url(&number));
        Jwk([("use", use_), ("kty", rsa), ("kid", &kid), ("alg", rs256), ("n", &n), ("e", &e)].into())
    }

    /// The private exponent as a JWK would leak it.
    pub(super) fn private_exponent(self) -> String {
        let [_, _, d] = self.rsa_numbers();
        base64url(&d)
    }

    pub(super) fn modulus(self) -> Vec<u8> {
        let [n, ..] = self.rsa_numbers();
        n
    }

    /// A signature that is the same every time.
    pub(super) fn sign_rsa(self, encoding: &'static dyn RsaEncoding, input: &[u8]) -> Vec<u8> {
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8()).expect("an RSA key of 2048 bits or more");
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), input, &mut signature).expect("an RSA signature");
        signature
    }

    /// A signature that differs every time.
    pub(super) fn sign_ecdsa(self, input: &[u8]) -> Vec<u8> {
        self.ec_pair().sign(&SystemRandom::new(), input).expect("an ECDSA signature").as_ref().to_vec()
    }

    /// Whether an ES256 signature is good.
    pub(super) fn verifies_ecdsa(self, input: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.point()).verify(input, signature).is_ok()
    }

    /// Whether a PS256 signature is good.
    pub(super) fn verifies_pss(self, input: &[u8], signature: &[u8]) -> bool {
        self.verifies_rsa(&RSA_PSS_2048_8192_SHA256, input, signature)
    }

    /// Whether an RS256 signature is good, also by the key that is too small.
    pub(super) fn verifies_small(self, input: &[u8], signature: &[u8]) -> bool {
        self.verifies_rsa(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, input, signature)
    }

    fn verifies_rsa(self, parameters: &'static RsaParameters, input: &[u8], signature: &[u8]) -> bool {
        let [n, e, _] = self.rsa_numbers();
        RsaPublicKeyComponents { n, e }.verify(parameters, input, signature).is_ok()
    }

    fn ec_pair(self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.pkcs8()).expect("a P-256 key")
    }

    /// The uncompressed point: 4, x, y.
    fn point(self) -> Vec<u8> {
        self.ec_pair().public_key().as_ref().to_vec()
    }

    /// `n`, `e` and `d`, read from PKCS#8 (RFC 5208) around `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    fn rsa_numbers(self) -> [Vec<u8>; 3] {
        let der = self.pkcs8();
        let [info, ..] = der_values(&der)[..] else { panic!("PKCS#8 is one sequence") };
        let [_, _, octets] = der_values(info)[..] else { panic!("version, algorithm, key") };
        let [key] = der_values(octets)[..] else { panic!("RSAPrivateKey is one sequence") };
        let [_, n, e, d, ..] = der_values(key)[..] else { panic!("version, n, e, d, …") };
        [n, e, d].map(|number| number.strip_prefix(&[0]).unwrap_or(number).to_vec())
    }

    fn pkcs8(self) -> Vec<u8> {
        let base64: String = self.pem().lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(base64).expect("PEM holds base64")
    }

    pub(super) fn pem(self) -> &'static str {
        match self {
            Self::A => include_str!("../../keys/test-only-rsa-2048-a.pem"),
            Self::B => include_str!("../../keys/test-only-rsa-2048-b.pem"),
            Self::E3 => include_str!("../../keys/test-only-rsa-2048-e3.pem"),
            Self::Big => include_str!("../../keys/test-only-rsa-4096.pem"),
            Self::Small => include_str!("../../keys/test-only-rsa-1024.pem"),
            Self::Ec => include_str!("../../keys/test-only-ec-p256.pem"),
        }
    }
}

/// The public half of [`Key::A`] as a PEM file: what an attacker would use as an HMAC secret.
pub(super) const PUBLIC_PEM: &str = include_str!("../../keys/test-only-rsa-2048-a.pub.pem");

/// One entry of a key set, to be bent by a case.
#[derive(Clone)]
pub(super) struct Jwk(Members);

impl Jwk {
    pub(super) fn text(mut self, name: &str, value: &str) -> Self {
        self.0.set(name, &quote(value));
        self
    }

    pub(super) fn raw(mut self, name: &str, json: &str) -> Self {
        self.0.set(name, json);
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    pub(super) fn render(&self) -> String {
        self.0.render_spaced()
    }
}

/// A key set of these entries.
pub(super) fn key_set(entries: &[Jwk]) -> String {
    let entries: Vec<_> = entries.iter().map(Jwk::render).collect();
    format!("{{ \"keys\": [{}] }}", entries.join(", "))
}

/// Bytes as a JSON string of unpadded base64url.
pub(super) fn base64url(bytes: &[u8]) -> String {
    quote(&URL_SAFE_NO_PAD.encode(bytes))
}

/// The contents of the DER values that stand one after the other (X.690 section 8.1).
fn der_values(mut der: &[u8]) -> Vec<&[u8]> {
    let mut values = Vec::new();
    while let [_tag, first, rest @ ..] = der {
        let extra = if *first < 0x80 { 0 } else { usize::from(first & 0x7f) };
        let (digits, rest) = rest.split_at(extra);
        let length = if extra == 0 { usize::from(*first) } else { big_endian(digits) };
        let (value, next) = rest.split_at(length);
        values.push(value);
        der = next;
    }
    values
}

fn big_endian(digits: &[u8]) -> usize {
    digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit))
}
