//! Sales units: the list, one of them, those of a merchant, and what differs from one list to the next.

mod support;

use http::header::{CONTENT_TYPE, DATE};
use support::{
    Reply, SUBSCRIPTION_KEY, Seen, World, bearer, msn, partner_keys, partner_of, sales_unit_keys, specialized_keys,
};
use vipps_partner_auth::{
    CheckOutcome, Config, Environment, ErrorKind, Event, MerchantCheck, Msn, Partner, SalesUnit, SalesUnitState,
};

const NOT_FOUND: &str = r#"{"type":"https://example.invalid/problem","title":"Not Found","status":404}"#;
const FIREWALL: &str = "<html><head><title>403 Forbidden</title></head><body></body></html>";

fn list(msns: &[&str]) -> Reply {
    let entries: Vec<_> = msns.iter().map(|msn| format!(r#"{{"msn":{msn},"name":"Merchant {msn}"}}"#)).collect();
    Reply::json(format!("[{}]", entries.join(",")))
}

fn json(status: u16, body: &'static str) -> Reply {
    Reply::refusal(status, body).header(CONTENT_TYPE, "application/json".parse().expect("a value"))
}

/// A world whose Management API answers so, and whose token endpoint grants.
fn world(management: impl Fn(&Seen) -> Reply + Send + 'static) -> World {
    let world = World::hurried();
    world.vipps.answer(move |number, seen| {
        if seen.url.contains("/management/") {
            management(seen)
        } else {
            Reply::token(&format!("token-{number}"), 86_400)
        }
    });
    world
}

fn msns(units: &[SalesUnit]) -> Vec<&str> {
    units.iter().map(|unit| unit.msn().as_str()).collect()
}

fn told(world: &World) -> Vec<String> {
    world.events.all().iter().filter(|event| event.name().starts_with("merchant_")).map(Event::to_string).collect()
}

#[tokio::test]
async fn the_list_is_asked_for_as_the_partner_itself() {
    let world = world(|_| list(&["123456", "234567"]));
    let units = world.partner().sales_units().await.expect("a list");
    assert_eq!(msns(&units), ["123456", "234567"]);
    assert_eq!(units[0].name(), Some("Merchant 123456"));
    let seen = world.vipps.last();
    assert_eq!(seen.url, "https://api.vipps.no/management/v1/sales-units");
    assert_eq!(seen.method, "GET");
    assert_eq!(bearer(&seen.headers), "token-1");
    assert_eq!(seen.headers["ocp-apim-subscription-key"], SUBSCRIPTION_KEY);
    assert_eq!(seen.headers["vipps-system-name"], "acme");
    assert_eq!(seen.headers["accept"], "application/json");
    assert!(!seen.headers.contains_key("merchant-serial-number"), "the call is not for one merchant");
    assert!(seen.body.is_empty());
}

#[tokio::test]
async fn sales_unit_keys_name_their_own() {
    let world = world(|_| list(&["123456"]));
    partner_of(sales_unit_keys("123456"), world.config()).sales_units().await.expect("a list");
    assert_eq!(world.vipps.last().headers["merchant-serial-number"], "123456");
}

#[tokio::test]
async fn one_odd_entry_costs_that_entry() {
    let body = r#"{"salesUnits":[{"msn":"0123456","name":"","active":true,"paymentAllowed":false,"x":{"y":1}},7,{"name":"no msn"},{"msn":123},{"msn":-1}]}"#;
    let world = world(move |_| Reply::json(body));
    let units = world.partner().sales_units().await.expect("a list");
    assert_eq!(msns(&units), ["0123456", "0123"]);
    assert_eq!((units[0].name(), units[0].active()), (None, Some(true)));
    assert_eq!(units[0].flags().into_iter().collect::<Vec<_>>(), [("active", true), ("paymentAllowed", false)]);
    assert_eq!(units[0].member::<serde_json::Value>("x"), Some(serde_json::json!({ "y": 1 })));
    assert!(units[0].json().contains(r#""x":{"y":1}"#));
    let shown = serde_json::to_value(&units[1]).expect("json");
    assert_eq!(
        shown,
        serde_json::json!({ "msn": "0123", "name": null, "active": null, "flags": {}, "members": { "msn": 123 } })
    );
}

#[tokio::test]
async fn a_reply_without_a_list_is_not_understood() {
    for body in ["{}", "7", "", r#"{"items":{}}"#, r#"[{"name":"a"}]"#, "<html>"] {
        let world = world(move |_| Reply::json(body));
        assert_eq!(world.partner().sales_units().await.expect_err(body).kind(), ErrorKind::Protocol, "{body}");
    }
    let world = world(|_| Reply::json(r#"{"items":[]}"#));
    assert_eq!(world.partner().sales_units().await, Ok(Vec::new()));
}

#[tokio::test]
async fn one_sales_unit_is_connected_or_not_or_inactive() {
    let state = |reply: Reply| async move {
        let world = world(move |_| reply.clone());
        let status = world.partner().sales_unit(msn("0123456")).await.expect("an answer");
        assert_eq!(world.vipps.last().url, "https://api.vipps.no/management/v1/sales-units/0123456");
        assert_eq!(status.msn(), &msn("0123456"));
        (status.state(), status.unit().map(|unit| unit.msn().clone()))
    };
    let its = Some(msn("0123456"));
    assert_eq!(state(Reply::json(r#"{"msn":123456,"name":"a"}"#)).await, (SalesUnitState::Connected, its.clone()));
    assert_eq!(state(Reply::json(r#"{"name":"a"}"#)).await, (SalesUnitState::Connected, its.clone()));
    assert_eq!(state(Reply::json(r#"{"msn":123456,"active":false}"#)).await, (SalesUnitState::Inactive, its));
    assert_eq!(state(json(404, NOT_FOUND)).await, (SalesUnitState::NotConnected, None));
    assert_eq!(state(Reply::status(404)).await, (SalesUnitState::NotConnected, None));
    let invalid = r#"{"statusCode":403,"message":"Invalid MSN: 0123456. This MSN is not valid for the provided supermerchant ID."}"#;
    assert_eq!(state(json(403, invalid)).await, (SalesUnitState::NotConnected, None));
}

#[tokio::test]
async fn a_firewall_and_a_wrong_path_say_nothing_of_the_msn() {
    let replies = [
        (403, FIREWALL, ErrorKind::Forbidden),
        (404, "<html>not here</html>", ErrorKind::Protocol),
        (404, r#"{"statusCode":404,"message":"Resource not found"}"#, ErrorKind::Protocol),
        (404, r#"{"responseInfo":{"responseCode":404},"result":{"message":"x"}}"#, ErrorKind::Protocol),
        (403, r#"[{"errorGroup":"Merchant","errorCode":"37","errorMessage":"x"}]"#, ErrorKind::Forbidden),
        (200, r#"{"msn":654321}"#, ErrorKind::Protocol),
        (200, "[]", ErrorKind::Protocol),
    ];
    for (status, body, kind) in replies {
        let world = world(move |_| json(status, body));
        let error = world.partner().sales_unit(msn("123456")).await.expect_err(body);
        assert_eq!((error.kind(), error.status()), (kind, Some(status)), "{body}");
    }
}

#[tokio::test]
async fn a_merchants_sales_units_may_be_none() {
    let world = world(|seen| if seen.url.contains("987654321") { list(&["123456"]) } else { json(404, NOT_FOUND) });
    let partner = world.partner();
    assert_eq!(msns(&partner.sales_units_of("NO:ORG", "987654321").await.expect("a list")), ["123456"]);
    let url = "https://api.vipps.no/management/v1/merchants/NO:ORG/987654321/sales-units";
    assert_eq!(world.vipps.last().url, url);
    assert_eq!(partner.sales_units_of("FI:YTUNNUS", "1234567-8").await, Ok(Vec::new()));
    let asked = world.vipps.count();
    let long = "1".repeat(51);
    for (scheme, id, field) in [
        ("", "1", "scheme"),
        ("NO/ORG", "1", "scheme"),
        ("NO:ORG", "", "id"),
        ("NO:ORG", "987 654 321", "id"),
        ("NO:ORG", "..", "id"),
        ("NO:ORG", &long, "id"),
    ] {
        let error = partner.sales_units_of(scheme, id).await.expect_err("refused");
        assert_eq!(error.field(), Some(field), "{scheme} {id}");
    }
    assert_eq!(world.vipps.count(), asked, "nothing is sent");
}

#[tokio::test]
async fn keys_and_environments_without_a_management_api_ask_nothing() {
    let world = World::hurried();
    let specialized = partner_of(specialized_keys(), world.config());
    assert_eq!(specialized.sales_units().await.expect_err("refused").field(), Some("keys"));
    let in_test = partner_of(sales_unit_keys("123456"), world.config().environment(Environment::Test));
    assert_eq!(in_test.sales_unit(msn("123456")).await.expect_err("refused").field(), Some("environment"));
    assert_eq!(world.vipps.count(), 0);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let world = world(|seen| {
        if bearer(&seen.headers) == "token-1" {
            json(401, r#"{"statusCode":401,"message":"x"}"#)
        } else {
            list(&["123456"])
        }
    });
    world.partner().sales_units().await.expect("a list");
    let at_management = world.vipps.seen_at("/sales-units");
    assert_eq!(at_management.iter().map(|seen| bearer(&seen.headers)).collect::<Vec<_>>(), ["token-1", "token-3"]);
}

#[tokio::test]
async fn passing_faults_are_tried_again_and_others_not() {
    for (status, tries) in [(500, 3), (429, 3), (503, 3), (400, 1), (403, 1), (401, 2)] {
        let world = world(move |_| Reply::status(status));
        let error = world.partner().sales_units().await.expect_err("refused");
        assert_eq!(error.status(), Some(status));
        assert_eq!(world.vipps.seen_at("/sales-units").len(), tries, "{status}");
    }
    let world = world(|_| Reply::broken());
    assert_eq!(world.partner().sales_units().await.expect_err("no reply").kind(), ErrorKind::Unavailable);
    assert_eq!(world.vipps.seen_at("/sales-units").len(), 3);
}

#[tokio::test]
async fn what_differs_from_the_list_before_is_told() {
    let world = World::hurried();
    let partner = world.partner();
    world.vipps.script([
        Reply::token("a", 86_400),
        list(&["123456", "234567"]),
        list(&["345678", "123456"]),
        list(&["123456"]),
    ]);
    partner.sales_units().await.expect("a list");
    assert!(told(&world).is_empty(), "there is nothing to compare with");
    partner.sales_units().await.expect("a list");
    let first = ["merchant_connected msn=`345678`", "merchant_gone msn=`234567`"];
    assert_eq!(told(&world), first);
    let known = [msn("0123456"), msn("999999")];
    let changes = partner.sales_unit_changes(&known).await.expect("a list");
    assert_eq!(msns(&changes.units), ["123456"]);
    assert!(changes.connected.is_empty(), "a number can't say whether it had a zero in front");
    assert_eq!(changes.gone, [msn("999999")]);
    assert_eq!(told(&world)[2..], ["merchant_gone msn=`999999`"]);
    world.vipps.script([json(500, ""), json(500, ""), json(500, ""), list(&["123456"])]);
    partner.sales_units().await.expect_err("no list");
    partner.sales_units().await.expect("a list");
    assert_eq!(told(&world).len(), 3, "a failure is no empty list");
}

#[tokio::test]
async fn the_first_403_of_a_merchant_that_worked_is_told() {
    let world = World::hurried();
    let partner = world.partner();
    let shop = partner.merchant(msn("123456"));
    let json = Some("application/problem+json; charset=utf-8");
    shop.answered(403, json);
    assert!(told(&world).is_empty(), "it never worked");
    shop.answered(200, None);
    shop.answered(403, Some("text/html"));
    shop.answered(403, None);
    shop.answered(401, json);
    assert!(told(&world).is_empty(), "a firewall says nothing of the merchant");
    partner.merchant(msn("234567")).answered(403, json);
    partner.merchant(msn("123456")).answered(403, json);
    shop.answered(403, json);
    assert_eq!(told(&world), ["merchant_forbidden msn=`123456`"]);
    shop.answered(204, None);
    shop.answered(403, Some("application/json"));
    assert_eq!(told(&world).len(), 2);
}

#[test]
fn the_blocking_calls_are_the_same() {
    let world = world(|seen| if seen.url.ends_with("/sales-units") { list(&["123456"]) } else { json(404, NOT_FOUND) });
    let partner = world.partner().blocking();
    assert_eq!(msns(&partner.sales_units().expect("a list")), ["123456"]);
    assert_eq!(msns(&partner.sales_unit_changes(&[]).expect("a list").connected), ["123456"]);
    assert_eq!(msns(&partner.sales_units_of("NO:ORG", "987654321").expect("a list")), ["123456"]);
    assert_eq!(partner.sales_unit(msn("234567")).expect("an answer").state().as_str(), "not_connected");
}

/// What the three endpoints that a check asks answer.
struct Answers {
    /// `token-1`, `token-2`, … where there is none.
    token: Option<Reply>,
    management: Reply,
    login: Reply,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            token: None,
            management: Reply::json(r#"{"msn":123456,"name":"a"}"#),
            login: json(400, r#"{"error":"invalid_grant"}"#).header(DATE, DATE_AT_START.parse().expect("a value")),
        }
    }
}

const DATE_AT_START: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

async fn checked(answers: Answers, partner: impl Fn(Config) -> Partner) -> (World, MerchantCheck) {
    let world = World::hurried();
    world.vipps.answer(move |number, seen| match &seen.url {
        url if url.contains("/management/") => answers.management.clone(),
        url if url.ends_with("/oauth2/token") => answers.login.clone(),
        url if url.ends_with("/openid-configuration") => Reply::json(discovery()),
        _ => answers.token.clone().unwrap_or_else(|| Reply::token(&format!("token-{number}"), 86_400)),
    });
    let check = partner(world.config()).check(msn("123456")).await.expect("findings");
    (world, check)
}

fn discovery() -> String {
    let base = "https://api.vipps.no";
    let issuer = format!("{base}/access-management-1.0/access/");
    format!(
        r#"{{"issuer":"{issuer}","authorization_endpoint":"{issuer}oauth2/auth","token_endpoint":"{issuer}oauth2/token","userinfo_endpoint":"{base}/vipps-userinfo-api/userinfo","jwks_uri":"{issuer}.well-known/jwks.json","backchannel_authentication_endpoint":"{base}/vipps-login-ciba/api/backchannel/authentication"}}"#
    )
}

fn as_partner(config: Config) -> Partner {
    partner_of(partner_keys(), config)
}

fn outcomes(check: &MerchantCheck) -> [&'static str; 4] {
    check.findings().map(|(_, finding)| finding.outcome.as_str())
}

#[tokio::test]
async fn a_merchant_that_is_ready() {
    let (world, check) = checked(Answers::default(), as_partner).await;
    assert_eq!(outcomes(&check), ["good"; 4]);
    assert!(check.is_good());
    assert_eq!(check.clock_difference, Some(0));
    assert_eq!(check.sales_unit.and_then(|status| Some(status.unit()?.name()?.to_owned())).as_deref(), Some("a"));
    let probe = &world.vipps.seen_at("/oauth2/token")[0];
    assert_eq!(
        (bearer(&probe.headers), &probe.headers["merchant-serial-number"]),
        ("token-1", &"123456".parse().expect("a value"))
    );
    assert!(String::from_utf8_lossy(&probe.body).starts_with("grant_type=authorization_code&code="));
    assert_eq!(world.vipps.count(), 4);
}

#[tokio::test]
async fn each_question_has_its_own_answer() {
    let not_set_up = Answers { login: json(401, r#"{"error":"invalid_client"}"#), ..Answers::default() };
    let (_, check) = checked(not_set_up, as_partner).await;
    assert_eq!(outcomes(&check), ["good", "unknown", "good", "bad"]);
    assert!(!check.is_good());
    let gone = Answers { management: json(404, NOT_FOUND), ..Answers::default() };
    assert_eq!(outcomes(&checked(gone, as_partner).await.1), ["good", "good", "bad", "good"]);
    let blocked = Answers { management: json(403, FIREWALL), login: json(403, FIREWALL), ..Answers::default() };
    let (_, check) = checked(blocked, as_partner).await;
    assert_eq!(outcomes(&check), ["good", "unknown", "unknown", "unknown"]);
    let down = Answers { management: Reply::status(503), login: Reply::status(503), ..Answers::default() };
    let (_, check) = checked(down, as_partner).await;
    assert_eq!(outcomes(&check), ["good", "unknown", "unknown", "unknown"]);
    let refused = Answers { token: Some(json(401, r#"{"error":"invalid_client"}"#)), ..Answers::default() };
    let (_, check) = checked(refused, as_partner).await;
    assert_eq!(check.token.outcome, CheckOutcome::Bad);
    assert_eq!(check.token.error.as_ref().map(vipps_partner_auth::Error::kind), Some(ErrorKind::CredentialsRejected));
    assert_eq!(check.sales_unit, None);
}

#[tokio::test]
async fn clocks_are_compared() {
    for (date, difference, outcome) in [
        ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60), "good"),
        ("Thu, 01 Jan 2026 00:01:01 GMT", Some(61), "bad"),
        ("Wed, 31 Dec 2025 23:00:00 GMT", Some(-3600), "bad"),
        ("yesterday", None, "unknown"),
    ] {
        let login = json(400, r#"{"error":"invalid_grant"}"#).header(DATE, date.parse().expect("a value"));
        let (_, check) = checked(Answers { login, ..Answers::default() }, as_partner).await;
        assert_eq!((check.clock_difference, check.clock.outcome.as_str()), (difference, outcome), "{date}");
    }
}

#[tokio::test]
async fn sales_unit_keys_are_checked_with_basic() {
    let of = |config: Config| partner_of(sales_unit_keys("123456"), config);
    let (world, check) = checked(Answers::default(), of).await;
    assert_eq!(outcomes(&check), ["good"; 4]);
    let probe = &world.vipps.seen_at("/oauth2/token")[0];
    assert!(probe.headers["authorization"].to_str().is_ok_and(|value| value.starts_with("Basic ")));
}

#[tokio::test]
async fn a_check_refuses_keys_that_are_for_nobody_of_that_msn() {
    let world = World::hurried();
    let other: Msn = msn("654321");
    let partner = partner_of(sales_unit_keys("123456"), world.config());
    assert_eq!(partner.check(other).await.expect_err("refused").field(), Some("msn"));
    assert_eq!(world.vipps.count(), 0);
}
