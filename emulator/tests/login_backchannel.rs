//! Login by phone number: the start, and whether a user exists.

mod common;

use std::time::Duration;

use common::{login::*, *};
use serde_json::json;
use vipps_emulator::{App, Emulator, LoginKind, ScopeOutsidePlan, User, Verdict};

async fn started(vipps: &Emulator, fields: &Fields) -> Reply {
    send(Caller::merchant(vipps).post(vipps, BACKCHANNEL, fields)).await
}

fn redirect_form() -> Fields {
    ask_form().with("requested_flow", "login_to_webpage").with("redirect_uri", CALLBACK)
}

#[tokio::test]
async fn partner_and_merchant_can_start() {
    let vipps = open();
    for caller in [Caller::partner(&vipps).await, Caller::merchant(&vipps)] {
        let reply = send(caller.post(&vipps, BACKCHANNEL, &ask_form())).await;
        let body = reply.json();
        let login = pending(&vipps);
        let expected = json!({ "auth_req_id": login.id, "expires_in": 600, "interval": 5 });
        assert_eq!((reply.status, body), (200, expected));
        assert_eq!((login.kind, login.msisdn.as_deref()), (LoginKind::Backchannel, Some(KARI)));
        assert_eq!((login.binding_message.as_deref(), login.expires_at), (Some("A1B2-C3"), 1_767_226_200));
        assert_eq!(login.scopes, ["openid", "name"]);
        assert!(about(&last(&vipps), Verdict::Refused).is_empty());
        let page = send(get(&vipps, &format!("/emulator/logins/{}", login.id))).await;
        assert!(page.text.contains("A1B2-C3"), "{}", page.text);
    }
}

#[tokio::test]
async fn it_takes_the_same_credentials_as_the_token_endpoint() {
    let vipps = open();
    for path in [BACKCHANNEL, USER_EXISTS] {
        let bare = || post_form(&vipps, path, &ask_form());
        assert_eq!(send(bare()).await.oauth(), (401, "invalid_client".to_owned()));
        assert_eq!(send(bare().basic_auth("a", Some("b"))).await.oauth(), (401, "invalid_client".to_owned()));
        let token = partner_token(&vipps).await;
        assert_eq!(send(bare().bearer_auth(&token)).await.apim().0, 403);
        assert_eq!(send(bare().bearer_auth(&token).header(MSN, "654321")).await.apim().0, 403);
        let keys = vipps.partner_keys();
        let reply = send(bare().basic_auth(&keys.client_id, Some(&keys.client_secret))).await;
        assert_eq!(reply.oauth(), (401, "invalid_client".to_owned()));
    }
}

#[tokio::test]
async fn every_rule_has_its_refusal() {
    let vipps = open();
    let good = ask_form();
    let cases = [
        (good.clone().without("login_hint"), "invalid_request", "login_hint"),
        (good.clone().with("login_hint", "4791234567"), "invalid_request", "login_hint"),
        (good.clone().with("login_hint", "urn:msisdn:+4791234567"), "invalid_request", "login_hint"),
        (good.clone().with("login_hint", "urn:msisdn:4491234567"), "invalid_request", "login_hint"),
        (good.clone().with("login_hint", "urn:nin:28029012345"), "invalid_request", "login_hint"),
        (good.clone().without("scope"), "invalid_request", "scope"),
        (good.clone().with("scope", "openid nnin"), "invalid_scope", "scope"),
        (good.clone().with("scope", "openid offline"), "invalid_scope", "scope"),
        (good.clone().with("binding_message", "ABCD"), "invalid_binding_message", "binding_message"),
        (good.clone().with("binding_message", "ABCDEFGHI"), "invalid_binding_message", "binding_message"),
        (good.clone().with("binding_message", "abcde"), "invalid_binding_message", "binding_message"),
        (good.clone().with("binding_message", "AB 12"), "invalid_binding_message", "binding_message"),
        (good.clone().with("requested_expiry", "59"), "invalid_request", "requested_expiry"),
        (good.clone().with("requested_expiry", "901"), "invalid_request", "requested_expiry"),
        (good.clone().with("requested_expiry", "+60"), "invalid_request", "requested_expiry"),
        (good.clone().with("requested_expiry", "soon"), "invalid_request", "requested_expiry"),
        (good.clone().with("requested_flow", "other"), "invalid_request", "requested_flow"),
        (good.clone().with("requested_flow", "login_to_webpage"), "invalid_request", "redirect_uri"),
        (redirect_form().with("redirect_uri", "https://shop.example/callback/"), "invalid_request", "redirect_uri"),
        (redirect_form().with("scope", "name"), "invalid_scope", "scope"),
    ];
    for (fields, error, about) in cases {
        assert_eq!(started(&vipps, &fields).await.oauth(), (400, error.to_owned()), "{fields:?}");
        assert_eq!(refused_for(&vipps), [about], "{fields:?}");
    }
    assert!(vipps.logins().is_empty());
    let missing = started(&vipps, &good.clone().without("login_hint")).await.json();
    assert_eq!(missing["error_description"], "Missing login_hint");
    let bad = started(&vipps, &good.with("login_hint", "x")).await.json();
    assert!(text(&bad["error_description"]).starts_with("login_hint.value : Invalid login_hint. "), "{bad}");
}

