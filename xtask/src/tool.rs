//! Programs that have to be on the machine already, and what to say when they are not.

use crate::failure::{Failure, Result};
use crate::step;

/// A program, how to ask for its version, and what brings it to a Debian machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    probe: &'static [&'static str],
    installer: &'static str,
    packages: &'static [&'static str],
}

const APT: &str = "apt-get install";

pub(crate) static C_COMPILER: Tool =
    Tool { name: "C compiler (cc)", probe: &["cc", "--version"], installer: APT, packages: &["gcc", "libc6-dev"] };
pub(crate) static CXX_COMPILER: Tool =
    Tool { name: "C++ compiler (c++)", probe: &["c++", "--version"], installer: APT, packages: &["g++", "libc6-dev"] };
pub(crate) static GIT: Tool = Tool { name: "git", probe: &["git", "--version"], installer: APT, packages: &["git"] };
pub(crate) static PYTHON: Tool = Tool {
    name: "python3",
    probe: &["python3", "-c", "import ensurepip, sys; print('Python', sys.version.split()[0])"],
    installer: APT,
    packages: &["python3", "python3-venv"],
};
pub(crate) static NODE: Tool = Tool {
    name: "Node 20 or newer",
    probe: &["node", "-e", "if (parseInt(process.versions.node) < 20) process.exit(1); console.log(process.version)"],
    installer: APT,
    packages: &["nodejs"],
};
pub(crate) static NPM: Tool = Tool { name: "npm", probe: &["npm", "--version"], installer: APT, packages: &["npm"] };
pub(crate) static CHROMIUM: Tool =
    Tool { name: "chromium", probe: &["chromium", "--version"], installer: APT, packages: &["chromium"] };
pub(crate) static JDK: Tool = Tool {
    name: "JDK 17 or newer",
    probe: &["javac", "--release", "17", "--version"],
    installer: APT,
    packages: &["openjdk-17-jdk-headless"],
};
pub(crate) static MAVEN: Tool =
    Tool { name: "Maven", probe: &["mvn", "--version"], installer: APT, packages: &["maven"] };
pub(crate) static DEBOOTSTRAP: Tool =
    Tool { name: "debootstrap", probe: &["debootstrap", "--version"], installer: APT, packages: &["debootstrap"] };
pub(crate) static UNSHARE: Tool =
    Tool { name: "unshare", probe: &["unshare", "--version"], installer: APT, packages: &["util-linux"] };
pub(crate) static REDIS: Tool =
    Tool { name: "redis-server", probe: &["redis-server", "--version"], installer: APT, packages: &["redis-server"] };
pub(crate) static MEMCACHED: Tool =
    Tool { name: "memcached", probe: &["memcached", "--version"], installer: APT, packages: &["memcached"] };
pub(crate) static RUSTFMT: Tool = Tool {
    name: "rustfmt",
    probe: &["cargo", "fmt", "--version"],
    installer: "rustup component add",
    packages: &["rustfmt"],
};
pub(crate) static CLIPPY: Tool = Tool {
    name: "clippy",
    probe: &["cargo", "clippy", "--version"],
    installer: "rustup component add",
    packages: &["clippy"],
};
// `rustup run` never installs a toolchain on its own, as `cargo +nightly` may.
pub(crate) static NIGHTLY: Tool = Tool {
    name: "nightly Rust",
    probe: &["rustup", "run", "nightly", "rustc", "--version"],
    installer: "rustup toolchain install",
    packages: &["nightly"],
};

pub(crate) static GO: Tool = Tool { name: "Go", probe: &["go", "version"], installer: APT, packages: &["golang-go"] };
pub(crate) static RUSTUP: Tool =
    Tool { name: "rustup", probe: &["rustup", "--version"], installer: APT, packages: &["rustup"] };
pub(crate) static WINE: Tool =
    Tool { name: "wine", probe: &["wine", "--version"], installer: APT, packages: &["wine", "wine64"] };
