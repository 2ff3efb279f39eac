//! Login by phone number: its two ends.

mod common;

use std::time::Duration;

use common::{login::*, *};
use jsonwebtoken::{Algorithm, decode_header};
use serde_json::json;
use vipps_emulator::{AuthReqIdName, Emulator, LoginKind, LoginStatus, User, Verdict};

async fn polled(vipps: &Emulator, caller: &Caller, id: &str) -> Reply {
    send(caller.post(vipps, LOGIN_TOKEN, &poll_form(id))).await
}

/// The error code of a poll that got no token. The log blames the caller only for what the caller did.
async fn poll_error(vipps: &Emulator, caller: &Caller, id: &str) -> String {
    let (status, error) = polled(vipps, caller, id).await.oauth();
    let callers_doing = ["slow_down", "invalid_grant", "invalid_request"].contains(&error.as_str());
    let verdict = if callers_doing { Verdict::Refused } else { Verdict::Person };
    assert_eq!((status, about(&last(vipps), verdict)), (400, vec!["auth_req_id"]));
    error
}

fn wait(vipps: &Emulator, seconds: u64) {
    vipps.advance(Duration::from_secs(seconds));
}

fn redirect_form() -> Fields {
    ask_form().with("requested_flow", "login_to_webpage").with("redirect_uri", CALLBACK)
}

fn redirect_code_form(code: &str) -> Fields {
    Fields::new(&[("grant_type", CIBA_REDIRECT), ("code", code)])
}

/// The `auth_req_id` and the code of a login in the redirect variant that Kari approved.
async fn redirected(vipps: &Emulator, caller: &Caller, fields: &Fields) -> (String, String) {
    let id = asked(vipps, caller, fields).await;
    let url = vipps.approve(&id, KARI).expect("a decision").expect("a URL");
    let back = answer(&url);
    assert_eq!(back.keys().collect::<Vec<_>>(), ["code"]);
    (id, back["code"].clone())
}

#[tokio::test]
async fn partner_and_merchant_poll_to_the_end() {
    let vipps = open();
    for caller in [Caller::partner(&vipps).await, Caller::merchant(&vipps)] {
        let id = asked(&vipps, &caller, &ask_form()).await;
        let pending = polled(&vipps, &caller, &id).await;
        assert_eq!(pending.oauth(), (400, "authorization_pending".to_owned()), "the first poll may come at once");
        assert_eq!(pending.json()["error_description"], "The authorization request is still pending");
        assert_eq!(pending.header("content-type"), Some("application/json;charset=UTF-8"));
        assert_eq!(vipps.approve(&id, KARI).expect("a decision"), None, "no browser goes anywhere");
        wait(&vipps, 5);
        let reply = polled(&vipps, &caller, &id).await;
        let body = reply.json();
        let names: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!((reply.status, names), (200, vec!["access_token", "expires_in", "id_token", "token_type"]));
        assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(300), &json!("Bearer")));
        assert!(text(&body["access_token"]).starts_with("ciba."));
        assert_eq!(vipps.logins().pop().map(|login| login.status), Some(LoginStatus::Completed));
        wait(&vipps, 5);
        assert_eq!(poll_error(&vipps, &caller, &id).await, "invalid_grant", "one exchange only");
    }
}

#[tokio::test]
async fn the_id_token_has_an_array_for_aud_and_no_at_hash() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let id = asked(&vipps, &caller, &ask_form()).await;
    vipps.approve(&id, KARI).expect("a decision");
    let body = polled(&vipps, &caller, &id).await.json();
    let jwt = text(&body["id_token"]);
    assert_eq!(decode_header(jwt).expect("a header").alg, Algorithm::RS256);
    let claims = verified(&vipps, jwt).await.expect("a good signature");
    assert_eq!((&claims["aud"], &claims["msn"]), (&json!([unit(&vipps).client_id]), &json!("123456")));
    assert_eq!((&claims["nonce"], claims.get("at_hash")), (&json!(NONCE), None));
    assert_eq!(claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(exp, iat)| exp - iat), Some(3_600));
    assert_eq!(claims["sub"], User::default().sub(&shop()));
    for name in ["auth_req_id", "authReqId", "urn:openid:params:jwt:claim:auth_req_id"] {
        assert_eq!(claims.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn its_token_opens_userinfo_for_five_minutes() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form()).await;
    vipps.approve(&id, KARI).expect("a decision");
    let body = polled(&vipps, &caller, &id).await.json();
    let token = text(&body["access_token"]);
    wait(&vipps, 299);
    assert_eq!(send(userinfo(&vipps, token)).await.json()["name"], "Kari Fixture");
    wait(&vipps, 1);
    assert_eq!(send(userinfo(&vipps, token)).await.status, 401);
}

