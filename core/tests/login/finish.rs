//! What is checked of the ID token of a code, and where its keys come from when they are new.

use std::time::Duration;

use serde_json::{Value, json};
use vipps_partner_auth::{Config, ErrorKind, LoginOptions, LoginResult, Result};

use crate::{
    keyring::{EC, OTHER_RSA, RSA, Token, UNPUBLISHED_RSA},
    scene::{At, CALLBACK, Scene, assert_why, login_of, sub, why},
    support::{Reply, msn, partner_of, sales_unit_keys},
};

const ACR: &str = LoginOptions::APP_AUTH;

async fn outcome(scene: &Scene) -> Result<LoginResult> {
    outcome_with(scene, scene.config()).await
}

async fn outcome_with(scene: &Scene, config: Config) -> Result<LoginResult> {
    let login = login_of(config);
    let request = login.start(&["openid"]).await.expect("a request");
    login.finish(&scene.approve(&request), &request).await
}

async fn bent(bend: impl Fn(Token) -> Token + Send + 'static) -> Result<LoginResult> {
    let scene = Scene::hurried();
    scene.bend(bend);
    outcome(&scene).await
}

fn at_start(seconds: i64) -> i64 {
    i64::try_from(crate::support::START).expect("a time") + seconds
}

#[tokio::test]
async fn a_good_token_makes_a_login() {
    let result = bent(|token| token).await.expect("a login");
    assert_eq!((sub(&result), result.claims().msn().as_str()), ("kari at 123456", "123456"));
    assert_eq!(result.access_token().secret(), "login-token-1");
    assert_eq!(result.id_token().split('.').count(), 3);
}

#[tokio::test]
async fn each_claim_that_ties_the_token_to_this_login_is_checked() {
    let wrong: Vec<(&str, &'static str, Value)> = vec![
        ("nonce", "nonce", json!("of-another-request")),
        ("nonce", "nonce", json!("")),
        ("nonce", "nonce", Value::Null),
        ("msn", "msn", json!("654321")),
        ("msn", "msn", json!("0123456")),
        ("msn", "msn", json!(654_321)),
        ("at_hash", "at_hash", json!("A7OFQigEO-igbvNFfkpTvw")),
        ("iss", "iss", json!("https://apitest.vipps.no/access-management-1.0/access/")),
        ("exp", "exp", json!(at_start(-60))),
        ("iat", "iat", json!(at_start(61))),
        ("nbf", "nbf", json!(at_start(61))),
        ("sub", "sub", json!("")),
        ("aud", "aud", json!([])),
    ];
    for (claim, name, value) in wrong {
        let told = bent({
            let value = value.clone();
            move |token| token.with(name, value.clone())
        });
        let told = told.await;
        assert_why(&told, "invalid_id_token", claim);
        assert!(!told.expect_err("no login").retryable());
    }
    for claim in ["nonce", "msn", "iss", "exp", "iat", "sub", "aud"] {
        assert_why(&bent(move |token| token.without(claim)).await, "invalid_id_token", claim);
    }
}

#[tokio::test]
async fn a_token_without_at_hash_or_with_a_number_for_the_msn_is_good() {
    bent(|token| token.without("at_hash")).await.expect("a login");
    bent(|token| token.with("msn", 123_456)).await.expect("a login");
}

#[tokio::test]
async fn the_browser_flow_takes_no_es256() {
    let scene = Scene::hurried();
    scene.sign_by(&EC);
    assert_why(&outcome(&scene).await, "invalid_id_token", "alg");
}

#[tokio::test]
async fn an_acr_that_was_asked_for_must_come_back() {
    type Bend = fn(Token) -> Token;
    let bends: [(Bend, bool); 4] = [
        (|token| token, true),
        (|token| token.without("acr"), false),
        (|token| token.with("acr", "urn:vipps:acr:other"), false),
        (|token| token.with("acr", json!([ACR])), false),
    ];
    for (bend, good) in bends {
        let scene = Scene::hurried();
        scene.bend(bend);
        let login = scene.login();
        let options = LoginOptions::default().acr_values(ACR);
        let request = login.start_with(&["openid"], &options).await.expect("a request");
        let outcome = login.finish(&scene.approve(&request), &request).await;
        assert_eq!(why(&outcome), if good { ("ok", None) } else { ("invalid_id_token", Some("acr".to_owned())) });
    }
    bent(|token| token.with("acr", ACR)).await.expect("not asked for, and harmless");
}

#[tokio::test]
async fn sales_unit_keys_know_whom_the_token_is_for() {
    let audiences =
        [(json!("other"), "aud"), (json!(["other"]), "aud"), (json!([crate::support::CLIENT_ID, "other"]), "azp")];
    for (audience, claim) in audiences {
        let scene = Scene::hurried();
        scene.bend(move |token| token.with("aud", audience.clone()));
        let shop = partner_of(sales_unit_keys("123456"), scene.config()).merchant(msn("123456"));
        let login = shop.login(CALLBACK).expect("a good redirect_uri");
        let request = login.start(&["openid"]).await.expect("a request");
        let outcome = login.finish(&scene.approve(&request), &request).await;
        assert_why(&outcome, "invalid_id_token", claim);
    }
}

#[tokio::test]
async fn keys_that_changed_since_the_start_are_fetched_once() {
    let scene = Scene::hurried();
    let login = scene.login();
    let first = login.start(&["openid"]).await.expect("a request");
    login.finish(&scene.approve(&first), &first).await.expect("a login");
    scene.publish([&*RSA, &*OTHER_RSA]);
    scene.sign_by(&OTHER_RSA);
    scene.world.clock.advance(Duration::from_secs(30));
    for _ in 0..3 {
        let request = login.start(&["openid"]).await.expect("a request");
        login.finish(&scene.approve(&request), &request).await.expect("a login");
    }
    assert_eq!((scene.count(At::Keys), scene.count(At::Exchange)), (2, 4));
}

