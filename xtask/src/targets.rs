//! `cargo xtask targets`: the platforms that packages are made for. Packaging, the pipelines, the loaders and the documents
//! say what this one table says; the check `targets` holds them to it.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::failure::{Failure, Result};
use crate::tally::Tally;
use crate::{Command, hygiene, repo};

pub(crate) const COMMAND: Command = Command {
    name: "targets",
    arguments: "[--json [--servers]|--runners|--write]",
    about: "the platforms that packages are made for; as JSON for a pipeline's matrix; or written into the documents",
    details,
    run,
};

/// A platform, and what is made for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// As rustc names it.
    pub(crate) triple: &'static str,
    /// For people.
    pub(crate) about: &'static str,
    /// The machine of the pipeline that builds for it and, unless it is a device, tries what it built.
    runner: &'static str,
    /// The end of the name of the npm package with its binary.
    pub(crate) npm: Option<&'static str>,
    /// The platform in the wheel's name; of two, in the order of `wheel pack`.
    pub(crate) wheel: Option<&'static str>,
    /// The folder of the library in a jar, as JNA names platforms. JNA has no support for musl.
    pub(crate) jna: Option<&'static str>,
    /// What an app takes along: Android's name of the ABI, or the slice of Apple's framework.
    pub(crate) app: Option<&'static str>,
}

/// For servers, with all languages.
const fn server(
    triple: &'static str,
    about: &'static str,
    runner: &'static str,
    npm: &'static str,
    wheel: &'static str,
) -> Target {
    Target { triple, about, runner, npm: Some(npm), wheel: Some(wheel), jna: None, app: None }
}

/// The library for apps alone.
const fn device(triple: &'static str, about: &'static str, runner: &'static str, app: &'static str) -> Target {
    Target { triple, about, runner, npm: None, wheel: None, jna: None, app: Some(app) }
}

const LINUX_X64: &str = "ubuntu-24.04";
const LINUX_ARM64: &str = "ubuntu-24.04-arm";
const MAC_ARM64: &str = "macos-15";
const MAC_X64: &str = "macos-15-intel";
const WINDOWS_X64: &str = "windows-2025";
const WINDOWS_ARM64: &str = "windows-11-arm";

pub(crate) const TARGETS: &[Target] = &[
    Target {
        jna: Some("linux-x86-64"),
        ..server(
            "x86_64-unknown-linux-gnu",
            "Linux x64, glibc 2.17 or newer",
            LINUX_X64,
            "linux-x64-gnu",
            "manylinux2014_x86_64.manylinux_2_17_x86_64",
        )
    },
    Target {
        jna: Some("linux-aarch64"),
        ..server(
            "aarch64-unknown-linux-gnu",
            "Linux arm64, glibc 2.17 or newer",
            LINUX_ARM64,
            "linux-arm64-gnu",
            "manylinux2014_aarch64.manylinux_2_17_aarch64",
        )
    },
    server("x86_64-unknown-linux-musl", "Linux x64, musl", LINUX_X64, "linux-x64-musl", "musllinux_1_2_x86_64"),
    server("aarch64-unknown-linux-musl", "Linux arm64, musl", LINUX_ARM64, "linux-arm64-musl", "musllinux_1_2_aarch64"),
    Target {
        jna: Some("darwin-aarch64"),
        app: Some("macos"),
        ..server("aarch64-apple-darwin", "macOS arm64", MAC_ARM64, "darwin-arm64", "macosx_11_0_arm64")
    },
    Target {
        jna: Some("darwin-x86-64"),
        app: Some("macos"),
        ..server("x86_64-apple-darwin", "macOS x64", MAC_X64, "darwin-x64", "macosx_10_12_x86_64")
    },
    Target {
        jna: Some("win32-x86-64"),
        ..server("x86_64-pc-windows-msvc", "Windows x64", WINDOWS_X64, "win32-x64-msvc", "win_amd64")
    },
    Target {
        jna: Some("win32-aarch64"),
        ..server("aarch64-pc-windows-msvc", "Windows arm64", WINDOWS_ARM64, "win32-arm64-msvc", "win_arm64")
    },
    device("aarch64-linux-android", "Android arm64", LINUX_X64, "arm64-v8a"),
    device("armv7-linux-androideabi", "Android arm", LINUX_X64, "armeabi-v7a"),
    device("x86_64-linux-android", "Android x64", LINUX_X64, "x86_64"),
    device("aarch64-apple-ios", "iOS", MAC_ARM64, "ios"),
    device("aarch64-apple-ios-sim", "iOS simulator on arm64", MAC_ARM64, "simulator"),
    device("x86_64-apple-ios", "iOS simulator on x64", MAC_ARM64, "simulator"),
];

