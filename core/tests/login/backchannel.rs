//! Asking a person by phone number: refused at the edge, sent once, and read whatever the reply leaves out.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use vipps_partner_auth::{BackchannelOptions, ErrorKind, Event, PendingLogin, Result};

use crate::{
    scene::{At, CALLBACK, PHONE, Scene, assert_why, form, refused, refused_by_gateway, why},
    support::{Reply, START, bearer},
};

const SECOND: Duration = Duration::from_secs(1);

fn options() -> BackchannelOptions {
    BackchannelOptions::default()
}

async fn start(scene: &Scene) -> Result<PendingLogin> {
    scene.phone().start(PHONE, &["openid"]).await
}

#[tokio::test]
async fn every_rule_is_checked_before_anything_is_asked() {
    let scene = Scene::new();
    let phone = scene.phone();
    let hints = [
        "",
        "4791234567",
        "urn:msisdn:+4791234567",
        "urn:msisdn:0047912345",
        "urn:msisdn:4791",
        "urn:nin:01017012345",
        "urn:customer-token:a b",
        "urn:mobilenumber:9123456",
        " urn:msisdn:4791234567",
    ];
    for hint in hints {
        assert_why(&phone.start(hint, &["openid"]).await, "invalid_config", "login_hint");
    }
    for scopes in [&["name"][..], &[], &["openid", "nnin"], &["openid name"], &["openid", "\""]] {
        assert_why(&phone.start(PHONE, scopes).await, "invalid_config", "scopes");
    }
    for message in ["", "ABCD", "ABCDEFGHI", "abcde", "AB 12", "ÆØÅÆØ", "AB_12", "AB12\n"] {
        let options = options().binding_message(message);
        assert_why(&phone.start_with(PHONE, &["openid"], &options).await, "invalid_config", "binding_message");
    }
    for millis in [0, 59_000, 59_999, 60_001, 900_001, 901_000, u64::MAX] {
        let options = options().requested_expiry(Duration::from_millis(millis));
        assert_why(&phone.start_with(PHONE, &["openid"], &options).await, "invalid_config", "requested_expiry");
    }
    for uri in [
        "",
        "/callback",
        "http://shop.example/callback",
        "https://shop.example/callback#x",
        "https://shop.example/?state=1",
    ] {
        let options = options().redirect_uri(uri);
        assert_why(&phone.start_with(PHONE, &["openid"], &options).await, "invalid_config", "redirect_uri");
    }
    for msisdn in ["", "+4791234567", "0047912345", "urn:msisdn:4791234567", "479123456789012345"] {
        assert_why(&phone.user_exists(msisdn).await, "invalid_config", "msisdn");
    }
    assert_eq!(scene.asked(), []);
}

#[tokio::test]
async fn the_limits_themselves_are_good() {
    let scene = Scene::new();
    let phone = scene.phone();
    for message in ["A1B2-C3", "AB-12", "12345678", "-----"] {
        let options = options().binding_message(message);
        phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
        assert_eq!(form(&scene.world.vipps.last())["binding_message"], message);
    }
    for seconds in [60, 61, 899, 900] {
        let options = options().requested_expiry(Duration::from_secs(seconds));
        phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
        assert_eq!(form(&scene.world.vipps.last())["requested_expiry"], seconds.to_string());
    }
}

