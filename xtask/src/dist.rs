//! What is published: native parts, built for one platform at a time, and the packages that are put together of them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::files::{copy, entries, remove, trouble};
use crate::notices::{self, Notices};
use crate::step::{self, Step};
use crate::targets::{self, GLIBC_FLOOR, TARGETS, Target};
use crate::uniffi::{self, Profile};
use crate::{look, node, package, python, repo, versions};

/// A library that packages carry, the features it is built with, and where it waits for them.
struct Library {
    krate: &'static str,
    features: &'static [&'static str],
    file: &'static str,
    folder: &'static str,
    is_for: fn(&Target) -> bool,
}

const LIBRARIES: [Library; 3] = [
    Library {
        krate: "vipps-partner-auth-node",
        features: &[],
        file: "vipps_partner_auth_node",
        folder: "node",
        is_for: Target::is_for_servers,
    },
    Library {
        krate: "vipps-partner-auth-ffi",
        features: &["--no-default-features"],
        file: "vipps_partner_auth_ffi",
        folder: "jvm/app",
        is_for: Target::is_for_the_jvm,
    },
    Library {
        krate: "vipps-partner-auth-ffi",
        features: &[],
        file: "vipps_partner_auth_ffi",
        folder: "jvm/server",
        is_for: Target::is_for_the_jvm,
    },
];

/// Programs that are offered as archives.
pub(crate) const PROGRAMS: [&str; 2] = [EMULATOR, "vipps-doctor"];

/// It is also within a package for the JVM.
const EMULATOR: &str = "vipps-emulator";

/// Folders of Python packages, and the crates that their wheels hold.
const WHEELS: [(&str, &str); 2] = [("bindings-python", "vipps-partner-auth-python"), ("emulator", "vipps-emulator")];

/// Where everything lies that one wants to publish.
pub(crate) fn packages() -> PathBuf {
    repo::target().join("dist/packages")
}

/// What was built for a platform.
fn native(target: &Target) -> PathBuf {
    repo::target().join("dist/native").join(target.triple)
}

/// The native parts for this machine unless they are there, the packages with what there is, and a look at them.
pub(crate) fn all() -> Result {
    let this = targets::of_this_machine()?;
    if !native(this).join("wheels").exists() {
        build(this.triple)?;
    }
    let there: Vec<&Target> = for_servers().filter(|target| native(target).exists()).collect();
    for missing in for_servers().filter(|target| !there.contains(target)) {
        eprintln!("WARNING: NOT PACKED: {}; `--target {}` on such a machine builds it", missing.about, missing.triple);
    }
    put_together(&there)
}

/// The same for all platforms or none: what a release does.
pub(crate) fn assemble() -> Result {
    let missing: Vec<&str> =
        for_servers().filter(|target| !native(target).exists()).map(|target| target.triple).collect();
    if !missing.is_empty() {
        return Err(Failure::failed(format!("nothing was built for {}", missing.join(", "))));
    }
    put_together(&for_servers().collect::<Vec<_>>())
}

fn for_servers() -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().filter(|target| target.is_for_servers())
}

/// Builds for a platform what packages hold natively.
pub(crate) fn build(triple: &str) -> Result {
    let target = TARGETS.iter().find(|target| target.triple == triple && target.is_for_servers());
    let known = || for_servers().map(|target| target.triple).collect::<Vec<_>>().join(", ");
    let target = target.ok_or_else(|| Failure::usage(format!("`{triple}` is none of: {}", known())))?;
    remove(&native(target))?;
    Step::new(format!("the standard library for {triple}"), "rustup")
        .words("target add")
        .args([triple])
        .on_failure()
        .run()?;
    let compiler = Compiler::of(target)?;
    for library in LIBRARIES.iter().filter(|library| (library.is_for)(target)) {
        compiler.library(library)?;
    }
    for program in PROGRAMS {
        compiler.program(program)?;
    }
    WHEELS.iter().try_for_each(|(folder, krate)| compiler.wheel(folder, krate))
}

/// For Linux with zig, for every glibc since 2012 or with musl; elsewhere the one of the machine.
struct Compiler {
    target: &'static Target,
    tools: python::Environment,
}

impl Compiler {
    fn of(target: &'static Target) -> Result<Self> {
        let requirements = Path::new(python::PACKAGE).join("requirements-package.txt");
        let python = if cfg!(windows) { "python" } else { "python3" };
        Ok(Self { target, tools: python::Environment::ready("package", Path::new(python), &requirements)? })
    }

