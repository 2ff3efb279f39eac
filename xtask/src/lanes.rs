//! `cargo xtask test`: one lane per language or setting. A new lane is one entry in `LANES`.

use std::ffi::OsString;
use std::path::Path;

use crate::Command;
use crate::failure::{Failure, Result};
use crate::job::{self, Job};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::uniffi::{self, Profile};
use crate::{jdk, mixed, node, npm, python, repo, swift, tool};

pub(crate) const COMMAND: Command =
    Command { name: "test", arguments: "[--only a,b]", about: "run the test lanes, or only those named", details, run };

pub(crate) const LANES: &[Job] = &[
    Job {
        name: "rust",
        about: "all tests, examples and documentation examples of the Rust crates",
        needs: &[&tool::C_COMPILER],
        fetches: &[],
        run: rust,
    },
    Job {
        name: "emulator",
        about: "the emulator alone: its operations, its program, its page in a real browser",
        needs: &[&tool::C_COMPILER, &tool::NODE, &tool::NPM, &tool::CHROMIUM],
        fetches: &[],
        run: emulator,
    },
    Job {
        name: "openid",
        about: "Login against a certified OpenID provider that nobody here wrote",
        needs: &[&tool::C_COMPILER, &tool::NODE, &tool::NPM],
        fetches: &[],
        run: openid,
    },
    Job {
        name: "fleet",
        about: "many processes, one token: a real Redis in all its shapes, and in trouble",
        needs: &[&tool::C_COMPILER, &tool::REDIS],
        fetches: &[],
        run: fleet,
    },
    Job {
        name: "simulation",
        about: "some hundred fleets in virtual time, with everything that can go wrong",
        needs: &[&tool::C_COMPILER],
        fetches: &[],
        run: simulation,
    },
    Job {
        name: "node",
        about: "the npm packages: their vectors, faces, adapters with the real clients, life in a process",
        needs: &[&tool::C_COMPILER, &tool::NODE, &tool::NPM, &tool::REDIS, &tool::MEMCACHED],
        fetches: &[],
        run: node,
    },
    Job {
        name: "python",
        about: "the Python packages: their vectors, adapters with the real clients, life in a process, types",
        needs: &[&tool::C_COMPILER, &tool::PYTHON, &tool::NODE, &tool::REDIS, &tool::MEMCACHED],
        fetches: &[],
        run: python,
    },
    Job {
        name: "jvm",
        about: "the Maven build: vectors from Kotlin, the face from Java, the adapters with the real clients, the emulator, Spring Boot",
        needs: &[&tool::C_COMPILER, &tool::JDK, &tool::MAVEN, &tool::REDIS, &tool::MEMCACHED, &tool::PYTHON],
        fetches: &[],
        run: jvm,
    },
    Job {
        name: "swift",
        about: "the Swift packages, with the compiler of a newer Debian (needs root)",
        needs: &[&tool::C_COMPILER, &tool::PYTHON, &tool::DEBOOTSTRAP, &tool::UNSHARE],
        fetches: &[],
        run: swift_package,
    },
    Job {
        name: "mixed",
        about: "processes of Rust, Python, Node and the JVM share one token (after python, node and jvm)",
        needs: &[&tool::C_COMPILER, &tool::REDIS, &tool::PYTHON, &tool::NODE, &tool::JDK],
        fetches: &[],
        run: mixed_fleet,
    },
];

fn details() -> String {
    format!("Lanes:\n{}", job::list(LANES))
}

fn run(args: &[OsString]) -> Result {
    job::run(LANES, args)
}

fn rust() -> Result<Tally> {
    lane(
        "rust",
        [
            Step::cargo("rust: build", "test --workspace --all-features --no-run").on_failure(),
            Step::cargo("rust: test", "test --workspace --all-features --no-fail-fast --quiet").counted(),
        ],
    )
}

/// For whoever works on the emulator alone. The lane `rust` runs its tests too: without them the features of the workspace would be
/// others, and everything would be built twice.
fn emulator() -> Result<Tally> {
    let build = Step::cargo("emulator: build", "test -p vipps-emulator --no-run").on_failure();
    let test = Step::cargo("emulator: test", "test -p vipps-emulator --no-fail-fast --quiet").counted();
    let packages = npm::install("emulator: packages of the page's tests", Path::new(PAGE));
    lane("emulator", [Some(build), Some(test), packages, Some(page("emulator: page", ""))].into_iter().flatten())
}

