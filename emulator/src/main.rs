//! `vipps-emulator`: the emulator as a program of its own.
#![forbid(unsafe_code)]

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use lexopt::{Arg, Parser, ValueExt as _};
use tokio::runtime::Builder;
use vipps_emulator::{Emulator, Keys, Mode, Options};
use vipps_partner_auth::Msn;

const DEFAULT_PORT: u16 = 8585;

const HELP: &str = "\
An offline stand-in for the token and Login endpoints of Vipps MobilePay. For tests only; not an official Vipps product.

Usage: vipps-emulator [options]

It listens on 127.0.0.1 and nowhere else, and there is no option to change that: its keys are invented, printed at the
start and guard nothing. Ctrl-C ends it.

Options:
      --port PORT                the port (default 8585; 0 takes a free one)
      --production               standard tokens live 86,398 seconds (default)
      --test                     standard tokens live 3,599 seconds
      --merchant MSN             a sales unit connected to the partner; may be repeated
      --redirect-uri URI         registered for Login with every merchant; may be repeated
      --auto-approve NUMBER      this person approves every login in the browser at once (4791234567 is there)
      --ping-url URL             each login by phone number that is decided is told there, on this machine only
      --client-id TEXT           the partner's client_id (default: invented, as are the next three)
      --client-secret TEXT       the partner's client_secret
      --subscription-key TEXT    the partner's subscription key
      --second-subscription-key TEXT
                                 the other one of the pair
      --help                     this text
      --version                  the version
";

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Without a standard error there is nobody to tell.
            let _ = writeln!(io::stderr(), "vipps-emulator: {problem}");
            ExitCode::from(2)
        }
    }
}

fn run(args: impl Iterator<Item = OsString>) -> Result<(), Box<dyn std::error::Error>> {
    match Command::parse(args)? {
        Command::Help => io::stdout().write_all(HELP.as_bytes())?,
        Command::Version => writeln!(io::stdout(), "vipps-emulator {}", env!("CARGO_PKG_VERSION"))?,
        Command::Serve(setup) => serve(setup)?,
    }
    Ok(())
}

fn serve(setup: Setup) -> io::Result<()> {
    let merchants = setup.options.merchants.clone();
    let vipps = setup.start()?;
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        // Asked for by name, since a shell starts background jobs with Ctrl-C ignored; heard from its first poll on.
        let interrupted = tokio::spawn(tokio::signal::ctrl_c());
        tokio::task::yield_now().await;
        introduce(&vipps, &merchants, &mut io::stdout().lock())?;
        interrupted.await?
    })
}

/// Prints what a shell needs; the keys are invented, and handing them out is the purpose.
fn introduce(vipps: &Emulator, merchants: &[Msn], out: &mut impl Write) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    writeln!(out, "# vipps-emulator {version}: testing only, this machine only, not an official Vipps product.")?;
    writeln!(out, "# the page for your browser, to decide logins and look at requests: {}", vipps.page_url())?;
    writeln!(out, "export VIPPS_ENVIRONMENT='{}'\n", vipps.base_url())?;
    writeln!(out, "# partner keys")?;
    print_keys(&vipps.partner_keys(), "", out)?;
    for msn in merchants {
        writeln!(out, "\n# or the keys of sales unit {msn}\n# export VIPPS_MSN='{msn}'")?;
        print_keys(&vipps.add_merchant(msn), "# ", out)?;
    }
    let special = vipps.specialized_keys();
    writeln!(out, "\n# or specialised keys (scopes: {})", special.scopes.join(" "))?;
    writeln!(out, "# export VIPPS_CLIENT_ID='{}'", special.client_id)?;
    writeln!(out, "# export VIPPS_CLIENT_SECRET='{}'", special.client_secret)?;
    out.flush()
}

fn print_keys(keys: &Keys, prefix: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{prefix}export VIPPS_CLIENT_ID='{}'", keys.client_id)?;
    writeln!(out, "{prefix}export VIPPS_CLIENT_SECRET='{}'", keys.client_secret)?;
    writeln!(out, "{prefix}export VIPPS_SUBSCRIPTION_KEY='{}'", keys.subscription_key)?;
    writeln!(out, "{prefix}export VIPPS_SECOND_SUBSCRIPTION_KEY='{}'", keys.second_subscription_key)
}

/// What the command line asks for.
enum Command {
    Help,
    Version,
    Serve(Setup),
}

/// How to start, and what to set once it runs.
struct Setup {
    options: Options,
    redirect_uris: Vec<String>,
    auto_approve: Option<String>,
    ping_url: Option<String>,
}

impl Setup {
    fn start(self) -> io::Result<Emulator> {
        let merchants = self.options.merchants.clone();
        let vipps = Emulator::start(self.options)?;
        for msn in &merchants {
            self.redirect_uris.iter().try_for_each(|uri| vipps.register_redirect_uri(msn, uri))?;
        }
        self.auto_approve.iter().try_for_each(|msisdn| vipps.auto_approve(msisdn))?;
        vipps.ping_url(self.ping_url.as_deref())?;
        Ok(vipps)
    }
}

impl Command {
    fn parse(args: impl Iterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut parser = Parser::from_args(args);
        let mut options = Options { port: DEFAULT_PORT, ..Options::default() };
        let mut keys = Keys::invented();
        let (mut redirect_uris, mut auto_approve, mut ping_url) = (Vec::new(), None, None);
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                Arg::Long("port") => options.port = parser.value()?.parse()?,
                Arg::Long("production") => options.mode = Mode::Production,
                Arg::Long("test") => options.mode = Mode::Test,
                Arg::Long("merchant") => options.merchants.push(parser.value()?.parse()?),
                Arg::Long("redirect-uri") => redirect_uris.push(parser.value()?.string()?),
                Arg::Long("auto-approve") => auto_approve = Some(parser.value()?.string()?),
                Arg::Long("ping-url") => ping_url = Some(parser.value()?.string()?),
                Arg::Long("client-id") => keys.client_id = parser.value()?.string()?,
                Arg::Long("client-secret") => keys.client_secret = parser.value()?.string()?,
                Arg::Long("subscription-key") => keys.subscription_key = parser.value()?.string()?,
                Arg::Long("second-subscription-key") => keys.second_subscription_key = parser.value()?.string()?,
                _ => return Err(arg.unexpected()),
            }
        }
        options.partner_keys = Some(keys);
        Ok(Self::Serve(Setup { options, redirect_uris, auto_approve, ping_url }))
    }
}