/// The oldest glibc that a binary for Linux may ask for: 2.17, of 2012.
pub(crate) const GLIBC_FLOOR: u32 = 17;

/// The page that shows the table to users.
const PAGE: &str = "docs/platforms.md";
const BEGIN: &str = "<!-- targets: written by `cargo xtask targets --write` -->\n";
const END: &str = "<!-- end of targets -->\n";

impl Target {
    pub(crate) fn is_android(&self) -> bool {
        self.triple.contains("android")
    }

    pub(crate) fn is_linux(&self) -> bool {
        self.triple.contains("unknown-linux")
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.triple.contains("windows")
    }

    pub(crate) fn is_apple(&self) -> bool {
        self.triple.contains("apple")
    }

    /// Whether what is made for it runs where programs for servers run.
    pub(crate) fn is_for_servers(&self) -> bool {
        self.npm.is_some()
    }
}

/// The one that this machine is.
pub(crate) fn of_this_machine() -> Result<&'static Target> {
    let libc = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
    let found = TARGETS.iter().find(|target| {
        let is_this_system = match std::env::consts::OS {
            "linux" => target.is_linux() && target.triple.ends_with(libc),
            "macos" => target.triple.ends_with("darwin"),
            "windows" => target.is_windows(),
            _ => false,
        };
        is_this_system && target.triple.starts_with(std::env::consts::ARCH)
    });
    found.ok_or_else(|| Failure::failed("no package is made for this kind of machine"))
}

fn details() -> String {
    format!(
        "{}\n\n--json [--servers]  one object for each, as a pipeline's matrix\n--runners           the kinds of machines\n--write             into {PAGE}",
        text()
    )
}

fn run(args: &[OsString]) -> Result {
    let mut parser = lexopt::Parser::from_args(args);
    match parser.next()? {
        None => println!("{}", text()),
        Some(lexopt::Arg::Long("json")) => {
            let is_wanted = match parser.next()? {
                None => |_: &Target| true,
                Some(lexopt::Arg::Long("servers")) => Target::is_for_servers,
                Some(other) => return Err(other.unexpected().into()),
            };
            println!("{}", json(is_wanted));
        }
        Some(lexopt::Arg::Long("runners")) => println!("{}", runners()),
        Some(lexopt::Arg::Long("write")) => write()?,
        Some(other) => return Err(other.unexpected().into()),
    }
    parser.next()?.map_or(Ok(()), |other| Err(other.unexpected().into()))
}

fn text() -> String {
    TARGETS.iter().map(|target| format!("  {:<28}{}", target.triple, target.about)).collect::<Vec<_>>().join("\n")
}

/// No value holds what JSON would have to escape.
fn json(is_wanted: fn(&Target) -> bool) -> String {
    let objects: Vec<String> = TARGETS.iter().filter(|target| is_wanted(target)).map(object).collect();
    format!("[{}]", objects.join(","))
}

/// Each kind of machine once.
fn runners() -> String {
    let runners: BTreeSet<&str> = TARGETS.iter().map(|target| target.runner).collect();
    format!("[{}]", runners.iter().map(|runner| format!("\"{runner}\"")).collect::<Vec<_>>().join(","))
}

fn object(target: &Target) -> String {
    let members = [
        ("triple", Some(target.triple)),
        ("about", Some(target.about)),
        ("runner", Some(target.runner)),
        ("npm", target.npm),
        ("wheel", target.wheel),
        ("jna", target.jna),
        ("app", target.app),
    ];
    let members = members.map(|(name, value)| format!("\"{name}\":\"{}\"", value.unwrap_or_default()));
    format!("{{{}}}", members.join(","))
}

