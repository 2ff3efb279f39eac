//! The guide in `docs` with the API reference, built into `target/site`: every link within the guide is checked, and a reader's browser
//! fetches nothing from elsewhere.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::files::{self, trouble};
use crate::reference::{QUICK, Reference, SLOW};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::{Command, lanes, npm, python, repo, tool};

pub(crate) const COMMAND: Command = Command {
    name: "site",
    arguments: "[--reference|--pictures]",
    about: "build the guide with the API reference into target/site",
    details,
    run,
};

fn details() -> String {
    "Of Rust, Python and Node.js, as `check --only site` does it.\n\n\
     --reference  of Kotlin and Swift too, each with its own compiler (minutes)\n\
     --pictures   take the pictures of the emulator's page anew, into docs/assets, in a real browser\n\n\
     Swift's pages and the menu of Kotlin's need a server: python3 -m http.server --directory target/site"
        .to_owned()
}

fn run(args: &[OsString]) -> Result {
    let mut parser = lexopt::Parser::from_args(args);
    match parser.next()? {
        None => check().map(drop),
        Some(lexopt::Arg::Long("reference")) => with_all_languages(),
        Some(lexopt::Arg::Long("pictures")) => take_pictures(),
        Some(other) => Err(other.unexpected().into()),
    }
}

/// What every change is held against.
pub(crate) fn check() -> Result<Tally> {
    build(QUICK.iter())?;
    Ok(Tally::default())
}

fn with_all_languages() -> Result {
    let all = || QUICK.iter().chain(SLOW);
    tool::require(all().flat_map(|reference| reference.needs.iter().copied()).chain([&tool::PYTHON]))?;
    build(all())
}

/// By the test that holds them to their size.
fn take_pictures() -> Result {
    tool::require([&tool::C_COMPILER, &tool::NODE, &tool::NPM, &tool::CHROMIUM])?;
    let build = Step::cargo("pictures: emulator", "build -p vipps-emulator").on_failure();
    let take = lanes::page("pictures", "pictures.test.mjs").env("PICTURES", repo::root().join("docs/assets"));
    let packages = npm::install("pictures: packages", Path::new(lanes::PAGE));
    step::run_all([Some(build), packages, Some(take)].into_iter().flatten()).map(drop)
}

/// The guide first, since its builder empties the folder.
fn build(references: impl Iterator<Item = &'static Reference>) -> Result {
    let site = repo::target().join("site");
    build_guide(&site)?;
    let mut made = Vec::new();
    for reference in references {
        reference.make(&site)?;
        made.push(reference.folder);
    }
    stand_in_for_others(&site, &made)?;
    let missing: Vec<String> = guide_pages(&site)?.iter().flat_map(|page| missing_pictures(page)).collect();
    if !missing.is_empty() {
        return Err(Failure::failed(missing.join("\n  ")));
    }
    let strange: Vec<String> = files::below(&site)?.iter().flat_map(|file| from_elsewhere(file)).collect();
    if strange.is_empty() { Ok(()) } else { Err(Failure::failed(strange.join("\n  "))) }
}

fn build_guide(site: &Path) -> Result {
    let python = python::Environment::ready("site", Path::new("python3"), Path::new("docs/requirements.txt"))?;
    step::run_all([
        python.step("site: diagrams", "docs/diagrams/draw.py --check"),
        python.step("site: public names of Python", "-B bindings-python/scripts/documented.py").on_failure(),
        python
            .step("site", "-m mkdocs build --quiet --strict --site-dir")
            .args([site])
            .env("NO_MKDOCS_2_WARNING", "1")
            .on_failure(),
    ])
    .map(drop)
}

/// The overview links to every language. Where one was not made, a page in its place says how to make it; a link to a page that was
/// to be made is dead.
fn stand_in_for_others(site: &Path, made: &[&str]) -> Result {
    let overview = repo::read(&site.join("reference.html"))?;
    for link in links_to_references(&overview).filter(|link| !site.join(link).exists()) {
        if made.iter().any(|folder| link.starts_with(&format!("reference/{folder}/"))) {
            return Err(Failure::failed(format!("docs/reference.md: nothing lies at {link}")));
        }
        let page = if link.ends_with('/') { site.join(link).join("index.html") } else { site.join(link) };
        let folder = page.parent().unwrap_or(site);
        fs::create_dir_all(folder).map_err(|error| trouble(folder, &error))?;
        fs::write(&page, NOT_MADE).map_err(|error| trouble(&page, &error))?;
    }
    Ok(())
}

