//! The states of a login, one for each time that Vipps was asked.

use std::{pin::pin, time::Duration};

use futures_util::{StreamExt, future::poll_immediate};
use vipps_partner_auth::{Backchannel, BackchannelOptions, BackchannelState, PendingLogin, Result};

use crate::{
    scene::{At, CALLBACK, Decision, PHONE, Scene, assert_why, refused_by_gateway, sub},
    support::settle,
};

const SECOND: Duration = Duration::from_secs(1);

async fn started(scene: &Scene) -> (Backchannel, PendingLogin) {
    let phone = scene.phone();
    let pending = phone.start(PHONE, &["openid"]).await.expect("a login");
    (phone, pending)
}

fn pending_for(state: &Result<BackchannelState>) -> Option<u64> {
    match state {
        Ok(BackchannelState::Pending { next_poll_in }) => Some(next_poll_in.as_secs()),
        _ => None,
    }
}

#[tokio::test]
async fn each_time_that_vipps_is_asked_is_told_and_the_last_is_the_result() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    let mut states = pin!(phone.states(&pending));
    for asked in 1..=3 {
        let state = states.next().await.expect("a state");
        assert_eq!((pending_for(&state), scene.count(At::Exchange)), (Some(5), asked));
    }
    scene.decide(&pending, Decision::Approved);
    let Some(Ok(BackchannelState::Complete(result))) = states.next().await else { panic!("not complete") };
    assert_eq!((sub(&result), scene.count(At::Exchange)), ("urn:msisdn:4791234567 at 123456", 4));
    assert!(states.next().await.is_none());
    let again = phone.next_state(&pending).await;
    assert_eq!(again, Ok(BackchannelState::Complete(result)), "told again without asking");
    assert_eq!(scene.count(At::Exchange), 4);
}

#[tokio::test]
async fn nothing_is_told_before_it_is_time_to_ask() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    assert_eq!(pending_for(&phone.next_state(&pending).await), Some(5));
    let other = phone.clone();
    let login = pending.clone();
    let mut next = tokio::spawn(async move { other.next_state(&login).await });
    for _ in 0..4 {
        scene.world.pass(SECOND).await;
        assert!(poll_immediate(&mut next).await.is_none());
    }
    assert_eq!(scene.count(At::Exchange), 1);
    scene.world.pass(SECOND).await;
    assert_eq!(pending_for(&next.await.expect("no panic")), Some(5));
    assert_eq!(scene.count(At::Exchange), 2);
}

#[tokio::test]
async fn trouble_is_a_state_and_a_refusal_ends_them() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    let mut states = pin!(phone.states(&pending));
    scene.next(At::Exchange, [refused_by_gateway(503), refused_by_gateway(503)]);
    assert_eq!(pending_for(&states.next().await.expect("a state")), Some(5));
    assert_eq!(pending_for(&states.next().await.expect("a state")), Some(10));
    scene.decide(&pending, Decision::Denied);
    assert_why(&states.next().await.expect("an error"), "login_failed", "denied");
    assert!(states.next().await.is_none());
}

#[tokio::test]
async fn a_login_that_nobody_decides_ends_with_its_life() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    let states: Vec<_> = phone.states(&pending).collect().await;
    let (last, others) = states.split_last().expect("states");
    assert!(others.len() > 1 && others.iter().all(|state| pending_for(state).is_some()));
    assert_why(last, "login_failed", "expired");
}

#[tokio::test]
async fn a_state_that_nobody_waits_for_any_more_loses_nothing() {
    let scene = Scene::new();
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    scene.world.vipps.hold_at(At::Exchange.path());
    let other = phone.clone();
    let login = pending.clone();
    let given_up = tokio::spawn(async move { other.next_state(&login).await });
    settle().await;
    given_up.abort();
    settle().await;
    scene.world.vipps.release();
    assert!(matches!(phone.next_state(&pending).await, Ok(BackchannelState::Complete(_))));
    assert_eq!(scene.count(At::Exchange), 1, "the tokens of a login come once");
}

#[tokio::test]
async fn a_login_that_ends_by_redirect_has_no_states() {
    let scene = Scene::new();
    let phone = scene.phone();
    let options = BackchannelOptions::default().redirect_uri(CALLBACK);
    let pending = phone.start_with(PHONE, &["openid"], &options).await.expect("a login");
    assert_why(&phone.next_state(&pending).await, "invalid_config", "pending");
}

#[tokio::test]
async fn a_thread_without_an_executor_has_them_one_by_one() {
    let scene = Scene::hurried();
    let (phone, pending) = started(&scene).await;
    scene.decide(&pending, Decision::Approved);
    let told = tokio::task::spawn_blocking(move || phone.blocking().states(&pending).count());
    assert_eq!(told.await.expect("no panic"), 1);
}
