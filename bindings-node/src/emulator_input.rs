//! What the emulator's controls take, read from JSON. Nothing here is a secret: the emulator's values are invented.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use vipps_emulator as emulator;

use crate::{
    emulator::msn,
    fault::{OrEmulatorFault, emulator_fault},
    words::span,
};

/// Reads what the face wrote; a wrong member is told by name.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> napi::Result<T> {
    serde_json::from_str(json).map_err(|error| emulator_fault(&error.to_string()))
}

/// One of some words.
fn choice<T: Copy>(what: &str, text: &str, all: &[(&str, T)]) -> napi::Result<T> {
    let words: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
    let found = all.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    found.ok_or_else(|| emulator_fault(&format!("{what}: must be one of {}", words.join(", "))))
}

pub(crate) fn subscription_key(text: &str) -> napi::Result<emulator::SubscriptionKey> {
    use emulator::SubscriptionKey::{Primary, Secondary};
    choice("subscription key", text, &[("primary", Primary), ("secondary", Secondary)])
}

pub(crate) fn numbers(text: &str) -> napi::Result<emulator::Numbers> {
    use emulator::Numbers::{AsDocumented, Numbers, Strings};
    choice("numbers", text, &[("as_documented", AsDocumented), ("strings", Strings), ("numbers", Numbers)])
}

pub(crate) fn fields(text: &str) -> napi::Result<emulator::Fields> {
    use emulator::Fields::{Four, Seven};
    choice("fields", text, &[("seven", Seven), ("four", Four)])
}

pub(crate) fn token_kind(text: &str) -> napi::Result<emulator::TokenKind> {
    use emulator::TokenKind::{Login, Specialized, Standard};
    choice("token kind", text, &[("standard", Standard), ("specialized", Specialized), ("login", Login)])
}

pub(crate) fn login_auth_method(text: &str) -> napi::Result<emulator::LoginAuthMethod> {
    use emulator::LoginAuthMethod::{Basic, Post};
    choice("login auth method", text, &[("client_secret_basic", Basic), ("client_secret_post", Post)])
}

pub(crate) fn scopes_outside_plan(text: &str) -> napi::Result<emulator::ScopeOutsidePlan> {
    use emulator::ScopeOutsidePlan::{Dropped, Refused};
    choice("scopes outside plan", text, &[("dropped", Dropped), ("refused", Refused)])
}

