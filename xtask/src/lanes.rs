//! `cargo xtask test`: one lane per language or setting. A new lane is one entry in `LANES`.

use std::ffi::OsString;

use crate::Command;
use crate::failure::{Failure, Result};
use crate::job::{self, Job};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::tool;

pub(crate) const COMMAND: Command =
    Command { name: "test", arguments: "[--only a,b]", about: "run the test lanes, or only those named", details, run };

pub(crate) const LANES: &[Job] = &[Job {
    name: "rust",
    about: "all tests, examples and documentation examples of the Rust crates",
    needs: &[&tool::C_COMPILER],
    fetches: &[],
    run: rust,
}];

fn details() -> String {
    format!("Lanes:\n{}", job::list(LANES))
}

fn run(args: &[OsString]) -> Result {
    job::run(LANES, args)
}

fn rust() -> Result<Tally> {
    lane(
        "rust",
        [
            Step::cargo("rust: build", "test --workspace --all-features --no-run").on_failure(),
            Step::cargo("rust: test", "test --workspace --all-features --no-fail-fast --quiet").counted(),
        ],
    )
}

/// A lane closes with the sum of what its runners counted; one that ran no test has proven nothing.
fn lane(name: &str, steps: impl IntoIterator<Item = Step>) -> Result<Tally> {
    let tally = step::run_all(steps)?;
    if tally.passed == 0 {
        return Err(Failure::failed("no test was run"));
    }
    println!("{name}: {tally}");
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_without_tests_fails() {
        let steps = [Step::cargo("nothing", "--version").on_failure()];
        assert!(lane("empty", steps).is_err_and(|failure| failure.to_string() == "no test was run"));
    }

    #[test]
    fn the_help_names_every_lane() {
        for lane in LANES {
            assert!(details().contains(lane.name));
        }
    }
}