/// Tests of the emulator's page.
pub(crate) const PAGE: &str = "tests/page";

/// All of them, or those of one file, with the program that was built last.
pub(crate) fn page(heading: &str, file: &str) -> Step {
    let program = repo::target().join("debug").join(format!("vipps-emulator{}", std::env::consts::EXE_SUFFIX));
    let test = Step::new(heading, "node").words("--test --test-reporter=spec").words(file);
    test.within(Path::new(PAGE)).env("VIPPS_EMULATOR", program).counted()
}

fn openid() -> Result<Tally> {
    let packages = npm::install("openid: packages", Path::new("tests/oidc-provider"));
    let build = Step::cargo("openid: build", OPENID_TESTS).words("--no-run").on_failure();
    let test = Step::cargo("openid: test", OPENID_TESTS).words("--quiet -- --ignored").counted();
    lane("openid", packages.into_iter().chain([build, test]))
}

/// With the features of the whole workspace, so that nothing is built twice.
const OPENID_TESTS: &str = "test --workspace --all-features --test oidc_provider";

/// Few at once: each starts servers and up to 50 processes, and a Redis that is given no time counts as out of reach.
fn fleet() -> Result<Tally> {
    let build = Step::cargo("fleet: build", FLEET_TESTS).words("--no-run").on_failure();
    let test = Step::cargo("fleet: test", FLEET_TESTS).words("--quiet -- --ignored --test-threads 2").counted();
    lane("fleet", [build, test])
}

/// With the features of the whole workspace, so that nothing is built twice.
const FLEET_TESTS: &str = "test --workspace --all-features --test fleet";

fn simulation() -> Result<Tally> {
    let build = Step::cargo("simulation: build", SIMULATION_TESTS).words("--no-run").on_failure();
    let test = Step::cargo("simulation: test", SIMULATION_TESTS).words("--quiet -- --include-ignored").counted();
    lane("simulation", [build, test])
}

/// With the features of the whole workspace, so that nothing is built twice.
const SIMULATION_TESTS: &str = "test --workspace --all-features --test simulation";

fn node() -> Result<Tally> {
    let library = Path::new(node::PACKAGE);
    let test = |of: &str, folder: &Path| {
        let test = Step::new(format!("node: test {of}"), "node").words("--test --test-reporter=spec");
        test.within(folder).counted()
    };
    let worlds = npm::install("node: runners, packers and other clients", &library.join("tests/worlds"));
    let examples = npm::install("node: packages of the examples", Path::new("examples/node"));
    let tests = [test("the emulator", Path::new(node::EMULATOR)), test("the library", library)];
    lane("node", worlds.into_iter().chain(examples).chain(node::build("node", node::Profile::Debug)).chain(tests))
}

/// All tests on the interpreter of the machine, and those that need nothing but pytest on each other one that is there:
/// the same wheel is for all. One of the checkers of types runs on Node.
fn python() -> Result<Tally> {
    let tests = Path::new(python::PACKAGE).join("tests");
    let main = python::Environment::ready("main", Path::new("python3"), &tests.join("requirements.txt"))?;
    let within =
        |folder: &str, step: Step| step.within(Path::new(folder)).env("MYPY_CACHE_DIR", python::scratch("mypy"));
    let at = |step: Step| within(python::PACKAGE, step);
    let at_emulator = |step: Step| within(python::EMULATOR, step);
    let mut steps = Vec::from(main.build(""));
    steps.extend([
        main.install("python"),
        at_emulator(main.step("python: test of the emulator", PYTEST)).counted(),
        at_emulator(main.step("python: types of the emulator", "-m mypy --strict -p vipps_emulator")).on_failure(),
        at_emulator(main.step("python: types of its tests", "-m mypy --strict python/tests/typed_sample.py"))
            .on_failure(),
        at_emulator(main.pyright("python/tests/typed_sample.py")),
        at(main.step("python: test", PYTEST)).counted(),
        at(main.step("python: stubs", "-m mypy.stubtest vipps_partner_auth._native")).on_failure(),
        at(main.step("python: types", "-m mypy --strict -p vipps_partner_auth")).on_failure(),
        at(main.step("python: types of a program", "-m mypy --strict tests/typed_sample.py")).on_failure(),
        at(main.pyright("tests/typed_sample.py")),
        within("examples/python", main.step("python: types of the examples", "-m mypy --strict .")).on_failure(),
    ]);
    for (version, interpreter) in python::others() {
        let heading = format!("python {version}");
        let other = python::Environment::ready(version, &interpreter, &tests.join("requirements-short.txt"))?;
        let test = at(other.step(format!("{heading}: test"), PYTEST)).words(PYTEST_ALONE).counted();
        let emulator = at_emulator(other.step(format!("{heading}: test of the emulator"), PYTEST)).counted();
        steps.extend([other.install(&heading), emulator, test]);
    }
    lane("python", steps)
}

