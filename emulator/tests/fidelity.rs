//! Corners in which the service is known to behave in one way.

mod common;

use common::{login::*, *};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use vipps_emulator::{BasicEncoding, DiscoveryDocument, Emulator, Endpoint, ErrorShape, Failure, Verdict};

const REVOKE: &str = "/access-management-1.0/access/oauth2/revoke";
const DONATIONS: &str = "/donations/v1/reports/payments";

fn with_scope(scope: &str) -> String {
    format!("openid {scope}")
}

async fn claims(vipps: &Emulator, login: &Value) -> Value {
    send(userinfo(vipps, text(&login["access_token"]))).await.json()
}

#[tokio::test]
async fn custom_flows_and_agreements_have_claims_of_their_own() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let login = logged_in(&vipps, &caller, &auth_fields(&vipps).with("scope", &with_scope("customFlow"))).await;
    let told = claims(&vipps, &login).await;
    assert_eq!(told["flowResult"]["screens"][0]["elements"][0]["type"], "checkbox");
    assert_eq!(told.get("agreement"), None);
    let back = authorize(&vipps, &auth_fields(&vipps).with("scope", &with_scope("agreement"))).await;
    assert_eq!(answer(location(&back))["error"], "invalid_scope", "by phone number only");
    let id = asked(&vipps, &caller, &ask_form().with("scope", &with_scope("agreement"))).await;
    vipps.approve(&id, KARI).expect("a decision");
    let login = send(caller.post(&vipps, LOGIN_TOKEN, &poll_form(&id))).await.json();
    let told = claims(&vipps, &login).await;
    assert_eq!(told["agreement"]["accepted"], true);
    assert_eq!(told["agreement"]["timestamp"], "2026-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_code_that_comes_again_ends_the_tokens_of_the_first_exchange() {
    let vipps = open();
    let caller = Caller::partner(&vipps).await;
    let code = code(&vipps, &auth_fields(&vipps)).await;
    let first = send(caller.post(&vipps, LOGIN_TOKEN, &code_form(&code))).await.json();
    let bystander = logged_in(&vipps, &caller, &auth_fields(&vipps)).await;
    // Whoever brings it, and however wrong the rest is.
    let thief = Caller::Merchant(vipps.add_merchant(&msn("654321")));
    let replay = send(thief.post(&vipps, LOGIN_TOKEN, &code_form(&code).without("code_verifier"))).await;
    assert_eq!(replay.oauth(), (400, "invalid_grant".to_owned()));
    assert_eq!(send(userinfo(&vipps, text(&first["access_token"]))).await.status, 401);
    assert_eq!(send(userinfo(&vipps, text(&bystander["access_token"]))).await.status, 200);
}

#[tokio::test]
async fn a_code_of_the_redirect_variant_that_comes_again_does_so_too() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let ask = ask_form().with("requested_flow", "login_to_webpage").with("redirect_uri", CALLBACK);
    let id = asked(&vipps, &caller, &ask).await;
    let url = vipps.approve(&id, KARI).expect("a decision").expect("a URL");
    let form = Fields::new(&[("grant_type", CIBA_REDIRECT), ("code", &answer(&url)["code"])]);
    let first = send(caller.post(&vipps, LOGIN_TOKEN, &form)).await.json();
    assert_eq!(send(userinfo(&vipps, text(&first["access_token"]))).await.status, 200);
    assert_eq!(send(caller.post(&vipps, LOGIN_TOKEN, &form)).await.oauth().1, "invalid_grant");
    assert_eq!(send(userinfo(&vipps, text(&first["access_token"]))).await.status, 401);
}

#[tokio::test]
async fn a_short_nonce_is_taken_at_the_start_and_refused_at_the_end() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    for (nonce, status) in [("1234567", 400), ("12345678", 200)] {
        let code = code(&vipps, &auth_fields(&vipps).with("nonce", nonce)).await;
        let reply = send(caller.post(&vipps, LOGIN_TOKEN, &code_form(&code))).await;
        assert_eq!(reply.status, status, "{nonce}");
        if status == 400 {
            assert_eq!(reply.oauth().1, "insufficient_entropy");
        }
    }
}

