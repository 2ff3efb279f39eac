//! Where the project lives, written down once; the check `metadata` holds every manifest to it.

use crate::failure::{Failure, Result};
use crate::tally::Tally;
use crate::{hygiene, repo};

/// The address of the repository. To move it, change this and follow what `cargo xtask check --only metadata` says.
pub(crate) const REPOSITORY: &str = "https://github.com/vipps-partner-auth/vipps-partner-auth";

/// The two that every published package bears.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// A manifest that a registry shows, and what must stand in it; `{}` is the repository.
struct Manifest {
    path: &'static str,
    holds: &'static [&'static str],
}

const MANIFESTS: &[Manifest] = &[
    Manifest {
        path: "Cargo.toml",
        holds: &["repository = \"{}\"", "homepage = \"{}\"", "license = \"MIT OR Apache-2.0\"", "authors = ["],
    },
    Manifest { path: "core/Cargo.toml", holds: &PUBLISHED_CRATE },
    Manifest { path: "emulator/Cargo.toml", holds: &PUBLISHED_CRATE },
    Manifest { path: "bindings-python/pyproject.toml", holds: &PYTHON_PACKAGE },
    Manifest { path: "emulator/pyproject.toml", holds: &PYTHON_PACKAGE },
    Manifest {
        path: "bindings-node/package.json",
        holds: &[
            "\"url\": \"git+{}.git\"",
            "\"directory\": \"bindings-node\"",
            "\"homepage\": \"{}/tree/main/bindings-node#readme\"",
            "\"bugs\": \"{}/issues\"",
            "\"engines\"",
            "\"keywords\"",
            "\"sideEffects\": false",
            "\"access\": \"public\"",
        ],
    },
    Manifest {
        path: "emulator/node/package.json",
        holds: &[
            "\"url\": \"git+{}.git\"",
            "\"directory\": \"emulator/node\"",
            "\"homepage\": \"{}/tree/main/emulator/node#readme\"",
            "\"bugs\": \"{}/issues\"",
            "\"engines\"",
            "\"keywords\"",
            "\"sideEffects\": false",
            "\"access\": \"public\"",
        ],
    },
    Manifest {
        path: "bindings-kotlin/kotlin/pom.xml",
        holds: &[
            "<url>{}</url>",
            "<connection>scm:git:{}.git</connection>",
            "<developerConnection>scm:git:{}.git</developerConnection>",
            "<url>{}/issues</url>",
            "<organization>",
            "<license><name>MIT</name>",
            "<license><name>Apache-2.0</name>",
        ],
    },
];

const PYTHON_PACKAGE: [&str; 15] = [
    "Homepage = \"{}\"",
    "Documentation = \"{}/tree/main/docs\"",
    "Repository = \"{}\"",
    "Issues = \"{}/issues\"",
    "Changelog = \"{}/blob/main/CHANGELOG.md\"",
    "license-files = [\"LICENSE-APACHE\", \"LICENSE-MIT\"",
    "keywords = [",
    "Development Status ::",
    "Operating System :: MacOS",
    "Operating System :: Microsoft :: Windows",
    "Operating System :: POSIX :: Linux",
    "Programming Language :: Python :: 3.9",
    "Programming Language :: Python :: 3.14",
    "Framework :: AsyncIO",
    "Typing :: Typed",
];

const PUBLISHED_CRATE: [&str; 9] = [
    "repository.workspace = true",
    "homepage.workspace = true",
    "documentation = \"https://docs.rs/",
    "license.workspace = true",
    "rust-version.workspace = true",
    "readme = ",
    "keywords = [",
    "categories = [",
    "include = [",
];

/// Pages that a registry shows where no link relative to the repository leads anywhere.
const ABSOLUTE: [&str; 2] = ["bindings-python/README.md", "emulator/python/README.md"];

pub(crate) fn check() -> Result<Tally> {
    eprintln!("== metadata");
    let mut found = Vec::new();
    for manifest in MANIFESTS {
        found.extend(missing(manifest, &read(manifest.path)?));
    }
    for folder in ["core", "emulator", "bindings-python", "."] {
        found.extend(LICENCES.iter().filter_map(|name| without_licence(folder, name)));
    }
    for page in ABSOLUTE {
        found.extend(relative_links(page, &read(page)?));
    }
    for path in hygiene::files()? {
        // A file that is not text has no lines.
        found.extend(elsewhere(&path, &read(&path).unwrap_or_default()));
    }
    if found.is_empty() { Ok(Tally::default()) } else { Err(Failure::failed(found.join("\n  "))) }
}

fn missing(manifest: &Manifest, text: &str) -> Vec<String> {
    let wanted = manifest.holds.iter().map(|line| line.replace("{}", REPOSITORY));
    wanted.filter(|line| !text.contains(line)).map(|line| format!("{}: no `{line}`", manifest.path)).collect()
}

/// The same text as at the root: a published package holds its own.
fn without_licence(folder: &str, name: &str) -> Option<String> {
    let path = format!("{folder}/{name}");
    let is_same = read(&path).ok() == read(name).ok();
    (!is_same).then(|| format!("{path}: not the text of {name}"))
}

fn relative_links(page: &str, text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let relative = targets.filter(|target| !target.starts_with("https://") && !target.starts_with('#'));
    relative.map(|target| format!("{page}: a link that its registry can't follow: {target}")).collect()
}

/// An address of this project on the same host that is not the one above.
fn elsewhere(path: &str, text: &str) -> Vec<String> {
    let name = REPOSITORY.rsplit('/').next().unwrap_or_default();
    let host = concat!("https://github", ".com/");
    let others = text.split(host).skip(1).filter_map(|rest| {
        let (owner, rest) = rest.split_once('/')?;
        let is_this = rest.strip_prefix(name)?.chars().next().is_none_or(|next| !next.is_alphanumeric() && next != '-');
        let address = format!("{host}{owner}/{name}");
        (is_this && address != REPOSITORY).then_some(address)
    });
    others.map(|address| format!("{path}: {address} is not {REPOSITORY}")).collect()
}

fn read(path: &str) -> Result<String> {
    repo::read(&repo::root().join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_manifest_lacks_is_named_with_the_address() {
        let manifest = Manifest { path: "a.toml", holds: &["url = \"{}\"", "name = "] };
        assert!(missing(&manifest, &format!("name = \"a\"\nurl = \"{REPOSITORY}\"")).is_empty());
        assert_eq!(missing(&manifest, "name = "), [format!("a.toml: no `url = \"{REPOSITORY}\"`")]);
    }

    #[test]
    fn another_address_of_this_project_is_found() {
        let other = concat!("https://github", ".com/somebody/vipps-partner-auth");
        assert_eq!(elsewhere("a", other).len(), 1);
        assert_eq!(elsewhere("a", &format!("<{other}.git>")).len(), 1);
        assert!(elsewhere("a", &format!("{other}-swift")).is_empty(), "another repository");
        assert!(elsewhere("a", &format!("{REPOSITORY}/issues")).is_empty());
    }

    #[test]
    fn links_into_the_repository_are_found() {
        let text = format!("[a](../docs/a.md) [b]({REPOSITORY}/blob/main/b.md) [c](#c)");
        assert_eq!(
            relative_links("README.md", &text),
            ["README.md: a link that its registry can't follow: ../docs/a.md"]
        );
    }
}
