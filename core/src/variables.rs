//! Named values: the variables of the environment, or of any other source such as a secret store.
//!
//! What is missing is told all at once. What a variable holds is never repeated: a value in the wrong variable may be a
//! secret.

use crate::error::{Error, Result};

/// A variable of the process. One that is no UTF-8 is refused when it is read, not taken for missing.
pub(crate) fn environment_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// Refuses the lot where one or more are not set, naming them all; [`Error::field`] is the first.
pub(crate) fn all_are_set(vars: &impl Fn(&str) -> Option<String>, names: &[&'static str]) -> Result<()> {
    let missing: Vec<_> = names.iter().copied().filter(|name| given(vars, name).is_none()).collect();
    match missing.as_slice() {
        [] => Ok(()),
        [name] => Err(not_set(name)),
        [before @ .., last] => {
            Err(Error::invalid_config(before[0], format!("{} and {last} are not set", before.join(", "))))
        }
    }
}

pub(crate) fn required(vars: &impl Fn(&str) -> Option<String>, name: &'static str) -> Result<String> {
    optional(vars, name)?.ok_or_else(|| not_set(name))
}

/// An empty variable counts as one that is not set: that is how deployment tools write "none".
pub(crate) fn optional(vars: &impl Fn(&str) -> Option<String>, name: &'static str) -> Result<Option<String>> {
    given(vars, name).map(|value| clean(name, value)).transpose()
}

fn given(vars: &impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    vars(name).filter(|value| !value.is_empty())
}

fn not_set(name: &'static str) -> Error {
    Error::breaks_rule(name, "is not set")
}

/// What editors, shells and files of variables leave around a value. None of the values has it of its own.
fn clean(name: &'static str, value: String) -> Result<String> {
    let refused = |rule| Err(Error::breaks_rule(name, rule));
    if value.contains(char::REPLACEMENT_CHARACTER) {
        return refused("must be UTF-8");
    }
    match value.trim_matches(is_stray) {
        "" => refused("holds nothing but white space"),
        bare if bare.len() < value.len() => refused("has white space or a line end around its value: take it away"),
        bare if is_in_quotes(bare) => refused("has quotation marks around its value: leave them out"),
        _ => Ok(value),
    }
}

/// What nobody sees at the end of a value.
pub(crate) fn is_stray(sign: char) -> bool {
    // Of those that have no width: the space, the joiners and the byte order mark.
    sign.is_whitespace() || sign.is_control() || matches!(sign, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn is_in_quotes(value: &str) -> bool {
    const PAIRS: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»')];
    PAIRS.iter().any(|(open, close)| value.strip_prefix(*open).is_some_and(|rest| rest.ends_with(*close)))
}

/// The same rule, told under the name of the variable that the value came from.
pub(crate) fn by_variable(error: Error) -> Error {
    let variable = match error.field() {
        Some("client_id") => "VIPPS_CLIENT_ID",
        Some("client_secret") => "VIPPS_CLIENT_SECRET",
        Some("subscription_key") => "VIPPS_SUBSCRIPTION_KEY",
        Some("second_subscription_key") => "VIPPS_SECOND_SUBSCRIPTION_KEY",
        Some("msn") => "VIPPS_MSN",
        Some("psp_id") => "VIPPS_PSP_ID",
        Some("scope") => "VIPPS_SCOPE",
        Some("environment") => "VIPPS_ENVIRONMENT",
        Some("system_name") => "VIPPS_SYSTEM_NAME",
        Some("system_version") => "VIPPS_SYSTEM_VERSION",
        Some("plugin_name") => "VIPPS_PLUGIN_NAME",
        Some("plugin_version") => "VIPPS_PLUGIN_VERSION",
        _ => return error,
    };
    error.under_name(variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<String>> {
        optional(&|_: &str| Some(value.to_owned()), "VIPPS_MSN")
    }

    fn refused(value: &str) -> String {
        read(value).expect_err(value).detail().to_owned()
    }

    #[test]
    fn a_clean_value_is_kept_and_an_empty_one_is_none() {
        for value in ["123456", "a b", "it's", "\"", "\"a", "a\"b\"", "blåbær"] {
            assert_eq!(read(value), Ok(Some(value.to_owned())));
        }
        assert_eq!(read(""), Ok(None));
        assert_eq!(optional(&|_: &str| None, "VIPPS_MSN"), Ok(None));
    }

    #[test]
    fn what_is_stray_is_named_and_the_value_is_not() {
        for value in
            ["123456 ", "\t123456", "123456\n", "123456\r\n", "\u{feff}123456", "123456\u{a0}", "1\u{200b}", "1\0"]
        {
            assert_eq!(refused(value), "VIPPS_MSN has white space or a line end around its value: take it away");
        }
        for value in ["\"123456\"", "'123456'", "`123456`", "“123456”", "\"\""] {
            assert_eq!(refused(value), "VIPPS_MSN has quotation marks around its value: leave them out");
        }
        assert_eq!(refused(" \n"), "VIPPS_MSN holds nothing but white space");
        assert_eq!(refused("12\u{fffd}"), "VIPPS_MSN must be UTF-8");
    }

    #[test]
    fn all_that_is_missing_is_told_at_once() {
        let told = |set: &[&str], names: &[&'static str]| {
            let error = all_are_set(&|name: &str| set.contains(&name).then(|| "x".to_owned()), names).err()?;
            Some((error.field().expect("a field"), error.detail().to_owned()))
        };
        let three = ["VIPPS_A", "VIPPS_B", "VIPPS_C"];
        assert_eq!(told(&three, &three), None);
        assert_eq!(told(&["VIPPS_A", "VIPPS_C"], &three), Some(("VIPPS_B", "VIPPS_B is not set".to_owned())));
        assert_eq!(told(&["VIPPS_A"], &three), Some(("VIPPS_B", "VIPPS_B and VIPPS_C are not set".to_owned())));
        assert_eq!(told(&[], &three), Some(("VIPPS_A", "VIPPS_A, VIPPS_B and VIPPS_C are not set".to_owned())));
    }
}
