//! `POST /miami/v1/token`: what it gives, and everything it refuses.

mod common;

use std::time::Duration;

use common::*;
use serde_json::json;
use vipps_emulator::{Emulator, Numbers, TokenKind, Verdict};

const GRANT: &str = "grant_type=client_credentials";

fn form_encoded(text: &str) -> String {
    text.replace('%', "%25").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
}

fn with_form_encoded_basic(vipps: &Emulator) -> reqwest::RequestBuilder {
    let keys = vipps.specialized_keys();
    let request = client().post(format!("{}{MIAMI}", vipps.base_url())).body(GRANT);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    with_system(request.basic_auth(keys.client_id, Some(form_encoded(&keys.client_secret))))
}

#[tokio::test]
async fn a_good_request_gets_a_number_and_no_scope() {
    let vipps = start();
    let reply = send(miami_request(&vipps, GRANT)).await;
    let mut body = reply.json();
    body.as_object_mut().and_then(|body| body.remove("access_token")).expect("a token");
    assert_eq!((reply.status, body), (200, json!({ "token_type": "Bearer", "expires_in": 900 })));
    let record = last(&vipps);
    assert_eq!(about(&record, Verdict::Right), ["Authorization", "grant_type", "Vipps-System-*"]);
    assert_eq!(record.findings.len(), 3, "{record:?}");
    assert!(record.findings[0].text.contains("raw"), "{record:?}");
}

#[tokio::test]
async fn a_scope_that_was_asked_for_is_said_again() {
    let vipps = start();
    for form in ["&scope=donations%3Aread", "&scope=donations:read"] {
        let body = send(miami_request(&vipps, &format!("{GRANT}{form}"))).await.json();
        assert_eq!(body["scope"], "donations:read");
    }
    let body = send(miami_request(&vipps, &format!("{GRANT}&scope="))).await.json();
    assert_eq!(body.get("scope"), None, "a field without a value counts as left out");
}

#[tokio::test]
async fn a_scope_the_keys_do_not_have_is_refused() {
    let vipps = start();
    for scope in ["reports:write", "donations:read+reports:write", "donations:read++donations:read"] {
        let reply = send(miami_request(&vipps, &format!("{GRANT}&scope={scope}"))).await;
        assert_eq!(reply.oauth(), (400, "invalid_scope".to_owned()), "{scope}");
    }
}

#[tokio::test]
async fn numbers_and_lifetime_can_be_switched() {
    let vipps = start();
    vipps.numbers(Numbers::Strings);
    vipps.token_lifetime(TokenKind::Specialized, Duration::from_secs(30));
    assert_eq!(send(miami_request(&vipps, GRANT)).await.json()["expires_in"], "30");
}

#[tokio::test]
async fn grant_and_scope_in_one_field_are_told_apart() {
    let vipps = start();
    let reply = send(miami_request(&vipps, "grant_type=client_credentials%26scope%3Ddonations%3Aread")).await;
    assert_eq!(reply.oauth(), (400, "invalid_client".to_owned()));
    let description = reply.json()["error_description"].to_string();
    assert!(description.contains("grant_type and scope were sent as one field"), "{description}");
}

