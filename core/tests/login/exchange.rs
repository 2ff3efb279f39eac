//! A code is good once, so everything that the exchange needs is there before the code leaves.

use std::time::Duration;

use vipps_partner_auth::{ErrorKind, Login, LoginRequest};

use crate::{
    scene::{At, Scene, assert_why, refused_by_gateway, sub},
    support::{INVALID_CLIENT, Reply, bearer, msn, partner_keys, partner_of, settle},
};

const HOUR: u64 = 3_600;

/// A person is back from Vipps, and the process that should finish has just begun.
async fn returned(scene: &Scene) -> (Login, LoginRequest, String) {
    let request = scene.login().start(&["openid", "name"]).await.expect("a request");
    let callback = scene.approve(&request);
    (scene.login(), request, callback)
}

#[tokio::test]
async fn keys_and_token_are_fetched_before_the_code_is_sent() {
    let scene = Scene::new();
    let (login, request, callback) = returned(&scene).await;
    let result = login.finish(&callback, &request).await.expect("a login");
    assert_eq!(sub(&result), "kari at 123456");
    assert_eq!(scene.asked()[1..], [At::Discovery, At::Keys, At::ApiToken, At::Exchange]);
    let sent = &scene.seen(At::Exchange)[0];
    assert_eq!(bearer(&sent.headers), "token-1");
    assert_eq!(sent.headers["merchant-serial-number"], "123456");
}