    fn library(&self, library: &Library) -> Result {
        let Library { krate, features, folder, .. } = library;
        self.cargo(&format!("{krate} {}", features.join(" ")), &["-p", krate], features)?;
        let file = self.target.library(library.file);
        let into = native(self.target).join(folder);
        copy(&self.built().join(&file), &into.join(&file))?;
        Notices::of(krate, features, self.target.triple)?.write(&into)
    }

    fn program(&self, name: &'static str) -> Result {
        self.cargo(name, &["-p", name, "--bin", name], &[])?;
        let file = self.target.program(name);
        let into = native(self.target).join("programs").join(name);
        copy(&self.built().join(&file), &into.join(&file))?;
        copy_licences(&into)?;
        Notices::of(name, &[], self.target.triple)?.write(&into)
    }

    /// maturin lists the crates within it as well; the texts of their licences are added.
    fn wheel(&self, folder: &str, krate: &'static str) -> Result {
        let into = native(self.target).join("wheels");
        let scratch = native(self.target).join("scratch");
        let maturin = self.step(format!("{folder}: wheel"), &self.tools.program("maturin")).words("build --release");
        let maturin = maturin.args(["--target", self.target.triple]).args([OsStr::new("--out"), scratch.as_os_str()]);
        let compatibility = if self.target.is_musl() { "musllinux_1_2" } else { "manylinux2014" };
        let linux = if self.target.is_linux() { vec!["--zig", "--compatibility", compatibility] } else { Vec::new() };
        maturin.args(linux).within(Path::new(folder)).on_failure().run()?;
        let [wheel] =
            files(&scratch, "whl")?.try_into().map_err(|_| Failure::failed(format!("{folder}: not one wheel")))?;
        let open =
            self.step(format!("{folder}: open the wheel"), &self.tools.program("python")).words("-m wheel unpack");
        open.args([OsStr::new("--dest"), scratch.as_os_str(), wheel.as_os_str()]).on_failure().run()?;
        let content = only_folder(&scratch)?;
        let about = only(&content, |name| name.ends_with(".dist-info"))?;
        Notices::of(krate, &[], self.target.triple)?.write(&about.join("licenses"))?;
        fs::create_dir_all(&into).map_err(|error| trouble(&into, &error))?;
        let close =
            self.step(format!("{folder}: close the wheel"), &self.tools.program("python")).words("-m wheel pack");
        close.args([OsStr::new("--dest-dir"), into.as_os_str(), content.as_os_str()]).on_failure().run()?;
        remove(&scratch)
    }

    fn cargo(&self, heading: &str, package: &[&str], features: &[&str]) -> Result {
        let heading = format!("{}: {heading} (minutes)", self.target.triple);
        let (program, words, triple) = if self.target.is_linux() {
            let floor = if self.target.is_musl() { String::new() } else { format!(".2.{GLIBC_FLOOR}") };
            (self.tools.program("cargo-zigbuild"), "zigbuild", format!("{}{floor}", self.target.triple))
        } else {
            (PathBuf::from("cargo"), "build", self.target.triple.to_owned())
        };
        let step = self.step(heading, &program).args([words, "--release", "--locked", "--target", &triple]);
        step.args(package).args(features).on_failure().run().map(drop)
    }

    /// So that the same commit gives the same bytes, and no path of this machine is in them.
    fn step(&self, heading: String, program: &Path) -> Step {
        let mut flags = format!(
            "--remap-path-prefix={}=crates --remap-path-prefix={}=.",
            notices::cargo_home().join("registry/src").display(),
            repo::root().display()
        );
        if self.target.is_musl() {
            // Else there is no shared library.
            flags.push_str(" -C target-feature=-crt-static");
        }
        let step = Step::new(heading, program).env("RUSTFLAGS", flags).env("SOURCE_DATE_EPOCH", commit_time());
        match step::search_path_with(&self.tools.programs()) {
            Ok(path) => step.env("PATH", path),
            Err(_) => step,
        }
    }

    fn built(&self) -> PathBuf {
        repo::target().join(self.target.triple).join("release")
    }
}

/// Of the last commit, in seconds since 1970.
fn commit_time() -> String {
    step::ask("git", &["log", "-1", "--format=%ct"]).map_or_else(|| "0".to_owned(), |text| text.trim().to_owned())
}

fn put_together(targets: &[&Target]) -> Result {
    remove(&packages())?;
    for_python(targets)?;
    for_node(targets)?;
    for_jvm(targets)?;
    for_rust()?;
    programs(targets)?;
    checksums()?;
    look::at(targets)
}

