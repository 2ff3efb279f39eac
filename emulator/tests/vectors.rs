//! The shared vectors of the operations, in process and over HTTP: `tests/vectors/emulator.json`.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::*;
use reqwest::Method;
use serde_json::{Value, json};
use vipps_emulator::{Controls, Emulator, Options};

/// How a runner reaches the operations.
#[derive(Clone, Copy)]
enum Way {
    InProcess,
    OverHttp,
}

fn vectors() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/emulator.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the vectors")).expect("JSON");
    document["cases"].as_array().expect("cases").clone()
}

#[tokio::test]
async fn in_process() {
    for case in vectors() {
        play(&case, Way::InProcess).await;
    }
}

#[tokio::test]
async fn over_http() {
    for case in vectors() {
        play(&case, Way::OverHttp).await;
    }
}

#[test]
fn every_operation_has_a_case() {
    let cases = vectors();
    let steps = cases.iter().flat_map(|case| case["steps"].as_array().expect("steps"));
    let called: BTreeSet<&str> = steps.filter_map(|step| step["call"].as_str()).collect();
    let missing: Vec<&str> = Controls::operations().filter(|name| !called.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

async fn play(case: &Value, way: Way) {
    let vipps = Emulator::start(Options::default()).expect("an emulator");
    let mut known = BTreeMap::new();
    for (at, step) in case["steps"].as_array().expect("steps").iter().enumerate() {
        let label = format!("{} step {at}", case["id"]);
        let seen = match step["call"].as_str() {
            Some(operation) => call(&vipps, way, operation, step, &known, &label).await,
            None => request(&vipps, step, &known, &label).await,
        };
        if let Some(name) = step["as"].as_str() {
            known.insert(name.to_owned(), seen);
        }
    }
}

async fn call(
    vipps: &Emulator,
    way: Way,
    operation: &str,
    step: &Value,
    known: &BTreeMap<String, Value>,
    label: &str,
) -> Value {
    let input = filled(&step["input"], known);
    let outcome = match way {
        Way::InProcess => vipps
            .control(operation, input)
            .map_err(|refusal| json!({ "code": refusal.kind.code(), "member": refusal.member })),
        Way::OverHttp => {
            let url = format!("{}/emulator/control/{operation}", vipps.base_url());
            let reply = send(client().post(url).json(&input)).await;
            if reply.status == 200 { Ok(reply.json()) } else { Err(reply.json()) }
        }
    };
    match (outcome, step.get("refused")) {
        (Ok(output), None) => {
            contains(&output, &filled(&step["gives"], known), label);
            output
        }
        (Err(refusal), Some(expected)) => {
            assert_eq!((&refusal["code"], &refusal["member"]), (&expected["code"], &expected["member"]), "{label}");
            refusal
        }
        (outcome, _) => panic!("{label}: {outcome:?}"),
    }
}

async fn request(vipps: &Emulator, step: &Value, known: &BTreeMap<String, Value>, label: &str) -> Value {
    let sent = filled(&step["request"], known);
    let method: Method = sent["method"].as_str().expect("a method").parse().expect("a method");
    let mut request =
        client().request(method, format!("{}{}", vipps.base_url(), sent["path"].as_str().expect("a path")));
    for (name, value) in sent["headers"].as_object().expect("headers") {
        request = request.header(name, value.as_str().expect("text"));
    }
    if let Some(body) = sent["body"].as_str() {
        request = request.body(body.to_owned());
    }
    let expected = filled(&step["reply"], known);
    if expected["dropped"] == true {
        assert!(request.send().await.is_err(), "{label}: there was a reply");
        return Value::Null;
    }
    let reply = send(request).await;
    assert_eq!(expected["status"], reply.status, "{label}: {}", reply.text);
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        assert_eq!(reply.header(name), value.as_str(), "{label}");
    }
    let body = serde_json::from_str(&reply.text).unwrap_or(Value::Null);
    contains(&body, &expected["json"], label);
    for name in expected["absent"].as_array().into_iter().flatten() {
        assert_eq!(body.get(name.as_str().expect("a name")), None, "{label}");
    }
    json!({ "json": body })
}

/// Each expected member is there, and each item in its place; `[]` stands for an empty array. Numbers are equal by value.
fn contains(seen: &Value, expected: &Value, label: &str) {
    match expected {
        Value::Object(members) => members.iter().for_each(|(name, member)| contains(&seen[name], member, label)),
        Value::Array(items) => {
            let seen = seen.as_array().unwrap_or_else(|| panic!("{label}: no array"));
            assert!(seen.len() >= items.len(), "{label}: {seen:?}");
            assert!(!items.is_empty() || seen.is_empty(), "{label}: {seen:?}");
            seen.iter().zip(items).for_each(|(seen, item)| contains(seen, item, label));
        }
        Value::Number(number) => assert_eq!(seen.as_f64(), number.as_f64(), "{label}"),
        // `null` also stands for what a case says nothing about.
        Value::Null => {}
        _ => assert_eq!(seen, expected, "{label}"),
    }
}

/// Puts what earlier steps gave in the places of `{{name.member}}`, and of `{{b64:a:b}}` the base64 of both with a colon.
fn filled(value: &Value, known: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) => Value::String(filled_text(text, known)),
        Value::Array(items) => items.iter().map(|item| filled(item, known)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), filled(member, known)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => value.clone(),
    }
}

fn filled_text(text: &str, known: &BTreeMap<String, Value>) -> String {
    let mut pieces = text.split("{{");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (place, rest) = piece.split_once("}}").expect("an end");
        let value = |place: &str| {
            let (name, path) = place.split_once('.').expect("a member");
            let pointer = format!("/{}", path.replace('.', "/"));
            let value = known.get(name).and_then(|value| value.pointer(&pointer)).and_then(Value::as_str);
            value.unwrap_or_else(|| panic!("nothing is known of {place}")).to_owned()
        };
        match place.strip_prefix("b64:").and_then(|pair| pair.split_once(':')) {
            Some((id, secret)) => filled.push_str(&STANDARD.encode(format!("{}:{}", value(id), value(secret)))),
            None => filled.push_str(&value(place)),
        }
        filled.push_str(rest);
    }
    filled
}
