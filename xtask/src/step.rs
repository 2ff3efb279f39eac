//! One program that is run, and how much of it is shown.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::failure::{Failure, Result};
use crate::repo;
use crate::tally::Tally;

pub(crate) struct Step {
    heading: String,
    command: Command,
    output: Output,
}

enum Output {
    /// As the program prints it.
    Shown,
    /// Only when it fails; a person at a terminal sees it all, so that a long build is not a silent one.
    OnFailure,
    /// As the program prints it, less programs without tests and less tests that passed; what its runner counted is
    /// added up.
    Counted,
}

impl Step {
    pub(crate) fn new(heading: impl Into<String>, program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(repo::root());
        forget_own_package(&mut command);
        forget_own_libraries(&mut command);
        Self { heading: heading.into(), command, output: Output::Shown }
    }

    pub(crate) fn cargo(heading: impl Into<String>, words: &str) -> Self {
        Self::new(heading, "cargo").words(words)
    }

    /// Adds arguments that hold no spaces themselves.
    pub(crate) fn words(self, words: &str) -> Self {
        self.args(words.split_whitespace())
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Runs it in a folder of the repository instead of its root.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(repo::root().join(folder));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn on_failure(mut self) -> Self {
        self.output = Output::OnFailure;
        self
    }

    pub(crate) fn counted(mut self) -> Self {
        self.output = Output::Counted;
        self
    }

    /// Runs the program; everything but exit code 0 is a failure.
    pub(crate) fn run(mut self) -> Result<Tally> {
        eprintln!("== {}", self.heading);
        let (status, tally) = match self.output {
            Output::Shown => (self.shown()?, Tally::default()),
            Output::OnFailure => (self.on_failure_only()?, Tally::default()),
            Output::Counted => self.counting()?,
        };
        if status.success() { Ok(tally) } else { Err(Failure::failed(format!("{}: {status}", self.heading))) }
    }

    /// Puts the program in the place of this one, so that whoever ends this one ends it as well. Where that can't be,
    /// it is run as usual.
    pub(crate) fn take_over(self) -> Result<Tally> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;

            let mut step = self;
            eprintln!("== {}", step.heading);
            let error = step.command.exec();
            Err(step.cannot_run(&error))
        }
        #[cfg(not(unix))]
        self.run()
    }

    fn shown(&mut self) -> Result<ExitStatus> {
        self.command.status().map_err(|error| self.cannot_run(&error))
    }

    fn on_failure_only(&mut self) -> Result<ExitStatus> {
        if std::io::stderr().is_terminal() {
            return self.shown();
        }
        let output = self.command.output().map_err(|error| self.cannot_run(&error))?;
        if !output.status.success() {
            eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.status)
    }

    fn counting(&mut self) -> Result<(ExitStatus, Tally)> {
        let mut child = self.command.stdout(Stdio::piped()).spawn().map_err(|error| self.cannot_run(&error))?;
        let lines = child.stdout.take().map(|stdout| echo_and_count(stdout, std::io::stdout()));
        let status = child.wait().map_err(|error| self.cannot_run(&error))?;
        Ok((status, lines.transpose().map_err(|error| self.cannot_run(&error))?.unwrap_or_default()))
    }

    fn cannot_run(&self, error: &std::io::Error) -> Failure {
        Failure::failed(format!("could not run {}: {error}", self.command.get_program().to_string_lossy()))
    }
}

/// Runs one step after the other until one fails.
pub(crate) fn run_all(steps: impl IntoIterator<Item = Step>) -> Result<Tally> {
    let mut sum = Tally::default();
    for step in steps {
        sum += step.run()?;
    }
    Ok(sum)
}

/// What the program prints on its standard output, or `None` when it cannot be started or fails.
pub(crate) fn ask(program: impl AsRef<OsStr>, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(repo::root()).stdin(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `folder` first on the search path, so that cargo finds a subcommand that lies there.
pub(crate) fn search_path_with(folder: &Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))
}

fn echo_and_count(from: impl Read, mut to: impl Write) -> std::io::Result<Tally> {
    let mut sum = Tally::default();
    for line in BufReader::new(from).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        sum += Tally::from_line(&line).unwrap_or_default();
        if is_worth_showing(&line) {
            writeln!(to, "{line}")?;
        }
    }
    Ok(sum)
}

