//! Swift: properties, and their values by name.

use vipps_partner_auth::Kind;

use super::{Setting, lines};

/// All but the environment, which is an argument of its own.
pub(super) fn part(settings: &[Setting]) -> String {
    let settings: Vec<_> = settings.iter().filter(|setting| setting.kind != Kind::Environment).collect();
    let properties: String = settings.iter().map(|setting| property(setting)).collect();
    let values: String = settings.iter().map(|setting| value(setting)).collect();
    format!("{properties}\n    private func put(into values: inout [String: SettingValue]) {{\n{values}    }}\n")
}

fn property(setting: &Setting) -> String {
    let text = lines("    /// ", &setting.text(named, ""), 116);
    let declared = match setting.kind {
        Kind::Environment => unreachable!("left out"),
        Kind::Span => ": Duration?",
        Kind::Text => ": String?",
        Kind::Pem => ": Data?",
        Kind::Flag => " = false",
        Kind::Texts => ": [String] = []",
        Kind::Word { name, .. } => &format!(": {name}?"),
    };
    format!("{text}    public var {}{declared}\n", named(setting.name))
}

fn value(setting: &Setting) -> String {
    let property = named(setting.name);
    let value = match setting.kind {
        Kind::Environment => unreachable!("left out"),
        Kind::Span => format!("{property}.map {{ .span(seconds: $0.seconds) }}"),
        Kind::Text => format!("{property}.map {{ .text(text: $0) }}"),
        Kind::Pem => format!("{property}.map {{ .text(text: String(decoding: $0, as: UTF8.self)) }}"),
        Kind::Flag => format!(".flag(isOn: {property})"),
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
