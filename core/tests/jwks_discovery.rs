//! How the keys are found: discovery first, then the set it names, and nothing that either says is taken on trust.

mod keyring;

use std::time::Duration;

use keyring::{
    DISCOVERY_URL, ISSUER, JWKS_URL, OTHER_RSA, RSA, Reply, Token, UNPUBLISHED_RSA, World, expect, jwks, jwks_of,
    settle,
};
use serde_json::json;
use vipps_partner_auth::{Environment, ErrorKind, Event};

const HALF_MINUTE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn discovery_comes_first_and_both_are_asked_once() {
    let world = World::new(&[&RSA]);
    for _ in 0..3 {
        world.judge(&world.token(&RSA)).await.expect("a good token");
    }
    let urls: Vec<_> = world.issuer.asked().into_iter().map(|asked| asked.url).collect();
    assert_eq!(urls, [DISCOVERY_URL, JWKS_URL]);
    assert_eq!(world.events(), [Event::KeysRefreshed { keys: 1 }]);
}

#[tokio::test]
async fn each_environment_has_its_own_issuer() {
    for (environment, issuer) in [
        (Environment::Test, "https://apitest.vipps.no/access-management-1.0/access/"),
        (
            Environment::custom("http://127.0.0.1:8585").expect("loopback"),
            "http://127.0.0.1:8585/access-management-1.0/access/",
        ),
        (
            Environment::custom("https://gw.example/vipps/").expect("https"),
            "https://gw.example/vipps/access-management-1.0/access/",
        ),
    ] {
        let world = World::with(&jwks(&[&RSA]), |config| config.environment(environment));
        let uri = format!("{issuer}.well-known/jwks.json");
        world.issuer.answer_discovery(Reply::discovery(issuer, &uri));
        world.judge(&Token::of(&RSA).with("iss", issuer).signed_by(&RSA)).await.expect("a good token");
        assert_eq!(world.judge(&Token::of(&RSA).signed_by(&RSA)).await.expect_err("production's").claim(), Some("iss"));
        let urls: Vec<_> = world.issuer.asked().into_iter().map(|asked| asked.url).collect();
        assert_eq!(urls, [format!("{issuer}.well-known/openid-configuration"), uri]);
    }
}

#[tokio::test]
async fn the_set_lives_at_the_own_origin_or_one_that_was_listed() {
    const ELSEWHERE: &str = "https://keys.example/set?v=1";
    let world = World::with(&jwks(&[&RSA]), |config| config.trusted_origin("https://keys.example"));
    world.issuer.answer_discovery(Reply::discovery(ISSUER, ELSEWHERE));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    assert_eq!(world.issuer.asked_for(ELSEWHERE), 1);
    for refused in [
        ELSEWHERE,
        "http://127.0.0.1:6379/x",
        "http://localhost/jwks.json",
        "http://[::1]:8585/jwks.json",
        "https://apitest.vipps.no/jwks.json",
        "https://api.vipps.no:8443/jwks.json",
        "https://api.vipps.no@keys.example/jwks.json",
        "http://api.vipps.no/jwks.json",
        "http://keys.example/",
        "ftp://keys.example/",
        "file:///etc/keys",
        "/jwks.json",
        "",
        "data:,x",
    ] {
        let world = World::new(&[&RSA]);
        world.issuer.answer_discovery(Reply::discovery(ISSUER, refused));
        let error = world.judge(&world.token(&RSA)).await.expect_err(refused);
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{refused}");
        assert!(world.issuer.asked().iter().all(|asked| asked.url == DISCOVERY_URL), "{refused}");
    }
}

#[tokio::test]
async fn a_document_of_another_issuer_is_no_document() {
    let bare = ISSUER.trim_end_matches('/');
    for issuer in [
        bare,
        "https://apitest.vipps.no/access-management-1.0/access/",
        "https://evil.example/",
        "",
        &ISSUER.to_uppercase(),
    ] {
        let world = World::new(&[&RSA]);
        world.issuer.answer_discovery(Reply::discovery(issuer, JWKS_URL));
        let error = world.judge(&world.token(&RSA)).await.expect_err(issuer);
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{issuer}");
        assert_eq!(world.issuer.key_fetches(), 0, "{issuer}");
    }
}

