//! An issuer that is down, and one that changes its keys while everybody is at work.

mod keyring;

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use keyring::{JWKS_URL, NOW, OTHER_RSA, RSA, Reply, Signer, Token, UNPUBLISHED_RSA, World, expect, jwks, settle};
use tokio::task::JoinHandle;
use vipps_partner_auth::{Config, ErrorKind, Event, IdTokenVerifier};

const GAP: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(1);

/// A token that is good from the beginning of a test to its end.
fn lasting(signer: &Signer) -> String {
    Token::of(signer).with("exp", NOW + 80_000).signed_by(signer)
}

/// Two checks a second, one good and one forged, and what is told about both.
async fn work(world: &World, seconds: u64) {
    let good = lasting(&RSA);
    let forged = Token::of(&RSA).with("exp", NOW + 80_000).signed_by(&UNPUBLISHED_RSA);
    for _ in 0..seconds {
        world.judge(&good).await.expect("a valid token");
        let error = world.judge(&forged).await.expect_err("a forged token");
        assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some("signature")));
        settle().await;
        world.advance(SECOND);
    }
}

#[tokio::test]
async fn an_outage_of_an_hour_is_not_noticed_by_those_who_log_in() {
    for outage in [Reply::broken(), Reply::status(503, "down"), Reply::ok("<html>maintenance</html>")] {
        let world = World::warm(&[&RSA]).await;
        world.issuer.answer_jwks(outage.clone());
        world.issuer.answer_discovery(outage);
        work(&world, 3600).await;

        let loads: Vec<_> = world.issuer.asked().into_iter().filter(|asked| asked.url == JWKS_URL).collect();
        assert!((12..=20).contains(&loads.len()), "{} loads: seldom and seldom, up to every five minutes", loads.len());
        assert!(loads.windows(2).all(|pair| pair[1].at >= pair[0].at + GAP), "at most one load in 30 seconds");

        let events = world.events();
        let failed = events.iter().filter(|event| matches!(event, Event::KeysRefreshFailed { .. })).count();
        assert_eq!(failed, loads.len());
        let stale: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::StaleKeysUsed { past_age } => Some(*past_age),
                _ => None,
            })
            .collect();
        assert!(stale.len() >= 10 && stale.len() <= failed, "{} times, once for each failed load", stale.len());
        assert!(stale.windows(2).all(|pair| pair[0] < pair[1]), "and it grows");
        assert!(stale.last().is_some_and(|past_age| (2600..=3000).contains(&past_age.as_secs())), "{stale:?}");

        world.issuer.come_back(&jwks(&[&RSA, &OTHER_RSA]));
        world.events();
        work(&world, 301).await;
        // The last load may have failed in the very second before.
        let told: Vec<_> =
            world.events().into_iter().filter(|event| !matches!(event, Event::StaleKeysUsed { .. })).collect();
        assert_eq!(told, [Event::KeysRefreshed { keys: 2 }]);
        world.judge(&world.token(&OTHER_RSA)).await.expect("a key of the time after");
    }
}

#[tokio::test]
async fn before_the_age_has_passed_nobody_speaks_of_stale_keys() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.go_down();
    world.advance(Duration::from_secs(545));
    work(&world, 50).await;
    let events = world.events();
    assert!(events.iter().all(|event| matches!(event, Event::KeysRefreshFailed { .. })), "{events:?}");
    work(&world, 40).await;
    assert!(world.events().iter().any(|event| matches!(event, Event::StaleKeysUsed { .. })));
}

#[tokio::test]
async fn a_fetch_that_hangs_holds_up_nobody() {
    // The limit of a sender that forgets its own is in real time, of which a slow machine takes more.
    let far = Duration::from_secs(60 * 60);
    let patient = |config: Config| config.request_timeout(far).deadline(far);
    let world = World::warm_with(&jwks(&[&RSA]), &RSA, patient).await;
    world.issuer.hold();
    world.advance(Duration::from_secs(545));
    work(&world, 3600).await;
    assert_eq!(world.issuer.key_fetches(), 1, "one fetch in flight");
    world.issuer.let_through(1);
    settle().await;
    assert_eq!(world.events(), [Event::KeysRefreshed { keys: 1 }]);
}

#[tokio::test]
async fn the_end_of_all_patience_is_an_outage_and_not_a_forgery() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.go_down();
    world.advance(Duration::from_secs(600 + 4 * 3600 - 60));
    work(&world, 60).await;
    for jwt in [world.token(&RSA), world.fresh(&RSA).signed_by(&UNPUBLISHED_RSA), world.token(&OTHER_RSA)] {
        let error = world.judge(&jwt).await.expect_err("no keys");
        assert_eq!((error.kind(), error.claim()), (ErrorKind::Unavailable, None));
    }
    let malformed = world.judge("no token").await.expect_err("no token");
    assert_eq!(malformed.kind(), ErrorKind::InvalidIdToken);
    world.issuer.come_back(&jwks(&[&RSA]));
    world.advance(GAP);
    work(&world, 1).await;
}

