//! What is kept between two steps of a login: over a restart, in an application's own records, and damaged on the way.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vipps_partner_auth::{BackchannelOptions, ErrorKind, LoginOptions, LoginRequest, PendingLogin, Result};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, login_of, sha256},
    support::{Reply, msn, partner_keys, partner_of},
};

async fn request(scene: &Scene) -> LoginRequest {
    let options = LoginOptions::default().acr_values(LoginOptions::APP_AUTH);
    scene.login().start_with(&["openid", "name"], &options).await.expect("a request")
}

async fn pending(scene: &Scene) -> PendingLogin {
    scene.phone().start(PHONE, &["openid"]).await.expect("a login")
}

/// A record of an application.
#[derive(Serialize, Deserialize)]
struct Session {
    request: LoginRequest,
    pending: Option<PendingLogin>,
}

#[tokio::test]
async fn a_login_goes_on_after_a_restart() {
    let scene = Scene::new();
    let (request, pending) = (request(&scene).await, pending(&scene).await);
    let session = Session { request, pending: Some(pending) };
    let text = serde_json::to_string(&session).expect("json");
    let restored: Session = serde_json::from_str(&text).expect("our own json");
    assert!(restored.request == session.request && restored.pending == session.pending);
    let callback = scene.approve(&session.request);
    scene.login().finish(&callback, &restored.request).await.expect("a login");
    let pending = restored.pending.expect("a login");
    scene.decide(&pending, Decision::Approved);
    scene.phone().poll(&pending).await.expect("an answer").expect("a decision");
}

#[tokio::test]
async fn what_is_restored_says_the_same() {
    let scene = Scene::new();
    let request = request(&scene).await;
    let restored = LoginRequest::from_json(&request.to_json()).expect("our own json");
    assert_eq!((restored.url(), restored.state(), restored.nonce()), (request.url(), request.state(), request.nonce()));
    assert_eq!((restored.code_verifier(), restored.redirect_uri()), (request.code_verifier(), CALLBACK));
    assert_eq!((restored.scopes(), restored.acr_values()), (request.scopes(), Some(LoginOptions::APP_AUTH)));
    assert_eq!(restored.to_json(), request.to_json());
    let pending = pending(&scene).await;
    let restored = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    assert_eq!(
        (restored.auth_req_id(), restored.msn(), restored.scopes()),
        (pending.auth_req_id(), pending.msn(), pending.scopes())
    );
    assert_eq!((restored.expires_at(), restored.interval()), (pending.expires_at(), pending.interval()));
    assert_eq!(restored.to_json(), pending.to_json());
}

#[tokio::test]
async fn the_pace_of_polling_is_kept_too() {
    let scene = Scene::new();
    let pending = pending(&scene).await;
    let phone = scene.phone();
    assert_eq!(phone.poll(&pending).await, Ok(None));
    scene.world.pass(Duration::from_secs(2)).await;
    let restored = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    let (sent, phone) = (scene.count(At::Exchange), scene.phone());
    assert_eq!(phone.next_poll_in(&restored), Duration::from_secs(3));
    assert_eq!(phone.poll(&restored).await, Ok(None));
    assert_eq!(scene.count(At::Exchange), sent);
}

#[tokio::test]
async fn a_wall_clock_set_back_over_a_restart_keeps_a_poll_back_for_a_minute_at_most() {
    for (seconds, wait) in [(0, 5), (55, 60), (56, 61), (57, 0), (86_400, 0)] {
        let scene = Scene::new();
        let pending = pending(&scene).await;
        let phone = scene.phone();
        assert_eq!(phone.poll(&pending).await, Ok(None));
        let restored = PendingLogin::from_json(&pending.to_json()).expect("our own json");
        scene.world.shift_wall(-seconds);
        assert_eq!(scene.phone().next_poll_in(&restored), Duration::from_secs(wait), "{seconds}");
    }
}

#[tokio::test]
async fn the_version_is_one_and_no_other_is_read() {
    let scene = Scene::new();
    let mut request: Value = serde_json::from_str(&request(&scene).await.to_json()).expect("json");
    let mut pending: Value = serde_json::from_str(&pending(&scene).await.to_json()).expect("json");
    assert_eq!((&request["version"], &pending["version"]), (&json!(1), &json!(1)));
    for version in [json!(0), json!(2), json!(255), json!("1"), json!(1.5), json!(null), json!(-1)] {
        request["version"] = version.clone();
        pending["version"] = version;
        assert_why(&LoginRequest::from_json(&request.to_string()), "invalid_config", "request");
        assert_why(&PendingLogin::from_json(&pending.to_string()), "invalid_config", "pending");
    }
}

