//! Spring Boot: properties of a record, and what each sets.

use vipps_partner_auth::Kind;

use super::{Setting, camel};

/// All but the environment, which is a variable to the library: the members of the record, and what is set by them.
pub(super) fn parts(settings: &[Setting]) -> Vec<String> {
    let others = || settings.iter().filter(|setting| setting.kind != Kind::Environment);
    vec![others().map(member).collect(), others().map(setter).collect()]
}

fn member(setting: &Setting) -> String {
    let written = match setting.kind {
        Kind::Span => "Duration",
        Kind::Pem => "Resource",
        Kind::Flag => "boolean",
        Kind::Texts => "@DefaultValue List<String>",
        Kind::Word { name, .. } => name,
        Kind::Environment | Kind::Text | Kind::Msn => "String",
    };
    format!("        {written} {},\n", camel(setting.name))
}

fn setter(setting: &Setting) -> String {
    let name = camel(setting.name);
    let setter = camel(setting.singular());
    let statement = match setting.kind {
        Kind::Pem => format!("set({name}, file -> settings.{setter}(read(file)));"),
        Kind::Flag => format!("if ({name}) settings.{setter}();"),
        Kind::Texts => format!("{name}.forEach(settings::{setter});"),
        _ => format!("set({name}, settings::{setter});"),
    };
    format!("        {statement}\n")
}

/// The source with the description of each property, which editors show: a sentence a line, without marks.
pub(super) fn documented(source: &str, settings: &[Setting]) -> String {
    settings.iter().fold(source.to_owned(), |source, setting| {
        let begin = format!(" * @param {} ", camel(setting.name));
        let mut found = false;
        let lines = source.split_inclusive('\n').map(|line| {
            if !line.starts_with(&begin) {
                return line.to_owned();
            }
            found = true;
            let file = if setting.kind == Kind::Pem { " Names a file." } else { "" };
            format!("{begin}{}{file} Default: {}.\n", setting.summary, setting.default).replace('`', "")
        });
        let source: String = lines.collect();
        assert!(found, "no property {}", setting.name);
        source
    })
}