const NOT_MADE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not made</title>\
    <p>This copy of the site is without these pages: <code>cargo xtask site --reference</code> makes them.</p>";

fn links_to_references(page: &str) -> impl Iterator<Item = &str> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
    links.filter(|link| link.starts_with("reference/"))
}

/// The pages at the top are the guide's own.
fn guide_pages(site: &Path) -> Result<Vec<PathBuf>> {
    let found = files::entries(site)?;
    Ok(found.into_iter().filter(|path| path.extension().is_some_and(|end| end == "html")).collect())
}

/// Pictures that stand in HTML, which the builder of the guide does not look at.
fn missing_pictures(page: &Path) -> Vec<String> {
    let html = fs::read_to_string(page).unwrap_or_default();
    let folder = page.parent().unwrap_or(page);
    let missing = pictures(&html).filter(|picture| !folder.join(picture).exists());
    missing.map(|picture| format!("{}: there is no {picture}", page.display())).collect()
}

fn pictures(html: &str) -> impl Iterator<Item = &str> {
    let named = ["src=\"", "srcset=\""].into_iter().flat_map(|name| html.split(name).skip(1));
    let own = named.filter_map(|rest| rest.split('"').next()).filter(|address| !is_elsewhere(address));
    own.filter(|address| Path::new(address).extension().is_some_and(|end| end == "png"))
}

/// Of a page or a style.
fn from_elsewhere(file: &Path) -> Vec<String> {
    let loaded: fn(&str) -> Vec<String> = match file.extension().and_then(OsStr::to_str) {
        Some("html") => |page| loads_from_elsewhere(page).collect(),
        Some("css") => |style| draws_from_elsewhere(style).collect(),
        _ => return Vec::new(),
    };
    let text = fs::read_to_string(file).unwrap_or_default();
    loaded(&text).iter().map(|what| format!("{} loads {what} from another host", file.display())).collect()
}

/// Fonts, pictures and other styles.
fn draws_from_elsewhere(style: &str) -> impl Iterator<Item = String> {
    let addresses = style.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    addresses
        .map(|address| address.trim_matches(['"', '\'']))
        .filter(|address| is_elsewhere(address))
        .map(str::to_owned)
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
    fn links_to_the_references_are_found_without_their_anchors() {
        let page = r#"<a href="reference/rust/index.html#a">a</a> <a href="faq.html">b</a> <a href="reference/python.html">c</a>"#;
        let found: Vec<_> = links_to_references(page).collect();
        assert_eq!(found, ["reference/rust/index.html", "reference/python.html"]);
    }

    #[test]
    fn pictures_are_found_for_light_and_dark() {
        let page =
            r#"<source srcset="assets/emulator-a-dark.png"><img src="assets/emulator-a-light.png"><script src="x.js">"#;
        let found: Vec<_> = pictures(page).collect();
        assert_eq!(found, ["assets/emulator-a-light.png", "assets/emulator-a-dark.png"]);
    }

    #[test]
    fn other_words_are_refused() {
        assert!(run(&["--all".into()]).is_err_and(|failure| failure.is_usage()));
    }

    #[test]
    fn fonts_and_styles_of_other_hosts_are_found() {
        let style = "@import url('https://a.example/a.css'); p { background: url(b.png) } @font-face { src: url(\"//c.example/c\") }";
        let found: Vec<_> = draws_from_elsewhere(style).collect();
        assert_eq!(found, ["https://a.example/a.css", "//c.example/c"]);
    }

    #[test]
    fn own_files_and_links_to_click_are_left_alone() {
        let html = r#"<link rel="stylesheet" href="assets/x.css"><script src="x.js"></script><a href="https://a.example">a</a>"#;
        assert!(loaded(html).is_empty());
    }
}
