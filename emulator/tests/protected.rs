//! The protected APIs: which headers open them, and how each mistake is answered.

mod common;

use std::time::Duration;

use common::*;
use reqwest::RequestBuilder;
use serde_json::json;
use vipps_emulator::{Emulator, Keys, Mode, Options, Verdict};

fn payment(vipps: &Emulator, keys: &Keys, authorization: &str) -> RequestBuilder {
    let request = get(vipps, PAYMENTS).header("Authorization", authorization);
    with_system(request.header(KEY, &keys.subscription_key))
}

fn unauthorized(reply: &Reply) -> bool {
    let (status, message) = reply.apim();
    status == 401 && message.starts_with("Unauthorized: ")
}

#[tokio::test]
async fn a_good_call_is_told_back() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let token = partner_token(&vipps).await;
    let request = client().post(format!("{}{PAYMENTS}?dry=run", vipps.base_url())).bearer_auth(&token);
    let request = request.header(KEY, &keys.subscription_key).header(MSN, "123456").header("Idempotency-Key", "a-1");
    let reply = send(with_system(request).json(&json!({ "reference": "order-1" }))).await;
    let expected = json!({
        "method": "POST",
        "path": PAYMENTS,
        "query": "dry=run",
        "keys": "partner",
        "msn": "123456",
        "idempotencyKey": "a-1",
        "contentType": "application/json",
        "bodyBytes": 23,
        "body": { "reference": "order-1" },
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
    let record = last(&vipps);
    assert_eq!(about(&record, Verdict::Right), [KEY, "Authorization", MSN, "Idempotency-Key", "Vipps-System-*"]);
    assert_eq!(record.findings.len(), 5, "{record:?}");
}

#[tokio::test]
async fn paths_below_and_other_bodies_are_told_back_too() {
    let vipps = start();
    vipps.forgiving(true);
    let keys = vipps.partner_keys();
    let token = partner_token(&vipps).await;
    let request = client().post(format!("{}{PAYMENTS}/order-1/capture", vipps.base_url())).bearer_auth(&token);
    let request = with_system(request.header(KEY, &keys.subscription_key).header(MSN, "123456"));
    let body = send(request.header("Idempotency-Key", "not good").body("plain")).await.json();
    assert_eq!((&body["path"], &body["body"]), (&json!("/epayment/v1/payments/order-1/capture"), &json!("plain")));
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["Idempotency-Key", "Content-Type"]);
}

#[tokio::test]
async fn an_msn_as_a_number_breaks_the_service() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let request = client().post(format!("{}{PAYMENTS}", vipps.base_url())).bearer_auth(partner_token(&vipps).await);
    let request = request.header(KEY, &keys.subscription_key).header(MSN, "123456");
    let request = with_system(request);
    let with_body = |msn| request.try_clone().expect("no stream").json(&json!({ "merchantSerialNumber": msn }));
    assert_eq!(send(with_body(json!("123456"))).await.status, 200);
    let reply = send(with_body(json!(123_456))).await;
    assert_eq!((reply.status, &reply.json()["status"]), (500, &json!("500")));
    assert_eq!(refused_for(&vipps), ["merchantSerialNumber"]);
}

#[tokio::test]
async fn the_authorization_header_has_one_right_form() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let token = partner_token(&vipps).await;
    for wrong in [
        token.clone(),
        format!("Bearer  {token}"),
        format!("Bearer {token} x"),
        format!("Basic {token}"),
        format!("Bearer {}", &token[1..]),
        "Bearer".to_owned(),
        "Bearer unknown".to_owned(),
    ] {
        let reply = send(payment(&vipps, &keys, &wrong).header(MSN, "123456")).await;
        assert!(unauthorized(&reply), "{}", reply.text);
        assert_eq!(refused_for(&vipps), ["Authorization"]);
    }
    let request = get(&vipps, PAYMENTS).header(KEY, &keys.subscription_key).header(MSN, "123456");
    assert!(unauthorized(&send(request).await));
}

#[tokio::test]
async fn lower_case_bearer_passes_and_is_reported() {
    let vipps = start();
    let authorization = format!("bearer {}", partner_token(&vipps).await);
    let reply = send(payment(&vipps, &vipps.partner_keys(), &authorization).header(MSN, "123456")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["Authorization"]);
}

