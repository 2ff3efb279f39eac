//! A login that passed every check, and what the person told.

use napi_derive::napi;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vipps_partner_auth as core;

use crate::{claims::packed, fault::OrFault, words::moment};

/// The core's `LoginResult`.
#[napi]
pub struct LoginResult(core::LoginResult);

#[napi]
impl LoginResult {
    #[napi(getter, catch_unwind)]
    pub fn claims(&self) -> String {
        packed(self.0.claims())
    }

    #[napi(getter, catch_unwind)]
    pub fn id_token(&self) -> String {
        self.0.id_token().to_owned()
    }

    #[napi(catch_unwind)]
    pub fn secret(&self) -> String {
        self.0.access_token().secret().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn expires_at(&self) -> f64 {
        moment(self.0.access_token().expires_at())
    }

    #[napi(getter, catch_unwind)]
    pub fn scopes(&self) -> Vec<String> {
        self.0.scopes().to_vec()
    }

    #[napi(getter, catch_unwind)]
    pub fn asked_scopes(&self) -> Vec<String> {
        self.0.asked_scopes().to_vec()
    }

    #[napi(getter, catch_unwind)]
    pub fn missing_scopes(&self) -> Vec<String> {
        self.0.missing_scopes().into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn core(&self) -> core::LoginResult {
        self.0.clone()
    }
}

impl From<core::LoginResult> for LoginResult {
    fn from(result: core::LoginResult) -> Self {
        Self(result)
    }
}

/// Userinfo as JSON: `told` is what the core reads, under the names of the face; `all` is every member.
pub(crate) fn userinfo(info: &core::Userinfo) -> String {
    let told = json!({
        "sub": info.sub(),
        "name": info.name(),
        "givenName": info.given_name(),
        "familyName": info.family_name(),
        "phoneNumber": info.phone_number(),
        "phoneNumberVerified": info.phone_number_verified(),
        "email": info.email(),
        "emailVerified": info.email_verified(),
        "birthdate": info.birthdate(),
        "gender": info.gender(),
        "nin": info.nin(),
        "address": info.address().map(|one| address(&one)),
        "otherAddresses": info.other_addresses().iter().map(address).collect::<Vec<_>>(),
        "delegatedConsents": info.delegated_consents(),
        "flowResult": info.flow_result().map(of_face),
        "agreement": info.agreement().map(of_face),
    });
    // Both are JSON already; the second need not be read to be passed on.
    format!("{{\"told\":{},\"all\":{}}}", without_nulls(told), info.json())
}

fn address(address: &core::Address) -> Value {
    without_nulls(json!({
        "streetAddress": address.street_address,
        "postalCode": address.postal_code,
        "region": address.region,
        "country": address.country,
        "formatted": address.formatted,
        "addressType": address.address_type,
    }))
}

/// What the core serializes, as JSON under the names of the face.
pub(crate) fn told(value: impl Serialize) -> String {
    of_face(value).to_string()
}

fn of_face(value: impl Serialize) -> Value {
    renamed(serde_json::to_value(value).unwrap_or_default())
}

/// In camel case and without what was not told; what Vipps sent stays as it is.
fn renamed(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(renamed).collect(),
        Value::Object(members) => {
            let told = members.into_iter().filter(|(_, value)| !value.is_null());
            told.map(|(name, value)| {
                let value = if matches!(name.as_str(), "members" | "flags") { value } else { renamed(value) };
                (camel(&name), value)
            })
            .collect::<Map<_, _>>()
            .into()
        }
        other => other,
    }
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at_checked(1).unwrap_or_default();
        name + &initial.to_ascii_uppercase() + rest
    })
}

/// What was not told is absent, as it is in JavaScript.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// What a consent-revoked callback claims.
#[napi(object, object_from_js = false)]
pub struct ClaimedRevocation {
    pub sub: String,
    pub issued_at: Option<f64>,
    pub expires_at: Option<f64>,
}

#[napi(catch_unwind)]
pub fn unverified_consent_revoked(body: String) -> napi::Result<ClaimedRevocation> {
    let claimed = core::UnverifiedConsentRevoked::parse(&body).or_fault()?;
    Ok(ClaimedRevocation {
        sub: claimed.claimed_sub().to_owned(),
        issued_at: claimed.claimed_issued_at().map(moment),
        expires_at: claimed.claimed_expires_at().map(moment),
    })
}
