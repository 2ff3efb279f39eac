//! The exact header set of every family of endpoints, and who may ask for which.
#![allow(clippy::unchecked_time_subtraction, reason = "an underflow fails the test, as it should")]

mod support;

use std::time::Duration;

use http::{HeaderMap, Method};
use support::{
    CLIENT_ID, CLIENT_SECRET, DAY, Reply, SUBSCRIPTION_KEY, World, msn, partner_keys, partner_of, sales_unit_keys,
    settle, specialized_keys,
};
use vipps_partner_auth::{BasicEncoding, Clock, Environment, ErrorKind, Headers, Keys, Partner, PspKeys, SystemInfo};

const NAMED: [(&str, &str); 2] = [("vipps-system-name", "acme"), ("vipps-system-version", "3.1.2")];
/// Without a plugin the system's own values stand for it.
const SYSTEM: [(&str, &str); 4] =
    [NAMED[0], NAMED[1], ("vipps-system-plugin-name", "acme"), ("vipps-system-plugin-version", "3.1.2")];
const PLUGIN: [(&str, &str); 2] =
    [("vipps-system-plugin-name", "acme-webshop"), ("vipps-system-plugin-version", "4.5.6")];
const STANDARD: [(&str, &str); 2] =
    [("authorization", "Bearer token-1"), ("ocp-apim-subscription-key", SUBSCRIPTION_KEY)];
const MERCHANT: [(&str, &str); 1] = [("merchant-serial-number", "123456")];
const KEYS: [(&str, &str); 3] =
    [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET), ("ocp-apim-subscription-key", SUBSCRIPTION_KEY)];
const SECRETS: [&str; 4] = ["authorization", "client_id", "client_secret", "ocp-apim-subscription-key"];

/// Whether both are one map in memory.
fn are_shared(one: &Headers, other: &Headers) -> bool {
    let (one, other): (&HeaderMap, &HeaderMap) = (one, other);
    std::ptr::eq(one, other)
}

/// These headers and no others, each once, the secret ones marked.
fn assert_exactly(headers: &HeaderMap, expected: &[&[(&str, &str)]]) {
    let mut found: Vec<_> =
        headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("ascii"))).collect();
    let mut expected = expected.concat();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for (name, value) in headers {
        assert!(value.is_sensitive() || !SECRETS.contains(&name.as_str()), "{name} is not marked sensitive");
    }
}

fn with_plugin() -> SystemInfo {
    support::system().with_plugin("acme-webshop", "4.5.6").expect("good values")
}

fn partner(world: &World, keys: impl Into<Keys>) -> Partner {
    partner_of(keys, world.config())
}

#[tokio::test]
async fn a_partners_call_for_a_merchant_carries_token_key_msn_and_system() {
    let world = World::new();
    let shop = partner(&world, partner_keys()).merchant(msn("123456"));
    let expected: &[&[_]] = &[&STANDARD, &MERCHANT, &SYSTEM];
    assert_exactly(&shop.headers().await.expect("a token"), expected);
    assert_exactly(&shop.cached_headers().expect("fresh"), expected);
    assert_exactly(&shop.authorization().await.expect("a token"), expected);
}

#[tokio::test]
async fn a_partners_call_for_no_one_merchant_carries_no_msn() {
    let world = World::new();
    let partner = partner(&world, partner_keys());
    assert_exactly(&partner.headers().await.expect("a token"), &[&STANDARD, &SYSTEM]);
    assert_exactly(&partner.cached_headers().expect("fresh"), &[&STANDARD, &SYSTEM]);
}

#[tokio::test]
async fn sales_unit_keys_always_name_their_own_msn() {
    let world = World::new();
    let partner = partner(&world, sales_unit_keys("123456"));
    let expected: &[&[_]] = &[&STANDARD, &MERCHANT, &SYSTEM];
    assert_exactly(&partner.headers().await.expect("a token"), expected);
    assert_exactly(&partner.cached_headers().expect("fresh"), expected);
    assert_exactly(&partner.merchant(msn("123456")).headers().await.expect("its own msn"), expected);
}

#[tokio::test]
async fn calls_of_the_specialized_flow_carry_token_and_system_and_nothing_else() {
    let world = World::new();
    let partner = partner(&world, specialized_keys());
    let expected: &[&[_]] = &[&STANDARD[..1], &SYSTEM];
    assert_exactly(&partner.headers().await.expect("a token"), expected);
    assert_exactly(&partner.cached_headers().expect("fresh"), expected);
}

#[tokio::test]
async fn a_plugin_has_its_two_headers_in_every_family_and_to_the_token_request() {
    for (keys, family) in [(Keys::from(partner_keys()), &STANDARD[..]), (specialized_keys().into(), &STANDARD[..1])] {
        let world = World::new();
        let partner = Partner::new(keys, with_plugin(), world.config()).expect("good settings");
        assert_exactly(&partner.headers().await.expect("a token"), &[family, &NAMED, &PLUGIN]);
        let sent = world.vipps.last().headers;
        assert!(NAMED.iter().chain(&PLUGIN).all(|(name, value)| sent[*name] == *value));
    }
}

