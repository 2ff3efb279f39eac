//! Whether everything is as it must be: a report, and the program.

use vipps_partner_auth::doctor::{DoctorOptions, Outcome, Report, command};

use crate::error::Result;

/// How a thing is.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum DoctorOutcomeParts {
    /// As it must be.
    Ok,
    /// It works, and somebody should look into it.
    Warning,
    /// It does not work, or not for long.
    Fault,
}

/// What was found.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ReportParts {
    /// The version of this library.
    pub version: String,
    /// Where the calls go.
    pub environment: Option<String>,
    /// The kind of keys.
    pub keys: Option<String>,
    /// The worst outcome of all.
    pub outcome: DoctorOutcomeParts,
    /// One after the other.
    pub findings: Vec<FindingParts>,
    /// The whole report as JSON.
    pub json: String,
    /// The whole report for people.
    pub text: String,
}

/// One thing that was looked at.
#[derive(Debug, Clone, uniffi::Record)]
pub struct FindingParts {
    /// The stable name of what was looked at.
    pub check: String,
    /// How it is.
    pub outcome: DoctorOutcomeParts,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// What the program prints, and the code that it ends with.
#[derive(Debug, Clone, uniffi::Record)]
pub struct PrintedParts {
    /// The whole text.
    pub text: String,
    /// The code.
    pub exit_code: i32,
}

/// The program with these arguments. Blocks.
#[uniffi::export]
pub fn doctor_command(arguments: Vec<String>) -> PrintedParts {
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let printed = command(arguments, variable);
    PrintedParts { text: printed.text, exit_code: printed.exit_code.into() }
}

pub(crate) fn options(msns: Vec<String>, redirect_uri: Option<String>, offline: bool) -> Result<DoctorOptions> {
    let mut options = DoctorOptions::default();
    for msn in msns {
        options = options.msn(msn.parse()?);
    }
    if let Some(redirect_uri) = redirect_uri {
        options = options.redirect_uri(redirect_uri);
    }
    Ok(if offline { options.offline() } else { options })
}

impl From<Outcome> for DoctorOutcomeParts {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Ok => Self::Ok,
            Outcome::Warning => Self::Warning,
            Outcome::Fault => Self::Fault,
        }
    }
}

impl From<Report> for ReportParts {
    fn from(report: Report) -> Self {
        let findings = report.findings().iter().map(|finding| FindingParts {
            check: finding.check.to_owned(),
            outcome: finding.outcome.into(),
            detail: finding.detail.clone(),
            cure: finding.cure.clone(),
        });
        Self {
            version: report.version().to_owned(),
            environment: report.environment().map(str::to_owned),
            keys: report.keys().map(str::to_owned),
            outcome: report.outcome().into(),
            findings: findings.collect(),
            json: report.to_json(),
            text: report.to_string(),
        }
    }
}
