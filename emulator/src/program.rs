//! The program: arguments, what it prints, and how it ends.

mod arguments;
mod ending;
mod introduction;

use std::{
    error::Error,
    ffi::OsString,
    io::{self, Write as _},
};

use serde_json::{Value, json};
use vipps_emulator::{ControlError, Controls};

use self::arguments::{Command, Misread, Serve};

/// Does what the arguments say.
pub(crate) fn run(args: impl Iterator<Item = OsString>) -> Result<(), Box<dyn Error>> {
    match arguments::parse(args)? {
        Command::Help => io::stdout().write_all(arguments::HELP.as_bytes())?,
        Command::Version => writeln!(io::stdout(), "vipps-emulator {}", env!("CARGO_PKG_VERSION"))?,
        Command::OpenApi => io::stdout().write_all(Controls::openapi().as_bytes())?,
        Command::Serve(serve) => run_emulator(*serve)?,
    }
    Ok(())
}

fn run_emulator(serve: Serve) -> Result<(), Box<dyn Error>> {
    let merchants = serve.setup.options.merchants.clone();
    let vipps = serve.setup.start()?;
    let end = ending::Ending::expected(serve.exits_with_stdin)?;
    if !vipps.address().ip().is_loopback() {
        introduction::warn(vipps.address(), &mut io::stderr().lock())?;
    }
    let mut out = io::stdout().lock();
    if serve.json {
        introduction::in_json(&vipps, &mut out)?;
    } else {
        introduction::for_a_shell(&vipps, &merchants, &mut out)?;
    }
    drop(out);
    end.wait()?;
    vipps.stop();
    Ok(())
}

/// Why it could not start, as the controls tell refusals. Where the cause is the machine there is no `code`.
pub(crate) fn refusal(problem: &(dyn Error + 'static)) -> Value {
    let told = problem.downcast_ref::<Misread>().map(|misread| misread.refusal.to_json());
    told.or_else(|| Some(of_controls(problem)?.to_json())).unwrap_or_else(|| {
        let text = problem.to_string();
        json!({ "error": text, "code": null, "member": null, "rule": text })
    })
}

fn of_controls(problem: &(dyn Error + 'static)) -> Option<ControlError> {
    if let Some(refusal) = problem.downcast_ref::<ControlError>() {
        return Some(refusal.clone());
    }
    let error = problem.downcast_ref::<io::Error>()?;
    if let Some(refusal) = error.get_ref().and_then(|inner| inner.downcast_ref::<ControlError>()) {
        return Some(refusal.clone());
    }
    let is_about_input = error.kind() == io::ErrorKind::InvalidInput;
    is_about_input.then(|| ControlError::from(io::Error::new(error.kind(), error.to_string())))
}
