//! Tables of Markdown.

use vipps_partner_auth::Kind;

use super::{Setting, camel, swift};

const AN_ARGUMENT: &str = "– (an argument)";

/// The table of the guide, with the names of all languages.
pub(super) fn table(settings: &[Setting]) -> String {
    let head = "\n| Rust: methods of Config | Python: keyword arguments | Node.js: members of the options | Kotlin, Java: methods of \
                the builder | Swift: properties | Default and bounds | What it is |\n|---|---|---|---|---|---|---|\n";
    settings.iter().fold(head.to_owned(), |table, setting| table + &row(setting)) + "\n"
}

fn row(setting: &Setting) -> String {
    let Setting { name, summary, default, .. } = setting;
    let one = setting.singular();
    let (kotlin, swift) = match setting.kind {
        Kind::Environment => (AN_ARGUMENT.to_owned(), AN_ARGUMENT.to_owned()),
        _ => (format!("`{}`", camel(one)), format!("`{}`", swift::named(name))),
    };
    format!("| `{one}` | `{name}` | `{}` | {kotlin} | {swift} | {default} | {summary} |\n", camel(name))
}

/// The table of one language.
pub(super) fn readme(settings: &[Setting], named: impl Fn(&str) -> String) -> String {
    let head = "\n| Setting | What it is | Default |\n|---|---|---|\n".to_owned();
    settings.iter().fold(head, |table, setting| {
        let summary = setting.quoted(&setting.summary, &named);
        table + &format!("| `{}` | {summary} | {} |\n", named(setting.name), setting.default)
    }) + "\n"
}
