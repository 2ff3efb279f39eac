//! `cargo xtask check`: all that is checked without running a test.

use std::ffi::OsString;

use crate::failure::Result;
use crate::fetched;
use crate::job::{self, Job};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::{Command, about, api, bindings, breaking, deny, hygiene, quickstart, repo, site, targets, tool, versions};

pub(crate) const COMMAND: Command = Command {
    name: "check",
    arguments: "[--only a,b]",
    about: "format, lints, documentation, dependencies, spelling, hygiene",
    details,
    run,
};

pub(crate) const CHECKS: &[Job] = &[
    Job {
        name: "hygiene",
        about: "no machine paths, no unfinished work, no test ignored without a reason",
        needs: &[&tool::GIT],
        fetches: &[],
        run: hygiene::run,
    },
    Job {
        name: "bindings",
        about: "no header name, address, variable or status in a binding: such rules belong in the core",
        needs: &[&tool::GIT],
        fetches: &[],
        run: bindings::run,
    },
    Job {
        name: "versions",
        about: "version numbers and Cargo.lock agree with the workspace",
        needs: &[&tool::GIT],
        fetches: &[],
        run: versions::run,
    },
    Job {
        name: "targets",
        about: "loaders, scripts, pipelines and documents name the platforms that packages are made for",
        needs: &[&tool::GIT],
        fetches: &[],
        run: targets::check,
    },
    Job {
        name: "metadata",
        about: "what registries show: addresses, licences, classifiers, keywords",
        needs: &[&tool::GIT],
        fetches: &[],
        run: about::check,
    },
    Job {
        name: "pipelines",
        about: "actionlint and zizmor: pinned actions, least permissions, no injection",
        needs: &[],
        fetches: &[fetched::ACTIONLINT, fetched::ZIZMOR],
        run: pipelines,
    },
    Job { name: "format", about: "rustfmt", needs: &[&tool::RUSTFMT], fetches: &[], run: format },
    Job { name: "spelling", about: "typos", needs: &[], fetches: &[fetched::TYPOS], run: spelling },
    Job {
        name: "deny",
        about: "licences, sources, advisories, duplicates of dependencies",
        needs: &[],
        fetches: &[fetched::CARGO_DENY],
        run: deny::run,
    },
    Job {
        name: "clippy",
        about: "warnings are errors, with all features and with none",
        needs: &[&tool::CLIPPY, &tool::C_COMPILER],
        fetches: &[],
        run: clippy,
    },
    Job {
        name: "api",
        about: "the public API of each package is the one that is written down in tests/api",
        needs: &[&tool::C_COMPILER],
        fetches: &[],
        run: api::check,
    },
    Job {
        name: "breaks",
        about: "what a release would break, beside the last one: cargo-semver-checks and griffe",
        needs: &[&tool::GIT, &tool::C_COMPILER, &tool::PYTHON],
        fetches: &[],
        run: breaking::check,
    },
    Job {
        name: "fuzz",
        about: "the fuzz targets build without warnings; they are a workspace of their own",
        needs: &[&tool::CLIPPY, &tool::C_COMPILER],
        fetches: &[],
        run: fuzz_targets,
    },
    Job {
        name: "docs",
        about: "documentation builds, warnings are errors",
        needs: &[&tool::C_COMPILER],
        fetches: &[],
        run: documentation,
    },
    Job {
        name: "site",
        about: "the guide builds with the API reference of Rust, Python and Node.js: all is documented, links lead somewhere",
        needs: &[&tool::PYTHON, &tool::C_COMPILER, &tool::NODE, &tool::NPM],
        fetches: &[],
        run: site::check,
    },
    Job {
        name: "quickstart",
        about: "the Rust quick start of the README, pasted into an empty crate, compiles",
        needs: &[&tool::C_COMPILER],
        fetches: &[],
        run: quickstart::run,
    },
];

fn details() -> String {
    format!("Checks:\n{}", job::list(CHECKS))
}

fn run(args: &[OsString]) -> Result {
    job::run(CHECKS, args)
}

fn format() -> Result<Tally> {
    let workspace = Step::cargo("format", "fmt --all --check");
    let fuzz = repo::root().join("core/fuzz/Cargo.toml");
    let own = fuzz.exists().then(|| Step::cargo("format: fuzz targets", "fmt --check --manifest-path").args([fuzz]));
    step::run_all([workspace].into_iter().chain(own))
}

fn spelling() -> Result<Tally> {
    Step::new("spelling", fetched::TYPOS.obtain()?).run()
}

/// Without the shell's own checker, which not every machine has: what it finds would differ.
fn pipelines() -> Result<Tally> {
    step::run_all([
        Step::new("pipelines: actionlint", fetched::ACTIONLINT.obtain()?).words("-shellcheck= -pyflakes=").on_failure(),
        Step::new("pipelines: zizmor", fetched::ZIZMOR.obtain()?).words("--offline --quiet .github").on_failure(),
    ])
}

fn clippy() -> Result<Tally> {
    step::run_all([
        Step::cargo("clippy", "clippy --workspace --all-targets --all-features").args(DENY_WARNINGS).on_failure(),
        Step::cargo("clippy: no features", "clippy -p vipps-partner-auth --no-default-features")
            .args(DENY_WARNINGS)
            .on_failure(),
    ])
}

fn fuzz_targets() -> Result<Tally> {
    Step::cargo("fuzz targets", "clippy --all-targets --manifest-path")
        .args([repo::root().join("core/fuzz/Cargo.toml")])
        .args(DENY_WARNINGS)
        .on_failure()
        .run()
}

const DENY_WARNINGS: [&str; 3] = ["--", "-D", "warnings"];

pub(crate) fn documentation() -> Result<Tally> {
    Step::cargo("docs", "doc --workspace --all-features --no-deps")
        .env("RUSTDOCFLAGS", "-D warnings")
        .on_failure()
        .run()
}