const PYTEST: &str = "-m pytest --quiet -p no:cacheprovider";
/// What needs nothing but pytest.
const PYTEST_ALONE: &str = "tests/test_api.py tests/test_values.py tests/test_limits.py tests/test_vectors.py \
                            tests/test_process.py tests/test_package.py";

fn jvm() -> Result<Tally> {
    uniffi::prepare_jvm(Profile::Debug)?;
    let folder = Path::new("bindings-kotlin/kotlin");
    let test = Step::new("jvm: build and test", "mvn").words("verify --activate-profiles reference").args(jdk::newer());
    let operations = Step::new("jvm: operations of the emulator", "python3");
    let operations = operations.words("emulator/kotlin/scripts/generate.py --check").on_failure();
    let blocks = blocks("jvm", &repo::target().join("jvm/generated/readme"));
    lane("jvm", [operations, blocks, test.within(folder).counted()])
}

/// A test of each block of the guide and the READMEs.
fn blocks(language: &str, into: &Path) -> Step {
    let step = Step::new(format!("{language}: blocks of the guide"), "python3");
    step.words("-B bindings-kotlin/scripts/blocks.py").args([language.as_ref(), into.as_os_str()]).on_failure()
}

fn swift_package() -> Result<Tally> {
    let compiler = swift::Compiler::obtain()?;
    let packages = uniffi::prepare_swift(Profile::Debug)?;
    // The one for apps is a part of it.
    let [_, server] = &packages;
    let blocks = blocks("swift", &server.join("Tests/VippsPartnerAuthTests/Blocks.swift"));
    let documented = compiler.documented(server);
    let steps = packages.map(|package| {
        let heading = |what: &str| format!("swift: {what} {}", package.file_name().unwrap_or_default().display());
        let build = compiler.step(heading("build"), &package, "build --build-tests --quiet").on_failure();
        let test = compiler.step(heading("test"), &package, "test --skip-build --disable-xctest").counted();
        // Its runner sums up several times over.
        let other =
            compiler.step(heading("XCTest"), &package, "test --skip-build --disable-swift-testing").on_failure();
        [build, test, other]
    });
    let generated =
        Step::new("swift: generated code", "python3").words("-B bindings-kotlin/swift/scripts/generate.py --check");
    lane("swift", [generated.on_failure(), blocks].into_iter().chain(steps.into_iter().flatten()).chain(documented))
}

fn mixed_fleet() -> Result<Tally> {
    let test = Step::cargo("mixed: test", FLEET_TESTS).words("--quiet -- --ignored processes_of_all_languages");
    lane("mixed", [test.env("FLEET_WORKERS", mixed::workers()?).counted()])
}

/// A lane closes with the sum of what its runners counted; one that ran no test has proven nothing.
pub(crate) fn lane(name: &str, steps: impl IntoIterator<Item = Step>) -> Result<Tally> {
    let tally = step::run_all(steps)?;
    if tally.passed == 0 {
        return Err(Failure::failed("no test was run"));
    }
    println!("{name}: {tally}");
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_without_tests_fails() {
        let steps = [Step::cargo("nothing", "--version").on_failure()];
        assert!(lane("empty", steps).is_err_and(|failure| failure.to_string() == "no test was run"));
    }

    #[test]
    fn the_help_names_every_lane() {
        for lane in LANES {
            assert!(details().contains(lane.name));
        }
    }
}
