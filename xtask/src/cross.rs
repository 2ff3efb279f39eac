//! `cargo xtask cross`: other platforms, and the oldest compiler, as far as this machine can tell.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Command;
use crate::failure::{Failure, Result};
use crate::job::{self, Job};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::{lanes, python, repo, targets, tool};

pub(crate) const COMMAND: Command = Command {
    name: "cross",
    arguments: "[--only a,b]",
    about: "other platforms and the oldest compiler; what this machine lacks the tools for is skipped, loudly",
    details,
    run,
};

pub(crate) const PLATFORMS: &[Job] = &[
    Job {
        name: "msrv",
        about: "the core builds and its tests pass with the oldest Rust that it promises",
        needs: &[&tool::C_COMPILER, &tool::RUSTUP],
        fetches: &[],
        run: msrv,
    },
    Job {
        name: "compile",
        about: "the compiler accepts what ships to macOS, iOS, Android and Windows (its C code is left out)",
        needs: &[&tool::RUSTUP],
        fetches: &[],
        run: compile,
    },
    Job {
        name: "musl",
        about: "the core's tests, statically linked with musl",
        needs: &[&tool::RUSTUP, &tool::PYTHON],
        fetches: &[],
        run: musl,
    },
    Job {
        name: "windows",
        about: "the core's tests under wine, TLS against a real server included",
        needs: &[&tool::RUSTUP, &tool::PYTHON, &tool::WINE],
        fetches: &[],
        run: windows,
    },
    Job {
        name: "arm64",
        about: "the core's tests on an arm64 that qemu plays",
        needs: &[&tool::RUSTUP, &tool::PYTHON, &tool::QEMU_ARM64],
        fetches: &[],
        run: arm64,
    },
];

fn details() -> String {
    format!("All of them take about an hour the first time.\n\nPlatforms:\n{}", job::list(PLATFORMS))
}

fn run(args: &[OsString]) -> Result {
    job::run_what_can(PLATFORMS, args)
}

fn msrv() -> Result<Tally> {
    let version = oldest_rust(&repo::read(&repo::root().join("Cargo.toml"))?)?;
    let words = format!("toolchain install {version} --profile minimal --no-self-update");
    Step::new(format!("msrv: Rust {version}"), "rustup").words(&words).on_failure().run()?;
    // In a folder of its own, since what one compiler built is of no use to another.
    let cargo = |heading: &str, words: &str| {
        let step = Step::new(format!("msrv: {heading}"), "rustup").words(&format!("run {version} cargo"));
        step.words(words).env("CARGO_TARGET_DIR", repo::target().join("msrv"))
    };
    lanes::lane(
        "msrv",
        [
            cargo("build", "build --all-features --lib --bins").words(CRATES).on_failure(),
            cargo("test", "test --all-features --tests --no-fail-fast --quiet -p vipps-partner-auth").counted(),
        ],
    )
}

const CRATES: &str = "-p vipps-partner-auth -p vipps-emulator";

/// `1.88` becomes `1.88.0`, as rustup names it.
fn oldest_rust(manifest: &str) -> Result<String> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \""));
    let version = line.and_then(|rest| rest.split('"').next());
    let version = version.ok_or_else(|| Failure::failed("Cargo.toml: no rust-version in [workspace.package]"))?;
    Ok(if version.matches('.').count() == 1 { format!("{version}.0") } else { version.to_owned() })
}

/// One of each system, and one whose pointers have 32 bits.
const COMPILED: [&str; 5] = [
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-apple-ios",
    "aarch64-linux-android",
    "armv7-linux-androideabi",
];

/// Nothing is linked, so programs that pretend to be a C compiler will do.
fn compile() -> Result<Tally> {
    let pretenders = Pretenders::ready()?;
    for triple in COMPILED {
        add_target(triple)?;
        let target = targets::TARGETS.iter().find(|target| target.triple == triple);
        let packages = if target.is_some_and(targets::Target::is_for_servers) { FOR_SERVERS } else { FOR_APPS };
        for words in packages {
            let step = Step::cargo(format!("compile: {triple} {}", words.trim_start_matches("-p ")), "check");
            pretenders.serve(step.words(words).args(["--target", triple]), triple)?.on_failure().run()?;
        }
    }
    Ok(Tally::default())
}

const FOR_SERVERS: &[&str] = &["--all-features -p vipps-partner-auth -p vipps-emulator -p vipps-partner-auth-ffi \
     -p vipps-partner-auth-node -p vipps-partner-auth-python"];
const FOR_APPS: &[&str] = &["--no-default-features -p vipps-partner-auth-ffi"];

/// Programs in the place of a platform's C compiler: what they make is empty. The names are not those of real ones, since the folder
/// stands on the search path, and build scripts of this machine are linked by the real one.
struct Pretenders(PathBuf);