#[tokio::test]
async fn polling_too_fast_makes_the_interval_longer_for_good() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form()).await;
    for (seconds, error) in [
        (0, "authorization_pending"),
        (4, "slow_down"),
        (9, "slow_down"),
        (15, "authorization_pending"),
        (14, "slow_down"),
        (20, "authorization_pending"),
        (20, "authorization_pending"),
    ] {
        wait(&vipps, seconds);
        assert_eq!(poll_error(&vipps, &caller, &id).await, error, "after {seconds}");
    }
}

#[tokio::test]
async fn slow_down_comes_before_success_and_after_the_other_ends() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form()).await;
    assert_eq!(poll_error(&vipps, &caller, &id).await, "authorization_pending");
    vipps.approve(&id, KARI).expect("a decision");
    assert_eq!(poll_error(&vipps, &caller, &id).await, "slow_down");
    wait(&vipps, 10);
    assert_eq!(polled(&vipps, &caller, &id).await.status, 200);

    let denied = asked(&vipps, &caller, &ask_form()).await;
    assert_eq!(poll_error(&vipps, &caller, &denied).await, "authorization_pending");
    assert_eq!(vipps.deny(&denied).expect("a decision"), None);
    assert_eq!(poll_error(&vipps, &caller, &denied).await, "access_denied");

    let expired = asked(&vipps, &caller, &ask_form().with("requested_expiry", "60")).await;
    wait(&vipps, 59);
    assert_eq!(poll_error(&vipps, &caller, &expired).await, "authorization_pending");
    wait(&vipps, 1);
    assert_eq!(poll_error(&vipps, &caller, &expired).await, "expired_token");
    assert_eq!(vipps.logins().pop().map(|login| login.status), Some(LoginStatus::Expired));
}

#[tokio::test]
async fn an_approved_login_expires_too() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form().with("requested_expiry", "60")).await;
    vipps.approve(&id, KARI).expect("a decision");
    wait(&vipps, 60);
    assert_eq!(poll_error(&vipps, &caller, &id).await, "expired_token");
}

#[tokio::test]
async fn it_can_end_in_any_error() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form()).await;
    vipps.deny_with(&id, "transaction_failed").expect("a decision");
    assert_eq!(poll_error(&vipps, &caller, &id).await, "transaction_failed");
}

#[tokio::test]
async fn ids_that_are_not_this_clients_are_invalid_grants() {
    let vipps = open();
    let other = Caller::Merchant(vipps.add_merchant(&msn("654321")));
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form()).await;
    assert_eq!(poll_error(&vipps, &caller, "unknown").await, "invalid_grant");
    assert_eq!(poll_error(&vipps, &other, &id).await, "invalid_grant");
    let redirect = asked(&vipps, &caller, &redirect_form()).await;
    assert_eq!(poll_error(&vipps, &caller, &redirect).await, "invalid_grant");
    assert!(last(&vipps).findings.iter().any(|finding| finding.text.contains("redirect variant")));
    authorize(&vipps, &auth_fields(&vipps)).await;
    assert_eq!(poll_error(&vipps, &caller, &pending(&vipps).id).await, "invalid_grant");
    let missing = send(caller.post(&vipps, LOGIN_TOKEN, &poll_form(""))).await;
    assert_eq!(missing.oauth(), (400, "invalid_request".to_owned()));
    assert_eq!(poll_error(&vipps, &caller, &id).await, "authorization_pending", "nothing was used up");
}

#[tokio::test]
async fn only_the_one_who_was_asked_can_approve() {
    let vipps = open();
    vipps.add_user(User { msisdn: "4798765432".to_owned(), ..User::default() }).expect("a user");
    let id = asked(&vipps, &Caller::merchant(&vipps), &ask_form()).await;
    let error = vipps.approve(&id, "4798765432").expect_err("another person");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    let reply = send(post(&vipps, &format!("/emulator/logins/{id}/approve"))).await;
    assert_eq!(reply.status, 200, "the form need not name the one who was asked");
    assert!(reply.text.contains("Done"), "{}", reply.text);
    assert_eq!(vipps.logins()[0].status, LoginStatus::Approved);
}

#[tokio::test]
async fn a_poll_needs_the_same_credentials() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let id = asked(&vipps, &caller, &ask_form()).await;
    let bare = || post_form(&vipps, LOGIN_TOKEN, &poll_form(&id));
    assert_eq!(send(bare()).await.oauth(), (401, "invalid_client".to_owned()));
    let Caller::Partner(token) = &caller else { panic!("a partner") };
    assert_eq!(send(bare().bearer_auth(token)).await.apim().0, 403);
    vipps.revoke_tokens();
    assert_eq!(polled(&vipps, &caller, &id).await.oauth(), (401, "invalid_client".to_owned()));
    let renewed = Caller::partner(&vipps).await;
    assert_eq!(poll_error(&vipps, &renewed, &id).await, "authorization_pending", "the request is still there");
}

