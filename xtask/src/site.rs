//! The guide in `docs`, built into `target/site`: every link within it is checked, and a reader's browser fetches nothing
//! from elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::tally::Tally;
use crate::{python, repo, step};

pub(crate) fn run() -> Result<Tally> {
    let python = python::Environment::ready("site", Path::new("python3"), Path::new("docs/requirements.txt"))?;
    let site = repo::target().join("site");
    step::run_all([
        python.step("site: diagrams", "docs/diagrams/draw.py --check"),
        python
            .step("site", "-m mkdocs build --quiet --strict --site-dir")
            .args([&site])
            .env("NO_MKDOCS_2_WARNING", "1")
            .on_failure(),
    ])?;
    let strange: Vec<String> = pages(&site).iter().flat_map(|page| from_elsewhere(page)).collect();
    if strange.is_empty() { Ok(Tally::default()) } else { Err(Failure::failed(strange.join("\n  "))) }
}

/// All pages below a folder.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let (folders, files): (Vec<_>, Vec<_>) = entries.map(|entry| entry.path()).partition(|path| path.is_dir());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "html");
    files.into_iter().filter(is_page).chain(folders.iter().flat_map(|folder| pages(folder))).collect()
}

fn from_elsewhere(page: &Path) -> Vec<String> {
    let html = fs::read_to_string(page).unwrap_or_default();
    let told = |what: &str| format!("{} loads {what} from another host", page.display());
    loads_from_elsewhere(&html).map(|what| told(&what)).collect()
}

/// What a browser would fetch by itself: sources, and links of the kinds that load. Links to click are no matter.
fn loads_from_elsewhere(html: &str) -> impl Iterator<Item = String> {
    let tags = html.split('<').filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    let loading = tags.filter(|tag| tag.contains("src=") || (tag.starts_with("link") && !tag.contains("canonical")));
    loading.filter_map(address).filter(|address| is_elsewhere(address)).map(str::to_owned)
}

fn address(tag: &str) -> Option<&str> {
    let (_, rest) = tag.split_once("src=").or_else(|| tag.split_once("href="))?;
    let quote = rest.chars().next().filter(|sign| matches!(sign, '"' | '\''));
    match quote {
        Some(quote) => rest[1..].split(quote).next(),
        None => rest.split_whitespace().next(),
    }
}

fn is_elsewhere(address: &str) -> bool {
    address.starts_with("http:") || address.starts_with("https:") || address.starts_with("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(html: &str) -> Vec<String> {
        loads_from_elsewhere(html).collect()
    }

    #[test]
    fn scripts_styles_and_pictures_of_other_hosts_are_found() {
        assert_eq!(loaded(r#"<script src="https://cdn.example/x.js"></script>"#), ["https://cdn.example/x.js"]);
        assert_eq!(loaded(r#"<link rel="stylesheet" href="//fonts.example/x.css">"#), ["//fonts.example/x.css"]);
        assert_eq!(loaded("<img alt='x' src='http://a.example/x.png'>"), ["http://a.example/x.png"]);
        assert_eq!(loaded("<script src=https://cdn.example/x.js defer>"), ["https://cdn.example/x.js"]);
    }

    #[test]
    fn own_files_and_links_to_click_are_left_alone() {
        let html = r#"<link rel="stylesheet" href="assets/x.css"><script src="x.js"></script><a href="https://a.example">a</a>"#;
        assert!(loaded(html).is_empty());
    }
}
