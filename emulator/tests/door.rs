//! The door: every control and reading as an operation with JSON in and out, over HTTP and in process.

mod common;

use std::collections::BTreeSet;

use common::{login::*, *};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use vipps_emulator::{ControlErrorKind, Controls, Emulator, Options, Setup};

fn door(vipps: &Emulator, operation: &str, input: &Value) -> RequestBuilder {
    client().post(format!("{}/emulator/control/{operation}", vipps.base_url())).json(input)
}

/// Code, member and rule of a refusal.
async fn refused(request: RequestBuilder) -> (u16, String, Option<String>, String) {
    let reply = send(request).await;
    let body = reply.json();
    let word = |name: &str| body[name].as_str().map(str::to_owned);
    (reply.status, word("code").expect("a code"), word("member"), word("rule").expect("a rule"))
}

#[tokio::test]
async fn the_same_operations_are_offered_over_http_and_in_process() {
    let vipps = start();
    let reply = send(door(&vipps, "set_time", &json!({ "at": 1_000 }))).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "now": 1000.0, "running": false, "warning": null })));
    assert_eq!(vipps.control("advance", json!({ "seconds": 1.5 })).expect("now")["now"], 1001.5);
    assert_eq!(vipps.now_unix(), 1_001);
    let keys = vipps.control("add_merchant", json!({ "msn": "654321", "name": "Books" })).expect("keys");
    assert_eq!(keys["client_id"], vipps.sales_unit_keys(&msn("654321")).expect("keys").client_id);
    let empty = client().post(format!("{}/emulator/control/real_time", vipps.base_url()));
    assert_eq!(send(empty.header("Content-Type", "application/json")).await.json()["running"], true);
    assert!(vipps.requests().is_empty(), "the door is not part of the service");
}

#[tokio::test]
async fn wrong_operations_members_words_and_types_are_refused_by_name_and_rule() {
    let vipps = start();
    for (operation, input, member, rule) in [
        ("advance", json!({}), Some("seconds"), "is missing"),
        ("advance", json!({ "seconds": "60" }), Some("seconds"), "must be seconds, a number from 0 to 3155760000"),
        ("advance", json!({ "seconds": -1 }), Some("seconds"), "must be seconds"),
        ("advance", json!({ "seconds": 1, "minutes": 1 }), Some("minutes"), "there is no such member; known: seconds"),
        ("advance", json!([1]), None, "must be"),
        ("wrong_environment", json!({ "on": "yes" }), Some("on"), "must be true or false"),
        ("fields", json!({ "fields": "five" }), Some("fields"), "no such number of fields: must be one of seven, four"),
        ("fail_next", json!({ "endpoint": "jwks", "times": 0, "status": 500 }), Some("times"), "from 1 to 1000000"),
        ("fail_next", json!({ "endpoint": "jwks", "status": 100 }), Some("status"), "from 200 to 999"),
        ("fail_next", json!({ "endpoint": "jwks" }), None, "exactly one of status, kind and delay"),
        ("fail_next", json!({ "endpoint": "jwks", "kind": "hang", "delay": 1 }), None, "exactly one of"),
        ("fail_next", json!({ "endpoint": "jwks", "kind": "hang", "shape": "html" }), Some("status"), "is missing"),
        (
            "fail_next",
            json!({ "endpoint": "jwks", "status": 429, "retry_after": true }),
            Some("retry_after"),
            "must be",
        ),
        (
            "fail_next",
            json!({ "endpoint": "jwks", "status": 429, "retry_after": "a\n" }),
            Some("retry_after"),
            "header",
        ),
        ("script", json!({ "path": "x", "replies": [] }), Some("path"), "must begin with a slash"),
        ("script", json!({ "path": "/emulator/state", "replies": [] }), Some("path"), "none of the emulator's own"),
        ("script", json!({ "path": "/x", "replies": [{ "status": 7 }] }), Some("replies[0].status"), "from 200"),
        (
            "script",
            json!({ "path": "/x", "replies": [{ "status": 200, "headers": { "a b": "" } }] }),
            Some("replies[0].headers"),
            "header name",
        ),
        ("add_merchant", json!({ "msn": 123_456 }), Some("msn"), "4 to 10 digits, as text"),
        ("add_merchant", json!({ "msn": "123" }), Some("msn"), "4 to 10 digits"),
        ("login_scopes", json!({ "msn": "123456", "scopes": "openid" }), Some("scopes"), "must be an array"),
        ("add_user", json!({ "given_name": "Ola" }), Some("msisdn"), "is missing"),
        ("add_user", json!({ "msisdn": "12" }), Some("msisdn"), "8 to 15 digits"),
        (
            "add_user",
            json!({ "msisdn": "4799999999", "addresses": [{ "kind": "castle" }] }),
            Some("addresses[0].kind"),
            "home, work, other",
        ),
        (
            "mint_id_token",
            json!({ "msn": "123456", "auth_req_id": { "snake": "x" } }),
            Some("auth_req_id.snake"),
            "auth_req_id, authReqId",
        ),
        (
            "basic_encoding",
            json!({ "endpoint": "standard_token", "encoding": "raw" }),
            Some("endpoint"),
            "takes no Basic",
        ),
        ("ping_url", json!({ "url": "http://shop.example/" }), Some("url"), "127.0.0.1"),
        ("ping_url", json!({ "secret": "s" }), Some("url"), "is missing"),
        ("jwks_cache_control", json!({ "value": "a\nb" }), Some("value"), "not a header value"),
        ("backchannel_limit", json!({ "logins": -1 }), Some("logins"), "from 0 to 10000"),
    ] {
        let (status, code, about, text) = refused(door(&vipps, operation, &input)).await;
        assert_eq!(
            (status, code.as_str(), about.as_deref()),
            (400, "invalid_input", member),
            "{operation} {input}: {text}"
        );
        assert!(text.contains(rule), "{operation} {input}: {text}");
    }
    let nowhere = refused(door(&vipps, "advanced", &json!({}))).await;
    assert_eq!((nowhere.0, nowhere.1.as_str()), (404, "unknown_operation"));
    for (operation, input, member) in [
        ("sales_unit_keys", json!({ "msn": "9999" }), "msn"),
        ("deactivate_merchant", json!({ "msn": "9999" }), "msn"),
        ("name_merchant", json!({ "msn": "9999", "name": "x" }), "msn"),
        ("approve", json!({ "id": "x", "msisdn": KARI }), "id"),
        ("auto_approve", json!({ "msisdn": "4700000000" }), "msisdn"),
    ] {
        let (status, code, about, _) = refused(door(&vipps, operation, &input)).await;
        assert_eq!((status, code.as_str(), about.as_deref()), (404, "not_found", Some(member)), "{operation}");
    }
}

