//! The program: arguments, what it prints, and how it ends.

mod arguments;
mod ending;
mod introduction;

use std::{
    error::Error,
    ffi::OsString,
    io::{self, Write as _},
};

use vipps_emulator::Controls;

use self::arguments::{Command, Serve};

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