fn damaged(json: &str, member: &str, value: &Value) -> String {
    let mut json: Value = serde_json::from_str(json).expect("json");
    json[member] = value.clone();
    json.to_string()
}

#[tokio::test]
async fn a_code_verifier_has_the_form_of_one_even_where_its_challenge_agrees() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let scene = Scene::new();
    let json = request(&scene).await.to_json();
    let challenge = |verifier: &str| BASE64_URL_SAFE_NO_PAD.encode(sha256(verifier));
    let request: Value = serde_json::from_str(&json).expect("json");
    let of = |member: &str| request[member].as_str().expect("a text").to_owned();
    let with = |verifier: &str| {
        let url = of("url").replace(&challenge(&of("code_verifier")), &challenge(verifier));
        LoginRequest::from_json(&damaged(&damaged(&json, "url", &json!(url)), "code_verifier", &json!(verifier)))
    };
    for good in [43, 128] {
        with(&"x".repeat(good)).expect("a verifier");
    }
    for wrong in ["x".repeat(42), "x".repeat(129), format!("{}+", "x".repeat(43))] {
        assert_why(&with(&wrong), "invalid_config", "request");
    }
}

#[tokio::test]
async fn a_damaged_request_is_refused() {
    let scene = Scene::new();
    let json = request(&scene).await.to_json();
    let short = "x".repeat(31);
    let wrong = [
        (
            "state",
            vec![
                json!(""),
                json!(short),
                json!(7),
                json!(format!("{short}é")),
                json!("x".repeat(513)),
                json!(format!("{short} ")),
            ],
        ),
        ("nonce", vec![json!(""), json!(short), json!(null), json!(format!("{short}\n"))]),
        (
            "code_verifier",
            vec![json!(""), json!("x".repeat(42)), json!("x".repeat(129)), json!(format!("{}+", "x".repeat(43)))],
        ),
        ("msn", vec![json!("123"), json!(123_456), json!("12345a")]),
        (
            "redirect_uri",
            vec![json!(""), json!("/callback"), json!("http://shop.example/callback"), json!("javascript:alert(1)")],
        ),
        ("scopes", vec![json!([]), json!(["name"]), json!("openid"), json!(["openid", "a b"]), json!(null)]),
        ("issuer", vec![json!(""), json!(null)]),
        ("acr_values", vec![json!(""), json!(1), json!(null), json!("urn:other")]),
        ("url", vec![json!(null), json!(1), json!(""), json!("javascript:alert(1)"), json!("https://evil.example/")]),
    ];
    for (member, values) in wrong {
        for value in values {
            assert_why(&LoginRequest::from_json(&damaged(&json, member, &value)), "invalid_config", "request");
        }
    }
    for text in ["", "{}", "null", "[]", "1", &json[1..], &json[..json.len() - 1]] {
        assert_why(&LoginRequest::from_json(text), "invalid_config", "request");
    }
}

#[tokio::test]
async fn a_damaged_pending_login_is_refused() {
    let scene = Scene::new();
    let json = pending(&scene).await.to_json();
    let wrong = [
        ("auth_req_id", vec![json!(""), json!("a b"), json!(1), json!(null), json!("x".repeat(2_049))]),
        ("nonce", vec![json!(""), json!("x".repeat(31)), json!(1)]),
        ("issuer", vec![json!(""), json!(1)]),
        ("msn", vec![json!("123"), json!(123_456)]),
        ("expires_at", vec![json!(-1), json!("soon"), json!(null), json!(1.5), json!(u64::MAX)]),
        ("scopes", vec![json!(["name"]), json!([]), json!("openid")]),
        ("interval", vec![json!(-1), json!(null), json!(0)]),
        ("next_poll_at", vec![json!(-1), json!(null), json!(u64::MAX)]),
        ("redirect_uri", vec![json!(CALLBACK)]),
        ("state", vec![json!("x".repeat(43))]),
    ];
    for (member, values) in wrong {
        for value in values {
            assert_why(&PendingLogin::from_json(&damaged(&json, member, &value)), "invalid_config", "pending");
        }
    }
    for text in ["", "{}", "null", "[]", &json[1..], &json[..json.len() - 1]] {
        assert_why(&PendingLogin::from_json(text), "invalid_config", "pending");
    }
}

