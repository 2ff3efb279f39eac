//! The shared vectors, in process and over the emulator, and proof that the runner can fail.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;
use tests::{
    make, mutate,
    runner::{Shared, run},
    vectors::{Case, Index, IndexEntry, VectorFile, folder, load_files, load_index, scenarios},
    wire::{InProcess, OverEmulator, Wire},
};
use tokio::runtime::{Builder, Runtime};

#[test]
fn every_case_in_process() {
    run_all(&InProcess::default());
}

#[test]
fn every_case_over_the_emulator() {
    run_all(&OverEmulator::start());
}

/// Runs every case of every file; the index says how many that must be.
fn run_all(wire: &dyn Wire) {
    let (runtime, files) = (runtime(), load_files(&folder()));
    let mut executed = Vec::new();
    let mut failures = Vec::new();
    for (name, file) in &files {
        let outcomes = file.cases.iter().map(|case| (case, runtime.block_on(run(case, &file.shared, wire))));
        let failed =
            |(case, outcome): (&Case, Result<(), String>)| outcome.err().map(|why| format!("{}: {why}", case.id));
        let outcomes: Vec<_> = outcomes.collect();
        executed.push(IndexEntry { file: name.clone(), cases: outcomes.len() });
        failures.extend(outcomes.into_iter().filter_map(failed));
    }
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(Index { files: executed, scenarios: scenarios(&folder()) }, load_index(&folder()));
}

#[test]
fn whatever_a_case_expects_is_compared() {
    let (runtime, wire) = (runtime(), InProcess::default());
    let passes = |case: &Case, shared: &Shared| runtime.block_on(run(case, shared, &wire)).is_ok();
    let mut ignored = Vec::new();
    for (case, shared) in all_cases(&load_files(&folder())) {
        let case = spelled_out(case, shared);
        let bent = mutate::bent(&case);
        assert!(!bent.is_empty(), "{} expects nothing", case.id);
        ignored.extend(
            bent.iter().filter(|(_, case)| passes(case, shared)).map(|(what, case)| format!("{}: {what}", case.id)),
        );
    }
    assert!(ignored.is_empty(), "these passed though bent:\n{}", ignored.join("\n"));
}

/// The same case with steps and requests in the place of their names, so that they can be bent.
fn spelled_out(case: &Case, shared: &Shared) -> Case {
    let named = |value: &Value| value.as_str().and_then(|name| shared.get(name)).unwrap_or(value).clone();
    let spelled_out = |step: &Value| {
        let mut step = named(step);
        step["request"] = named(&step["request"]);
        step
    };
    Case { exchange: case.exchange.iter().map(spelled_out).collect(), ..case.clone() }
}

#[test]
fn an_unknown_op_or_argument_fails() {
    let files = load_files(&folder());
    let (case, shared) = all_cases(&files).next().expect("a case");
    let fails = |case: &Case| runtime().block_on(run(case, shared, &InProcess::default())).expect_err("must fail");
    assert_eq!(fails(&Case { op: "brew".into(), ..case.clone() }), "unknown op brew");
    let given = serde_json::json!({ "text": "123456", "colour": "orange" });
    assert!(fails(&Case { given, ..case.clone() }).contains("unknown field `colour`"));
}

#[test]
fn every_case_has_an_id_of_its_own_and_a_reason() {
    let files = load_files(&folder());
    let mut ids = HashSet::new();
    for (case, _) in all_cases(&files) {
        assert!(ids.insert(&case.id), "{} is there twice", case.id);
        assert!(case.id.split('-').all(is_word), "{} is not kebab case", case.id);
        assert!(!case.comment.is_empty(), "{} has no comment", case.id);
    }
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[test]
fn everything_shared_is_used() {
    for (name, file) in load_files(&folder()) {
        let of_given = |case: &Case| names(&case.given, &GIVEN_BY_NAME);
        let of_steps = file.cases.iter().flat_map(|case| &case.exchange).chain(file.shared.values());
        let of_steps = of_steps.flat_map(|step| names(step, &["request", "reply"]).into_iter().chain(name_of(step)));
        let used: BTreeSet<_> = file.cases.iter().flat_map(of_given).chain(of_steps).collect();
        assert_eq!(used, file.shared.keys().cloned().collect(), "{name}");
    }
}

/// The members of `given` that may be the name of a shared value.
const GIVEN_BY_NAME: [&str; 7] = ["keys", "system", "jwks", "request", "pending", "id_token", "secrets"];

fn names(object: &Value, members: &[&str]) -> Vec<String> {
    members.iter().filter_map(|member| name_of(&object[member])).collect()
}

fn name_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[test]
fn writing_the_generated_files_again_changes_nothing() {
    let folder = folder();
    let on_disk = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a generated file");
    let hint = "run `cargo run -p tests --bin make-vectors`";
    for (name, text) in make::generated_files(&folder) {
        assert!(text == on_disk(name), "{name} is out of date: {hint}");
    }
    assert_eq!(make::index_file(&load_files(&folder), &scenarios(&folder)), on_disk("index.json"), "{hint}");
}

fn all_cases(files: &[(String, VectorFile)]) -> impl Iterator<Item = (&Case, &Shared)> {
    files.iter().flat_map(|(_, file)| file.cases.iter().map(|case| (case, &file.shared)))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}
