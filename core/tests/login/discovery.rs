//! Where the endpoints are: asked once, believed as long as it says, and never with a secret on the way.

use std::time::Duration;

use http::{HeaderValue, header::CACHE_CONTROL};
use serde_json::{Value, json};
use vipps_partner_auth::{ErrorKind, Login, LoginResult, Result};

use crate::{
    scene::{At, Decision, PHONE, Scene, document, login_of},
    support::{Reply, settle},
};

const SECOND: Duration = Duration::from_secs(1);

async fn finish(scene: &Scene, login: &Login) -> Result<LoginResult> {
    let request = login.start(&["openid"]).await?;
    login.finish(&scene.approve(&request), &request).await
}

fn document_with(member: &str, value: impl Into<Value>) -> Reply {
    let mut document = document();
    document[member] = value.into();
    Reply::json(document.to_string())
}

#[tokio::test]
async fn keys_and_login_share_what_was_asked_for() {
    let scene = Scene::new();
    let login = scene.login();
    finish(&scene, &login).await.expect("a login");
    finish(&scene, &login).await.expect("a login");
    assert_eq!([At::Discovery, At::Keys].map(|at| scene.count(at)), [1, 1]);
}

#[tokio::test]
async fn a_thousand_cold_starts_are_one_request() {
    let scene = Scene::new();
    scene.world.vipps.hold();
    let login = scene.login();
    let starts: Vec<_> = (0..1_000)
        .map(|_| {
            let login = login.clone();
            tokio::spawn(async move { login.start(&["openid"]).await })
        })
        .collect();
    settle().await;
    scene.world.vipps.release();
    for start in starts {
        start.await.expect("no panic").expect("a request");
    }
    assert_eq!(scene.asked(), [At::Discovery]);
}

#[tokio::test]
async fn keys_and_login_ask_together() {
    let scene = Scene::new();
    let request = scene.login().start(&["openid"]).await.expect("a request");
    let (callback, login) = (scene.approve(&request), scene.login());
    let asked = scene.count(At::Discovery);
    scene.world.vipps.hold_at(At::Discovery.path());
    let start = tokio::spawn({
        let login = login.clone();
        async move { login.start(&["openid"]).await.map(drop) }
    });
    let finish = tokio::spawn(async move { login.finish(&callback, &request).await.map(drop) });
    settle().await;
    scene.world.vipps.release();
    start.await.expect("no panic").expect("a request");
    finish.await.expect("no panic").expect("a login");
    assert_eq!(scene.count(At::Discovery) - asked, 1);
}

#[tokio::test]
async fn in_an_outage_not_every_login_waits_for_a_question_of_its_own() {
    let scene = Scene::hurried();
    let login = scene.login();
    login.start(&["openid"]).await.expect("a request");
    scene.world.pass(3_600 * SECOND).await;
    scene.always(At::Discovery, Reply::broken().taking(10 * SECOND));
    for _ in 0..100 {
        login.start(&["openid"]).await.expect("a request");
        settle().await;
    }
    assert_eq!(scene.count(At::Discovery), 2);
    scene.mend(At::Discovery);
    scene.world.pass(30 * SECOND).await;
    login.start(&["openid"]).await.expect("a request");
    settle().await;
    assert_eq!(scene.count(At::Discovery), 3);
}

#[tokio::test]
async fn a_start_that_is_given_up_hands_its_question_on() {
    let scene = Scene::new();
    scene.world.vipps.hold();
    let login = scene.login();
    let start = || {
        let login = login.clone();
        tokio::spawn(async move { login.start(&["openid"]).await.map(drop) })
    };
    let (leader, other) = (start(), start());
    settle().await;
    leader.abort();
    settle().await;
    scene.world.vipps.release();
    other.await.expect("no panic").expect("a request");
    assert_eq!(scene.asked(), [At::Discovery]);
}

