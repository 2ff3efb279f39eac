//! Rust: what stands above the setters of `Config`.

use super::{Setting, lines};

/// The source with each setter documented. What its documentation says behind the default is Rust's own, and stays.
pub(super) fn documented(source: &str, settings: &[Setting]) -> String {
    settings.iter().fold(source.to_owned(), |source, setting| with_setter(&source, setting))
}

fn with_setter(source: &str, setting: &Setting) -> String {
    let declared = format!("    pub fn {}(mut self", setting.singular());
    let (before, after) = source.split_once(&declared).unwrap_or_else(|| panic!("no setter of {}", setting.name));
    let lines: Vec<&str> = before.split_inclusive('\n').collect();
    let first = lines.iter().rposition(|line| !line.trim_start().starts_with("///")).map_or(0, |at| at + 1);
    let (kept, comment) = lines.split_at(first);
    let default = comment.iter().position(|line| line.contains("/// Default:"));
    let own = default.and_then(|at| Some(&comment[at + comment[at..].iter().position(|line| line.trim() == "///")?..]));
    format!("{}{}{}{declared}{after}", kept.concat(), comment_of(setting), own.unwrap_or_default().concat())
}

fn comment_of(setting: &Setting) -> String {
    let default = format!("Default: {}.", setting.default);
    let paragraphs = [&setting.summary].into_iter().chain(&setting.details).chain([&default]);
    paragraphs.map(|paragraph| lines("    /// ", paragraph, 116)).collect::<Vec<String>>().join("    ///\n")
}
