//! What the core says of each setting, and of each option of a call, written into the sources of every language and into the guide.
//!
//! In each file it stands between two lines that say so. What a setting is in a language (its type, its setter) is one `match` over
//! its kind, in that language's module.

mod config;
mod guide;
mod kotlin;
mod node;
mod python;
mod spring;
mod swift;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use vipps_partner_auth::{BackchannelOptions, Expect, Kind, LoginOptions, Member, Settings};

/// One setting, or one option, as it is described.
struct Setting {
    name: &'static str,
    kind: Kind,
    /// All of its list.
    list: &'static [Member],
    /// What it is, for tables.
    summary: String,
    /// More of it, a paragraph each.
    details: Vec<String>,
    /// With its bounds.
    default: String,
}

/// A file with what is generated in it.
#[derive(Debug)]
pub struct Written {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds now.
    pub found: String,
    /// What it must hold.
    pub wanted: String,
}

/// All files, whether or not they are as they must be.
pub fn files() -> io::Result<Vec<Written>> {
    let settings = all(Settings::MEMBERS, Settings::TEXTS);
    let expect = all(Expect::MEMBERS, Expect::TEXTS);
    let login = all(LoginOptions::MEMBERS, LoginOptions::TEXTS);
    let phone = all(BackchannelOptions::MEMBERS, BackchannelOptions::TEXTS);
    let python = [&expect, &login, &phone].map(|options| python::options(options)).into_iter();
    let parts = [
        ("bindings-python/python/vipps_partner_auth/types.py", python.chain(python::parts(&settings)).collect()),
        ("bindings-python/README.md", vec![guide::readme(&settings, str::to_owned)]),
        ("bindings-node/lib/settings.ts", node::parts(&settings)),
        ("bindings-node/lib/claims.ts", node::parts(&expect)),
        ("bindings-node/lib/login.ts", node::parts(&login)),
        ("bindings-node/lib/backchannel.ts", node::parts(&phone)),
        ("bindings-node/README.md", vec![guide::readme(&settings, camel)]),
        (
            "bindings-kotlin/kotlin/shared/src/main/kotlin/io/github/vippspartnerauth/Settings.kt",
            vec![kotlin::part(&settings)],
        ),
        (
            "bindings-kotlin/kotlin/shared/src/main/kotlin/io/github/vippspartnerauth/IdTokens.kt",
            vec![kotlin::copies("Expect", &expect)],
        ),
        (
            "bindings-kotlin/kotlin/server/src/main/kotlin/io/github/vippspartnerauth/Login.kt",
            vec![kotlin::part(&login)],
        ),
        (
            "bindings-kotlin/kotlin/server/src/main/kotlin/io/github/vippspartnerauth/Backchannel.kt",
            vec![kotlin::part(&phone)],
        ),
        ("bindings-kotlin/swift/Sources/VippsPartnerAuth/Shared/VippsSettings.swift", vec![swift::part(&settings)]),
        ("bindings-kotlin/swift/Sources/VippsPartnerAuth/Shared/IDTokens.swift", vec![swift::options(&expect)]),
        ("bindings-kotlin/swift/Sources/VippsPartnerAuth/Server/Login.swift", vec![swift::options(&login)]),
        ("bindings-kotlin/swift/Sources/VippsPartnerAuth/Server/Backchannel.swift", vec![swift::options(&phone)]),
        ("docs/settings.md", vec![guide::table(&settings)]),
    ];
    let config = written("core/src/config.rs", |found| config::documented(found, &settings))?;
    let spring =
        written(SPRING, |found| spring::documented(&replaced(SPRING, found, &spring::parts(&settings)), &settings))?;
    let others = parts.iter().map(|(path, parts)| written(path, |found| replaced(path, found, parts)));
    others.chain([Ok(config), Ok(spring)]).collect()
}

