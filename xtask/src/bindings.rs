//! That bindings hold no rule: what another language would need as well belongs in the core.

use std::path::Path;

use crate::failure::{Failure, Result};
use crate::tally::Tally;
use crate::{hygiene, repo};

/// A sign of a rule, in lower case, and what it is a sign of.
const SIGNS: &[(&str, &str)] = &[
    ("vipps.no", "an address of Vipps"),
    ("mobilepay.", "an address of Vipps"),
    ("/accesstoken", "a path of an endpoint"),
    ("/miami/", "a path of an endpoint"),
    ("/.well-known", "a path of an endpoint"),
    ("/oauth2/", "a path of an endpoint"),
    ("ocp-apim", "the name of a header"),
    ("merchant-serial-number", "the name of a header"),
    ("vipps-system-", "the name of a header"),
    ("psp-id", "the name of a header"),
    ("retry-after", "the name of a header"),
    ("\"bearer ", "the form of a header"),
    ("'bearer ", "the form of a header"),
    ("`bearer ", "the form of a header"),
    ("http_proxy", "the name of a variable"),
    ("https_proxy", "the name of a variable"),
    ("ssl_cert_", "the name of a variable"),
];

const A_VARIABLE: &str = "the name of a variable";
/// How the library's variables begin, and codes of warnings, which are no variables.
const VARIABLES: &str = "VIPPS_";
const WARNINGS: &str = "VIPPS_AUTH_";

const A_STATUS: &str = "what a status means";

/// An adapter sees the client's answer before the core does, and asks the core what a 401 means.
const THE_STATUS_OF_ADAPTERS: u16 = 401;

/// Sources that ship, of each language.
const SOURCES: &[(&str, &[&str])] = &[
    ("bindings-python/src/", &["rs"]),
    ("bindings-python/python/", &["py"]),
    ("bindings-node/src/", &["rs"]),
    ("bindings-node/lib/", &["ts", "mts"]),
    ("bindings-kotlin/src/", &["rs"]),
    ("bindings-kotlin/kotlin/shared/", &["kt", "java"]),
    ("bindings-kotlin/kotlin/server/", &["kt", "java"]),
    ("bindings-kotlin/kotlin/spring-boot-starter/", &["kt", "java"]),
    ("bindings-kotlin/swift/Sources/VippsPartnerAuth", &["swift"]),
];

pub(crate) fn run() -> Result<Tally> {
    eprintln!("== bindings");
    let mut found = Vec::new();
    for path in hygiene::files()?.iter().filter(|path| is_source(path)) {
        let text = std::fs::read_to_string(repo::root().join(path)).unwrap_or_default();
        found.extend(findings(path, &text));
    }
    if found.is_empty() { Ok(Tally::default()) } else { Err(Failure::failed(found.join("\n  "))) }
}

fn is_source(path: &str) -> bool {
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_test = path.contains("/test/") || path.contains("/tests/");
    !is_test && SOURCES.iter().any(|(folder, kinds)| path.starts_with(folder) && kinds.contains(&extension))
}

fn findings(path: &str, text: &str) -> Vec<String> {
    let has_docstrings = Path::new(path).extension().is_some_and(|extension| extension == "py");
    let mut is_in_docstring = false;
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let marks = if has_docstrings { line.matches("\"\"\"").count() } else { 0 };
        let is_text = is_in_docstring || marks > 0 || is_comment(line);
        is_in_docstring ^= marks % 2 == 1;
        if !is_text {
            found.extend(
                rules(line).map(|what| format!("{path}:{number}: {what} belongs in the core: {}", line.trim())),
            );
        }
    }
    found
}

/// Documentation may show what the core does.
fn is_comment(line: &str) -> bool {
    ["//", "/*", "*", "#"].iter().any(|mark| line.trim_start().starts_with(mark))
}

fn rules(line: &str) -> impl Iterator<Item = &'static str> {
    let names_variable = names_variable(line);
    let line = line.to_ascii_lowercase();
    let is_status = line.contains("status") && numbers(&line).any(is_refusal);
    let signs = SIGNS.iter().filter(move |(sign, _)| line.contains(sign)).map(|(_, what)| *what);
    signs.chain(names_variable.then_some(A_VARIABLE)).chain(is_status.then_some(A_STATUS))
}

fn names_variable(line: &str) -> bool {
    let begins = |at: usize| !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    line.match_indices(VARIABLES).any(|(at, _)| begins(at) && !line[at..].starts_with(WARNINGS))
}

fn numbers(line: &str) -> impl Iterator<Item = u16> {
    line.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| word.parse().ok())
}

fn is_refusal(number: u16) -> bool {
    (400..600).contains(&number) && number != THE_STATUS_OF_ADAPTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        findings(path, text).len()
    }

    #[test]
    fn signs_of_rules_are_found_in_code() {
        for line in [
            "headers['Ocp-Apim-Subscription-Key'] = key",
            "const url = 'https://api.vipps.no/x'",
            "if response.status_code == 403:",
            "let name = \"VIPPS_MSN\";",
            "value = f'Bearer {token}'",
        ] {
            assert_eq!(found("x.py", line), 1, "{line}");
        }
    }

    #[test]
    fn documentation_and_the_401_of_adapters_are_not() {
        for (path, text) in [
            ("x.ts", " * Sets `Merchant-Serial-Number`."),
            ("x.rs", "/// `VIPPS_CLIENT_ID`"),
            ("x.py", "\"\"\"Reads\n``VIPPS_CLIENT_ID``.\n\"\"\""),
            ("x.ts", "if (response.status !== 401) return response"),
            ("x.kt", "val size = 404"),
            ("x.kt", "RETURN_FROM_VIPPS_APP(\"return_from_vipps_app\"),"),
            ("x.ts", "warn('keySource failed', 'VIPPS_AUTH_KEY_SOURCE')"),
        ] {
            assert_eq!(found(path, text), 0, "{text}");
        }
    }

    #[test]
    fn code_after_a_docstring_is_code_again() {
        assert_eq!(found("x.py", "\"\"\"One.\"\"\"\nurl = 'https://api.vipps.no'"), 1);
        assert_eq!(found("x.py", "\"\"\"One.\n\"\"\"\nurl = 'https://api.vipps.no'"), 1);
    }

    #[test]
    fn each_language_is_looked_at() -> Result {
        let files = hygiene::files()?;
        for (folder, _) in SOURCES {
            assert!(files.iter().any(|path| path.starts_with(folder) && is_source(path)), "{folder}");
        }
        Ok(())
    }
}
