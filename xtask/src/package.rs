//! `cargo xtask package`: what would be published, built and listed.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Command;
use crate::failure::Result;
use crate::files::{below, copy, trouble};
use crate::job::{self, Job};
use crate::notices::Notices;
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::uniffi::{self, Profile};
use crate::{dist, node, npm, python, repo, targets, tool, versions};

pub(crate) const COMMAND: Command = Command {
    name: "package",
    arguments: "[--only a,b|--all|--target TRIPLE|--assemble|--try]",
    about: "build what can be published, list its files and sizes; or make, open and try the packages of a release",
    details,
    run,
};

const PACKAGES: &[Job] = &[
    Job {
        name: "crates",
        about: "the Rust crates; everything has to be committed, since what is published is what is in git",
        needs: &[&tool::C_COMPILER, &tool::GIT],
        fetches: &[],
        run: for_rust,
    },
    Job {
        name: "python",
        about: "the wheels and the source distributions, of the library and of the emulator",
        needs: &[&tool::C_COMPILER, &tool::PYTHON],
        fetches: &[],
        run: for_python,
    },
    Job {
        name: "node",
        about: "the npm package, its binary for this platform, and both in one",
        needs: &[&tool::C_COMPILER, &tool::NODE, &tool::NPM, &tool::PYTHON],
        fetches: &[],
        run: for_node,
    },
    Job {
        name: "emulator-npm",
        about: "the emulator's npm package, its program for this platform, and both in one",
        needs: &[&tool::C_COMPILER, &tool::NODE, &tool::NPM, &tool::PYTHON],
        fetches: &[],
        run: for_npm_with_emulator,
    },
    Job {
        name: "jvm",
        about: "a Maven repository with the jars, their sources and their descriptions",
        needs: &[&tool::C_COMPILER, &tool::JDK, &tool::MAVEN],
        fetches: &[],
        run: for_jvm,
    },
    Job {
        name: "swift",
        about: "the folders that a Swift package can depend on: for servers, and for apps",
        needs: &[&tool::C_COMPILER],
        fetches: &[],
        run: for_swift,
    },
];

const NODE: &str = node::PACKAGE;
const CRATES: [&str; 2] = ["vipps-partner-auth", "vipps-emulator"];

fn details() -> String {
    format!(
        "Packages:\n{}\n\n\
         --all            all of them with the native parts for this machine, each opened and looked at\n\
         --target TRIPLE  the native parts for one platform, on a machine that can build them\n\
         --assemble       all packages from the native parts of all platforms, each opened and looked at\n\
         --try            installs what was packed for this machine, and puts it to work",
        job::list(PACKAGES)
    )
}

fn run(args: &[OsString]) -> Result {
    dist::asked(args).unwrap_or_else(|| job::run(PACKAGES, args))
}

fn for_rust() -> Result<Tally> {
    pack_for_rust()?.iter().try_for_each(|(name, version)| report(name, version))?;
    Ok(Tally::default())
}

/// The crates' archives and, beside them, their files are in `target/package` afterwards.
pub(crate) fn pack_for_rust() -> Result<Vec<(&'static str, String)>> {
    let chosen = CRATES.iter().flat_map(|name| ["-p", name]);
    Step::cargo("package", "package --locked").args(chosen).on_failure().run()?;
    let version = versions::workspace(&repo::read(&repo::root().join("Cargo.toml"))?)?;
    Ok(CRATES.map(|name| (name, version.clone())).into())
}

/// A Maven repository with the jars, their sources and their descriptions.
fn for_jvm() -> Result<Tally> {
    uniffi::prepare_jvm(Profile::Release)?;
    let repository = repo::target().join("jvm/repository");
    deploy_for_the_jvm(&repository, [])?;
    let jars = files(&repository)?.into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "jar"));
    jars.for_each(|(path, size)| println!("{size:>9}  {}", path.file_name().unwrap_or_default().display()));
    Ok(Tally::default())
}

/// Into a Maven repository; `properties` say what else to make.
pub(crate) fn deploy_for_the_jvm(repository: &Path, properties: impl IntoIterator<Item = String>) -> Result {
    let repository = format!("-DaltDeploymentRepository=local::file://{}", repository.display());
    let deploy = Step::new("package: jvm", "mvn").words("--quiet deploy --activate-profiles release -DskipTests");
    // Where cargo builds, which need not be below the checkout.
    let output = format!("-Doutput={}", repo::target().join("jvm").display());
    let deploy = deploy.args([repository, output]).args(properties).within(Path::new("bindings-kotlin/kotlin"));
    deploy.on_failure().run().map(drop)
}

/// The npm package and its binary for this platform; the script lists them itself, then they are installed and tried.
fn for_node() -> Result<Tally> {
    let this = targets::of_this_machine()?;
    let library = release_of("vipps-partner-auth-node")?;
    let library = library.join(format!("{DLL_PREFIX}vipps_partner_auth_node{DLL_SUFFIX}"));
    let folder = library.parent().unwrap_or(&library);
    Notices::of("vipps-partner-auth-node", &[], this.triple)?.write(folder)?;
    let packed = repo::target().join("npm");
    pack_for_npm(NODE, &packed, this.npm.map(|npm| (npm, library.clone())))?;
    // It is tried with the emulator of the repository.
    step::run_all(node::build("package: node", node::Profile::Debug))?;
    let script = Step::new("package: node scripts/try.mjs", "node").words("scripts/try.mjs");
    script.args([&packed]).within(Path::new("bindings-node")).run()
}

