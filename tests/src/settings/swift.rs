//! Swift: properties, and their values by name.

use vipps_partner_auth::Kind;

use super::{Setting, lines};

/// All but the environment, which is an argument of its own.
pub(super) fn part(settings: &[Setting]) -> String {
    let settings: Vec<_> = settings.iter().filter(|setting| setting.kind != Kind::Environment).collect();
    let properties: String = settings.iter().map(|setting| property(setting)).collect();
    format!("{properties}\n{}", values(&settings))
}

/// Properties, an initialiser with all of them, and their values by name.
pub(super) fn options(settings: &[Setting]) -> String {
    let settings: Vec<_> = settings.iter().collect();
    let properties: String = settings.iter().map(|setting| property(setting)).collect();
    format!("{properties}\n{}\n{}", initialiser(&settings), values(&settings))
}

fn initialiser(settings: &[&Setting]) -> String {
    let argument = |setting: &&Setting| format!("{}{} = nil", named(setting.name), declared(setting));
    // Lines break between arguments.
    let arguments: Vec<_> = settings.iter().map(argument).map(|argument| argument.replace(' ', "\u{a0}")).collect();
    let arguments = arguments.join(", ");
    let assigned = |setting: &&Setting| format!("        self.{0} = {0}\n", named(setting.name));
    let assigned: String = settings.iter().map(assigned).collect();
    let arguments = lines("        ", &arguments, 112).replace('\u{a0}', " ");
    format!(
        "    /// Each says what holds where it is left out.\n    public init(\n{arguments}    ) {{\n{assigned}    }}\n"
    )
}

fn values(settings: &[&Setting]) -> String {
    let values: String = settings.iter().map(|setting| value(setting)).collect();
    format!(
        "    var values: [String: NamedValue] {{\n        var values = [String: NamedValue]()\n{values}        return values\n    }}\n"
    )
}

fn property(setting: &Setting) -> String {
    let text = lines("    /// ", &setting.text(named, ""), 116);
    format!("{text}    public var {}{}\n", named(setting.name), declared(setting))
}

fn declared(setting: &Setting) -> String {
    let declared = match setting.kind {
        Kind::Environment => unreachable!("left out"),
        Kind::Span => ": Duration?",
        Kind::Text | Kind::Msn => ": String?",
        Kind::Pem => ": Data?",
        Kind::Flag if setting.is_switch() => " = false",
        Kind::Flag => ": Bool?",
        Kind::Texts => ": [String] = []",
        Kind::Word { name, .. } => return format!(": {name}?"),
    };
    declared.to_owned()
}

fn value(setting: &Setting) -> String {
    let property = named(setting.name);
    let value = match setting.kind {
        Kind::Environment => unreachable!("left out"),
        Kind::Span => format!("{property}.map {{ .span(seconds: $0.seconds) }}"),
        Kind::Text | Kind::Msn => format!("{property}.map {{ .text(text: $0) }}"),
        Kind::Pem => format!("{property}.map {{ .text(text: String(decoding: $0, as: UTF8.self)) }}"),
        Kind::Flag if setting.is_switch() => format!(".flag(isOn: {property})"),
        Kind::Flag => format!("{property}.map {{ .flag(isOn: $0) }}"),
        Kind::Texts => format!(".texts(texts: {property})"),
        Kind::Word { .. } => format!("{property}.map {{ .text(text: $0.rawValue) }}"),
    };
    format!("        values[\"{}\"] = {value}\n", setting.name)
}

/// Short words are written large within a name: `redis_ca_pem` is `redisCAPEM`.
pub(super) fn named(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| match word {
        "ca" | "id" | "pem" | "uri" | "url" => name + &word.to_ascii_uppercase(),
        _ => name + &word[..1].to_ascii_uppercase() + &word[1..],
    })
}