#[tokio::test]
async fn a_plain_start_sends_no_more_than_it_must() {
    let scene = Scene::new();
    let pending = scene.phone().start(PHONE, &["openid", "name"]).await.expect("a login");
    let sent = &scene.seen(At::Start)[0];
    let mut form = form(sent);
    assert_eq!(form.remove("nonce").map(|nonce| nonce.len()), Some(43));
    let rest = [("login_hint", PHONE), ("scope", "openid name")];
    assert_eq!(form, rest.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(
        (bearer(&sent.headers), &sent.headers["merchant-serial-number"]),
        ("token-1", &"123456".parse::<http::HeaderValue>().expect("ascii"))
    );
    assert!(!sent.headers.contains_key("ocp-apim-subscription-key"));
    assert_eq!((pending.scopes(), pending.ends_by_redirect()), (&["openid".to_owned(), "name".to_owned()][..], false));
}

#[tokio::test]
async fn the_redirect_variant_says_where_to_and_has_a_state_of_its_own() {
    let scene = Scene::new();
    let phone = scene.phone();
    let mut states = Vec::new();
    for _ in 0..2 {
        let options = options().redirect_uri(CALLBACK);
        assert!(phone.start_with(PHONE, &["openid"], &options).await.expect("a login").ends_by_redirect());
        let form = form(&scene.world.vipps.last());
        assert_eq!((&*form["requested_flow"], &*form["redirect_uri"]), ("login_to_webpage", CALLBACK));
        states.push(form["state"].clone());
    }
    assert!(states[0].len() >= 43 && states[0] != states[1]);
}

#[tokio::test]
async fn an_unusual_country_is_told_and_asked_all_the_same() {
    let scene = Scene::new();
    let phone = scene.phone();
    let told = || scene.world.events.count(|event| *event == Event::UnusualCountryCode);
    for (number, unusual) in [
        ("4791234567", 0),
        ("4512345678", 0),
        ("46701234567", 0),
        ("299123456", 0),
        ("358401234567", 0),
        ("447911123456", 1),
        ("12025550123", 2),
    ] {
        phone.start(&format!("urn:msisdn:{number}"), &["openid"]).await.expect("a login");
        assert_eq!(told(), unusual, "{number}");
    }
    phone.user_exists("447911123456").await.expect("an answer");
    assert_eq!((told(), scene.count(At::Start)), (3, 7));
}

#[tokio::test]
async fn a_phone_is_never_rung_twice_for_one_call() {
    let answers = [
        Reply::broken(),
        Reply::status(500),
        Reply::status(502),
        Reply::status(503),
        Reply::status(504),
        Reply::status(408),
        Reply::status(429),
        refused_by_gateway(429).retry_after("1"),
    ];
    for answer in answers {
        let scene = Scene::hurried();
        scene.next(At::Start, [answer.clone()]);
        let error = start(&scene).await.expect_err("no answer");
        assert!(error.retryable(), "{answer:?}");
        assert_eq!(scene.count(At::Start), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn what_never_left_is_sent_again() {
    let scene = Scene::hurried();
    scene.next(At::Start, [Reply::not_sent(), Reply::not_sent()]);
    start(&scene).await.expect("a login");
    assert_eq!(scene.count(At::Start), 3);
    scene.next(At::Start, [Reply::not_sent(), Reply::broken()]);
    start(&scene).await.expect_err("lost");
    assert_eq!(scene.count(At::Start), 5);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    for reply in [refused_by_gateway(401), Reply::status(401), Reply::refusal(401, r#"{"error":"invalid_client"}"#)] {
        let scene = Scene::hurried();
        scene.next(At::Start, [reply.clone()]);
        start(&scene).await.expect("a login");
        let tokens: Vec<_> = scene.seen(At::Start).iter().map(|sent| bearer(&sent.headers).to_owned()).collect();
        assert_eq!(tokens, ["token-1", "token-2"], "{reply:?}");
        scene.always(At::Start, reply);
        let error = start(&scene).await.expect_err("refused");
        assert_eq!((error.kind(), scene.count(At::Start)), (ErrorKind::CredentialsRejected, 4));
    }
}

#[tokio::test]
async fn one_person_asked_too_often_is_left_to_the_caller() {
    let scene = Scene::hurried();
    scene.always(At::Start, Reply::status(429).retry_after("30"));
    let error = start(&scene).await.expect_err("too many");
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(30 * SECOND)));
    assert_eq!(scene.count(At::Start), 1);
}

#[tokio::test]
async fn a_no_is_told_with_its_reason() {
    let said = |error: &str, description: &str| {
        Reply::refusal(400, json!({"error": error, "error_description": description}).to_string())
    };
    let answers = [
        (refused("unknown_user_id"), "login_failed", Some("unknown_user")),
        (refused("invalid_user"), "login_failed", Some("unknown_user")),
        (Reply::refusal(400, r#"{"error_code":"invalid_user"}"#), "login_failed", Some("unknown_user")),
        (Reply::refusal(400, r#"{"error_code":"old_app"}"#), "login_failed", Some("outdated_app")),
        (refused("access_denied"), "login_failed", Some("denied")),
        (refused("invalid_binding_message"), "invalid_config", Some("binding_message")),
        (said("invalid_request", "login_hint.value : Invalid login_hint."), "invalid_config", Some("login_hint")),
        (said("invalid_request", "Missing login_hint"), "invalid_config", Some("login_hint")),
        (said("invalid_request", "requested_expiry is too long"), "invalid_config", Some("requested_expiry")),
        (said("invalid_request", "something else"), "protocol", None),
        (refused("invalid_scope"), "forbidden", None),
        (refused("unauthorized_client"), "credentials_rejected", None),
        (refused_by_gateway(403), "forbidden", None),
        (Reply::status(404), "protocol", None),
        (refused("something_new"), "protocol", None),
    ];
    for (answer, code, detail) in answers {
        let scene = Scene::hurried();
        scene.always(At::Start, answer.clone());
        let outcome = start(&scene).await;
        assert_eq!(why(&outcome), (code, detail.map(str::to_owned)), "{answer:?}");
        assert_eq!(scene.count(At::Start), 1, "{answer:?}");
    }
}

async fn started(members: &[(&str, Value)]) -> Result<PendingLogin> {
    let scene = Scene::new();
    let mut body = json!({"auth_req_id": "fixture-auth-req-0001"});
    for (name, value) in members {
        body[*name] = value.clone();
    }
    scene.always(At::Start, Reply::json(body.to_string()));
    start(&scene).await
}

#[tokio::test]
async fn whatever_the_reply_says_of_time_the_pace_is_sane() {
    let times = [
        (vec![], 600, 5),
        (vec![("expires_in", json!(300)), ("interval", json!(2))], 300, 2),
        (vec![("expires_in", json!("300")), ("interval", json!("2"))], 300, 2),
        (vec![("expires_in", json!("300.0")), ("interval", json!("2.0"))], 300, 2),
        (vec![("expires_in", json!(300.9)), ("interval", json!(2.1))], 300, 3),
        (vec![("expires_in", json!(null)), ("interval", json!(null))], 600, 5),
        (vec![("expires_in", json!("soon")), ("interval", json!("often"))], 600, 5),
        (vec![("expires_in", json!(true)), ("interval", json!(-1))], 600, 5),
        (vec![("expires_in", json!([300])), ("interval", json!({}))], 600, 5),
        (vec![("expires_in", json!(u64::MAX)), ("interval", json!(u64::MAX))], 3_600, 300),
        (vec![("expires_in", json!(1e300)), ("interval", json!(1e300))], 3_600, 300),
        (vec![("interval", json!(0))], 600, 1),
    ];
    for (members, life, interval) in times {
        let pending = started(&members).await.expect("a login");
        let until = pending.expires_at().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        assert_eq!((until - START, pending.interval()), (life, interval * SECOND), "{members:?}");
    }
}

#[tokio::test]
async fn a_login_that_has_run_out_on_arrival_is_not_understood() {
    for life in [json!(0), json!(-1), json!("-1"), json!(0.5), json!("0")] {
        let error = started(&[("expires_in", life.clone())]).await.expect_err("it has run out");
        assert_eq!((error.kind(), error.status()), (ErrorKind::Protocol, Some(200)), "{life}");
    }
}

#[tokio::test]
async fn without_a_life_in_the_reply_the_one_that_was_asked_for_counts() {
    let scene = Scene::new();
    scene.always(At::Start, Reply::json(r#"{"auth_req_id":"fixture"}"#));
    let options = options().requested_expiry(120 * SECOND);
    let pending = scene.phone().start_with(PHONE, &["openid"], &options).await.expect("a login");
    assert_eq!(pending.expires_at(), UNIX_EPOCH + Duration::from_secs(START + 120));
}

#[tokio::test]
async fn a_reply_without_a_usable_id_is_not_understood() {
    for id in [
        json!(null),
        json!(""),
        json!(7),
        json!(["x"]),
        json!("a b"),
        json!("é"),
        json!("a\n"),
        json!("x".repeat(2_049)),
    ] {
        let outcome = started(&[("auth_req_id", id.clone())]).await;
        assert_eq!(why(&outcome).0, "protocol", "{id}");
    }
    started(&[("auth_req_id", json!("x".repeat(2_048)))]).await.expect("a login");
}

#[tokio::test]
async fn whether_a_user_exists_is_yes_no_or_not_told() {
    let answers = [
        (Reply::json(r#"{"exists":true}"#), Ok(Some(true))),
        (Reply::json(r#"{"exists":false,"more":1}"#), Ok(Some(false))),
        (Reply::status(404), Ok(None)),
        (Reply::json(r#"{"exists":"yes"}"#), Err("protocol")),
        (Reply::json("true"), Err("protocol")),
        (refused_by_gateway(403), Err("forbidden")),
        (Reply::status(401), Err("credentials_rejected")),
    ];
    for (answer, expected) in answers {
        let scene = Scene::hurried();
        scene.always(At::UserExists, answer.clone());
        let told = scene.phone().user_exists("4791234567").await.map_err(|error| error.code());
        assert_eq!(told, expected, "{answer:?}");
    }
    let scene = Scene::hurried();
    scene.next(At::UserExists, [Reply::broken(), Reply::status(503)]);
    assert_eq!(scene.phone().user_exists("4791234567").await, Ok(Some(true)));
    let sent = &scene.seen(At::UserExists)[2];
    assert_eq!(
        (form(sent)["login_hint"].as_str(), &*sent.url),
        (PHONE, "https://api.vipps.no/vipps-login-ciba/api/v1/user-exists")
    );
}
