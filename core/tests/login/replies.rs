//! What a reply says is not lost, whoever sent it and however odd it is.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue, header::CONTENT_ENCODING};
use serde_json::{Value, json};
use vipps_partner_auth::{BackchannelPing, Error, ErrorKind, LoginRequest, PendingLogin, UnverifiedConsentRevoked};

use crate::{
    scene::{At, Decision, PHONE, Scene, refused},
    support::Reply,
};

const TRACE: &str = "0a0a0a0a-0000-4000-8000-000000000001";

fn traced(reply: Reply) -> Reply {
    reply.header(HeaderName::from_static("x-request-id"), HeaderValue::from_static(TRACE))
}

/// The error of a login whose exchange is answered so.
async fn exchanged(reply: Reply) -> Error {
    let scene = Scene::hurried();
    let login = scene.login();
    let request = login.start(&["openid"]).await.expect("a request");
    scene.always(At::Exchange, reply);
    login.finish(&scene.approve(&request), &request).await.expect_err("no login")
}

/// The error of a userinfo that is answered so.
async fn asked_who(reply: Reply) -> Error {
    let scene = Scene::hurried();
    let login = scene.login();
    let request = login.start(&["openid"]).await.expect("a request");
    let result = login.finish(&scene.approve(&request), &request).await.expect("a login");
    scene.always(At::Userinfo, reply);
    login.userinfo(&result).await.expect_err("no answer")
}

#[tokio::test]
async fn a_lost_reply_keeps_what_the_answer_said() {
    let told = traced(Reply::refusal(503, r#"{"error":"temporarily_unavailable"}"#)).retry_after("7");
    let error = exchanged(told).await;
    assert_eq!((error.reason(), error.status(), error.retryable()), (Some("reply_lost"), Some(503), false));
    assert_eq!((error.oauth_error(), error.trace_id()), (Some("temporarily_unavailable"), Some(TRACE)));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert!(!error.detail().contains("no answer came"), "{error}");
    let limited = exchanged(Reply::status(429).retry_after("9")).await;
    assert_eq!((limited.reason(), limited.status()), (Some("reply_lost"), Some(429)));
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(9)));
    let silent = exchanged(Reply::broken()).await;
    assert_eq!((silent.reason(), silent.status(), silent.trace_id()), (Some("reply_lost"), None, None));
    assert!(silent.detail().contains("no answer came"), "{silent}");
}

