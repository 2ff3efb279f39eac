//! `vipps-emulator`: the emulator as a program of its own.
#![forbid(unsafe_code)]

mod program;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    match program::run(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Without a standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "vipps-emulator: {problem}");
            ExitCode::from(2)
        }
    }
}
