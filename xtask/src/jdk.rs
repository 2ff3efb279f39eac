//! The Javas of this machine.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step;

/// The first with virtual threads.
const VIRTUAL_THREADS: u32 = 21;

/// What tells Maven to run the tests that depend on the Java they run on once more, on the newest one of this machine, where
/// the usual one is older than virtual threads.
pub(crate) fn newer() -> Option<String> {
    if version(Path::new("java")).is_some_and(|version| version >= VIRTUAL_THREADS) {
        return None;
    }
    let Some((_, java)) = newest().filter(|(version, _)| *version >= VIRTUAL_THREADS) else {
        eprintln!("WARNING: VIRTUAL THREADS NOT TRIED: no Java {VIRTUAL_THREADS} or newer in /usr/lib/jvm");
        return None;
    };
    Some(format!("-Dnewer.java={}", java.display()))
}

fn newest() -> Option<(u32, PathBuf)> {
    let homes = fs::read_dir("/usr/lib/jvm").ok()?.flatten();
    let programs = homes.map(|home| home.path().join("bin").join("java"));
    programs.filter_map(|java| Some((version(&java)?, java))).max()
}

fn version(java: &Path) -> Option<u32> {
    major(&step::ask(java, &["--version"])?)
}

/// Of `openjdk 17.0.15 2025-04-15`.
fn major(told: &str) -> Option<u32> {
    told.split_whitespace().nth(1)?.split(['.', '-', '+']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_java_says_its_version() {
        assert_eq!(major("openjdk 17.0.15 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(major("openjdk 25-ea 2025-09-16"), Some(25));
        assert_eq!(major("java version unknown"), None);
        assert_eq!(major(""), None);
        assert_eq!(version(Path::new("no-such-program-anywhere")), None);
    }
}
