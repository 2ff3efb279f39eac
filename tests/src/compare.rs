//! What was expected beside what came.

use serde_json::{Value, json};
use vipps_partner_auth::Error;

use crate::{
    runner::Made,
    vectors::{ExpectedRequest, Outcome},
    wire::Seen,
};

/// Whether exactly these requests were sent, in this order.
pub(crate) fn requests(expected: &[ExpectedRequest], seen: &[Seen]) -> Result<(), String> {
    same("number of requests", &expected.len(), &seen.len())?;
    expected.iter().zip(seen).try_for_each(|(expected, seen)| request(expected, seen))
}

fn request(expected: &ExpectedRequest, seen: &Seen) -> Result<(), String> {
    same("method", &expected.method, &seen.method)?;
    same("path", &expected.path, &seen.path)?;
    for (name, value) in &expected.headers {
        same(name, &vec![value], &values(seen, name))?;
    }
    for name in &expected.absent {
        same(name, &Vec::<&String>::new(), &values(seen, name))?;
    }
    match (&expected.body, &expected.form) {
        (Some(body), None) => same("body", body, &seen.body),
        (None, Some(fields)) => form(fields, &seen.body),
        _ => Err("a request has either a body or a form".to_owned()),
    }
}

fn form(expected: &[(String, String)], body: &str) -> Result<(), String> {
    let sent: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    same("number of form fields", &expected.len(), &sent.len())?;
    expected.iter().zip(&sent).try_for_each(|((name, value), (sent_name, sent))| {
        same("form field", name, sent_name)?;
        if value == RANDOM && is_random(sent) { Ok(()) } else { same(name, value, sent) }
    })
}

const RANDOM: &str = "{random}";

fn is_random(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn values<'a>(seen: &'a Seen, name: &str) -> Vec<&'a String> {
    seen.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value).collect()
}

/// Whether the call came to this end, without telling any of these secrets in an error.
pub(crate) fn outcome(expected: &Outcome, made: &Made, secrets: &[String]) -> Result<(), String> {
    match (expected, made) {
        (Outcome::Ok(expected), Ok(made)) => success(expected, made),
        (Outcome::Error(expected), Err(error)) => {
            failure(expected, error)?;
            names_its_field(error)?;
            keeps_secrets(error, secrets)
        }
        (expected, made) => Err(format!("expected {expected:?}, got {made:?}")),
    }
}

/// Of claims, those are compared that the case names; of all else, everything.
fn success(expected: &Value, made: &Value) -> Result<(), String> {
    let Some(claims) = expected.get("claims").and_then(Value::as_object) else {
        return same("result", expected, made);
    };
    claims.iter().try_for_each(|(name, value)| same(name, value, &made["claims"][name]))
}

fn failure(expected: &Value, error: &Error) -> Result<(), String> {
    let properties = expected.as_object().ok_or("an error is an object")?;
    if !properties.contains_key("code") {
        return Err("an error has a code".to_owned());
    }
    properties.iter().try_for_each(|(name, value)| same(&format!("{name} of {error}"), value, &property(error, name)?))
}

fn property(error: &Error, name: &str) -> Result<Value, String> {
    Ok(match name {
        "code" => error.code().into(),
        "claim" => error.claim().into(),
        "field" => error.field().into(),
        "reason" => error.reason().into(),
        "oauth_error" => error.oauth_error().into(),
        "trace_id" => error.trace_id().into(),
        "retry_after" => error.retry_after().map(|wait| wait.as_secs_f64().ceil()).map_or(Value::Null, whole),
        "has_hint" => error.hint().is_some().into(),
        unknown => return Err(format!("unknown property of an error: {unknown}")),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole, non-negative number of seconds")]
fn whole(seconds: f64) -> Value {
    json!(seconds as u64)
}

/// An error about a setting or an argument is a sentence about it.
fn names_its_field(error: &Error) -> Result<(), String> {
    match error.field() {
        Some(field) if !error.detail().starts_with(&format!("{field} ")) => Err(format!("not about {field}: {error}")),
        _ => Ok(()),
    }
}

fn keeps_secrets(error: &Error, secrets: &[String]) -> Result<(), String> {
    let told = format!("{error} {error:?}");
    match secrets.iter().find(|secret| told.contains(*secret)) {
        Some(_) => Err("the text of the error holds a secret".to_owned()),
        None => Ok(()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, made: &T) -> Result<(), String> {
    if expected == made {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, got {made:?}"))
}
