//! Tokens that name keys nobody has heard of: perhaps forged, perhaps just newer than our keys.

mod keyring;

use std::{sync::Arc, time::Duration};

use keyring::{EC, OTHER_RSA, RSA, Reply, Token, UNPUBLISHED_RSA, World, encode, expect, jwks, jwks_of, settle};
use serde_json::json;
use vipps_partner_auth::{Error, ErrorKind, Event};

const GAP: Duration = Duration::from_secs(30);

/// Told to come again, and when: never that the token is bad.
#[track_caller]
fn assert_later(error: &Error, latest: Duration) {
    assert_eq!((error.kind(), error.retryable(), error.claim()), (ErrorKind::Unavailable, true, None), "{error}");
    assert!(error.retry_after().is_some_and(|wait| wait <= latest), "{error}");
}

#[track_caller]
fn assert_unknown(error: &Error) {
    assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some("kid")), "{error}");
}

#[tokio::test]
async fn a_new_key_is_found_by_one_reload() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.advance(GAP);
    world.judge(&world.token(&OTHER_RSA)).await.expect("a token of the new key");
    world.judge(&world.token(&OTHER_RSA)).await.expect("a token of the new key");
    assert_eq!(world.issuer.asked().len(), 1, "and the document was not asked again");
    assert_eq!(world.events(), [Event::KeysRefreshed { keys: 2 }]);
}

#[tokio::test]
async fn any_load_starts_the_thirty_seconds() {
    let world = World::new(&[&RSA]);
    world.issuer.answers_take(Duration::ZERO);
    world.judge(&world.token(&RSA)).await.expect("a good token");
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.events();
    for left in (1..=30).rev() {
        let error = world.judge(&world.token(&OTHER_RSA)).await.expect_err("too early");
        assert_later(&error, GAP);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(left)));
        let cached = world.judge_cached(&world.token(&OTHER_RSA)).expect("no i/o may be made").expect_err("too early");
        assert_eq!((cached.kind(), cached.retry_after()), (error.kind(), error.retry_after()));
        world.advance(Duration::from_secs(1));
    }
    assert_eq!(world.issuer.key_fetches(), 1);
    assert_eq!(world.events(), [Event::UnknownKidSuppressed], "told once, counted each time");
    assert_eq!(world.verifier.stats().unknown_kids_suppressed, 60);
    assert!(world.judge_cached(&world.token(&OTHER_RSA)).is_none(), "now a reload may run");
    world.judge(&world.token(&OTHER_RSA)).await.expect("a token of the new key");
    assert_eq!(world.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn a_renewal_starts_the_thirty_seconds_too() {
    let world = World::warm(&[&RSA]).await;
    world.advance(Duration::from_secs(545));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_later(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("too early"), GAP);
    assert_eq!(world.issuer.key_fetches(), 1);
}

#[tokio::test]
async fn unknown_after_a_reload_is_refused() {
    let world = World::warm(&[&RSA]).await;
    world.advance(GAP);
    assert_unknown(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("unknown"));
    assert_eq!(world.issuer.key_fetches(), 1);
    // The next one can't be told apart from a key that is a moment old.
    assert_later(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("unknown"), GAP);
    world.advance(GAP);
    assert_unknown(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("unknown"));
    assert_eq!(world.issuer.key_fetches(), 2);
}

#[tokio::test]
async fn unknown_in_the_very_set_that_was_loaded_for_it_is_refused() {
    for takes in [Duration::ZERO, Duration::from_millis(1)] {
        let world = World::new(&[&RSA]);
        world.issuer.answers_take(takes);
        assert_unknown(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("unknown"));
        assert_eq!(world.issuer.key_fetches(), 1);
    }
}

#[tokio::test]
async fn a_failed_reload_proves_nothing() {
    for reply in [
        Reply::broken(),
        Reply::status(500, ""),
        Reply::status(404, ""),
        Reply::status(302, ""),
        Reply::status(403, ""),
        Reply::ok("<html></html>"),
        Reply::ok(jwks_of(&[])),
        Reply::ok("x".repeat(257 * 1024)),
    ] {
        let world = World::warm(&[&RSA]).await;
        world.issuer.answer_jwks(reply.clone());
        world.advance(GAP);
        let error = world.judge(&world.token(&OTHER_RSA)).await.expect_err("an outage");
        assert_later(&error, GAP);
        assert_eq!(world.issuer.key_fetches(), 1, "one try only: {reply:?}");
        assert!(world.events().iter().any(|event| matches!(event, Event::KeysRefreshFailed { .. })));
        world.judge(&world.token(&RSA)).await.expect("known keys go on being good");
        assert_later(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("too early"), GAP);
        assert_eq!(world.issuer.key_fetches(), 1);
    }
}

#[tokio::test]
async fn a_known_key_that_does_not_fit_is_no_reason_to_ask() {
    let set = jwks_of(&[
        RSA.jwk(),
        EC.jwk(),
        OTHER_RSA.jwk_with(&json!({"use": "enc"})),
        UNPUBLISHED_RSA.jwk_with(&json!({"n": "!"})),
    ]);
    let world = World::warm_with(&set, &RSA, |config| config).await;
    world.advance(GAP);
    for jwt in [
        world.token(&OTHER_RSA),
        world.token(&UNPUBLISHED_RSA),
        world.fresh(&RSA).header("kid", EC.kid).signed_by(&RSA),
    ] {
        assert_unknown(&world.judge(&jwt).await.expect_err("a key that does not fit"));
        assert_unknown(&world.judge_cached(&jwt).expect("no i/o is needed").expect_err("a key that does not fit"));
    }
    let unnamed = world.fresh(&OTHER_RSA).without_header("kid").signed_by(&OTHER_RSA);
    assert_eq!(world.judge(&unnamed).await.expect_err("signed by another").claim(), Some("signature"));
    assert_eq!(world.issuer.key_fetches(), 0);
}

#[tokio::test]
async fn a_bad_signature_is_no_reason_to_ask() {
    let world = World::warm(&[&RSA]).await;
    world.advance(GAP);
    for _ in 0..100 {
        let forged = world.fresh(&RSA).signed_by(&OTHER_RSA);
        assert_eq!(world.judge(&forged).await.expect_err("forged").claim(), Some("signature"));
    }
    assert_eq!(world.issuer.key_fetches(), 0);
}

#[tokio::test]
async fn a_thousand_unknown_at_once_make_one_fetch() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.advance(GAP);
    world.issuer.hold();
    let good: Arc<str> = world.token(&OTHER_RSA).into();
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let (verifier, token) = (world.verifier.clone(), good.clone());
            tokio::spawn(async move { verifier.verify(&token, &expect()).await })
        })
        .collect();
    settle().await;
    world.judge(&world.token(&RSA)).await.expect("known keys do not wait");
    assert!(world.judge_cached(&good).is_none(), "a fetch is under way that can be waited for");
    world.issuer.let_through(1);
    let mut accepted = 0;
    for caller in callers {
        match caller.await.expect("no panic") {
            Ok(_) => accepted += 1,
            // Whoever came after the fetch had begun can't know whether it is new enough.
            Err(error) => assert_later(&error, GAP),
        }
    }
    assert!(accepted > 0);
    assert_eq!(world.issuer.key_fetches(), 1);
    world.judge(&good).await.expect("a token of the new key");
}

