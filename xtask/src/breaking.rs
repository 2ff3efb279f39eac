//! What the next release would break for those who use the last one: Rust by cargo-semver-checks, Python by griffe. For the other
//! languages the written-down API says it: a declaration that is gone or changed there is one that somebody may use.

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::{fetched, python};

/// Beside the last release; where there is none, that is said.
pub(crate) fn check() -> Result<Tally> {
    let Some(tag) = last_release() else {
        eprintln!("NOTHING TO COMPARE: there is no tag of a release");
        return Ok(Tally::default());
    };
    against(&tag)
}

/// Beside any revision. Both are asked before it fails.
pub(crate) fn against(revision: &str) -> Result<Tally> {
    let found: Vec<String> = [rust(revision), python(revision)]
        .into_iter()
        .filter_map(Result::err)
        .map(|failure| failure.to_string())
        .collect();
    if found.is_empty() { Ok(Tally::default()) } else { Err(Failure::failed(found.join("\n  "))) }
}

fn last_release() -> Option<String> {
    let tag = step::ask("git", &["describe", "--tags", "--match", "v[0-9]*", "--abbrev=0"])?;
    Some(tag.trim().to_owned())
}

fn rust(revision: &str) -> Result {
    Step::new(format!("breaks: Rust, since {revision}"), fetched::CARGO_SEMVER_CHECKS.obtain()?)
        .words("semver-checks --all-features -p vipps-partner-auth -p vipps-emulator --baseline-rev")
        .args([revision])
        .on_failure()
        .run()
        .map(drop)
}

fn python(revision: &str) -> Result {
    let environment = python::Environment::ready(
        "breaks",
        Path::new("python3"),
        Path::new("bindings-python/requirements-breaks.txt"),
    )?;
    let packages = [("vipps_partner_auth", "bindings-python/python"), ("vipps_emulator", "emulator/python")];
    packages.into_iter().try_for_each(|(package, folder)| {
        Step::new(format!("breaks: {package}, since {revision}"), environment.program("griffe"))
            .args(["check", package, "--search", folder, "--against", revision])
            .on_failure()
            .run()
            .map(drop)
    })
}
