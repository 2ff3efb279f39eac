//! `cargo xtask api`: the public API of each language's package, written down in `tests/api`, so that no change of it goes unseen.

mod swift;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use lexopt::ValueExt as _;

use crate::Command;
use crate::failure::{Failure, Result};
use crate::step::{self, Step};
use crate::tally::Tally;
use crate::{breaking, checks, files, npm, repo, tool};

pub(crate) const COMMAND: Command = Command {
    name: "api",
    arguments: "[--write|--against REVISION]",
    about: "compare the public API of each package with what is written down of it, or write it down anew",
    details,
    run,
};

/// What is written down of one language.
struct Record {
    name: &'static str,
    /// `None` where this machine can't tell; that is said.
    make: fn() -> Result<Option<String>>,
}

const RECORDS: [Record; 5] = [
    Record { name: "rust", make: of_rust },
    Record { name: "python", make: of_python },
    Record { name: "node", make: of_node },
    Record { name: "jvm", make: of_the_jvm },
    Record { name: "swift", make: of_swift },
];

/// Of a difference so many lines are shown.
const SHOWN: usize = 20;

fn details() -> String {
    "Rust by its rendered documentation, Python by its sources and stubs, Node.js by its type declarations, the JVM by its classes (run the\n\
     lane jvm before), Swift by its sources. What is written down lies in tests/api, one declaration a line; `--write` writes it anew, and the review of\n\
     that change is where a break of users is decided. `--against` asks cargo-semver-checks and griffe what a release would break for\n\
     those who use Rust and Python as they were at that revision."
        .to_owned()
}

fn run(args: &[OsString]) -> Result {
    let mut parser = lexopt::Parser::from_args(args);
    match parser.next()? {
        None => check().map(drop),
        Some(lexopt::Arg::Long("write")) => write(),
        Some(lexopt::Arg::Long("against")) => breaking::against(&parser.value()?.string()?).map(drop),
        Some(other) => Err(other.unexpected().into()),
    }
}

pub(crate) fn check() -> Result<Tally> {
    let mut found = Vec::new();
    for record in &RECORDS {
        let Some(now) = (record.make)()? else { continue };
        let then = fs::read_to_string(record.place()).unwrap_or_default();
        found.extend(differences(record.name, &then, &now));
    }
    if found.is_empty() {
        return Ok(Tally::default());
    }
    found.push("a change that is meant is written down by `cargo xtask api --write`".to_owned());
    Err(Failure::failed(found.join("\n  ")))
}

fn write() -> Result {
    for record in &RECORDS {
        let Some(now) = (record.make)()? else { continue };
        let place = record.place();
        fs::write(&place, now).map_err(|error| Failure::failed(format!("{}: {error}", place.display())))?;
    }
    Ok(())
}

impl Record {
    fn place(&self) -> PathBuf {
        repo::root().join("tests/api").join(format!("{}.txt", self.name))
    }
}

/// Lines that are gone and lines that are new; both sides are sorted, or in the order of the sources.
fn differences(name: &str, then: &str, now: &str) -> Vec<String> {
    let gone =
        then.lines().filter(|line| !now.lines().any(|other| other == *line)).map(|line| format!("{name}: - {line}"));
    let new =
        now.lines().filter(|line| !then.lines().any(|other| other == *line)).map(|line| format!("{name}: + {line}"));
    let mut all: Vec<String> = gone.chain(new).collect();
    if all.is_empty() && then != now {
        all.push(format!("{name}: the same lines in another order"));
    }
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    all.extend((more > 0).then(|| format!("{name}: and {more} more")));
    all
}

const CRATES: [&str; 2] = ["vipps-partner-auth", "vipps-emulator"];

/// The rendered documentation has every public item with its signature, as the stable compiler sees it.
fn of_rust() -> Result<Option<String>> {
    // Pages of items that are gone stay where they were written; cargo writes a folder anew that is not there.
    let place = repo::target().join("doc");
    for name in CRATES {
        let old = place.join(name.replace('-', "_"));
        if old.exists() {
            fs::remove_dir_all(&old).map_err(|error| Failure::failed(format!("{}: {error}", old.display())))?;
        }
    }
    checks::documentation()?;
    let mut lines = Vec::new();
    for name in CRATES {
        let folder = place.join(name.replace('-', "_"));
        for page in pages(&folder)? {
            let item = page.strip_prefix(&folder).unwrap_or(&page).with_extension("").display().to_string();
            let text = repo::read(&page)?;
            lines.extend(declarations(&text, is_trait(&page)).into_iter().map(|line| format!("{name} {item}: {line}")));
        }
    }
    lines.sort();
    lines.dedup();
    Ok(Some(lines.join("\n") + "\n"))
}

