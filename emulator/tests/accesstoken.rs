//! `POST /accesstoken/get`: what it gives, and everything it refuses.

mod common;

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use common::*;
use serde_json::json;
use vipps_emulator::{Emulator, Fields, Keys, Mode, Numbers, Options, SubscriptionKey, TokenKind, Verdict};

const MISSING_KEY: &str = "Access denied due to missing subscription key. Make sure to include subscription key when \
                           making requests to an API.";
const INVALID_KEY: &str = "Access denied due to invalid subscription key. Make sure to provide a valid key for an \
                           active subscription.";

#[tokio::test]
async fn a_good_request_gets_seven_strings() {
    let vipps = start();
    vipps.set_time(1_767_225_600);
    let reply = send(token_request(&vipps, &vipps.partner_keys())).await;
    let mut body = reply.json();
    let token = body.as_object_mut().and_then(|body| body.remove("access_token")).expect("a token");
    assert_eq!(token.as_str().map(|token| token.split('.').count()), Some(3));
    let expected = json!({
        "token_type": "Bearer",
        "expires_in": "86398",
        "ext_expires_in": "0",
        "expires_on": "1767311998",
        "not_before": "1767225300",
        "resource": "00000002-0000-0000-c000-000000000000",
    });
    assert_eq!((reply.status, body), (200, expected));
    assert_eq!(reply.header("content-type"), Some("application/json;charset=UTF-8"));
    let record = last(&vipps);
    assert_eq!(about(&record, Verdict::Right), [KEY, "client_id", "client_secret", "Vipps-System-*"]);
    assert_eq!(record.findings.len(), 4, "{record:?}");
}

#[tokio::test]
async fn in_test_mode_a_token_lives_an_hour_and_partner_keys_are_reported() {
    let vipps = Emulator::start(Options { mode: Mode::Test, ..Options::default() }).expect("an emulator");
    let body = send(token_request(&vipps, &vipps.partner_keys())).await.json();
    assert_eq!((&body["expires_in"], &body["ext_expires_in"]), (&json!("3599"), &json!("3599")));
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["client_id"]);
}

#[tokio::test]
async fn numbers_fields_and_lifetime_can_be_switched() {
    let vipps = start();
    vipps.set_time(1_000_000);
    vipps.numbers(Numbers::Numbers);
    vipps.fields(Fields::Four);
    vipps.token_lifetime(TokenKind::Standard, Duration::from_secs(60));
    let body = send(token_request(&vipps, &vipps.partner_keys())).await.json();
    assert_eq!((&body["expires_in"], &body["expires_on"]), (&json!(60), &json!(1_000_060)));
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(4));
}

#[tokio::test]
async fn the_path_is_matched_in_any_letter_case_and_nowhere_else() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let to = |path: &str| {
        let request = post(&vipps, path).header("client_id", &keys.client_id).header(KEY, &keys.subscription_key);
        with_system(request.header("client_secret", &keys.client_secret))
    };
    assert_eq!(send(to("/accessToken/get")).await.status, 200);
    let reply = send(to("/recurring/accessToken/get")).await;
    let generic = "Something went wrong, please try again later.";
    let info = json!({ "responseCode": 404, "responseMessage": generic });
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json(), json!({ "responseInfo": info, "result": { "message": generic } }));
    assert_eq!(refused_for(&vipps), ["path"]);
    let reply = send(get(&vipps, TOKEN)).await;
    assert_eq!((reply.apim().0, reply.header("allow")), (405, Some("POST")));
    assert_eq!(refused_for(&vipps), ["method"]);
}

