//! Packages of npm, as a lock file names them.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::repo;
use crate::step::Step;

/// Installs what the folder's lock file names; `None` when that was done since the file last changed.
pub(crate) fn install(heading: &str, folder: &Path) -> Option<Step> {
    let at = repo::root().join(folder);
    let is_done = is_newer(&at.join("node_modules/.package-lock.json"), &at.join("package-lock.json"));
    let step =
        || Step::new(heading, "npm").words("ci --no-audit --no-fund --ignore-scripts").within(folder).on_failure();
    (!is_done).then(step)
}

fn is_newer(file: &Path, other: &Path) -> bool {
    matches!((changed(file), changed(other)), (Some(file), Some(other)) if file >= other)
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|about| about.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_never_newer() {
        let here = repo::root().join("Cargo.toml");
        let nowhere = repo::root().join("no-such-file");
        assert!(is_newer(&here, &here));
        assert!(!is_newer(&nowhere, &here) && !is_newer(&here, &nowhere));
    }

    #[test]
    fn packages_that_were_never_installed_are() {
        assert!(install("packages", Path::new("xtask")).is_some());
    }
}
