//! The recipe of an ID token, by name.

use std::time::Duration;

use pyo3::{exceptions::PyTypeError, prelude::*, types::PyDict};
use serde_json::Value;
use vipps_emulator::{AuthReqIdName, IdTokenSpec, SignedBy, SigningAlg};

use super::choice;
use crate::convert::{json_members, span, text, texts};

/// Changes to a good ID token, in the order in which they were named.
pub(super) struct Bends(Vec<Bend>);

enum Bend {
    Subject(String),
    Nonce(String),
    AccessToken(String),
    Acr(String),
    AuthReqId(AuthReqIdName, String),
    Lifetime(Duration),
    Alg(SigningAlg),
    SignedBy(SignedBy),
    Claim(String, Value),
    WithoutClaim(String),
    Header(String, Value),
    WithoutHeader(String),
}

impl Bends {
    pub(super) fn parse(given: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(given) = given else { return Ok(Self(Vec::new())) };
        let name =
            given.get_item("auth_req_id_name")?.map_or(Ok(AuthReqIdName::Snake), |name| auth_req_id_name(&name))?;
        let mut bends = Vec::new();
        for (key, value) in given {
            bends.extend(parse(&text("bends", &key)?, &value, name)?);
        }
        Ok(Self(bends))
    }

    pub(super) fn apply(self, spec: IdTokenSpec) -> IdTokenSpec {
        self.0.into_iter().fold(spec, |spec, bend| bend.apply(spec))
    }
}

fn parse(name: &str, value: &Bound<'_, PyAny>, id_name: AuthReqIdName) -> PyResult<Vec<Bend>> {
    Ok(match name {
        "subject" => vec![Bend::Subject(text(name, value)?)],
        "nonce" => vec![Bend::Nonce(text(name, value)?)],
        "access_token" => vec![Bend::AccessToken(text(name, value)?)],
        "acr" => vec![Bend::Acr(text(name, value)?)],
        "auth_req_id" => vec![Bend::AuthReqId(id_name, text(name, value)?)],
        "auth_req_id_name" => Vec::new(),
        "lifetime" => vec![Bend::Lifetime(span(name, value)?)],
        "alg" => vec![Bend::Alg(choice(name, value, &[("RS256", SigningAlg::Rs256), ("ES256", SigningAlg::Es256)])?)],
        "signed_by" => vec![Bend::SignedBy(signer(value)?)],
        "claims" => named(json_members(name, Some(value))?, Bend::Claim),
        "header" => named(json_members(name, Some(value))?, Bend::Header),
        "without_claims" => texts(name, value)?.into_iter().map(Bend::WithoutClaim).collect(),
        "without_header" => texts(name, value)?.into_iter().map(Bend::WithoutHeader).collect(),
        _ => return Err(PyTypeError::new_err(format!("there is no bend {name}"))),
    })
}

fn named(members: Vec<(String, Value)>, bend: fn(String, Value) -> Bend) -> Vec<Bend> {
    members.into_iter().map(|(name, value)| bend(name, value)).collect()
}

fn signer(value: &Bound<'_, PyAny>) -> PyResult<SignedBy> {
    let all = [
        ("current", SignedBy::Current),
        ("withdrawn", SignedBy::Withdrawn),
        ("unknown", SignedBy::Unknown),
        ("forger", SignedBy::Forger),
        ("public_key_hmac", SignedBy::PublicKeyHmac),
        ("nobody", SignedBy::Nobody),
    ];
    choice("signed_by", value, &all)
}

pub(super) fn auth_req_id_name(value: &Bound<'_, PyAny>) -> PyResult<AuthReqIdName> {
    let all = [("snake", AuthReqIdName::Snake), ("camel", AuthReqIdName::Camel), ("urn", AuthReqIdName::Urn)];
    choice("auth_req_id_name", value, &all)
}

impl Bend {
    fn apply(self, spec: IdTokenSpec) -> IdTokenSpec {
        match self {
            Self::Subject(sub) => spec.subject(sub),
            Self::Nonce(nonce) => spec.nonce(nonce),
            Self::AccessToken(token) => spec.access_token(&token),
            Self::Acr(acr) => spec.acr(acr),
            Self::AuthReqId(name, id) => spec.auth_req_id(name, id),
            Self::Lifetime(lifetime) => spec.lifetime(lifetime),
            Self::Alg(alg) => spec.alg(alg),
            Self::SignedBy(signer) => spec.signed_by(signer),
            Self::Claim(name, value) => spec.claim(name, value),
            Self::WithoutClaim(name) => spec.without_claim(name),
            Self::Header(name, value) => spec.header(name, value),
            Self::WithoutHeader(name) => spec.without_header(name),
        }
    }
}
