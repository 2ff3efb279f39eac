//! Waiting for a person: at Vipps' pace, through every trouble, and never longer than it makes sense.

use std::time::Duration;

use tokio::{runtime::Builder, task::JoinHandle};
use vipps_partner_auth::{Backchannel, Clock, LoginResult, PendingLogin, Result};

use crate::{
    scene::{At, Decision, PHONE, Scene, assert_why, phone_of, refused, refused_by_gateway, sub, why},
    support::{Reply, START, settle},
};

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(3_600);

async fn started(scene: &Scene) -> (Backchannel, PendingLogin) {
    let phone = scene.phone();
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    (phone, pending)
}

type Waiting = JoinHandle<Result<Option<LoginResult>>>;

/// Somebody who waits, and has begun to.
async fn waiting(phone: &Backchannel, pending: &PendingLogin, timeout: Duration) -> Waiting {
    let (phone, pending) = (phone.clone(), pending.clone());
    let waiting = tokio::spawn(async move { phone.wait(&pending, timeout).await });
    settle().await;
    waiting
}

/// When polls were sent, in seconds after the start.
fn polls(scene: &Scene) -> Vec<u64> {
    scene.seen(At::Exchange).iter().map(|sent| sent.at.wall.as_secs() - START).collect()
}

/// Lets seconds pass one by one.
async fn pass(scene: &Scene, seconds: u64) {
    for _ in 0..seconds {
        scene.world.pass(SECOND).await;
    }
}

#[tokio::test]
async fn a_wait_polls_at_the_interval_until_the_person_decides() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, LONG).await;
    pass(&scene, 12).await;
    scene.decide(&pending, Decision::Approved);
    pass(&scene, 2).await;
    assert!(!wait.is_finished());
    pass(&scene, 1).await;
    let result = wait.await.expect("no panic").expect("an answer").expect("a decision");
    assert_eq!((sub(&result), polls(&scene)), ("urn:msisdn:4791234567 at 123456", vec![0, 5, 10, 15]));
}

#[tokio::test]
async fn a_wait_that_is_over_can_be_called_again_and_keeps_the_pace() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    assert_eq!(phone.wait(&pending, Duration::ZERO).await, Ok(None));
    for _ in 0..4 {
        let wait = waiting(&phone, &pending, 3 * SECOND).await;
        pass(&scene, 3).await;
        assert_eq!(wait.await.expect("no panic"), Ok(None));
    }
    assert_eq!(polls(&scene), [0, 5, 10]);
    scene.decide(&pending, Decision::Approved);
    let wait = waiting(&phone, &pending, 4 * SECOND).await;
    pass(&scene, 3).await;
    assert!(wait.await.expect("no panic").expect("an answer").is_some());
}

#[tokio::test]
async fn a_wait_keeps_its_limit_in_the_middle_of_a_poll_and_loses_no_answer() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    scene.world.vipps.hold_at(At::Exchange.path());
    let wait = waiting(&phone, &pending, SECOND).await;
    pass(&scene, 1).await;
    assert_eq!(wait.await.expect("no panic"), Ok(None));
    assert_eq!(scene.count(At::Exchange), 1);
    scene.world.vipps.release();
    settle().await;
    assert!(phone.wait(&pending, SECOND).await.expect("an answer").is_some());
    assert_eq!(scene.count(At::Exchange), 1, "the tokens of a login come once");
}

#[tokio::test]
async fn a_timeout_of_for_ever_is_no_trouble() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    assert_why(&phone.wait(&pending, Duration::MAX).await, "login_failed", "expired");
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_the_login_to_another() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, LONG).await;
    pass(&scene, 7).await;
    wait.abort();
    settle().await;
    pass(&scene, 10).await;
    assert_eq!(polls(&scene), [0, 5]);
    scene.decide(&pending, Decision::Approved);
    assert!(phone.wait(&pending, LONG).await.expect("an answer").is_some());
    assert_eq!(polls(&scene), [0, 5, 17]);
}

#[tokio::test]
async fn a_wait_that_is_dropped_while_it_asks_loses_nothing() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.world.vipps.hold_at(At::Exchange.path());
    let wait = waiting(&phone, &pending, LONG).await;
    wait.abort();
    settle().await;
    assert_eq!(scene.world.vipps.in_flight(), 1);
    scene.decide(&pending, Decision::Approved);
    let wait = waiting(&phone, &pending, LONG).await;
    scene.world.vipps.release();
    assert!(wait.await.expect("no panic").expect("an answer").is_some());
    assert!(phone.poll(&pending).await.expect("an answer").is_some());
    assert_eq!(polls(&scene), [0]);
}

