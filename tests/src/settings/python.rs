//! Python: members of typed dictionaries.

use vipps_partner_auth::Kind;

use super::{Setting, lines};

/// All but the environment, and the environment.
pub(super) fn parts(settings: &[Setting]) -> [String; 2] {
    let is_environment = |setting: &&Setting| setting.kind == Kind::Environment;
    let (environment, others): (Vec<_>, Vec<_>) = settings.iter().partition(is_environment);
    [others, environment].map(|settings| settings.into_iter().map(member).collect())
}

/// Members of a dictionary without the MSN, which is an argument of its own.
pub(super) fn options(settings: &[Setting]) -> String {
    settings.iter().filter(|setting| setting.kind != Kind::Msn).map(member).collect()
}

fn member(setting: &Setting) -> String {
    let text = format!("\"\"\"{}\"\"\"", setting.text(str::to_owned, "").replace('`', "``"));
    format!("    {}: {} | None\n{}", setting.name, type_of(setting.kind), lines("    ", &text, 116))
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Environment => "str | Environment",
        Kind::Span => "Span",
        Kind::Text | Kind::Msn => "str",
        Kind::Pem => "str | bytes",
        Kind::Flag => "bool",
        Kind::Texts => "Iterable[str]",
        Kind::Word { name, .. } => name,
    }
}
