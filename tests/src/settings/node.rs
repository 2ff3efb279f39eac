//! TypeScript: members of an interface, and what each is checked for.

use vipps_partner_auth::Kind;

use super::{Setting, block_comment, camel};

/// The members, and the rules.
pub(super) fn parts(settings: &[Setting]) -> Vec<String> {
    vec![settings.iter().map(member).collect(), settings.iter().map(rule).collect()]
}

fn member(setting: &Setting) -> String {
    let text = block_comment("  ", &setting.text(camel, "milliseconds"), 130);
    format!("{text}  {}?: {} | undefined\n", camel(setting.name), type_of(setting.kind))
}

fn type_of(kind: Kind) -> String {
    match kind {
        Kind::Environment => "'production' | 'test' | (string & {})".to_owned(),
        Kind::Span => "number".to_owned(),
        Kind::Text | Kind::Msn => "string".to_owned(),
        Kind::Pem => "string | Uint8Array".to_owned(),
        Kind::Flag => "boolean".to_owned(),
        Kind::Texts => "string[]".to_owned(),
        Kind::Word { words, .. } => words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" | "),
    }
}

fn rule(setting: &Setting) -> String {
    let rule = match setting.kind {
        Kind::Environment | Kind::Text | Kind::Msn | Kind::Word { .. } => "'string'".to_owned(),
        Kind::Span => "'milliseconds'".to_owned(),
        Kind::Pem => "'bytes'".to_owned(),
        Kind::Flag => "'boolean'".to_owned(),
        // A fault is that of one of them.
        Kind::Texts => format!("['strings', '{}']", setting.singular()),
    };
    format!("  {}: {rule},\n", camel(setting.name))
}
