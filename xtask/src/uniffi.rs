//! The native libraries of the Kotlin and Swift packages, and the code that is generated from them.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, OS};
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::repo;
use crate::step::Step;

/// A native library and the packages that are made of it.
struct Library {
    krate: &'static str,
    features: &'static str,
    file: &'static str,
    /// Its folders in the Maven build; the Swift package it becomes, if any.
    jvm: &'static str,
    swift: Option<&'static str>,
}

/// The one for apps first: it is built from the same crate, and what was built last stays.
const LIBRARIES: [Library; 3] = [
    Library {
        krate: "vipps-partner-auth-ffi",
        features: "--no-default-features",
        file: "vipps_partner_auth_ffi",
        jvm: "app",
        swift: None,
    },
    Library {
        krate: "vipps-partner-auth-ffi",
        features: "",
        file: "vipps_partner_auth_ffi",
        jvm: "server",
        swift: Some("VippsPartnerAuth"),
    },
    Library {
        krate: "vipps-emulator-ffi",
        features: "",
        file: "vipps_emulator_ffi",
        jvm: "emulator",
        swift: Some("VippsEmulator"),
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    fn flag(self) -> &'static str {
        if self == Self::Release { "--release" } else { "" }
    }

    fn folder(self) -> PathBuf {
        repo::target().join(if self == Self::Release { "release" } else { "debug" })
    }
}

/// Fills the Maven build's folders for native libraries and generated code.
pub(crate) fn prepare_jvm(profile: Profile) -> Result {
    build_generator()?;
    let output = repo::target().join("jvm");
    for library in &LIBRARIES {
        let built = library.build(profile)?;
        generate(&built, "kotlin", &output.join("generated").join(library.jvm))?;
        ship(profile, &built, &output.join("native").join(library.jvm).join(jna_platform()))?;
    }
    Ok(())
}

/// Puts a whole Swift package together: the sources of the repository, generated code, libraries. Returns its folder.
pub(crate) fn prepare_swift(profile: Profile) -> Result<PathBuf> {
    build_generator()?;
    let package = repo::target().join("swift/package");
    for part in ["Sources", "Tests"] {
        remove(&package.join(part))?;
    }
    copy_all(&repo::root().join("bindings-kotlin/swift"), &package)?;
    for (library, name) in LIBRARIES.iter().filter_map(|library| Some((library, library.swift?))) {
        let built = library.build(profile)?;
        let generated = repo::target().join("swift/generated").join(name);
        generate(&built, "swift", &generated)?;
        arrange(&generated, &package.join("Sources"), name, library.file)?;
        ship(profile, &built, &package.join("native"))?;
    }
    Ok(package)
}

impl Library {
    /// Builds it and returns where it lies.
    fn build(&self, profile: Profile) -> Result<PathBuf> {
        let heading = format!("{}: native library", self.jvm);
        let words = format!("build -p {} {} {}", self.krate, self.features, profile.flag());
        Step::cargo(heading, &words).on_failure().run()?;
        Ok(profile.folder().join(format!("{DLL_PREFIX}{}{DLL_SUFFIX}", self.file)))
    }
}

/// In the dev profile: it runs for a moment and takes minutes to optimise.
fn build_generator() -> Result {
    Step::cargo("generator of bindings", "build -p bindings-generator").on_failure().run().map(drop)
}

/// From a library with its symbols, since they say what there is to generate.
fn generate(library: &Path, language: &str, into: &Path) -> Result {
    remove(into)?;
    let generator = repo::target().join("debug").join(format!("bindings-generator{}", std::env::consts::EXE_SUFFIX));
    Step::new(format!("{language} code of {}", library.display()), generator)
        .words("generate --no-format --language")
        .args([language.as_ref(), library.as_os_str(), "--out-dir".as_ref(), into.as_os_str()])
        .on_failure()
        .run()
        .map(drop)
}

/// Copies a library to where it is packed from; one that is to be published, without its symbols.
fn ship(profile: Profile, library: &Path, into: &Path) -> Result {
    let copied = into.join(library.file_name().unwrap_or_default());
    copy(library, &copied)?;
    if profile == Profile::Release && cfg!(target_os = "linux") {
        Step::new("without symbols", "strip").args([&copied]).on_failure().run()?;
    }
    Ok(())
}

/// Swift's package manager wants a folder for each module.
fn arrange(generated: &Path, sources: &Path, name: &str, library: &str) -> Result {
    let (code, header) = (format!("{name}Native"), format!("{name}FFI"));
    copy(&generated.join(format!("{code}.swift")), &sources.join(&code).join(format!("{code}.swift")))?;
    copy(&generated.join(format!("{header}.h")), &sources.join(&header).join(format!("{header}.h")))?;
    let map = format!("module {header} {{\n    header \"{header}.h\"\n    link \"{library}\"\n    export *\n}}\n");
    let place = sources.join(&header).join("module.modulemap");
    fs::write(&place, map).map_err(|error| trouble(&place, &error))
}

/// How JNA names this machine.
fn jna_platform() -> String {
    let system = match OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let machine = ARCH.replace('_', "-");
    format!("{system}-{machine}")
}

fn copy_all(from: &Path, to: &Path) -> Result {
    for entry in fs::read_dir(from).map_err(|error| trouble(from, &error))? {
        let entry = entry.map_err(|error| trouble(from, &error))?.path();
        let place = to.join(entry.file_name().unwrap_or_default());
        if entry.is_dir() { copy_all(&entry, &place)? } else { copy(&entry, &place)? }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result {
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
    fs::copy(from, to).map(drop).map_err(|error| trouble(from, &error))
}

fn remove(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(trouble(folder, &error)),
        _ => Ok(()),
    }
}

fn trouble(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_for_apps_does_not_stay_in_the_place_of_the_other() {
        let last = LIBRARIES.iter().rfind(|library| library.file == "vipps_partner_auth_ffi");
        assert!(last.is_some_and(|library| library.jvm == "server"));
    }

    #[test]
    fn a_platform_is_named_as_jna_does() {
        assert!(jna_platform().starts_with(if cfg!(target_os = "linux") { "linux-" } else { "" }));
        assert!(!jna_platform().contains('_'));
    }
}