#[tokio::test]
async fn the_subscription_key_is_needed_and_must_be_of_the_same_keys() {
    let vipps = start();
    let authorization = format!("Bearer {}", partner_token(&vipps).await);
    let without = get(&vipps, PAYMENTS).header("Authorization", &authorization).header(MSN, "123456");
    let reply = send(without).await;
    assert!(reply.apim().1.contains("missing subscription key"), "{}", reply.text);
    assert!(reply.header("www-authenticate").is_some());
    let unknown = Keys { subscription_key: "wrong".to_owned(), ..vipps.partner_keys() };
    let reply = send(payment(&vipps, &unknown, &authorization).header(MSN, "123456")).await;
    assert!(reply.apim().1.contains("invalid subscription key"), "{}", reply.text);
    let other = vipps.sales_unit_keys(&shop()).expect("keys");
    let reply = send(payment(&vipps, &other, &authorization).header(MSN, "123456")).await;
    assert_eq!(reply.apim(), (401, "Subscription not found.".to_owned()));
}

#[tokio::test]
async fn tokens_expire_on_the_emulators_clock() {
    let vipps = start();
    vipps.set_time(1_767_225_600);
    let authorization = format!("Bearer {}", partner_token(&vipps).await);
    let call = || payment(&vipps, &vipps.partner_keys(), &authorization).header(MSN, "123456");
    vipps.advance(Duration::from_secs(86_397));
    assert_eq!(send(call()).await.status, 200);
    vipps.advance(Duration::from_secs(1));
    let reply = send(call()).await;
    assert!(unauthorized(&reply) && reply.text.contains("expired"), "{}", reply.text);
}

#[tokio::test]
async fn several_tokens_are_good_at_once_until_all_are_revoked() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let tokens = [partner_token(&vipps).await, partner_token(&vipps).await];
    let call = |token: &str| payment(&vipps, &keys, &format!("Bearer {token}")).header(MSN, "123456");
    for token in &tokens {
        assert_eq!(send(call(token)).await.status, 200);
    }
    vipps.revoke_tokens();
    for token in &tokens {
        assert!(unauthorized(&send(call(token)).await));
    }
    assert_eq!(send(call(&partner_token(&vipps).await)).await.status, 200);
}

#[tokio::test]
async fn a_partner_names_a_connected_merchant() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let authorization = format!("Bearer {}", partner_token(&vipps).await);
    let call = |msn: &str| payment(&vipps, &keys, &authorization).header(MSN, msn);
    let nobody = "Invalid MSN: This MSN is not valid for the provided supermerchant ID.";
    let reply = send(payment(&vipps, &keys, &authorization)).await;
    assert_eq!(reply.apim(), (403, nobody.to_owned()));
    for msn in ["654321", "0123456", "12", "abc123"] {
        let message = format!("Invalid MSN: {msn}. This MSN is not valid for the provided supermerchant ID.");
        assert_eq!(send(call(msn)).await.apim(), (403, message));
        assert_eq!(refused_for(&vipps), [MSN]);
    }
    vipps.add_merchant(&msn("654321"));
    assert_eq!(send(call("654321")).await.status, 200);
    vipps.disconnect_merchant(&msn("654321"));
    assert_eq!(send(call("654321")).await.status, 403);
    assert_eq!(send(call("123456")).await.status, 200);
}

#[tokio::test]
async fn a_sales_unit_speaks_for_itself() {
    let vipps = start();
    vipps.add_merchant(&msn("654321"));
    let keys = vipps.sales_unit_keys(&shop()).expect("keys");
    let authorization = format!("Bearer {}", token(&vipps, &keys).await);
    let reply = send(payment(&vipps, &keys, &authorization).header(MSN, "123456")).await;
    assert_eq!((reply.status, &reply.json()["keys"]), (200, &json!("sales_unit")));
    assert_eq!(send(payment(&vipps, &keys, &authorization)).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [MSN]);
    let (status, message) = send(payment(&vipps, &keys, &authorization).header(MSN, "654321")).await.apim();
    assert!(status == 401 && message.starts_with("Invalid MSN: 654321. Check your API keys"), "{message}");
    vipps.disconnect_merchant(&shop());
    assert_eq!(send(payment(&vipps, &keys, &authorization).header(MSN, "123456")).await.status, 200);
}

#[tokio::test]
async fn a_deactivated_sales_unit_is_error_37() {
    let vipps = start();
    let authorization = format!("Bearer {}", partner_token(&vipps).await);
    vipps.deactivate_merchant(&shop());
    let call = || payment(&vipps, &vipps.partner_keys(), &authorization).header(MSN, "123456");
    let reply = send(call()).await;
    assert_eq!((reply.status, &reply.json()[0]["errorCode"]), (403, &json!("37")));
    vipps.add_merchant(&shop());
    assert_eq!(send(call()).await.status, 200);
}

fn msns(reply: &Reply) -> Vec<u64> {
    let units = reply.json();
    units.as_array().expect("an array").iter().map(|unit| unit["msn"].as_u64().expect("an integer")).collect()
}