#[tokio::test]
async fn two_who_wait_ask_no_more_often_than_one() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let waits = [waiting(&phone, &pending, 22 * SECOND).await, waiting(&phone, &pending, 22 * SECOND).await];
    pass(&scene, 22).await;
    for wait in waits {
        assert_eq!(wait.await.expect("no panic"), Ok(None));
    }
    assert_eq!(polls(&scene), [0, 5, 10, 15, 20]);
}

#[tokio::test]
async fn a_poll_that_is_due_at_the_very_end_is_made() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, 5 * SECOND).await;
    scene.decide(&pending, Decision::Approved);
    pass(&scene, 5).await;
    assert!(wait.await.expect("no panic").expect("an answer").is_some());
    assert_eq!(polls(&scene), [0, 5]);
}

#[tokio::test]
async fn the_last_poll_tells_an_end_and_no_trouble() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.always(At::Exchange, Reply::status(503));
    assert_eq!(phone.wait(&pending, Duration::ZERO).await, Ok(None));
    scene.mend(At::Exchange);
    scene.world.pass(60 * SECOND).await;
    scene.decide(&pending, Decision::Denied);
    assert_why(&phone.wait(&pending, Duration::ZERO).await, "login_failed", "denied");
}

#[tokio::test]
async fn trouble_never_ends_a_wait() {
    let troubles = [
        Reply::broken(),
        Reply::not_sent(),
        Reply::status(503),
        Reply::status(500),
        Reply::status(408),
        refused("temporarily_unavailable"),
    ];
    for at in [At::Exchange, At::Keys] {
        for trouble in troubles.clone() {
            let scene = Scene::hurried();
            let (phone, pending) = started(&scene).await;
            scene.decide(&pending, Decision::Approved);
            scene.always(at, trouble.clone());
            assert_eq!(phone.wait(&pending, 120 * SECOND).await, Ok(None), "{at:?} {trouble:?}");
            scene.mend(at);
            assert!(phone.wait(&pending, 120 * SECOND).await.expect("an answer").is_some(), "{at:?} {trouble:?}");
        }
    }
}

#[tokio::test]
async fn trouble_that_stays_ends_with_the_life_of_the_login() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    scene.always(At::Exchange, Reply::status(503));
    assert_why(&phone.wait(&pending, LONG).await, "login_failed", "expired");
    assert_eq!(scene.world.clock.now().wall.as_secs(), START + 600);
    assert_eq!(polls(&scene)[..6], [0, 5, 15, 35, 75, 115]);
}

#[tokio::test]
async fn a_partners_token_that_can_not_be_had_is_waited_for_too() {
    let scene = Scene::hurried();
    scene.tokens_live(3_600);
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    scene.next(At::Exchange, [Reply::status(401)]);
    scene.next(At::ApiToken, vec![Reply::status(503); 7]);
    assert!(phone.wait(&pending, LONG).await.expect("an answer").is_some());
    assert_eq!(scene.count(At::Exchange), 2);
}

#[tokio::test]
async fn retry_after_is_obeyed_by_a_wait() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    scene.next(
        At::Exchange,
        [Reply::status(429).retry_after("120"), refused("slow_down"), refused("authorization_pending")],
    );
    scene.decide(&pending, Decision::Approved);
    assert!(phone.wait(&pending, LONG).await.expect("an answer").is_some());
    assert_eq!(polls(&scene), [0, 120, 130, 140]);
}

#[tokio::test]
async fn a_wait_for_retry_after_ends_with_the_login() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    scene.always(At::Exchange, Reply::status(429).retry_after("250"));
    assert_why(&phone.wait(&pending, LONG).await, "login_failed", "expired");
    assert_eq!((polls(&scene), scene.world.clock.now().wall.as_secs()), (vec![0, 250, 500], START + 600));
}

#[tokio::test]
async fn an_end_is_told_at_once() {
    let ends = [
        (refused("access_denied"), "login_failed", Some("denied")),
        (refused("expired_token"), "login_failed", Some("expired")),
        (refused("invalid_grant"), "login_failed", Some("invalid_grant")),
        (refused("unauthorized_client"), "credentials_rejected", None),
        (Reply::status(401), "credentials_rejected", None),
        (refused_by_gateway(403), "forbidden", None),
        (Reply::json("{}"), "protocol", None),
    ];
    for (end, code, detail) in ends {
        let scene = Scene::new();
        let (phone, pending) = started(&scene).await;
        let wait = waiting(&phone, &pending, LONG).await;
        pass(&scene, 3).await;
        scene.always(At::Exchange, end.clone());
        pass(&scene, 2).await;
        assert!(wait.is_finished(), "{end:?}");
        assert_eq!(why(&wait.await.expect("no panic")), (code, detail.map(str::to_owned)), "{end:?}");
    }
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, LONG).await;
    scene.decide(&pending, Decision::Denied);
    pass(&scene, 5).await;
    assert_why(&wait.await.expect("no panic"), "login_failed", "denied");
}

