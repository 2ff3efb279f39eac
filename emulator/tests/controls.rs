//! Failures, scripts, latency and life.

mod common;

use std::{net::TcpListener, time::Duration};

use common::*;
use serde_json::json;
use vipps_emulator::{Emulator, Endpoint, ErrorShape, Failure, Options, ScriptedReply, Verdict};

fn good(vipps: &Emulator) -> reqwest::RequestBuilder {
    token_request(vipps, &vipps.partner_keys())
}

/// Waits, without a clock, for another thread to have done something.
async fn until(done: impl Fn() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn it_can_be_shared_and_shows_no_secret() {
    fn shareable<T: Send + Sync>(_: &T) {}
    let vipps = start();
    shareable(&vipps);
    let shown = format!("{vipps:?} {:?} {:?}", vipps.partner_keys(), vipps.specialized_keys());
    for secret in [vipps.partner_keys().client_secret, vipps.specialized_keys().client_secret] {
        assert!(!shown.contains(&secret), "{shown}");
    }
}

#[tokio::test]
async fn it_listens_on_loopback_until_it_is_stopped() {
    let vipps = start();
    assert!(vipps.base_url().starts_with("http://127.0.0.1:"));
    assert_eq!(send(good(&vipps)).await.status, 200);
    vipps.stop();
    assert!(good(&vipps).send().await.expect_err("nobody").is_connect());
    assert_eq!(vipps.requests().len(), 1, "the log can still be read");
    vipps.stop();
}

#[tokio::test]
async fn dropping_it_frees_the_port() {
    let vipps = start();
    assert_eq!(send(good(&vipps)).await.status, 200);
    let port: u16 = vipps.base_url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    drop(vipps);
    let again = Emulator::start(Options { port, ..Options::default() }).expect("the same port");
    assert_eq!(again.base_url(), format!("http://127.0.0.1:{port}"));
    assert!(Emulator::start(Options { port, ..Options::default() }).is_err(), "taken");
}

#[test]
fn a_taken_port_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error = Emulator::start(Options { port, ..Options::default() }).expect_err("taken");
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn failures_come_as_often_as_told_and_carry_their_shape() {
    let vipps = start();
    let busy = Failure::status(429, ErrorShape::Apim).with_retry_after("12");
    vipps.fail_next(Endpoint::StandardToken, 2, busy);
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::bad_gateway());
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::empty_500());
    for _ in 0..2 {
        let reply = send(good(&vipps)).await;
        assert_eq!((reply.apim().0, reply.header("retry-after")), (429, Some("12")));
        assert_eq!(about(&last(&vipps), Verdict::Staged), ["reply"]);
    }
    let page = send(good(&vipps)).await;
    assert_eq!((page.status, page.header("content-type")), (502, Some("text/html")));
    assert!(page.text.starts_with("<html>"), "{}", page.text);
    let empty = send(good(&vipps)).await;
    assert_eq!((empty.status, empty.text.as_str(), empty.header("content-type")), (500, "", None));
    assert_eq!(send(good(&vipps)).await.status, 200);
}

#[tokio::test]
async fn every_error_shape_arrives_as_it_should() {
    let vipps = start();
    let fail = async |shape| {
        vipps.fail_next(Endpoint::StandardToken, 1, Failure::status(503, shape).with_error("custom"));
        send(good(&vipps)).await
    };
    let aad = fail(ErrorShape::Aad).await.json();
    assert_eq!((&aad["error"], aad["error_codes"].is_array()), (&json!("custom"), true));
    assert_eq!(fail(ErrorShape::OAuth).await.oauth(), (503, "custom".to_owned()));
    assert_eq!(fail(ErrorShape::Apim).await.apim().0, 503);
    assert_eq!(fail(ErrorShape::GatewayLegacy).await.json()["responseInfo"]["responseCode"], 503);
    let problem = fail(ErrorShape::Problem).await;
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert_eq!((&problem.json()["status"], &problem.json()["title"]), (&json!("503"), &json!("Service Unavailable")));
    assert_eq!(fail(ErrorShape::EcomList).await.json()[0]["errorGroup"], "VippsError");
    assert!(fail(ErrorShape::Strings).await.json()[0].is_string());
    assert_eq!(fail(ErrorShape::Text).await.header("content-type"), Some("text/plain"));
    assert_eq!(fail(ErrorShape::Html).await.header("content-type"), Some("text/html"));
    assert_eq!(fail(ErrorShape::Empty).await.text, "");
}

#[tokio::test]
async fn failures_of_one_endpoint_leave_the_others_alone() {
    let vipps = start();
    vipps.fail_next(Endpoint::Jwks, 1, Failure::empty_500());
    assert_eq!(send(good(&vipps)).await.status, 200);
    assert_eq!(send(get(&vipps, JWKS)).await.status, 500);
    vipps.fail_next(Endpoint::Jwks, 5, Failure::empty_500());
    vipps.clear_failures();
    assert_eq!(send(get(&vipps, JWKS)).await.status, 200);
}

