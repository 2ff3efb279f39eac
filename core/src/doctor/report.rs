//! What was found, as data and as text.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use super::{VERSION, spoken};
use crate::{
    error::{Error, ErrorKind},
    partner::Inner,
    secret::Secret,
};

/// How one thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it must be.
    Ok,
    /// It works, and somebody should look into it.
    Warning,
    /// It does not work, or not for long.
    Fault,
}

impl Outcome {
    /// `ok`, `warning` or `fault`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One thing that was looked at. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The stable name of what was looked at, such as `token`; `docs/doctor.md` lists them. The same in every language.
    pub check: &'static str,
    /// How it was found.
    pub outcome: Outcome,
    /// What was found, in plain words.
    pub detail: String,
    /// What to do about it, where something must be done and that is known.
    pub cure: Option<String>,
}

/// What [`Partner::doctor`](crate::Partner::doctor) found. `Display` is the text for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    version: &'static str,
    keys: Option<String>,
    environment: Option<String>,
    outcome: Outcome,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(partner: &Inner, findings: Findings) -> Self {
        Self {
            keys: Some(spoken(partner.provider.keys().kind())),
            environment: Some(partner.environment.base_url().to_owned()),
            ..Self::of(findings)
        }
    }

    /// Without a partner, since none could be made.
    pub(super) fn of(findings: Findings) -> Self {
        let outcome = findings.0.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Ok);
        Self { version: VERSION, keys: None, environment: None, outcome, findings: findings.0 }
    }

    /// The same with what was found before.
    pub(super) fn after(self, before: Findings) -> Self {
        let findings = before.followed_by(Findings(self.findings));
        Self { keys: self.keys, environment: self.environment, ..Self::of(findings) }
    }

    /// With stand-ins for keys there is nothing to say of their kind.
    pub(super) fn without_keys(self) -> Self {
        Self { keys: None, ..self }
    }

    /// All that was looked at, in the order in which it was. What could not be looked at is not among them: first mend what
    /// is.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The version of this library.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// Where the calls go; none where that could not be read.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// The kind of keys, such as `partner`; none where they could not be read.
    pub fn keys(&self) -> Option<&str> {
        self.keys.as_deref()
    }

    /// The worst of them.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The whole report as JSON: an object with `version`, `environment`, `keys`, `outcome` and `findings`, each of which
    /// has `check`, `outcome`, `detail` and `cure`.
    pub fn to_json(&self) -> String {
        // Texts and lists of them can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |finding: &Finding| finding.check.len();
        let width = self.findings.iter().map(named).max().unwrap_or_default();
        for finding in &self.findings {
            let mark = if finding.outcome == Outcome::Fault { "FAULT" } else { finding.outcome.as_str() };
            writeln!(f, "{mark:7}  {:width$}  {}", finding.check, finding.detail)?;
            if let Some(cure) = &finding.cure {
                writeln!(f, "{:7}  {:width$}  -> {cure}", "", "")?;
            }
        }
        let of = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let [faults, warnings] = [self.count(Outcome::Fault), self.count(Outcome::Warning)];
        writeln!(f, "{}, {}", of(faults, "fault"), of(warnings, "warning"))
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn ok(&mut self, check: &'static str, detail: impl Into<String>) {
        self.0.push(Finding { check, outcome: Outcome::Ok, detail: detail.into(), cure: None });
    }

    pub(super) fn warn(&mut self, check: &'static str, detail: impl Into<String>, cure: impl Into<String>) {
        self.0.push(Finding { check, outcome: Outcome::Warning, detail: detail.into(), cure: Some(cure.into()) });
    }

    pub(super) fn fault(&mut self, check: &'static str, detail: impl Into<String>, cure: impl Into<String>) {
        self.0.push(Finding { check, outcome: Outcome::Fault, detail: detail.into(), cure: Some(cure.into()) });
    }

    /// What an error of this library says, its likely cause as the cure.
    pub(super) fn error(&mut self, check: &'static str, error: &Error) {
        let mut detail = error.detail().to_owned();
        if let Some(status) = error.status() {
            detail = format!("{detail} (status {status})");
        }
        let cure = error.hint().map_or_else(|| usual_cure(error.kind()), |hint| Cow::Owned(hint.to_owned()));
        self.fault(check, detail, cure);
    }

    pub(super) fn followed_by(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Faults are warnings only.
    pub(super) fn soften(&mut self) {
        for finding in &mut self.0 {
            finding.outcome = finding.outcome.min(Outcome::Warning);
        }
    }

    /// All texts are our own, so none should hold any of these; a gateway may still have echoed one.
    pub(super) fn without(mut self, secrets: &[Secret]) -> Self {
        let hide = |text: &mut String| {
            for secret in secrets.iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST_SECRET) {
                *text = text.replace(secret, "***");
            }
        };
        for finding in &mut self.0 {
            hide(&mut finding.detail);
            if let Some(cure) = &mut finding.cure {
                hide(cure);
            }
        }
        self
    }
}

/// Whatever is shorter would hide words.
const SHORTEST_SECRET: usize = 6;

fn usual_cure(kind: ErrorKind) -> Cow<'static, str> {
    match kind {
        ErrorKind::RateLimited => "wait a while, and call less often".into(),
        ErrorKind::Unavailable => "try again later; see whether Vipps has an outage".into(),
        ErrorKind::InvalidConfig => "set it right".into(),
        ErrorKind::CredentialsRejected => "check keys and environment".into(),
        ErrorKind::Forbidden => "ask Vipps whether the keys may do this".into(),
        _ => "report it".into(),
    }
}
