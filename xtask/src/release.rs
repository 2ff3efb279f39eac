//! `cargo xtask release`: the version of the next release, and everything of a release that can be tried on one machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Command;
use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::{hygiene, repo, versions};

pub(crate) const COMMAND: Command = Command {
    name: "release",
    arguments: "VERSION|--dry-run [VERSION]|--check TAG",
    about: "write the next version everywhere; try a release in a copy; or check that a tag can be released",
    details,
    run,
};

const CHANGELOG: &str = "CHANGELOG.md";
const UNRELEASED: &str = "## [Unreleased]";

fn details() -> String {
    "VERSION              writes it into every manifest, lock file and page, and the date into the changelog\n\
     --dry-run [VERSION]  does that in a copy of what is committed, checks it there, and packs the crates;\n                     \
     without a version, with the one of the workspace\n\
     --check TAG          fails unless the tag is `v` and the version, and the changelog has a date and entries for it\n\n\
     RELEASING.md says what comes before and after."
        .to_owned()
}

fn run(args: &[OsString]) -> Result {
    let mut parser = lexopt::Parser::from_args(args);
    let text = |value: OsString| value.into_string().map_err(|_| Failure::usage("a version is plain text"));
    match parser.next()? {
        Some(lexopt::Arg::Long("dry-run")) => match parser.next()? {
            Some(lexopt::Arg::Value(version)) => dry_run(&text(version)?),
            Some(other) => Err(other.unexpected().into()),
            None => dry_run(&current(repo::root())?),
        },
        Some(lexopt::Arg::Long("check")) => check(&text(parser.value()?)?),
        Some(lexopt::Arg::Value(version)) => write(repo::root(), &text(version)?),
        Some(other) => Err(other.unexpected().into()),
        None => Err(Failure::usage(format!("which version?\n\n{}", details()))),
    }
}

