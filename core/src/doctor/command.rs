//! The program `vipps-doctor`, the same in every language.

use std::{ffi::OsString, fmt::Write};

use lexopt::{Arg, Parser, ValueExt};

use super::{
    DoctorOptions, Known, VERSION, examined,
    report::{Findings, Outcome, Report},
    variables::{self, Read},
};
use crate::{
    config::Config,
    environment::Environment,
    error::Error,
    executor::Executor,
    keys::{Keys, PartnerKeys},
    partner::Partner,
    system::SystemInfo,
};

/// What the program prints on standard output, and the code that it ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The whole text.
    pub text: String,
    /// 0: nothing is wrong (there may be warnings); 1: there is a fault; 2: the arguments are wrong; 3: with `--strict`,
    /// there is a warning and no fault.
    pub exit_code: u8,
}

const HELP: &str = "\
vipps-doctor: is everything as it must be before the first customer comes?

Reads the environment's variables (VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET,
VIPPS_SUBSCRIPTION_KEY, VIPPS_SYSTEM_NAME, VIPPS_SYSTEM_VERSION, ...), asks
Vipps, and tells what is wrong and how to mend it. Changes nothing at Vipps,
prints no secret.

  --msn MSN             this sales unit must be connected; may be repeated
  --redirect-uri URI    look at this redirect_uri of Login
  --specialized         the keys are for accounting or donations
  --offline             look at the variables alone, ask nobody
  --json                print the report as JSON
  --strict              end with 3 where there is a warning
  --version, --help

Ends with 0 where nothing is wrong, 1 for a fault, 2 for wrong arguments.
";

/// Runs the program with these arguments (without its own name) and these variables; blocks until it is done.
///
/// ```
/// use vipps_partner_auth::doctor::command;
///
/// let printed = command(["--offline"], |_| None);
/// assert_eq!(printed.exit_code, 1);
/// assert!(printed.text.contains("VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY"));
/// ```
pub fn command<A: Into<OsString>>(
    arguments: impl IntoIterator<Item = A>,
    vars: impl Fn(&str) -> Option<String>,
) -> Printed {
    match Arguments::read(arguments.into_iter().map(Into::into).collect()) {
        Ok(Wanted::Text(text)) => Printed { text, exit_code: 0 },
        Ok(Wanted::Report(arguments)) => arguments.printed(&arguments.report(&vars)),
        Err(complaint) => Printed { text: format!("vipps-doctor: {complaint}\n\n{HELP}"), exit_code: 2 },
    }
}

enum Wanted {
    Text(String),
    Report(Arguments),
}

#[derive(Default)]
struct Arguments {
    options: DoctorOptions,
    specialized: bool,
    json: bool,
    strict: bool,
}

impl Arguments {
    fn read(arguments: Vec<OsString>) -> Result<Wanted, String> {
        let mut read = Self::default();
        let mut parser = Parser::from_args(arguments);
        while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
            match argument {
                Arg::Long("help") | Arg::Short('h') => return Ok(Wanted::Text(HELP.to_owned())),
                Arg::Long("version") => return Ok(Wanted::Text(format!("vipps-doctor {VERSION}\n"))),
                Arg::Long("json") => read.json = true,
                Arg::Long("strict") => read.strict = true,
                Arg::Long("specialized") => read.specialized = true,
                Arg::Long("offline") => read.options = read.options.offline(),
                Arg::Long("msn") => {
                    let msn = value(&mut parser)?.parse().map_err(|error: Error| error.detail().to_owned())?;
                    read.options = read.options.msn(msn);
                }
                Arg::Long("redirect-uri") => read.options = read.options.redirect_uri(value(&mut parser)?),
                // The value may be a secret in the wrong place.
                Arg::Value(_) => return Err("an argument without a name makes no sense".to_owned()),
                other => return Err(other.unexpected().to_string()),
            }
        }
        Ok(Wanted::Report(read))
    }

    fn report(&self, vars: &impl Fn(&str) -> Option<String>) -> Report {
        let mut findings = Findings::default();
        let read = variables::look(vars, self.specialized, &mut findings);
        let secrets = variables::secrets(vars);
        let known = Known { keys: read.keys.is_some(), system: read.system.is_some(), names: &variables::name_of };
        let partner = partner(read, &mut findings);
        let findings = findings.without(&secrets);
        let Some(partner) = partner else { return Report::of(findings) };
        let report = blocking(&partner, &self.options, known);
        let report = if known.keys { report } else { report.without_keys() };
        report.after(findings)
    }

    fn printed(&self, report: &Report) -> Printed {
        let mut text = if self.json { report.to_json() } else { String::new() };
        let _ = if self.json { writeln!(text) } else { write!(text, "{report}") };
        let exit_code = match report.outcome() {
            Outcome::Fault => 1,
            Outcome::Warning if self.strict => 3,
            Outcome::Warning | Outcome::Ok => 0,
        };
        Printed { text, exit_code }
    }
}

fn value(parser: &mut Parser) -> Result<String, String> {
    parser.value().and_then(ValueExt::string).map_err(|error| error.to_string())
}

/// With stand-ins for what is missing, so that the rest can be looked at. `None` where there is nowhere to go.
fn partner(read: Read, findings: &mut Findings) -> Option<Partner> {
    let keys = read.keys.or_else(|| PartnerKeys::new("none", "none", "none").ok().map(Keys::from))?;
    let system = read.system.or_else(|| SystemInfo::new("vipps-doctor", VERSION).ok())?;
    let mut config = Config::default().environment(read.environment?).allow_partner_keys_in_test();
    let is_stand_in = keys.client_id() == "none";
    if matches!(keys, Keys::Partner(_)) && config.environment == Environment::Test && !is_stand_in {
        let cure = "use the sales unit keys of the test sales unit (set VIPPS_MSN), or the emulator";
        findings.fault("environment", "partner keys work only in production, and VIPPS_ENVIRONMENT says test", cure);
    }
    if let Some(url) = read.redis_url {
        let with_redis = config.clone().redis_url(url);
        match with_redis.shared_cache() {
            Ok(_) => config = with_redis,
            Err(error) => {
                findings.fault(
                    "redis",
                    format!("VIPPS_REDIS_URL can't be used: {}", error.detail()),
                    "write it in one of these forms",
                );
            }
        }
    }
    match Partner::new(keys, system, config) {
        Ok(partner) => Some(partner),
        Err(error) => {
            findings.error(check_of(&error), &error);
            None
        }
    }
}

/// What a wrong setting is about, or whatever else keeps a partner from being made.
fn check_of(error: &Error) -> &'static str {
    match error.field() {
        Some(field) if field.to_ascii_lowercase().ends_with("proxy") => "proxy",
        Some(_) => "variables",
        None => "connection",
    }
}

fn blocking(partner: &Partner, options: &DoctorOptions, known: Known) -> Report {
    let executor: &Executor = partner.inner().provider.executor();
    if let Err(error) = executor.check_may_block() {
        let mut findings = Findings::default();
        findings.error("connection", &error);
        return Report::of(findings);
    }
    crate::blocking::until_done(examined(partner, options, known))
}