#[tokio::test]
async fn each_error_of_a_reply_keeps_its_trace_id() {
    let bodies = ["", "{}", "[]", "<html></html>", r#"{"error":"invalid_request"}"#, r#"{"sub":"another"}"#];
    for status in [200, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503] {
        for body in bodies {
            let reply = traced(Reply::refusal(status, body));
            for error in [exchanged(reply.clone()).await, asked_who(reply.clone()).await] {
                assert_eq!((error.status(), error.trace_id()), (Some(status), Some(TRACE)), "{status} {body}: {error}");
            }
            let scene = Scene::hurried();
            scene.always(At::Start, reply.clone());
            scene.always(At::UserExists, reply);
            let phone = scene.phone();
            let started = phone.start(PHONE, &["openid"]).await.expect_err("no login");
            assert_eq!(
                (started.status(), started.trace_id()),
                (Some(status), Some(TRACE)),
                "{status} {body}: {started}"
            );
            match phone.user_exists("4791234567").await {
                Ok(exists) => assert_eq!((exists, status), (None, 404)),
                Err(error) => assert_eq!((error.status(), error.trace_id()), (Some(status), Some(TRACE))),
            }
        }
    }
}

#[tokio::test]
async fn a_429_is_a_rate_limit_wherever_it_comes_from() {
    for body in ["", "<html></html>", r#"{"error":"access_denied"}"#, r#"{"statusCode":429,"message":"x"}"#] {
        let limited = Reply::refusal(429, body).retry_after("3");
        let scene = Scene::hurried();
        for at in [At::Discovery, At::Userinfo, At::Start, At::UserExists] {
            scene.always(at, limited.clone());
        }
        let cold = scene.login().start(&["openid"]).await.expect_err("no endpoints");
        assert_eq!((cold.kind(), cold.status()), (ErrorKind::RateLimited, Some(429)), "{body}");
        scene.mend(At::Discovery);
        let phone = scene.phone();
        for error in [
            phone.start(PHONE, &["openid"]).await.expect_err("no login"),
            phone.user_exists("4791234567").await.expect_err("no answer"),
            asked_who(limited.clone()).await,
        ] {
            assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(3 * SECOND)), "{body}");
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_page_of_a_firewall_says_nothing_of_the_msn() {
    let page =
        "<html><head><title>403 Forbidden</title></head><body>Microsoft-Azure-Application-Gateway/v2</body></html>";
    let scene = Scene::hurried();
    scene.always(At::Start, Reply::refusal(403, page));
    let started = scene.phone().start(PHONE, &["openid"]).await.expect_err("refused");
    for error in [started, exchanged(Reply::refusal(403, page)).await, asked_who(Reply::refusal(403, page)).await] {
        assert_eq!((error.kind(), error.detail()), (ErrorKind::Forbidden, "a firewall or proxy refused the request"));
        assert!(error.hint().is_some_and(|hint| hint.contains("not JSON") && !hint.contains("connected")), "{error}");
    }
    let plain = exchanged(Reply::refusal(403, r#"{"title":"Forbidden","status":403}"#)).await;
    assert!(plain.hint().is_some_and(|hint| hint.contains("MSN not connected")), "{plain}");
}

#[tokio::test]
async fn a_compressed_reply_is_named() {
    let compressed = |status| {
        let body: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        Reply::refusal(status, body).header(CONTENT_ENCODING, HeaderValue::from_static("gzip"))
    };
    for error in [exchanged(compressed(200)).await, asked_who(compressed(200)).await, exchanged(compressed(400)).await]
    {
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.hint().is_some_and(|hint| hint.contains("compressed")), "{error}");
    }
    let plain = Reply::json("[]").header(CONTENT_ENCODING, HeaderValue::from_static(" identity "));
    assert_eq!(exchanged(plain).await.hint(), None);
    let page = exchanged(Reply::json("<html>log in to the network</html>")).await;
    assert!(page.hint().is_some_and(|hint| hint.contains("not JSON")), "{page}");
}

#[tokio::test]
async fn one_odd_member_of_a_login_costs_that_member() {
    for (member, odd, scopes) in [
        ("scope", json!(["openid", "email"]), ["openid", "email"]),
        ("scope", json!(7), ["openid", "name"]),
        ("scope", json!(["openid", 7]), ["openid", "name"]),
        ("scope", json!({"a": "openid"}), ["openid", "name"]),
        ("token_type", json!(["mac"]), ["openid", "name"]),
        ("expires_in", json!([1]), ["openid", "name"]),
    ] {
        let scene = Scene::hurried();
        scene.bend_reply({
            let odd = odd.clone();
            move |body| {
                body["scope"] = Value::Null;
                body[member] = odd.clone();
            }
        });
        let login = scene.login();
        let request = login.start(&["openid", "name"]).await.expect("a request");
        let result = login.finish(&scene.approve(&request), &request).await.expect("a login");
        assert_eq!(result.scopes(), scopes, "{member} {odd}");
    }
}

#[tokio::test]
async fn a_poll_and_the_other_replies_of_the_phone_are_read_leniently() {
    let scene = Scene::new();
    let phone = scene.phone();
    scene.next(
        At::Start,
        [Reply::json("\u{feff}{\"auth_req_id\":\"fixture\",\"note\":\"\\ud83d\",\"expires_in\":\"600.0\"}")],
    );
    assert_eq!(phone.start(PHONE, &["openid"]).await.expect("a login").auth_req_id(), "fixture");
    scene.next(At::UserExists, [Reply::json("\u{feff}{\"exists\":true,\"exists\":false,\"x\":NaN}")]);
    assert_eq!(phone.user_exists("4791234567").await, Ok(Some(false)));
    for odd in [r#"{"exists":"true"}"#, r#"{"exists":1}"#, "[true]", "true", r#"{"exists":true"#] {
        scene.next(At::UserExists, [Reply::json(odd)]);
        assert_eq!(phone.user_exists("4791234567").await.map_err(|error| error.kind()), Err(ErrorKind::Protocol));
    }
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    let undecided = "\u{feff}{\"error\":\"authorization_pending\",\"error_description\":\"\\ud83d\"}";
    scene.next(At::Exchange, [Reply::refusal(400, undecided)]);
    assert_eq!(phone.poll(&pending).await.map(|result| result.is_none()), Ok(true));
    scene.world.pass(5 * SECOND).await;
    scene.next(At::Exchange, [refused("access_denied")]);
    scene.decide(&pending, Decision::Denied);
    assert_eq!(phone.poll(&pending).await.expect_err("denied").reason(), Some("denied"));
}

#[test]
fn a_ping_is_read_leniently_and_only_from_an_object() {
    let id = |body: &str| BackchannelPing::parse(body).map(|ping| ping.auth_req_id().to_owned());
    assert_eq!(id("\u{feff}{\"auth_req_id\":\"fixture\",\"more\":\"\\ud83d\"}").as_deref(), Ok("fixture"));
    for body in [r#"["fixture"]"#, r#""fixture""#, r#"{"auth_req_id":1}"#, r#"{"auth_req_id":"\ud83d"}"#, ""] {
        assert_eq!(id(body).map_err(|error| error.field()), Err(Some("body")), "{body}");
    }
}

#[test]
fn a_revoked_consent_is_read_from_an_object_alone() {
    let parse = |payload: &str| {
        UnverifiedConsentRevoked::parse(&format!("eyJhbGciOiJub25lIn0.{}.", BASE64_URL_SAFE_NO_PAD.encode(payload)))
    };
    parse(r#"{"sub":"c0ffee","event":"CONSENT_REVOKED","iat":1,"exp":2}"#).expect("a callback");
    let error = parse(r#"["c0ffee","CONSENT_REVOKED",1,2]"#).expect_err("an array");
    assert_eq!(error.field(), Some("body"));
}

#[tokio::test]
async fn what_was_kept_is_read_from_an_object_alone() {
    let scene = Scene::new();
    let request = scene.login().start(&["openid"]).await.expect("a request").to_json();
    let pending = scene.phone().start(PHONE, &["openid"]).await.expect("a login").to_json();
    LoginRequest::from_json(&request).expect("as it was written");
    PendingLogin::from_json(&pending).expect("as it was written");
    let in_order = |json: &str, names: &[&str]| {
        let members: Value = json.parse().expect("json");
        names.iter().map(|name| members[name].clone()).collect::<Value>().to_string()
    };
    let of_request =
        ["version", "url", "issuer", "msn", "redirect_uri", "scopes", "state", "nonce", "code_verifier", "acr_values"];
    let error = LoginRequest::from_json(&in_order(&request, &of_request)).expect_err("an array");
    assert_eq!(error.field(), Some("request"));
    let of_pending = [
        "version",
        "auth_req_id",
        "issuer",
        "msn",
        "scopes",
        "nonce",
        "expires_at",
        "interval",
        "next_poll_at",
        "redirect_uri",
        "state",
    ];
    let error = PendingLogin::from_json(&in_order(&pending, &of_pending)).expect_err("an array");
    assert_eq!(error.field(), Some("pending"));
}