#[tokio::test]
async fn who_joins_a_fetch_that_began_earlier_is_not_refused_by_it() {
    let world = World::warm(&[&RSA]).await;
    world.advance(GAP);
    world.issuer.hold();
    let early = tokio::spawn({
        let (verifier, token) = (world.verifier.clone(), world.token(&UNPUBLISHED_RSA));
        async move { verifier.verify(&token, &expect()).await }
    });
    settle().await;
    // The fetch is on its way. Only now the issuer takes a new key into use; the reply may be older than that.
    let late = tokio::spawn({
        let (verifier, token) = (world.verifier.clone(), world.token(&OTHER_RSA));
        async move { verifier.verify(&token, &expect()).await }
    });
    settle().await;
    world.issuer.let_through(1);
    assert_unknown(&early.await.expect("no panic").expect_err("unknown"));
    assert_later(&late.await.expect("no panic").expect_err("perhaps a new key"), GAP);
    assert_eq!(world.issuer.key_fetches(), 1);
}

/// What a flood of forged tokens costs and does, with a genuine new key in the middle of it.
#[tokio::test]
async fn a_hundred_thousand_unknown_kids_in_a_minute() {
    let world = World::warm(&[&RSA]).await;
    let payload = encode(Token::of(&UNPUBLISHED_RSA).claims.json());
    let signature = encode([7; 256]);
    let forged = |number: u32| {
        let header = encode(format!(r#"{{"alg":"RS256","kid":"public:{:08x}"}}"#, number.wrapping_mul(2_654_435_761)));
        format!("{header}.{payload}.{signature}")
    };
    let (mut told_later, mut accepted) = (0, 0);
    for number in 0..100_000 {
        let error = world.judge(&forged(number)).await.expect_err("forged");
        if error.kind() == ErrorKind::Unavailable {
            assert_later(&error, GAP);
        } else {
            assert_unknown(&error);
        }
        if number % 500 == 0 {
            world.judge(&world.token(&RSA)).await.expect("good tokens go on being accepted");
        }
        if number == 20_000 {
            world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
        }
        if number >= 20_000 && number % 500 == 0 {
            match world.judge(&world.token(&OTHER_RSA)).await {
                Ok(_) => accepted += 1,
                Err(error) => {
                    assert_later(&error, GAP);
                    told_later += 1;
                }
            }
        }
        world.advance(Duration::from_micros(600));
    }
    assert!(world.issuer.key_fetches() <= 3, "{} fetches", world.issuer.key_fetches());
    // Published twelve seconds after the last load: told to wait for eighteen, then known.
    assert!((55..=62).contains(&told_later), "{told_later} tokens of the new key were told to come again");
    assert!((97..=105).contains(&accepted), "{accepted} tokens of the new key were accepted");
}

#[tokio::test]
async fn the_same_flood_over_the_check_without_io_asks_nothing_at_all() {
    let world = World::warm(&[&RSA]).await;
    for _ in 0..1000 {
        let token = world.token(&UNPUBLISHED_RSA);
        assert_later(&world.judge_cached(&token).expect("no i/o may be made").expect_err("unknown"), GAP);
    }
    world.advance(GAP);
    for _ in 0..1000 {
        assert!(world.judge_cached(&world.token(&UNPUBLISHED_RSA)).is_none());
    }
    settle().await;
    assert_eq!(world.issuer.asked(), []);
}

#[tokio::test]
async fn a_withdrawn_key_is_unknown_once_the_set_is_renewed() {
    let world = World::warm(&[&RSA, &OTHER_RSA]).await;
    world.judge(&world.token(&OTHER_RSA)).await.expect("not withdrawn yet");
    world.issuer.publish(&jwks(&[&RSA]));
    world.advance(Duration::from_secs(545));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_later(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("withdrawn"), GAP);
    world.advance(GAP);
    assert_unknown(&world.judge(&world.token(&OTHER_RSA)).await.expect_err("withdrawn"));
}