#[tokio::test]
async fn the_age_is_obeyed_within_bounds() {
    let ages = [
        (None, 3_600),
        (Some("max-age=1800"), 1_800),
        (Some("public, MAX-AGE=1800"), 1_800),
        (Some("max-age=1"), 300),
        (Some("no-store"), 300),
        (Some("max-age=1800, no-cache"), 300),
        (Some("max-age=99999999"), 86_400),
        (Some("max-age=soon"), 3_600),
    ];
    for (header, age) in ages {
        let scene = Scene::new();
        let reply = Reply::json(document().to_string());
        scene.always(
            At::Discovery,
            match header {
                Some(text) => reply.header(CACHE_CONTROL, HeaderValue::from_static(text)),
                None => reply,
            },
        );
        let login = scene.login();
        for (pass, count) in [(0, 1), (age - 1, 1), (1, 2), (1, 2)] {
            scene.world.pass(pass * SECOND).await;
            login.start(&["openid"]).await.expect("a request");
            settle().await;
            assert_eq!(scene.count(At::Discovery), count, "{header:?} {pass}");
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_moves_is_followed_when_the_age_is_over() {
    let scene = Scene::new();
    let login = scene.login();
    finish(&scene, &login).await.expect("a login");
    let moved = "https://api.vipps.no/new/oauth2/token";
    scene.always(At::Discovery, document_with("token_endpoint", moved));
    finish(&scene, &login).await.expect("a login");
    scene.world.pass(3_600 * SECOND).await;
    finish(&scene, &login).await.expect("a login");
    let urls: Vec<_> = scene.seen(At::Exchange).into_iter().map(|seen| seen.url == moved).collect();
    assert_eq!(urls, [false, false, true]);
}

#[tokio::test]
async fn old_endpoints_serve_while_no_others_can_be_had() {
    let faults = [
        Reply::broken(),
        Reply::status(503),
        Reply::status(404),
        Reply::status(429).retry_after("3600"),
        Reply::json("<html>"),
        document_with("issuer", "https://api.vipps.no.example/"),
    ];
    for fault in faults {
        let scene = Scene::hurried();
        let login = scene.login();
        finish(&scene, &login).await.expect("a login");
        scene.always(At::Discovery, fault.clone());
        for _ in 0..3 {
            scene.world.pass(3_600 * SECOND).await;
            finish(&scene, &login).await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        }
        assert!(scene.count(At::Discovery) > 1);
    }
}

#[tokio::test]
async fn members_that_are_left_out_are_where_the_documents_say() {
    let scene = Scene::new();
    let whole = document();
    scene.always(
        At::Discovery,
        Reply::json(json!({"issuer": whole["issuer"], "jwks_uri": whole["jwks_uri"]}).to_string()),
    );
    let login = scene.login();
    let result = finish(&scene, &login).await.expect("a login");
    login.userinfo(&result).await.expect("an answer");
    let phone = scene.phone();
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    scene.decide(&pending, Decision::Approved);
    phone.poll(&pending).await.expect("an answer").expect("a decision");
    let url = |at: At| scene.seen(at)[0].url.clone();
    assert_eq!(url(At::Exchange), whole["token_endpoint"]);
    assert_eq!(url(At::Userinfo), whole["userinfo_endpoint"]);
    assert_eq!(url(At::Start), whole["backchannel_authentication_endpoint"]);
    let request = login.start(&["openid"]).await.expect("a request");
    assert!(request.url().starts_with(whole["authorization_endpoint"].as_str().expect("text")));
}

const ELSEWHERE: [&str; 9] = [
    "https://elsewhere.example/oauth2/token",
    "https://api.vipps.no.example/oauth2/token",
    "https://api.vipps.no@elsewhere.example/oauth2/token",
    "https://api.vipps.no:8443/oauth2/token",
    "https://apitest.vipps.no/oauth2/token",
    "http://api.vipps.no/oauth2/token",
    "http://127.0.0.1:1/oauth2/token",
    "//elsewhere.example/oauth2/token",
    "ftp://api.vipps.no/oauth2/token",
];

#[tokio::test]
async fn no_secret_goes_to_an_origin_that_is_not_trusted() {
    for elsewhere in ELSEWHERE {
        let scene = Scene::new();
        scene.always(At::Discovery, document_with("token_endpoint", elsewhere));
        let login = scene.login();
        let error = finish(&scene, &login).await.expect_err("not trusted");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Protocol, false), "{elsewhere}");
        assert_eq!([At::Exchange, At::ApiToken].map(|at| scene.count(at)), [0, 0], "{elsewhere}");
        assert!(!error.to_string().contains("elsewhere"), "{error}");
    }
    for elsewhere in ELSEWHERE {
        let scene = Scene::new();
        let endpoint = elsewhere.replace("/oauth2/token", "/backchannel/authentication");
        scene.always(At::Discovery, document_with("backchannel_authentication_endpoint", endpoint));
        let error = scene.phone().start(PHONE, &["openid"]).await.expect_err("not trusted");
        assert_eq!(error.kind(), ErrorKind::Protocol, "{elsewhere}");
        assert_eq!([At::Start, At::ApiToken].map(|at| scene.count(at)), [0, 0], "{elsewhere}");
    }
}

#[tokio::test]
async fn an_origin_that_was_listed_is_trusted_and_no_other() {
    let scene = Scene::new();
    scene.always(At::Discovery, document_with("token_endpoint", ELSEWHERE[0]));
    let login = login_of(scene.config().trusted_origin("https://elsewhere.example"));
    finish(&scene, &login).await.expect("a login");
    assert_eq!(scene.seen(At::Exchange)[0].url, ELSEWHERE[0]);
    scene.always(At::Discovery, document_with("token_endpoint", ELSEWHERE[1]));
    scene.world.pass(3_600 * SECOND).await;
    assert_eq!(finish(&scene, &login).await.expect_err("not listed").kind(), ErrorKind::Protocol);
    assert_eq!(scene.count(At::Exchange), 1);
}

#[tokio::test]
async fn a_code_that_met_a_wrong_endpoint_is_still_good() {
    let scene = Scene::new();
    let login = scene.login();
    let request = login.start(&["openid"]).await.expect("a request");
    let callback = scene.approve(&request);
    scene.always(At::Discovery, document_with("token_endpoint", ELSEWHERE[0]));
    scene.world.pass(3_600 * SECOND).await;
    login.start(&["openid"]).await.expect("with the old document, while the new one is asked for");
    settle().await;
    login.finish(&callback, &request).await.expect_err("not trusted");
    scene.mend(At::Discovery);
    scene.world.pass(3_600 * SECOND).await;
    login.start(&["openid"]).await.expect("a request");
    settle().await;
    login.finish(&callback, &request).await.expect("a login");
}

#[tokio::test]
async fn a_document_that_is_not_of_this_issuer_or_no_document_starts_nothing() {
    let issuer = document()["issuer"].as_str().expect("text").to_owned();
    let wrong = [
        document_with("issuer", issuer.trim_end_matches('/')),
        document_with("issuer", "https://apitest.vipps.no/access-management-1.0/access/"),
        document_with("issuer", issuer.to_uppercase()),
        document_with("issuer", json!([issuer])),
        document_with("jwks_uri", "http://api.vipps.no/jwks.json"),
        document_with("jwks_uri", Value::Null),
        Reply::json("[]"),
        Reply::json(format!(r#"["{issuer}","https://api.vipps.no/jwks.json"]"#)),
        Reply::json(format!("{} {}", document(), document())),
        Reply::json("<html>"),
        Reply::status(204),
        Reply::status(302),
        Reply::status(404),
        Reply::status(401),
    ];
    for reply in wrong {
        let scene = Scene::hurried();
        scene.always(At::Discovery, reply.clone());
        let error = scene.login().start(&["openid"]).await.expect_err("no document");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true), "{reply:?}");
    }
}

#[tokio::test]
async fn a_person_is_sent_to_this_machine_only_by_an_environment_on_it() {
    for endpoint in [
        "http://127.0.0.1:6379/auth",
        "http://localhost/auth",
        "http://elsewhere.example/auth",
        "https://user@api.vipps.no/auth",
        "https://api.vipps.no/auth#top",
        "/auth",
    ] {
        let scene = Scene::new();
        scene.always(At::Discovery, document_with("authorization_endpoint", endpoint));
        let error = scene.login().start(&["openid"]).await.expect_err(endpoint);
        assert_eq!(error.kind(), ErrorKind::Protocol, "{endpoint}");
    }
}

#[tokio::test]
async fn the_page_is_handed_on_as_it_was_judged() {
    for written in [" https://api.vipps.no/auth", "https:\\\\api.vipps.no\\auth", "https://api.vi\tpps.no/auth\n"] {
        let scene = Scene::new();
        scene.always(At::Discovery, document_with("authorization_endpoint", written));
        let request = scene.login().start(&["openid"]).await.expect("a request");
        assert!(request.url().starts_with("https://api.vipps.no/auth?response_type=code&"), "{}", request.url());
    }
}

#[tokio::test]
async fn an_odd_member_or_byte_costs_no_document() {
    let marked = [b"\xef\xbb\xbf", document().to_string().as_bytes()].concat();
    let mut odd = document();
    odd["scopes_supported"] = json!({"a": 1});
    odd["token_endpoint"] = json!(1);
    let odd_bytes = odd.to_string().replacen('{', r#"{"note":"\ud83d","more":1e999,"#, 1);
    for body in [marked, odd_bytes.into_bytes()] {
        let scene = Scene::hurried();
        scene.always(At::Discovery, Reply::refusal(200, body));
        finish(&scene, &scene.login()).await.expect("a login");
        assert!(scene.seen(At::Exchange)[0].url.ends_with("/access-management-1.0/access/oauth2/token"));
    }
}
