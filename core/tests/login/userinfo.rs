//! Granted scopes, and who the person is.

use std::time::Duration;

use serde_json::json;
use vipps_partner_auth::{ErrorKind, Login, LoginResult};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, document, login_of, refused_by_gateway, why},
    support::{Reply, msn, partner_keys, partner_of},
};

const MINUTE: Duration = Duration::from_secs(60);

async fn logged_in(scene: &Scene) -> (Login, LoginResult) {
    let login = scene.login();
    let request = login.start(&["openid", "name"]).await.expect("a request");
    let result = login.finish(&scene.approve(&request), &request).await.expect("a login");
    (login, result)
}

#[tokio::test]
async fn granted_scopes_are_what_the_reply_says() {
    let cases: [(Option<&str>, &[&str], &[&str]); 5] = [
        (Some("openid name"), &["openid", "name"], &[]),
        (Some("name openid email"), &["name", "openid", "email"], &[]),
        (Some("openid"), &["openid"], &["name"]),
        (Some(""), &[], &["openid", "name"]),
        (None, &["openid", "name"], &[]),
    ];
    for (told, granted, missing) in cases {
        let scene = Scene::hurried();
        scene.bend_reply(move |body| body["scope"] = told.into());
        let (_, result) = logged_in(&scene).await;
        assert_eq!((result.scopes(), result.missing_scopes()), (&*owned(granted), missing.to_vec()), "{told:?}");
        assert_eq!(result.asked_scopes(), ["openid", "name"], "{told:?}");
    }
}

fn owned(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}

#[tokio::test]
async fn userinfo_carries_the_logins_token_and_nothing_else() {
    let scene = Scene::hurried();
    let (login, result) = logged_in(&scene).await;
    let person = login.userinfo(&result).await.expect("an answer");
    assert_eq!((person.sub(), person.name()), ("kari at 123456", Some("kari")));
    let sent = &scene.seen(At::Userinfo)[0];
    let mut names: Vec<_> = sent.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        (names, &sent.headers["authorization"]),
        (vec!["accept", "authorization"], &"Bearer login-token-1".parse().expect("ascii"))
    );
    assert!(sent.headers["authorization"].is_sensitive());
    assert_eq!((sent.method.as_str(), sent.body.len()), ("GET", 0));
}

#[tokio::test]
async fn after_ten_minutes_nothing_is_sent_any_more() {
    let scene = Scene::new();
    let (login, result) = logged_in(&scene).await;
    scene.world.pass(Duration::from_secs(599)).await;
    login.userinfo(&result).await.expect("the last second");
    scene.world.pass(Duration::from_secs(1)).await;
    let outcome = login.userinfo(&result).await;
    assert_why(&outcome, "login_failed", "expired");
    assert!(outcome.expect_err("too old").hint().is_some());
    assert_eq!(scene.count(At::Userinfo), 1);
}

#[tokio::test]
async fn the_ten_minutes_begin_before_the_exchange_is_sent() {
    let scene = Scene::new();
    let login = scene.login();
    let request = login.start(&["openid"]).await.expect("a request");
    let callback = scene.approve(&request);
    scene.next(At::Keys, [Reply::json(crate::keyring::jwks(&[&crate::keyring::RSA])).taking(MINUTE)]);
    scene.bend_reply(|body| body["expires_in"] = json!("3599"));
    let result = login.finish(&callback, &request).await.expect("a login");
    let since_start = result.access_token().expires_at().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    assert_eq!(since_start.as_secs(), crate::support::START + 60 + 600);
}

#[tokio::test]
async fn a_shorter_life_than_ten_minutes_is_believed() {
    for (told, life) in
        [(json!(300), 300), (json!("300"), 300), (json!(0), 0), (json!(null), 600), (json!("soon"), 600)]
    {
        let scene = Scene::new();
        scene.bend_reply({
            let told = told.clone();
            move |body| body["expires_in"] = told.clone()
        });
        let (login, result) = logged_in(&scene).await;
        scene.world.pass(Duration::from_secs(life)).await;
        assert_why(&login.userinfo(&result).await, "login_failed", "expired");
        assert_eq!(scene.count(At::Userinfo), 0, "{told}");
    }
}