const PRETENDERS: [(&str, &str); 3] = [("pretend-cc", CC), ("pretend-ar", AR), ("xcrun", "#!/bin/sh\necho /\n")];
const CC: &str = r#"#!/bin/sh
out=
while [ $# -gt 0 ]; do
  case $1 in
    -o) shift; out=$1 ;;
    -Fo* | /Fo*) out=${1#?Fo} ;;
  esac
  shift
done
[ -z "$out" ] || : >"$out"
"#;
const AR: &str = r#"#!/bin/sh
for word; do
  case $word in
    [-/]out:* | [-/]OUT:*) printf '!<arch>\n' >"${word#?????}" ;;
    *.a) printf '!<arch>\n' >"$word" ;;
  esac
done
"#;

impl Pretenders {
    fn ready() -> Result<Self> {
        let folder = repo::target().join("cross/pretenders");
        let trouble = |error: std::io::Error| Failure::failed(format!("{}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(trouble)?;
        for (name, text) in PRETENDERS {
            let place = folder.join(name);
            std::fs::write(&place, text).map_err(trouble)?;
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).map_err(trouble)?;
            }
        }
        Ok(Self(folder))
    }

    fn serve(&self, step: Step, triple: &str) -> Result<Step> {
        let name = triple.replace('-', "_");
        let step = step
            .env(&format!("CC_{name}"), self.0.join("pretend-cc"))
            .env(&format!("AR_{name}"), self.0.join("pretend-ar"));
        // Objects for Windows on x64 come ready-made with the crate, where there is no assembler.
        let step = step.env("AWS_LC_SYS_PREBUILT_NASM", "1").env("PYO3_NO_PYTHON", "1");
        Ok(step.env("PATH", step::search_path_with(&self.0)?))
    }
}

fn musl() -> Result<Tally> {
    tests("musl", "x86_64-unknown-linux-musl", None)
}

/// With a Windows of its own, which wine makes the first time in a folder that is there.
fn windows() -> Result<Tally> {
    let place = repo::target().join("cross");
    std::fs::create_dir_all(&place).map_err(|error| Failure::failed(format!("{}: {error}", place.display())))?;
    check_that_wine_is_new_enough()?;
    tests("windows", "x86_64-pc-windows-gnu", Some(&Runner { command: "wine", is_for_children: false }))
}

/// Rust's own library asks Windows for random numbers by a function that wine has since version 9.
fn check_that_wine_is_new_enough() -> Result {
    let version = tool::WINE.version().unwrap_or_default();
    let digits = version.trim_start_matches("wine-").split('.').next().unwrap_or_default();
    match digits.parse::<u32>() {
        Ok(number) if number >= OLDEST_WINE => Ok(()),
        _ => Err(Failure::failed(format!(
            "windows: needs wine {OLDEST_WINE} or newer, as Debian trixie has; this is {version}"
        ))),
    }
}

const OLDEST_WINE: u32 = 9;

fn arm64() -> Result<Tally> {
    let qemu = Runner { command: "qemu-aarch64 -L /usr/aarch64-linux-gnu", is_for_children: true };
    tests("arm64", "aarch64-unknown-linux-gnu", Some(&qemu))
}

/// What plays another machine.
struct Runner {
    command: &'static str,
    /// Whether a program that runs in it needs it again to start itself once more.
    is_for_children: bool,
}

/// The core's tests for a target, started by `runner`. zig has the C compiler and the libraries of every platform.
fn tests(name: &str, triple: &str, runner: Option<&Runner>) -> Result<Tally> {
    add_target(triple)?;
    let requirements = Path::new("bindings-node/requirements-package.txt");
    let zig = python::Environment::ready("npm", Path::new("python3"), requirements)?;
    let path = step::search_path_with(&zig.programs())?;
    let cargo = |heading: &str, words: &str| {
        let step = Step::new(format!("{name}: {heading}"), zig.program("cargo-zigbuild")).words("test --all-features");
        let step = step.words(words).args(["-p", "vipps-partner-auth", "--target", triple]).env("PATH", &path);
        let step = step.env("WINEPREFIX", repo::target().join("cross/wine")).env("WINEDEBUG", "-all");
        let Some(Runner { command, is_for_children }) = runner else { return step };
        let step = step.env(&format!("CARGO_TARGET_{}_RUNNER", triple.replace('-', "_").to_uppercase()), command);
        if *is_for_children { step.env("VIPPS_TEST_RUNNER", command) } else { step }
    };
    lanes::lane(
        name,
        [
            cargo("build (minutes)", "--tests --no-run").on_failure(),
            cargo("test", "--tests --no-fail-fast --quiet").counted(),
        ],
    )
}

/// Does nothing where it was added before.
fn add_target(triple: &str) -> Result {
    let heading = format!("the standard library for {triple}");
    Step::new(heading, "rustup").words("target add").args([triple]).on_failure().run().map(drop)
}