#[tokio::test]
async fn what_was_sent_is_not_repeated() {
    let vipps = start();
    for input in [json!({ "fields": "s3cret" }), json!({ "fields": ["s3cret"] }), json!("s3cret")] {
        assert!(!send(door(&vipps, "fields", &input)).await.text.contains("s3cret"));
    }
    let keys = json!({ "msn": "654321", "keys": { "client_id": "a", "client_secret": 5_343_210 } });
    assert!(!send(door(&vipps, "add_merchant", &keys)).await.text.contains("5343210"));
}

#[tokio::test]
async fn nothing_is_half_applied() {
    let vipps = open();
    let before = vipps.control("merchants", json!({})).expect("a list");
    let taken = vipps.partner_keys().client_id;
    for input in [
        json!({ "msn": "654321", "redirect_uris": ["https://shop.example/a", "nowhere"] }),
        json!({ "msn": "123456", "name": "New", "redirect_uris": ["https://shop.example/a#b"] }),
        json!({ "msn": "123456", "name": "New", "keys": { "client_id": taken } }),
        json!({ "msn": "123456", "name": "New", "keys": { "subscription_key": "a b" } }),
    ] {
        assert_eq!(vipps.control("add_merchant", input).expect_err("no").kind, ControlErrorKind::InvalidInput);
        assert_eq!(vipps.control("merchants", json!({})).expect("a list"), before);
    }
    let two = json!({ "path": TOKEN, "replies": [{ "status": 418 }, { "status": 7 }] });
    vipps.control("script", two).expect_err("no");
    assert_eq!(send(token_request(&vipps, &vipps.partner_keys())).await.status, 200);
}

