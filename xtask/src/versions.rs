//! One version number for all that is published, written down once.

use crate::failure::{Failure, Result};
use crate::step::Step;
use crate::tally::Tally;
use crate::{hygiene, repo};

pub(crate) fn run() -> Result<Tally> {
    let version = workspace(&read("Cargo.toml")?)?;
    let mut found = disagreeing_paths(&version, &read("Cargo.toml")?);
    for path in hygiene::files()?.iter().filter(|path| path.ends_with("/Cargo.toml")) {
        found.extend(own_version(path, &read(path)?));
    }
    for path in hygiene::files()? {
        // A file that is not text has no lines.
        let text = read(&path).unwrap_or_default();
        found.extend(written(&path, &text).filter_map(|place| place.disagreement(&version, &path, &text)));
    }
    found.extend(missing_from_changelog(&version, &read("CHANGELOG.md")?));
    if !found.is_empty() {
        return Err(Failure::failed(found.join("\n  ")));
    }
    Step::cargo("versions", "tree --quiet --locked --package xtask --depth 0").on_failure().run()
}

/// The version of the workspace.
pub(crate) fn workspace(manifest: &str) -> Result<String> {
    let line = section(manifest, "[workspace.package]").find(|line| line.starts_with("version"));
    let version = line.and_then(|line| quoted_after(line, "version = "));
    version.map(str::to_owned).ok_or_else(|| Failure::failed("Cargo.toml: no version in [workspace.package]"))
}

/// Crates of this repository that are depended on with another version than their own.
fn disagreeing_paths(version: &str, manifest: &str) -> Vec<String> {
    section(manifest, "[workspace.dependencies]")
        .filter(|line| line.contains("path = ") && quoted_after(line, "version = ") != Some(version))
        .map(|line| format!("Cargo.toml: not version {version}: {line}"))
        .collect()
}

fn own_version(path: &str, manifest: &str) -> Option<String> {
    let is_published = !section(manifest, "[package]").any(|line| line == "publish = false");
    let is_shared = section(manifest, "[package]").any(|line| line == "version.workspace = true");
    (is_published && !is_shared).then(|| format!("{path}: `version.workspace = true` is missing"))
}

/// A place where the version is written besides the workspace's manifest.
struct Place {
    before: &'static str,
    after: &'static str,
    /// How often it stands there; what follows is another's version.
    times: usize,
}

const JSON: Place = Place { before: "\"version\": \"", after: "\"", times: 1 };
const LOCK: Place = Place { times: 2, ..JSON };
/// The first in a description of a Maven project is its own or its parent's, which is the same.
const MAVEN: Place = Place { before: "<version>", after: "</version>", times: 1 };
const GRADLE: Place = Place { before: "vipps-partner-auth-app:", after: "\"", times: 1 };
const PYPROJECT: Place = Place { before: "\nversion = \"", after: "\"", times: 1 };
const GREETING: Place = Place { before: "# vipps-emulator ", after: ":", times: 1 };

const STARTER: &str = "bindings-kotlin/kotlin/spring-boot-starter/README.md";

/// Where it stands in a file.
fn written(path: &str, text: &str) -> impl Iterator<Item = &'static Place> {
    let name = path.rsplit('/').next().unwrap_or_default();
    // Packages of this repository that are published, not those that tests and benchmarks install.
    let head: String = text.lines().take(4).collect();
    let is_npm_package = head.contains("\"name\": \"vipps-") && !text.contains("\"private\": true");
    let is_locked = name == "package-lock.json" && head.contains("\"version\"");
    let places: &[(bool, &Place)] = &[
        (name == "pom.xml" || path == "bindings-kotlin/kotlin/README.md" || path == STARTER, &MAVEN),
        (path == "bindings-kotlin/kotlin/README.md", &GRADLE),
        (name == "package.json" && is_npm_package, &JSON),
        (is_locked && is_npm_package, &LOCK),
        (path == "emulator/openapi.json", &JSON),
        (path == "emulator/README.md", &GREETING),
        (name == "pyproject.toml" && text.contains(PYPROJECT.before), &PYPROJECT),
    ];
    places.iter().filter(|(is_there, _)| *is_there).map(|(_, place)| *place).collect::<Vec<_>>().into_iter()
}

impl Place {
    fn disagreement(&self, version: &str, path: &str, text: &str) -> Option<String> {
        let there: Vec<&str> = text.split(self.before).skip(1).take(self.times).map(|rest| self.end(rest)).collect();
        let is_right = there.len() == self.times && there.iter().all(|named| *named == version);
        let named = there.iter().find(|named| **named != version).copied().unwrap_or("none");
        (!is_right).then(|| format!("{path}: not version {version}: {named}"))
    }

    fn end<'a>(&self, rest: &'a str) -> &'a str {
        rest.split(self.after).next().unwrap_or_default()
    }

    fn rewritten(&self, text: &str, version: &str) -> String {
        let mut parts = text.split(self.before);
        let mut new = parts.next().unwrap_or_default().to_owned();
        for (number, rest) in parts.enumerate() {
            let kept = if number < self.times { &rest[self.end(rest).len()..] } else { rest };
            let version = if number < self.times { version } else { "" };
            new.extend([self.before, version, kept]);
        }
        new
    }
}

