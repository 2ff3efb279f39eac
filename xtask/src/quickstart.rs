//! The Rust quick start, as somebody has it who pastes it from the README into an empty crate.

use std::path::Path;
use std::{fs, io};

use crate::failure::{Failure, Result};
use crate::repo;
use crate::step::Step;
use crate::tally::Tally;

pub(crate) fn run() -> Result<Tally> {
    let folder = repo::target().join("quickstart");
    let readme = repo::read(&repo::root().join("README.md"))?;
    paste(&folder, block(&readme, "toml")?, block(&readme, "rust")?)
        .map_err(|error| Failure::failed(format!("could not write {}: {error}", folder.display())))?;
    let check = Step::cargo("quickstart", "check --quiet --manifest-path").args([folder.join("Cargo.toml")]);
    check.env("CARGO_TARGET_DIR", repo::target()).on_failure().run()
}

fn paste(folder: &Path, dependencies: &str, program: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), manifest(dependencies))?;
    fs::write(folder.join("src/main.rs"), program)?;
    // With the versions that the tests run with.
    fs::copy(repo::root().join("Cargo.lock"), folder.join("Cargo.lock")).map(drop)
}

/// The first block of a language, whatever else its first line says.
fn block<'a>(readme: &'a str, language: &str) -> Result<&'a str> {
    let found = readme.split_once(&format!("```{language}")).and_then(|(_, rest)| rest.split_once('\n'));
    let block = found.and_then(|(_, rest)| rest.split("```").next());
    block.ok_or_else(|| Failure::failed(format!("the README has no block of {language}")))
}

/// What stands in the README is a dependency beside a checkout; here the checkout has another place.
fn manifest(dependencies: &str) -> String {
    let package = "[package]\nname = \"quickstart\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n";
    let root = repo::root().display().to_string();
    format!("{package}{}", dependencies.replace(CHECKOUT, &root))
}

const CHECKOUT: &str = "../vipps-partner-auth";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_what_is_pasted() {
        let readme = repo::read(&repo::root().join("README.md")).unwrap_or_default();
        assert!(block(&readme, "toml").is_ok_and(|toml| toml.contains(CHECKOUT)));
        assert!(block(&readme, "rust").is_ok_and(|rust| rust.contains("async fn main")));
        assert!(block(&readme, "cobol").is_err());
    }

    #[test]
    fn the_checkout_is_found_wherever_it_is() {
        let made = manifest("[dependencies]\na = { path = \"../vipps-partner-auth/core\" }\n");
        assert!(!made.contains(CHECKOUT) && made.contains(&repo::root().join("core").display().to_string()));
    }
}