#[tokio::test]
async fn a_damaged_place_to_return_to_is_refused() {
    let scene = Scene::new();
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    let json = scene.phone().start_with(PHONE, &["openid"], &options).await.expect("a login").to_json();
    for (member, value) in [("redirect_uri", "/x"), ("redirect_uri", ""), ("state", "short"), ("state", "")] {
        assert_why(&PendingLogin::from_json(&damaged(&json, member, &json!(value))), "invalid_config", "pending");
    }
}

#[tokio::test]
async fn members_of_two_requests_make_none() {
    let scene = Scene::new();
    let (one, other) = (request(&scene).await.to_json(), request(&scene).await.to_json());
    let other: Value = serde_json::from_str(&other).expect("json");
    for member in ["url", "state", "nonce", "code_verifier"] {
        assert_why(&LoginRequest::from_json(&damaged(&one, member, &other[member])), "invalid_config", "request");
    }
    for (member, value) in
        [("scopes", json!(["openid"])), ("redirect_uri", json!("https://shop.example/other")), ("msn", json!("654321"))]
    {
        assert_why(&LoginRequest::from_json(&damaged(&one, member, &value)), "invalid_config", "request");
    }
}

#[tokio::test]
async fn a_restart_between_two_seconds_changes_nothing_and_polls_no_earlier() {
    let scene = Scene::new();
    scene.world.clock.advance(Duration::from_millis(700));
    let pending = pending(&scene).await;
    assert_eq!(scene.phone().poll(&pending).await, Ok(None));
    let restored = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    assert!(restored == pending && restored.expires_at() == pending.expires_at());
    assert!(scene.phone().next_poll_in(&restored) >= Duration::from_secs(5));
}

#[tokio::test]
async fn an_interval_from_outside_is_held_within_bounds() {
    let scene = Scene::new();
    let json = pending(&scene).await.to_json();
    for (stored, interval) in [(1, 1), (300, 300), (301, 300), (u64::MAX, 300)] {
        let restored = PendingLogin::from_json(&damaged(&json, "interval", &json!(stored))).expect("well-formed");
        assert_eq!(restored.interval(), Duration::from_secs(interval));
    }
    let restored = PendingLogin::from_json(&damaged(&json, "next_poll_at", &json!(u32::MAX))).expect("well-formed");
    assert_eq!(scene.phone().next_poll_in(&restored), Duration::ZERO);
}

#[tokio::test]
async fn what_was_made_for_another_is_told_apart() {
    let scene = Scene::new();
    let request = request(&scene).await;
    let callback = scene.approve(&request);
    let partner = partner_of(partner_keys(), scene.config());
    let other_shop = partner.merchant(msn("654321")).login(CALLBACK).expect("a good redirect_uri");
    let other_place = partner.merchant(msn("123456")).login("https://shop.example/callback/").expect("a good one");
    let elsewhere = login_of(scene.config().environment("http://127.0.0.1:8585".parse().expect("a url")));
    for (login, reason) in [(other_shop, "merchant"), (other_place, "redirect_uri"), (elsewhere, "issuer")] {
        let outcome = login.finish(&callback, &request).await;
        assert_why(&outcome, "login_failed", reason);
        assert!(!outcome.expect_err("another's").retryable());
    }
    assert_eq!(scene.count(At::Exchange), 0);
    scene.login().finish(&callback, &request).await.expect("still good where it belongs");
}

#[tokio::test]
async fn a_start_that_fails_leaves_nothing_behind_and_can_be_made_again() {
    let scene = Scene::hurried();
    let phone = scene.phone();
    scene.next(At::Start, [Reply::status(503)]);
    let outcome: Result<PendingLogin> = phone.start(PHONE, &["openid"]).await;
    assert_eq!(outcome.expect_err("out of order").kind(), ErrorKind::Unavailable);
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
    let again = phone.start(PHONE, &["openid"]).await.expect("a login");
    assert_eq!(phone.poll(&again).await, Ok(None));
}
