//! `vipps-doctor`: is everything as it must be before the first customer comes? `docs/doctor.md` says what it looks at.
#![forbid(unsafe_code)]

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use vipps_partner_auth::doctor;

fn main() -> ExitCode {
    // A variable that is no UTF-8 is told by name.
    let variable = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let printed = doctor::command(env::args_os().skip(1), variable);
    // Without a standard output there is nobody to tell, but the code still says it.
    let _ = io::stdout().write_all(printed.text.as_bytes());
    ExitCode::from(printed.exit_code)
}