/// The main package, which names those of all platforms, and the packages of those whose library is given, with its notices
/// beside it.
pub(crate) fn pack_for_npm(
    package: &str,
    into: &Path,
    binaries: impl IntoIterator<Item = (&'static str, PathBuf)>,
) -> Result<Tally> {
    let folder = Path::new(package);
    let script = |name: &str| Step::new(format!("package: {package} {name}"), "node").args([name]).within(folder);
    let platforms: Vec<&str> = targets::TARGETS.iter().filter_map(|target| target.npm).collect();
    let binaries = binaries.into_iter().map(|(npm, binary)| format!("{npm}={}", binary.display()));
    let pack = script("scripts/pack.mjs").args([into.as_os_str(), platforms.join(",").as_ref()]).args(binaries);
    let steps = [script("scripts/build.mjs").on_failure(), pack];
    step::run_all(npm::install(&format!("package: {package} packages"), folder).into_iter().chain(steps))
}

/// The same for the emulator, whose binary is a program.
fn for_npm_with_emulator() -> Result<Tally> {
    let this = targets::of_this_machine()?;
    let program = release_of("vipps-emulator")?.join(format!("vipps-emulator{EXE_SUFFIX}"));
    // Notices lie beside what they are of, and another's may be there already.
    let place = repo::target().join("npm-emulator-program").join(format!("vipps-emulator{EXE_SUFFIX}"));
    copy(&program, &place)?;
    Notices::of("vipps-emulator", &[], this.triple)?.write(place.parent().unwrap_or(&place))?;
    step::run_all(node::build("package: emulator-npm", node::Profile::Debug))?;
    let packed = repo::target().join("npm-emulator");
    pack_for_npm(node::EMULATOR, &packed, this.npm.map(|npm| (npm, place)))?;
    let script = Step::new("package: emulator-npm scripts/try.mjs", "node").words("scripts/try.mjs");
    script.args([&packed]).within(Path::new(node::EMULATOR)).run()
}

/// The folder with what a crate is for release; on Linux for every glibc since 2.17 (2012), whatever the machine that builds
/// has.
fn release_of(name: &str) -> Result<PathBuf> {
    let heading = format!("package: {name} (minutes)");
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        Step::cargo(heading, "build --release -p").args([name]).on_failure().run()?;
        return Ok(repo::target().join("release"));
    }
    let requirements = Path::new("bindings-node/requirements-package.txt");
    let zig = python::Environment::ready("npm", Path::new("python3"), requirements)?;
    let target = format!("{ARCH}-unknown-linux-gnu");
    Step::cargo(heading, "zigbuild --release -p")
        .args([name.to_owned(), "--target".to_owned(), format!("{target}.2.17")])
        .env("PATH", step::search_path_with(&zig.programs())?)
        .on_failure()
        .run()?;
    Ok(repo::target().join(target).join("release"))
}

/// Folders that a Swift package can depend on by their paths.
fn for_swift() -> Result<Tally> {
    for package in uniffi::prepare_swift(Profile::Release)? {
        println!("{}", package.display());
        for (path, size) in files(&package.join("native"))? {
            println!("{size:>9}  {}", path.file_name().unwrap_or_default().display());
        }
    }
    Ok(Tally::default())
}

/// The wheels for every Linux since 2014 and every Python since 3.9, and what other systems build them from.
fn for_python() -> Result<Tally> {
    let requirements = Path::new(python::PACKAGE).join("requirements-package.txt");
    let environment = python::Environment::ready("package", Path::new("python3"), &requirements)?;
    // maturin looks for zig, or for a Python that has it, on the search path.
    let path = step::search_path_with(&environment.programs())?;
    let maturin = |package: &str, words: &str| {
        let step = Step::new("package: python", environment.program("maturin")).words(words).env("PATH", &path);
        step.args(["--out".into(), python::packages()]).within(Path::new(package)).on_failure()
    };
    for package in [python::PACKAGE, python::EMULATOR] {
        maturin(package, "build --release --zig --compatibility manylinux2014").run()?;
        maturin(package, "sdist").run()?;
    }
    for (path, size) in files(&python::packages())? {
        println!("{size:>9}  {}", path.file_name().unwrap_or_default().display());
    }
    Ok(Tally::default())
}

/// cargo leaves the archive and, from building it once more, its unpacked files in `target/package`.
fn report(name: &str, version: &str) -> Result {
    let folder = repo::target().join("package").join(format!("{name}-{version}"));
    let archive = folder.with_file_name(format!("{name}-{version}.crate"));
    let packed = std::fs::metadata(&archive).map_err(|error| trouble(&archive, &error))?.len();
    let files = files(&folder)?;
    let total: u64 = files.iter().map(|(_, size)| size).sum();
    println!("\n{name} {version}: {} files, {total} bytes, {packed} bytes packed", files.len());
    for (path, size) in &files {
        println!("{size:>9}  {}", path.strip_prefix(&folder).unwrap_or(path).display());
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let size = |path: PathBuf| {
        let metadata = path.metadata().map_err(|error| trouble(&path, &error))?;
        Ok((path, metadata.len()))
    };
    below(folder)?.into_iter().map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_refused() {
        assert!(run(&["core".into()]).is_err_and(|failure| failure.is_usage()));
    }

    #[test]
    fn the_help_names_every_package() {
        for package in PACKAGES {
            assert!(details().contains(package.name));
        }
    }

    #[test]
    fn files_of_all_folders_are_found_in_order() {
        let found = files(&repo::root().join("xtask")).unwrap_or_default();
        let names: Vec<_> = found.iter().filter_map(|(path, _)| path.file_name()).collect();
        assert!(names.contains(&"Cargo.toml".as_ref()));
        assert!(names.contains(&"package.rs".as_ref()));
        assert!(found.is_sorted());
        assert!(found.iter().all(|(_, size)| *size > 0));
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        assert!(
            files(Path::new("no-such-folder")).is_err_and(|failure| failure.to_string().contains("no-such-folder"))
        );
    }
}
