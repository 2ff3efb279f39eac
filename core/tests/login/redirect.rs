//! The variant that ends on a web page in the phone's browser.

use serde_json::json;
use vipps_partner_auth::{Backchannel, BackchannelOptions, ErrorKind, PendingLogin};

use crate::{
    keyring::{RSA, Token},
    scene::{At, CALLBACK, PHONE, Scene, assert_why, form, sub, why},
    support::{msn, partner_keys, partner_of},
};

async fn started(scene: &Scene) -> (Backchannel, PendingLogin) {
    let phone = scene.phone();
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    let pending = phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
    (phone, pending)
}

fn state(scene: &Scene) -> String {
    form(scene.seen(At::Start).last().expect("a start"))["state"].clone()
}

#[tokio::test]
async fn the_code_is_handed_in_with_the_grant_of_its_own() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let result = phone.finish_redirect(&scene.approve_redirect(&pending), &pending).await.expect("a login");
    assert_eq!(sub(&result), "urn:msisdn:4791234567 at 123456");
    let form = form(&scene.seen(At::Exchange)[0]);
    assert_eq!((form.len(), &*form["grant_type"]), (2, "urn:vipps:params:grant-type:ciba-redirect"));
    assert!(form["code"].starts_with("phone-code-"));
    assert!(result.id_token().starts_with("eyJ") && result.claims().json().contains(pending.auth_req_id()));
}

#[tokio::test]
async fn a_state_may_be_absent_and_must_be_right_where_it_is_there() {
    let scene = Scene::new();
    for (suffix, good) in [
        ("", true),
        ("&state=", false),
        ("&state=guessed", false),
        ("&state=STATE", true),
        ("&state=STATEx", false),
        ("&state=STATE&state=STATE", false),
    ] {
        let (phone, pending) = started(&scene).await;
        let callback = scene.approve_redirect(&pending) + &suffix.replace("STATE", &state(&scene));
        let outcome = phone.finish_redirect(&callback, &pending).await;
        assert_eq!(outcome.is_ok(), good, "{suffix}");
        if let Err(error) = outcome {
            assert!(matches!(error.reason(), Some("state" | "callback")), "{error}");
        }
    }
    assert_eq!(scene.count(At::Exchange), 2);
}

#[tokio::test]
async fn the_state_of_another_login_is_wrong() {
    let scene = Scene::new();
    let (phone, first) = started(&scene).await;
    let of_first = state(&scene);
    let (_, second) = started(&scene).await;
    let callback = format!("{}&state={of_first}", scene.approve_redirect(&second));
    assert_why(&phone.finish_redirect(&callback, &second).await, "login_failed", "state");
    let callback = format!("{}&state={of_first}", scene.approve_redirect(&first));
    phone.finish_redirect(&callback, &first).await.expect("a login");
}

#[tokio::test]
async fn the_token_must_name_this_very_login() {
    type Bend = fn(Token) -> Token;
    const OTHER: &str = "urn:openid:params:jwt:claim:auth_req_id";
    let bends: [(Bend, bool); 9] = [
        (|token| token, true),
        (|token| token.without("auth_req_id").with("authReqId", "auth-req-1"), true),
        (|token| token.without("auth_req_id").with(OTHER, "auth-req-1"), true),
        (|token| token.with("authReqId", "auth-req-1").with(OTHER, "auth-req-1"), true),
        (|token| token.without("auth_req_id"), false),
        (|token| token.with("auth_req_id", "auth-req-2"), false),
        (|token| token.with("authReqId", "auth-req-2"), false),
        (|token| token.with(OTHER, json!(null)), false),
        (|token| token.with("auth_req_id", json!(["auth-req-1"])), false),
    ];
    for (number, (bend, good)) in bends.into_iter().enumerate() {
        let scene = Scene::new();
        scene.bend(bend);
        let (phone, pending) = started(&scene).await;
        assert_eq!(pending.auth_req_id(), "auth-req-1");
        let outcome = phone.finish_redirect(&scene.approve_redirect(&pending), &pending).await;
        let expected = if good { ("ok", None) } else { ("invalid_id_token", Some("auth_req_id".to_owned())) };
        assert_eq!(why(&outcome), expected, "{number}");
    }
}

