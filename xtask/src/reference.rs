//! The API reference of each language as pages, made by that language's own tool from the comments that editors show. Each of them fails
//! where a public item has no comment. Python's pages are a part of the guide itself.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Result;
use crate::files;
use crate::step::{self, Step};
use crate::tool::{self, Tool};
use crate::uniffi::{self, Profile};
use crate::{node, npm, repo, swift};

/// The pages of one language, in a folder of its own below `reference`.
pub(crate) struct Reference {
    pub(crate) folder: &'static str,
    pub(crate) needs: &'static [&'static Tool],
    make: fn(&Path) -> Result,
}

/// Those that take seconds where the checks and lanes have run before.
pub(crate) const QUICK: &[Reference] = &[
    Reference { folder: "rust", needs: &[&tool::C_COMPILER], make: of_rust },
    Reference { folder: "node", needs: &[&tool::NODE, &tool::NPM], make: of_node },
];

/// Those that need a build of the native library, and a compiler that few machines have.
pub(crate) const SLOW: &[Reference] = &[
    Reference { folder: "kotlin", needs: &[&tool::C_COMPILER, &tool::JDK, &tool::MAVEN], make: of_the_jvm },
    Reference {
        folder: "swift",
        needs: &[&tool::C_COMPILER, &tool::PYTHON, &tool::DEBOOTSTRAP, &tool::UNSHARE],
        make: of_swift,
    },
];

impl Reference {
    pub(crate) fn make(&self, site: &Path) -> Result {
        (self.make)(&site.join("reference").join(self.folder))
    }
}

/// Only what was rendered lies apart; what is compiled for it is shared with the other commands.
fn of_rust(into: &Path) -> Result {
    let place = scratch("rust");
    // Pages of items that are gone would stay.
    files::remove(&place.join("doc"))?;
    let shared = format!("build.build-dir={:?}", repo::target().display().to_string());
    Step::cargo("reference: rust", "doc -p vipps-partner-auth -p vipps-emulator --lib --all-features --no-deps")
        .args(["--config", &shared, "--target-dir"])
        .args([&place])
        .env("RUSTDOCFLAGS", "-D warnings -D missing-docs")
        .on_failure()
        .run()?;
    files::copy_all(&place.join("doc"), into)
}

/// The types of the packages' own dependencies are needed besides.
fn of_node(into: &Path) -> Result {
    let folder = Path::new("bindings-node/reference");
    let packages = [Path::new(node::PACKAGE), Path::new(node::EMULATOR), folder];
    let installed = packages.into_iter().filter_map(|at| npm::install(&packages_of(at), at));
    let pages = Step::new("reference: node", "node").words("node_modules/typedoc/bin/typedoc --pretty false --out");
    step::run_all(installed.chain([pages.args([into]).within(folder).on_failure()])).map(drop)
}

fn packages_of(folder: &Path) -> String {
    format!("reference: packages of {}", folder.display())
}

/// A folder for each artifact.
fn of_the_jvm(into: &Path) -> Result {
    uniffi::prepare_jvm(Profile::Debug)?;
    let output = repo::target().join("jvm");
    Step::new("reference: kotlin", "mvn")
        .words("--quiet --activate-profiles reference -DskipTests process-classes --projects")
        .words("server,app,../../emulator/kotlin")
        .args([format!("-Doutput={}", output.display())])
        .within(Path::new("bindings-kotlin/kotlin"))
        .on_failure()
        .run()?;
    ARTIFACTS.iter().try_for_each(|name| files::copy_all(&output.join(name).join("dokka"), &into.join(name)))?;
    keep_to_this_site(into)
}

/// Dokka's pages load fonts, and a playground that none of them has. A reader's browser is to fetch nothing from elsewhere.
fn keep_to_this_site(folder: &Path) -> Result {
    for path in files::below(folder)? {
        let loading: &[(&str, &str)] = match path.extension().and_then(OsStr::to_str) {
            Some("html") => &[("<script", "</script>")],
            Some("css") => &[("@import", ";"), ("@font-face", "}")],
            _ => continue,
        };
        let text = repo::read(&path)?;
        let kept = loading.iter().fold(text, |text, (begin, end)| without_others(&text, begin, end));
        fs::write(&path, kept).map_err(|error| files::trouble(&path, &error))?;
    }
    Ok(())
}

/// Without the pieces between these two signs that name another host.
fn without_others(text: &str, begin: &str, end: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(piece) = rest.find(begin).map(|at| &rest[at..]) {
        let Some(length) = piece.find(end).map(|at| at + end.len()) else { break };
        kept.push_str(&rest[..rest.len() - piece.len()]);
        let is_of_others = piece[..length].contains("\"https://") || piece[..length].contains("'https://");
        kept.push_str(if is_of_others { "" } else { &piece[..length] });
        rest = &piece[length..];
    }
    kept + rest
}

const ARTIFACTS: [&str; 3] = ["vipps-partner-auth", "vipps-partner-auth-app", "vipps-emulator"];

fn of_swift(into: &Path) -> Result {
    let compiler = swift::Compiler::obtain()?;
    let [_, package] = uniffi::prepare_swift(Profile::Debug)?;
    step::run_all(compiler.documented(&package).into_iter().chain([compiler.pages(&package)]))?;
    files::copy_all(&package.join(".build/pages"), into)
}

fn scratch(language: &str) -> PathBuf {
    repo::target().join("reference").join(language)
}

#[cfg(test)]
mod tests {
    use super::without_others;

    #[test]
    fn what_would_be_loaded_from_another_host_is_left_out() {
        let page =
            r#"<script src="x.js"></script><script src="https://a.example/y.js"></script><p>https://b.example</p>"#;
        let kept = r#"<script src="x.js"></script><p>https://b.example</p>"#;
        assert_eq!(without_others(page, "<script", "</script>"), kept);
        let style = "@import url('./a.css');@import url('https://a.example/b.css');p { color: red }";
        assert_eq!(without_others(style, "@import", ";"), "@import url('./a.css');p { color: red }");
        assert_eq!(without_others("<script src=", "<script", "</script>"), "<script src=");
    }
}
