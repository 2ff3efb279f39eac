//! What must not be in any file of the repository.

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::tally::Tally;
use crate::{repo, step};

/// Text that is refused, and why. The needles are put together here so that this file does not hold them.
struct Rule {
    needle: &'static str,
    why: &'static str,
    place: Place,
}

enum Place {
    Anywhere,
    /// Not as a part of a longer word.
    AsWord,
    /// On a line of a Rust file that holds nothing else.
    AsRustLine,
}

const MACHINE_PATH: &str = "a path of one machine";
const UNFINISHED: &str = "unfinished work: finish it or open an issue";
const NO_REASON: &str = "an ignored test without a reason";

const RULES: &[Rule] = &[
    Rule { needle: concat!("/wor", "k/"), why: MACHINE_PATH, place: Place::Anywhere },
    Rule { needle: concat!("/tm", "p/"), why: MACHINE_PATH, place: Place::Anywhere },
    Rule { needle: concat!("/roo", "t/"), why: MACHINE_PATH, place: Place::Anywhere },
    Rule { needle: concat!("/.libr", "ary"), why: MACHINE_PATH, place: Place::Anywhere },
    Rule { needle: concat!("TO", "DO"), why: UNFINISHED, place: Place::AsWord },
    Rule { needle: concat!("FIX", "ME"), why: UNFINISHED, place: Place::AsWord },
    Rule { needle: concat!("#[ign", "ore]"), why: NO_REASON, place: Place::AsRustLine },
];

pub(crate) fn run() -> Result<Tally> {
    eprintln!("== hygiene");
    let mut found = Vec::new();
    for path in files()? {
        // A file that git lists may have been deleted since; one that is not text has no lines.
        let contents = std::fs::read(repo::root().join(&path)).unwrap_or_default();
        found.extend(String::from_utf8(contents).iter().flat_map(|text| findings(&path, text)));
    }
    if found.is_empty() { Ok(Tally::default()) } else { Err(Failure::failed(found.join("\n  "))) }
}

/// All files that are tracked or would be with the next `git add`, relative to the root.
pub(crate) fn files() -> Result<Vec<String>> {
    let listed = step::ask("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .ok_or_else(|| Failure::failed("`git ls-files` failed: this needs a git checkout"))?;
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

fn findings(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().zip(1..);
    lines.flat_map(|(line, number)| broken(path, line).map(move |why| format!("{path}:{number}: {why}"))).collect()
}

fn broken(path: &str, line: &str) -> impl Iterator<Item = &'static str> {
    RULES.iter().filter(move |rule| rule.is_broken_by(path, line)).map(|rule| rule.why)
}

impl Rule {
    fn is_broken_by(&self, path: &str, line: &str) -> bool {
        match self.place {
            Place::Anywhere => line.contains(self.needle),
            Place::AsWord => line.match_indices(self.needle).any(|(at, _)| is_word(line, at, self.needle.len())),
            Place::AsRustLine => Path::new(path).extension().is_some_and(|e| e == "rs") && line.trim() == self.needle,
        }
    }
}

fn is_word(line: &str, at: usize, length: usize) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !line[..at].ends_with(is_part) && !line[at + length..].starts_with(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(path: &str, line: &str) -> Vec<&'static str> {
        broken(path, line).collect()
    }

    #[test]
    fn machine_paths_are_found_in_every_file() {
        for path in
            [concat!("see /wor", "k/x"), concat!("/tm", "p/x"), concat!("/roo", "t/.x"), concat!("/.libr", "ary")]
        {
            assert_eq!(reasons("README.md", path), [MACHINE_PATH], "{path}");
        }
        for path in ["network/", "/temp/x", "src/roots/", "com.android.library"] {
            assert!(reasons("README.md", path).is_empty(), "{path}");
        }
    }

    #[test]
    fn unfinished_work_is_found_as_a_word_only() {
        assert_eq!(reasons("core/src/lib.rs", concat!("// TO", "DO: more")), [UNFINISHED]);
        assert_eq!(reasons("docs/guide.md", concat!("(FIX", "ME)")), [UNFINISHED]);
        assert!(reasons("vectors.json", concat!("aTO", "DOb")).is_empty());
        assert!(reasons("vectors.json", concat!("TO", "DO_LIST")).is_empty());
    }

    #[test]
    fn an_ignored_test_needs_a_reason() {
        assert_eq!(reasons("core/src/lib.rs", concat!("    #[ign", "ore]")), [NO_REASON]);
        assert!(reasons("core/src/lib.rs", concat!("#[ign", "ore = \"needs a network\"]")).is_empty());
        assert!(reasons("docs/guide.md", concat!("#[ign", "ore]")).is_empty());
    }

    #[test]
    fn a_finding_names_file_and_line() {
        let text = format!("fine\n{}\n", concat!("TO", "DO"));
        assert_eq!(findings("a/b.md", &text), [format!("a/b.md:2: {UNFINISHED}")]);
    }

    #[test]
    fn this_file_keeps_its_own_rules() {
        assert!(findings("xtask/src/hygiene.rs", include_str!("hygiene.rs")).is_empty());
    }
}
