//! `cargo xtask package`: what would be published, built and listed.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Command;
use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::uniffi::{self, Profile};
use crate::{npm, python, repo, tool, versions};

pub(crate) const COMMAND: Command = Command {
    name: "package",
    arguments: "",
    about: "build what can be published, list its files and sizes",
    details,
    run,
};

const CRATES: [&str; 2] = ["vipps-partner-auth", "vipps-emulator"];

fn details() -> String {
    format!("Crates: {}. Everything has to be committed: what is published is what is in git.", CRATES.join(", "))
}

fn run(args: &[OsString]) -> Result {
    if let Some(word) = args.first() {
        return Err(Failure::usage(format!("one word too many: `{}`", word.to_string_lossy())));
    }
    tool::require([&tool::C_COMPILER, &tool::GIT])?;
    let chosen = CRATES.iter().flat_map(|name| ["-p", name]);
    Step::cargo("package", "package --locked").args(chosen).on_failure().run()?;
    let version = versions::workspace(&repo::read(&repo::root().join("Cargo.toml"))?)?;
    CRATES.iter().try_for_each(|name| report(name, &version))?;
    for_python()?;
    for_node()?;
    for_jvm()?;
    for_swift()
}

/// A Maven repository with the jars, their sources and their descriptions.
fn for_jvm() -> Result {
    tool::require([&tool::JDK, &tool::MAVEN])?;
    uniffi::prepare_jvm(Profile::Release)?;
    let repository = repo::target().join("jvm/repository");
    Step::new("package: jvm", "mvn")
        .words("--quiet deploy --activate-profiles release -DskipTests")
        .args([format!("-DaltDeploymentRepository=local::file://{}", repository.display())])
        .within(Path::new("bindings-kotlin/kotlin"))
        .on_failure()
        .run()?;
    let jars = files(&repository)?.into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "jar"));
    jars.for_each(|(path, size)| println!("{size:>9}  {}", path.file_name().unwrap_or_default().display()));
    Ok(())
}

/// The npm package and its binary for this platform; the script lists them itself.
fn for_node() -> Result {
    tool::require([&tool::NODE, &tool::NPM])?;
    let folder = Path::new("bindings-node");
    let library = repo::target().join("release").join(format!("{DLL_PREFIX}vipps_partner_auth_node{DLL_SUFFIX}"));
    let script = |name: &str| Step::new(format!("package: node {name}"), "node").args([name]).within(folder);
    let steps = [
        Step::cargo("package: node, native part (minutes)", "build --release -p vipps-partner-auth-node").on_failure(),
        script("scripts/build.mjs").on_failure(),
        script("scripts/pack.mjs").args([library, repo::target().join("npm")]),
    ];
    step::run_all(npm::install("package: node packages", folder).into_iter().chain(steps)).map(drop)
}

/// A folder that a Swift package can depend on by its path.
fn for_swift() -> Result {
    let package = uniffi::prepare_swift(Profile::Release)?;
    for (path, size) in files(&package.join("native"))? {
        println!("{size:>9}  {}", path.file_name().unwrap_or_default().display());
    }
    Ok(())
}

/// The wheel for every Linux since 2014 and every Python since 3.9, and what other systems build one from.
fn for_python() -> Result {
    tool::require([&tool::PYTHON])?;
    let requirements = Path::new(python::PACKAGE).join("requirements-package.txt");
    let environment = python::Environment::ready("package", Path::new("python3"), &requirements)?;
    let maturin = |words: &str| {
        let step = Step::new("package: python", environment.program("maturin")).words(words);
        step.args(["--out".into(), python::packages()]).within(Path::new(python::PACKAGE)).on_failure()
    };
    maturin("build --release --zig --compatibility manylinux2014").run()?;
    maturin("sdist").run()?;
    for (path, size) in files(&python::packages())? {
        println!("{size:>9}  {}", path.file_name().unwrap_or_default().display());
    }
    Ok(())
}

/// cargo leaves the archive and, from building it once more, its unpacked files in `target/package`.
fn report(name: &str, version: &str) -> Result {
    let folder = repo::target().join("package").join(format!("{name}-{version}"));
    let archive = folder.with_file_name(format!("{name}-{version}.crate"));
    let packed = std::fs::metadata(&archive).map_err(|error| unreadable(&archive, &error))?.len();
    let files = files(&folder)?;
    let total: u64 = files.iter().map(|(_, size)| size).sum();
    println!("\n{name} {version}: {} files, {total} bytes, {packed} bytes packed", files.len());
    for (path, size) in &files {
        println!("{size:>9}  {}", path.strip_prefix(&folder).unwrap_or(path).display());
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
            let path = entry.map_err(|error| unreadable(&folder, &error))?.path();
            let metadata = path.metadata().map_err(|error| unreadable(&path, &error))?;
            if metadata.is_dir() { folders.push(path) } else { found.push((path, metadata.len())) }
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("could not read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_refused() {
        assert!(run(&["core".into()]).is_err_and(|failure| failure.is_usage()));
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