fn is_trait(page: &Path) -> bool {
    page.file_name().is_some_and(|name| name.to_string_lossy().starts_with("trait."))
}

/// A page for each item; those that only list others have no dot in their names.
fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let listed =
            fs::read_dir(&folder).map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))?;
        for path in listed.flatten().map(|entry| entry.path()) {
            let is_item = path.file_stem().is_some_and(|name| name.to_string_lossy().contains('.'));
            if path.is_dir() {
                folders.push(path);
            } else if is_item && path.extension().is_some_and(|end| end == "html") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The item itself, its own functions, and the traits it has; not what the compiler adds to every type.
fn declarations(page: &str, is_trait: bool) -> Vec<String> {
    let own = page.split("id=\"synthetic-implementations\"").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = own;
    while let Some((begin, tag)) = next_declaration(rest) {
        let body = &rest[begin..];
        let Some(start) = body.find('>') else { break };
        let Some(end) = body.find(&format!("</{tag}>")) else { break };
        let text = plain(&body[start + 1..end]);
        // Functions of traits, as their pages declare them and types repeat them, have no `pub`.
        if tag != "h4" || is_trait || text.starts_with("pub ") {
            found.push(text);
        }
        rest = &body[end..];
    }
    found
}

fn next_declaration(text: &str) -> Option<(usize, &'static str)> {
    let places = [
        (text.find("<pre class=\"rust item-decl\""), "pre"),
        (text.find("<h3 class=\"code-header\""), "h3"),
        (text.find("<h4 class=\"code-header\""), "h4"),
    ];
    places.into_iter().filter_map(|(at, tag)| Some((at?, tag))).min()
}

/// Without marks, on one line.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut is_mark = false;
    for letter in html.chars() {
        match letter {
            '<' => is_mark = true,
            '>' => is_mark = false,
            other if !is_mark => text.push(other),
            _ => {}
        }
    }
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    let text = named.iter().fold(text, |text, (name, letter)| text.replace(name, letter));
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_python() -> Result<Option<String>> {
    if let Some(why) = lacking(&tool::PYTHON) {
        return Ok(unknown("python", &why));
    }
    told("python3", &["bindings-python/scripts/api.py"])
}

fn of_node() -> Result<Option<String>> {
    if let Some(why) = lacking(&tool::NODE).or_else(|| lacking(&tool::NPM)) {
        return Ok(unknown("node", &why));
    }
    let folder = Path::new("bindings-node");
    let build =
        Step::new("api: types of the npm package", "node").words("scripts/build.mjs").within(folder).on_failure();
    step::run_all(npm::install("api: packages", folder).into_iter().chain([build]))?;
    told("node", &["bindings-node/scripts/api.mjs"])
}

/// Of the classes that Maven left: building them takes minutes.
fn of_the_jvm() -> Result<Option<String>> {
    let mut lines = Vec::new();
    for artifact in ["vipps-partner-auth", "vipps-partner-auth-app", "vipps-partner-auth-spring-boot-starter"] {
        let classes = repo::target().join("jvm").join(artifact).join("classes");
        let Some(found) = public_classes(&classes) else {
            return Ok(unknown("jvm", "no classes; run `cargo xtask test --only jvm` before"));
        };
        let place = classes.to_string_lossy();
        let mut args = vec!["-protected", "-cp", &place];
        args.extend(found.iter().map(String::as_str));
        let text = step::ask("javap", &args).ok_or_else(|| Failure::failed("`javap` failed"))?;
        lines.extend(members(&text).into_iter().map(|line| format!("{artifact} {line}")));
    }
    lines.sort();
    lines.dedup();
    Ok(Some(lines.join("\n") + "\n"))
}

/// Less the generated ones, which nobody is to use, and those without a name.
fn public_classes(folder: &Path) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("io/github/vippspartnerauth")];
    while let Some(at) = folders.pop() {
        for path in fs::read_dir(&at).ok()?.flatten().map(|entry| entry.path()) {
            let name =
                path.strip_prefix(folder).unwrap_or(&path).with_extension("").to_string_lossy().replace('/', ".");
            if path.is_dir() && !path.ends_with("ffi") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "class") && !is_anonymous(&name) {
                found.push(name);
            }
        }
    }
    found.sort();
    Some(found)
}

