//! Swift on a Debian machine: the compiler of a newer Debian in a folder of its own, entered with `chroot`.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::repo;
use crate::step::{self, Step};

const RELEASE: &str = "trixie";
const PLACE: &str = "VIPPS_SWIFT_ROOT";

/// Arguments: folder, release. Without what only a person reads, and without waiting for the disk at each file.
const MAKE: &str = r#"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
rm --recursive --force --one-file-system "$1"
debootstrap --variant=minbase "$2" "$1"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale info >"$1/etc/dpkg/dpkg.cfg.d/small"
echo force-unsafe-io >>"$1/etc/dpkg/dpkg.cfg.d/small"
mount -t proc proc "$1/proc"
chroot "$1" apt-get install --yes --no-install-recommends swiftlang libc6-dev libstdc++-14-dev
chroot "$1" apt-get clean
"#;

/// Arguments: folder, package, vectors, words of a command. The compiler finds its own libraries through `/proc`. Each has a `/tmp`
/// of its own: there a package is locked by its path, which is the same for every checkout.
const ENTER: &str = r#"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/tmp"
mkdir -p "$1/package" "$1/vectors"
mount --bind "$2" "$1/package"
mount --bind "$3" "$1/vectors"
root=$1
shift 3
exec chroot "$root" env -i HOME=/var/cache LC_ALL=C.UTF-8 VECTORS=/vectors PATH=/usr/bin:/bin:/usr/libexec/swift/bin \
    VIPPS_EMULATOR=/package/native/vipps-emulator \
    sh -c 'cd /package && exec "$@" 2>&1' sh "$@"
"#;

/// Arguments: modules. One archive for each, then one for all, with the addresses that it has below `target/site`.
const PAGES_OF: &str = r#"
cd .build
rm -rf archives pages
for module in "$@"; do
    mkdir -p "archives/$module.symbols"
    cp */symbolgraph/"$module".symbols.json */symbolgraph/"$module"@*.symbols.json "archives/$module.symbols" 2>/dev/null || true
    docc convert --additional-symbol-graph-dir "archives/$module.symbols" --output-path "archives/$module.doccarchive" \
        --fallback-display-name "$module" --fallback-bundle-identifier "io.github.vippspartnerauth.$module" \
        --fallback-default-module-kind Module --hosting-base-path reference/swift --warnings-as-errors
done
docc merge archives/*.doccarchive --output-path pages
"#;

/// The modules that a program may import.
const MODULES: [&str; 3] = ["VippsPartnerAuth", "VippsEmulator", "VippsEmulatorTesting"];

/// A Debian that has a Swift compiler.
pub(crate) struct Compiler {
    root: PathBuf,
}

impl Compiler {
    /// Made once: about two minutes and 500 MB the first time.
    pub(crate) fn obtain() -> Result<Self> {
        check_that_it_can_be_entered()?;
        let root = home();
        if !root.exists() {
            make(&root)?;
        }
        check_that_it_is_whole(&root)?;
        Ok(Self { root })
    }

    /// Runs a command of Swift in a package's folder.
    pub(crate) fn step(&self, heading: impl Into<String>, package: &Path, words: &str) -> Step {
        self.program(heading, package, "swift").words(words)
    }

    /// Fails where a public name of the package has no comment.
    pub(crate) fn documented(&self, package: &Path) -> [Step; 2] {
        let words = "package dump-symbol-graph --minimum-access-level public --skip-synthesized-members \
                     --emit-extension-block-symbols";
        let names = Step::new("swift: public names have comments", "python3");
        let names = names.words("-B bindings-kotlin/swift/scripts/documented.py").args([package]).args(MODULES);
        [self.step("swift: public names", package, words).on_failure(), names.on_failure()]
    }

    /// Makes the pages of these names, in the folder `.build/pages` of the package.
    pub(crate) fn pages(&self, package: &Path) -> Step {
        let script = self.program("reference: swift", package, "sh").args(["-ec", PAGES_OF, "sh"]);
        script.args(MODULES).on_failure()
    }

    /// Runs a program of its Debian in a package's folder.
    fn program(&self, heading: impl Into<String>, package: &Path, name: &str) -> Step {
        let vectors = repo::root().join("tests/vectors");
        script(heading, ENTER).args([&self.root, package, &vectors]).args([name])
    }
}

/// What it mounts ends with it, also when it is killed.
fn script(heading: impl Into<String>, text: &str) -> Step {
    Step::new(heading, "unshare").words("--mount sh -ec").args([text, "sh"])
}

/// Outside the repository: it is a whole system of 3 GB, the same for every checkout.
fn home() -> PathBuf {
    let named = std::env::var_os(PLACE).map(PathBuf::from);
    named.unwrap_or_else(|| Path::new("/var").join("tmp/vipps-swift").join(RELEASE))
}

fn check_that_it_can_be_entered() -> Result {
    let is_root = step::ask("id", &["-u"]).is_some_and(|user| user.trim() == "0");
    if is_root && step::ask("unshare", &["--mount", "true"]).is_some() {
        return Ok(());
    }
    let why = if is_root { "mounting is not allowed here (`unshare --mount` fails)" } else { "it needs root" };
    Err(Failure::failed(format!("the lane swift can't run: {why}; it enters a Debian of its own with `chroot`")))
}

/// Under another name until it is whole, so that nobody takes one for whole whose making was interrupted.
fn make(root: &Path) -> Result {
    let mut unfinished = root.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let heading = format!("swift: Debian {RELEASE} with a compiler, once, into {} (minutes)", root.display());
    script(heading, MAKE).args([unfinished.as_os_str(), RELEASE.as_ref()]).on_failure().run()?;
    std::fs::rename(&unfinished, root).map_err(|error| Failure::failed(format!("{}: {error}", root.display())))
}

fn check_that_it_is_whole(root: &Path) -> Result {
    // A link whose goal is absolute, so from here it leads nowhere.
    if root.join("usr/bin/swift").symlink_metadata().is_ok() {
        return Ok(());
    }
    let root = root.display();
    Err(Failure::failed(format!(
        "no Swift compiler in {root}: name another folder in {PLACE}, or remove this one, and it is made anew"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_bears_the_release() {
        assert!(std::env::var_os(PLACE).is_some() || home().ends_with(RELEASE));
    }

    #[test]
    fn a_folder_without_a_compiler_is_named_with_its_cure() {
        let Err(failure) = check_that_it_is_whole(Path::new("no-such-folder")) else { panic!("it is whole") };
        assert!(failure.to_string().contains("no-such-folder"));
        assert!(failure.to_string().contains(PLACE));
    }
}
