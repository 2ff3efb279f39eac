//! Writes what `core/src/settings.rs` says of each setting into the sources of all languages and into the guide; with `--check` it
//! only says where that is due.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::{env, fs, io, process::ExitCode};

fn main() -> io::Result<ExitCode> {
    let is_check = env::args().any(|argument| argument == "--check");
    let changed = tests::settings::files()?.into_iter().filter(|file| file.found != file.wanted);
    let mut code = ExitCode::SUCCESS;
    for file in changed {
        println!("{}", file.path.display());
        if is_check {
            code = ExitCode::FAILURE;
        } else {
            fs::write(&file.path, &file.wanted)?;
        }
    }
    Ok(code)
}
