//! The commands of this repository: `cargo xtask --help` lists them.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod about;
mod api;
mod bench;
mod bindings;
mod breaking;
mod checks;
mod cross;
mod demo;
mod deny;
mod dist;
mod doctor;
mod failure;
mod fetched;
mod files;
mod fuzz;
mod hygiene;
mod jdk;
mod job;
mod lanes;
mod look;
mod mixed;
mod node;
mod notices;
mod npm;
mod package;
mod python;
mod quickstart;
mod reference;
mod release;
mod repo;
mod simulate;
mod site;
mod step;
mod swift;
mod tally;
mod targets;
mod tool;
mod uniffi;
mod versions;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::{Failure, Result};

/// One word after `cargo xtask`.
struct Command {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    details: fn() -> String,
    run: fn(&[OsString]) -> Result,
}

const COMMANDS: &[Command] = &[
    demo::COMMAND,
    lanes::COMMAND,
    cross::COMMAND,
    checks::COMMAND,
    bench::COMMAND,
    fuzz::COMMAND,
    simulate::COMMAND,
    targets::COMMAND,
    package::COMMAND,
    site::COMMAND,
    api::COMMAND,
    release::COMMAND,
    doctor::COMMAND,
];

fn main() -> ExitCode {
    match dispatch(&std::env::args_os().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}

fn dispatch(words: &[OsString]) -> Result {
    let Some((first, rest)) = words.split_first() else {
        return Err(Failure::usage(format!("which command?\n\n{}", overview())));
    };
    if is_help(first) || first == "help" {
        println!("{}", overview());
        return Ok(());
    }
    let command = find(first)?;
    if asks_for_help(rest) {
        println!("{}", command.help());
        return Ok(());
    }
    (command.run)(rest)
}

fn find(name: &OsString) -> Result<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| name == command.name)
        .ok_or_else(|| Failure::usage(format!("there is no command `{}`\n\n{}", name.to_string_lossy(), overview())))
}

/// Words after `--` belong to the program that the command starts.
fn asks_for_help(words: &[OsString]) -> bool {
    words.iter().take_while(|word| *word != "--").any(is_help)
}

fn is_help(word: &OsString) -> bool {
    word == "--help" || word == "-h"
}

fn overview() -> String {
    let lines: Vec<String> = COMMANDS.iter().map(Command::line).collect();
    format!("Usage: cargo xtask <command>\n\n{}\n\n`cargo xtask <command> --help` says more.", lines.join("\n"))
}

impl Command {
    fn line(&self) -> String {
        format!("  {:<28}{}", format!("{} {}", self.name, self.arguments), self.about)
    }

    fn help(&self) -> String {
        let head = format!("cargo xtask {} {}", self.name, self.arguments);
        format!("{}\n\n{}\n\n{}", head.trim_end(), self.about, (self.details)())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn an_unknown_command_is_a_usage_error_that_names_the_known_ones() {
        let Err(failure) = dispatch(&words("tset")) else { panic!("`tset` was accepted") };
        let text = failure.to_string();
        assert!(failure.is_usage());
        assert!(text.contains("`tset`"));
        for command in COMMANDS {
            assert!(text.contains(command.about), "{} is missing from: {text}", command.name);
        }
    }

    #[test]
    fn no_command_at_all_is_a_usage_error() {
        assert!(dispatch(&[]).is_err_and(|failure| failure.is_usage()));
    }

    #[test]
    fn every_command_has_help_that_runs_nothing() {
        for command in COMMANDS {
            assert!(dispatch(&words(&format!("{} --help", command.name))).is_ok());
            assert!(command.help().contains(command.about));
            assert!(!(command.details)().is_empty());
        }
    }

    #[test]
    fn help_after_two_dashes_belongs_to_the_program_that_is_started() {
        assert!(asks_for_help(&words("--serve --help")));
        assert!(!asks_for_help(&words("--serve -- --help")));
    }
}