/// The text of a file with another version in all places; `None` where that changes nothing.
pub(crate) fn rewritten(path: &str, text: &str, from: &str, to: &str) -> Option<String> {
    let new = if path == "Cargo.toml" {
        let lines = text.lines().map(|line| {
            let is_ours = line == format!("version = \"{from}\"") || line.contains("path = ");
            if is_ours {
                line.replace(&format!("version = \"{from}\""), &format!("version = \"{to}\""))
            } else {
                line.to_owned()
            }
        });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    } else {
        written(path, text).fold(text.to_owned(), |text, place| place.rewritten(&text, to))
    };
    (new != text).then_some(new)
}

fn missing_from_changelog(version: &str, changelog: &str) -> Option<String> {
    let named = changelog.lines().any(|line| line.starts_with("## ") && line.contains(version));
    (!named).then(|| format!("CHANGELOG.md: no heading names version {version}"))
}

/// The lines of one section of a manifest, without its heading.
fn section<'a>(manifest: &'a str, heading: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = manifest.lines().map(str::trim);
    lines.skip_while(move |line| *line != heading).skip(1).take_while(|line| !line.starts_with('['))
}

fn quoted_after<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split_once(key)?.1.strip_prefix('"')?.split('"').next()
}

fn read(path: &str) -> Result<String> {
    repo::read(&repo::root().join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace]\nmembers = []\n\n[workspace.package]\nversion = \"1.2.3\"\n\n\
        [workspace.dependencies]\nours = { path = \"core\", version = \"1.2.3\" }\n\
        stale = { path = \"emulator\", version = \"1.2.2\" }\nbytes = \"1.2.2\"\n\n[other]\nversion = \"9\"\n";

    #[test]
    fn the_version_is_that_of_the_workspace() {
        assert_eq!(workspace(MANIFEST).ok().as_deref(), Some("1.2.3"));
        assert!(workspace("[package]\nversion = \"1.2.3\"").is_err());
    }

    #[test]
    fn a_stale_path_dependency_is_found() {
        let found = disagreeing_paths("1.2.3", MANIFEST);
        assert_eq!(found, ["Cargo.toml: not version 1.2.3: stale = { path = \"emulator\", version = \"1.2.2\" }"]);
    }

    #[test]
    fn a_published_crate_takes_the_version_of_the_workspace() {
        assert_eq!(own_version("a/Cargo.toml", "[package]\nversion.workspace = true\n"), None);
        assert_eq!(own_version("a/Cargo.toml", "[package]\nversion = \"0.0.0\"\npublish = false\n"), None);
        let found = own_version("a/Cargo.toml", "[package]\nversion = \"1.2.3\"\n");
        assert!(found.is_some_and(|text| text.starts_with("a/Cargo.toml")));
    }

    fn disagreements(version: &str, path: &str, text: &str) -> Vec<String> {
        written(path, text).filter_map(|place| place.disagreement(version, path, text)).collect()
    }

    #[test]
    fn a_maven_project_has_the_version_of_the_workspace() {
        let project = |version| format!("<project><parent><version>{version}</version></parent><version>9</version>");
        assert!(disagreements("1.2.3", "pom.xml", &project("1.2.3")).is_empty());
        assert_eq!(disagreements("1.2.3", "a/pom.xml", &project("1.2.2")), ["a/pom.xml: not version 1.2.3: 1.2.2"]);
        assert_eq!(disagreements("1.2.3", "a/pom.xml", "<project/>"), ["a/pom.xml: not version 1.2.3: none"]);
        assert!(disagreements("1.2.3", "a/README.md", "<version>1</version>").is_empty());
        assert_eq!(disagreements("1.2.3", STARTER, "<version>1.2.2</version>").len(), 1);
    }

    #[test]
    fn an_npm_package_has_it_and_one_that_is_not_published_need_not() {
        let package = "{\n  \"name\": \"vipps-x\",\n  \"version\": \"1.2.2\"\n}";
        assert_eq!(disagreements("1.2.3", "a/package.json", package), ["a/package.json: not version 1.2.3: 1.2.2"]);
        assert!(disagreements("1.2.3", "a/package.json", &package.replace('}', "\"private\": true }")).is_empty());
        let lock = format!("{}{package}", package.replace("1.2.2", "1.2.3"));
        assert_eq!(disagreements("1.2.3", "a/package-lock.json", &lock).len(), 1, "its second place");
    }

    #[test]
    fn another_version_is_written_where_ours_stands_and_nowhere_else() {
        let pom = "<version>1.2.3</version><dependency><version>1.2.3</version>";
        let new = rewritten("pom.xml", pom, "1.2.3", "2.0.0");
        assert_eq!(new.as_deref(), Some("<version>2.0.0</version><dependency><version>1.2.3</version>"));
        let new = rewritten("Cargo.toml", MANIFEST, "1.2.3", "2.0.0").unwrap_or_default();
        assert_eq!(workspace(&new).ok().as_deref(), Some("2.0.0"));
        assert!(new.contains("path = \"core\", version = \"2.0.0\"") && new.contains("bytes = \"1.2.2\""));
        assert_eq!(rewritten("README.md", "1.2.3", "1.2.3", "2.0.0"), None);
    }

    #[test]
    fn the_changelog_has_a_heading_for_the_version() {
        assert_eq!(missing_from_changelog("1.2.3", "# Changes\n\n## [1.2.3]\n"), None);
        assert!(missing_from_changelog("1.2.3", "# 1.2.3\n\n## [1.2.2]\n").is_some());
    }
}