pub(crate) fn auth_req_id_name(text: &str) -> napi::Result<emulator::AuthReqIdName> {
    use emulator::AuthReqIdName::{Camel, Snake, Urn};
    choice("auth_req_id name", text, &[Snake, Camel, Urn].map(|name| (name.code(), name)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Start {
    port: Option<u16>,
    mode: Option<String>,
    merchants: Option<Vec<String>>,
    partner_keys: Option<Keys>,
    rsa_bits: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Keys {
    client_id: String,
    client_secret: String,
    subscription_key: String,
    second_subscription_key: String,
}

impl Start {
    pub(crate) fn core(self) -> napi::Result<emulator::Options> {
        use emulator::{
            Mode::{Production, Test},
            RsaBits::{Bits2048, Bits3072, Bits4096},
        };
        let mut options = emulator::Options::default();
        options.port = self.port.unwrap_or(options.port);
        if let Some(mode) = self.mode {
            options.mode = choice("mode", &mode, &[("production", Production), ("test", Test)])?;
        }
        let merchants = self.merchants.unwrap_or_default();
        options.merchants = merchants.iter().map(|text| msn(text)).collect::<napi::Result<_>>()?;
        options.partner_keys = self.partner_keys.map(Keys::core);
        if let Some(bits) = self.rsa_bits {
            let all = [("2048", Bits2048), ("3072", Bits3072), ("4096", Bits4096)];
            options.rsa_bits = choice("rsaBits", &bits.to_string(), &all)?;
        }
        Ok(options)
    }
}

impl Keys {
    fn core(self) -> emulator::Keys {
        emulator::Keys {
            client_id: self.client_id,
            client_secret: self.client_secret,
            subscription_key: self.subscription_key,
            second_subscription_key: self.second_subscription_key,
        }
    }
}

/// How a call goes wrong: a status, or something worse by name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Failure {
    status: Option<u16>,
    shape: Option<String>,
    error: Option<String>,
    retry_after: Option<String>,
    kind: Option<String>,
    delay: Option<f64>,
}

impl Failure {
    pub(crate) fn core(self) -> napi::Result<emulator::Failure> {
        if let Some(delay) = self.delay {
            return Ok(emulator::Failure::Delay(span("delay", delay)?));
        }
        if let Some(kind) = self.kind {
            return Self::by_name(&kind);
        }
        let shape = self.shape.as_deref().unwrap_or("empty").parse().or_emulator_fault()?;
        let status = self.status.ok_or_else(|| emulator_fault("failure: needs a status, a kind or a delay"))?;
        let failure = emulator::Failure::status(status, shape);
        let failure = self.error.into_iter().fold(failure, emulator::Failure::with_error);
        Ok(self.retry_after.into_iter().fold(failure, emulator::Failure::with_retry_after))
    }

    fn by_name(kind: &str) -> napi::Result<emulator::Failure> {
        match kind {
            "drop_before_reading" => Ok(emulator::Failure::DropBeforeReading),
            "drop_after_reading" => Ok(emulator::Failure::DropAfterReading),
            "hang" => Ok(emulator::Failure::Hang),
            _ => Err(emulator_fault("failure: kind must be one of drop_before_reading, drop_after_reading, hang")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

impl Reply {
    pub(crate) fn core(&self) -> napi::Result<emulator::ScriptedReply> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        emulator::ScriptedReply::new(self.status, headers, self.body.clone()).or_emulator_fault()
    }
}

/// What differs from a good ID token.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Bends {
    subject: Option<String>,
    nonce: Option<String>,
    access_token: Option<String>,
    acr: Option<String>,
    lifetime: Option<f64>,
    alg: Option<String>,
    signed_by: Option<String>,
    auth_req_id: BTreeMap<String, String>,
    claims: Map<String, Value>,
    without_claims: Vec<String>,
    header: Map<String, Value>,
    without_header: Vec<String>,
}

/// The same for a sales unit.
#[derive(Deserialize)]
pub(crate) struct IdToken {
    msn: String,
    #[serde(flatten)]
    bends: Map<String, Value>,
}

impl IdToken {
    pub(crate) fn core(self) -> napi::Result<emulator::IdTokenSpec> {
        let bends = read::<Bends>(&Value::from(self.bends).to_string())?.checked()?;
        Ok(bends.applied_to(emulator::IdTokenSpec::new(&msn(&self.msn)?)))
    }
}

/// Bends whose words are known to make sense.
pub(crate) struct CheckedBends {
    plain: Bends,
    lifetime: Option<Duration>,
    alg: Option<emulator::SigningAlg>,
    signed_by: Option<emulator::SignedBy>,
    auth_req_id: Vec<(emulator::AuthReqIdName, String)>,
}

impl Bends {
    pub(crate) fn checked(mut self) -> napi::Result<CheckedBends> {
        let ids = std::mem::take(&mut self.auth_req_id).into_iter();
        Ok(CheckedBends {
            lifetime: self.lifetime.map(|lifetime| span("lifetime", lifetime)).transpose()?,
            alg: self.alg.as_deref().map(signing_alg).transpose()?,
            signed_by: self.signed_by.as_deref().map(signed_by).transpose()?,
            auth_req_id: ids.map(|(name, id)| Ok((auth_req_id_name(&name)?, id))).collect::<napi::Result<_>>()?,
            plain: self,
        })
    }
}

fn signing_alg(text: &str) -> napi::Result<emulator::SigningAlg> {
    use emulator::SigningAlg::{Es256, Rs256};
    choice("alg", text, &[("RS256", Rs256), ("ES256", Es256)])
}

fn signed_by(text: &str) -> napi::Result<emulator::SignedBy> {
    use emulator::SignedBy::{Current, Forger, Nobody, PublicKeyHmac, Unknown, Withdrawn};
    let all = [
        ("current", Current),
        ("withdrawn", Withdrawn),
        ("unknown", Unknown),
        ("forger", Forger),
        ("public_key_hmac", PublicKeyHmac),
        ("nobody", Nobody),
    ];
    choice("signedBy", text, &all)
}

impl CheckedBends {
    pub(crate) fn applied_to(self, spec: emulator::IdTokenSpec) -> emulator::IdTokenSpec {
        use emulator::IdTokenSpec as Spec;
        let plain = self.plain;
        let spec = plain.subject.into_iter().fold(spec, Spec::subject);
        let spec = plain.nonce.into_iter().fold(spec, Spec::nonce);
        let spec = plain.acr.into_iter().fold(spec, Spec::acr);
        let spec = plain.access_token.iter().fold(spec, |spec, token| spec.access_token(token));
        let spec = self.lifetime.into_iter().fold(spec, Spec::lifetime);
        let spec = self.alg.into_iter().fold(spec, Spec::alg);
        let spec = self.signed_by.into_iter().fold(spec, Spec::signed_by);
        let spec = self.auth_req_id.into_iter().fold(spec, |spec, (name, id)| spec.auth_req_id(name, id));
        let spec = plain.claims.into_iter().fold(spec, |spec, (name, value)| spec.claim(name, value));
        let spec = plain.without_claims.into_iter().fold(spec, Spec::without_claim);
        let spec = plain.header.into_iter().fold(spec, |spec, (name, value)| spec.header(name, value));
        plain.without_header.into_iter().fold(spec, Spec::without_header)
    }
}

/// A person; what is missing is as it is with the one who is there from the start.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct User {
    msisdn: String,
    person: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    email_verified: Option<bool>,
    birthdate: Option<String>,
    gender: Option<String>,
    nin: Option<String>,
    addresses: Option<Vec<Postal>>,
    app: Option<String>,
    customer_token: Option<String>,
    more_claims: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names of the emulator")]
struct Postal {
    kind: Option<String>,
    street_address: Option<String>,
    postal_code: Option<String>,
    region: Option<String>,
    country: Option<String>,
}

impl User {
    pub(crate) fn core(self) -> napi::Result<emulator::User> {
        use emulator::App::{Current, Inactive, Outdated};
        let usual = emulator::User::default();
        let apps = [("current", Current), ("outdated", Outdated), ("inactive", Inactive)];
        let addresses = self.addresses.map(|all| all.into_iter().map(Postal::core).collect::<napi::Result<_>>());
        Ok(emulator::User {
            msisdn: self.msisdn,
            person: self.person,
            given_name: self.given_name.unwrap_or(usual.given_name),
            family_name: self.family_name.unwrap_or(usual.family_name),
            email: self.email.unwrap_or(usual.email),
            email_verified: self.email_verified.unwrap_or(usual.email_verified),
            birthdate: self.birthdate.unwrap_or(usual.birthdate),
            gender: self.gender,
            nin: self.nin,
            addresses: addresses.transpose()?.unwrap_or(usual.addresses),
            app: self.app.map_or(Ok(usual.app), |app| choice("app", &app, &apps))?,
            customer_token: self.customer_token,
            more_claims: self.more_claims.unwrap_or_default(),
            ..usual
        })
    }
}

impl Postal {
    fn core(self) -> napi::Result<emulator::Address> {
        use emulator::AddressKind::{Home, Other, Work};
        let usual = emulator::Address::default();
        let kinds = [("home", Home), ("work", Work), ("other", Other)];
        Ok(emulator::Address {
            kind: self.kind.map_or(Ok(usual.kind), |kind| choice("address kind", &kind, &kinds))?,
            street_address: self.street_address.unwrap_or(usual.street_address),
            postal_code: self.postal_code.unwrap_or(usual.postal_code),
            region: self.region.unwrap_or(usual.region),
            country: self.country.unwrap_or(usual.country),
        })
    }
}