fn for_python(targets: &[&Target]) -> Result {
    let into = packages().join("python");
    for target in targets {
        for wheel in files(&native(target).join("wheels"), "whl")? {
            copy(&wheel, &into.join(wheel.file_name().unwrap_or_default()))?;
        }
    }
    let requirements = Path::new(python::PACKAGE).join("requirements-package.txt");
    let tools = python::Environment::ready("package", Path::new("python3"), &requirements)?;
    WHEELS.iter().try_for_each(|(folder, _)| {
        let sdist = Step::new(format!("{folder}: source distribution"), tools.program("maturin")).words("sdist --out");
        sdist
            .args([&into])
            .within(Path::new(folder))
            .env("SOURCE_DATE_EPOCH", commit_time())
            .on_failure()
            .run()
            .map(drop)
    })
}

fn for_node(targets: &[&Target]) -> Result {
    let libraries = targets.iter().filter_map(|target| {
        let library = native(target).join("node").join(target.library("vipps_partner_auth_node"));
        Some((target.npm?, library))
    });
    package::pack_for_npm(node::PACKAGE, &packages().join("npm"), libraries)?;
    let programs = targets.iter().filter_map(|target| {
        let program = native(target).join("programs").join(EMULATOR).join(target.program(EMULATOR));
        Some((target.npm?, program))
    });
    package::pack_for_npm(node::EMULATOR, &packages().join("npm-emulator"), programs).map(drop)
}

/// The generated code is the same for all platforms and profiles; the native parts that this machine made on the way give way
/// to those that are published.
fn for_jvm(targets: &[&Target]) -> Result {
    uniffi::prepare_jvm(Profile::Debug)?;
    let natives = repo::target().join("jvm/native");
    remove(&natives)?;
    for library in LIBRARIES.iter().filter(|library| library.folder.starts_with("jvm/")) {
        let into = natives.join(library.folder.trim_start_matches("jvm/"));
        for target in targets {
            let Some(jna) = target.jna else { continue };
            let file = target.library(library.file);
            copy(&native(target).join(library.folder).join(&file), &into.join(jna).join(&file))?;
        }
        Notices::of(library.krate, library.features, "all")?.write(&into.join("META-INF"))?;
    }
    let emulator = natives.join("emulator");
    for target in targets {
        let Some(jna) = target.jna else { continue };
        let file = target.program(EMULATOR);
        copy(&native(target).join("programs").join(EMULATOR).join(&file), &emulator.join(jna).join(&file))?;
    }
    Notices::of(EMULATOR, &[], "all")?.write(&emulator.join("META-INF"))?;
    let classifiers = targets.iter().filter_map(|target| target.jna).map(|jna| format!("-Djar.{jna}=package"));
    let time = format!("-Dproject.build.outputTimestamp={}", commit_time());
    package::deploy_for_the_jvm(&packages().join("maven"), classifiers.chain([time]))
}

fn for_rust() -> Result {
    for (name, version) in package::pack_for_rust()? {
        let file = format!("{name}-{version}.crate");
        copy(&repo::target().join("package").join(&file), &packages().join("crates").join(&file))?;
    }
    Ok(())
}

/// The same bytes whoever packs them, and when.
fn programs(targets: &[&Target]) -> Result {
    let version = versions::workspace(&repo::read(&repo::root().join("Cargo.toml"))?)?;
    let into = packages().join("programs");
    fs::create_dir_all(&into).map_err(|error| trouble(&into, &error))?;
    let time = format!("--mtime=@{}", commit_time());
    for (target, name) in targets.iter().flat_map(|target| PROGRAMS.iter().map(move |name| (target, name))) {
        let archive = into.join(format!("{name}-{version}-{}.tar.gz", target.triple));
        let tar = Step::new(format!("{}: {name}", target.triple), "tar")
            .words("--sort=name --owner=0 --group=0 --numeric-owner");
        let tar = tar.args([time.as_str(), "--use-compress-program=gzip -n9", "--create", "--file"]).args([&archive]);
        tar.args([OsStr::new("--directory"), native(target).join("programs").as_os_str(), OsStr::new(name)])
            .on_failure()
            .run()?;
    }
    Ok(())
}

fn checksums() -> Result {
    const ALL: &str = "find . -type f ! -path './npm*/stage/*' ! -name SHA256SUMS -printf '%P\\0' | sort -z | xargs -0 sha256sum >SHA256SUMS";
    Step::new("checksums", "sh").args(["-ec", ALL]).within(&packages()).on_failure().run().map(drop)
}

