//! `cargo xtask simulate`: fleets in virtual time, as many as wanted.

use std::ffi::OsString;

use crate::Command;
use crate::demo::handed_on;
use crate::failure::Result;
use crate::step::{self, Step};
use crate::tool;

pub(crate) const COMMAND: Command = Command {
    name: "simulate",
    arguments: "[--seeds N] [--seed S]",
    about: "simulated fleets with everything that can go wrong",
    details,
    run,
};

fn details() -> String {
    "--seeds N   so many worlds, from seed 0 on, or from S on\n\
     --seed S    that one again, and what happened in it\n\
     day         a day of 2,000 processes, drawn into `docs` (minutes)"
        .to_owned()
}

fn run(args: &[OsString]) -> Result {
    tool::require([&tool::C_COMPILER])?;
    step::run_all([
        Step::cargo("simulate: build", "build -p simulation").on_failure(),
        Step::cargo("simulate", "run --quiet -p simulation --").args(handed_on(args)),
    ])
    .map(drop)
}
