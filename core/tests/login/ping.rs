//! The webhook that says a person has decided.

use std::time::Duration;

use serde_json::json;
use vipps_partner_auth::{Backchannel, BackchannelOptions, BackchannelPing, PendingLogin};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, refused, sub},
    support::Reply,
};

async fn started(scene: &Scene) -> (Backchannel, PendingLogin, String) {
    let phone = scene.phone();
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    let body = json!({"auth_req_id": pending.auth_req_id()}).to_string();
    (phone, pending, body)
}

#[tokio::test]
async fn a_ping_is_answered_at_once_whatever_the_interval() {
    let scene = Scene::new();
    let (phone, pending, ping) = started(&scene).await;
    assert_eq!(phone.poll(&pending).await, Ok(None));
    scene.decide(&pending, Decision::Approved);
    assert_eq!(phone.poll(&pending).await, Ok(None));
    let result = phone.finish_ping(&ping, &pending).await.expect("an answer").expect("a decision");
    assert_eq!((sub(&result), scene.count(At::Exchange)), ("urn:msisdn:4791234567 at 123456", 2));
}

#[tokio::test]
async fn a_ping_that_comes_too_early_ends_nothing() {
    let scene = Scene::new();
    let (phone, pending, ping) = started(&scene).await;
    assert_eq!(phone.finish_ping(&ping, &pending).await, Ok(None));
    assert_eq!(phone.finish_ping(&ping, &pending).await, Ok(None));
    assert_eq!((scene.count(At::Exchange), phone.next_poll_in(&pending)), (2, Duration::from_secs(5)));
    scene.next(At::Exchange, [refused("slow_down")]);
    assert_eq!(phone.finish_ping(&ping, &pending).await, Ok(None));
    assert_eq!(pending.interval(), Duration::from_secs(10));
    scene.decide(&pending, Decision::Approved);
    assert!(phone.finish_ping(&ping, &pending).await.expect("an answer").is_some());
}

#[tokio::test]
async fn a_ping_about_another_login_asks_for_nothing() {
    let scene = Scene::new();
    let (phone, pending, _) = started(&scene).await;
    let (_, other, others_ping) = started(&scene).await;
    scene.decide(&other, Decision::Approved);
    assert_why(&phone.finish_ping(&others_ping, &pending).await, "login_failed", "auth_req_id");
    for id in ["auth-req-1 ", "Auth-Req-1", "auth-req-10", "auth-req-"] {
        let body = json!({ "auth_req_id": id }).to_string();
        let outcome = phone.finish_ping(&body, &pending).await;
        assert!(outcome.is_err_and(|error| !error.retryable()), "{id}");
    }
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn what_is_no_ping_is_refused() {
    let scene = Scene::new();
    let (phone, pending, _) = started(&scene).await;
    for body in [
        "",
        "{}",
        "[]",
        "null",
        r#""auth-req-1""#,
        r#"{"auth_req_id":1}"#,
        r#"{"auth_req_id":""}"#,
        r#"{"auth_req_id":"a b"}"#,
        r#"{"auth_req_id":"auth-req-1""#,
    ] {
        assert_why(&phone.finish_ping(body, &pending).await, "invalid_config", "body");
        assert_why(&BackchannelPing::parse(body), "invalid_config", "body");
    }
    assert_eq!(scene.count(At::Exchange), 0);
    let more = r#"{"auth_req_id":"auth-req-1","event":"login.merchant-initiated.ping.v1","timestamp":1}"#;
    assert_eq!(phone.finish_ping(more, &pending).await, Ok(None));
}

#[tokio::test]
async fn the_redirect_variant_has_no_ping() {
    let scene = Scene::new();
    let phone = scene.phone();
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    let pending = phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
    let ping = json!({"auth_req_id": pending.auth_req_id()}).to_string();
    assert_why(&phone.finish_ping(&ping, &pending).await, "invalid_config", "pending");
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn a_ping_can_be_handled_again_after_trouble_and_after_success() {
    let scene = Scene::new();
    let (phone, pending, ping) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    for trouble in [Reply::broken(), Reply::status(503)] {
        scene.next(At::Exchange, [trouble]);
        assert!(phone.finish_ping(&ping, &pending).await.expect_err("trouble").retryable());
    }
    assert!(phone.finish_ping(&ping, &pending).await.expect("an answer").is_some());
    let sent = scene.count(At::Exchange);
    // Webhooks may come twice.
    assert!(phone.finish_ping(&ping, &pending).await.expect("an answer").is_some());
    assert_eq!(scene.count(At::Exchange), sent);
}
