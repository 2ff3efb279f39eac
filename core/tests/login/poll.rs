//! Asking whether the person has decided: how often, and what each answer means.

use std::time::Duration;

use vipps_partner_auth::{Backchannel, ErrorKind, PendingLogin};

use crate::{
    keyring::{EC, UNPUBLISHED_RSA},
    scene::{At, Decision, PHONE, Scene, assert_why, form, phone_of, refused, refused_by_gateway, sub, why},
    support::{Reply, bearer, settle},
};

const SECOND: Duration = Duration::from_secs(1);

async fn started(scene: &Scene) -> (Backchannel, PendingLogin) {
    let phone = scene.phone();
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    (phone, pending)
}

/// Polls, and tells whether anything was sent.
async fn sends(scene: &Scene, phone: &Backchannel, pending: &PendingLogin) -> bool {
    let before = scene.count(At::Exchange);
    drop(phone.poll(pending).await);
    scene.count(At::Exchange) > before
}

#[tokio::test]
async fn the_first_poll_goes_at_once_and_the_next_after_the_interval() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    assert_eq!(phone.next_poll_in(&pending), Duration::ZERO);
    assert!(sends(&scene, &phone, &pending).await);
    assert_eq!(phone.next_poll_in(&pending), 5 * SECOND);
    for _ in 0..4 {
        assert!(!sends(&scene, &phone, &pending).await);
        scene.world.pass(SECOND).await;
    }
    scene.world.pass(Duration::from_millis(999)).await;
    assert!(!sends(&scene, &phone, &pending).await);
    scene.world.pass(Duration::from_millis(1)).await;
    assert!(sends(&scene, &phone, &pending).await);
    let form = form(&scene.seen(At::Exchange)[0]);
    assert_eq!(
        (form.len(), &*form["grant_type"], &*form["auth_req_id"]),
        (2, "urn:openid:params:grant-type:ciba", pending.auth_req_id())
    );
}

#[tokio::test]
async fn the_interval_begins_when_the_answer_comes() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.next(At::Exchange, [refused("authorization_pending").taking(4 * SECOND)]);
    assert_eq!(phone.poll(&pending).await, Ok(None));
    assert_eq!(phone.next_poll_in(&pending), 5 * SECOND);
}

#[tokio::test]
async fn two_at_once_make_one_request() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.world.vipps.hold_at(At::Exchange.path());
    scene.decide(&pending, Decision::Approved);
    let poll = || {
        let (phone, pending) = (phone.clone(), pending.clone());
        tokio::spawn(async move { phone.poll(&pending).await })
    };
    let polls = [poll(), poll(), poll()];
    settle().await;
    scene.world.vipps.release();
    let mut logins = 0;
    for poll in polls {
        logins += usize::from(poll.await.expect("no panic").expect("an answer").is_some());
    }
    assert_eq!((logins, scene.count(At::Exchange)), (3, 1));
}

#[tokio::test]
async fn a_slow_poll_is_joined_however_long_it_takes() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.world.vipps.hold_at(At::Exchange.path());
    let poll = || {
        let (phone, pending) = (phone.clone(), pending.clone());
        tokio::spawn(async move { phone.poll(&pending).await })
    };
    let slow = poll();
    settle().await;
    scene.world.pass(6 * SECOND).await;
    let other = poll();
    settle().await;
    assert_eq!(scene.count(At::Exchange), 1);
    scene.world.vipps.release();
    assert_eq!((slow.await.expect("no panic"), other.await.expect("no panic")), (Ok(None), Ok(None)));
    assert_eq!((scene.count(At::Exchange), phone.next_poll_in(&pending)), (1, 5 * SECOND));
}

#[tokio::test]
async fn what_a_login_brought_is_told_again() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    let result = phone.poll(&pending).await.expect("an answer").expect("a decision");
    scene.world.pass(700 * SECOND).await;
    assert_eq!(phone.poll(&pending.clone()).await, Ok(Some(result)));
    assert_eq!(scene.count(At::Exchange), 1);
    // What was kept as json is another process's, which never saw it.
    let kept = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    assert_why(&phone.poll(&kept).await, "login_failed", "expired");
}

#[tokio::test]
async fn a_poll_makes_do_with_a_token_that_is_still_good() {
    let scene = Scene::new();
    scene.tokens_live(3_600);
    let partner = crate::support::partner_of(crate::support::partner_keys(), scene.config());
    partner.headers().await.expect("a token");
    scene.world.pass(3_400 * SECOND).await;
    let phone = partner.merchant(crate::support::msn("123456")).backchannel().expect("keys for this");
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    scene.always(At::ApiToken, Reply::status(503));
    scene.world.pass(150 * SECOND).await;
    assert_eq!(phone.poll(&pending).await, Ok(None));
}