#[tokio::test]
async fn an_empty_system_value_is_left_out_everywhere() {
    let world = World::new();
    let system = SystemInfo::new("acme", "").and_then(|system| system.with_plugin("", "4.5.6")).expect("good values");
    let partner = Partner::new(partner_keys(), system, world.config()).expect("good settings");
    assert_exactly(&partner.headers().await.expect("a token"), &[&STANDARD, &NAMED[..1], &PLUGIN[1..]]);
    assert!(world.vipps.last().headers.values().all(|value| !value.is_empty()));
}

#[tokio::test]
async fn leading_zeros_are_part_of_an_msn() {
    let world = World::new();
    let headers = partner(&world, partner_keys()).merchant(msn("0123456")).headers().await.expect("a token");
    assert_eq!(headers["merchant-serial-number"], "0123456");
}

#[tokio::test]
async fn the_standard_token_request_has_the_keys_in_headers_and_an_empty_body_of_stated_length() {
    let world = World::new();
    partner(&world, partner_keys()).headers().await.expect("a token");
    let request = world.vipps.last();
    assert_eq!((request.method, request.url.as_str()), (Method::POST, "https://api.vipps.no/accesstoken/get"));
    assert!(request.body.is_empty());
    let plain = [("content-length", "0"), ("accept", "application/json")];
    assert_exactly(&request.headers, &[&KEYS, &plain, &SYSTEM]);
}

#[tokio::test]
async fn a_sales_units_token_request_names_its_msn() {
    let world = World::new();
    let config = world.config().environment(Environment::Test);
    partner_of(sales_unit_keys("123456"), config).headers().await.expect("a token");
    let request = world.vipps.last();
    assert_eq!(request.url, "https://apitest.vipps.no/accesstoken/get");
    let plain = [("content-length", "0"), ("accept", "application/json")];
    assert_exactly(&request.headers, &[&KEYS, &plain, &MERCHANT, &SYSTEM]);
}

#[tokio::test]
async fn the_specialized_token_request_is_basic_and_a_form() {
    let plain = |length| {
        [
            ("authorization", "Basic MTIzNDU2LWFjY3QtMDAwMTpTdXAzci9TZWNyZXQrS2V5PT0="),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("accept", "application/json"),
            ("content-length", length),
        ]
    };
    let scoped = specialized_keys().with_scope("donations:read").expect("a scope");
    for (keys, body, length) in [
        (specialized_keys(), "grant_type=client_credentials", "29"),
        (scoped, "grant_type=client_credentials&scope=donations%3Aread", "52"),
    ] {
        let world = World::new();
        partner(&world, keys).headers().await.expect("a token");
        let request = world.vipps.last();
        assert_eq!((request.method, request.url.as_str()), (Method::POST, "https://api.vipps.no/miami/v1/token"));
        assert_eq!(request.body, body);
        assert_exactly(&request.headers, &[&plain(length), &SYSTEM]);
    }
}

#[tokio::test]
async fn the_parts_of_basic_are_raw_or_form_encoded_as_the_setting_says() {
    for (encoding, basic) in [
        (BasicEncoding::Raw, "MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1OmZpeHR1cmUtU2VjcmV0Ky80Mj09"),
        (
            BasicEncoding::Form,
            "MTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1OmZpeHR1cmUtU2VjcmV0JTJCJTJGNDIlM0QlM0Q=",
        ),
    ] {
        let world = World::new();
        let keys = vipps_partner_auth::SpecializedKeys::new(CLIENT_ID, CLIENT_SECRET).expect("good keys");
        let config = world.config().basic_encoding(encoding);
        partner_of(keys, config).headers().await.expect("a token");
        assert_eq!(world.vipps.last().headers["authorization"], format!("Basic {basic}"));
    }
}

#[tokio::test]
async fn a_base_url_of_ones_own_is_used_with_or_without_a_trailing_slash() {
    for url in ["http://127.0.0.1:8585", "http://127.0.0.1:8585/", "https://gateway.example/vipps/"] {
        let world = World::new();
        let config = world.config().environment(Environment::custom(url).expect("a base url"));
        partner_of(partner_keys(), config).headers().await.expect("a token");
        assert_eq!(world.vipps.last().url, format!("{}/accesstoken/get", url.trim_end_matches('/')));
    }
}

#[tokio::test]
async fn sales_unit_keys_refuse_another_msn_before_anything_is_sent() {
    let world = World::new();
    let partner = partner(&world, sales_unit_keys("123456"));
    let stranger = partner.merchant(msn("654321"));
    let error = stranger.headers().await.expect_err("another msn");
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("msn")));
    assert_eq!(world.vipps.count(), 0);
    partner.headers().await.expect("a token");
    assert!(stranger.cached_headers().is_none());
    assert!(stranger.authorization().await.is_err());
}