fn useless_documents() -> Vec<Reply> {
    let good = json!({"issuer": ISSUER, "jwks_uri": JWKS_URL}).to_string();
    vec![
        Reply::ok(""),
        Reply::ok("<html>login</html>"),
        Reply::ok("null"),
        Reply::ok("[]"),
        Reply::ok(json!({"issuer": ISSUER}).to_string()),
        Reply::ok(json!({"jwks_uri": JWKS_URL}).to_string()),
        Reply::ok(json!({"issuer": [ISSUER], "jwks_uri": JWKS_URL}).to_string()),
        Reply::ok(json!({"issuer": ISSUER, "jwks_uri": null}).to_string()),
        Reply::ok(vec![0xff, 0xfe]),
        Reply::status(204, good.clone()),
        Reply::status(302, good.clone()).header("location", DISCOVERY_URL),
        Reply::status(404, good.clone()),
        Reply::status(401, good.clone()),
        Reply::status(500, good),
        Reply::broken(),
    ]
}

fn useless_sets() -> Vec<Reply> {
    let good = jwks(&[&RSA]);
    let filler = json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"});
    let many: Vec<_> = std::iter::repeat_n(filler, 64).chain([RSA.jwk()]).collect();
    vec![
        Reply::ok(""),
        Reply::ok("<html>maintenance</html>"),
        Reply::ok("null"),
        Reply::ok("{}"),
        Reply::ok(jwks_of(&[])),
        Reply::ok(good.replace("keys", "values")),
        Reply::ok(good[..good.len() - 1].to_owned()),
        Reply::ok(format!("{good}{}", " ".repeat(256 * 1024))),
        Reply::ok(jwks_of(&many)),
        Reply::ok(jwks_of(&[RSA.jwk_with(&json!({"use": "enc"}))])),
        Reply::ok(jwks_of(&[RSA.jwk_with(&json!({"d": "AQAB"}))])),
        Reply::ok(jwks_of(&[RSA.jwk_with(&json!({"e": "AQ"}))])),
        Reply::status(204, good.clone()),
        Reply::status(302, good.clone()).header("location", JWKS_URL),
        Reply::status(404, good.clone()),
        Reply::status(503, good),
        Reply::broken(),
    ]
}

#[tokio::test]
async fn without_keys_a_good_token_is_told_to_come_again() {
    let documents = useless_documents().into_iter().map(|reply| (Some(reply), None));
    let sets = useless_sets().into_iter().map(|reply| (None, Some(reply)));
    for (document, set) in documents.chain(sets) {
        let world = World::new(&[&RSA]);
        let case = format!("{document:?} {set:?}").chars().take(120).collect::<String>();
        if let Some(reply) = document {
            world.issuer.answer_discovery(reply);
        }
        if let Some(reply) = set {
            world.issuer.answer_jwks(reply);
        }
        let token = world.token(&RSA);
        let error = world.judge(&token).await.expect_err(&case);
        assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true), "{case}");
        assert!(world.judge_cached(&token).is_none(), "{case}");
        let failures = world.events().into_iter().filter(|event| matches!(event, Event::KeysRefreshFailed { .. }));
        assert_eq!(failures.count(), 1, "{case}");
        // And once it is good again, so are the tokens.
        world.issuer.come_back(&jwks(&[&RSA]));
        world.advance(Duration::from_secs(300));
        world.judge(&world.token(&RSA)).await.expect(&case);
    }
}

