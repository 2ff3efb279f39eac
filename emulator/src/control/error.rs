//! Why a control was refused.

use std::{fmt, io};

use serde::Serialize;
use serde_json::{Value, json};

use crate::words::words;

words! {
    "reason for a refusal";
    /// Why a control was refused.
    pub enum ControlErrorKind {
        /// There is no operation of that name.
        UnknownOperation = "unknown_operation",
        /// A member is missing, unknown, of the wrong type or out of bounds, or it does not fit what is there.
        InvalidInput = "invalid_input",
        /// There is no such sales unit, login or person.
        NotFound = "not_found",
    }
}

/// A control that was refused. Nothing of it was applied.
///
/// `Display` gives member and rule; what was sent is not repeated, as it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ControlError {
    /// Why.
    pub kind: ControlErrorKind,
    /// The member of the input that it is about, such as `replies[0].status`; `None` when it is about all of it.
    pub member: Option<String>,
    /// The rule.
    pub rule: String,
}

impl ControlError {
    pub(crate) fn invalid(member: impl Into<Option<String>>, rule: impl Into<String>) -> Self {
        Self { kind: ControlErrorKind::InvalidInput, member: member.into(), rule: rule.into() }
    }

    pub(crate) fn unknown_operation() -> Self {
        Self {
            kind: ControlErrorKind::UnknownOperation,
            member: None,
            rule: "there is no such operation: /emulator/openapi.json lists all".to_owned(),
        }
    }

    /// As the door sends it: `error`, `code`, `member` and `rule`.
    pub fn to_json(&self) -> Value {
        json!(Sent { error: self.to_string(), code: self.kind, member: self.member.as_deref(), rule: &self.rule })
    }

    /// What a deserializer says, without what was given: that may be a secret that slipped.
    pub(crate) fn from_serde(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let text = error.inner().to_string();
        let path = Some(path).filter(|path| path != ".");
        match quoted(&text, "missing field ") {
            Some(name) => Self::invalid(joined(path.as_deref(), name), "is missing"),
            None => Self::of_member(path, &text),
        }
    }

    fn of_member(path: Option<String>, text: &str) -> Self {
        if let Some(name) = quoted(text, "unknown field ") {
            let known = text.split_once(", expected ").map_or("there are no members", |(_, known)| known);
            let known = known.trim_start_matches("one of ").replace('`', "");
            let parent = path.as_deref().map(parent).filter(|parent| !parent.is_empty());
            return Self::invalid(joined(parent, name), format!("there is no such member; known: {known}"));
        }
        if let Some(name) = quoted(text, "duplicate field ") {
            return Self::invalid(joined(path.as_deref(), name), "comes twice");
        }
        match text.split_once(", expected ") {
            Some((_, expected)) if text.starts_with("invalid ") => {
                Self::invalid(path, format!("must be {}", plain(expected)))
            }
            _ => Self::invalid(path, text),
        }
    }
}

#[derive(Serialize)]
struct Sent<'a> {
    error: String,
    code: ControlErrorKind,
    member: Option<&'a str>,
    rule: &'a str,
}

impl From<io::Error> for ControlError {
    /// The typed controls name the member in front of the rule.
    fn from(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => ControlErrorKind::NotFound,
            _ => ControlErrorKind::InvalidInput,
        };
        let text = error.to_string();
        let is_name =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || b"_[]0123456789.".contains(&byte));
        match text.split_once(": ").filter(|(name, _)| is_name(name)) {
            Some((name, rule)) => Self { kind, member: Some(name.to_owned()), rule: rule.to_owned() },
            None => Self { kind, member: None, rule: text },
        }
    }
}

impl From<ControlError> for io::Error {
    fn from(error: ControlError) -> Self {
        let kind = match error.kind {
            ControlErrorKind::NotFound => io::ErrorKind::NotFound,
            _ => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.member {
            Some(member) => write!(f, "{member}: {}", self.rule),
            None => f.write_str(&self.rule),
        }
    }
}

impl std::error::Error for ControlError {}

fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_prefix('`')?.split('`').next()
}

fn joined(parent: Option<&str>, name: &str) -> String {
    parent.map_or_else(|| name.to_owned(), |parent| format!("{parent}.{name}"))
}

/// The path names the unknown member itself, too.
fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// Words for types as JSON has them.
fn plain(expected: &str) -> &str {
    match expected {
        "a string" | "string" | "str" => "text",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with('u') || other.starts_with('i') => "a whole number",
        other => other,
    }
}
