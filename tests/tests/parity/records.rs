//! What is written down of each language, read.

use std::collections::{BTreeMap, BTreeSet};

use super::names::plain;

/// A language, and how a line of its record is read.
pub(crate) struct Language {
    pub(crate) name: &'static str,
    read: fn(&mut Api, &str),
}

pub(crate) const LANGUAGES: [Language; 4] = [
    Language { name: "python", read: python },
    Language { name: "node", read: node },
    Language { name: "jvm", read: jvm },
    Language { name: "swift", read: swift },
];

/// The public types of a language with their members.
#[derive(Default)]
pub(crate) struct Api {
    members: BTreeMap<String, BTreeSet<String>>,
    /// What a type takes over from others.
    parents: BTreeMap<String, Vec<String>>,
    /// The type whose body is being read, where lines don't say it.
    current: Option<String>,
}

/// What a language has on every type: texts, equality, copies, the machinery of classes and builders.
const OF_THE_LANGUAGE: [&str; 22] = [
    "build",
    "builder",
    "clone",
    "constructor",
    "copy",
    "custom_mirror",
    "description",
    "entries",
    "equals",
    "error_description",
    "hash",
    "hash_code",
    "invoke",
    "name",
    "ordinal",
    "recovery_suggestion",
    "serializer",
    "string",
    "to_string",
    "value_of",
    "values",
    "write_replace",
];

impl Language {
    pub(crate) fn api(&self, record: &str) -> Api {
        let mut api = Api::default();
        record.lines().for_each(|line| (self.read)(&mut api, line));
        api
    }
}

impl Api {
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// Its own and those of its parents.
    pub(crate) fn members(&self, name: &str) -> BTreeSet<String> {
        let own = self.members.get(name).into_iter().flatten().cloned();
        let parents = self.parents.get(name).into_iter().flatten();
        own.chain(parents.flat_map(|parent| self.members(parent))).collect()
    }

    fn begin(&mut self, name: &str, parents: impl IntoIterator<Item = String>) {
        self.members.entry(name.to_owned()).or_default();
        let known = self.parents.entry(name.to_owned()).or_default();
        known.extend(parents.into_iter().filter(|parent| parent != name));
    }

    fn add(&mut self, name: &str, member: &str) {
        let plain = plain(member);
        if member.starts_with(char::is_alphabetic) && !OF_THE_LANGUAGE.contains(&plain.as_str()) {
            self.members.entry(name.to_owned()).or_default().insert(plain);
        }
    }
}

/// `module: class Name(Base)`, `module: def Name.member(…)`, `module: Name.member: type`.
fn python(api: &mut Api, line: &str) {
    let Some((_, declaration)) = line.split_once(": ") else { return };
    let words = declaration.split_whitespace().skip_while(|word| word.starts_with('@'));
    let declaration = words.collect::<Vec<_>>().join(" ");
    if let Some(class) = declaration.strip_prefix("class ") {
        let (name, bases) = class.split_once('(').unwrap_or((class, ""));
        let bases = bases.trim_end_matches(')').split(", ").filter(|base| !base.contains(['.', '=']));
        return api.begin(name, bases.map(str::to_owned));
    }
    let function = declaration.strip_prefix("async ").unwrap_or(&declaration);
    let named = function.strip_prefix("def ").unwrap_or(function).split(['(', ':', ' ']).next().unwrap_or_default();
    if let Some((name, member)) = named.split_once('.') {
        api.add(name, member);
    }
}

/// The declarations of TypeScript, a line each behind the name of their file.
fn node(api: &mut Api, line: &str) {
    let Some((_, declaration)) = line.split_once(": ") else { return };
    let head = declaration.replace("export ", "").replace("declare ", "").replace("abstract ", "");
    if let Some(alias) = head.strip_prefix("type ").and_then(|alias| alias.split_once(" = ")) {
        let (name, other) = alias;
        let other = other.trim_end_matches(';');
        if other.chars().all(char::is_alphanumeric) {
            api.begin(name, [other.to_owned()]);
        }
        return;
    }
    for kind in ["class ", "interface "] {
        if let Some(rest) = head.strip_prefix(kind) {
            let words: Vec<&str> = rest.split([' ', ',']).collect();
            let name = words[0].split('<').next().unwrap_or_default();
            let parents = words.iter().skip_while(|word| **word != "extends").skip(1).take(1);
            api.begin(name, parents.map(|parent| parent.split('<').next().unwrap_or_default().to_owned()));
            api.current = (!rest.ends_with("{}")).then(|| name.to_owned());
            return;
        }
    }
    if declaration.starts_with('}') {
        api.current = None;
    }
    let is_member = declaration.starts_with("    ") && !declaration.starts_with("     ") && !head.contains("private ");
    if let Some(name) = api.current.clone().filter(|_| is_member) {
        let words =
            head.split_whitespace().skip_while(|word| ["static", "readonly", "get", "set", "protected"].contains(word));
        let member = words.collect::<Vec<_>>().join(" ");
        api.add(&name, member.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default());
    }
}

const PACKAGE: &str = "io.github.vippspartnerauth.";

/// `artifact public final class package.Name extends …`, `artifact package.Name: public final type member(…)`.
fn jvm(api: &mut Api, line: &str) {
    let Some(line) = line.strip_prefix("vipps-partner-auth ") else { return };
    let own =
        |name: &str| name.trim_start_matches(PACKAGE).split(['$', '<', ' ']).next().unwrap_or_default().to_owned();
    let Some((name, member)) = line.strip_prefix(PACKAGE).and_then(|line| line.split_once(": ")) else {
        let mut words = line.split_whitespace().skip_while(|word| !["class", "interface"].contains(word)).skip(1);
        let name = words.next().map(own).unwrap_or_default();
        let parents = words.filter(|word| word.starts_with(PACKAGE)).map(own);
        return api.begin(&name, parents);
    };
    let Some((head, _)) = member.split_once('(') else { return };
    let Some(member) = head.split_whitespace().next_back().filter(|member| !member.contains('.')) else { return };
    let is_component = member.strip_prefix("component").is_some_and(|rest| rest.parse::<u8>().is_ok());
    if !is_component {
        api.add(
            &own(name),
            member.strip_prefix("get").filter(|rest| rest.starts_with(char::is_uppercase)).unwrap_or(member),
        );
    }
}

/// `public final class Name: Parent`, `Name: public func member(…)`.
fn swift(api: &mut Api, line: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let kind = words.iter().position(|word| ["actor", "class", "enum", "protocol", "struct"].contains(word));
    if let Some(at) = kind.filter(|_| words[0] == "public" || words[0].starts_with('@')) {
        let name = words[at + 1].trim_end_matches(':');
        let parents = words[at + 2..].iter().map(|parent| parent.trim_end_matches(',').to_owned());
        return api.begin(name, parents);
    }
    let Some((name, declaration)) = line.split_once(": ") else { return };
    let words: Vec<&str> = declaration.split([' ', '(', ':', '<']).collect();
    let member =
        words.iter().position(|word| ["func", "var", "let", "case"].contains(word)).and_then(|at| words.get(at + 1));
    if let Some(member) = member {
        api.add(name, member);
    }
}