/// Installs what was packed for this machine as its users do, and puts it to work.
pub(crate) fn try_them() -> Result {
    let this = targets::of_this_machine()?;
    let folder = Path::new("bindings-node");
    let node = Step::new("try: npm", "node").words("scripts/try.mjs").args([packages().join("npm")]);
    node.within(folder).run()?;
    let emulator = Step::new("try: npm, the emulator", "node").words("scripts/try.mjs");
    emulator.args([packages().join("npm-emulator")]).within(Path::new(node::EMULATOR)).run()?;
    let python = if cfg!(windows) { "python" } else { "python3" };
    let environment = python::Environment::ready(
        "try",
        Path::new(python),
        Path::new(python::PACKAGE).join("requirements-try.txt").as_path(),
    )?;
    let pip = "-m pip install --quiet --disable-pip-version-check --no-index --force-reinstall --find-links";
    let pip = environment.step("try: wheel", pip).args([packages().join("python")]);
    pip.args(["--only-binary", ":all:", "vipps-partner-auth"]).run()?;
    environment.step("try: python", "scripts/try.py").within(Path::new(python::PACKAGE)).run()?;
    println!("what was packed for {} installs and works", this.about);
    Ok(())
}

impl Target {
    /// How a library is called there.
    pub(crate) fn library(&self, name: &str) -> String {
        match self {
            _ if self.is_windows() => format!("{name}.dll"),
            _ if self.is_apple() => format!("lib{name}.dylib"),
            _ => format!("lib{name}.so"),
        }
    }

    fn program(&self, name: &str) -> String {
        if self.is_windows() { format!("{name}.exe") } else { name.to_owned() }
    }

    pub(crate) fn is_musl(&self) -> bool {
        self.triple.ends_with("musl")
    }

    pub(crate) fn is_for_the_jvm(&self) -> bool {
        self.jna.is_some()
    }
}

fn copy_licences(into: &Path) -> Result {
    ["LICENSE-APACHE", "LICENSE-MIT"].iter().try_for_each(|name| copy(&repo::root().join(name), &into.join(name)))
}

fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = entries(folder)?;
    found.retain(|path| path.is_file() && path.extension().is_some_and(|end| end == ending));
    Ok(found)
}

fn only_folder(folder: &Path) -> Result<PathBuf> {
    only(folder, |_| true)
}

/// The one folder in it whose name fits.
fn only(folder: &Path, fits: impl Fn(&str) -> bool) -> Result<PathBuf> {
    let found = entries(folder)?
        .into_iter()
        .find(|path| path.is_dir() && path.file_name().is_some_and(|name| fits(&name.to_string_lossy())));
    found.ok_or_else(|| Failure::failed(format!("{}: not what was expected in it", folder.display())))
}

/// What `cargo xtask package` is asked for, if it is one of these.
pub(crate) fn asked(args: &[OsString]) -> Option<Result> {
    let words: Vec<&str> = args.iter().map(|word| word.to_str().unwrap_or_default()).collect();
    match words[..] {
        ["--all"] => Some(all()),
        ["--assemble"] => Some(assemble()),
        ["--try"] => Some(try_them()),
        ["--target", triple] => Some(build(triple)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(triple: &str) -> &'static Target {
        TARGETS.iter().find(|target| target.triple == triple).unwrap_or(&TARGETS[0])
    }

    #[test]
    fn libraries_and_programs_are_named_as_each_system_does() {
        let names = |triple| (target(triple).library("a"), target(triple).program("a"));
        assert_eq!(names("aarch64-unknown-linux-musl"), ("liba.so".to_owned(), "a".to_owned()));
        assert_eq!(names("x86_64-apple-darwin"), ("liba.dylib".to_owned(), "a".to_owned()));
        assert_eq!(names("x86_64-pc-windows-msvc"), ("a.dll".to_owned(), "a.exe".to_owned()));
    }

    #[test]
    fn nothing_is_built_for_what_no_package_is_made_for() {
        for triple in ["sparc64-unknown-linux-gnu", "aarch64-apple-ios"] {
            assert!(build(triple).is_err_and(|failure| failure.is_usage()));
        }
    }

    #[test]
    fn other_words_are_left_to_others() {
        for words in [vec!["--only", "node"], vec![], vec!["--target"], vec!["--all", "now"]] {
            assert!(asked(&words.into_iter().map(OsString::from).collect::<Vec<_>>()).is_none());
        }
    }

    #[test]
    fn the_library_for_servers_is_built_after_the_one_for_apps() {
        let last = LIBRARIES.iter().rfind(|library| library.file == "vipps_partner_auth_ffi");
        assert!(last.is_some_and(|library| library.folder == "jvm/server"));
    }
}
