//! What the documentation says is held against the sources: names, defaults, files, links, and which blocks are run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

type Names = BTreeSet<String>;

/// Swift gives words that may grow a name each; what they are is the core's.
#[test]
fn swift_has_a_name_for_each_reason_claim_event_and_kind_of_keys() {
    let words = |file: &str, of: &str| {
        let source = read(&format!("bindings-kotlin/swift/Sources/VippsPartnerAuth/{file}"));
        literals(part(&source, &format!("public struct {of}: OpenWord"), "\n    }\n"), ": Self = ")
    };
    let sources = rust_files("core/src").iter().map(|file| read_path(file)).collect::<String>();
    let reasons: Names =
        ["login_failed(", "invalid_webhook("].iter().flat_map(|sign| literals(&sources, sign)).collect();
    assert_eq!(words("Shared/VippsAuthError.swift", "Reason"), reasons);
    assert_eq!(words("Shared/VippsAuthError.swift", "Claim"), claims());
    let events = literals(part(&read("core/src/event.rs"), "pub fn name(&self)", "\n    }\n"), "=> ");
    assert_eq!(words("Shared/VippsEvent.swift", "Name"), events);
    let kinds = literals(part(&read("core/src/keys.rs"), "pub fn kind(&self)", "\n    }\n"), "=> ");
    assert_eq!(words("Server/Partner.swift", "Kind"), kinds);
}

#[test]
fn when_it_fails_names_every_code_reason_claim_and_event() {
    let page = read("docs/when-it-fails.md");
    let error = read("core/src/error.rs");
    assert_eq!(
        first_cells(section(&page, "## Codes")),
        literals(part(&error, "pub fn code(self)", "\n    }\n"), "=> ")
    );
    let reasons = rust_files("core/src").iter().flat_map(|file| literals(&read_path(file), "login_failed(")).collect();
    assert_eq!(first_cells(section(&page, "## Reasons of a failed login")), reasons);
    assert_eq!(first_cells(section(&page, "## Claims of a refused ID token")), claims());
    let events = read("core/src/event.rs");
    assert_eq!(
        first_cells(section(&page, "## Events")),
        literals(part(&events, "pub fn name(&self)", "\n    }\n"), "=> ")
    );
}

/// The checks by their documentation, and by the vectors that fail them.
fn claims() -> Names {
    let table = read("core/src/id_token.rs");
    let documented = first_cells(&part(&table, "/// | Check | Rule |", "/// Sources").replace("/// ", ""));
    let files = entries(&root().join("tests/vectors")).into_iter().filter(|path| has_extension(path, "json"));
    let failed: Names = files.flat_map(|path| claims_within(&json(&path))).collect();
    assert!(failed.is_subset(&documented), "not documented: {:?}", failed.difference(&documented));
    documented
}