fn table() -> String {
    let mark = |made: bool| if made { "✓" } else { "–" };
    let rows = TARGETS.iter().map(|target| {
        format!(
            "| {} | `{}` | {} | {} | {} | {} |\n",
            target.about,
            target.triple,
            mark(target.wheel.is_some()),
            mark(target.npm.is_some()),
            mark(target.jna.is_some()),
            mark(target.app.is_some()),
        )
    });
    let head = "| Platform | Target | Python | Node.js | JVM | Apps |\n|---|---|---|---|---|---|\n";
    format!("{head}{}", rows.collect::<String>())
}

fn write() -> Result {
    let place = repo::root().join(PAGE);
    let page = with_table(&repo::read(&place)?)?;
    std::fs::write(&place, page).map_err(|error| Failure::failed(format!("{PAGE}: {error}")))
}

fn with_table(page: &str) -> Result<String> {
    let missing = || Failure::failed(format!("{PAGE}: `{}` or `{}` is missing", BEGIN.trim(), END.trim()));
    let (before, rest) = page.split_once(BEGIN).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", table()))
}

/// The check: whatever names platforms names those of the table.
pub(crate) fn check() -> Result<Tally> {
    eprintln!("== targets");
    let read = |path: &str| repo::read(&repo::root().join(path));
    let mut found = Vec::new();
    found.extend(differing(
        "bindings-node/lib/load.ts, requires beside it",
        &literals(&read("bindings-node/lib/load.ts")?, "require('../vipps-partner-auth.", ".node')"),
        &named(|target| target.npm),
    ));
    found.extend(differing(
        "bindings-node/lib/load.ts, requires of packages",
        &literals(&read("bindings-node/lib/load.ts")?, "require('vipps-partner-auth-", "')"),
        &named(|target| target.npm),
    ));
    found.extend(differing("deny.toml", &listed(&read("deny.toml")?), &named(|target| Some(target.triple))));
    found.extend(differing(
        "bindings-kotlin/kotlin/android.sh",
        &words_after(&read("bindings-kotlin/kotlin/android.sh")?, "build ", 2),
        &named(|target| target.app.filter(|_| target.is_android()).map(|_| target.triple))
            .union(&named(|target| target.app.filter(|_| target.is_android())))
            .cloned()
            .collect(),
    ));
    found.extend(differing(
        "bindings-kotlin/swift/xcframework.sh",
        &words_after(&read("bindings-kotlin/swift/xcframework.sh")?, "join ", usize::MAX),
        &named(|target| target.app.filter(|_| target.is_apple()).map(|_| target.triple))
            .union(&named(|target| target.app.filter(|_| target.is_apple())))
            .cloned()
            .collect(),
    ));
    found.extend(differing(
        "bindings-kotlin/kotlin/pom.xml",
        &literals(&read("bindings-kotlin/kotlin/pom.xml")?, "<classifier>", "</classifier>"),
        &named(|target| target.jna),
    ));
    if with_table(&read(PAGE)?)? != read(PAGE)? {
        found.push(format!("{PAGE}: not the table of today: `cargo xtask targets --write`"));
    }
    for path in hygiene::files()?.iter().filter(|path| path.starts_with(".github/")) {
        found.extend(literal_triples(path, &read(path)?));
    }
    if found.is_empty() { Ok(Tally::default()) } else { Err(Failure::failed(found.join("\n  "))) }
}

type Names = BTreeSet<String>;

fn named(name: impl Fn(&Target) -> Option<&'static str>) -> Names {
    TARGETS.iter().filter_map(name).map(str::to_owned).collect()
}

fn differing(place: &str, there: &Names, wanted: &Names) -> Vec<String> {
    let missing = wanted.difference(there).map(|name| format!("{place}: {name} is missing"));
    let strange = there.difference(wanted).map(|name| format!("{place}: {name} is not in xtask/src/targets.rs"));
    missing.chain(strange).collect()
}

