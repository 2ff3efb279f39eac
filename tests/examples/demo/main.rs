//! A partner's main job on the embedded emulator, over real sockets: `cargo xtask demo`.
//!
//! Without arguments it is a tour that ends by itself ([`tour`]); with `--serve` it leaves the emulator running, with a
//! small sample shop to click through ([`shop`], which is written to be copied).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a demonstration is there to be read")]

mod person;
mod serve;
mod shop;
mod stage;
mod tour;

use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt as _};

const USAGE: &str = "\
Usage: cargo xtask demo [--serve [--port N]]

Without arguments: a partner's main job on an offline Vipps, step by step. Every line was checked; the exit code is 1
if something did not happen.

  --serve    leave the offline Vipps running, with its page and a small sample shop to click through, until Ctrl-C
  --port N   the shop's port on 127.0.0.1; a free one when absent";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let command = match Command::parse(Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match command.run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            ExitCode::FAILURE
        }
    }
}

enum Command {
    Help,
    Tour,
    Serve { port: u16 },
}

impl Command {
    fn parse(mut parser: Parser) -> Result<Self, lexopt::Error> {
        let (mut serve, mut port) = (false, None);
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Long("serve") => serve = true,
                Arg::Long("port") => port = Some(parser.value()?.parse()?),
                _ => return Err(arg.unexpected()),
            }
        }
        match (serve, port) {
            (true, port) => Ok(Self::Serve { port: port.unwrap_or(0) }),
            (false, None) => Ok(Self::Tour),
            (false, Some(_)) => Err("--port needs --serve".into()),
        }
    }

    async fn run(self) -> stage::Outcome {
        match self {
            Self::Help => println!("{USAGE}"),
            Self::Tour => tour::run().await?,
            Self::Serve { port } => serve::run(port).await?,
        }
        Ok(())
    }
}
