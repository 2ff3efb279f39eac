//! What the documents forbid is refused, and let through with a remark where the emulator was told to forgive.

mod common;

use std::time::Duration;

use common::{login::*, *};
use reqwest::RequestBuilder;
use serde_json::json;
use vipps_emulator::{Emulator, Endpoint, Failure, Keys, PartnerTokenRefusal, Verdict};

/// Refused with this status about this; then let through and remarked on.
async fn forbidden(vipps: &Emulator, request: impl Fn() -> RequestBuilder, status: u16, what: &str) {
    let reply = send(request()).await;
    assert_eq!((reply.status, refused_for(vipps)), (status, vec![what]), "{}", reply.text);
    vipps.forgiving(true);
    let reply = send(request()).await;
    assert!(![400, 401, 415].contains(&reply.status), "{what}: {} {}", reply.status, reply.text);
    assert!(about(&last(vipps), Verdict::Tolerated).contains(&what), "{:?}", last(vipps).findings);
    vipps.forgiving(false);
}

fn bare_token_request(vipps: &Emulator, keys: &Keys) -> RequestBuilder {
    let request = post(vipps, TOKEN).header("client_id", &keys.client_id).header("client_secret", &keys.client_secret);
    request.header(KEY, &keys.subscription_key)
}

#[tokio::test]
async fn system_headers_are_required_of_partners_and_have_their_bounds() {
    let vipps = open();
    let (keys, own) = (vipps.partner_keys(), unit(&vipps));
    forbidden(&vipps, || bare_token_request(&vipps, &keys), 400, "Vipps-System-Name").await;
    assert_eq!(send(bare_token_request(&vipps, &own)).await.status, 200, "recommended for the others");
    for (name, value) in [("Vipps-System-Name", "a".repeat(31)), ("Vipps-System-Plugin-Version", String::new())] {
        forbidden(&vipps, || bare_token_request(&vipps, &own).header(name, &value), 400, name).await;
    }
    let token = partner_token(&vipps).await;
    let form = poll_form("unknown");
    let login =
        || client().post(format!("{}{LOGIN_TOKEN}", vipps.base_url())).bearer_auth(&token).header(MSN, "123456");
    let login = || login().header("Content-Type", "application/x-www-form-urlencoded").body(form.encoded());
    assert_eq!(send(login()).await.apim().0, 400);
    assert_eq!(refused_for(&vipps), ["Vipps-System-Name"]);
}

#[tokio::test]
async fn keys_belong_in_headers_alone_and_into_no_browser() {
    let vipps = open();
    let keys = vipps.partner_keys();
    let in_url = || {
        let request = client().post(format!("{}{TOKEN}?client_secret=x", vipps.base_url()));
        let request = request.header("client_id", &keys.client_id).header("client_secret", &keys.client_secret);
        with_system(request.header(KEY, &keys.subscription_key))
    };
    forbidden(&vipps, in_url, 400, "keys").await;
    let form = poll_form("unknown");
    let caller = Caller::partner(&vipps).await;
    for path in [LOGIN_TOKEN, BACKCHANNEL, USER_EXISTS] {
        let origin = || caller.post(&vipps, path, &form).header("Origin", "https://shop.example");
        assert_eq!(send(origin()).await.status, 400);
        assert_eq!(refused_for(&vipps), ["Origin"], "{path}");
    }
    let token = partner_token(&vipps).await;
    let api = |path: &str| {
        let request = get(&vipps, path).bearer_auth(&token).header(KEY, &keys.subscription_key);
        with_system(request.header(MSN, "123456")).header("Origin", "https://shop.example")
    };
    for path in [PAYMENTS, UNITS] {
        forbidden(&vipps, || api(path), 400, "Origin").await;
    }
    let login = logged_in(&vipps, &caller, &auth_fields(&vipps)).await;
    let request = userinfo(&vipps, text(&login["access_token"])).header("Origin", "https://shop.example");
    assert_eq!(send(request).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["Origin"]);
    let secret = auth_fields(&vipps).with("client_secret", "x");
    forbidden(&vipps, || get(&vipps, &format!("{AUTH}?{}", secret.encoded())), 400, "client_secret").await;
}

#[tokio::test]
async fn login_takes_no_subscription_key() {
    let vipps = open();
    for path in [DISCOVERY, JWKS] {
        forbidden(&vipps, || get(&vipps, path).header(KEY, "x"), 401, KEY).await;
    }
    let query = auth_fields(&vipps).encoded();
    forbidden(&vipps, || get(&vipps, &format!("{AUTH}?{query}")).header(KEY, "x"), 400, KEY).await;
    let caller = Caller::merchant(&vipps);
    let hint = Fields::new(&[("login_hint", "urn:msisdn:4791234567")]);
    forbidden(&vipps, || caller.post(&vipps, USER_EXISTS, &hint).header(KEY, "x"), 400, KEY).await;
    for path in [LOGIN_TOKEN, BACKCHANNEL] {
        let reply = send(caller.post(&vipps, path, &hint).header(KEY, "x")).await;
        assert_eq!((reply.oauth(), refused_for(&vipps)), ((400, "invalid_request".to_owned()), vec![KEY]), "{path}");
    }
}