fn is_anonymous(name: &str) -> bool {
    name.split('$').skip(1).any(|part| {
        part.is_empty() || part.starts_with(|letter: char| letter.is_ascii_digit() || letter.is_lowercase())
    })
}

/// Each member with its class; classes that are not public are left out with all they have.
fn members(told: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut class = None;
    for line in told.lines() {
        let text = line.trim().trim_end_matches([';', '{']).trim_end();
        if line.ends_with('{') {
            class = text.starts_with("public ").then(|| text.to_owned());
            found.extend(class.clone());
        } else if let Some(class) = class.as_ref().filter(|_| line.starts_with("  ") && !is_made_by_the_compiler(text))
        {
            let name = class
                .split_whitespace()
                .skip_while(|word| !["class", "interface"].contains(word))
                .nth(1)
                .unwrap_or_default();
            found.push(format!("{name}: {text}"));
        }
    }
    found
}

/// By its own name; a builder's type has the same sign in it.
fn is_made_by_the_compiler(member: &str) -> bool {
    let head = member.split('(').next().unwrap_or_default();
    head.split_whitespace().next_back().is_some_and(|name| name.contains('$') && !name.contains('.'))
}

fn of_swift() -> Result<Option<String>> {
    let sources = repo::root().join("bindings-kotlin/swift/Sources/VippsPartnerAuth");
    let mut lines = Vec::new();
    for path in files::below(&sources)?.iter().filter(|path| path.extension().is_some_and(|end| end == "swift")) {
        lines.extend(swift::declarations(&repo::read(path)?));
    }
    lines.sort();
    lines.dedup();
    Ok(Some(lines.join("\n") + "\n"))
}

fn told(program: &str, args: &[&str]) -> Result<Option<String>> {
    let text =
        step::ask(program, args).ok_or_else(|| Failure::failed(format!("`{program} {}` failed", args.join(" "))))?;
    Ok(Some(text.replace("\r\n", "\n")))
}

fn lacking(tool: &tool::Tool) -> Option<String> {
    tool.version().is_none().then(|| format!("{} is missing", tool.name))
}

fn unknown(name: &str, why: &str) -> Option<String> {
    eprintln!("WARNING: API OF {} NOT COMPARED: {why}", name.to_uppercase());
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_and_what_is_new_are_shown() {
        assert!(differences("rust", "a\nb\n", "a\nb\n").is_empty());
        assert_eq!(differences("rust", "a\nb\n", "a\nc\n"), ["rust: - b", "rust: + c"]);
        assert_eq!(differences("rust", "a\nb\n", "b\na\n"), ["rust: the same lines in another order"]);
        let many = (0..50).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        assert_eq!(differences("rust", "", &many).last().map(String::as_str), Some("rust: and 30 more"));
    }

    #[test]
    fn declarations_of_a_page_are_found_without_their_marks() {
        let page = "<pre class=\"rust item-decl\"><code>pub struct <a>Msn</a>(<span>/* private */</span>);</code></pre>\
            <h3 class=\"code-header\">impl Msn</h3><h4 class=\"code-header\">pub fn <a>new</a>(text: &amp;str) -&gt; Self</h4>\
            <h3 class=\"code-header\">impl Clone for Msn</h3><h4 class=\"code-header\">fn clone(&amp;self) -&gt; Msn</h4>\
            <h2 id=\"synthetic-implementations\"></h2><h3 class=\"code-header\">impl Send for Msn</h3>";
        let found = declarations(page, false);
        assert_eq!(
            found,
            ["pub struct Msn(/* private */);", "impl Msn", "pub fn new(text: &str) -> Self", "impl Clone for Msn"]
        );
        assert!(declarations(page, true).contains(&"fn clone(&self) -> Msn".to_owned()));
    }

    #[test]
    fn members_of_public_classes_are_listed_with_their_class() {
        let told = "Compiled from \"A.kt\"\npublic final class a.A {\n  public final int b();\n  public static final int access$c();\n  public final a.A$Builder e(int);\n}\n\
            final class a.Hidden {\n  public final int d();\n}\n";
        let found = ["public final class a.A", "a.A: public final int b()", "a.A: public final a.A$Builder e(int)"];
        assert_eq!(members(told), found);
        assert!(is_anonymous("a.A$1") && is_anonymous("a.A$b$1") && !is_anonymous("a.A$Companion"));
    }

    #[test]
    fn other_words_are_refused() {
        assert!(run(&["--now".into()]).is_err_and(|failure| failure.is_usage()));
    }
}
