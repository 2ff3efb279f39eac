//! Crowds and coincidences at the key set, and what is told first of a token that is wrong twice.

mod keyring;

use std::{
    future::Future,
    sync::{Arc, Barrier},
    task::{Context, Poll, Waker},
    time::Duration,
};

use keyring::{
    CLIENT_ID, OTHER_RSA, RSA, Reply, Token, World, assert_outcome, expect, expect_all, judge, jwks, offline, settle,
};
use serde_json::json;
use tokio::runtime::Handle;
use vipps_partner_auth::ErrorKind;

const GAP: Duration = Duration::from_secs(30);

#[test]
fn another_client_is_told_before_a_strange_azp() {
    let verifier = offline(&[&RSA]);
    for azp in [json!(null), json!(1), json!([CLIENT_ID]), json!("other")] {
        let jwt = Token::of(&RSA).with("aud", "other").with("azp", azp).signed_by(&RSA);
        assert_outcome(&judge(&verifier, &jwt, &expect_all()), "aud", "");
    }
}

#[tokio::test]
async fn a_thousand_logins_with_a_key_that_was_just_published_are_all_accepted() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.advance(GAP);
    let good: Arc<str> = world.token(&OTHER_RSA).into();
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (verifier, token) = (world.verifier.clone(), good.clone());
            tokio::spawn(async move { verifier.verify(&token, &expect()).await })
        })
        .collect();
    let mut accepted = 0;
    for caller in callers {
        accepted += usize::from(caller.await.expect("no panic").is_ok());
    }
    assert_eq!((accepted, world.issuer.key_fetches()), (1000, 1));
}

// 2b. The same with a renewal that is under way when the token comes.
#[tokio::test]
async fn a_renewal_that_brings_the_key_lets_the_token_in() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.advance(Duration::from_secs(545));
    world.issuer.hold();
    world.judge(&world.token(&RSA)).await.expect("a good token");
    let token = world.token(&OTHER_RSA);
    let verifier = world.verifier.clone();
    let login = tokio::spawn(async move { verifier.verify(&token, &expect()).await });
    settle().await;
    world.issuer.let_through(1);
    login.await.expect("no panic").expect("the key came with the very load that was waited for");
}

#[tokio::test]
async fn a_reload_that_is_rate_limited_says_so() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.answer_jwks(Reply::status(429, "").header("retry-after", "7"));
    world.advance(GAP);
    let error = world.judge(&world.token(&OTHER_RSA)).await.expect_err("perhaps a new key");
    assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
    assert!(error.retry_after().is_some());
}

#[tokio::test]
async fn a_first_load_that_is_rate_limited_says_so() {
    let world = World::new(&[&RSA]);
    world.issuer.answer_jwks(Reply::status(429, "").header("retry-after", "120"));
    let error = world.judge(&world.token(&RSA)).await.expect_err("no keys");
    assert_eq!((error.kind(), error.status()), (ErrorKind::RateLimited, Some(429)));
    assert!(error.retry_after().is_some());
}

#[tokio::test]
async fn a_token_that_is_wrong_in_itself_needs_no_keys() {
    let world = World::new(&[&RSA]);
    for (claim, jwt) in [
        ("alg", world.fresh(&RSA).header("alg", "none").signed_by(&RSA)),
        ("typ", world.fresh(&RSA).header("typ", "at+jwt").signed_by(&RSA)),
        ("kid", world.fresh(&RSA).header("kid", 1).signed_by(&RSA)),
    ] {
        assert_outcome(&world.judge_cached(&jwt).expect("no i/o is needed"), claim, claim);
    }
}

/// Callers on threads of their own who come in quick succession, some before the first load lands and some after.
fn crowd(world: &World, runtime: &Handle, token: &str) {
    let together = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _on_it = runtime.enter();
                let expect = expect();
                together.wait();
                let mut waiting = Vec::new();
                for _ in 0..60 {
                    let mut check = Box::pin(world.verifier.verify(token, &expect));
                    match check.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                        Poll::Pending => waiting.push(check),
                        Poll::Ready(_) => break,
                    }
                }
            });
        }
    });
}

#[test]
fn a_cold_crowd_on_many_threads_makes_one_discovery_and_one_fetch() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    let token = Token::of(&RSA).signed_by(&RSA);
    for round in 0..400 {
        let world = World::new(&[&RSA]);
        crowd(&world, runtime.handle(), &token);
        runtime.block_on(world.judge(&token)).expect("a good token");
        assert_eq!(world.issuer.asked().len(), 2, "round {round}");
    }
}

#[tokio::test]
async fn a_key_that_lacks_its_numbers_is_told() {
    for (lacking, reason) in [("n", "the modulus is missing or no text"), ("e", "the exponent is missing or no text")] {
        let set = keyring::jwks_of(&[RSA.jwk(), OTHER_RSA.jwk_with(&json!({ lacking: null }))]);
        let world = World::with(&set, |config| config);
        world.judge(&world.token(&RSA)).await.expect("a good token");
        let told =
            vipps_partner_auth::Event::KeySkipped { key: OTHER_RSA.kid.to_owned(), reason, other_purpose: false };
        assert!(world.events().contains(&told), "{lacking}");
    }
}
