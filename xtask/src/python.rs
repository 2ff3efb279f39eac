//! Python interpreters, and the virtual environments in which the package is tested.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{self, Step};
use crate::{failure::Result, repo};

/// The folder of the package.
pub(crate) const PACKAGE: &str = "bindings-python";

/// The folder of the emulator's package, which the tests of the other need.
pub(crate) const EMULATOR: &str = "emulator";

/// Those that the one wheel is for.
const VERSIONS: [&str; 6] = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];

/// A virtual environment below `target`.
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// Makes one, and installs what `requirements` names, unless that was done since the file last changed.
    pub(crate) fn ready(name: &str, python: &Path, requirements: &Path) -> Result<Self> {
        let here = Self::of(name);
        let stamp = here.0.join("requirements.txt");
        let wanted = repo::read(&repo::root().join(requirements))?;
        if fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
            return Ok(here);
        }
        let heading = |what: &str| format!("python: {what} for {name}");
        Step::new(heading("environment"), python).words("-m venv --clear").args([&here.0]).on_failure().run()?;
        let install =
            here.step(heading("packages"), "-m pip install --quiet --disable-pip-version-check --requirement");
        install.args([requirements]).on_failure().run()?;
        // Written last: one that was interrupted is made anew. Where it fails the next run installs once more.
        let _ = fs::write(stamp, wanted);
        Ok(here)
    }

    /// One that was made before.
    pub(crate) fn of(name: &str) -> Self {
        Self(scratch(name))
    }

    /// A step of this environment's interpreter.
    pub(crate) fn step(&self, heading: impl Into<String>, words: &str) -> Step {
        Step::new(heading, self.program("python")).words(words)
    }

    /// A program that was installed into it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs().join(name)
    }

    /// Where those programs lie.
    pub(crate) fn programs(&self) -> PathBuf {
        self.0.join(if cfg!(windows) { "Scripts" } else { "bin" })
    }

    /// Builds both wheels, for development or for release.
    pub(crate) fn build(&self, profile: &str) -> [Step; 2] {
        [PACKAGE, EMULATOR].map(|package| {
            let heading = format!("python: wheel of {package}");
            let build = Step::new(heading, self.program("maturin")).words("build").args(words(profile));
            build.args(["--out".into(), wheels()]).within(Path::new(package)).on_failure()
        })
    }

    /// Checks the types of a program that uses the installed package.
    pub(crate) fn pyright(&self, program: &str) -> Step {
        let step = Step::new("python: types, pyright", self.program("pyright"))
            .args(["--pythonpath".into(), self.program("python")]);
        step.words(program).on_failure()
    }

    /// Installs the wheels that were built last, so that what is tested is what a user gets.
    pub(crate) fn install(&self, heading: &str) -> Step {
        let install = "-m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall";
        let install = self.step(format!("{heading}: wheels"), install);
        install.args(["--find-links".into(), wheels()]).words("vipps-partner-auth vipps-emulator").on_failure()
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

/// A place below `target` for what is installed, built or remembered.
pub(crate) fn scratch(name: &str) -> PathBuf {
    repo::target().join("python").join(name)
}

/// Where wheels lie.
fn wheels() -> PathBuf {
    scratch("wheels")
}

/// Where the packages lie that can be published.
pub(crate) fn packages() -> PathBuf {
    scratch("packages")
}

/// The interpreters of this machine by version, at most one of each, less the one that `python3` is.
pub(crate) fn others() -> Vec<(&'static str, PathBuf)> {
    let others = VERSIONS.into_iter().filter(|version| answers(Path::new("python3"), version).is_none());
    others.filter_map(|version| Some((version, interpreter(version)?))).collect()
}

fn interpreter(version: &str) -> Option<PathBuf> {
    let name = format!("python{version}");
    std::iter::once(PathBuf::from(&name)).chain(of_pyenv(&name)).find_map(|program| answers(&program, version))
}

/// On the search path pyenv has a stand-in for each, which works for the chosen versions only.
fn of_pyenv(name: &str) -> Vec<PathBuf> {
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    let versions = home.and_then(|home| fs::read_dir(home.join("versions")).ok());
    versions.into_iter().flatten().flatten().map(|version| version.path().join("bin").join(name)).collect()
}

/// Where the interpreter really is, if it is one of this version that can make environments.
fn answers(program: &Path, version: &str) -> Option<PathBuf> {
    let script = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)";
    let told = step::ask(program, &["-c", script])?;
    let (known, place) = told.trim().split_once('\n')?;
    (known == version).then(|| PathBuf::from(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_is_known_by_what_it_says() {
        assert_eq!(answers(Path::new("no-such-program-anywhere"), "3.11"), None);
        assert_eq!(answers(Path::new("python3"), "2.7"), None);
    }

    #[test]
    fn programs_lie_within_the_environment() {
        let environment = Environment(PathBuf::from("here"));
        assert!(environment.program("maturin").starts_with("here"));
    }
}
