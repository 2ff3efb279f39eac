//! Whose code a binary holds: the licence texts that go along with it, and a list in the form of `CycloneDX`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::{repo, step};

/// The crates that are compiled into one of ours, for one platform.
pub(crate) struct Notices {
    package: &'static str,
    version: String,
    crates: Vec<Dependency>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Dependency {
    name: String,
    version: String,
    licence: String,
    repository: String,
}

/// The names of the two files.
pub(crate) const TEXTS: &str = "THIRD-PARTY-LICENSES.txt";
pub(crate) const LIST: &str = "sbom.cdx.json";

impl Notices {
    pub(crate) fn of(package: &'static str, features: &[&str], triple: &str) -> Result<Self> {
        let format = "--edges normal --prefix none --format {p}\t{l}\t{r}";
        let mut args = vec!["tree", "--locked", "--package", package, "--target", triple];
        args.extend(format.split(' '));
        args.extend(features);
        let told =
            step::ask("cargo", &args).ok_or_else(|| Failure::failed(format!("`cargo {}` failed", args.join(" "))))?;
        let mut lines = told.lines();
        let version = lines.next().and_then(Dependency::read).map(|own| own.version).unwrap_or_default();
        let mut crates: Vec<Dependency> =
            lines.filter(|line| !line.contains(" (/")).filter_map(Dependency::read).collect();
        crates.sort();
        crates.dedup();
        Ok(Self { package, version, crates })
    }

    /// Writes both files into `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result {
        let save = |name: &str, text: String| {
            let place = folder.join(name);
            fs::write(&place, text).map_err(|error| Failure::failed(format!("{}: {error}", place.display())))
        };
        fs::create_dir_all(folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
        save(TEXTS, self.texts()?)?;
        save(LIST, self.list())
    }

    /// Each text once, below the crates that it is for.
    fn texts(&self) -> Result<String> {
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for krate in &self.crates {
            for text in krate.texts()? {
                texts.entry(text).or_default().push(format!("{} {}", krate.name, krate.version));
            }
        }
        let mut all = format!(
            "The binary of {} {} holds code of the crates below, each under the licence that stands with it.\n\
             The source of each is at https://crates.io/crates/NAME.\n",
            self.package, self.version
        );
        for krate in &self.crates {
            let _ = write!(all, "\n{} {}: {}", krate.name, krate.version, krate.licence);
        }
        for (text, crates) in texts {
            let _ = write!(all, "\n\n{}\n{}\n\n{}", "=".repeat(80), crates.join(", "), text.trim_end());
        }
        all.push('\n');
        Ok(all)
    }

    fn list(&self) -> String {
        let components: Vec<String> = self.crates.iter().map(Dependency::component).collect();
        format!(
            "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\n\
             \"metadata\":{{\"component\":{{\"type\":\"library\",\"name\":\"{}\",\"version\":\"{}\"}}}},\n\
             \"components\":[\n{}\n]}}\n",
            self.package,
            self.version,
            components.join(",\n")
        )
    }
}

impl Dependency {
    /// Of `name v1.2.3 (proc-macro) (*)`, licence, repository.
    fn read(line: &str) -> Option<Self> {
        let mut parts = line.split('\t');
        let mut words = parts.next()?.split(' ');
        let name = words.next()?.to_owned();
        let version = words.next()?.strip_prefix('v')?.to_owned();
        let licence = parts.next()?.to_owned();
        let repository = parts.next()?.trim_end_matches(" (*)").to_owned();
        Some(Self { name, version, licence, repository })
    }

    fn component(&self) -> String {
        let Self { name, version, licence, repository } = self;
        // An older spelling of `OR`.
        let licence = licence.replace('/', " OR ");
        format!(
            "{{\"type\":\"library\",\"name\":\"{name}\",\"version\":\"{version}\",\"purl\":\"pkg:cargo/{name}@{version}\",\
             \"licenses\":[{{\"expression\":\"{licence}\"}}],\
             \"externalReferences\":[{{\"type\":\"vcs\",\"url\":\"{repository}\"}}]}}"
        )
    }

    /// What lies in its package. One that has none is quoted by its expression; under MPL-2.0 the source has to be named.
    fn texts(&self) -> Result<Vec<String>> {
        let folder = self.folder()?;
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().to_uppercase();
            let is_text =
                ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|start| name.starts_with(start));
            if is_text && entry.path().is_file() {
                found
                    .extend(fs::read(entry.path()).ok().map(|bytes| String::from_utf8_lossy(&bytes).replace('\r', "")));
            }
        }
        if found.is_empty() {
            let Self { name, licence, repository, .. } = self;
            found.push(format!(
                "{name} has no licence text in its package; its licence is {licence}, its source {repository}"
            ));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn folder(&self) -> Result<PathBuf> {
        let name = format!("{}-{}", self.name, self.version);
        let registries = fs::read_dir(cargo_home().join("registry/src")).into_iter().flatten().flatten();
        let found = registries.map(|registry| registry.path().join(&name)).find(|folder| folder.is_dir());
        found.ok_or_else(|| Failure::failed(format!("the source of {name} is not there: run `cargo fetch`")))
    }
}

/// Where cargo keeps what it downloads.
pub(crate) fn cargo_home() -> PathBuf {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = std::env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).map(PathBuf::from);
    named.or_else(|| Some(home?.join(".cargo"))).unwrap_or_else(|| repo::root().join(".cargo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(line: &str) -> Dependency {
        Dependency::read(line).unwrap_or_else(|| panic!("not read: {line}"))
    }

    #[test]
    fn a_line_of_cargo_is_read() {
        let krate = dependency("syn v2.0.1 (proc-macro)\tMIT/Apache-2.0\thttps://example.com/syn (*)");
        assert_eq!((krate.name.as_str(), krate.version.as_str()), ("syn", "2.0.1"));
        assert_eq!(krate.repository, "https://example.com/syn");
        assert!(krate.component().contains("\"purl\":\"pkg:cargo/syn@2.0.1\""));
        assert!(krate.component().contains("\"expression\":\"MIT OR Apache-2.0\""));
        assert_eq!(Dependency::read("without number\tMIT\t"), None);
    }

    #[test]
    fn the_crates_of_this_command_and_their_texts_are_found() {
        let triple = crate::targets::of_this_machine().map(|target| target.triple).unwrap_or_default();
        let notices = Notices::of("xtask", &[], triple).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(notices.crates.iter().any(|krate| krate.name == "lexopt"));
        assert!(
            notices
                .texts()
                .is_ok_and(|text| text.contains("\nlexopt 0.") && text.contains("Permission is hereby granted"))
        );
        assert!(notices.list().contains("pkg:cargo/lexopt@"));
    }
}