#[tokio::test]
async fn a_missing_or_wrong_grant_type_is_invalid_client() {
    let vipps = start();
    for form in ["", "scope=donations%3Aread", "grant_type=", "grant_type=authorization_code"] {
        let reply = send(miami_request(&vipps, form)).await;
        assert_eq!(reply.oauth(), (400, "invalid_client".to_owned()), "{form}");
        assert_eq!(refused_for(&vipps), ["grant_type"], "{form}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_not_read() {
    let vipps = start();
    let keys = vipps.specialized_keys();
    let request = client().post(format!("{}{MIAMI}", vipps.base_url())).header("Content-Type", "application/json");
    let reply = send(request.basic_auth(keys.client_id, Some(keys.client_secret)).body(GRANT)).await;
    assert_eq!(reply.oauth(), (400, "invalid_client".to_owned()));
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["Content-Type"]);
    assert_eq!(refused_for(&vipps), ["grant_type"]);
}

#[tokio::test]
async fn a_field_that_comes_twice_is_refused() {
    let vipps = start();
    let reply = send(miami_request(&vipps, &format!("{GRANT}&{GRANT}"))).await;
    assert_eq!(reply.oauth(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn a_subscription_key_is_forbidden() {
    let vipps = start();
    let reply = send(miami_request(&vipps, GRANT).header(KEY, vipps.partner_keys().subscription_key)).await;
    assert_eq!(reply.oauth(), (400, "invalid_client".to_owned()));
    assert!(reply.json()["error_description"].to_string().contains(KEY));
    assert_eq!(refused_for(&vipps), [KEY]);
}

#[tokio::test]
async fn wrong_credentials_are_challenged() {
    let vipps = start();
    let keys = vipps.specialized_keys();
    let partner = vipps.partner_keys();
    let request = || {
        let request = client().post(format!("{}{MIAMI}", vipps.base_url())).body(GRANT);
        request.header("Content-Type", "application/x-www-form-urlencoded")
    };
    let in_form = format!("{GRANT}&client_id={}&client_secret=x", keys.client_id);
    let wrong = [
        request(),
        request().basic_auth(&keys.client_id, Some("wrong")),
        request().basic_auth("nobody", Some(&keys.client_secret)),
        request().basic_auth(&partner.client_id, Some(&partner.client_secret)),
        request().bearer_auth("token"),
        request().body(in_form),
        with_form_encoded_basic(&vipps),
    ];
    for request in wrong {
        let reply = send(request).await;
        assert_eq!(reply.oauth(), (401, "invalid_client".to_owned()), "{}", reply.text);
        assert_eq!(reply.header("www-authenticate"), Some("Basic"));
        assert_eq!(refused_for(&vipps), ["Authorization"]);
    }
}

#[tokio::test]
async fn form_encoded_credentials_are_taken_by_switch_and_noted() {
    let vipps = start();
    vipps.accept_form_encoded_basic(true);
    assert_eq!(send(with_form_encoded_basic(&vipps)).await.status, 200);
    assert!(last(&vipps).findings[0].text.contains("form-encoded"));
    assert_eq!(send(miami_request(&vipps, GRANT)).await.status, 200, "raw ones still are");
}

#[tokio::test]
async fn checks_come_in_the_settled_order() {
    let vipps = start();
    let wrong = |form: &str| {
        let request = client().post(format!("{}{MIAMI}", vipps.base_url())).body(form.to_owned());
        request.header("Content-Type", "application/x-www-form-urlencoded").basic_auth("nobody", Some("wrong"))
    };
    let twice = format!("{GRANT}&scope=a&scope=b");
    for (request, about) in [
        (wrong(&twice).header(KEY, "any"), KEY),
        (wrong(&twice), "body"),
        (wrong("grant_type=wrong&scope=wrong"), "Authorization"),
        (miami_request(&vipps, "grant_type=wrong&scope=wrong"), "grant_type"),
        (miami_request(&vipps, &format!("{GRANT}&scope=wrong")), "scope"),
    ] {
        send(request).await;
        assert_eq!(refused_for(&vipps), [about]);
    }
}

#[tokio::test]
async fn what_does_not_belong_is_reported() {
    let vipps = start();
    let keys = vipps.specialized_keys();
    let request = client().post(format!("{}{MIAMI}?grant_type=x", vipps.base_url())).header(MSN, "123456");
    let request = with_system(request.basic_auth(keys.client_id, Some(keys.client_secret)).body(GRANT));
    assert_eq!(send(request.header("Content-Type", "application/x-www-form-urlencoded")).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [MSN, "query"]);
}

#[tokio::test]
async fn the_other_environments_keys_are_refused() {
    let vipps = start();
    vipps.wrong_environment(true);
    assert_eq!(send(miami_request(&vipps, GRANT)).await.oauth(), (401, "invalid_client".to_owned()));
}
