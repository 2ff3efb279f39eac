//! What the emulator tells.

use std::{collections::HashMap, fmt};

use vipps_emulator::{Keys, PingOutcome, RecordedLogin, RecordedPing, RecordedRequest, SpecializedKeys, User};

use crate::{
    choices,
    error::{EmulatorError, Result},
};

/// The keys of a partner or of a sales unit, all of them invented.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EmulatorKeys {
    /// A GUID.
    pub client_id: String,
    /// Base64-looking text.
    pub client_secret: String,
    /// The primary subscription key.
    pub subscription_key: String,
    /// The secondary one.
    pub second_subscription_key: String,
}

/// Accounting or donations keys, invented.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EmulatorSpecializedKeys {
    /// Free text without a colon.
    pub client_id: String,
    /// Base64-looking text.
    pub client_secret: String,
    /// The scopes these keys may ask for.
    pub scopes: Vec<String>,
}

/// One thing to say about a request. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Finding {
    /// `right`, `tolerated`, `refused`, `staged` or `person`.
    pub verdict: String,
    /// The header, field or part of the request.
    pub about: String,
    /// What was right, or what was wrong and how to mend it.
    pub text: String,
}

/// A header of a request.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordedHeader {
    /// In lower case.
    pub name: String,
    /// As it came.
    pub value: String,
}

/// A request as it arrived, and what became of it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct EmulatorRequest {
    /// Counts up from 1.
    pub id: i64,
    /// When it arrived, in seconds since the Unix epoch on the emulator's clock.
    pub at: i64,
    /// The HTTP method.
    pub method: String,
    /// The path, percent-encoding kept.
    pub path: String,
    /// What followed the question mark.
    pub query: Option<String>,
    /// In order of arrival; the same name may come twice.
    pub headers: Vec<RecordedHeader>,
    /// The body as text.
    pub body: String,
    /// The status of the reply, once there is one.
    pub status: Option<i32>,
    /// What was right and wrong.
    pub findings: Vec<Finding>,
}

/// A login as a person and the controls see it. Holds no code and no token.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EmulatorLogin {
    /// What the controls name it by; the `auth_req_id` in both backchannel flows.
    pub id: String,
    /// `browser`, `backchannel` or `backchannel_redirect`.
    pub kind: String,
    /// The sales unit that asks.
    pub msn: String,
    /// Its name, as the person reads it.
    pub merchant: String,
    /// The scopes that are granted when the person approves.
    pub scopes: Vec<String>,
    /// Who was asked or who approved.
    pub msisdn: Option<String>,
    /// What both screens show.
    pub binding_message: Option<String>,
    /// Seconds since the Unix epoch on the emulator's clock.
    pub started_at: i64,
    /// From when it can no longer be decided.
    pub expires_at: i64,
    /// `pending`, `approved`, `denied`, `expired` or `completed`.
    pub status: String,
}

/// A webhook ping and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EmulatorPing {
    /// The login that was decided.
    pub auth_req_id: String,
    /// Where it went.
    pub url: String,
    /// When, in seconds since the Unix epoch on the emulator's clock.
    pub at: i64,
    /// The status of the reply, if there was one.
    pub status: Option<i32>,
    /// Why there was none.
    pub failure: Option<String>,
}

/// A person with a phone. What is absent is as Kari Fixture has it.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct EmulatorUser {
    /// 8 to 15 digits with country code.
    pub msisdn: String,
    /// First name.
    #[uniffi(default = None)]
    pub given_name: Option<String>,
    /// Last name.
    #[uniffi(default = None)]
    pub family_name: Option<String>,
    /// E-mail address.
    #[uniffi(default = None)]
    pub email: Option<String>,
    /// Whether it is verified.
    #[uniffi(default = None)]
    pub email_verified: Option<bool>,
    /// `YYYY-MM-DD`.
    #[uniffi(default = None)]
    pub birthdate: Option<String>,
    /// Free text.
    #[uniffi(default = None)]
    pub gender: Option<String>,
    /// National identity number.
    #[uniffi(default = None)]
    pub nin: Option<String>,
    /// `current`, `outdated` or `inactive`.
    #[uniffi(default = None)]
    pub app: Option<String>,
    /// What `urn:customer-token:` may name the person by.
    #[uniffi(default = None)]
    pub customer_token: Option<String>,
    /// More claims for userinfo: names, and values as JSON.
    #[uniffi(default)]
    pub more_claims: HashMap<String, String>,
}

