//! Where the browser is sent, and what that costs.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderValue, header::CONTENT_TYPE};
use serde_json::json;
use url::Url;
use vipps_partner_auth::{ErrorKind, Event, LoginOptions, Market, RequestedFlow};

use crate::{
    scene::{At, CALLBACK, PHONE, Scene, assert_why, document, sha256, why},
    support::{Reply, msn, partner_keys, partner_of, sales_unit_keys, specialized_keys},
};

fn query(url: &str) -> HashMap<String, String> {
    Url::parse(url).expect("a url").query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_start_asks_where_the_endpoints_are_and_nothing_else() {
    let scene = Scene::new();
    let login = scene.login();
    for _ in 0..3 {
        login.start(&["openid"]).await.expect("a request");
    }
    assert_eq!(scene.asked(), [At::Discovery]);
    assert!(scene.seen(At::Discovery)[0].headers.get("authorization").is_none());
}

#[tokio::test]
async fn every_start_is_another_and_nobody_can_guess_it() {
    let scene = Scene::new();
    let login = scene.login();
    let mut seen = HashSet::new();
    for _ in 0..300 {
        let request = login.start(&["openid", "name"]).await.expect("a request");
        let sent = query(request.url());
        for secret in [request.state(), request.nonce(), request.code_verifier()] {
            assert!(secret.len() >= 43 && seen.insert(secret.to_owned()), "{secret}");
        }
        assert!(!request.url().contains(request.code_verifier()));
        assert_eq!(sent["code_challenge"], BASE64_URL_SAFE_NO_PAD.encode(sha256(request.code_verifier())));
        assert_eq!((&*sent["state"], &*sent["nonce"]), (request.state(), request.nonce()));
    }
}

#[tokio::test]
async fn without_endpoints_there_is_no_request_and_later_there_is() {
    let scene = Scene::hurried();
    scene.always(At::Discovery, Reply::status(503));
    let login = scene.login();
    let error = login.start(&["openid"]).await.expect_err("no endpoints");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Unavailable, true));
    scene.mend(At::Discovery);
    scene.world.clock.advance(Duration::from_secs(5));
    login.start(&["openid"]).await.expect("a request");
}

#[test]
fn outside_a_runtime_it_works_all_the_same() {
    Scene::new().login().blocking().start(&["openid"]).expect("a request");
}

#[tokio::test]
async fn a_wrong_argument_is_refused_before_anything_is_asked() {
    let scene = Scene::new();
    let login = scene.login();
    let none: [&str; 0] = [];
    for scopes in [&none[..], &["name"], &["openid name"], &["openid", ""], &["openid", "b\"c"], &["openid", "é"]] {
        assert_why(&login.start(scopes).await, "invalid_config", "scopes");
    }
    let app = || LoginOptions::default().app_callback_uri("myapp://back");
    let wrong = [
        ("acr_values", LoginOptions::default().acr_values("")),
        ("acr_values", LoginOptions::default().acr_values("urn:a urn:b")),
        ("app_callback_uri", app()),
        ("app_callback_uri", app().requested_flow(RequestedFlow::AutomaticReturnFromVippsApp)),
        (
            "app_callback_uri",
            LoginOptions::default().app_callback_uri("/back").requested_flow(RequestedFlow::AppToAppV2),
        ),
    ];
    for (field, options) in wrong {
        assert_why(&login.start_with(&["openid"], &options).await, "invalid_config", field);
    }
    assert_eq!(scene.asked(), []);
}

#[tokio::test]
async fn a_url_longer_than_vipps_takes_is_refused() {
    let scene = Scene::new();
    let login = scene.login();
    let scopes = |count: usize| -> Vec<String> {
        (0..count).map(|number| format!("scope-number-{number:04}")).chain(["openid".to_owned()]).collect()
    };
    assert_why(&login.start(&scopes(100)).await, "invalid_config", "redirect_uri");
    let request = login.start(&scopes(60)).await.expect("short enough");
    assert!(request.url().len() <= 1_900);
}