#[tokio::test]
async fn the_limits_of_the_rules_are_good() {
    let vipps = open();
    vipps.backchannel_limit(100);
    for message in ["A1B2-C3", "AB-12", "12345678"] {
        assert_eq!(started(&vipps, &ask_form().with("binding_message", message)).await.status, 200, "{message}");
    }
    for seconds in [60, 900] {
        let reply = started(&vipps, &ask_form().with("requested_expiry", &seconds.to_string())).await;
        assert_eq!(reply.json()["expires_in"], seconds);
    }
    let bare = ask_form().without("binding_message").without("state").without("nonce");
    assert_eq!(started(&vipps, &bare).await.status, 200);
}

#[tokio::test]
async fn what_is_let_through_is_reported() {
    let vipps = open();
    let odd = ask_form().with("scope", "name").with("login_hint", "urn:mobilenumber:91234567");
    let odd = odd.with("redirect_uri", CALLBACK).with("bindingMessage", "AB-12").with("odd", "x");
    assert_eq!(started(&vipps, &odd).await.status, 200);
    let expected = [MSN, "login_hint", "redirect_uri", "scope", "bindingMessage", "body"];
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), expected);
    assert_eq!(pending(&vipps).msisdn.as_deref(), Some(KARI));
}

#[tokio::test]
async fn scopes_outside_the_plan_are_dropped_or_refused() {
    let vipps = open();
    vipps.login_scopes(&shop(), &["openid"]).expect("known");
    assert_eq!(started(&vipps, &ask_form()).await.status, 200);
    assert_eq!(pending(&vipps).scopes, ["openid"]);
    vipps.scopes_outside_plan(ScopeOutsidePlan::Refused);
    assert_eq!(started(&vipps, &ask_form()).await.oauth(), (400, "invalid_scope".to_owned()));
}

#[tokio::test]
async fn people_who_can_not_log_in_are_told_apart() {
    let vipps = open();
    let nobody = ask_form().with("login_hint", "urn:msisdn:4700000000");
    assert_eq!(started(&vipps, &nobody).await.oauth(), (400, "unknown_user_id".to_owned()));
    let token = ask_form().with("login_hint", "urn:customer-token:t-1");
    assert_eq!(started(&vipps, &token).await.oauth(), (400, "unknown_user_id".to_owned()));
    for (app, error) in [(App::Outdated, "old_app"), (App::Inactive, "invalid_user")] {
        vipps.add_user(User { app, ..User::default() }).expect("a user");
        assert_eq!(started(&vipps, &ask_form()).await.oauth(), (400, error.to_owned()));
        assert_eq!(refused_for(&vipps), ["login_hint"]);
    }
    vipps.add_user(User { customer_token: Some("t-1".to_owned()), ..User::default() }).expect("a user");
    assert_eq!(started(&vipps, &token).await.status, 200);
}

#[tokio::test]
async fn errors_can_come_in_the_documents_member() {
    let vipps = open();
    vipps.backchannel_error_code(true);
    let body = started(&vipps, &ask_form().with("login_hint", "urn:msisdn:4700000000")).await.json();
    assert_eq!((&body["error_code"], body.get("error")), (&json!("unknown_user_id"), None));
}

#[tokio::test]
async fn too_many_at_once_for_one_person_are_a_429() {
    let vipps = open();
    vipps.add_user(User { msisdn: "4798765432".to_owned(), ..User::default() }).expect("a user");
    let other = ask_form().with("login_hint", "urn:msisdn:4798765432");
    for _ in 0..3 {
        assert_eq!(started(&vipps, &ask_form()).await.status, 200);
    }
    let reply = started(&vipps, &ask_form()).await;
    assert_eq!((reply.apim().0, reply.header("retry-after")), (429, Some("30")));
    assert_eq!(started(&vipps, &other).await.status, 200, "another person");
    vipps.deny(&vipps.logins()[0].id).expect("a decision");
    assert_eq!(started(&vipps, &ask_form()).await.status, 200, "one was decided");
    assert_eq!(started(&vipps, &ask_form()).await.status, 429);
    vipps.advance(Duration::from_secs(600));
    assert_eq!(started(&vipps, &ask_form()).await.status, 200, "they expired");
    vipps.backchannel_limit(1);
    assert_eq!(started(&vipps, &ask_form()).await.status, 429);
}

#[tokio::test]
async fn users_exist_or_not() {
    let vipps = open();
    let exists = async |caller: &Caller, hint: &str| {
        let reply = send(caller.post(&vipps, USER_EXISTS, &Fields::new(&[("login_hint", hint)]))).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    };
    let merchant = Caller::merchant(&vipps);
    for caller in [&Caller::partner(&vipps).await, &merchant] {
        assert_eq!(exists(caller, "urn:msisdn:4791234567").await, json!({ "exists": true }));
        assert_eq!(exists(caller, "urn:msisdn:4700000000").await, json!({ "exists": false }));
    }
    vipps.add_user(User { app: App::Inactive, ..User::default() }).expect("a user");
    assert_eq!(exists(&merchant, "urn:msisdn:4791234567").await, json!({ "exists": false }));
    for fields in [Fields::new(&[]), Fields::new(&[("login_hint", "4791234567")])] {
        let reply = send(merchant.post(&vipps, USER_EXISTS, &fields)).await;
        assert_eq!(reply.oauth(), (400, "invalid_request".to_owned()));
    }
}
