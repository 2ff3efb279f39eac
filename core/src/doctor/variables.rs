//! The variables of the environment: all that is wrong with them at once, and never what they hold.

use super::report::Findings;
use crate::{
    environment::Environment,
    error::Result,
    keys::{Keys, SpecializedKeys},
    secret::Secret,
    system::SystemInfo,
    variables::optional,
};

pub(super) const KEYS: [&str; 7] = [
    "VIPPS_CLIENT_ID",
    "VIPPS_CLIENT_SECRET",
    "VIPPS_SUBSCRIPTION_KEY",
    "VIPPS_SECOND_SUBSCRIPTION_KEY",
    "VIPPS_MSN",
    "VIPPS_PSP_ID",
    "VIPPS_SCOPE",
];
const OTHERS: [&str; 6] = [
    "VIPPS_ENVIRONMENT",
    "VIPPS_SYSTEM_NAME",
    "VIPPS_SYSTEM_VERSION",
    "VIPPS_PLUGIN_NAME",
    "VIPPS_PLUGIN_VERSION",
    "VIPPS_REDIS_URL",
];
const SECRET: [&str; 4] =
    ["VIPPS_CLIENT_SECRET", "VIPPS_SUBSCRIPTION_KEY", "VIPPS_SECOND_SUBSCRIPTION_KEY", "VIPPS_REDIS_URL"];
const CHECK: &str = "variables";
const SET_THEM: &str =
    "set them; client id, secret and subscription key are in the portal, system name and version are your own";

/// What could be read.
pub(super) struct Read {
    pub(super) keys: Option<Keys>,
    pub(super) system: Option<SystemInfo>,
    pub(super) environment: Option<Environment>,
    pub(super) redis_url: Option<String>,
}

pub(super) fn look(vars: &impl Fn(&str) -> Option<String>, specialized: bool, findings: &mut Findings) -> Read {
    missing(vars, specialized, findings);
    let has_stray = stray(vars, findings);
    let mut read = Reading { findings, has_stray };
    let keys = if specialized {
        read.told(&KEYS, vars, SpecializedKeys::from_vars(vars).map(Keys::from))
    } else {
        read.told(&KEYS, vars, Keys::from_vars(vars))
    };
    let system = read.told(&OTHERS[1..5], vars, SystemInfo::from_vars(vars));
    let environment = read.told(&OTHERS[..1], vars, Environment::from_vars(vars));
    let redis_url = optional(vars, "VIPPS_REDIS_URL").ok().flatten();
    Read { keys, system, environment, redis_url }
}

/// Secrets in the variables, which no text may hold.
pub(super) fn secrets(vars: &impl Fn(&str) -> Option<String>) -> Vec<Secret> {
    SECRET.iter().filter_map(|name| vars(name)).map(Secret::new).collect()
}

/// The variable for a field of keys.
pub(super) fn name_of(field: &'static str) -> &'static str {
    let suffix =
        |name: &&&'static str| name.strip_prefix("VIPPS_").is_some_and(|rest| rest.eq_ignore_ascii_case(field));
    KEYS.iter().find(suffix).copied().unwrap_or(field)
}

fn missing(vars: &impl Fn(&str) -> Option<String>, specialized: bool, findings: &mut Findings) {
    let keys = if specialized { &KEYS[..2] } else { Keys::variables() };
    let wanted = [keys, &SystemInfo::variables(vars)].concat();
    let is_missing = |name: &&str| vars(name).is_none_or(|value| value.is_empty());
    let missing: Vec<_> = wanted.into_iter().filter(is_missing).collect();
    match missing.as_slice() {
        [] => findings.ok(CHECK, "all variables that are needed are set"),
        [name] => findings.fault(CHECK, format!("{name} is not set"), SET_THEM),
        [before @ .., last] => findings.fault(CHECK, format!("{} and {last} are not set", before.join(", ")), SET_THEM),
    }
}

/// White space, line ends, quotation marks. Tells in which variables.
fn stray(vars: &impl Fn(&str) -> Option<String>, findings: &mut Findings) -> Vec<&'static str> {
    let mut found = Vec::new();
    for name in KEYS.into_iter().chain(OTHERS) {
        if let Err(error) = optional(vars, name) {
            findings.fault(
                CHECK,
                error.detail(),
                "set it again without; look at quotes and line ends in the file it comes from",
            );
            found.push(name);
        }
    }
    found
}

struct Reading<'a> {
    findings: &'a mut Findings,
    has_stray: Vec<&'static str>,
}

impl Reading<'_> {
    /// Tells what is wrong, unless that is something missing or stray, which was told.
    fn told<T>(
        &mut self,
        names: &[&'static str],
        vars: &impl Fn(&str) -> Option<String>,
        outcome: Result<T>,
    ) -> Option<T> {
        let error = match outcome {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let field = error.field().unwrap_or_default();
        let was_told = self.has_stray.contains(&field)
            || (names.contains(&field) || field.starts_with("VIPPS_"))
                && vars(field).is_none_or(|value| value.is_empty());
        if !was_told {
            let check = if field == "VIPPS_ENVIRONMENT" { "environment" } else { CHECK };
            self.findings.error(check, &error);
        }
        None
    }
}