impl From<Keys> for EmulatorKeys {
    fn from(keys: Keys) -> Self {
        Self {
            client_id: keys.client_id,
            client_secret: keys.client_secret,
            subscription_key: keys.subscription_key,
            second_subscription_key: keys.second_subscription_key,
        }
    }
}

impl From<SpecializedKeys> for EmulatorSpecializedKeys {
    fn from(keys: SpecializedKeys) -> Self {
        Self { client_id: keys.client_id, client_secret: keys.client_secret, scopes: keys.scopes }
    }
}

impl From<RecordedRequest> for EmulatorRequest {
    fn from(request: RecordedRequest) -> Self {
        let findings = request.findings.into_iter().map(|finding| Finding {
            verdict: finding.verdict.code().to_owned(),
            about: finding.about.to_owned(),
            text: finding.text.into_owned(),
        });
        let headers = request.headers.into_iter().map(|(name, value)| RecordedHeader { name, value });
        Self {
            id: request.id.cast_signed(),
            at: request.at.cast_signed(),
            method: request.method,
            path: request.path,
            query: request.query,
            headers: headers.collect(),
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status: request.status.map(i32::from),
            findings: findings.collect(),
        }
    }
}

impl From<RecordedLogin> for EmulatorLogin {
    fn from(login: RecordedLogin) -> Self {
        Self {
            id: login.id,
            kind: login.kind.code().to_owned(),
            msn: login.msn.as_str().to_owned(),
            merchant: login.merchant,
            scopes: login.scopes,
            msisdn: login.msisdn,
            binding_message: login.binding_message,
            started_at: login.started_at.cast_signed(),
            expires_at: login.expires_at.cast_signed(),
            status: login.status.code().to_owned(),
        }
    }
}

impl From<RecordedPing> for EmulatorPing {
    fn from(ping: RecordedPing) -> Self {
        let (status, failure) = match ping.outcome {
            PingOutcome::Answered(status) => (Some(status.into()), None),
            PingOutcome::Failed(reason) => (None, Some(reason)),
            _ => (None, None),
        };
        Self { auth_req_id: ping.auth_req_id, url: ping.url, at: ping.at.cast_signed(), status, failure }
    }
}

impl EmulatorUser {
    pub(crate) fn user(self) -> Result<User> {
        let kari = User::default();
        let mut more_claims = kari.more_claims;
        for (name, json) in self.more_claims {
            let value = serde_json::from_str(&json);
            more_claims.insert(name, value.map_err(|_| EmulatorError::new("more_claims: a value is not json"))?);
        }
        Ok(User {
            msisdn: self.msisdn,
            given_name: self.given_name.unwrap_or(kari.given_name),
            family_name: self.family_name.unwrap_or(kari.family_name),
            email: self.email.unwrap_or(kari.email),
            email_verified: self.email_verified.unwrap_or(kari.email_verified),
            birthdate: self.birthdate.unwrap_or(kari.birthdate),
            gender: self.gender.or(kari.gender),
            nin: self.nin.or(kari.nin),
            app: self.app.map_or(Ok(kari.app), |app| choices::app(&app))?,
            customer_token: self.customer_token.or(kari.customer_token),
            more_claims,
            ..User::default()
        })
    }
}

impl From<User> for EmulatorUser {
    fn from(user: User) -> Self {
        Self {
            msisdn: user.msisdn,
            given_name: Some(user.given_name),
            family_name: Some(user.family_name),
            email: Some(user.email),
            email_verified: Some(user.email_verified),
            birthdate: Some(user.birthdate),
            gender: user.gender,
            nin: user.nin,
            app: Some(choices::app_text(user.app)),
            customer_token: user.customer_token,
            more_claims: user.more_claims.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        }
    }
}

impl fmt::Debug for EmulatorKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorKeys").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for EmulatorSpecializedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorSpecializedKeys").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for RecordedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for EmulatorRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("EmulatorRequest");
        text.field("method", &self.method).field("path", &self.path).field("findings", &self.findings);
        text.finish_non_exhaustive()
    }
}
