//! Python: members of typed dictionaries.

use vipps_partner_auth::Kind;

use super::{Setting, lines};

/// All but the environment, and the environment.
pub(super) fn parts(settings: &[Setting]) -> Vec<String> {
    let is_environment = |setting: &&Setting| setting.kind == Kind::Environment;
    let (environment, others): (Vec<_>, Vec<_>) = settings.iter().partition(is_environment);
    [others, environment].map(|settings| settings.into_iter().map(member).collect()).to_vec()
}

fn member(setting: &Setting) -> String {
    let text = format!("\"\"\"{}\"\"\"", setting.text(str::to_owned, "").replace('`', "``"));
    format!("    {}: {} | None\n{}", setting.name, type_of(setting.kind), lines("    ", &text, 116))
}

fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Environment => "str | Environment",
        Kind::Span => "Span",
        Kind::Text => "str",
        Kind::Pem => "str | bytes",
        Kind::Flag => "bool",
        Kind::Texts => "Iterable[str]",
        Kind::Word { name, .. } => name,
    }
}