/// A login with a key that was published only just now, so soon after a load of the keys that no other may run.
async fn with_a_key_too_new(scene: &Scene, config: Config) -> (Duration, Result<LoginResult>) {
    let login = login_of(config);
    let first = login.start(&["openid"]).await.expect("a request");
    login.finish(&scene.approve(&first), &first).await.expect("a login");
    scene.sign_by(&OTHER_RSA);
    let request = login.start(&["openid"]).await.expect("a request");
    let since = vipps_partner_auth::Clock::now(&scene.world.clock).monotonic;
    let outcome = login.finish(&scene.approve(&request), &request).await;
    (vipps_partner_auth::Clock::now(&scene.world.clock).monotonic.saturating_sub(since), outcome)
}

#[tokio::test]
async fn keys_that_may_not_be_asked_for_yet_are_waited_for() {
    let scene = Scene::hurried();
    let config = scene.config();
    scene.publish([&*RSA, &*OTHER_RSA]);
    scene.next(At::Keys, [Reply::json(crate::keyring::jwks(&[&RSA]))]);
    let (waited, outcome) = with_a_key_too_new(&scene, config).await;
    outcome.expect("a login");
    assert_eq!((waited, scene.count(At::Keys), scene.count(At::Exchange)), (Duration::from_secs(30), 2, 2));
}

#[tokio::test]
async fn whoever_can_not_wait_so_long_starts_again() {
    let scene = Scene::hurried();
    let config = scene.config().deadline(Duration::from_secs(29));
    let (waited, outcome) = with_a_key_too_new(&scene, config).await;
    assert_why(&outcome, "login_failed", "keys_unavailable");
    let error = outcome.expect_err("no keys");
    assert_eq!((error.retryable(), waited), (false, Duration::ZERO));
    assert_eq!((scene.count(At::Keys), scene.count(At::Exchange)), (1, 2));
}

#[tokio::test]
async fn a_key_that_nobody_published_is_refused_in_the_end() {
    let scene = Scene::hurried();
    let config = scene.config();
    scene.publish([&*RSA]);
    let (_, outcome) = with_a_key_too_new(&scene, config).await;
    assert_why(&outcome, "invalid_id_token", "kid");
    scene.sign_by(&UNPUBLISHED_RSA);
    assert_why(&self::outcome(&scene).await, "invalid_id_token", "kid");
}

#[tokio::test]
async fn a_reload_that_fails_is_tried_once_more_while_the_login_waits() {
    for (faults, jitter, good) in [(1, 0.0, true), (1, 0.999, true), (2, 0.0, false)] {
        let scene = Scene::hurried();
        let login = login_of(scene.config().jitter(move || jitter));
        let first = login.start(&["openid"]).await.expect("a request");
        login.finish(&scene.approve(&first), &first).await.expect("a login");
        scene.world.clock.advance(Duration::from_secs(31));
        scene.publish([&*RSA, &*OTHER_RSA]);
        scene.sign_by(&OTHER_RSA);
        scene.next(At::Keys, vec![Reply::status(503); faults]);
        let request = login.start(&["openid"]).await.expect("a request");
        let outcome = login.finish(&scene.approve(&request), &request).await;
        if good {
            outcome.expect("a login");
        } else {
            assert_why(&outcome, "login_failed", "keys_unavailable");
        }
        assert_eq!((scene.count(At::Keys), scene.count(At::Exchange)), (3, 2), "{faults}");
    }
}

#[tokio::test]
async fn a_crowd_with_a_new_key_waits_for_one_load() {
    let scene = Scene::new();
    scene.next(At::Keys, [Reply::json(crate::keyring::jwks(&[&RSA]))]);
    scene.publish([&*RSA, &*OTHER_RSA]);
    let login = scene.login();
    let first = login.start(&["openid"]).await.expect("a request");
    login.finish(&scene.approve(&first), &first).await.expect("a login");
    scene.sign_by(&OTHER_RSA);
    let mut logins = Vec::new();
    for _ in 0..100 {
        let request = login.start(&["openid"]).await.expect("a request");
        let (callback, login) = (scene.approve(&request), login.clone());
        logins.push(tokio::spawn(async move { login.finish(&callback, &request).await }));
    }
    scene.world.pass(Duration::from_secs(29)).await;
    assert_eq!((scene.count(At::Keys), scene.count(At::Exchange)), (1, 101));
    scene.world.pass(Duration::from_secs(1)).await;
    for login in logins {
        login.await.expect("no panic").expect("a login");
    }
    assert_eq!(scene.count(At::Keys), 2);
}

#[tokio::test]
async fn old_keys_serve_while_no_others_can_be_had() {
    let scene = Scene::hurried();
    let login = scene.login();
    let first = login.start(&["openid"]).await.expect("a request");
    login.finish(&scene.approve(&first), &first).await.expect("a login");
    scene.always(At::Keys, Reply::broken());
    scene.world.clock.advance(Duration::from_secs(3 * 3_600));
    let request = login.start(&["openid"]).await.expect("a request");
    login.finish(&scene.approve(&request), &request).await.expect("a login");
    scene.world.clock.advance(Duration::from_secs(2 * 3_600));
    let request = login.start(&["openid"]).await.expect("a request");
    let error = login.finish(&scene.approve(&request), &request).await.expect_err("keys too old");
    assert_eq!((error.kind(), scene.count(At::Exchange)), (ErrorKind::Unavailable, 2));
}