#[tokio::test]
async fn a_missing_or_unknown_subscription_key_is_the_gateways_401() {
    let vipps = start();
    let keys = vipps.partner_keys();
    let reply = send(post(&vipps, TOKEN)).await;
    assert_eq!(reply.apim(), (401, MISSING_KEY.to_owned()));
    let challenge = reply.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("AzureApiManagementKey realm="), "{challenge}");
    assert!(challenge.ends_with(r#",name="Ocp-Apim-Subscription-Key",type="header""#), "{challenge}");
    let empty = Keys { subscription_key: String::new(), ..keys.clone() };
    assert_eq!(send(token_request(&vipps, &empty)).await.apim(), (401, MISSING_KEY.to_owned()));
    let swapped = Keys { subscription_key: keys.client_secret.clone(), ..keys };
    let reply = send(token_request(&vipps, &swapped)).await;
    assert_eq!(reply.apim(), (401, INVALID_KEY.to_owned()));
    assert!(reply.header("www-authenticate").is_some());
    assert_eq!(refused_for(&vipps), [KEY]);
}

#[tokio::test]
async fn either_key_of_the_pair_works_until_it_is_regenerated() {
    let vipps = start();
    let old = vipps.partner_keys();
    let second = Keys { subscription_key: old.second_subscription_key.clone(), ..old.clone() };
    assert_eq!(send(token_request(&vipps, &second)).await.status, 200);
    vipps.reject_subscription_key(SubscriptionKey::Primary);
    assert_eq!(send(token_request(&vipps, &old)).await.apim(), (401, INVALID_KEY.to_owned()));
    assert_eq!(send(token_request(&vipps, &second)).await.status, 200);
    assert_eq!(send(token_request(&vipps, &vipps.partner_keys())).await.status, 200);
}

#[tokio::test]
async fn a_browser_is_refused_in_azures_words() {
    let vipps = start();
    let reply = send(token_request(&vipps, &vipps.partner_keys()).header("Origin", "https://shop.example")).await;
    let body = reply.json();
    assert_eq!((reply.oauth(), &body["error_codes"]), ((400, "invalid_request".to_owned()), &json!([9_002_326])));
    let description = body["error_description"].as_str().expect("text");
    let start = "AADSTS9002326: Cross-origin token redemption is permitted only for the 'Single-Page Application' \
                 client-type.\r\nTrace ID: ";
    assert!(description.starts_with(start), "{description}");
    assert_eq!(refused_for(&vipps), ["Origin"]);
}

#[tokio::test]
async fn an_unknown_client_is_named_in_azures_words() {
    let vipps = start();
    let stranger = "11111111-2222-4333-8444-555555555555";
    let keys = Keys { client_id: stranger.to_owned(), ..vipps.partner_keys() };
    let reply = send(token_request(&vipps, &keys)).await;
    let body = reply.json();
    assert_eq!((reply.oauth(), &body["error_codes"]), ((400, "unauthorized_client".to_owned()), &json!([700_016])));
    assert!(body["error_description"].as_str().is_some_and(|text| text.contains(stranger)), "{body}");
    assert_eq!(body["error_uri"], "https://login.windows.net/error?code=700016");
    assert_eq!(refused_for(&vipps), ["client_id"]);
}

#[tokio::test]
async fn a_wrong_secret_is_invalid_client() {
    let vipps = start();
    let keys = Keys { client_secret: "wrong".to_owned(), ..vipps.partner_keys() };
    let reply = send(token_request(&vipps, &keys)).await;
    let expected = (401, "invalid_client".to_owned());
    assert_eq!((reply.oauth(), &reply.json()["error_codes"]), (expected.clone(), &json!([7_000_215])));
    assert_eq!(refused_for(&vipps), ["client_secret"]);
    let keys = vipps.partner_keys();
    let request = post(&vipps, TOKEN).header("client_id", keys.client_id).header(KEY, keys.subscription_key);
    let reply = send(request).await;
    assert_eq!((reply.oauth(), &reply.json()["error_codes"]), (expected, &json!([7_000_218])));
}

#[tokio::test]
async fn a_client_id_that_a_proxy_dropped_is_told_apart() {
    let vipps = start();
    let request = post(&vipps, TOKEN).header(KEY, vipps.partner_keys().subscription_key);
    let reply = send(request).await;
    assert_eq!((reply.oauth().0, &reply.json()["error_codes"]), (400, &json!([900_144])));
    let record = last(&vipps);
    let finding = record.findings_of(Verdict::Refused).next().expect("a reason");
    assert!(finding.text.contains("underscore"), "{finding:?}");
}

#[tokio::test]
async fn keys_of_different_owners_do_not_mix() {
    let vipps = start();
    let unit = vipps.sales_unit_keys(&shop()).expect("keys");
    let mixed = Keys { subscription_key: unit.subscription_key, ..vipps.partner_keys() };
    let reply = send(token_request(&vipps, &mixed)).await;
    assert_eq!(reply.apim(), (401, "Subscription not found.".to_owned()));
    let wrong_secret = Keys { client_secret: "wrong".to_owned(), ..mixed };
    assert_eq!(send(token_request(&vipps, &wrong_secret)).await.oauth().1, "invalid_client", "the secret comes first");
}

#[tokio::test]
async fn checks_come_in_the_settled_order() {
    let vipps = start();
    let good = vipps.partner_keys();
    let bad = Keys { client_id: "nobody".to_owned(), client_secret: "wrong".to_owned(), ..good.clone() };
    let worst = Keys { subscription_key: "wrong".to_owned(), ..bad.clone() };
    for (keys, origin, about) in [
        (&worst, true, KEY),
        (&bad, true, "Origin"),
        (&bad, false, "client_id"),
        (&Keys { client_secret: "wrong".to_owned(), ..good }, false, "client_secret"),
    ] {
        let request = token_request(&vipps, keys);
        send(if origin { request.header("Origin", "https://shop.example") } else { request }).await;
        assert_eq!(refused_for(&vipps), [about]);
    }
}

#[tokio::test]
async fn psp_id_is_forbidden_here() {
    let vipps = start();
    let reply = send(token_request(&vipps, &vipps.partner_keys()).header("Psp-Id", "1")).await;
    assert_eq!(reply.apim(), (400, "Psp-Id must not be sent on the token call: leave it out".to_owned()));
}

#[tokio::test]
async fn specialised_keys_belong_elsewhere() {
    let vipps = start();
    let special = vipps.specialized_keys();
    let keys = Keys { client_id: special.client_id, client_secret: special.client_secret, ..vipps.partner_keys() };
    assert_eq!(send(token_request(&vipps, &keys)).await.oauth(), (400, "unauthorized_client".to_owned()));
    let record = last(&vipps);
    assert!(record.findings.iter().any(|finding| finding.text.contains("/miami/v1/token")), "{record:?}");
}

#[tokio::test]
async fn the_other_environments_keys_are_unknown() {
    let vipps = start();
    vipps.wrong_environment(true);
    let reply = send(token_request(&vipps, &vipps.partner_keys())).await;
    assert_eq!((reply.oauth().1.as_str(), &reply.json()["error_codes"]), ("unauthorized_client", &json!([700_016])));
    vipps.wrong_environment(false);
    assert_eq!(send(token_request(&vipps, &vipps.partner_keys())).await.status, 200);
}

#[tokio::test]
async fn a_wrong_msn_is_reported_and_by_switch_refused() {
    let vipps = start();
    let with_msn = |text: &str| token_request(&vipps, &vipps.partner_keys()).header(MSN, text);
    assert_eq!(send(with_msn("123456")).await.status, 200);
    assert!(about(&last(&vipps), Verdict::Right).contains(&MSN));
    assert_eq!(send(with_msn("654321")).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), [MSN]);
    vipps.check_msn_on_token(true);
    assert_eq!(send(with_msn("123456")).await.status, 200);
    assert_eq!(send(with_msn("654321")).await.apim().0, 403);
    assert_eq!(send(token_request(&vipps, &vipps.partner_keys())).await.status, 200, "none is fine");
}

