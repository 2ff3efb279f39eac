//! The compact form of a JWS (RFC 7515 section 7.1) and its header, read strictly.

use std::str::from_utf8;

use base64_simd::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use memchr::{memchr, memrchr};

use super::{Flow, IdTokenVerifier};
use crate::{
    error::{Error, Result},
    json::{Json, Places, object},
};

/// A token taken apart. Nothing of it is believed yet.
pub(super) struct Compact<'a> {
    pub(super) header: &'a str,
    pub(super) signing_input: &'a str,
    /// The payload, then the signature: one allocation for both.
    decoded: Vec<u8>,
    payload_length: usize,
}

impl<'a> Compact<'a> {
    pub(super) fn parse(jwt: &'a str) -> Result<Self> {
        if jwt.len() > IdTokenVerifier::LONGEST_TOKEN {
            return Err(form("the token is larger than 16 KiB"));
        }
        // A third dot would stand in the payload, where base64url refuses it.
        let dots = (memchr(b'.', jwt.as_bytes()), memrchr(b'.', jwt.as_bytes()));
        let (Some(first), Some(last)) = dots else { return Err(not_three_parts()) };
        if first == last {
            return Err(not_three_parts());
        }
        let mut decoded = Vec::with_capacity(jwt.len() - first);
        append_decoded(&jwt[first + 1..last], &mut decoded)?;
        let payload_length = decoded.len();
        append_decoded(&jwt[last + 1..], &mut decoded)?;
        Ok(Self { header: &jwt[..first], signing_input: &jwt[..last], decoded, payload_length })
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.decoded[self.payload_length..]
    }

    pub(super) fn into_payload(mut self) -> Vec<u8> {
        self.decoded.truncate(self.payload_length);
        self.decoded
    }
}

/// What the header says, once it is known to say nothing wrong.
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
}

/// The members that are judged. `jku`, `jwk`, `x5u`, `x5c`, `x5t` and `zip` are not: a token must not choose its key.
#[derive(Default)]
struct Members<'a> {
    alg: Option<Json<'a>>,
    typ: Option<Json<'a>>,
    crit: Option<Json<'a>>,
    b64: Option<Json<'a>>,
    kid: Option<Json<'a>>,
}

impl<'a> Places<'a> for Members<'a> {
    fn place(&mut self, name: &str) -> Option<&mut Option<Json<'a>>> {
        Some(match name {
            "alg" => &mut self.alg,
            "typ" => &mut self.typ,
            "crit" => &mut self.crit,
            "b64" => &mut self.b64,
            "kid" => &mut self.kid,
            _ => return None,
        })
    }
}

impl Header {
    pub(super) fn parse(encoded: &str, flow: Flow) -> Result<Self> {
        let mut json = Vec::new();
        append_decoded(encoded, &mut json)?;
        let not_an_object = || form("the header is not a json object with distinct members");
        let members: Members<'_> = from_utf8(&json).ok().and_then(object).ok_or_else(not_an_object)?;
        let algorithm = members.algorithm(flow)?;
        members.check_typ()?;
        if members.crit.or(members.b64).is_some() {
            return Err(Error::invalid_id_token("crit", "the header asks for an extension"));
        }
        Ok(Self { algorithm, kid: members.kid()? })
    }
}

impl Members<'_> {
    fn algorithm(&self, flow: Flow) -> Result<Algorithm> {
        check_not_null("alg", self.alg)?;
        let algorithm: Option<Algorithm> = self.alg.and_then(Json::text).and_then(|name| name.parse().ok());
        algorithm
            .filter(|algorithm| flow.allows(*algorithm))
            .ok_or_else(|| Error::invalid_id_token("alg", "the alg of the token is not one that this flow allows"))
    }

    fn check_typ(&self) -> Result<()> {
        check_not_null("typ", self.typ)?;
        let is_jwt = |typ: Json<'_>| typ.text().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"));
        if self.typ.is_none_or(is_jwt) {
            return Ok(());
        }
        Err(Error::invalid_id_token("typ", "the typ of the token is not JWT"))
    }

    fn kid(&self) -> Result<Option<String>> {
        check_not_null("kid", self.kid)?;
        let not_a_string = || Error::invalid_id_token("kid", "the key id is not a string");
        self.kid.map(|kid| kid.text().map(String::from).ok_or_else(not_a_string)).transpose()
    }
}

/// A member that is null is there, so it is wrong, and the text says why.
pub(super) fn check_not_null(name: &'static str, member: Option<Json<'_>>) -> Result<()> {
    if member.is_some_and(Json::is_null) {
        return Err(Error::invalid_id_token(name, format!("the {name} of the token is null")));
    }
    Ok(())
}

/// base64url without padding, white space or loose last bits (RFC 7515 section 2).
fn append_decoded(part: &str, decoded: &mut Vec<u8>) -> Result<()> {
    URL_SAFE_NO_PAD.decode_append(part, decoded).map_err(|_| form("a part of the token is not strict base64url"))
}

fn form(detail: &'static str) -> Error {
    Error::invalid_id_token("form", detail)
}

fn not_three_parts() -> Error {
    form("the token does not have three parts")
}
