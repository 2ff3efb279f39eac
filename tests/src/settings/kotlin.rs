//! Kotlin and Java: methods of a builder.

use vipps_partner_auth::Kind;

use super::{Setting, block_comment, camel};

/// All but the environment, which is an argument of its own.
pub(super) fn part(settings: &[Setting]) -> String {
    settings.iter().filter(|setting| setting.kind != Kind::Environment).map(setter).collect::<Vec<_>>().join("\n")
}

fn setter(setting: &Setting) -> String {
    let text = block_comment("        ", &setting.text(camel, ""), 128);
    let method = camel(setting.singular());
    let (argument, value) = match setting.kind {
        Kind::Environment => unreachable!("left out"),
        Kind::Span => ("span: Duration".to_owned(), "span"),
        Kind::Text => ("text: String".to_owned(), "text"),
        Kind::Pem => ("pem: ByteArray".to_owned(), "pem.decodeToString()"),
        Kind::Flag => (String::new(), "true"),
        Kind::Texts => ("text: String".to_owned(), "listOf(text)"),
        Kind::Word { name, .. } => (format!("word: {name}"), "word.text"),
    };
    let setter = format!("{text}        fun {method}({argument}) = put(\"{}\", {value})\n", setting.name);
    match setting.kind {
        Kind::Pem => format!("{setter}\n{}", of_a_text(&method, setting.name)),
        _ => setter,
    }
}

fn of_a_text(method: &str, name: &str) -> String {
    format!("        /** [{method}] of a text. */\n        fun {method}(pem: String) = put(\"{name}\", pem)\n")
}
