//! The same code with the keys of one sales unit: what a partner is given in the test environment.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use url::Url;
use vipps_partner_auth::{BasicEncoding, Config, Event, Keys, LoginAuthMethod, SalesUnitKeys};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, form, refused_by_gateway},
    support::{CLIENT_ID, Reply, SUBSCRIPTION_KEY, Seen, msn, partner_keys, partner_of},
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

fn raw() -> String {
    format!("{CLIENT_ID}:{SECRET}")
}

const FORM: &str = "11111111-2222-4333-8444-555555555555:pl%2Bus%2541%3Aco%2Flon%3D%26";

#[tokio::test]
async fn basic_is_form_encoded_at_the_token_endpoint_and_raw_where_a_login_by_phone_starts() {
    let scene = Scene::hurried();
    let [browser, poll, start] = calls(&scene, scene.config()).await;
    assert_eq!([basic(&browser), basic(&poll), basic(&start)], [FORM.to_owned(), FORM.to_owned(), raw()]);
    let (_, secret) = FORM.split_once(':').expect("a pair");
    let decoded: Vec<_> = form_urlencoded::parse(secret.as_bytes()).into_owned().collect();
    assert_eq!(decoded, [(SECRET.to_owned(), String::new())], "it survives a server that decodes");
    assert!(!form(&browser).contains_key("client_secret"));
}

#[tokio::test]
async fn each_endpoint_has_a_setting() {
    let scene = Scene::hurried();
    let config =
        scene.config().login_basic_encoding(BasicEncoding::Raw).backchannel_basic_encoding(BasicEncoding::Form);
    let [browser, poll, start] = calls(&scene, config).await;
    assert_eq!([basic(&browser), basic(&poll), basic(&start)], [raw(), raw(), FORM.to_owned()]);
}

fn undecodable() -> Reply {
    Reply::refusal(
        400,
        r#"{"error":"invalid_request","error_description":"The client id in the HTTP authorization header could not be decoded from 'application/x-www-form-urlencoded'."}"#,
    )
}

