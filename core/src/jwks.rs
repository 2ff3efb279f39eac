//! JSON Web Key Sets (RFC 7517): which keys can be used, held ready for use.

use std::sync::OnceLock;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use crate::event::{Event, Events};

/// The keys of a set that fit one of our algorithms. Never empty.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<Key>,
    /// Ids of keys that are there but fit nothing: naming one is no reason to load the set again.
    unfit: Vec<String>,
}

/// A public key, parsed once, so that a check costs one signature verification and little else.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) kid: Option<String>,
    pub(crate) algorithm: Algorithm,
    public: ParsedPublicKey,
    /// The encoded header that this key last vouched for: all tokens of one key have the same, so it is parsed once.
    pub(crate) known_header: OnceLock<Box<str>>,
}

/// The algorithms an ID token may be signed with (RFC 7518 section 3.1). Our own list, never the token's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
}

/// Which keys a token's header points to.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Keys(Vec<&'a Key>),
    /// The named key is there but does not fit the token, or no name was given and not exactly one fits.
    Unfit,
    Unknown,
}

/// Why a set could not be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetFault {
    TooLarge,
    Malformed,
    NoUsableKey,
}

const MAX_SET_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 64;

impl KeySet {
    pub(crate) fn parse(json: &[u8], events: &Events) -> Result<Self, SetFault> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        if json.len() > MAX_SET_BYTES {
            return Err(SetFault::TooLarge);
        }
        let set: Set = serde_json::from_slice(json).map_err(|_| SetFault::Malformed)?;
        if set.keys.len() > MAX_KEYS {
            return Err(SetFault::TooLarge);
        }
        Self::of(set.keys, events)
    }

    fn of(members: Vec<Value>, events: &Events) -> Result<Self, SetFault> {
        let mut set = Self { keys: Vec::new(), unfit: Vec::new() };
        for member in members {
            let kid = member.get("kid").and_then(Value::as_str).map(str::to_owned);
            match Key::parse(member) {
                Ok(key) => set.keys.push(key),
                Err(fault) => {
                    set.unfit.extend(kid);
                    fault.tell(events);
                }
            }
        }
        if set.keys.is_empty() { Err(SetFault::NoUsableKey) } else { Ok(set) }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key that has vouched for this very header before.
    pub(crate) fn by_known_header(&self, header: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.known_header.get().is_some_and(|known| **known == *header))
    }

    pub(crate) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Found<'_> {
        let Some(kid) = kid else {
            return self.only_one(algorithm);
        };
        let named: Vec<_> = self.keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect();
        if named.is_empty() && !self.unfit.iter().any(|unfit| unfit == kid) {
            return Found::Unknown;
        }
        let fitting: Vec<_> = named.into_iter().filter(|key| key.algorithm == algorithm).collect();
        if fitting.is_empty() { Found::Unfit } else { Found::Keys(fitting) }
    }

    fn only_one(&self, algorithm: Algorithm) -> Found<'_> {
        let fitting: Vec<_> = self.keys.iter().filter(|key| key.algorithm == algorithm).collect();
        if fitting.len() == 1 { Found::Keys(fitting) } else { Found::Unfit }
    }
}

impl SetFault {
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::TooLarge => "the key set is larger than 256 KiB or 64 keys",
            Self::Malformed => "the key set is not a json object with an array of keys",
            Self::NoUsableKey => "the key set holds no key that can be used",
        }
    }
}

/// Why one key of a set is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyFault {
    /// For another purpose than ours, which is nobody's fault.
    OtherPurpose,
    Private,
    Weak,
    Malformed,
}

impl KeyFault {
    fn tell(self, events: &Events) {
        let reason = match self {
            Self::OtherPurpose => return,
            Self::Private => "private",
            Self::Weak => "weak",
            Self::Malformed => "malformed",
        };
        events.tell(Event::KeySkipped { reason });
    }
}

/// Members that only a private or symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Key {
    fn parse(member: Value) -> Result<Self, KeyFault> {
        if PRIVATE_MEMBERS.iter().any(|name| member.get(name).is_some()) {
            return Err(KeyFault::Private);
        }
        let kind = member.get("kty").and_then(Value::as_str).ok_or(KeyFault::Malformed)?;
        if !matches!(kind, "RSA" | "EC") {
            return Err(KeyFault::OtherPurpose);
        }
        let jwk: Jwk = serde_json::from_value(member).map_err(|_| KeyFault::Malformed)?;
        let (algorithm, public) = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => (Algorithm::Rs256, rsa_key(&rsa.n, &rsa.e)),
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
                (Algorithm::Es256, ec_key(&ec.x, &ec.y))
            }
            AlgorithmParameters::EllipticCurve(_) => return Err(KeyFault::OtherPurpose),
            _ => return Err(KeyFault::Malformed),
        };
        if !is_for_signatures_of(&jwk, algorithm) {
            return Err(KeyFault::OtherPurpose);
        }
        Ok(Self { kid: jwk.common.key_id, algorithm, public: public?, known_header: OnceLock::new() })
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

fn is_for_signatures_of(jwk: &Jwk, algorithm: Algorithm) -> bool {
    let common = &jwk.common;
    let declared = match algorithm {
        Algorithm::Rs256 => KeyAlgorithm::RS256,
        Algorithm::Es256 => KeyAlgorithm::ES256,
    };
    common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify))
        && common.key_algorithm.is_none_or(|own| own == declared)
}

fn rsa_key(n: &str, e: &str) -> Result<ParsedPublicKey, KeyFault> {
    let (n, e) = (integer(n)?, integer(e)?);
    let (modulus, exponent) = (without_leading_zeros(&n), without_leading_zeros(&e));
    if !(2048..=8192).contains(&bits(modulus)) || !is_odd(modulus) || !is_sound_exponent(exponent) {
        return Err(KeyFault::Weak);
    }
    RsaPublicKeyComponents { n: modulus, e: exponent }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .map_err(|_| KeyFault::Malformed)
}

fn ec_key(x: &str, y: &str) -> Result<ParsedPublicKey, KeyFault> {
    let (x, y) = (integer(x)?, integer(y)?);
    if x.len() != 32 || y.len() != 32 {
        return Err(KeyFault::Malformed);
    }
    let point = [&[4], &*x, &*y].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyFault::Malformed)
}

fn integer(text: &str) -> Result<Vec<u8>, KeyFault> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyFault::Malformed)
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// Odd, at least 3, less than 2^33.
fn is_sound_exponent(exponent: &[u8]) -> bool {
    is_odd(exponent) && bits(exponent) <= 33 && exponent != [1]
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte % 2 == 1)
}