#[tokio::test]
async fn a_connection_can_be_dropped_before_or_after_the_work() {
    let vipps = start();
    let keys = vipps.partner_keys();
    for failure in [Failure::DropBeforeReading, Failure::DropAfterReading] {
        vipps.fail_next(Endpoint::StandardToken, 1, failure.clone());
        let error = client().post(format!("{}{TOKEN}", vipps.base_url())).body("x".repeat(1000));
        let error = error.header("client_id", &keys.client_id).header(KEY, &keys.subscription_key);
        let error = error.header("client_secret", &keys.client_secret).send().await.expect_err("no reply");
        assert!(!error.is_connect() && !error.is_status(), "{error:?}");
        let record = last(&vipps);
        let served = failure == Failure::DropAfterReading;
        assert_eq!(record.status, None);
        assert_eq!((record.body.len() == 1000, about(&record, Verdict::Right).is_empty()), (served, !served));
    }
    assert_eq!(vipps.count(TOKEN), 2);
}

#[tokio::test]
async fn a_hanging_request_is_served_once_it_is_released() {
    let vipps = start();
    vipps.fail_next(Endpoint::StandardToken, 2, Failure::Hang);
    let hanging = [tokio::spawn(send(good(&vipps))), tokio::spawn(send(good(&vipps)))];
    until(|| vipps.count(TOKEN) == 2).await;
    assert!(vipps.requests().iter().all(|record| record.status.is_none()));
    assert_eq!(send(good(&vipps)).await.status, 200, "others are served meanwhile");
    vipps.release_hung();
    for reply in hanging {
        assert_eq!(reply.await.expect("a reply").status, 200);
    }
}

#[tokio::test]
async fn stopping_ends_a_hanging_request() {
    let vipps = start();
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
    let hanging = tokio::spawn(good(&vipps).send());
    until(|| vipps.count(TOKEN) == 1).await;
    vipps.stop();
    assert!(hanging.await.expect("an end").is_err());
}

#[tokio::test]
async fn latency_and_delay_pass_real_time() {
    let vipps = start();
    let wait = Duration::from_millis(30);
    vipps.set_latency(Endpoint::StandardToken, wait);
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Delay(wait));
    for least in [wait * 2, wait] {
        let begin = std::time::Instant::now();
        assert_eq!(send(good(&vipps)).await.status, 200);
        assert!(begin.elapsed() >= least);
    }
    vipps.set_latency(Endpoint::StandardToken, Duration::ZERO);
    assert_eq!(send(good(&vipps)).await.status, 200);
}

#[tokio::test]
async fn a_script_is_played_word_for_word() {
    let vipps = start();
    let body = r#"{"access_token":"x","expires_in":"soon"}"#;
    let script = vec![
        ScriptedReply::new(200, [("content-type", "application/json"), ("x-request-id", "r-1")], body).expect("good"),
        ScriptedReply::new(302, [("Location", "https://elsewhere.example/")], "").expect("good"),
    ];
    vipps.script(TOKEN, script);
    let first = send(post(&vipps, TOKEN)).await;
    assert_eq!((first.status, first.text.as_str(), first.header("x-request-id")), (200, body, Some("r-1")));
    assert_eq!(about(&last(&vipps), Verdict::Staged), ["reply"]);
    let second = send(post(&vipps, TOKEN)).await;
    assert_eq!((second.status, second.header("location")), (302, Some("https://elsewhere.example/")));
    assert_eq!(second.header("content-type"), None);
    assert_eq!(send(post(&vipps, TOKEN)).await.status, 401, "the script is over");
    vipps.script("/no/such/path", vec![ScriptedReply::new(418, [], "tea").expect("good")]);
    assert_eq!(send(get(&vipps, "/no/such/path?with=query")).await.text, "tea");
}

#[tokio::test]
async fn time_stands_or_runs_ahead() {
    let vipps = start();
    let before = vipps.now_unix();
    vipps.advance(Duration::from_secs(1_000_000));
    assert!(vipps.now_unix() >= before + 1_000_000);
    vipps.set_time(1_767_225_600);
    vipps.advance(Duration::from_secs(30));
    assert_eq!(vipps.now_unix(), 1_767_225_630);
    send(good(&vipps)).await;
    assert_eq!(last(&vipps).at, 1_767_225_630);
}

#[tokio::test]
async fn endpoints_have_names_for_other_languages() {
    for (name, endpoint) in [
        ("standard_token", Endpoint::StandardToken),
        ("specialized_token", Endpoint::SpecializedToken),
        ("discovery", Endpoint::Discovery),
        ("jwks", Endpoint::Jwks),
        ("authorize", Endpoint::Authorize),
        ("login_token", Endpoint::LoginToken),
        ("userinfo", Endpoint::Userinfo),
        ("backchannel", Endpoint::Backchannel),
        ("user_exists", Endpoint::UserExists),
        ("payments", Endpoint::Payments),
        ("sales_units", Endpoint::SalesUnits),
        ("ledgers", Endpoint::Ledgers),
    ] {
        assert_eq!(name.parse::<Endpoint>().expect("an endpoint"), endpoint);
    }
    assert!("nothing".parse::<Endpoint>().is_err());
}