#[tokio::test]
async fn specialized_keys_refuse_every_merchant_before_anything_is_sent() {
    let world = World::new();
    let partner = partner(&world, specialized_keys());
    let shop = partner.merchant(msn("123456"));
    let error = shop.headers().await.expect_err("no msn in this flow");
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("msn")));
    assert!(error.hint().is_some());
    assert_eq!(world.vipps.count(), 0);
    partner.headers().await.expect("a token");
    assert!(shop.cached_headers().is_none());
}

#[tokio::test]
async fn finished_headers_are_built_once_for_each_token() {
    let world = World::new();
    let shop = world.shop();
    shop.headers().await.expect("a token");
    let first = shop.cached_headers().expect("fresh");
    assert!(are_shared(&first, &shop.cached_headers().expect("fresh")));
    assert!(are_shared(&first, &shop.clone().authorization().await.expect("fresh")));

    world.clock.advance(DAY - Duration::from_secs(60));
    assert!(are_shared(&first, &shop.cached_headers().expect("usable")));
    settle().await;
    let second = shop.cached_headers().expect("fresh");
    assert_eq!((support::bearer(&first), support::bearer(&second)), ("token-1", "token-2"));
    assert!(are_shared(&second, &shop.cached_headers().expect("fresh")));
}

#[tokio::test]
async fn merchants_of_one_partner_share_the_token_and_not_the_headers() {
    let world = World::new();
    let partner = partner(&world, partner_keys());
    for number in ["123456", "654321", "0123", "9999999999"] {
        let headers = partner.merchant(msn(number)).headers().await.expect("a token");
        assert_exactly(&headers, &[&STANDARD, &[("merchant-serial-number", number)], &SYSTEM]);
    }
    assert_eq!(world.vipps.count(), 1);
}

#[tokio::test]
async fn a_call_that_fails_gives_no_headers_at_all() {
    let world = World::new();
    world.vipps.script([Reply::status(403)]);
    let shop = world.shop();
    assert!(shop.headers().await.is_err());
    assert!(shop.cached_headers().is_none());
    assert!(shop.partner().cached_headers().is_none());
}

#[test]
fn partner_keys_are_refused_in_the_test_environment_unless_that_is_asked_for() {
    let world = World::new();
    let config = || world.config().environment(Environment::Test);
    let error = Partner::new(partner_keys(), support::system(), config()).expect_err("production only");
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidConfig, Some("environment")));
    assert!(error.hint().is_some());
    assert!(Partner::new(partner_keys(), support::system(), config().allow_partner_keys_in_test()).is_ok());
    assert!(Partner::new(sales_unit_keys("123456"), support::system(), config()).is_ok());
    assert!(Partner::new(specialized_keys(), support::system(), config()).is_ok());
}

#[tokio::test]
async fn finished_headers_say_how_long_they_hold() {
    let world = World::new();
    let (shop, partner) = (world.shop(), world.partner());
    let shop_of_partner = partner.merchant(msn("123456"));
    let headers = shop_of_partner.authorization().await.expect("a token");
    assert_eq!(headers.generation(), partner.generation());
    let left = world.clock.now().until(headers.fresh_until());
    assert!(left > DAY * 9 / 10 - Duration::from_secs(1) && left < DAY * 93 / 100, "{left:?}");

    assert!(partner.invalidate(headers.token()));
    assert_ne!(headers.generation(), partner.generation(), "a dropped token ends them");
    let renewed = shop_of_partner.authorization().await.expect("a token");
    assert!(renewed.generation() > headers.generation());
    assert_eq!(renewed.generation(), partner.generation());
    assert_eq!(shop.partner().generation(), 0, "another partner's are its own");
}

#[tokio::test]
async fn the_psp_id_is_on_api_calls_and_never_on_the_token_call() {
    let world = World::new();
    let keys = PspKeys::new(CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, "psp-42").expect("good keys");
    assert_eq!(format!("{keys:?}"), format!("PspKeys {{ client_id: \"{CLIENT_ID}\", psp_id: \"psp-42\", .. }}"));
    let partner = partner_of(keys, world.config());
    let headers = partner.merchant(msn("123456")).headers().await.expect("a token");
    assert_eq!((&headers["psp-id"], &headers["merchant-serial-number"]), (&value("psp-42"), &value("123456")));
    assert_eq!(headers["ocp-apim-subscription-key"], SUBSCRIPTION_KEY);
    let own = partner.headers().await.expect("a token");
    assert_eq!((own.get("psp-id"), own.get("merchant-serial-number")), (Some(&value("psp-42")), None));
    let sent = &world.vipps.seen()[0].headers;
    assert!(!sent.contains_key("psp-id") && !sent.contains_key("merchant-serial-number"));
    let refused = [
        partner.merchant(msn("123456")).login("https://shop.example/callback").expect_err("no Login").field(),
        partner.merchant(msn("123456")).backchannel().expect_err("no Login").field(),
        partner.sales_units().await.expect_err("no Management API").field(),
    ];
    assert_eq!(refused, [Some("keys"); 3]);
}

fn value(text: &str) -> http::HeaderValue {
    text.parse().expect("a header value")
}