#[tokio::test]
async fn the_redirect_variant_ends_with_a_code_on_the_phone() {
    let vipps = open();
    for caller in [Caller::partner(&vipps).await, Caller::merchant(&vipps)] {
        let (id, code) = redirected(&vipps, &caller, &redirect_form()).await;
        assert_eq!(vipps.logins().pop().map(|login| login.kind), Some(LoginKind::BackchannelRedirect));
        let reply = send(caller.post(&vipps, LOGIN_TOKEN, &redirect_code_form(&code))).await;
        let body = reply.json();
        let names: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!((reply.status, names), (200, vec!["access_token", "expires_in", "id_token", "token_type"]));
        assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(3599), &json!("bearer")));
        let jwt = text(&body["id_token"]);
        assert_eq!(decode_header(jwt).expect("a header").alg, Algorithm::ES256);
        let claims = verified(&vipps, jwt).await.expect("a good signature");
        assert_eq!((&claims["aud"], &claims["msn"]), (&json!(unit(&vipps).client_id), &json!("123456")));
        assert_eq!((&claims["auth_req_id"], &claims["nonce"]), (&json!(id), &json!(NONCE)));
        assert_eq!((&claims["iat"], &claims["exp"]), (&json!(1_767_225_600), &json!(1_767_226_200)));
        assert_eq!(claims.get("at_hash"), None);
        assert_eq!(send(userinfo(&vipps, text(&body["access_token"]))).await.json()["sub"], claims["sub"]);
    }
}

#[tokio::test]
async fn the_claim_of_the_request_id_has_three_names() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    for name in [AuthReqIdName::Camel, AuthReqIdName::Urn, AuthReqIdName::Snake] {
        vipps.auth_req_id_name(name);
        let (id, code) = redirected(&vipps, &caller, &redirect_form().without("nonce")).await;
        let body = send(caller.post(&vipps, LOGIN_TOKEN, &redirect_code_form(&code))).await.json();
        let claims = verified(&vipps, text(&body["id_token"])).await.expect("a good signature");
        assert_eq!((&claims[name.code()], claims.get("nonce")), (&json!(id), None));
    }
}

#[tokio::test]
async fn a_redirect_code_is_exchanged_once_by_its_own_grant_in_time() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let other = Caller::Merchant(vipps.add_merchant(&msn("654321")));
    let (_, code) = redirected(&vipps, &caller, &redirect_form()).await;
    let exchange = async |caller: &Caller, fields: Fields| send(caller.post(&vipps, LOGIN_TOKEN, &fields)).await;
    let invalid_grant = (400, "invalid_grant".to_owned());
    assert_eq!(exchange(&caller, code_form(&code)).await.oauth(), invalid_grant, "the browser's grant");
    assert_eq!(exchange(&other, redirect_code_form(&code)).await.oauth(), invalid_grant);
    assert_eq!(exchange(&caller, redirect_code_form("unknown")).await.oauth(), invalid_grant);
    assert_eq!(exchange(&caller, redirect_code_form("")).await.oauth(), (400, "invalid_request".to_owned()));
    assert_eq!(exchange(&caller, redirect_code_form(&code).with("redirect_uri", CALLBACK)).await.status, 200);
    assert!(about(&last(&vipps), Verdict::Tolerated).contains(&"redirect_uri"));
    assert_eq!(exchange(&caller, redirect_code_form(&code)).await.oauth(), invalid_grant, "once");
    let (_, late) = redirected(&vipps, &caller, &redirect_form()).await;
    wait(&vipps, 120);
    assert_eq!(exchange(&caller, redirect_code_form(&late)).await.oauth(), invalid_grant);
    let browser = login::code(&vipps, &auth_fields(&vipps)).await;
    assert_eq!(exchange(&caller, redirect_code_form(&browser)).await.oauth(), invalid_grant);
}

#[tokio::test]
async fn denied_or_expired_on_the_phone_nothing_goes_to_the_page() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &redirect_form()).await;
    let reply = send(post(&vipps, &format!("/emulator/logins/{id}/deny"))).await;
    assert_eq!((reply.status, reply.header("location")), (200, None));
    let id = asked(&vipps, &caller, &redirect_form()).await;
    wait(&vipps, 600);
    let reply = send(post(&vipps, &format!("/emulator/logins/{id}/approve"))).await;
    assert_eq!((reply.status, reply.header("location")), (409, None));
}
