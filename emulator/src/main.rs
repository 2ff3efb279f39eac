//! `vipps-emulator`: the emulator as a program of its own.
#![forbid(unsafe_code)]

mod program;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let Err(problem) = program::run(std::env::args_os().skip(1)) else { return ExitCode::SUCCESS };
    // Where it can't be written there is nobody to tell.
    let _ = if std::env::args_os().any(|arg| arg == "--json") {
        writeln!(io::stdout(), "{}", program::refusal(problem.as_ref()))
    } else {
        writeln!(io::stderr(), "vipps-emulator: {problem}")
    };
    ExitCode::from(2)
}