/// Three numbers, and where it is not final, `-alpha.1`, `-beta.1` or `-rc.1`: what every registry can say.
fn check_version(version: &str) -> Result {
    let (numbers, stage) = version.split_once('-').map_or((version, None), |(numbers, stage)| (numbers, Some(stage)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let are_three = numbers.split('.').count() == 3 && numbers.split('.').all(is_number);
    let is_stage = stage.is_none_or(|stage| {
        stage.split_once('.').is_some_and(|(name, number)| ["alpha", "beta", "rc"].contains(&name) && is_number(number))
    });
    if are_three && is_stage {
        return Ok(());
    }
    Err(Failure::usage(format!("`{version}` is no version that all registries take; such as 1.2.3 or 1.2.3-rc.1")))
}

fn current(root: &Path) -> Result<String> {
    versions::workspace(&repo::read(&root.join("Cargo.toml"))?)
}

/// Writes the version into what git knows of below `root`, and into the lock files.
fn write(root: &Path, version: &str) -> Result {
    check_version(version)?;
    let from = current(root)?;
    for path in hygiene::files()? {
        let place = root.join(&path);
        // A file that is not text holds no version.
        let Ok(text) = std::fs::read_to_string(&place) else { continue };
        if let Some(new) = versions::rewritten(&path, &text, &from, version) {
            save(&place, &new)?;
        }
    }
    let changelog = root.join(CHANGELOG);
    save(&changelog, &dated(&repo::read(&changelog)?, version, &today()?)?)?;
    for manifest in ["Cargo.toml", "core/fuzz/Cargo.toml"] {
        Step::cargo(format!("release: the lock file of {manifest}"), "update --workspace --offline --quiet")
            .args(["--manifest-path".into(), root.join(manifest)])
            .on_failure()
            .run()?;
    }
    println!("{version} is written everywhere; RELEASING.md says what comes next");
    Ok(())
}

fn save(place: &Path, text: &str) -> Result {
    std::fs::write(place, text).map_err(|error| Failure::failed(format!("{}: {error}", place.display())))
}

fn today() -> Result<String> {
    let told = step::ask("date", &["-u", "+%Y-%m-%d"]).ok_or_else(|| Failure::failed("`date` does not run"))?;
    Ok(told.trim().to_owned())
}

/// The heading of what is unreleased becomes that of the version; one that has a date already keeps it.
fn dated(changelog: &str, version: &str, today: &str) -> Result<String> {
    if changelog.lines().any(|line| is_dated(line, version)) {
        return Ok(changelog.to_owned());
    }
    let heading = changelog.lines().find(|line| line.starts_with(UNRELEASED));
    let heading = heading.ok_or_else(|| Failure::failed(format!("{CHANGELOG}: no heading `{UNRELEASED}`")))?;
    Ok(changelog.replacen(heading, &format!("## [{version}] - {today}"), 1))
}

fn is_dated(line: &str, version: &str) -> bool {
    let date = line
        .strip_prefix("## [")
        .and_then(|rest| rest.strip_prefix(version))
        .and_then(|rest| rest.strip_prefix("] - "));
    date.is_some_and(|date| date.len() == 10 && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

fn check(tag: &str) -> Result {
    let version = current(repo::root())?;
    if tag.strip_prefix('v') != Some(&version) {
        return Err(Failure::failed(format!("the tag {tag} is not v{version}, the version of the workspace")));
    }
    check_version(&version)?;
    check_changelog(&repo::read(&repo::root().join(CHANGELOG))?, &version)?;
    versions::run().map(drop)
}

fn check_changelog(changelog: &str, version: &str) -> Result {
    let mut lines = changelog.lines().skip_while(|line| !is_dated(line, version));
    if lines.next().is_none() {
        return Err(Failure::failed(format!("{CHANGELOG}: no heading `## [{version}] - ` with a date")));
    }
    let has_entry = lines.take_while(|line| !line.starts_with("## ")).any(|line| line.starts_with("- "));
    if has_entry { Ok(()) } else { Err(Failure::failed(format!("{CHANGELOG}: nothing is said of {version}"))) }
}

/// In a copy, so that nothing here changes.
fn dry_run(version: &str) -> Result {
    check_version(version)?;
    let copy = Copy::of_what_is_committed()?;
    write(&copy.0, version)?;
    copy.git("commit", "commit --quiet --all --message the-release")?;
    copy.cargo("checks", "xtask check --only hygiene,versions,targets,metadata")?;
    copy.cargo("the tag", &format!("xtask release --check v{version}"))?;
    copy.cargo("crates", "package --locked --no-verify --quiet -p vipps-partner-auth -p vipps-emulator")?;
    println!("{version} could be tagged: `cargo xtask package --all` makes and looks at the packages themselves");
    Ok(())
}

struct Copy(PathBuf);

impl Copy {
    fn of_what_is_committed() -> Result<Self> {
        let place = repo::target().join("release/copy");
        match std::fs::remove_dir_all(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::failed(format!("{}: {error}", place.display())));
            }
            _ => {}
        }
        let clone = Step::new("release: a copy of what is committed", "git").words("clone --quiet --local .");
        clone.args([&place]).on_failure().run()?;
        Ok(Self(place))
    }

    fn git(&self, heading: &str, words: &str) -> Result {
        let git = Step::new(format!("release: {heading}"), "git").within(&self.0);
        let somebody = ["-c", "user.name=release", "-c", "user.email=release@localhost", "-c", "commit.gpgsign=false"];
        git.args(somebody).words(words).on_failure().run().map(drop)
    }

    fn cargo(&self, heading: &str, words: &str) -> Result {
        let step = Step::cargo(format!("release: {heading}"), words).within(&self.0);
        step.env("CARGO_TARGET_DIR", repo::target().join("release/build")).on_failure().run().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_that_all_registries_take() {
        for version in ["1.2.3", "0.1.0", "1.2.3-rc.1", "10.0.0-beta.12"] {
            assert!(check_version(version).is_ok(), "{version}");
        }
        for version in ["", "1.2", "v1.2.3", "1.2.3.4", "1.2.3-rc1", "1.2.3-nightly.1", "1.2.x", "1.2.3-rc.", "1.2.3+a"]
        {
            assert!(check_version(version).is_err(), "{version}");
        }
    }

    #[test]
    fn the_unreleased_heading_becomes_the_versions_once() {
        let before = "# Changelog\n\n## [Unreleased]: 1.2.3 in preparation\n\n- New.\n";
        let after = dated(before, "1.2.3", "2026-01-02").unwrap_or_default();
        assert_eq!(after, "# Changelog\n\n## [1.2.3] - 2026-01-02\n\n- New.\n");
        assert_eq!(dated(&after, "1.2.3", "2026-03-04").ok(), Some(after.clone()));
        assert!(check_changelog(before, "1.2.3").is_err());
        assert!(check_changelog(&after, "1.2.3").is_ok());
        assert!(dated("# Changelog\n", "1.2.3", "2026-01-02").is_err());
    }

    #[test]
    fn a_version_of_which_nothing_is_said_is_not_released() {
        let empty = "## [1.2.3] - 2026-01-02\n\n## [1.2.2] - 2026-01-01\n\n- Old.\n";
        assert!(check_changelog(empty, "1.2.3").is_err_and(|failure| failure.to_string().contains("nothing is said")));
    }

    #[test]
    fn words_that_make_no_sense_are_refused() {
        for line in ["", "--dry-run x", "1.2", "--check", "--now"] {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(run(&words).is_err_and(|failure| failure.is_usage()), "{line}");
        }
        assert!(check("v0.0.0-nothing").is_err());
    }
}
