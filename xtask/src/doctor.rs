//! `cargo xtask doctor`: what is on this machine, and what can therefore run.

use std::ffi::OsString;

use crate::Command;
use crate::checks::CHECKS;
use crate::cross::PLATFORMS;
use crate::failure::{Failure, Result};
use crate::fetched::{self, Fetched};
use crate::job::Job;
use crate::lanes::LANES;
use crate::step;
use crate::tool::{self, Tool};

pub(crate) const COMMAND: Command = Command {
    name: "doctor",
    arguments: "",
    about: "which tools are here, and which lanes and checks can run",
    details,
    run,
};

fn details() -> String {
    "Looks and tells; installs nothing.".to_owned()
}

fn run(args: &[OsString]) -> Result {
    if let Some(word) = args.first() {
        return Err(Failure::usage(format!("one word too many: `{}`", word.to_string_lossy())));
    }
    println!("Tools");
    for program in ["rustc", "cargo"] {
        let version = step::ask(program, &["--version"]).map(|text| text.trim_end().to_owned());
        line(program, &version.unwrap_or_else(|| "missing".to_owned()));
    }
    for tool in tool::ALL {
        line(tool.name, &describe(tool));
    }
    for program in fetched::ALL {
        line(program.name, &describe_fetched(program));
    }
    section("Lanes of `cargo xtask test`", LANES);
    section("Platforms of `cargo xtask cross`", PLATFORMS);
    section("Checks of `cargo xtask check`", CHECKS);
    Ok(())
}

fn describe(tool: &Tool) -> String {
    tool.version().unwrap_or_else(|| format!("missing: {}", tool.install_line()))
}

fn describe_fetched(program: &Fetched) -> String {
    program.version().unwrap_or_else(|| "fetched when first needed".to_owned())
}

fn section(heading: &str, jobs: &[Job]) {
    println!("\n{heading}");
    for job in jobs {
        line(job.name, &readiness(job, |tool| tool.version().is_some()));
    }
}

fn readiness(job: &Job, is_there: impl Fn(&Tool) -> bool) -> String {
    let missing: Vec<&str> = job.tools().filter(|tool| !is_there(tool)).map(|tool| tool.name).collect();
    if missing.is_empty() { "ready".to_owned() } else { format!("needs {}", missing.join(", ")) }
}

fn line(name: &str, text: &str) {
    println!("  {name:<20}{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_ready_when_nothing_it_needs_is_missing() {
        let clippy = CHECKS.iter().find(|job| job.name == "clippy").unwrap_or(&CHECKS[0]);
        assert_eq!(readiness(clippy, |_| true), "ready");
        assert_eq!(readiness(clippy, |tool| *tool == tool::CLIPPY), "needs C compiler (cc)");
        assert_eq!(readiness(clippy, |_| false), "needs clippy, C compiler (cc)");
    }

    #[test]
    fn every_tool_that_a_job_needs_is_listed() {
        for job in LANES.iter().chain(PLATFORMS).chain(CHECKS) {
            assert!(job.tools().all(|tool| tool::ALL.contains(&tool)), "{}", job.name);
        }
    }

    #[test]
    fn words_are_refused() {
        assert!(run(&["please".into()]).is_err_and(|failure| failure.is_usage()));
    }
}
