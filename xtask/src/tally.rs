//! What a test runner says about itself, added up over its programs.

use std::fmt;
use std::ops::AddAssign;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Tally {
    /// Reads the closing line of one of Rust's test programs, or one of the closing lines of Node's test runner; `None`
    /// for every other line.
    pub(crate) fn from_line(line: &str) -> Option<Self> {
        Self::from_rust(line)
            .or_else(|| Self::from_node(line))
            .or_else(|| Self::from_pytest(line))
            .or_else(|| Self::from_surefire(line))
            .or_else(|| Self::from_swift(line))
    }

    fn from_rust(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |word| number_before(counts, word);
        Some(Self { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
    }

    /// Node counts on a line for each outcome, after `ℹ` for people and `#` in TAP.
    fn from_node(line: &str) -> Option<Self> {
        let (outcome, count) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?.split_once(' ')?;
        let count = count.parse().ok()?;
        let none = Self::default();
        match outcome {
            "pass" => Some(Self { passed: count, ..none }),
            "fail" | "cancelled" => Some(Self { failed: count, ..none }),
            "skipped" | "todo" => Some(Self { skipped: count, ..none }),
            _ => None,
        }
    }

    /// pytest counts on its last line, between rulers or, when it is told to be quiet, without.
    fn from_pytest(line: &str) -> Option<Self> {
        let (counts, time) = line.trim_matches(|c| c == '=' || c == ' ').split_once(" in ")?;
        let is_time = time.split_once('s').is_some_and(|(seconds, _)| seconds.parse::<f64>().is_ok());
        if !is_time {
            return None;
        }
        let mut tally = Self::default();
        for part in counts.split(", ") {
            let (count, outcome) = part.split_once(' ')?;
            let count: u64 = count.parse().ok()?;
            match outcome {
                "passed" => tally.passed += count,
                "failed" | "error" | "errors" | "xpassed" => tally.failed += count,
                "skipped" | "xfailed" | "deselected" => tally.skipped += count,
                "warning" | "warnings" => {}
                _ => return None,
            }
        }
        Some(tally)
    }

    /// Maven's test runner closes each module like this; the lines of single classes go on with a time.
    fn from_surefire(line: &str) -> Option<Self> {
        let (_, counts) = line.split_once("] Tests run: ")?;
        let counts = Some(counts).filter(|counts| !counts.contains("Time elapsed"))?;
        let mut numbers = counts.split(", ").map(|part| part.rsplit(' ').next()?.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let run = next()?;
        let failures = next()?;
        let errors = next()?;
        let skipped = next()?;
        let failed = failures + errors;
        Some(Self { passed: run.checked_sub(failed + skipped)?, failed, skipped })
    }

    /// Swift's test runner counts test functions; when it fails it tells issues.
    fn from_swift(line: &str) -> Option<Self> {
        let (tests, rest) = line.split_once("Test run with ")?.1.split_once(" tests ")?;
        let issues = rest.split_once(" with ").and_then(|(_, issues)| issues.split(' ').next()?.parse().ok());
        let none = Self::default();
        Some(match issues {
            Some(failed) if rest.starts_with("failed") => Self { failed, ..none },
            _ => Self { passed: tests.parse().ok()?, ..none },
        })
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

fn number_before(counts: &str, word: &str) -> Option<u64> {
    counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok())
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_closing_line() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.02s";
        assert_eq!(Tally::from_line(line), Some(Tally { passed: 12, failed: 3, skipped: 1 }));
    }

    #[test]
    fn reads_the_closing_lines_of_node() {
        let printed = ["ℹ tests 9", "ℹ suites 1", "ℹ pass 4", "ℹ fail 2", "ℹ cancelled 1", "# skipped 1", "# todo 1"];
        let mut sum = Tally::default();
        printed.iter().filter_map(|line| Tally::from_line(line)).for_each(|tally| sum += tally);
        assert_eq!(sum, Tally { passed: 4, failed: 3, skipped: 2 });
    }

    #[test]
    fn reads_the_closing_line_of_pytest() {
        let quiet = "1 failed, 12 passed, 2 skipped, 3 warnings, 1 error in 4.31s";
        assert_eq!(Tally::from_line(quiet), Some(Tally { passed: 12, failed: 2, skipped: 2 }));
        let ruled = "================= 3 passed in 91.65s (0:01:31) =================";
        assert_eq!(Tally::from_line(ruled), Some(Tally { passed: 3, failed: 0, skipped: 0 }));
        assert_eq!(Tally::from_line("2 passed in total"), None);
        assert_eq!(Tally::from_line("7 things in 2s"), None);
    }

    #[test]
    fn reads_the_closing_lines_of_maven_and_swift() {
        let maven = "[ERROR] Tests run: 12, Failures: 2, Errors: 1, Skipped: 3";
        assert_eq!(Tally::from_line(maven), Some(Tally { passed: 6, failed: 3, skipped: 3 }));
        let class = "[INFO] Tests run: 12, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s -- in a.B";
        assert_eq!(Tally::from_line(class), None);
        let swift = "✔ Test run with 14 tests passed after 5.795 seconds.";
        assert_eq!(Tally::from_line(swift), Some(Tally { passed: 14, failed: 0, skipped: 0 }));
        let swift = "✘ Test run with 14 tests failed after 5.795 seconds with 16 issues.";
        assert_eq!(Tally::from_line(swift), Some(Tally { passed: 0, failed: 16, skipped: 0 }));
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in [
            "",
            "running 12 tests",
            "test msn::parses ... ok",
            "test result: ok. many passed",
            "# pass through",
            "ℹ duration_ms 12.5",
            "✔ pass 5 (1.2ms)",
        ] {
            assert_eq!(Tally::from_line(line), None, "{line}");
        }
    }

    #[test]
    fn adds_up_and_prints_as_one_line() {
        let mut sum = Tally::default();
        sum += Tally { passed: 2, failed: 0, skipped: 1 };
        sum += Tally { passed: 3, failed: 1, skipped: 0 };
        assert_eq!(sum.to_string(), "5 passed, 1 failed, 1 skipped");
    }
}