#[tokio::test]
async fn the_end_of_its_life_is_told_at_that_moment() {
    let scene = Scene::new();
    scene.next(At::Start, [Reply::json(r#"{"auth_req_id":"auth-req-1","expires_in":70,"interval":60}"#)]);
    let (phone, pending) = started(&scene).await;
    scene.always(At::Exchange, refused("authorization_pending"));
    let wait = waiting(&phone, &pending, LONG).await;
    pass(&scene, 69).await;
    assert!(!wait.is_finished());
    pass(&scene, 1).await;
    assert_why(&wait.await.expect("no panic"), "login_failed", "expired");
    assert_eq!(polls(&scene), [0, 60]);
}

#[tokio::test]
async fn a_token_that_is_not_good_ends_a_wait() {
    let scene = Scene::new();
    scene.bend(|token| token.with("msn", "654321"));
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    assert_why(&phone.wait(&pending, LONG).await, "invalid_id_token", "msn");
}

#[tokio::test]
async fn keys_that_never_come_end_a_wait_once_the_tokens_are_there() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    assert_eq!(phone.wait(&pending, Duration::ZERO).await, Ok(None));
    scene.sign_by(&crate::keyring::OTHER_RSA);
    scene.always(At::Keys, Reply::status(503));
    scene.decide(&pending, Decision::Approved);
    assert_why(&phone.wait(&pending, LONG).await, "login_failed", "keys_unavailable");
}

#[tokio::test]
async fn a_wall_clock_set_far_back_stops_nobody() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, LONG).await;
    pass(&scene, 2).await;
    scene.world.shift_wall(-86_400);
    pass(&scene, 3).await;
    scene.decide(&pending, Decision::Approved);
    pass(&scene, 5).await;
    assert!(wait.is_finished());
    let token_is_early = wait.await.expect("no panic");
    assert_eq!(why(&token_is_early).0, "ok");
}

#[tokio::test]
async fn a_wall_clock_set_back_by_minutes_stops_nobody() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, LONG).await;
    scene.world.shift_wall(-300);
    pass(&scene, 10).await;
    assert_eq!(scene.count(At::Exchange), 3);
    wait.abort();
}

#[tokio::test]
async fn a_wall_clock_set_on_does_not_cut_a_wait_short() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, 120 * SECOND).await;
    scene.world.shift_wall(200);
    pass(&scene, 119).await;
    assert!(!wait.is_finished());
    pass(&scene, 1).await;
    assert_eq!(wait.await.expect("no panic"), Ok(None));
}

#[tokio::test]
async fn a_runtime_that_has_ended_ends_a_wait_in_words() {
    let scene = Scene::new();
    let (_, pending) = started(&scene).await;
    let ended = Builder::new_multi_thread().worker_threads(1).enable_time().build().expect("a runtime");
    let handle = ended.handle().clone();
    let phone = phone_of(scene.config().runtime(handle));
    // A runtime can't be ended from within another.
    std::thread::spawn(move || drop(ended)).join().expect("no panic");
    let error = phone.wait(&pending, LONG).await.expect_err("nothing can run");
    assert_eq!((error.code(), error.retryable()), ("unavailable", true));
}

#[tokio::test]
async fn two_who_wait_both_learn_of_the_decision() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let waits = [waiting(&phone, &pending, LONG).await, waiting(&phone, &pending, LONG).await];
    scene.decide(&pending, Decision::Approved);
    pass(&scene, 5).await;
    for wait in waits {
        assert!(wait.await.expect("no panic").expect("an answer").is_some());
    }
    assert_eq!(polls(&scene), [0, 5]);
}

#[tokio::test]
async fn a_wall_clock_set_beyond_the_end_ends_the_login() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    let wait = waiting(&phone, &pending, 10 * LONG).await;
    pass(&scene, 2).await;
    scene.world.shift_wall(3_600);
    pass(&scene, 3).await;
    assert_why(&wait.await.expect("no panic"), "login_failed", "expired");
    assert_eq!(scene.count(At::Exchange), 1);
}