#[tokio::test]
async fn a_json_api_wants_json_and_a_good_idempotency_key() {
    let vipps = open();
    let (keys, token) = (vipps.partner_keys(), partner_token(&vipps).await);
    let call = || {
        let request = client().post(format!("{}{PAYMENTS}", vipps.base_url())).bearer_auth(&token);
        with_system(request.header(KEY, &keys.subscription_key).header(MSN, "123456"))
    };
    forbidden(&vipps, || call().header("Idempotency-Key", "not good!").json(&json!({})), 400, "Idempotency-Key").await;
    let text = || call().header("Idempotency-Key", "a-1").header("Content-Type", "text/plain").body("x");
    assert_eq!(send(text()).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["Content-Type"]);
}

#[tokio::test]
async fn a_header_that_says_one_thing_comes_once() {
    let vipps = open();
    vipps.forgiving(true);
    let (keys, token) = (vipps.partner_keys(), partner_token(&vipps).await);
    for name in ["client_id", "client_secret", KEY, MSN, "Authorization", "Vipps-System-Name", "Origin", "Content-Type"]
    {
        let request = token_request(&vipps, &keys).header(MSN, "123456").header("Content-Type", "text/plain");
        let request = request.header("Authorization", "Bearer ").header("Origin", "x").header(name, "another");
        let reply = send(request).await;
        assert_eq!((reply.apim().0, refused_for(&vipps)), (400, vec![name]));
    }
    let twice = get(&vipps, PAYMENTS).bearer_auth(&token).bearer_auth("old").header(KEY, &keys.subscription_key);
    assert_eq!(send(twice.header(MSN, "123456")).await.apim().0, 400);
    let twice = get(&vipps, "/nowhere").header("Idempotency-Key", "a").header("Idempotency-Key", "a");
    assert_eq!(send(twice).await.status, 400, "also with the same value, also at no path");
}

#[tokio::test]
async fn unknown_fields_are_remarked_on() {
    let vipps = open();
    send(miami_request(&vipps, "grant_type=client_credentials&nonsense=1")).await;
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["body"]);
    let form = code_form(&code(&vipps, &auth_fields(&vipps)).await).with("nonsense", "1");
    assert_eq!(send(Caller::merchant(&vipps).post(&vipps, LOGIN_TOKEN, &form)).await.status, 200);
    assert!(about(&last(&vipps), Verdict::Tolerated).contains(&"body"));
}

#[tokio::test]
async fn the_poll_interval_counts_from_the_answer() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let id = asked(&vipps, &caller, &ask_form()).await;
    let poll = || caller.post(&vipps, LOGIN_TOKEN, &poll_form(&id));
    // Hangs over three seconds of the emulator's clock, in which its answer becomes due.
    vipps.fail_next(Endpoint::LoginToken, 1, Failure::Hang);
    let first = tokio::spawn(send(poll()));
    while vipps.count(LOGIN_TOKEN) == 0 {
        tokio::task::yield_now().await;
    }
    vipps.advance(Duration::from_secs(3));
    vipps.release_hung();
    assert_eq!(first.await.expect("a reply").oauth().1, "authorization_pending");
    vipps.advance(Duration::from_secs(4));
    assert_eq!(send(poll()).await.oauth().1, "slow_down", "seven seconds after the question, four after the answer");
}

#[tokio::test]
async fn a_wrong_environment_and_a_deactivated_partner_end_the_partners_start_in_the_browser() {
    let vipps = open();
    let fields = auth_fields(&vipps).without("client_id").with("msn", "123456");
    vipps.wrong_environment(true);
    assert_eq!(authorize(&vipps, &fields).await.status, 401);
    vipps.wrong_environment(false);
    vipps.deactivate_partner(true);
    assert_eq!(authorize(&vipps, &fields).await.status, 401);
    let token = partner_token(&vipps).await;
    let request = get(&vipps, PAYMENTS).bearer_auth(token).header(KEY, vipps.partner_keys().subscription_key);
    let reply = send(with_system(request.header(MSN, "123456"))).await;
    assert_eq!((reply.status, &reply.json()[0]["errorCode"]), (403, &json!("37")));
    vipps.deactivate_partner(false);
    assert_eq!(authorize(&vipps, &fields).await.status, 302);
}

#[tokio::test]
async fn either_may_refuse_a_partners_token_that_has_ended() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    vipps.revoke_tokens();
    let poll = || caller.post(&vipps, LOGIN_TOKEN, &poll_form("x"));
    assert_eq!(send(poll()).await.oauth(), (401, "invalid_client".to_owned()));
    vipps.partner_token_refusal(PartnerTokenRefusal::Gateway);
    assert_eq!(send(poll()).await.apim().0, 401);
}

#[tokio::test]
async fn the_advanced_tier_is_needed_for_acr_values_and_custom_flows() {
    let vipps = open();
    let fields = auth_fields(&vipps).with("acr_values", "urn:vipps:acr:app_auth").with("scope", "openid customFlow");
    assert_eq!(authorize(&vipps, &fields).await.status, 200);
    assert_eq!(pending(&vipps).scopes, ["openid", "customFlow"]);
    vipps.login_advanced_tier(&shop(), false).expect("known");
    let back = authorize(&vipps, &fields).await;
    assert_eq!(answer(location(&back))["error"], "invalid_request");
    assert_eq!(authorize(&vipps, &fields.without("acr_values")).await.status, 200);
    assert_eq!(pending(&vipps).scopes, ["openid"]);
}

#[tokio::test]
async fn a_large_form_is_judged_at_once() {
    let vipps = open();
    let form: Vec<String> = (0..100_000).map(|field| field.to_string()).collect();
    let reply = send(miami_request(&vipps, &form.join("&"))).await;
    assert_eq!(reply.oauth(), (400, "invalid_client".to_owned()));
}
