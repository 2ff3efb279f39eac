//! The npm packages: the library's, and the emulator's, which the tests of the other need.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::path::{Path, PathBuf};

use crate::step::Step;
use crate::{npm, repo};

/// The folder of the library's package.
pub(crate) const PACKAGE: &str = "bindings-node";

/// The folder of the emulator's package.
pub(crate) const EMULATOR: &str = "emulator/node";

/// Where cargo puts what it builds.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    Debug,
    Release,
}

impl Profile {
    fn folder(self) -> PathBuf {
        repo::target().join(match self {
            Self::Debug => "debug",
            Self::Release => "release",
        })
    }

    fn words(self) -> &'static str {
        match self {
            Self::Debug => "build -p vipps-partner-auth-node -p vipps-emulator",
            Self::Release => "build --release -p vipps-partner-auth-node -p vipps-emulator",
        }
    }
}

/// Builds both packages within their folders: the native part and the program in their places, then the faces.
pub(crate) fn build(lane: &str, profile: Profile) -> impl Iterator<Item = Step> + use<> {
    let library = profile.folder().join(format!("{DLL_PREFIX}vipps_partner_auth_node{DLL_SUFFIX}"));
    let program = profile.folder().join(format!("vipps-emulator{EXE_SUFFIX}"));
    let script = |folder: &str, name: &str| {
        let heading = format!("{lane}: {name} of {folder}");
        Step::new(heading, "node").words(name).within(Path::new(folder)).on_failure()
    };
    let steps = [
        Step::cargo(format!("{lane}: native part and emulator"), profile.words()).on_failure(),
        script(PACKAGE, "scripts/native.mjs").args([library]),
        script(PACKAGE, "scripts/build.mjs"),
        script(EMULATOR, "scripts/program.mjs").args([program]),
        // The emulator's types name the library's.
        script(EMULATOR, "scripts/build.mjs"),
    ];
    let packages =
        [PACKAGE, EMULATOR].map(|folder| npm::install(&format!("{lane}: packages of {folder}"), Path::new(folder)));
    packages.into_iter().flatten().chain(steps)
}