#[tokio::test]
async fn slowing_down_lasts_and_survives_a_restart() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.next(At::Exchange, [refused("slow_down"), refused("slow_down")]);
    assert_eq!(phone.poll(&pending).await, Ok(None));
    assert_eq!((pending.interval(), phone.next_poll_in(&pending)), (10 * SECOND, 10 * SECOND));
    scene.world.pass(10 * SECOND).await;
    assert_eq!(phone.poll(&pending).await, Ok(None));
    assert_eq!(pending.interval(), 15 * SECOND);
    let kept = PendingLogin::from_json(&pending.to_json()).expect("our own json");
    let phone = scene.phone();
    assert_eq!((kept.interval(), phone.next_poll_in(&kept)), (15 * SECOND, 15 * SECOND));
    assert!(!sends(&scene, &phone, &kept).await);
    scene.world.pass(15 * SECOND).await;
    assert!(sends(&scene, &phone, &kept).await);
    assert_eq!(phone.next_poll_in(&kept), 15 * SECOND);
}

#[tokio::test]
async fn slowing_down_has_an_end() {
    let scene = Scene::new();
    scene.next(At::Start, [Reply::json(r#"{"auth_req_id":"auth-req-1","expires_in":3600,"interval":290}"#)]);
    let (phone, pending) = started(&scene).await;
    scene.always(At::Exchange, refused("slow_down"));
    for interval in [295, 300, 300] {
        scene.world.pass(phone.next_poll_in(&pending)).await;
        assert_eq!((phone.poll(&pending).await, pending.interval()), (Ok(None), interval * SECOND));
    }
}

#[tokio::test]
async fn trouble_on_the_way_backs_off_and_is_forgotten() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let troubles = [Reply::broken(), Reply::status(503), Reply::status(500), Reply::broken(), Reply::status(408)];
    for (trouble, wait) in troubles.into_iter().zip([5, 10, 20, 40, 40]) {
        scene.next(At::Exchange, [trouble]);
        let error = phone.poll(&pending).await.expect_err("trouble");
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
        assert_eq!(phone.next_poll_in(&pending), wait * SECOND);
        scene.world.pass(wait * SECOND).await;
    }
    assert_eq!((phone.poll(&pending).await, phone.next_poll_in(&pending)), (Ok(None), 5 * SECOND));
    assert_eq!(scene.count(At::Exchange), 6);
}

#[tokio::test]
async fn retry_after_is_obeyed_by_polls() {
    for reply in [Reply::status(429), refused_by_gateway(429), Reply::status(503)] {
        let scene = Scene::new();
        let (phone, pending) = started(&scene).await;
        scene.next(At::Exchange, [reply.retry_after("90")]);
        let error = phone.poll(&pending).await.expect_err("asked to wait");
        assert_eq!(error.retry_after(), Some(90 * SECOND));
        assert_eq!(phone.next_poll_in(&pending), 90 * SECOND);
        scene.world.pass(89 * SECOND).await;
        assert!(!sends(&scene, &phone, &pending).await);
        scene.world.pass(SECOND).await;
        assert!(sends(&scene, &phone, &pending).await);
    }
}

#[tokio::test]
async fn a_login_that_is_over_is_known_to_be_without_asking() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.world.pass(599 * SECOND).await;
    assert!(sends(&scene, &phone, &pending).await);
    scene.world.pass(SECOND).await;
    assert_eq!(phone.next_poll_in(&pending), Duration::ZERO);
    assert_why(&phone.poll(&pending).await, "login_failed", "expired");
    assert_eq!(scene.count(At::Exchange), 1);
}

#[tokio::test]
async fn every_end_has_its_reason() {
    let ends = [
        (refused("access_denied"), "login_failed", Some("denied")),
        (refused("expired_token"), "login_failed", Some("expired")),
        (refused("invalid_grant"), "login_failed", Some("invalid_grant")),
        (refused("old_app"), "login_failed", Some("outdated_app")),
        (refused("wrong_challenge"), "login_failed", Some("wrong_challenge")),
        (refused("unauthorized_client"), "credentials_rejected", None),
        (refused("invalid_request"), "protocol", None),
        (refused_by_gateway(403), "forbidden", None),
        (Reply::json("{}"), "protocol", None),
        (Reply::status(404), "protocol", None),
    ];
    for (end, code, detail) in ends {
        let scene = Scene::new();
        let (phone, pending) = started(&scene).await;
        scene.always(At::Exchange, end.clone());
        let outcome = phone.poll(&pending).await;
        assert_eq!(why(&outcome), (code, detail.map(str::to_owned)), "{end:?}");
        assert!(!outcome.expect_err("the end").retryable(), "{end:?}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_each_poll() {
    for reply in [refused_by_gateway(401), Reply::status(401), Reply::refusal(401, r#"{"error":"invalid_client"}"#)] {
        let scene = Scene::new();
        let (phone, pending) = started(&scene).await;
        scene.next(At::Exchange, [reply.clone()]);
        scene.decide(&pending, Decision::Approved);
        phone.poll(&pending).await.expect("an answer").expect("a decision");
        let tokens: Vec<_> = scene.seen(At::Exchange).iter().map(|sent| bearer(&sent.headers).to_owned()).collect();
        assert_eq!(tokens, ["token-1", "token-2"], "{reply:?}");
    }
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.always(At::Exchange, Reply::status(401));
    let error = phone.poll(&pending).await.expect_err("refused twice");
    assert_eq!((error.kind(), scene.count(At::Exchange)), (ErrorKind::CredentialsRejected, 2));
}

#[tokio::test]
async fn an_answer_that_got_lost_is_asked_for_again() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    scene.next(At::Exchange, [Reply::broken()]);
    assert!(phone.poll(&pending).await.expect_err("lost").retryable());
    scene.world.pass(5 * SECOND).await;
    let result = phone.poll(&pending).await.expect("an answer").expect("a decision");
    assert_eq!(sub(&result), format!("{PHONE} at 123456"));
}

#[tokio::test]
async fn without_keys_nobody_is_asked_since_the_tokens_would_be_lost() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    scene.always(At::Keys, Reply::status(503));
    assert!(phone.poll(&pending).await.expect_err("no keys").retryable());
    assert_eq!(scene.count(At::Exchange), 0);
    scene.mend(At::Keys);
    scene.world.pass(10 * SECOND).await;
    phone.poll(&pending).await.expect("an answer").expect("a decision");
}

#[tokio::test]
async fn the_token_must_be_of_this_login() {
    type Bend = fn(crate::keyring::Token) -> crate::keyring::Token;
    let bends: [(Bend, Option<&str>); 9] = [
        (|token| token, None),
        (|token| token.without("nonce"), None),
        (|token| token.with("auth_req_id", "auth-req-1"), None),
        (|token| token.with("nonce", "of-another"), Some("nonce")),
        (|token| token.with("nonce", ""), Some("nonce")),
        (|token| token.with("msn", "654321"), Some("msn")),
        (|token| token.without("msn"), Some("msn")),
        (|token| token.with("auth_req_id", "auth-req-2"), Some("auth_req_id")),
        (|token| token.with("auth_req_id", "auth-req-1").with("authReqId", "auth-req-2"), Some("auth_req_id")),
    ];
    for (number, (bend, claim)) in bends.into_iter().enumerate() {
        let scene = Scene::new();
        scene.bend(bend);
        let (phone, pending) = started(&scene).await;
        assert_eq!(pending.auth_req_id(), "auth-req-1");
        scene.decide(&pending, Decision::Approved);
        let outcome = phone.poll(&pending).await;
        let expected = claim.map_or(("ok", None), |claim| ("invalid_id_token", Some(claim.to_owned())));
        assert_eq!(why(&outcome), expected, "{number}");
    }
}

#[tokio::test]
async fn both_algorithms_are_good_here_and_no_key_but_vipps_own() {
    let scene = Scene::hurried();
    for (signer, good) in [(&*EC, true), (&*UNPUBLISHED_RSA, false)] {
        scene.sign_by(signer);
        let (phone, pending) = started(&scene).await;
        scene.decide(&pending, Decision::Approved);
        assert_eq!(phone.poll(&pending).await.is_ok(), good);
    }
}

#[tokio::test]
async fn a_login_of_another_merchant_or_environment_is_not_asked_about() {
    let scene = Scene::new();
    let (_, pending) = started(&scene).await;
    let partner = crate::support::partner_of(crate::support::partner_keys(), scene.config());
    let other = partner.merchant(crate::support::msn("654321")).backchannel().expect("keys for this");
    assert_why(&other.poll(&pending).await, "login_failed", "merchant");
    assert_why(&other.wait(&pending, SECOND).await, "login_failed", "merchant");
    let elsewhere = phone_of(scene.config().environment("http://127.0.0.1:8585".parse().expect("a url")));
    assert_why(&elsewhere.poll(&pending).await, "login_failed", "issuer");
    assert_eq!(scene.count(At::Exchange), 0);
}