#[tokio::test]
async fn keys_that_are_not_for_this_merchant_start_nothing() {
    let scene = Scene::new();
    let sales_unit = partner_of(sales_unit_keys("123456"), scene.config());
    let specialized = partner_of(specialized_keys(), scene.config());
    for shop in [sales_unit.merchant(msn("654321")), specialized.merchant(msn("123456"))] {
        assert_why(&shop.login(CALLBACK), "invalid_config", "msn");
        assert_why(&shop.backchannel(), "invalid_config", "msn");
    }
    assert_eq!(scene.asked(), []);
}

#[tokio::test]
async fn one_login_serves_the_whole_process_and_clones_are_the_same() {
    let scene = Scene::new();
    let partner = partner_of(partner_keys(), scene.config());
    for shop in ["123456", "654321", "4711"] {
        let login = partner.merchant(msn(shop)).login(CALLBACK).expect("a good redirect_uri").clone();
        let request = login.start(&["openid"]).await.expect("a request");
        assert_eq!((request.msn().as_str(), &*query(request.url())["msn"]), (shop, shop));
    }
    assert_eq!(scene.count(At::Discovery), 1);
}

#[tokio::test]
async fn the_login_page_may_be_anywhere_but_only_over_https() {
    let endpoint = async |endpoint: &str| {
        let scene = Scene::new();
        let mut document = document();
        document["authorization_endpoint"] = json!(endpoint);
        scene.always(At::Discovery, Reply::json(document.to_string()));
        let options = LoginOptions::default().market(Market::Sweden);
        scene.login().start_with(&["openid"], &options).await
    };
    for good in ["https://login.vipps.example/auth", "https://api.vipps.no:8443/auth?theme=new"] {
        let request = endpoint(good).await.expect("a request");
        let separator = if good.contains('?') { "&" } else { "?" };
        assert!(request.url().starts_with(&format!("{good}{separator}response_type=code&")), "{}", request.url());
        assert_eq!(query(request.url())["market"], "SE");
    }
    for bad in ["http://api.vipps.no/auth", "javascript:alert(1)", "/auth", "", "https://api.vipps.no/auth#x"] {
        assert_eq!(why(&endpoint(bad).await).0, "protocol", "{bad}");
    }
}

#[tokio::test]
async fn a_customers_token_that_an_answer_repeats_is_not_told() {
    let scene = Scene::new();
    let token = "findme_in_an_error_code";
    scene.next(At::Start, [Reply::refusal(400, json!({ "error": token }).to_string())]);
    let hint = format!("urn:customer-token:{token}");
    let error = scene.phone().start(&hint, &["openid"]).await.expect_err("refused");
    assert!(!format!("{error} {error:?}").contains(token), "{error:?}");
}

#[tokio::test]
async fn a_merchant_whose_logins_are_forbidden_is_told_of() {
    let scene = Scene::new();
    let phone = scene.phone();
    let forbidden = |scene: &Scene| scene.world.events.count(|event| matches!(event, Event::MerchantForbidden { .. }));
    phone.start(PHONE, &["openid"]).await.expect("a login");
    scene.always(
        At::Start,
        Reply::refusal(403, r#"{"title":"Forbidden"}"#)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json")),
    );
    phone.start(PHONE, &["openid"]).await.expect_err("forbidden");
    assert_eq!(forbidden(&scene), 1);
}

#[tokio::test]
async fn a_scope_that_nobody_knows_is_sent_and_told() {
    let scene = Scene::new();
    let login = scene.login();
    let request = login.start(&["openid", "phone", "phoneNumber", "birthDate", "Name"]).await.expect("a request");
    assert!(request.url().contains("scope=openid%20phone%20phoneNumber"));
    let unusual = |scope: &str| Event::UnusualScope { scope: scope.to_owned() };
    let count = |event: &Event| scene.world.events.count(|told| told == event);
    assert_eq!(["phone", "Name", "phoneNumber", "openid"].map(|scope| count(&unusual(scope))), [1, 1, 0, 0]);
    let phone = scene.phone();
    phone.start(PHONE, &["openid", "mail"]).await.expect("a login");
    assert_eq!(count(&unusual("mail")), 1);
    let event = unusual("phone");
    assert!(event.is_warning());
    assert_eq!(event.to_string(), "unusual_scope scope=`phone`");
}