#[tokio::test]
async fn a_useless_set_does_not_replace_a_good_one() {
    for set in useless_sets() {
        let case = format!("{set:?}").chars().take(120).collect::<String>();
        let world = World::warm(&[&RSA]).await;
        world.issuer.answer_jwks(set);
        world.advance(Duration::from_secs(595));
        assert!(world.judge(&world.token(&RSA)).await.is_ok(), "{case}");
        settle().await;
        assert_eq!(world.issuer.key_fetches(), 1, "the renewal was tried: {case}");
        assert!(world.events().iter().any(|event| matches!(event, Event::KeysRefreshFailed { .. })), "{case}");
        world.advance(Duration::from_secs(3600));
        assert!(world.judge(&world.token(&RSA)).await.is_ok(), "{case}");
        let forged = world.fresh(&RSA).signed_by(&UNPUBLISHED_RSA);
        assert_eq!(world.judge(&forged).await.expect_err(&case).claim(), Some("signature"), "{case}");
    }
}

#[tokio::test]
async fn each_cold_failure_begins_a_longer_pause() {
    let world = World::new(&[&RSA]);
    world.issuer.go_down();
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let before = world.issuer.asked().len();
        let error = world.judge(&world.token(&RSA)).await.expect_err("an outage");
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Unavailable, Some(Duration::from_secs(pause))));
        let tries = world.issuer.asked().len();
        assert_eq!(tries, before + 3, "one try and two more while somebody waits");
        for waited in 0..pause {
            let error = world.judge(&world.token(&RSA)).await.expect_err("an outage");
            assert_eq!(error.retry_after(), Some(Duration::from_secs(pause - waited)));
            world.advance(Duration::from_secs(1));
        }
        assert_eq!(world.issuer.asked().len(), tries, "nobody asked");
    }
    world.issuer.come_back(&jwks(&[&RSA]));
    world.judge(&world.token(&RSA)).await.expect("a good token");
}

#[tokio::test]
async fn a_longer_retry_after_is_waited_for() {
    let world = World::new(&[&RSA]);
    world.issuer.answer_jwks(Reply::status(503, "").header("retry-after", "120"));
    world.judge(&world.token(&RSA)).await.expect_err("an outage");
    assert_eq!(world.issuer.key_fetches(), 1, "two minutes are more than anybody waits");
    world.advance(Duration::from_secs(119));
    world.judge(&world.token(&RSA)).await.expect_err("an outage");
    assert_eq!(world.issuer.key_fetches(), 1);
    world.issuer.come_back(&jwks(&[&RSA]));
    world.advance(Duration::from_secs(1));
    world.judge(&world.token(&RSA)).await.expect("a good token");
}

#[tokio::test]
async fn a_reload_that_was_told_to_wait_says_how_long_is_left() {
    let world = World::warm(&[&RSA]).await;
    world.advance(Duration::from_secs(30));
    world.issuer.answer_jwks(Reply::status(503, "").header("retry-after", "120"));
    world.judge(&world.token(&OTHER_RSA)).await.expect_err("an outage");
    world.advance(Duration::from_secs(60));
    let error = world.judge(&world.token(&OTHER_RSA)).await.expect_err("held off still");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let left = error.retry_after().expect("a wait");
    assert!((Duration::from_secs(59)..=Duration::from_secs(60)).contains(&left), "{left:?}");
    assert_eq!(world.issuer.key_fetches(), 1);
}

#[tokio::test]
async fn a_cold_load_survives_two_hiccups() {
    let world = World::new(&[&RSA]);
    world.issuer.hold();
    world.issuer.go_down();
    let token = world.token(&RSA);
    let patient = tokio::spawn({
        let verifier = world.verifier.clone();
        async move { verifier.verify(&token, &expect()).await }
    });
    for _ in 0..2 {
        settle().await;
        world.issuer.let_through(1);
    }
    settle().await;
    world.issuer.come_back(&jwks(&[&RSA]));
    world.issuer.let_through(2);
    patient.await.expect("no panic").expect("a good token");
    assert_eq!((world.issuer.asked().len(), world.issuer.key_fetches()), (4, 1));
}