#[tokio::test]
async fn what_is_missing_keeps_the_code_back_and_the_same_call_succeeds_later() {
    for at in [At::Discovery, At::Keys, At::ApiToken] {
        for reply in [Reply::status(503), Reply::not_sent(), Reply::broken(), Reply::status(429).retry_after("60")] {
            let scene = Scene::hurried();
            let (login, request, callback) = returned(&scene).await;
            scene.always(at, reply);
            let error = login.finish(&callback, &request).await.expect_err("nothing to do it with");
            assert!(error.retryable(), "{at:?}: {error}");
            assert_eq!(scene.count(At::Exchange), 0, "{at:?}");
            scene.mend(at);
            scene.world.pass(Duration::from_secs(60)).await;
            login.finish(&callback, &request).await.expect("a login");
            assert_eq!(scene.count(At::Exchange), 1, "{at:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_keeps_the_code_back_too() {
    let scene = Scene::hurried();
    let (login, request, callback) = returned(&scene).await;
    scene.always(At::ApiToken, Reply::refusal(401, INVALID_CLIENT));
    for _ in 0..3 {
        let error = login.finish(&callback, &request).await.expect_err("no token");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::CredentialsRejected, false));
    }
    assert_eq!((scene.count(At::Exchange), scene.count(At::ApiToken)), (0, 1));
}

/// A world whose partner holds `token-1` with so many seconds left.
async fn near_the_end(scene: Scene, left: u64) -> (Scene, Login, LoginRequest, String) {
    scene.tokens_live(HOUR);
    let partner = partner_of(partner_keys(), scene.config());
    partner.headers().await.expect("a token");
    let login = partner.merchant(msn("123456")).login("https://shop.example/callback").expect("a good redirect_uri");
    let request = login.start(&["openid"]).await.expect("a request");
    let callback = scene.approve(&request);
    scene.world.pass(Duration::from_secs(HOUR - left)).await;
    (scene, login, request, callback)
}

fn sent_token(scene: &Scene) -> String {
    bearer(&scene.seen(At::Exchange)[0].headers).to_owned()
}

#[tokio::test]
async fn a_token_with_a_minute_left_will_do_and_one_with_less_is_renewed_first() {
    // Five seconds before its end a token counts as used up.
    for (left, expected) in
        [(70, "token-1"), (66, "token-1"), (65, "token-2"), (30, "token-2"), (6, "token-2"), (1, "token-2")]
    {
        let (scene, login, request, callback) = near_the_end(Scene::new(), left).await;
        login.finish(&callback, &request).await.expect("a login");
        assert_eq!(sent_token(&scene), expected, "{left}");
    }
}

#[tokio::test]
async fn a_renewal_that_failed_a_moment_ago_is_tried_again_since_somebody_waits() {
    let (scene, login, request, callback) = near_the_end(Scene::new(), 300).await;
    scene.next(At::ApiToken, [Reply::status(503)]);
    scene.world.pass(Duration::from_secs(220)).await;
    let early = login.start(&["openid"]).await.expect("a request");
    let to_early = scene.approve(&early);
    login.finish(&to_early, &early).await.expect("a login with the old token");
    settle().await;
    assert_eq!((scene.count(At::ApiToken), sent_token(&scene)), (2, "token-1".to_owned()));
    scene.world.pass(Duration::from_secs(20)).await;
    login.finish(&callback, &request).await.expect("a login");
    assert_eq!(scene.count(At::ApiToken), 3);
    assert_eq!(bearer(&scene.seen(At::Exchange)[1].headers), "token-2");
}

#[tokio::test]
async fn when_the_renewal_fails_a_token_that_is_good_now_will_do() {
    for refusal in [Reply::status(400), Reply::status(429).retry_after("31")] {
        let (scene, login, request, callback) = near_the_end(Scene::hurried(), 40).await;
        scene.always(At::ApiToken, refusal);
        login.finish(&callback, &request).await.expect("a login");
        assert_eq!(sent_token(&scene), "token-1");
    }
}

#[tokio::test]
async fn a_token_that_ends_while_its_renewal_hangs_is_not_sent_any_more() {
    let (scene, login, request, callback) = near_the_end(Scene::new(), 20).await;
    scene.world.vipps.hold_at(At::ApiToken.path());
    let finishing = tokio::spawn(async move { login.finish(&callback, &request).await });
    for _ in 0..60 {
        scene.world.pass(Duration::from_secs(1)).await;
    }
    let error = finishing.await.expect("no panic").expect_err("no token");
    assert!(error.retryable(), "{error}");
    assert_eq!(scene.count(At::Exchange), 0);
}

#[tokio::test]
async fn without_any_token_the_code_is_kept_for_later() {
    let (scene, login, request, callback) = near_the_end(Scene::hurried(), 0).await;
    scene.always(At::ApiToken, Reply::status(429).retry_after("31"));
    let error = login.finish(&callback, &request).await.expect_err("no token");
    assert_eq!((error.kind(), scene.count(At::Exchange)), (ErrorKind::RateLimited, 0));
    scene.mend(At::ApiToken);
    scene.world.pass(Duration::from_secs(31)).await;
    login.finish(&callback, &request).await.expect("a login");
    assert_eq!(sent_token(&scene), "token-2");
}

#[tokio::test]
async fn a_renewal_that_somebody_waits_for_has_all_its_tries() {
    let (scene, login, request, callback) = near_the_end(Scene::hurried(), 50).await;
    scene.next(At::ApiToken, [Reply::status(503), Reply::broken()]);
    login.finish(&callback, &request).await.expect("a login");
    assert_eq!((scene.count(At::ApiToken), sent_token(&scene)), (4, "token-2".to_owned()));
}

#[tokio::test]
async fn a_code_is_never_sent_without_the_time_to_wait_for_its_answer() {
    for slow in [29, 31] {
        let scene = Scene::hurried();
        let (login, request, callback) = returned(&scene).await;
        scene.next(At::ApiToken, [Reply::token("token-0", 86_400).taking(Duration::from_secs(slow))]);
        login.finish(&callback, &request).await.expect("a login");
        assert_eq!(scene.seen(At::Exchange)[0].limit, Duration::from_secs(10));
    }
    let scene = Scene::hurried();
    let (login, request, callback) = returned(&scene).await;
    scene.next(At::Exchange, [refused_by_gateway(429).retry_after("29")]);
    login.finish(&callback, &request).await.expect("a login");
    let limits: Vec<_> = scene.seen(At::Exchange).iter().map(|sent| sent.limit.as_secs()).collect();
    assert_eq!(limits, [10, 10]);
}

#[tokio::test]
async fn tokens_of_half_a_minute_are_good_for_logins_too() {
    let scene = Scene::new();
    scene.tokens_live(30);
    let login = scene.login();
    for _ in 0..3 {
        let request = login.start(&["openid"]).await.expect("a request");
        let callback = scene.approve(&request);
        login.finish(&callback, &request).await.expect("a login");
    }
    assert_eq!(scene.count(At::Exchange), 3);
}

#[tokio::test]
async fn a_crowd_with_a_token_near_its_end_makes_one_renewal() {
    let (scene, login, ..) = near_the_end(Scene::new(), 50).await;
    scene.world.vipps.hold_at(At::ApiToken.path());
    let mut logins = Vec::new();
    for _ in 0..200 {
        let request = login.start(&["openid"]).await.expect("a request");
        let (callback, login) = (scene.approve(&request), login.clone());
        logins.push(tokio::spawn(async move { login.finish(&callback, &request).await }));
    }
    settle().await;
    assert_eq!((scene.count(At::ApiToken), scene.count(At::Exchange)), (2, 0));
    scene.world.vipps.release();
    for login in logins {
        login.await.expect("no panic").expect("a login");
    }
    assert_eq!((scene.count(At::ApiToken), scene.count(At::Exchange)), (2, 200));
}

#[tokio::test]
async fn a_thousand_people_return_to_a_process_that_has_just_begun() {
    let scene = Scene::new();
    let before = scene.login();
    let after = scene.login();
    let mut logins = Vec::new();
    for number in 0..1_000 {
        let request = before.start(&["openid"]).await.expect("a request");
        let person = format!("person-{number}");
        let (callback, login) = (scene.approve_as(&person, &request), after.clone());
        logins.push(tokio::spawn(async move { (person, login.finish(&callback, &request).await) }));
    }
    for login in logins {
        let (person, result) = login.await.expect("no panic");
        assert_eq!(sub(&result.expect("a login")), format!("{person} at 123456"));
    }
    let asked = [At::Discovery, At::Keys, At::ApiToken, At::Exchange].map(|at| scene.count(at));
    assert_eq!(asked, [2, 1, 1, 1_000]);
}

#[tokio::test]
async fn a_login_that_is_given_up_before_the_code_was_sent_can_be_finished() {
    let scene = Scene::new();
    let (login, request, callback) = returned(&scene).await;
    scene.world.vipps.hold_at(At::Keys.path());
    let given_up = tokio::spawn({
        let (login, callback, request) = (login.clone(), callback.clone(), request.clone());
        async move { login.finish(&callback, &request).await.map(drop) }
    });
    settle().await;
    given_up.abort();
    scene.world.vipps.release();
    login.finish(&callback, &request).await.expect("a login");
    assert_eq!((scene.count(At::Keys), scene.count(At::Exchange)), (1, 1));
}

#[tokio::test]
async fn a_callback_has_16_kib_at_most() {
    for (length, is_read) in [(16 * 1024, true), (16 * 1024 + 1, false)] {
        let scene = Scene::new();
        let (login, request, callback) = returned(&scene).await;
        let padded = format!("{callback}&x=");
        let long = format!("{padded}{}", "x".repeat(length - padded.len()));
        let outcome = login.finish(&long, &request).await;
        if is_read {
            outcome.expect("a login");
        } else {
            assert_why(&outcome, "login_failed", "callback");
        }
    }
}

#[tokio::test]
async fn a_callback_that_is_no_address_is_told_from_one_of_elsewhere() {
    let scene = Scene::new();
    let (login, request, _) = returned(&scene).await;
    for (callback, text) in [
        ("callback?code=x", "the callback is no address, and should have come to `https://shop.example/callback`"),
        (
            "https://other.example/callback?code=x",
            "the callback came to another address than `https://shop.example/callback`, which the request names",
        ),
    ] {
        let error = login.finish(callback, &request).await.expect_err(callback);
        assert_eq!((error.reason(), error.detail()), (Some("redirect_uri"), text));
    }
}

#[tokio::test]
async fn a_wrong_callback_asks_for_nothing() {
    let scene = Scene::new();
    let (login, request, callback) = returned(&scene).await;
    let before = scene.asked().len();
    let denied = format!("/callback?error=access_denied&state={}", request.state());
    assert_why(&login.finish(&denied, &request).await, "login_failed", "denied");
    assert_why(&login.finish(&callback.replace("state=", "state=x"), &request).await, "login_failed", "state");
    assert_eq!(scene.asked().len(), before);
}
