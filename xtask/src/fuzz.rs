//! `cargo xtask fuzz`: the targets of `core/fuzz`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::Command;
use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::{fetched, repo, tool};

pub(crate) const COMMAND: Command =
    Command { name: "fuzz", arguments: "[target] [seconds]", about: "fuzz one target, or each in turn", details, run };

const DEFAULT_SECONDS: u32 = 60;

/// What the words of the command line ask for.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    targets: Vec<String>,
    seconds: u32,
}

fn details() -> String {
    let targets = targets().map_or_else(|failure| failure.to_string(), |names| names.join(", "));
    format!("Needs nightly Rust. {DEFAULT_SECONDS} seconds per target unless told otherwise.\n\nTargets: {targets}")
}

fn run(args: &[OsString]) -> Result {
    let plan = Plan::parse(args, &targets()?)?;
    tool::require([&tool::NIGHTLY, &tool::C_COMPILER, &tool::CXX_COMPILER])?;
    let program = fetched::CARGO_FUZZ.obtain()?;
    let path = step::search_path_with(program.parent().unwrap_or(Path::new("")))?;
    for target in &plan.targets {
        fuzz(target, plan.seconds, &path)?;
    }
    Ok(())
}

/// Without a sanitizer: the crate holds no `unsafe`, so what is looked for is a panic.
fn fuzz(target: &str, seconds: u32, path: &OsStr) -> Result {
    let corpora = corpora(target)?;
    Step::new(format!("fuzz: {target} for {seconds} s"), "rustup")
        .words("run nightly cargo fuzz run --sanitizer none --fuzz-dir core/fuzz")
        .args([target])
        .args(corpora)
        .args(["--".to_owned(), format!("-max_total_time={seconds}"), "-print_final_stats=1".to_owned()])
        .env("PATH", path)
        .run()?;
    Ok(())
}

/// Finds go into the first folder; the second, where there is one, holds the inputs that are kept in the repository.
fn corpora(target: &str) -> Result<Vec<PathBuf>> {
    let grown = folder().join("corpus").join(target);
    std::fs::create_dir_all(&grown)
        .map_err(|error| Failure::failed(format!("could not make {}: {error}", grown.display())))?;
    let seeds = folder().join("seeds").join(target);
    Ok(std::iter::once(grown).chain(seeds.exists().then_some(seeds)).collect())
}

fn folder() -> PathBuf {
    repo::root().join("core/fuzz")
}

fn targets() -> Result<Vec<String>> {
    let files = std::fs::read_dir(folder().join("fuzz_targets"))
        .map_err(|_| Failure::failed("there are no fuzz targets in core/fuzz"))?;
    let paths = files.filter_map(|entry| Some(entry.ok()?.path()));
    let mut names: Vec<String> = paths.filter_map(|path| target_name(&path)).collect();
    names.sort();
    Ok(names)
}

fn target_name(path: &Path) -> Option<String> {
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    is_rust.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))?
}

impl Plan {
    fn parse(args: &[OsString], known: &[String]) -> Result<Self> {
        let mut plan = Self { targets: known.to_vec(), seconds: DEFAULT_SECONDS };
        let mut words = values(args)?.into_iter().peekable();
        if let Some(target) = words.next_if(|word| word.parse::<u32>().is_err()) {
            plan.targets = vec![one_of(target, known)?];
        }
        if let Some(word) = words.next() {
            plan.seconds = seconds(&word)?;
        }
        words.next().map_or(Ok(plan), |word| Err(Failure::usage(format!("one word too many: `{word}`"))))
    }
}

fn values(args: &[OsString]) -> Result<Vec<String>> {
    let mut parser = lexopt::Parser::from_args(args);
    let mut words = Vec::new();
    while let Some(arg) = parser.next()? {
        match arg {
            lexopt::Arg::Value(word) => words.push(word.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(words)
}

fn one_of(target: String, known: &[String]) -> Result<String> {
    if known.contains(&target) {
        return Ok(target);
    }
    Err(Failure::usage(format!("there is no fuzz target `{target}`; there are: {}", known.join(", "))))
}

fn seconds(word: &str) -> Result<u32> {
    let parsed = word.parse().ok().filter(|seconds| *seconds > 0);
    parsed.ok_or_else(|| Failure::usage(format!("`{word}` is not a number of seconds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Result<Plan> {
        let known = ["id_token".to_owned(), "retry_after".to_owned()];
        Plan::parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>(), &known)
    }

    fn targets_and_seconds(line: &str) -> (Vec<String>, u32) {
        plan(line).map(|plan| (plan.targets, plan.seconds)).unwrap_or_default()
    }

    #[test]
    fn every_target_for_a_minute_unless_told_otherwise() {
        let all = || vec!["id_token".to_owned(), "retry_after".to_owned()];
        let one = || vec!["retry_after".to_owned()];
        assert_eq!(targets_and_seconds(""), (all(), 60));
        assert_eq!(targets_and_seconds("600"), (all(), 600));
        assert_eq!(targets_and_seconds("retry_after"), (one(), 60));
        assert_eq!(targets_and_seconds("retry_after 5"), (one(), 5));
    }

    #[test]
    fn wrong_words_are_usage_errors() {
        for line in ["no_such", "id_token soon", "id_token 0", "id_token 5 6", "--forever", "id_token -1"] {
            assert!(plan(line).is_err_and(|failure| failure.is_usage()), "{line}");
        }
        assert!(plan("no_such").is_err_and(|failure| failure.to_string().contains("id_token, retry_after")));
    }

    #[test]
    fn only_rust_files_are_targets() {
        assert_eq!(target_name(Path::new("fuzz_targets/id_token.rs")).as_deref(), Some("id_token"));
        assert_eq!(target_name(Path::new("fuzz_targets/notes.md")), None);
    }
}
