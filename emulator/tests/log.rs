//! The log of requests.

mod common;

use common::*;
use vipps_emulator::Verdict;

#[tokio::test]
async fn every_request_is_kept_whole_and_in_order() {
    let vipps = start();
    let keys = vipps.partner_keys();
    send(token_request(&vipps, &keys)).await;
    send(get(&vipps, "/nowhere?a=b")).await;
    let [first, second] = &vipps.requests()[..] else { panic!("two requests") };
    assert_eq!((first.id, first.method.as_str(), first.path.as_str()), (1, "POST", TOKEN));
    assert_eq!(first.header("CLIENT_SECRET"), Some(keys.client_secret.as_str()));
    assert_eq!((first.status, second.status), (Some(200), Some(404)));
    assert_eq!((second.id, second.query.as_deref()), (2, Some("a=b")));
    assert_eq!((vipps.count(TOKEN), vipps.count("/nowhere"), vipps.count("/")), (1, 1, 0));
}

#[tokio::test]
async fn bodies_are_kept() {
    let vipps = start();
    send(miami_request(&vipps, "grant_type=client_credentials")).await;
    assert_eq!(last(&vipps).body, b"grant_type=client_credentials");
}

#[tokio::test]
async fn clearing_forgets_requests_and_counts_but_goes_on_numbering() {
    let vipps = start();
    send(get(&vipps, "/nowhere")).await;
    vipps.clear_requests();
    assert!(vipps.requests().is_empty());
    assert_eq!(vipps.count("/nowhere"), 0);
    send(get(&vipps, "/nowhere")).await;
    assert_eq!((last(&vipps).id, vipps.count("/nowhere")), (2, 1));
}

#[tokio::test]
async fn no_secret_is_in_a_finding_or_in_debug() {
    let vipps = start();
    let (keys, special) = (vipps.partner_keys(), vipps.specialized_keys());
    let token = partner_token(&vipps).await;
    let wrong_secret = "wrong-secret-0001";
    send(post(&vipps, TOKEN).header(KEY, &keys.subscription_key).header("client_id", &keys.client_id)).await;
    send(token_request(&vipps, &keys).header("client_secret", wrong_secret)).await;
    send(miami_request(&vipps, &format!("grant_type={wrong_secret}"))).await;
    send(get(&vipps, PAYMENTS).bearer_auth(&token).header(KEY, &keys.subscription_key)).await;
    send(get(&vipps, &format!("{PAYMENTS}?access_token={token}"))).await;
    let requests = vipps.requests();
    assert_eq!(requests.len(), 6);
    let shown = format!("{requests:?}");
    let secrets =
        [&keys.client_secret, &keys.subscription_key, &special.client_secret, &token, &wrong_secret.to_owned()];
    for secret in secrets {
        assert!(!shown.contains(secret.as_str()), "{shown}");
    }
    assert!(requests.iter().all(|record| !record.findings.is_empty()));
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_said_so() {
    let vipps = start();
    let reply = send(post(&vipps, MIAMI).body("x".repeat(1024 * 1024 + 1))).await;
    assert_eq!(reply.apim().0, 413);
    assert_eq!(about(&last(&vipps), Verdict::Refused), ["body"]);
    let reply = send(miami_request(&vipps, &"x".repeat(1024 * 1024))).await;
    assert_eq!(reply.status, 400);
    assert_eq!(last(&vipps).body.len(), 64 * 1024);
}
