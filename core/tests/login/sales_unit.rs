//! The same code with the keys of one sales unit: what a partner is given in the test environment.

use base64::{Engine, prelude::BASE64_STANDARD};
use url::Url;
use vipps_partner_auth::{BasicEncoding, Config, LoginAuthMethod, SalesUnitKeys};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, form, refused_by_gateway},
    support::{CLIENT_ID, Reply, SUBSCRIPTION_KEY, Seen, msn, partner_of},
};

const SECRET: &str = "pl+us%41:co/lon=&";

fn keys() -> SalesUnitKeys {
    SalesUnitKeys::new(CLIENT_ID, SECRET, SUBSCRIPTION_KEY, msn("123456")).expect("good keys")
}

/// One login in the browser and one by phone; gives the three calls that say who calls.
async fn calls(scene: &Scene, config: Config) -> [Seen; 3] {
    let shop = partner_of(keys(), config).merchant(msn("123456"));
    let login = shop.login(CALLBACK).expect("a good redirect_uri");
    let request = login.start(&["openid"]).await.expect("a request");
    let query: Vec<_> = Url::parse(request.url()).expect("a url").query_pairs().into_owned().collect();
    assert!(query.contains(&("client_id".to_owned(), CLIENT_ID.to_owned())));
    assert!(!query.iter().any(|(name, _)| name == "msn"));
    login.finish(&scene.approve(&request), &request).await.expect("a login");
    let phone = shop.backchannel().expect("keys for this");
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    scene.decide(&pending, Decision::Approved);
    phone.poll(&pending).await.expect("an answer").expect("a decision");
    let exchanges = scene.seen(At::Exchange);
    let all = [exchanges[0].clone(), exchanges[1].clone(), scene.seen(At::Start)[0].clone()];
    for sent in &all {
        assert_eq!(sent.headers["merchant-serial-number"], "123456");
        assert!(!sent.headers.contains_key("ocp-apim-subscription-key"));
        assert!(!sent.headers.contains_key("client_secret"));
    }
    assert_eq!(scene.count(At::ApiToken), 0);
    all
}

fn basic(sent: &Seen) -> String {
    let value = &sent.headers["authorization"];
    assert!(value.is_sensitive());
    let code = value.to_str().expect("ascii").strip_prefix("Basic ").expect("basic");
    String::from_utf8(BASE64_STANDARD.decode(code).expect("base64")).expect("utf-8")
}

#[tokio::test]
async fn basic_is_form_encoded_so_that_the_secret_survives_a_server_that_decodes() {
    let scene = Scene::hurried();
    for sent in calls(&scene, scene.config()).await {
        let pair = basic(&sent);
        let (id, secret) = pair.split_once(':').expect("a pair");
        assert_eq!((id, secret), (CLIENT_ID, "pl%2Bus%2541%3Aco%2Flon%3D%26"));
        let decoded: Vec<_> = form_urlencoded::parse(secret.as_bytes()).into_owned().collect();
        assert_eq!(decoded, [(SECRET.to_owned(), String::new())]);
        assert!(!form(&sent).contains_key("client_secret"));
    }
}

#[tokio::test]
async fn basic_is_raw_where_that_is_set() {
    let scene = Scene::hurried();
    for sent in calls(&scene, scene.config().login_basic_encoding(BasicEncoding::Raw)).await {
        assert_eq!(basic(&sent), format!("{CLIENT_ID}:{SECRET}"));
    }
}

#[tokio::test]
async fn post_puts_the_pair_into_the_form_and_sends_no_authorization() {
    let scene = Scene::hurried();
    for sent in calls(&scene, scene.config().login_auth_method(LoginAuthMethod::ClientSecretPost)).await {
        assert!(!sent.headers.contains_key("authorization"));
        let form = form(&sent);
        assert_eq!((&*form["client_id"], &*form["client_secret"]), (CLIENT_ID, SECRET));
        assert_eq!(sent.headers["content-length"], sent.body.len().to_string());
    }
}

#[tokio::test]
async fn the_api_flows_encoding_does_not_touch_login() {
    let scene = Scene::hurried();
    for sent in calls(&scene, scene.config().basic_encoding(BasicEncoding::Raw)).await {
        assert!(basic(&sent).ends_with("%26"));
    }
}

#[tokio::test]
async fn a_401_is_the_end_since_there_is_no_token_to_renew() {
    for reply in [Reply::status(401), refused_by_gateway(401)] {
        let scene = Scene::hurried();
        let shop = partner_of(keys(), scene.config()).merchant(msn("123456"));
        let login = shop.login(CALLBACK).expect("a good redirect_uri");
        let request = login.start(&["openid"]).await.expect("a request");
        scene.always(At::Exchange, reply.clone());
        scene.always(At::Start, reply);
        let error = login.finish(&scene.approve(&request), &request).await.expect_err("refused");
        assert_eq!((error.code(), error.retryable()), ("credentials_rejected", false));
        assert!(error.hint().is_some_and(|hint| hint.contains("login_auth_method")));
        let error = shop.backchannel().expect("keys for this").start(PHONE, &["openid"]).await.expect_err("refused");
        assert_eq!(error.code(), "credentials_rejected");
        assert_eq!([At::Exchange, At::Start, At::ApiToken].map(|at| scene.count(at)), [1, 1, 0]);
    }
}

#[tokio::test]
async fn a_token_for_another_client_or_merchant_is_refused_by_phone_too() {
    for (claim, value) in [("aud", "other"), ("msn", "654321")] {
        let scene = Scene::hurried();
        scene.bend(move |token| token.with(claim, value));
        let phone = partner_of(keys(), scene.config()).merchant(msn("123456")).backchannel().expect("keys for this");
        let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
        scene.decide(&pending, Decision::Approved);
        assert_why(&phone.poll(&pending).await, "invalid_id_token", if claim == "aud" { "aud" } else { "msn" });
    }
}
