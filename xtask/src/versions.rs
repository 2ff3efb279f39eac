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
    for path in hygiene::files()?.iter().filter(|path| is_about_maven(path)) {
        found.extend(other_maven_version(&version, path, &read(path)?));
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

/// Descriptions of Maven projects, and the page that says what to write into one's own.
fn is_about_maven(path: &str) -> bool {
    path.ends_with("pom.xml") || path == "bindings-kotlin/kotlin/README.md"
}

/// The first version in a description of a Maven project is its own or its parent's, which is the same.
fn other_maven_version(version: &str, path: &str, text: &str) -> Option<String> {
    let named = text.split_once("<version>").and_then(|(_, rest)| rest.split('<').next());
    (named != Some(version)).then(|| format!("{path}: not version {version}: {}", named.unwrap_or("none")))
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

    #[test]
    fn a_maven_project_has_the_version_of_the_workspace() {
        let project = |version| format!("<project><parent><version>{version}</version></parent><version>9</version>");
        assert_eq!(other_maven_version("1.2.3", "pom.xml", &project("1.2.3")), None);
        let found = other_maven_version("1.2.3", "a/pom.xml", &project("1.2.2"));
        assert_eq!(found.as_deref(), Some("a/pom.xml: not version 1.2.3: 1.2.2"));
        assert!(other_maven_version("1.2.3", "a/pom.xml", "<project/>").is_some());
        assert!(is_about_maven("a/pom.xml") && !is_about_maven("a/README.md"));
    }

    #[test]
    fn the_changelog_has_a_heading_for_the_version() {
        assert_eq!(missing_from_changelog("1.2.3", "# Changes\n\n## [1.2.3]\n"), None);
        assert!(missing_from_changelog("1.2.3", "# 1.2.3\n\n## [1.2.2]\n").is_some());
    }
}