fn invalid_client() -> Reply {
    Reply::refusal(401, r#"{"error":"invalid_client"}"#)
}

#[tokio::test]
async fn keys_that_are_refused_are_written_the_other_way_once_and_that_is_remembered() {
    for refusal in [invalid_client(), undecodable()] {
        let scene = Scene::hurried();
        let shop = partner_of(keys(), scene.config()).merchant(msn("123456"));
        let login = shop.login(CALLBACK).expect("a good redirect_uri");
        let request = login.start(&["openid"]).await.expect("a request");
        scene.next(At::Exchange, [refusal.clone()]);
        login.finish(&scene.approve(&request), &request).await.expect("a login");
        let request = login.start(&["openid"]).await.expect("a request");
        login.finish(&scene.approve(&request), &request).await.expect("a login");
        let pairs: Vec<_> = scene.seen(At::Exchange).iter().map(basic).collect();
        assert_eq!(pairs, [FORM.to_owned(), raw(), raw()]);
        let phone = shop.backchannel().expect("keys for this");
        scene.next(At::Start, [refusal]);
        phone.start(PHONE, &["openid"]).await.expect("a login");
        phone.start(PHONE, &["openid"]).await.expect("a login");
        let pairs: Vec<_> = scene.seen(At::Start).iter().map(basic).collect();
        assert_eq!(pairs, [raw(), FORM.to_owned(), FORM.to_owned()], "each endpoint for itself");
        let told: Vec<_> = scene.world.events.all().iter().map(Event::to_string).collect();
        let other =
            |endpoint, encoding| format!("other_basic_encoding_used endpoint=`{endpoint}` encoding=`{encoding}`");
        assert_eq!(
            told.iter().filter(|text| text.starts_with("other_basic")).collect::<Vec<_>>(),
            [&other("token", "raw"), &other("backchannel", "form")]
        );
    }
}

#[tokio::test]
async fn keys_that_are_refused_both_ways_are_refused() {
    let scene = Scene::hurried();
    let shop = partner_of(keys(), scene.config()).merchant(msn("123456"));
    let phone = shop.backchannel().expect("keys for this");
    scene.always(At::Start, invalid_client());
    let error = phone.start(PHONE, &["openid"]).await.expect_err("refused");
    assert_eq!((error.code(), scene.count(At::Start)), ("credentials_rejected", 2));
    scene.mend(At::Start);
    phone.start(PHONE, &["openid"]).await.expect("a login");
    assert_eq!(basic(&scene.seen(At::Start)[2]), raw(), "nothing was learnt");
}

#[tokio::test]
async fn keys_that_read_alike_both_ways_are_sent_once() {
    let scene = Scene::hurried();
    let plain = SalesUnitKeys::new(CLIENT_ID, "plain-Secret_42", SUBSCRIPTION_KEY, msn("123456")).expect("good keys");
    let phone = partner_of(plain, scene.config()).merchant(msn("123456")).backchannel().expect("keys for this");
    scene.always(At::Start, invalid_client());
    phone.start(PHONE, &["openid"]).await.expect_err("refused");
    assert_eq!(scene.count(At::Start), 1);
}

#[tokio::test]
async fn a_plain_refusal_of_the_code_is_no_matter_of_encoding() {
    let scene = Scene::hurried();
    let login =
        partner_of(keys(), scene.config()).merchant(msn("123456")).login(CALLBACK).expect("a good redirect_uri");
    for reply in [
        crate::scene::refused("invalid_grant"),
        crate::scene::refused("invalid_request"),
        Reply::status(401),
        Reply::broken(),
    ] {
        let request = login.start(&["openid"]).await.expect("a request");
        let before = scene.count(At::Exchange);
        scene.next(At::Exchange, [reply]);
        login.finish(&scene.approve(&request), &request).await.expect_err("no login");
        assert_eq!(scene.count(At::Exchange), before + 1);
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
        assert_eq!(basic(&sent), if sent.url.ends_with("/oauth2/token") { FORM.to_owned() } else { raw() });
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

const NEW_SECRET: &str = "rotated-Secret_42";

fn new_keys() -> SalesUnitKeys {
    SalesUnitKeys::new(CLIENT_ID, NEW_SECRET, SUBSCRIPTION_KEY, msn("123456")).expect("good keys")
}

/// A source of keys that counts how often it is asked.
fn source_of(keys: SalesUnitKeys, config: Config) -> (Config, Arc<AtomicUsize>) {
    let asked = Arc::<AtomicUsize>::default();
    let count = asked.clone();
    let config = config.key_source(move || {
        count.fetch_add(1, SeqCst);
        let keys = keys.clone();
        async move { Ok(Keys::from(keys)) }
    });
    (config, asked)
}

#[tokio::test]
async fn keys_that_login_refuses_are_asked_for_again_and_the_code_is_not_lost() {
    for method in [LoginAuthMethod::ClientSecretBasic, LoginAuthMethod::ClientSecretPost] {
        let scene = Scene::new();
        let (config, asked) = source_of(new_keys(), scene.config().login_auth_method(method));
        let shop = partner_of(keys(), config).merchant(msn("123456"));
        let login = shop.login(CALLBACK).expect("a good redirect_uri");
        let request = login.start(&["openid"]).await.expect("a request");
        // Basic is tried both ways before the source is asked.
        let refusals = if method == LoginAuthMethod::ClientSecretBasic { 2 } else { 1 };
        scene.next(At::Exchange, vec![invalid_client(); refusals]);
        login.finish(&scene.approve(&request), &request).await.expect("a login with the new keys");
        assert_eq!((scene.count(At::Exchange), scene.count(At::ApiToken)), (refusals + 1, 1));
        let phone = shop.backchannel().expect("keys for this");
        phone.start(PHONE, &["openid"]).await.expect("a login");
        assert_eq!((asked.load(SeqCst), scene.count(At::Start)), (1, 1));
        if method == LoginAuthMethod::ClientSecretBasic {
            assert_eq!(basic(&scene.seen(At::Start)[0]), format!("{CLIENT_ID}:{NEW_SECRET}"));
        }
    }
}

#[tokio::test]
async fn keys_that_the_source_still_has_stay_refused() {
    let scene = Scene::new();
    let (config, asked) = source_of(keys(), scene.config());
    let phone = partner_of(keys(), config).merchant(msn("123456")).backchannel().expect("keys for this");
    scene.always(At::Start, Reply::status(401));
    for _ in 0..3 {
        let error = phone.start(PHONE, &["openid"]).await.expect_err("refused");
        assert_eq!(error.code(), "credentials_rejected");
    }
    assert_eq!((asked.load(SeqCst), scene.count(At::Start), scene.count(At::ApiToken)), (1, 3, 0));
}

#[tokio::test]
async fn a_source_of_partner_keys_is_not_asked_because_login_refuses_a_token() {
    let scene = Scene::new();
    let asked = Arc::<AtomicUsize>::default();
    let count = asked.clone();
    let config = scene.config().key_source(move || {
        count.fetch_add(1, SeqCst);
        async { Ok(Keys::from(partner_keys())) }
    });
    let phone = partner_of(partner_keys(), config).merchant(msn("123456")).backchannel().expect("keys for this");
    scene.always(At::Start, Reply::status(401));
    phone.start(PHONE, &["openid"]).await.expect_err("refused");
    assert_eq!(asked.load(SeqCst), 0);
}

#[tokio::test]
async fn a_code_that_may_be_used_up_is_not_handed_in_again_with_other_keys() {
    let scene = Scene::new();
    let (config, asked) = source_of(new_keys(), scene.config());
    let login = partner_of(keys(), config).merchant(msn("123456")).login(CALLBACK).expect("a good redirect_uri");
    let request = login.start(&["openid"]).await.expect("a request");
    scene.next(At::Exchange, [Reply::refusal(401, r#"{"error":"invalid_grant"}"#)]);
    login.finish(&scene.approve(&request), &request).await.expect_err("refused");
    assert_eq!((asked.load(SeqCst), scene.count(At::Exchange)), (0, 1));
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
