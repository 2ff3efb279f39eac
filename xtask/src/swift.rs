//! Swift on a Debian machine: the compiler of a newer Debian in a folder of its own, entered with `chroot`.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::repo;
use crate::step::{self, Step};

const RELEASE: &str = "trixie";
const PACKAGES: &str = "swiftlang libc6-dev libstdc++-14-dev";

/// Runs a command of Swift in a package's folder.
pub(crate) fn step(heading: &str, package: &Path, words: &str) -> Result<Step> {
    let root = obtain()?;
    let inside = format!(
        "mount -t proc proc {root}/proc; mount --bind /dev {root}/dev; \
         mkdir -p {root}/package {root}/vectors; mount --bind {package} {root}/package; \
         mount --bind {vectors} {root}/vectors; ip link set lo up 2>&1 || true; \
         exec chroot {root} env HOME=/var/cache VECTORS=/vectors PATH=/usr/bin:/bin \
         sh -c 'cd /package && exec swift {words}'",
        root = root.display(),
        package = package.display(),
        vectors = repo::root().join("tests/vectors").display(),
    );
    // Mounts of its own end with it.
    Ok(Step::new(heading, "unshare").words("--mount sh -ec").args([inside]))
}

/// The folder with the compiler: made once, minutes the first time.
fn obtain() -> Result<PathBuf> {
    check_that_it_can_be_entered()?;
    let root = home();
    if !root.exists() {
        let unfinished = root.with_extension("unfinished");
        make(&unfinished)?;
        std::fs::rename(&unfinished, &root).map_err(|error| Failure::failed(format!("{}: {error}", root.display())))?;
    }
    Ok(root)
}

/// Outside the repository: it is a whole system of 3 GB, the same for every checkout.
fn home() -> PathBuf {
    let named = std::env::var_os("VIPPS_SWIFT_ROOT").map(PathBuf::from);
    named.unwrap_or_else(|| Path::new("/var").join("tmp/vipps-swift").join(RELEASE))
}

fn check_that_it_can_be_entered() -> Result {
    let user = step::ask("id", &["-u"]).unwrap_or_default();
    if user.trim() != "0" {
        return Err(Failure::failed(
            "the lane swift can't run: it needs root, to enter a Debian of its own (`debootstrap`, `chroot`)",
        ));
    }
    Ok(())
}

fn make(root: &Path) -> Result {
    let folder = root.as_os_str();
    step::run_all([
        Step::new("swift: what an earlier try left", "rm")
            .words("--recursive --force --one-file-system")
            .args([folder]),
        Step::new(format!("swift: Debian {RELEASE} into {} (about 90 s)", root.display()), "debootstrap")
            .words("--variant=minbase")
            .args([RELEASE.as_ref(), folder])
            .on_failure(),
        Step::new("swift: compiler", "chroot")
            .args([folder])
            .words("apt-get install --yes --no-install-recommends")
            .words(PACKAGES)
            .on_failure(),
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_bears_the_release() {
        assert!(std::env::var_os("VIPPS_SWIFT_ROOT").is_some() || home().ends_with(RELEASE));
    }
}
