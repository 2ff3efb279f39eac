//! JSON Web Key Sets (RFC 7517): which keys can be used, held ready for use.

use std::{fmt, sync::OnceLock};

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde_json::Value;

use self::KeyFault::{OtherPurpose, Unfit};
use crate::{
    event::{Event, Events},
    json::Document,
};

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

/// Which keys a token's header points to.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Keys(Vec<&'a Key>),
    /// The named key is there but does not fit the token, or no name was given and not exactly one fits.
    Unfit,
    Unknown,
}

/// Why a set could not be used at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetFault {
    TooLarge,
    TooManyKeys,
    Malformed,
    /// With what was wrong with each key.
    NoUsableKey(Vec<(String, KeyFault)>),
}

const MAX_SET_BYTES: usize = 256 * 1024;
const MAX_KEYS: usize = 64;

impl KeySet {
    pub(crate) fn parse(json: &[u8], events: &Events) -> Result<Self, SetFault> {
        if json.len() > MAX_SET_BYTES {
            return Err(SetFault::TooLarge);
        }
        let document = Document::read_object(json).ok_or(SetFault::Malformed)?;
        let keys = document.get("keys").and_then(Value::as_array).ok_or(SetFault::Malformed)?;
        if keys.len() > MAX_KEYS {
            return Err(SetFault::TooManyKeys);
        }
        Self::of(keys, events)
    }

    fn of(members: &[Value], events: &Events) -> Result<Self, SetFault> {
        let mut set = Self { keys: Vec::new(), unfit: Vec::new() };
        let mut faults = Vec::new();
        for (place, member) in (1..).zip(members) {
            match Key::parse(member) {
                Ok(key) => set.keys.push(key),
                Err(fault) => {
                    set.unfit.extend(kid_of(member));
                    faults.push((name_of(member, place), fault));
                }
            }
        }
        for (key, fault) in &faults {
            events.tell(Event::KeySkipped {
                key: key.clone(),
                reason: fault.reason(),
                other_purpose: fault.is_other_purpose(),
            });
        }
        if set.keys.is_empty() { Err(SetFault::NoUsableKey(faults)) } else { Ok(set) }
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

fn kid_of(member: &Value) -> Option<String> {
    member.get("kid").and_then(Value::as_str).map(str::to_owned)
}

/// What a key is called where people read of it: its `kid` where that has the form of an id, else its place in the set.
fn name_of(member: &Value, place: usize) -> String {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/+=".contains(&byte);
    let is_id = |kid: &String| (1..=100).contains(&kid.len()) && kid.bytes().all(is_allowed);
    kid_of(member).filter(is_id).unwrap_or_else(|| format!("#{place}"))
}

impl fmt::Display for SetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("the key set is larger than 256 KiB"),
            Self::TooManyKeys => f.write_str("the key set holds more than 64 keys"),
            Self::Malformed => f.write_str("the key set is not a json object with an array of keys"),
            Self::NoUsableKey(faults) => write_faults(faults, f),
        }
    }
}

fn write_faults(faults: &[(String, KeyFault)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("the key set holds no usable key")?;
    for (index, (key, fault)) in faults.iter().take(MOST_FAULTS).enumerate() {
        let mark = if index == 0 { ":" } else { ";" };
        write!(f, "{mark} key `{key}`: {}", fault.reason())?;
    }
    match faults.len().saturating_sub(MOST_FAULTS) {
        0 => Ok(()),
        more => write!(f, "; and {more} more"),
    }
}

/// So many are told in one text.
const MOST_FAULTS: usize = 8;

/// Why one key of a set is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFault {
    /// For another purpose than ours, which is nobody's fault.
    OtherPurpose(&'static str),
    /// Not to be used by anybody.
    Unfit(&'static str),
}

impl KeyFault {
    /// In words that can stand after the name of the key.
    fn reason(self) -> &'static str {
        match self {
            Self::OtherPurpose(reason) | Self::Unfit(reason) => reason,
        }
    }

    fn is_other_purpose(self) -> bool {
        matches!(self, Self::OtherPurpose(_))
    }
}

/// Members that only a private or symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Key {
    /// Only what makes the key, and what restricts it, is judged. An optional member of another type than its own
    /// restricts nothing.
    fn parse(jwk: &Value) -> Result<Self, KeyFault> {
        if !jwk.is_object() {
            return Err(Unfit("it is not a json object"));
        }
        if PRIVATE_MEMBERS.iter().any(|name| jwk.get(name).is_some_and(|member| !member.is_null())) {
            return Err(Unfit("it holds members of a private key"));
        }
        let (algorithm, public) = match text(jwk, "kty").ok_or(Unfit("its kty is no text"))? {
            "RSA" => (Algorithm::RS256, rsa_key(jwk)),
            "EC" => (Algorithm::ES256, ec_key(jwk)),
            _ => return Err(OtherPurpose("its kty is neither RSA nor EC")),
        };
        check_purpose(jwk, algorithm)?;
        Ok(Self { kid: kid_of(jwk), algorithm, public: public?, known_header: OnceLock::new() })
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

fn text<'a>(jwk: &'a Value, name: &str) -> Option<&'a str> {
    jwk.get(name).and_then(Value::as_str)
}

