//! Processes of several languages for one fleet, from what the lanes of those languages have built.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::{node, python, repo};

/// The command lines of the workers, as `tests/fleet` wants them.
pub(crate) fn workers() -> Result<String> {
    let workers = [python_worker()?, node_worker()?, jvm_worker()?];
    Ok(workers.join("; "))
}

fn python_worker() -> Result<String> {
    let interpreter = built("python", python::Environment::of("main").program("python"))?;
    let script = repo::root().join(python::PACKAGE).join("tests/fleet_worker.py");
    Ok(format!("{} {}", interpreter.display(), script.display()))
}

fn node_worker() -> Result<String> {
    let package = repo::root().join(node::PACKAGE);
    built("node", package.join("dist/index.js"))?;
    Ok(format!("node {}", package.join("tests/fleet/worker.mjs").display()))
}

/// Its class path is long; the tests of the JVM leave it in a file.
fn jvm_worker() -> Result<String> {
    let arguments = built("jvm", repo::target().join("jvm/fleet-worker.args"))?;
    Ok(format!("java @{}", arguments.display()))
}

fn built(lane: &str, what: PathBuf) -> Result<PathBuf> {
    if Path::exists(&what) {
        return Ok(what);
    }
    let missing = what.display();
    Err(Failure::failed(format!("{missing} is not there: `cargo xtask test --only {lane}` builds it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_yet_names_the_lane_that_builds_it() {
        let Err(failure) = built("jvm", PathBuf::from("no-such-file")) else { panic!("it was there") };
        assert!(failure.to_string().contains("no-such-file") && failure.to_string().contains("--only jvm"));
        assert!(built("rust", repo::root().join("Cargo.toml")).is_ok());
    }
}