// The probe asks for both: what plays the processor, and the libraries that its programs load.
pub(crate) static QEMU_ARM64: Tool = Tool {
    name: "qemu for arm64",
    probe: &[
        "qemu-aarch64",
        "-L",
        "/usr/aarch64-linux-gnu",
        "/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1",
        "--version",
    ],
    installer: APT,
    packages: &["qemu-user", "libc6-arm64-cross", "libgcc-s1-arm64-cross"],
};

/// Every tool that some command asks for.
pub(crate) static ALL: &[&Tool] = &[
    &RUSTFMT,
    &CLIPPY,
    &NIGHTLY,
    &C_COMPILER,
    &CXX_COMPILER,
    &GIT,
    &PYTHON,
    &NODE,
    &NPM,
    &CHROMIUM,
    &JDK,
    &MAVEN,
    &REDIS,
    &MEMCACHED,
    &DEBOOTSTRAP,
    &UNSHARE,
    &GO,
    &RUSTUP,
    &WINE,
    &QEMU_ARM64,
];

impl Tool {
    /// The first line of what it says about its version; `None` when it is not there or does not work.
    pub(crate) fn version(&self) -> Option<String> {
        let (program, args) = self.probe.split_first()?;
        step::ask(program, args)?.lines().next().map(str::to_owned)
    }

    pub(crate) fn install_line(&self) -> String {
        format!("{} {}", self.installer, self.packages.join(" "))
    }
}

/// Fails with one message that names every tool that is not there and how to get it.
pub(crate) fn require<'a>(tools: impl IntoIterator<Item = &'a Tool>) -> Result {
    require_with(tools, |tool| tool.version().is_some())
}

fn require_with<'a>(tools: impl IntoIterator<Item = &'a Tool>, is_there: impl Fn(&Tool) -> bool) -> Result {
    let mut missing: Vec<&Tool> = Vec::new();
    for tool in tools {
        if !missing.contains(&tool) && !is_there(tool) {
            missing.push(tool);
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(Failure::failed(message(&missing))) }
}

fn message(missing: &[&Tool]) -> String {
    let names: Vec<&str> = missing.iter().map(|tool| tool.name).collect();
    format!("missing: {}\ninstall with:\n{}", names.join(", "), install_lines(missing))
}

/// One line per installer, with all its packages, each once.
fn install_lines(missing: &[&Tool]) -> String {
    let mut lines: Vec<Vec<&str>> = Vec::new();
    for tool in missing {
        let at = lines.iter().position(|line| line[0] == tool.installer).unwrap_or_else(|| {
            lines.push(vec![tool.installer]);
            lines.len() - 1
        });
        let new = tool.packages.iter().filter(|package| !lines[at].contains(package)).copied().collect::<Vec<_>>();
        lines[at].extend(new);
    }
    lines.iter().map(|line| format!("  {}", line.join(" "))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
pub(crate) static ABSENT: Tool =
    Tool { name: "absent", probe: &["no-such-program-anywhere"], installer: APT, packages: &["absent"] };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_missing_says_nothing() {
        assert!(require_with([&C_COMPILER, &GIT], |_| true).is_ok());
    }

    #[test]
    fn all_that_is_missing_stands_in_one_message_each_package_once() {
        let tools = [&C_COMPILER, &CLIPPY, &CXX_COMPILER, &GIT, &C_COMPILER, &RUSTFMT];
        let Err(failure) = require_with(tools, |tool| *tool == GIT) else { panic!("nothing was missed") };
        assert!(!failure.is_usage());
        assert_eq!(
            failure.to_string(),
            "missing: C compiler (cc), clippy, C++ compiler (c++), rustfmt\n\
             install with:\n  \
             apt-get install gcc libc6-dev g++\n  \
             rustup component add clippy rustfmt"
        );
    }

    #[test]
    fn a_tool_that_cannot_be_started_has_no_version() {
        assert_eq!(ABSENT.version(), None);
        assert_eq!(ABSENT.install_line(), "apt-get install absent");
    }
}