#[tokio::test]
async fn a_401_is_told_as_too_late_and_never_asked_again() {
    let bodies =
        ["", r#"{"error":"invalid_client"}"#, r#"{"type":"about:blank","title":"Unauthorized","status":"401"}"#];
    let answers = bodies.map(|body| Reply::refusal(401, body)).into_iter().chain([refused_by_gateway(401)]);
    for answer in answers {
        let scene = Scene::hurried();
        let (login, result) = logged_in(&scene).await;
        scene.always(At::Userinfo, answer);
        assert_why(&login.userinfo(&result).await, "login_failed", "expired");
        assert_eq!((scene.count(At::Userinfo), scene.count(At::ApiToken)), (1, 1));
    }
}

#[tokio::test]
async fn passing_trouble_is_tried_through() {
    for trouble in [
        Reply::status(500),
        Reply::status(502),
        Reply::status(503),
        Reply::status(504),
        Reply::status(429),
        Reply::broken(),
        Reply::not_sent(),
    ] {
        let scene = Scene::hurried();
        let (login, result) = logged_in(&scene).await;
        scene.next(At::Userinfo, [trouble.clone(), trouble.clone()]);
        login.userinfo(&result).await.expect("an answer");
        scene.always(At::Userinfo, trouble);
        assert!(login.userinfo(&result).await.expect_err("no answer").retryable());
        assert_eq!(scene.count(At::Userinfo), 6);
    }
}

#[tokio::test]
async fn lasting_trouble_has_its_proper_kind_and_never_blames_the_keys() {
    let answers = [
        (Reply::status(400), "protocol"),
        (Reply::status(403), "forbidden"),
        (Reply::status(404), "protocol"),
        (Reply::refusal(400, r#"{"error":"invalid_client"}"#), "protocol"),
        (Reply::json("[]"), "protocol"),
        (Reply::json("{}"), "protocol"),
        (Reply::status(204), "protocol"),
        (Reply::status(302), "protocol"),
    ];
    for (answer, code) in answers {
        let scene = Scene::hurried();
        let (login, result) = logged_in(&scene).await;
        scene.always(At::Userinfo, answer.clone());
        assert_eq!(why(&login.userinfo(&result).await).0, code, "{answer:?}");
        assert_eq!(scene.count(At::Userinfo), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_nobodys() {
    let scene = Scene::hurried();
    let (login, result) = logged_in(&scene).await;
    for sub in ["ola at 123456", "kari at 1234567", "Kari at 123456", "kari at 123456 ", ""] {
        scene.always(At::Userinfo, Reply::json(json!({"sub": sub, "name": "Ola"}).to_string()));
        assert_why(&login.userinfo(&result).await, "invalid_id_token", "sub");
    }
}

#[tokio::test]
async fn the_result_of_another_merchant_opens_nothing() {
    let scene = Scene::hurried();
    let (_, result) = logged_in(&scene).await;
    let other = partner_of(partner_keys(), scene.config()).merchant(msn("654321"));
    let login = other.login(CALLBACK).expect("a good redirect_uri");
    assert_why(&login.userinfo(&result).await, "invalid_config", "result");
    let phone = other.backchannel().expect("keys for this");
    assert_why(&phone.userinfo(&result).await, "invalid_config", "result");
    assert_eq!(scene.count(At::Userinfo), 0);
}

#[tokio::test]
async fn a_login_token_stays_in_its_environment() {
    let scene = Scene::hurried();
    let (_, result) = logged_in(&scene).await;
    let elsewhere = "http://127.0.0.1:8585".parse::<vipps_partner_auth::Environment>().expect("a url");
    let mut document = document();
    document["issuer"] = json!(elsewhere.issuer());
    document["userinfo_endpoint"] = json!("http://127.0.0.1:8585/vipps-userinfo-api/userinfo");
    scene.always(At::Discovery, Reply::json(document.to_string()));
    let other = login_of(scene.config().environment(elsewhere));
    assert_why(&other.userinfo(&result).await, "invalid_config", "result");
    assert_eq!(scene.count(At::Userinfo), 0);
}

#[tokio::test]
async fn a_login_by_phone_opens_it_too_for_as_long_as_its_token_lives() {
    let scene = Scene::new();
    let phone = scene.phone();
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    scene.decide(&pending, Decision::Approved);
    let result = phone.poll(&pending).await.expect("an answer").expect("a decision");
    assert_eq!(phone.userinfo(&result).await.expect("an answer").name(), Some(PHONE));
    scene.world.pass(5 * MINUTE).await;
    assert_why(&phone.userinfo(&result).await, "login_failed", "expired");
    assert_eq!(scene.count(At::Userinfo), 1);
}

#[tokio::test]
async fn the_login_token_goes_to_no_origin_that_is_not_trusted() {
    let elsewhere = "https://elsewhere.example/vipps-userinfo-api/userinfo";
    let scene = Scene::hurried();
    let mut document = document();
    document["userinfo_endpoint"] = json!(elsewhere);
    scene.always(At::Discovery, Reply::json(document.to_string()));
    let (login, result) = logged_in(&scene).await;
    assert_eq!(login.userinfo(&result).await.expect_err("not trusted").kind(), ErrorKind::Protocol);
    assert_eq!(scene.count(At::Userinfo), 0);
    let trusting = login_of(scene.config().trusted_origin("https://elsewhere.example"));
    trusting.userinfo(&result).await.expect("an answer");
    assert_eq!(scene.seen(At::Userinfo)[0].url, elsewhere);
}
