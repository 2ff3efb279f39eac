//! `cargo xtask bench`: the library beside its peers.

use std::ffi::OsString;

use crate::Command;
use crate::demo::handed_on;
use crate::failure::Result;
use crate::step::{self, Step};
use crate::tool;

pub(crate) const COMMAND: Command =
    Command { name: "bench", arguments: "[arguments]", about: "measure the library beside its peers", details, run };

fn details() -> String {
    "Prints ratios between things measured in one run. Arguments are handed on to the benchmark program.".to_owned()
}

fn run(args: &[OsString]) -> Result {
    tool::require([&tool::C_COMPILER])?;
    step::run_all([
        Step::cargo("building the benchmarks (minutes the first time)", "bench -p tests --bench limits --no-run")
            .on_failure(),
        Step::cargo("bench", "bench --quiet -p tests --bench limits --").args(handed_on(args)),
    ])?;
    Ok(())
}