#[tokio::test]
async fn pages_name_what_was_sent_and_what_is_known() {
    let vipps = open();
    vipps.add_merchant(&msn("654321"));
    let fields = auth_fields(&vipps).without("client_id").with("msn", "999999");
    let page = authorize(&vipps, &fields).await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("999999 is not connected") && page.text.contains("123456, 654321"), "{}", page.text);
    let page = authorize(&vipps, &auth_fields(&vipps).with("redirect_uri", "https://shop.example/callback/")).await;
    let sent = "Sent: https://shop.example/callback/ Registered for 123456: https://shop.example/callback.";
    assert!(page.status == 400 && page.text.contains(sent), "{}", page.text);
    let request = get(&vipps, PAYMENTS).bearer_auth(partner_token(&vipps).await).header(MSN, "999999");
    send(with_system(request.header(KEY, vipps.partner_keys().subscription_key))).await;
    let record = last(&vipps);
    let refused = record.findings_of(Verdict::Refused).next().expect("a reason");
    assert!(refused.text.contains("999999 is not connected to this partner; connected: 123456, 654321"), "{refused:?}");
}

#[tokio::test]
async fn a_psp_hears_of_its_own_id() {
    let vipps = open();
    let (token, key) = (partner_token(&vipps).await, vipps.partner_keys().subscription_key);
    let call = || with_system(get(&vipps, PAYMENTS).bearer_auth(&token).header(KEY, &key).header("Psp-Id", "1"));
    let reply = send(call().header(MSN, "999999")).await;
    assert_eq!(reply.apim().1, "Invalid MSN: 999999. This MSN is not valid for the provided PSP id.");
    assert_eq!(send(call()).await.apim().1, "Invalid MSN: This MSN is not valid for the provided PSP id.");
}

fn basic(vipps: &Emulator, path: &str, form: &Fields, encoded: bool) -> RequestBuilder {
    let keys = unit(vipps);
    let spelled = |text: &str| if encoded { form_encoded(text) } else { text.to_owned() };
    let request = post_form(vipps, path, form);
    request.basic_auth(spelled(&keys.client_id), Some(spelled(&keys.client_secret)))
}

#[tokio::test]
async fn each_endpoint_reads_basic_as_it_was_told() {
    let vipps = open();
    let hint = Fields::new(&[("login_hint", "urn:msisdn:4791234567")]);
    for encoded in [false, true] {
        assert_eq!(send(basic(&vipps, USER_EXISTS, &hint, encoded)).await.status, 200, "either by default");
    }
    for (encoding, good) in [(BasicEncoding::Raw, false), (BasicEncoding::Form, true)] {
        vipps.basic_encoding(Endpoint::UserExists, encoding).expect("takes Basic");
        assert_eq!(send(basic(&vipps, USER_EXISTS, &hint, good)).await.status, 200);
        let reply = send(basic(&vipps, USER_EXISTS, &hint, !good)).await;
        assert_eq!(reply.oauth(), (401, "invalid_client".to_owned()));
    }
    assert_eq!(send(basic(&vipps, LOGIN_TOKEN, &poll_form("x"), false)).await.oauth().1, "invalid_grant");
    vipps.basic_encoding(Endpoint::LoginToken, BasicEncoding::Form).expect("takes Basic");
    let broken = post_form(&vipps, LOGIN_TOKEN, &poll_form("x")).basic_auth("a", Some("50% more"));
    let reply = send(broken).await;
    assert_eq!(reply.oauth(), (400, "invalid_request".to_owned()));
    assert!(reply.text.contains("could not be decoded"), "{}", reply.text);
    let refusal = vipps.basic_encoding(Endpoint::StandardToken, BasicEncoding::Raw).expect_err("no Basic");
    assert!(refusal.to_string().contains("login_token"), "{refusal}");
}

#[tokio::test]
async fn a_firewall_answers_with_a_web_page() {
    let vipps = open();
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::firewall());
    let reply = send(token_request(&vipps, &vipps.partner_keys())).await;
    assert_eq!((reply.status, reply.header("content-type")), (403, Some("text/html")));
    assert!(reply.text.contains("Microsoft-Azure-Application-Gateway"), "{}", reply.text);
    assert_eq!("firewall".parse::<ErrorShape>().expect("a shape"), ErrorShape::Firewall);
}

#[tokio::test]
async fn discovery_has_an_older_document_and_can_leave_out_revocation() {
    let vipps = open();
    let document = async || send(get(&vipps, DISCOVERY)).await.json();
    let newest = document().await;
    assert_eq!(newest["code_challenge_methods_supported"], json!(["S256"]));
    assert!(newest["revocation_endpoint"].as_str().is_some_and(|url| url.ends_with(REVOKE)));
    vipps.discovery(DiscoveryDocument::Older, false);
    let older = document().await;
    assert_eq!(older["code_challenge_methods_supported"], json!(["plain", "S256"]));
    assert_eq!(older["subject_types_supported"], json!(["public", "pairwise"]));
    assert_eq!((older.get("revocation_endpoint"), &older["issuer"]), (None, &newest["issuer"]));
}