#[tokio::test]
async fn the_door_takes_json_alone_and_from_no_other_site() {
    let vipps = start();
    let at = |method, operation: &str| {
        client().request(method, format!("{}/emulator/control/{operation}", vipps.base_url()))
    };
    let form = at(reqwest::Method::POST, "advance").header("Content-Type", "text/plain").body(r#"{"seconds":1}"#);
    assert_eq!(refused(form).await.0, 415);
    assert_eq!(refused(at(reqwest::Method::GET, "now")).await.0, 405);
    let twice = at(reqwest::Method::POST, "advance").header("Content-Type", "application/json");
    let (status, _, _, rule) = refused(twice.body(r#"{"seconds":1,"seconds":2}"#)).await;
    assert_eq!(status, 400);
    assert!(rule.contains("a member comes twice"), "{rule}");
    for (name, value) in
        [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Host", "evil.example")]
    {
        assert_eq!(send(door(&vipps, "revoke_tokens", &json!({})).header(name, value)).await.status, 403, "{name}");
    }
}

#[tokio::test]
async fn a_login_can_be_steered_through_the_door_alone() {
    let vipps = Emulator::start(Options::default()).expect("an emulator");
    let run = async |operation: &str, input: Value| send(door(&vipps, operation, &input)).await.json();
    run("add_merchant", json!({ "msn": "123456", "redirect_uris": [CALLBACK], "login_scopes": ["openid"] })).await;
    let caller = Caller::partner(&vipps).await;
    let id = asked(&vipps, &caller, &ask_form()).await;
    let logins = run("logins", json!({})).await;
    assert_eq!(
        (&logins["logins"][0]["status"], &logins["logins"][0]["scopes"]),
        (&json!("pending"), &json!(["openid"]))
    );
    assert_eq!(run("approve", json!({ "id": id })).await, json!({ "url": null }), "whoever was asked");
    let tokens = send(caller.post(&vipps, LOGIN_TOKEN, &poll_form(&id))).await.json();
    assert!(tokens["id_token"].is_string());
    let requests = run("requests", json!({})).await;
    let last = requests["requests"].as_array().expect("an array").last().expect("a request");
    assert_eq!((&last["path"], &last["status"]), (&json!(LOGIN_TOKEN), &json!(200)));
    assert!(text(&last["reply_body"]).contains("id_token"));
    let after = run("requests", json!({ "after": last["id"] })).await;
    assert_eq!(after, json!({ "requests": [] }));
}

#[test]
fn the_description_is_that_of_the_code() {
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json")).expect("openapi.json");
    let rule = "emulator/openapi.json is out of date: vipps-emulator --openapi > emulator/openapi.json";
    assert!(kept == Controls::openapi(), "{rule}");
}

#[tokio::test]
async fn the_description_is_served_and_names_every_operation() {
    let vipps = start();
    let reply = send(get(&vipps, "/emulator/openapi.json")).await;
    let document = reply.json();
    assert_eq!((reply.status, &document["openapi"]), (200, &json!("3.1.0")));
    let described: BTreeSet<&str> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    let offered: Vec<String> = Controls::operations().map(|name| format!("/emulator/control/{name}")).collect();
    assert_eq!(described, offered.iter().map(String::as_str).collect());
    for path in &described {
        let summary = document["paths"][path]["post"]["summary"].as_str().expect("a summary");
        assert!(summary.ends_with('.'), "{path}: {summary}");
    }
    resolve(&document, &document);
}

/// Each reference leads somewhere.
fn resolve(document: &Value, part: &Value) {
    if let Some(reference) = part["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    match part {
        Value::Array(items) => items.iter().for_each(|item| resolve(document, item)),
        Value::Object(members) => members.values().for_each(|member| resolve(document, member)),
        _ => {}
    }
}

#[test]
fn every_reading_answers_without_any_input() {
    let vipps = start();
    for name in
        ["info", "partner_keys", "specialized_keys", "merchants", "users", "now", "jwks", "logins", "pings", "requests"]
    {
        assert!(vipps.control(name, json!({})).expect(name).is_object());
    }
}

#[test]
fn a_setup_is_refused_by_option_operation_and_member() {
    for (text, member) in [
        (r#"{"prot": 1}"#, "prot"),
        (r#"{"port": 70000}"#, "port"),
        (r#"{"mode": "prod"}"#, "mode"),
        (r#"{"merchants": ["123456", "x"]}"#, "merchants[1]"),
        (r#"{"partner_keys": {"client": "x"}}"#, "partner_keys.client"),
        (r#"{"advance": 5}"#, "advance"),
    ] {
        let refusal = Setup::from_json_text(text).expect_err(text);
        assert_eq!(refusal.member.as_deref(), Some(member), "{refusal}");
    }
    let setup =
        Setup::from_toml_text("[[fail_next]]\nendpoint = \"jwks\"\nstatus = 503\n[[fail_next]]\nendpoint = \"jwk\"\n");
    let refusal = setup.expect("a setup").start().expect_err("a wrong word").to_string();
    assert!(refusal.starts_with("fail_next[1].endpoint: no such endpoint"), "{refusal}");
    assert!(Setup::from_toml_text("port = \n").expect_err("no TOML").rule.contains("line 1"));
    let refusal =
        Setup::from_toml_text("public_url = \"x\"").expect("an option").start().expect_err("no URL").to_string();
    assert!(refusal.starts_with("public_url: must be"), "{refusal}");
}