fn is_worth_showing(line: &str) -> bool {
    let is_blank_filler = line.is_empty() || line == "running 0 tests";
    let is_empty_program = line.starts_with("test result: ") && Tally::from_line(line).is_some_and(Tally::is_empty);
    let is_progress = line.starts_with("◇ ") || (line.starts_with("[INFO]") && Tally::from_line(line).is_none());
    !is_blank_filler && !is_empty_program && !is_progress && !line.trim_start().starts_with("✔ ")
}

/// `cargo run` tells us about our own package; build scripts that watch these variables would take each change for a
/// reason to build again.
fn forget_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// `cargo run` puts `target` first among the places of libraries: a jar would load what was last built there in the place of
/// what is in it.
fn forget_own_libraries(command: &mut Command) {
    const PLACES: [&str; 2] = ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"];
    for (name, folders) in PLACES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))) {
        let others = std::env::split_paths(&folders).filter(|folder| !folder.starts_with(repo::target()));
        match std::env::join_paths(others).ok().filter(|others| !others.is_empty()) {
            Some(others) => command.env(name, others),
            None => command.env_remove(name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_finds_no_library_that_was_built_here() {
        let here = |places: &OsStr| std::env::split_paths(places).any(|folder| folder.starts_with(repo::target()));
        assert!(std::env::var_os("LD_LIBRARY_PATH").is_some_and(|places| here(&places)), "cargo puts it there");
        let step = Step::new("any", "any");
        let told = step.command.get_envs().find(|(name, _)| *name == "LD_LIBRARY_PATH").map(|(_, places)| places);
        assert!(told.is_some_and(|places| !places.is_some_and(here)));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let Err(failure) = Step::new("nothing", "no-such-program-anywhere").run() else { panic!("it ran") };
        assert!(failure.to_string().contains("no-such-program-anywhere"));
    }

    #[test]
    fn a_program_that_fails_is_a_failure_with_its_heading_and_status() {
        let Err(failure) = Step::cargo("a wrong flag", "--no-such-flag").on_failure().run() else {
            panic!("it passed")
        };
        assert!(!failure.is_usage());
        assert!(failure.to_string().starts_with("a wrong flag: "));
    }

    #[test]
    fn the_first_failing_step_is_the_last_that_runs() {
        let steps = [
            Step::cargo("first", "--version").on_failure(),
            Step::cargo("second", "--no-such-flag").on_failure(),
            Step::new("third", "no-such-program-anywhere"),
        ];
        assert!(run_all(steps).is_err_and(|failure| failure.to_string().starts_with("second: ")));
    }

    #[test]
    fn tests_are_counted_and_programs_without_tests_not_shown() {
        let printed = "\nrunning 2 tests\n..\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            \nrunning 0 tests\n\n\
            test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
            \nrunning 1 test\ni\n\
            test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let mut shown = Vec::new();
        let tally = echo_and_count(printed.as_bytes(), &mut shown).unwrap_or_default();
        assert_eq!(tally, Tally { passed: 2, failed: 0, skipped: 1 });
        assert_eq!(
            String::from_utf8_lossy(&shown),
            "running 2 tests\n..\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            running 1 test\ni\n\
            test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
        );
    }

    #[test]
    fn of_nodes_tests_the_count_is_shown_and_what_failed() {
        let printed = "✔ it works (1.5ms)\n  ✔ so does this (2ms)\n✖ this does not (3ms)\n  Error: why\n\n\
            ℹ tests 3\nℹ pass 2\nℹ fail 1\nℹ skipped 0\n";
        let mut shown = Vec::new();
        let tally = echo_and_count(printed.as_bytes(), &mut shown).unwrap_or_default();
        assert_eq!(tally, Tally { passed: 2, failed: 1, skipped: 0 });
        assert_eq!(
            String::from_utf8_lossy(&shown),
            "✖ this does not (3ms)\n  Error: why\nℹ tests 3\nℹ pass 2\nℹ fail 1\nℹ skipped 0\n"
        );
    }

    #[test]
    fn output_that_is_not_text_does_not_stop_the_count() {
        let mut shown = Vec::new();
        let tally = echo_and_count(b"\xff\ntest result: ok. 1 passed; 0 failed; 0 ignored".as_slice(), &mut shown);
        assert_eq!(tally.unwrap_or_default().passed, 1);
    }

    #[test]
    fn the_search_path_begins_with_the_folder() {
        let path = search_path_with(Path::new("tools")).unwrap_or_default();
        assert_eq!(std::env::split_paths(&path).next().as_deref(), Some(Path::new("tools")));
    }
}
