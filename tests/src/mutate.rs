//! Bends a case in memory, so that a runner that compares nothing is found out.

use serde_json::{Value, json};

use crate::vectors::{Case, Outcome};

/// Every way to bend what the case expects, each with a word about it. A runner must fail all of them.
pub fn bent(case: &Case) -> Vec<(String, Case)> {
    results(case).into_iter().chain(exchanges(case)).collect()
}

fn results(case: &Case) -> Vec<(String, Case)> {
    let with = |name: &str, result| (name.to_owned(), Case { result, ..case.clone() });
    let (value, wrap): (_, fn(Value) -> Outcome) = match &case.result {
        Outcome::Ok(value) => (value, Outcome::Ok),
        Outcome::Error(value) => (value, Outcome::Error),
    };
    let other = match &case.result {
        Outcome::Ok(_) => Outcome::Error(json!({ "code": "internal" })),
        Outcome::Error(_) => Outcome::Ok(json!({})),
    };
    let leaves = leaves_bent(value).into_iter().map(|(path, value)| with(&path, wrap(value)));
    leaves.chain([with("the opposite result", other)]).collect()
}

/// The value once for each leaf in it, with that leaf changed.
fn leaves_bent(value: &Value) -> Vec<(String, Value)> {
    let children: Vec<(String, Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, child)| (name.clone(), child.clone())).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, child)| (i.to_string(), child.clone())).collect(),
        leaf => return vec![(String::new(), bent_leaf(leaf))],
    };
    children.into_iter().flat_map(|(name, child)| put_back(value, &name, &child)).collect()
}

fn put_back(parent: &Value, name: &str, child: &Value) -> Vec<(String, Value)> {
    let changed = |child| {
        let mut parent = parent.clone();
        match &mut parent {
            Value::Array(items) => items[name.parse::<usize>().expect("an index")] = child,
            other => other[name] = child,
        }
        parent
    };
    leaves_bent(child).into_iter().map(|(path, child)| (format!("{name}/{path}"), changed(child))).collect()
}

fn bent_leaf(leaf: &Value) -> Value {
    match leaf {
        Value::String(text) => format!("{text}x").into(),
        Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 1.0),
        Value::Bool(flag) => (!flag).into(),
        _ => "x".into(),
    }
}

fn exchanges(case: &Case) -> Vec<(String, Case)> {
    if case.exchange.is_empty() {
        return Vec::new();
    }
    let mut fewer = case.clone();
    fewer.exchange.pop();
    let mut more = case.clone();
    more.exchange.extend(case.exchange.last().cloned());
    let of_steps = (0..case.exchange.len()).flat_map(|step| requests(case, step));
    of_steps.chain([("a step less".to_owned(), fewer), ("a step more".to_owned(), more)]).collect()
}

fn requests(case: &Case, step: usize) -> Vec<(String, Case)> {
    let request = &case.exchange[step]["request"];
    let with = |what: String, request| {
        let mut case = case.clone();
        case.exchange[step]["request"] = request;
        (what, case)
    };
    let mut bent: Vec<_> = leaves_bent(request).into_iter().filter(|(path, _)| !path.starts_with("absent")).collect();
    if let Some(name) = request["headers"].as_object().and_then(|headers| headers.keys().next()) {
        let mut forbidden = request.clone();
        forbidden["absent"] = json!([name]);
        bent.push(("absent".to_owned(), forbidden));
    }
    bent.into_iter().map(|(path, request)| with(format!("request {step} {path}"), request)).collect()
}
