//! What the next release would break for those who use the last one: Rust by cargo-semver-checks, Python by griffe. For the other
//! languages the written-down API says it: a declaration that is gone or changed there is one that somebody may use.

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::{fetched, python, repo, versions};

/// Beside the last release; where there is none, that is said.
pub(crate) fn check() -> Result<Tally> {
    let Some(tag) = last_release() else {
        eprintln!("NOTHING TO COMPARE: there is no tag of a release");
        return Ok(Tally::default());
    };
    let now = versions::workspace(&repo::read(&repo::root().join("Cargo.toml"))?)?;
    if may_break(tag.trim_start_matches('v'), &now) {
        eprintln!("NOT COMPARED: {now} may break what {tag} promised; the changelog says what");
        return Ok(Tally::default());
    }
    against(&tag)
}

/// Whether a version may break what an earlier one promised: one with another first number that is not 0.
fn may_break(then: &str, now: &str) -> bool {
    let promise = |version: &str| {
        let numbers: Vec<u32> = version.split(['.', '-']).map_while(|number| number.parse().ok()).take(3).collect();
        let first = numbers.iter().position(|number| *number != 0).unwrap_or(numbers.len());
        numbers.get(..=first).map(<[u32]>::to_vec)
    };
    promise(then) != promise(now)
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

/// Not the one that is being made.
fn last_release() -> Option<String> {
    let tag = step::ask("git", &["describe", "--tags", "--match", "v[0-9]*", "--abbrev=0", "HEAD^"])?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_first_number_may_break() {
        for (then, now) in [("0.1.0", "0.2.0"), ("0.9.3", "1.0.0"), ("1.4.0", "2.0.0-rc.1"), ("0.0.1", "0.0.2")] {
            assert!(may_break(then, now), "{then} {now}");
        }
        for (then, now) in [("0.1.0", "0.1.1"), ("1.4.0", "1.5.0"), ("1.4.0", "1.4.0")] {
            assert!(!may_break(then, now), "{then} {now}");
        }
    }
}