/// RFC 7517 sections 4.2 to 4.4.
fn check_purpose(jwk: &Value, algorithm: Algorithm) -> Result<(), KeyFault> {
    if text(jwk, "use").is_some_and(|usage| usage != "sig") {
        return Err(OtherPurpose("its use is not sig"));
    }
    let operations = jwk.get("key_ops").and_then(Value::as_array);
    if operations.is_some_and(|operations| !operations.iter().any(|operation| operation == "verify")) {
        return Err(OtherPurpose("its key_ops hold no verify"));
    }
    if text(jwk, "alg").is_none_or(|alg| alg.parse() == Ok(algorithm)) {
        return Ok(());
    }
    Err(OtherPurpose(match algorithm {
        Algorithm::ES256 => "its alg is not ES256",
        _ => "its alg is not RS256",
    }))
}

/// RFC 7518 section 6.3.1.
fn rsa_key(jwk: &Value) -> Result<ParsedPublicKey, KeyFault> {
    let n = integer(jwk, "n", &MODULUS)?;
    let e = integer(jwk, "e", &EXPONENT)?;
    let modulus = without_leading_zeros(&n);
    let exponent = without_leading_zeros(&e);
    match bits(modulus) {
        ..2048 => return Err(Unfit("the modulus has less than 2048 bits")),
        2048..=8192 => {}
        _ => return Err(Unfit("the modulus has more than 8192 bits")),
    }
    if !is_odd(modulus) {
        return Err(Unfit("the modulus is even"));
    }
    if !is_sound_exponent(exponent) {
        return Err(Unfit("the exponent is even, less than 3 or longer than 33 bits"));
    }
    RsaPublicKeyComponents { n: modulus, e: exponent }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .map_err(|_| Unfit("the modulus and exponent make no key"))
}

/// RFC 7518 section 6.2.1.
fn ec_key(jwk: &Value) -> Result<ParsedPublicKey, KeyFault> {
    match text(jwk, "crv") {
        Some("P-256") => {}
        Some(_) => return Err(OtherPurpose("its crv is not P-256")),
        None => return Err(Unfit("its crv is no text")),
    }
    let x = integer(jwk, "x", &X)?;
    let y = integer(jwk, "y", &Y)?;
    if x.len() != 32 || y.len() != 32 {
        return Err(Unfit("its coordinates have not 32 bytes each"));
    }
    let point = [&[4], &*x, &*y].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| Unfit("its point is not on the curve"))
}

/// What can be wrong with one number, in words.
struct NumberFaults {
    not_text: &'static str,
    padded: &'static str,
    not_base64url: &'static str,
}

const MODULUS: NumberFaults = NumberFaults {
    not_text: "the modulus is missing or no text",
    padded: "the modulus has padding",
    not_base64url: "the modulus is not strict base64url",
};
const EXPONENT: NumberFaults = NumberFaults {
    not_text: "the exponent is missing or no text",
    padded: "the exponent has padding",
    not_base64url: "the exponent is not strict base64url",
};
const X: NumberFaults = NumberFaults {
    not_text: "the coordinate x is missing or no text",
    padded: "the coordinate x has padding",
    not_base64url: "the coordinate x is not strict base64url",
};
const Y: NumberFaults = NumberFaults {
    not_text: "the coordinate y is missing or no text",
    padded: "the coordinate y has padding",
    not_base64url: "the coordinate y is not strict base64url",
};

fn integer(jwk: &Value, name: &str, faults: &NumberFaults) -> Result<Vec<u8>, KeyFault> {
    let text = text(jwk, name).ok_or(Unfit(faults.not_text))?;
    let fault = if text.ends_with('=') { faults.padded } else { faults.not_base64url };
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| Unfit(fault))
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