fn claims_within(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(claims_within).collect(),
        Value::Object(members) => {
            let failed = members.get("error").and_then(|error| error.get("claim")?.as_str()).map(str::to_owned);
            failed.into_iter().chain(members.values().flat_map(claims_within)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn observability_names_every_counter() {
    let events = read("core/src/event.rs");
    let counters = words_between(part(&events, "pub struct Stats {", "}"), "pub ", ":");
    assert_eq!(first_cells(section(&read("docs/observability.md"), "## Counters")), counters);
}

#[test]
fn the_table_of_settings_has_each_setting_of_each_language() {
    let table = read("docs/settings.md");
    let table = section(&table, "## Settings");
    let config = read("core/src/config.rs");
    let hidden = names(["jitter"]);
    let rust = &words_between(&config, "pub fn ", "(mut self") - &hidden;
    assert_eq!(column(table, 0), rust);
    let python = read("bindings-python/python/vipps_partner_auth/types.py");
    let python = part(&python, "class OtherSettings", "\nEND");
    let python: String = python.split_inclusive('\n').filter(|line| line.ends_with("| None\n")).collect();
    assert_eq!(column(table, 1), words_between(&python, "    ", ": "));
    let node = read("bindings-node/lib/settings.ts");
    assert_eq!(column(table, 2), words_between(part(&node, "const VALUES = {", "export const RULES"), "  ", ": "));
    let kotlin = read("bindings-kotlin/kotlin/shared/src/main/kotlin/io/github/vippspartnerauth/Settings.kt");
    let kotlin = words_between(part(&kotlin, "class Builder", "companion object"), "fun ", "(");
    assert_eq!(column(table, 3), &kotlin - &names(["build"]));
    let swift = read("bindings-kotlin/swift/Sources/VippsPartnerAuth/Shared/VippsSettings.swift");
    let swift = part(&swift, "public struct VippsSettings", "public init()");
    let named = |sign| words_between(swift, "public var ", sign);
    assert_eq!(column(table, 4), &named(":") | &named(" ="));
}

#[test]
fn the_table_of_variables_has_each_variable() {
    let mentioned = |file: &PathBuf| {
        let text = read_path(file);
        let tail =
            |rest: &str| rest.split(|sign: char| !(sign.is_ascii_uppercase() || sign == '_')).next().map(str::to_owned);
        text.split("\"VIPPS_").skip(1).filter_map(tail).filter(|tail| tail.len() > 2).collect::<Vec<_>>()
    };
    let used: Names = rust_files("core/src").iter().flat_map(mentioned).map(|tail| format!("VIPPS_{tail}")).collect();
    let documented = first_cells(section(&read("docs/settings.md"), "## Environment variables"));
    assert_eq!(documented.into_iter().filter(|name| name.starts_with("VIPPS_")).collect::<Names>(), used);
}

/// Blocks of Python and JavaScript are run by the tests of those packages.
#[test]
fn every_block_in_a_compiled_language_is_in_a_test() {
    let kotlin = "bindings-kotlin/kotlin/tests/src/test";
    let package = "io/github/vippspartnerauth/tests";
    let shop = "bindings-kotlin/kotlin/spring-boot-tests/src/test/java/com/example/shop";
    let spring = ["Payments", "ShopApplication", "PaymentsTest"].map(|class| format!("{shop}/{class}.java")).join(" ");
    let swift = "bindings-kotlin/swift/Tests/VippsPartnerAuthTests";
    let sources = [
        ("kotlin", format!("{kotlin}/kotlin/{package}/ReadmeKotlinTest.kt")),
        ("java", format!("{kotlin}/java/{package}/ReadmeJavaTest.java {spring}")),
        ("swift", format!("{swift}/ReadmeTests.swift {swift}/Emulator/RunnersTests.swift")),
    ];
    for (language, files) in sources {
        let source: String = files.split(' ').map(|file| trimmed(&read(file))).collect();
        for page in documents() {
            // Whole programs, which begin with imports, are run as they stand.
            let blocks = blocks(&read_path(&page), language).into_iter();
            for block in blocks.filter(|block| !block.starts_with("import ")) {
                assert!(source.contains(&trimmed(&block)), "no test holds this block of {}:\n{block}", page.display());
            }
        }
    }
}

#[test]
fn every_page_with_rust_is_a_documentation_test() {
    let included = read("tests/src/lib.rs");
    for page in documents().iter().filter(|page| !blocks(&read_path(page), "rust").is_empty()) {
        let name = page.strip_prefix(root()).expect("a page of this repository").display().to_string();
        assert!(included.contains(&format!("../../{name}\"")), "{name} is not in tests/src/lib.rs");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    for page in documents() {
        let text = read_path(&page);
        let folder = page.parent().expect("a folder");
        for link in links(&text) {
            let target = link.split('#').next().unwrap_or_default();
            let place = match own(target) {
                Some(path) => root().join(path),
                None if target.is_empty() || target.contains(':') => continue,
                None => folder.join(target),
            };
            if !place.exists() {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

/// A registry shows a README without the files beside it.
#[test]
fn readmes_of_packages_have_absolute_links_only() {
    for readme in [
        "README.md",
        "emulator/README.md",
        "emulator/node/README.md",
        "emulator/python/README.md",
        "emulator/kotlin/README.md",
        "bindings-kotlin/kotlin/spring-boot-starter/README.md",
        "bindings-python/README.md",
        "bindings-node/README.md",
    ] {
        let text = read(readme);
        let relative: Vec<_> = links(&text).filter(|link| !link.contains("://") && !link.starts_with('#')).collect();
        assert!(relative.is_empty(), "{readme}: {relative:?}");
    }
}

#[test]
fn the_files_that_a_contributor_is_sent_to_are_there() {
    let text = read("CONTRIBUTING.md");
    let named =
        text.split('`').skip(1).step_by(2).filter(|word| word.contains('/') && !word.contains([' ', '*', '…', '<']));
    let missing: Vec<_> = named.filter(|path| !path.starts_with("target/") && !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_architecture_names_the_modules_there_are() {
    let text = read("ARCHITECTURE.md");
    let layers = section(&text, "## Layers of the core");
    let core = root().join("core/src");
    let named: Names = layers
        .split([' ', ',', '\n', '(', ')'])
        .filter(|word| has_extension(Path::new(word), "rs"))
        .map(str::to_owned)
        .collect();
    let missing: Vec<_> = named.iter().filter(|name| !core.join(name).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let is_module = |path: &PathBuf| has_extension(path, "rs") && !path.ends_with("lib.rs");
    let there = entries(&core).into_iter().filter(is_module).map(|path| file_name(&path));
    let unnamed: Vec<_> = there.filter(|name| !named.contains(name)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

#[test]
fn the_architecture_has_a_reason_for_each_library() {
    let text = read("ARCHITECTURE.md");
    let reasons = section(&text, "## Libraries").replace(['|', ',', ';', '(', ')', '`'], " ");
    let named: Names = reasons.split_whitespace().map(str::to_owned).collect();
    let manifests = [
        "core",
        "emulator",
        "tests",
        "tests/simulation",
        "xtask",
        "bindings-python",
        "bindings-node",
        "bindings-kotlin",
        "bindings-kotlin/generator",
    ];
    for folder in manifests {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let unnamed: Vec<_> = dependencies(&manifest).filter(|library| !named.contains(library)).collect();
        assert!(unnamed.is_empty(), "{folder}: {unnamed:?}");
    }
}

fn dependencies(manifest: &str) -> impl Iterator<Item = String> {
    let tables = manifest
        .split("\n[")
        .filter(|table| table.split(']').next().is_some_and(|name| name.ends_with("dependencies")));
    let lines = tables.flat_map(|table| table.lines().skip(1));
    let named = lines.filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| !name.is_empty());
    named.filter(|name| !name.starts_with(['#', '"', '[', ']', '}']) && !name.starts_with("vipps-")).map(str::to_owned)
}

/// The repository's own files, by their stand-in address.
fn own(link: &str) -> Option<&str> {
    let path = link.strip_prefix("https://github.com/vipps-partner-auth/vipps-partner-auth/")?;
    path.strip_prefix("blob/main/").or_else(|| path.strip_prefix("tree/main/"))
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// All Markdown of the repository that people read.
fn documents() -> Vec<PathBuf> {
    let folders = [
        "",
        "docs",
        "examples",
        "emulator",
        "emulator/node",
        "emulator/python",
        "emulator/kotlin",
        "bindings-python",
        "bindings-node",
        "bindings-kotlin/kotlin",
        "bindings-kotlin/kotlin/spring-boot-starter",
        "bindings-kotlin/swift",
        "tests/vectors",
        "tests/simulation",
    ];
    let files = folders.into_iter().flat_map(|folder| entries(&root().join(folder)));
    files.filter(|path| has_extension(path, "md")).collect()
}

/// None of a page of fragments, whose examples are run elsewhere.
fn blocks(page: &str, language: &str) -> Vec<String> {
    if page.contains("<!-- fragments -->") {
        return Vec::new();
    }
    let opened = page.split("\n```").skip(1).step_by(2);
    let of_language = opened
        .filter_map(|block| block.split_once('\n'))
        .filter(|(info, _)| info.split([',', ' ']).next() == Some(language));
    of_language.map(|(_, code)| code.to_owned()).collect()
}

fn trimmed(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// From a heading to the next of its rank or higher.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    rest.split("\n## ").next().unwrap_or(rest)
}

fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from}"));
    rest.split(to).next().unwrap_or(rest)
}

/// The names in the first cells of a page's tables.
fn first_cells(page: &str) -> Names {
    column(page, 0)
}

/// The names in one column: all that stands in back quotes.
fn column(page: &str, at: usize) -> Names {
    let cells = page.lines().filter(|line| line.starts_with('|')).filter_map(|row| row.split('|').nth(at + 1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The literals right behind a text, which may be on the next line.
fn literals(text: &str, before: &str) -> Names {
    let quoted = |rest: &str| rest.trim_start().strip_prefix('"')?.split('"').next().map(str::to_owned);
    text.split(before).skip(1).filter_map(quoted).collect()
}

/// In each line that begins with `before`, the word between it and `after`.
fn words_between(text: &str, before: &str, after: &str) -> Names {
    let is_name =
        |word: &&str| !word.is_empty() && word.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
    let found = |line: &str| {
        let line = if before.trim().is_empty() { line } else { line.trim_start() };
        line.strip_prefix(before)?.split_once(after).map(|(word, _)| word).filter(is_name).map(str::to_owned)
    };
    text.lines().filter_map(found).collect()
}

fn names<const N: usize>(names: [&str; N]) -> Names {
    names.into_iter().map(str::to_owned).collect()
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let (below, files): (Vec<_>, Vec<_>) = entries(&folder).into_iter().partition(|path| path.is_dir());
        folders.extend(below);
        found.extend(files.into_iter().filter(|path| has_extension(path, "rs")));
    }
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    read.map(|entry| entry.expect("an entry").path()).collect()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&read_path(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &str) -> String {
    read_path(&root().join(path))
}

fn read_path(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").to_owned()
}