/// What stands between the two.
fn literals(text: &str, before: &str, after: &str) -> Names {
    text.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0.to_owned())).collect()
}

/// The entries of `targets = [`, one a line.
fn listed(manifest: &str) -> Names {
    let list = manifest.split_once("\ntargets = [").and_then(|(_, rest)| rest.split_once(']'));
    let entries = list.map(|(entries, _)| entries).unwrap_or_default();
    entries
        .split(',')
        .map(|entry| entry.trim().trim_matches('"').to_owned())
        .filter(|entry| !entry.is_empty())
        .collect()
}

/// Of a script's lines that begin so, the words that follow.
fn words_after(script: &str, command: &str, count: usize) -> Names {
    let lines = script.lines().filter_map(|line| line.strip_prefix(command));
    lines.filter(|line| !line.contains('(')).flat_map(|line| line.split(' ').take(count)).map(str::to_owned).collect()
}

/// A pipeline takes its matrix from here.
fn literal_triples(path: &str, text: &str) -> Vec<String> {
    let there = TARGETS.iter().filter(|target| text.contains(target.triple));
    there.map(|target| format!("{path}: names {}; take the matrix from `cargo xtask targets`", target.triple)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_once() {
        let names: [fn(&Target) -> Option<&'static str>; 4] =
            [|target| Some(target.triple), |target| target.npm, |target| target.wheel, |target| target.jna];
        for name in names {
            let given: Vec<_> = TARGETS.iter().filter_map(name).collect();
            assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), given.len());
        }
    }

    #[test]
    fn every_target_is_made_for_something() {
        assert!(TARGETS.iter().all(|target| target.is_for_servers() != target.is_android() || target.app.is_some()));
        assert!(TARGETS.iter().all(|target| target.npm.is_some() == target.wheel.is_some()));
        assert!(TARGETS.iter().filter(|target| target.jna.is_some()).all(Target::is_for_servers));
    }

    #[test]
    fn this_machine_is_one_of_them() {
        let this = of_this_machine();
        assert!(this.is_ok_and(|target| target.triple.starts_with(std::env::consts::ARCH)));
    }

    #[test]
    fn json_has_all_members_of_all_targets() {
        let text = json(|_| true);
        assert_eq!(text.matches("\"triple\":").count(), TARGETS.len());
        assert!(
            text.contains("\"npm\":\"linux-x64-musl\",\"wheel\":\"musllinux_1_2_x86_64\",\"jna\":\"\",\"app\":\"\"")
        );
    }

    #[test]
    fn a_pipelines_matrix_is_of_all_of_servers_or_of_machines() {
        assert!(json(|_| true).contains("android") && !json(Target::is_for_servers).contains("android"));
        assert_eq!(runners().matches("macos-15\"").count(), 1);
        assert!(runners().starts_with("[\"macos") && runners().ends_with("\"]"));
    }

    #[test]
    fn what_is_missing_and_what_is_strange_are_both_told() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Names>();
        let found = differing("place", &names(&["a", "c"]), &names(&["a", "b"]));
        assert_eq!(found, ["place: b is missing", "place: c is not in xtask/src/targets.rs"]);
    }

    #[test]
    fn literals_lists_and_words_are_found() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Names>();
        assert_eq!(literals("require('x-a') require('x-b')", "require('x-", "')"), names(&["a", "b"]));
        assert_eq!(listed("[graph]\ntargets = [\n  \"a\",\n  \"b\",\n]\n"), names(&["a", "b"]));
        assert_eq!(words_after("build() {\nbuild a b c\nother d\n", "build ", 2), names(&["a", "b"]));
    }

    #[test]
    fn a_pipeline_names_no_platform_itself() {
        assert!(literal_triples("ci.yml", "runs-on: ${{ matrix.runner }}").is_empty());
        assert_eq!(literal_triples("ci.yml", "--target aarch64-apple-darwin").len(), 1);
    }

    #[test]
    fn a_page_without_its_marks_is_refused() {
        assert!(with_table("# Platforms\n").is_err());
        assert!(with_table(&format!("a{BEGIN}old{END}b")).is_ok_and(|page| page.contains("Windows arm64")));
    }
}