#[tokio::test]
async fn the_code_of_another_login_makes_no_login_of_this_one() {
    let scene = Scene::new();
    let (phone, mine) = started(&scene).await;
    let (_, others) = started(&scene).await;
    let callback = scene.approve_redirect(&others);
    assert_why(&phone.finish_redirect(&callback, &mine).await, "invalid_id_token", "nonce");
    scene.bend(|token| token.without("nonce"));
    let (_, others) = started(&scene).await;
    let callback = scene.approve_redirect(&others);
    assert_why(&phone.finish_redirect(&callback, &mine).await, "invalid_id_token", "auth_req_id");
}

#[tokio::test]
async fn rs256_is_good_too_and_a_wrong_merchant_never() {
    let scene = Scene::new();
    scene.sign_by(&RSA);
    let (phone, pending) = started(&scene).await;
    phone.finish_redirect(&scene.approve_redirect(&pending), &pending).await.expect("a login");
    scene.bend(|token| token.with("msn", "654321"));
    let (phone, pending) = started(&scene).await;
    let outcome = phone.finish_redirect(&scene.approve_redirect(&pending), &pending).await;
    assert_why(&outcome, "invalid_id_token", "msn");
}

#[tokio::test]
async fn each_variant_has_its_own_end() {
    let scene = Scene::new();
    let (phone, by_redirect) = started(&scene).await;
    assert_why(&phone.poll(&by_redirect).await, "invalid_config", "pending");
    assert_why(&phone.wait(&by_redirect, std::time::Duration::ZERO).await, "invalid_config", "pending");
    let by_polling = phone.start(PHONE, &["openid"]).await.expect("a login");
    let callback = scene.approve_redirect(&by_redirect);
    assert_why(&phone.finish_redirect(&callback, &by_polling).await, "invalid_config", "pending");
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn a_callback_is_judged_before_anything_is_asked() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let callbacks = [
        ("https://other.example/callback?code=c", "redirect_uri"),
        ("https://shop.example/callback/?code=c", "redirect_uri"),
        ("http://shop.example/callback?code=c", "redirect_uri"),
        ("/other?code=c", "redirect_uri"),
        ("/callback", "callback"),
        ("/callback?code=", "callback"),
        ("/callback?code=a&code=b", "callback"),
        ("/callback?code=%C3%A9", "callback"),
        ("/callback?code=a&error=access_denied", "callback"),
        ("/callback?error=access_denied", "denied"),
        ("/callback?error=outdated_app_version", "outdated_app"),
        ("/callback?error=brand_new_reason", "brand_new_reason"),
        ("/callback?error=Not%20a%20Code", "unknown"),
        ("/callback?code=c&iss=https%3A%2F%2Felsewhere.example%2F", "issuer"),
    ];
    for (callback, reason) in callbacks {
        assert_why(&phone.finish_redirect(callback, &pending).await, "login_failed", reason);
    }
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn a_login_of_another_merchant_is_not_finished_here() {
    let scene = Scene::new();
    let (_, pending) = started(&scene).await;
    let callback = scene.approve_redirect(&pending);
    let other = partner_of(partner_keys(), scene.config()).merchant(msn("654321")).backchannel();
    let outcome = other.expect("keys for this").finish_redirect(&callback, &pending).await;
    assert_why(&outcome, "login_failed", "merchant");
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn it_goes_on_in_another_process() {
    let scene = Scene::new();
    let (_, pending) = started(&scene).await;
    let kept = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    assert!(kept.ends_by_redirect() && kept == pending);
    let callback = format!("{}&state={}", scene.approve_redirect(&pending), state(&scene));
    scene.phone().finish_redirect(&callback, &kept).await.expect("a login");
    let again = scene.phone().finish_redirect(&callback, &kept).await.expect_err("used up");
    assert_eq!((again.kind(), again.reason()), (ErrorKind::LoginFailed, Some("invalid_grant")));
}
