//! The native libraries of the Kotlin and Swift packages, and the code that is generated from them.

use std::env::consts::{ARCH, DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX, OS};
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::files::{copy, copy_all, remove, trouble};
use crate::repo;
use crate::step::Step;

/// A native library and the packages that are made of it.
struct Library {
    krate: &'static str,
    features: &'static str,
    file: &'static str,
    /// Its folders in what is built of it.
    folder: &'static str,
    swift: Swift,
}

/// The Swift package that a library is a part of, and the name of its modules.
#[derive(Clone, Copy)]
struct Swift {
    package: &'static str,
    module: &'static str,
}

/// The one for apps first: it is built from the same crate, and what was built last stays.
const LIBRARIES: [Library; 2] = [
    Library {
        krate: "vipps-partner-auth-ffi",
        features: "--no-default-features",
        file: "vipps_partner_auth_ffi",
        folder: "app",
        swift: Swift { package: "app", module: "VippsPartnerAuth" },
    },
    Library {
        krate: "vipps-partner-auth-ffi",
        features: "",
        file: "vipps_partner_auth_ffi",
        folder: "server",
        swift: Swift { package: "package", module: "VippsPartnerAuth" },
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

/// Fills the Maven build's folders for native parts and generated code.
pub(crate) fn prepare_jvm(profile: Profile) -> Result {
    build_generator()?;
    let output = repo::target().join("jvm");
    for library in &LIBRARIES {
        let built = library.build(profile)?;
        generate(&built, "kotlin", &output.join("generated").join(library.folder))?;
        ship(profile, &built, &output.join("native").join(library.folder).join(jna_platform()))?;
    }
    let emulator = output.join("native/emulator");
    remove(&emulator)?;
    ship(profile, &build_emulator(profile)?, &emulator.join(jna_platform()))
}

/// The program, where it lies afterwards.
fn build_emulator(profile: Profile) -> Result<PathBuf> {
    let words = format!("build -p vipps-emulator {}", profile.flag());
    Step::cargo("emulator: program", &words).on_failure().run()?;
    Ok(profile.folder().join(format!("vipps-emulator{EXE_SUFFIX}")))
}

/// Puts the Swift packages together, of the repository's sources, generated code and libraries: the one for apps, and the
/// one for servers with the emulator's program. Returns their folders.
pub(crate) fn prepare_swift(profile: Profile) -> Result<[PathBuf; 2]> {
    build_generator()?;
    copy_swift_sources()?;
    for library in &LIBRARIES {
        let Swift { package, module } = library.swift;
        let package = swift_package(package);
        let built = library.build(profile)?;
        let generated = repo::target().join("swift/generated").join(library.folder);
        generate(&built, "swift", &generated)?;
        arrange(&generated, &package.join("Sources"), module, library.file)?;
        ship(profile, &built, &package.join("native"))?;
    }
    ship(profile, &build_emulator(profile)?, &swift_package("package").join("native"))?;
    Ok(["app", "package"].map(swift_package))
}

fn swift_package(name: &str) -> PathBuf {
    repo::target().join("swift").join(name)
}

/// What was built in a package stays; a source that is gone does not.
fn copy_swift_sources() -> Result {
    let ours = repo::root().join("bindings-kotlin/swift");
    let app = swift_package("app");
    let server = swift_package("package");
    for part in ["Sources", "Tests"] {
        remove(&app.join(part))?;
        remove(&server.join(part))?;
        copy_all(&ours.join(part), &server.join(part))?;
    }
    for file in ["Package.swift", "README.md"] {
        copy(&ours.join(file), &server.join(file))?;
    }
    copy_all(&ours.join("app"), &app)?;
    copy_all(&ours.join("Sources/VippsPartnerAuth/Shared"), &app.join("Sources/VippsPartnerAuth"))
}

impl Library {
    /// Builds it and returns where it lies.
    fn build(&self, profile: Profile) -> Result<PathBuf> {
        let heading = format!("{}: native library", self.folder);
        let words = format!("build -p {} {} {}", self.krate, self.features, profile.flag());
        Step::cargo(heading, &words).on_failure().run()?;
        Ok(profile.folder().join(format!("{DLL_PREFIX}{}{DLL_SUFFIX}", self.file)))
    }
}

/// In the dev profile: it runs for a moment and takes minutes to optimise.
fn build_generator() -> Result {
    Step::cargo("generator of bindings", "build -p bindings-generator").on_failure().run().map(drop)
}

/// From the static library beside this one: symbols say what there is to generate, and a release build strips them.
fn generate(library: &Path, language: &str, into: &Path) -> Result {
    remove(into)?;
    let archive = library.with_extension(if cfg!(windows) { "lib" } else { "a" });
    let generator = repo::target().join("debug").join(format!("bindings-generator{EXE_SUFFIX}"));
    Step::new(format!("{language} code of {}", archive.display()), generator)
        .args([language.as_ref(), archive.as_os_str(), into.as_os_str()])
        .on_failure()
        .run()
        .map(drop)
}

/// Copies a library or program to where it is packed from; one that is to be published, without symbols that nobody needs.
fn ship(profile: Profile, built: &Path, into: &Path) -> Result {
    let copied = into.join(built.file_name().unwrap_or_default());
    copy(built, &copied)?;
    if profile == Profile::Release && cfg!(target_os = "linux") {
        Step::new("without symbols", "strip").args([&copied]).on_failure().run()?;
    }
    Ok(())
}

/// Swift's package manager wants a folder for each module.
fn arrange(generated: &Path, sources: &Path, name: &str, library: &str) -> Result {
    let code = format!("{name}Native");
    let header = format!("{name}FFI");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_for_apps_does_not_stay_in_the_place_of_the_other() {
        let last = LIBRARIES.iter().rfind(|library| library.file == "vipps_partner_auth_ffi");
        assert!(last.is_some_and(|library| library.folder == "server"));
    }

    #[test]
    fn a_platform_is_named_as_jna_does() {
        assert!(jna_platform().starts_with(if cfg!(target_os = "linux") { "linux-" } else { "" }));
        assert!(!jna_platform().contains('_'));
    }
}
