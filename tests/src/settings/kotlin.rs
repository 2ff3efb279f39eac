//! Kotlin and Java: methods of a builder, or methods that make another.

use vipps_partner_auth::Kind;

use super::{Setting, block_comment, camel};

/// All but the environment, which is an argument of its own.
pub(super) fn part(settings: &[Setting]) -> String {
    settings.iter().filter(|setting| setting.kind != Kind::Environment).map(setter).collect::<Vec<_>>().join("\n")
}

fn setter(setting: &Setting) -> String {
    let text = block_comment("        ", &setting.text(camel, ""), 128);
    let name = camel(setting.singular());
    let (taken, value) = taken(setting, &name);
    let setter = format!("{text}        fun {name}({taken}) = apply {{ values.put(\"{}\", {value}) }}\n", setting.name);
    match setting.kind {
        Kind::Pem => format!("{setter}\n{}", of_a_text(&name, setting.name)),
        _ => setter,
    }
}

/// Methods of a type that nobody changes, each of which makes another.
pub(super) fn copies(of: &str, settings: &[Setting]) -> String {
    let copy = |setting: &Setting| {
        let text = block_comment("    ", &setting.text(camel, ""), 128);
        let method = camel(&format!("with_{}", setting.singular()));
        let (taken, value) = taken(setting, &camel(setting.singular()));
        format!("{text}    fun {method}({taken}) = {of}(values.with(\"{}\", {value}))\n", setting.name)
    };
    settings.iter().map(copy).collect::<Vec<_>>().join("\n")
}

/// The argument of this name, and what is put of it.
fn taken(setting: &Setting, name: &str) -> (String, String) {
    let (written, value) = match setting.kind {
        Kind::Environment => unreachable!("left out"),
        Kind::Span => ("Duration", name.to_owned()),
        Kind::Text | Kind::Msn => ("String", name.to_owned()),
        Kind::Pem => ("ByteArray", format!("{name}.decodeToString()")),
        Kind::Flag if setting.is_switch() => return (String::new(), "true".to_owned()),
        Kind::Flag => ("Boolean", name.to_owned()),
        Kind::Texts => ("String", format!("listOf({name})")),
        Kind::Word { name: written, .. } => (written, format!("{name}.text")),
    };
    (format!("{name}: {written}"), value)
}

fn of_a_text(method: &str, name: &str) -> String {
    format!(
        "        /** [{method}] of a text. */\n        fun {method}({method}: String) = apply {{ values.put(\"{name}\", {method}) }}\n"
    )
}
