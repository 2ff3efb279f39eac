//! What the emulator tells, as JSON under the names of the face.

use serde_json::{Map, Value, json};
use vipps_emulator::{
    Address, AddressKind, App, Keys, PingOutcome, RecordedLogin, RecordedPing, RecordedRequest, SpecializedKeys, User,
};

pub(crate) fn keys(keys: &Keys) -> String {
    let members = json!({
        "clientId": keys.client_id,
        "clientSecret": keys.client_secret,
        "subscriptionKey": keys.subscription_key,
        "secondSubscriptionKey": keys.second_subscription_key,
    });
    members.to_string()
}

pub(crate) fn specialized_keys(keys: &SpecializedKeys) -> String {
    json!({ "clientId": keys.client_id, "clientSecret": keys.client_secret, "scopes": keys.scopes }).to_string()
}

pub(crate) fn requests(requests: &[RecordedRequest]) -> String {
    listed(requests, |request| {
        let findings = request
            .findings
            .iter()
            .map(|finding| json!({ "verdict": finding.verdict.code(), "about": finding.about, "text": finding.text }));
        json!({
            "id": request.id,
            "at": request.at * 1_000,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "body": String::from_utf8_lossy(&request.body),
            "status": request.status,
            "findings": findings.collect::<Vec<_>>(),
        })
    })
}

pub(crate) fn logins(logins: &[RecordedLogin]) -> String {
    listed(logins, |login| {
        json!({
            "id": login.id,
            "kind": login.kind.code(),
            "msn": login.msn.as_str(),
            "merchant": login.merchant,
            "scopes": login.scopes,
            "msisdn": login.msisdn,
            "bindingMessage": login.binding_message,
            "startedAt": login.started_at * 1_000,
            "expiresAt": login.expires_at * 1_000,
            "status": login.status.code(),
        })
    })
}

pub(crate) fn pings(pings: &[RecordedPing]) -> String {
    listed(pings, |ping| {
        let (outcome, status, reason) = match &ping.outcome {
            PingOutcome::Answered(status) => ("answered", Some(*status), None),
            PingOutcome::Failed(reason) => ("failed", None, Some(reason.as_str())),
            _ => ("outstanding", None, None),
        };
        let at = ping.at * 1_000;
        json!({ "authReqId": ping.auth_req_id, "url": ping.url, "at": at, "outcome": outcome, "status": status, "reason": reason })
    })
}

pub(crate) fn users(users: &[User]) -> String {
    listed(users, |user| {
        json!({
            "msisdn": user.msisdn,
            "person": user.person,
            "givenName": user.given_name,
            "familyName": user.family_name,
            "email": user.email,
            "emailVerified": user.email_verified,
            "birthdate": user.birthdate,
            "gender": user.gender,
            "nin": user.nin,
            "addresses": user.addresses.iter().map(address).collect::<Vec<_>>(),
            "app": app(user.app),
            "customerToken": user.customer_token,
            "moreClaims": user.more_claims,
        })
    })
}

fn address(address: &Address) -> Value {
    let kind = match address.kind {
        AddressKind::Home => "home",
        AddressKind::Work => "work",
        AddressKind::Other => "other",
    };
    json!({
        "kind": kind,
        "streetAddress": address.street_address,
        "postalCode": address.postal_code,
        "region": address.region,
        "country": address.country,
    })
}

fn app(app: App) -> &'static str {
    match app {
        App::Current => "current",
        App::Outdated => "outdated",
        App::Inactive => "inactive",
    }
}

/// Members that are not there are absent, as they are in JavaScript.
fn listed<T>(items: &[T], told: impl Fn(&T) -> Value) -> String {
    let all: Vec<Value> = items.iter().map(|item| present(told(item))).collect();
    Value::from(all).to_string()
}

fn present(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