static ROUND: [&LazyLock<Signer>; 3] = [&RSA, &OTHER_RSA, &UNPUBLISHED_RSA];

/// Which key signs in this second and which is the next, when the issuer changes keys every ten minutes.
fn turn(second: usize) -> (usize, usize) {
    let at = second / 600;
    (at % 3, (at + 1) % 3)
}

#[tokio::test]
async fn keys_that_are_published_ahead_of_use_are_never_missed() {
    let world = World::with(&jwks(&[&RSA, &OTHER_RSA]), |config| config);
    let tokens = ROUND.map(|signer| lasting(signer));
    for second in 0..7200 {
        let (now, next) = turn(second);
        // The key before is withdrawn as soon as the next is announced: nobody signs with it any more.
        let reply = Reply::ok(jwks(&[ROUND[now], ROUND[next]])).header("cache-control", "max-age=300");
        world.issuer.answer_jwks(reply);
        world.judge(&tokens[now]).await.expect("a valid token");
        settle().await;
        world.advance(SECOND);
    }
    assert!(world.issuer.key_fetches() < 7200 / 200, "{} fetches", world.issuer.key_fetches());
}

#[tokio::test]
async fn a_key_that_is_used_the_moment_it_is_published_is_never_called_forged() {
    let world = World::with(&jwks(&[&RSA]), |config| config);
    let tokens = ROUND.map(|signer| lasting(signer));
    let mut later = 0;
    for second in 0..7200 {
        let (now, _) = turn(second);
        world.issuer.publish(&jwks(&[ROUND[now]]));
        if let Err(error) = world.judge(&tokens[now]).await {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.retry_after().is_some_and(|wait| wait <= GAP));
            later += 1;
        }
        settle().await;
        world.advance(SECOND);
    }
    assert!(later <= 11 * 30, "{later} seconds of waiting in eleven changes");
}

/// One of many callers who check the token that is in use, on threads of their own.
struct Caller {
    verifier: IdTokenVerifier,
    tokens: Arc<[String; 3]>,
    in_use: Arc<AtomicUsize>,
    done: Arc<AtomicBool>,
    /// Which token it has checked last.
    seen: Arc<AtomicUsize>,
}

impl Caller {
    async fn work(self) -> usize {
        let mut checks = 0;
        while !self.done.load(SeqCst) {
            let at = self.in_use.load(SeqCst);
            self.verifier.verify(&self.tokens[at], &expect()).await.expect("a valid token");
            self.seen.store(at, SeqCst);
            checks += 1;
            tokio::task::yield_now().await;
        }
        checks
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rotation_under_load_rejects_no_valid_token() {
    let world = World::with(&jwks(&[&RSA, &OTHER_RSA]), |config| config);
    let tokens = Arc::new(ROUND.map(|signer| lasting(signer)));
    let (in_use, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let seen: Vec<Arc<AtomicUsize>> = std::iter::repeat_with(Arc::default).take(8).collect();
    let callers: Vec<_> = seen
        .iter()
        .map(|seen| Caller {
            verifier: world.verifier.clone(),
            tokens: tokens.clone(),
            in_use: in_use.clone(),
            done: done.clone(),
            seen: seen.clone(),
        })
        .map(|caller| tokio::spawn(caller.work()))
        .collect();
    for change in 1..=30 {
        // Announced, found by a renewal behind the callers, then used by all, and only then the last one is withdrawn.
        world.issuer.publish(&jwks(&[ROUND[(change - 1) % 3], ROUND[change % 3]]));
        world.advance(Duration::from_secs(545));
        while world.judge_cached(&tokens[change % 3]).is_none_or(|outcome| outcome.is_err()) {
            tokio::task::yield_now().await;
        }
        in_use.store(change % 3, SeqCst);
        while seen.iter().any(|seen| seen.load(SeqCst) != change % 3) && !callers.iter().any(JoinHandle::is_finished) {
            tokio::task::yield_now().await;
        }
    }
    done.store(true, SeqCst);
    for caller in callers {
        assert!(caller.await.expect("every token was accepted") >= 30);
    }
    assert!(world.issuer.key_fetches() <= 31, "{} fetches for 30 renewals", world.issuer.key_fetches());
}

#[tokio::test]
async fn a_set_without_a_usable_key_says_what_is_wrong_with_each() {
    let mut padded = RSA.jwk();
    padded["n"] = format!("{}==", padded["n"].as_str().expect("text")).into();
    let world = World::with(&keyring::jwks_of(&[padded]), |config| config);
    let error = world.judge(&world.token(&RSA)).await.expect_err("no key");
    assert_eq!(
        (error.kind(), error.detail()),
        (
            ErrorKind::Unavailable,
            &*format!("the key set holds no usable key: key `{}`: the modulus has padding", RSA.kid)
        )
    );
    let skipped =
        Event::KeySkipped { key: RSA.kid.to_owned(), reason: "the modulus has padding", other_purpose: false };
    assert_eq!(skipped.details(), [("key", RSA.kid.to_owned()), ("reason", "the modulus has padding".to_owned())]);
    assert!(world.events().contains(&skipped));
}
