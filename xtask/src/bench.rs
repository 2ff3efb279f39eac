//! `cargo xtask bench`: the library beside its peers.

use std::ffi::OsString;
use std::path::Path;

use crate::Command;
use crate::demo::handed_on;
use crate::failure::Result;
use crate::step::{self, Step};
use crate::uniffi::{self, Profile};
use crate::{node, npm, python, tool};

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
    in_python()?;
    in_node()?;
    on_the_jvm()?;
    of_fleets()
}

/// What sharing costs and saves, drawn into `docs`; where there is no Redis, that is said.
fn of_fleets() -> Result {
    if let Err(failure) = tool::require([&tool::REDIS]) {
        eprintln!("WARNING: FLEETS NOT MEASURED: {failure}");
        return Ok(());
    }
    let build = Step::cargo("bench: fleet, building (minutes)", "bench -p fleet --bench fleet --no-run").on_failure();
    step::run_all([build, Step::cargo("bench: fleet", "bench --quiet -p fleet --bench fleet")]).map(drop)
}

/// The npm package as it is published, beside its peers; where there is no Node, that is said.
fn in_node() -> Result {
    if let Err(failure) = tool::require([&tool::NODE, &tool::NPM]) {
        eprintln!("WARNING: NODE NOT MEASURED: {failure}");
        return Ok(());
    }
    let peers = Path::new("bindings-node/bench");
    let measure = Step::new("bench: node", "node").words("--expose-gc main.mjs").within(peers);
    let packages = npm::install("bench: node peers", peers).into_iter();
    step::run_all(packages.chain(node::build("bench: node", node::Profile::Release)).chain([measure])).map(drop)
}

/// The jar as it is published, beside its peers; where there is no JDK, that is said.
fn on_the_jvm() -> Result {
    if let Err(failure) = tool::require([&tool::JDK, &tool::MAVEN]) {
        eprintln!("WARNING: JVM NOT MEASURED: {failure}");
        return Ok(());
    }
    uniffi::prepare_jvm(Profile::Release)?;
    let words = "--quiet --activate-profiles bench --projects bench --also-make -DskipTests verify";
    Step::new("bench: jvm (minutes)", "mvn").words(words).within(Path::new("bindings-kotlin/kotlin")).run().map(drop)
}

/// Needs Python, which the other tables do not; where there is none, that is said.
fn in_python() -> Result {
    if let Err(failure) = tool::require([&tool::PYTHON]) {
        eprintln!("WARNING: PYTHON NOT MEASURED: {failure}");
        return Ok(());
    }
    let folder = Path::new(python::PACKAGE).join("bench");
    let environment = python::Environment::ready("bench", Path::new("python3"), &folder.join("requirements.txt"))?;
    let bench = environment.step("bench: python", "bench.py").within(&folder);
    let install = environment.install("bench: python");
    step::run_all(environment.build("--release").into_iter().chain([install, bench]))?;
    Ok(())
}