#[tokio::test]
async fn a_login_token_can_be_revoked_by_its_client_alone() {
    let vipps = open();
    let caller = Caller::merchant(&vipps);
    let login = logged_in(&vipps, &caller, &auth_fields(&vipps)).await;
    let token = text(&login["access_token"]);
    let form = Fields::new(&[("token", token)]);
    let other = Caller::Merchant(vipps.add_merchant(&msn("654321")));
    assert_eq!(send(other.post(&vipps, REVOKE, &form)).await.status, 200);
    assert_eq!(send(userinfo(&vipps, token)).await.status, 200);
    let reply = send(caller.post(&vipps, REVOKE, &form)).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, ""));
    assert_eq!(send(userinfo(&vipps, token)).await.status, 401);
    assert_eq!(send(caller.post(&vipps, REVOKE, &Fields::new(&[]))).await.oauth().1, "invalid_request");
    assert_eq!(send(post_form(&vipps, REVOKE, &form)).await.oauth().0, 401);
}

#[tokio::test]
async fn management_tells_of_sales_units_by_number() {
    let vipps = open();
    vipps.name_merchant(&shop(), "Fjord Coffee").expect("known");
    vipps.add_merchant(&msn("654321"));
    let (token, key) = (partner_token(&vipps).await, vipps.partner_keys().subscription_key);
    let at =
        |path: &str| with_system(get(&vipps, &format!("/management/v1/{path}")).bearer_auth(&token).header(KEY, &key));
    let all = send(at("sales-units")).await.json();
    assert_eq!(
        (all.as_array().map(Vec::len), &all[0]["msn"], &all[0]["name"]),
        (Some(2), &json!(123_456), &json!("Fjord Coffee"))
    );
    assert_eq!(send(at("sales-units/123456")).await.json(), all[0]);
    let business = &all[0]["businessIdentifier"];
    let merchant = format!("merchants/{}/{}/sales-units", text(&business["scheme"]), text(&business["id"]));
    assert_eq!(send(at(&merchant)).await.json(), json!([all[0]]));
    assert_eq!(send(at(&merchant.replace(':', "%3A"))).await.status, 200);
    assert_eq!(send(at("merchants/NO:ORG/000000000/sales-units")).await.status, 404);
    vipps.disconnect_merchant(&shop());
    assert_eq!(send(at("sales-units/123456")).await.status, 404);
    assert_eq!(send(at(&merchant)).await.status, 404);
    vipps.deactivate_merchant(&msn("654321"));
    assert_eq!(send(at("sales-units/654321")).await.status, 404);
}

#[tokio::test]
async fn settlement_and_donations_ask_for_the_right_keys() {
    let vipps = open();
    let plain = specialized_token(&vipps).await;
    let body = send(with_system(get(&vipps, LEDGERS).bearer_auth(&plain))).await.json();
    assert_eq!(body["items"][0]["ledgerId"], "123456");
    assert_eq!(send(get(&vipps, "/report/v2/ledgers").bearer_auth(&plain)).await.status, 404);
    let donations = |token: &str| with_system(get(&vipps, DONATIONS).bearer_auth(token));
    assert_eq!(send(donations(&plain)).await.apim().0, 403);
    let scoped = send(miami_request(&vipps, "grant_type=client_credentials&scope=donations%3Aread")).await;
    assert_eq!(send(donations(&access_token(&scoped))).await.json(), json!({ "items": [] }));
    let (partner, key) = (partner_token(&vipps).await, vipps.partner_keys().subscription_key);
    assert_eq!(send(donations(&partner)).await.status, 401, "without its subscription key");
    assert_eq!(send(donations(&partner).header(KEY, key)).await.status, 200);
    let own = token(&vipps, &unit(&vipps)).await;
    assert_eq!(send(donations(&own).header(KEY, unit(&vipps).subscription_key)).await.apim().0, 403);
}

#[tokio::test]
async fn an_endpoint_can_be_down_for_good() {
    let vipps = open();
    vipps.take_down(Endpoint::StandardToken, true);
    for _ in 0..3 {
        assert_eq!(send(token_request(&vipps, &vipps.partner_keys())).await.apim().0, 503);
    }
    vipps.take_down(Endpoint::StandardToken, false);
    assert_eq!(send(token_request(&vipps, &vipps.partner_keys())).await.status, 200);
}