const SPRING: &str =
    "bindings-kotlin/kotlin/spring-boot-starter/src/main/java/io/github/vippspartnerauth/spring/VippsProperties.java";

fn written(path: &str, change: impl FnOnce(&str) -> String) -> io::Result<Written> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    let path = root.join(path);
    let found = fs::read_to_string(&path)?;
    let wanted = change(&found);
    Ok(Written { path, found, wanted })
}

const BEGIN: &str = "Generated from core/src/";
const END: &str = "End of what is generated";

/// The text with these parts between its pairs of marks, one after the other.
fn replaced(path: &str, found: &str, parts: &[String]) -> String {
    let mut pieces = found.split_inclusive('\n');
    let mut text = String::new();
    for part in parts {
        assert!(pieces.by_ref().inspect(|line| text += line).any(|line| line.contains(BEGIN)), "{path}: no {BEGIN}");
        let end = pieces.find(|line| line.contains(END)).unwrap_or_else(|| panic!("{path}: no {END}"));
        text += part;
        text += end;
    }
    text.extend(pieces);
    text
}

fn all(list: &'static [Member], texts: &[&str]) -> Vec<Setting> {
    list.iter().zip(texts).map(|(member, text)| described(*member, list, text)).collect()
}

fn described(Member { name, kind }: Member, list: &'static [Member], text: &str) -> Setting {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut paragraphs: Vec<String> = lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    let end = paragraphs.pop().unwrap_or_default();
    let default = end.strip_prefix("Default: ").unwrap_or_else(|| panic!("{name} does not end with its default"));
    let default = default.trim_end_matches('.').to_owned();
    Setting { name, kind, list, summary: paragraphs.remove(0), details: paragraphs, default }
}

impl Setting {
    /// All that is said of it, where names in back quotes are written as a language has them, and spans are in this unit.
    fn text(&self, named: impl Fn(&str) -> String, unit: &str) -> String {
        let unit = (self.kind == Kind::Span && !unit.is_empty()).then(|| format!("In {unit}."));
        let default = format!("Default: {}.", self.default);
        let parts = [&self.summary].into_iter().chain(&self.details).chain(&unit).chain([&default]);
        self.quoted(&parts.map(String::as_str).collect::<Vec<_>>().join(" "), named)
    }

    /// The text with each name of the list, which stands in back quotes, written as a language has it.
    fn quoted(&self, text: &str, named: impl Fn(&str) -> String) -> String {
        let is_name = |word: &str| self.list.iter().any(|member| member.name == word);
        let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
            1 if is_name(part) => format!("`{}`", named(part)),
            1 => format!("`{part}`"),
            _ => part.to_owned(),
        });
        parts.collect()
    }

    /// A switch that is off unless it is set; another flag may be said to be either.
    fn is_switch(&self) -> bool {
        self.kind == Kind::Flag && self.default == "false"
    }

    /// One of several, for whoever takes them one by one.
    fn singular(&self) -> &'static str {
        match self.kind {
            Kind::Texts => self.name.trim_end_matches('s'),
            _ => self.name,
        }
    }
}

/// `redis_ca_pem` is `redisCaPem`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_ascii_uppercase() + &word[1..])
}

/// Lines of at most so many characters of text, each with this before it.
fn lines(before: &str, text: &str, width: usize) -> String {
    wrapped(text, width).iter().fold(String::new(), |all, line| all + before + line + "\n")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is one");
        if last.is_empty() {
            last.push_str(word);
        } else if last.chars().count() + 1 + word.chars().count() <= width {
            *last += " ";
            *last += word;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A comment as Java and its like have them: in one line where there is room.
fn block_comment(indent: &str, text: &str, width: usize) -> String {
    let whole = format!("{indent}/** {text} */\n");
    if whole.chars().count() <= width + 1 {
        return whole;
    }
    let lines = lines(&format!("{indent} * "), text, width - indent.len() - 3);
    format!("{indent}/**\n{lines}{indent} */\n")
}