#[tokio::test]
async fn keys_in_the_body_or_the_url_do_not_count_and_are_reported() {
    let vipps = start();
    vipps.forgiving(true);
    let keys = vipps.partner_keys();
    let form = [("client_id", keys.client_id.as_str()), ("client_secret", keys.client_secret.as_str())];
    let request = client().post(format!("{}{TOKEN}", vipps.base_url())).header(KEY, &keys.subscription_key);
    assert_eq!(send(request.form(&form)).await.status, 400);
    assert_eq!(refused_for(&vipps), ["client_id"]);

    let url = format!("{}{TOKEN}?client_secret=x", vipps.base_url());
    let request = client().post(url).header("client_id", &keys.client_id).header(KEY, &keys.subscription_key);
    let request = request.header("client_secret", &keys.client_secret).header("Authorization", "Bearer ");
    assert_eq!(send(with_system(request).body("grant_type=client_credentials")).await.status, 200);
    assert_eq!(about(&last(&vipps), Verdict::Tolerated), ["keys", "body", "Authorization"]);
}

#[tokio::test]
async fn system_headers_are_judged_one_by_one() {
    let vipps = start();
    vipps.forgiving(true);
    let keys = vipps.partner_keys();
    let request = post(&vipps, TOKEN).header("client_id", &keys.client_id).header(KEY, &keys.subscription_key);
    let request = request.header("client_secret", &keys.client_secret).header("Vipps-System-Name", "a".repeat(30));
    let request = request.header("Vipps-System-Version", "a".repeat(31)).header("Vipps-System-Plugin-Name", "");
    assert_eq!(send(request).await.status, 200);
    let expected = ["Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"];
    assert_eq!(about(&last(&vipps), Verdict::Tolerated)[..3], expected);
}

#[test]
fn a_post_without_a_length_is_reported() {
    let vipps = start();
    vipps.forgiving(true);
    let keys = vipps.partner_keys();
    let address = vipps.base_url().trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).expect("a connection");
    let request = format!(
        "POST {TOKEN} HTTP/1.1\r\nHost: {address}\r\nclient_id: {}\r\nclient_secret: {}\r\n{KEY}: {}\r\n\
         Connection: close\r\n\r\n",
        keys.client_id, keys.client_secret, keys.subscription_key
    );
    socket.write_all(request.as_bytes()).expect("sent");
    let mut reply = String::new();
    socket.read_to_string(&mut reply).expect("a reply");
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    assert!(about(&last(&vipps), Verdict::Tolerated).contains(&"Content-Length"));
}