#[tokio::test]
async fn the_list_of_sales_units_takes_no_msn() {
    let vipps = start();
    vipps.add_merchant(&msn("654321"));
    let keys = vipps.partner_keys();
    let token = partner_token(&vipps).await;
    let call = || with_system(get(&vipps, UNITS).bearer_auth(&token).header(KEY, &keys.subscription_key));
    let reply = send(call()).await;
    assert_eq!((reply.status, msns(&reply)), (200, vec![123_456, 654_321]));
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [""; 0]);
    assert_eq!(send(call().header(MSN, "123456")).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [MSN]);
    vipps.disconnect_merchant(&shop());
    assert_eq!(msns(&send(call()).await), [654_321]);
    vipps.deactivate_merchant(&msn("654321"));
    assert_eq!(send(call()).await.json(), json!([]));
    assert_eq!(send(get(&vipps, UNITS).bearer_auth(&token)).await.status, 401);
}

#[tokio::test]
async fn a_sales_unit_may_name_itself_in_the_list_of_sales_units() {
    let vipps = start();
    let keys = vipps.sales_unit_keys(&shop()).expect("keys");
    let own = token(&vipps, &keys).await;
    let call = || with_system(get(&vipps, UNITS).bearer_auth(&own).header(KEY, &keys.subscription_key));
    assert_eq!(msns(&send(call().header(MSN, "123456")).await), [123_456]);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [""; 0]);
    send(call().header(MSN, "654321")).await;
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [MSN]);
}

#[tokio::test]
async fn ledgers_open_to_a_specialised_token_alone() {
    let vipps = start();
    let token = specialized_token(&vipps).await;
    let call = || with_system(get(&vipps, LEDGERS).bearer_auth(&token));
    assert_eq!(send(call()).await.status, 200);
    assert_eq!(last(&vipps).findings.len(), 2);
    let reply = send(call().header(KEY, vipps.partner_keys().subscription_key)).await;
    assert!(reply.apim().1.contains("must not be sent with a specialised token"), "{}", reply.text);
    assert_eq!((reply.status, refused_for(&vipps)), (401, vec![KEY]));
    assert_eq!(send(call().header(MSN, "123456")).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [MSN]);
    vipps.advance(Duration::from_secs(900));
    assert!(unauthorized(&send(call()).await));
}

#[tokio::test]
async fn each_kind_of_token_has_its_apis() {
    let vipps = start();
    let (partner, unit) = (vipps.partner_keys(), vipps.sales_unit_keys(&shop()).expect("keys"));
    let special = format!("Bearer {}", specialized_token(&vipps).await);
    assert!(unauthorized(&send(payment(&vipps, &partner, &special).header(MSN, "123456")).await));
    let ledgers = |token: &str, keys: &Keys| {
        with_system(get(&vipps, LEDGERS).bearer_auth(token).header(KEY, &keys.subscription_key))
    };
    assert_eq!(send(ledgers(&partner_token(&vipps).await, &partner)).await.apim().0, 403);
    let own = token(&vipps, &unit).await;
    assert_eq!(send(ledgers(&own, &unit)).await.status, 200);
    assert_eq!(send(ledgers(&own, &partner)).await.apim().1, "Subscription not found.");
    assert!(send(get(&vipps, LEDGERS).bearer_auth(&own)).await.apim().1.contains("missing subscription key"));
}

#[tokio::test]
async fn the_other_environments_tokens_are_refused() {
    let vipps = start();
    let authorization = format!("Bearer {}", partner_token(&vipps).await);
    vipps.wrong_environment(true);
    assert!(unauthorized(&send(payment(&vipps, &vipps.partner_keys(), &authorization).header(MSN, "123456")).await));
}

#[tokio::test]
async fn what_test_lacks_is_reported_in_test_mode() {
    let vipps = Emulator::start(Options { mode: Mode::Test, ..Options::default() }).expect("an emulator");
    let token = specialized_token(&vipps).await;
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["path"]);
    assert_eq!(send(with_system(get(&vipps, LEDGERS).bearer_auth(&token))).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["path"]);
}

#[tokio::test]
async fn a_clock_that_was_moved_alone_is_noticed() {
    let vipps = start();
    let (keys, token) = (vipps.partner_keys(), partner_token(&vipps).await);
    let call = || payment(&vipps, &keys, &format!("Bearer {token}")).header(MSN, "123456");
    let warning = || vipps.control("now", json!({})).expect("the time")["warning"].clone();
    vipps.advance(Duration::from_secs(3_600));
    assert_eq!((send(call()).await.status, warning()), (200, json!(null)));
    vipps.advance(Duration::from_secs(86_400));
    assert!(send(call()).await.text.contains("move the caller's clock too"));
    assert!(warning().as_str().expect("a warning").contains("the library under test"));
    vipps.clear_requests();
    assert_eq!(warning(), json!(null));
}