#[tokio::test]
async fn a_token_that_is_wrong_in_itself_fetches_nothing() {
    let world = World::new(&[&RSA]);
    for (claim, jwt) in [
        ("form", "no token".to_owned()),
        ("form", format!("{}=", world.token(&RSA))),
        ("form", world.fresh(&RSA).header_again("\"alg\"", "\"RS256\"").signed_by(&RSA)),
        ("alg", world.fresh(&RSA).header("alg", "none").signed_by(&RSA)),
        ("typ", world.fresh(&RSA).header("typ", "at+jwt").signed_by(&RSA)),
        ("crit", world.fresh(&RSA).header("crit", json!(["x"])).signed_by(&RSA)),
        ("kid", world.fresh(&RSA).header("kid", 1).signed_by(&RSA)),
    ] {
        let error = world.judge(&jwt).await.expect_err(claim);
        assert_eq!((error.kind(), error.claim()), (ErrorKind::InvalidIdToken, Some(claim)));
    }
    assert_eq!(world.issuer.asked(), []);
}

#[tokio::test]
async fn requests_keep_to_the_limits_that_were_set() {
    let world = World::with(&jwks(&[&RSA]), |config| {
        config.request_timeout(Duration::from_secs(7)).deadline(Duration::from_secs(9))
    });
    world.issuer.answers_take(Duration::from_secs(4));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    let limits: Vec<_> = world.issuer.asked().iter().map(|asked| asked.limit.as_secs()).collect();
    assert_eq!(limits, [7, 5], "no longer than one request, and no longer than the whole may last");
}

#[tokio::test]
async fn the_document_is_kept_for_its_age_and_asked_again_after_a_failure() {
    let world = World::warm_with(&jwks(&[&RSA]), &RSA, |config| config).await;
    world.advance(Duration::from_secs(595));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!((world.issuer.asked_for(DISCOVERY_URL), world.issuer.key_fetches()), (0, 1));

    // The set moves: the old address fails, the document names the new one.
    world.issuer.answer_discovery(Reply::discovery(ISSUER, "https://api.vipps.no/moved.json"));
    world.issuer.answer_jwks(Reply::status(404, ""));
    world.advance(Duration::from_secs(595));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.advance(HALF_MINUTE);
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    assert_eq!(world.issuer.asked_for("https://api.vipps.no/moved.json"), 1);
    world.judge(&world.token(&OTHER_RSA)).await.expect("a token of the moved set");
}

#[tokio::test]
async fn a_broken_document_does_not_take_away_the_known_address() {
    let world = World::warm(&[&RSA]).await;
    world.issuer.go_down();
    world.advance(Duration::from_secs(595));
    world.judge(&world.token(&RSA)).await.expect("a good token");
    settle().await;
    // Only the document stays broken.
    world.issuer.publish(&jwks(&[&RSA, &OTHER_RSA]));
    world.advance(HALF_MINUTE);
    world.judge(&world.token(&OTHER_RSA)).await.expect("a key of the renewed set");
    assert_eq!(world.issuer.asked_for(DISCOVERY_URL), 1);
}

#[tokio::test]
async fn keys_that_do_not_come_cast_doubt_on_discovery_once_it_is_a_minute_old() {
    for (age, doubts) in [(59, 0), (61, 1)] {
        let world = World::new(&[&RSA]);
        world.issuer.answers_take(Duration::ZERO);
        world.issuer.answer_jwks(Reply::status(503, ""));
        world.judge(&world.token(&RSA)).await.expect_err("no keys");
        settle().await;
        let asked = world.issuer.asked_for(DISCOVERY_URL);
        world.advance(Duration::from_secs(age));
        world.judge(&world.token(&RSA)).await.expect_err("no keys still");
        settle().await;
        assert_eq!(world.issuer.asked_for(DISCOVERY_URL) - asked, doubts, "{age} s");
    }
}
