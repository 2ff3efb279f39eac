//! The command line.

use std::{
    error::Error,
    ffi::OsString,
    fmt,
    io::{self, BufRead as _},
    path::{Path, PathBuf},
};

use lexopt::{Arg, Parser, ValueExt as _};
use serde_json::{Value, json};
use vipps_emulator::{ControlError, Keys, Mode, Setup, SpecializedKeys};

const DEFAULT_PORT: u16 = 8585;

pub(crate) const HELP: &str = "\
An offline stand-in for the token and Login endpoints of Vipps MobilePay. For tests only; not an official Vipps product.

Usage: vipps-emulator [options]

It listens on 127.0.0.1 and nowhere else unless --listen names another address: its keys are invented, printed
at the start and guard nothing. Ctrl-C or SIGTERM ends it.

Start:
      --config FILE              options and operations, in TOML (.toml) or JSON; the options below go first. May be
                                 repeated: a member of a later one replaces that of an earlier one. `-` reads one line
                                 of JSON from standard input
      --port PORT                the port (default 8585, or a free one with both --json and --exit-with-stdin, where the program
                                 that started it reads which; 0 takes a free one)
      --listen ADDRESS           listen at this address, such as 0.0.0.0 in a container. Whoever can reach it can read all
                                 keys and decide all logins
      --public-url URL           how it is reached, such as https://api.vipps.no behind a proxy that ends TLS: issuer,
                                 discovery, redirects and links name it, and its host is admitted to the page
      --json                     print one line of JSON at the start instead of lines for a shell, also when it is refused
      --exit-with-stdin          end when standard input ends, as it does with the process that started this one

Who and what:
      --production               standard tokens live 86,398 seconds (default)
      --test                     standard tokens live 3,599 seconds
      --forgiving                let through and report what the documents forbid, instead of refusing it
      --merchant MSN             a sales unit connected to the partner; may be repeated
      --redirect-uri URI         registered for Login with every merchant; may be repeated
      --auto-approve NUMBER      this person approves every login in the browser at once (4791234567 is there)
      --ping-url URL             each login by phone number that is decided is told there, on this machine only
      --ping-secret TEXT         the pings are signed with this secret
      --control NAME=JSON        any operation, played at the start, such as jwks_outage={}; may be repeated

Keys:
      --keys-file FILE           keep all keys from one start to the next in this file; it is made when it is not there
      --client-id TEXT           the partner's client_id (default: invented, as are the next three)
      --client-secret TEXT       the partner's client_secret
      --subscription-key TEXT    the partner's subscription key
      --second-subscription-key TEXT
                                 the other one of the pair
      --specialized-client-id TEXT, --specialized-client-secret TEXT
                                 the keys for /miami/v1/token
      --specialized-scope SCOPE  a scope these keys may ask for (default donations:read); may be repeated
      --rsa-bits NUMBER          the size of the keys that sign ID tokens: 2048 (default), 3072 or 4096

      --openapi                  print the description of all operations, and end
      --help                     this text
      --version                  the version
";

/// What the command line asks for.
pub(crate) enum Command {
    Help,
    Version,
    OpenApi,
    Serve(Box<Serve>),
}

/// How to start and how to end.
pub(crate) struct Serve {
    pub(crate) setup: Setup,
    pub(crate) json: bool,
    pub(crate) exits_with_stdin: bool,
}

type Parsed<T> = Result<T, Box<dyn Error>>;

/// A configuration that can't be taken, with the file it stands in.
#[derive(Debug)]
pub(crate) struct Misread {
    file: PathBuf,
    pub(crate) refusal: ControlError,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.refusal)
    }
}

impl Error for Misread {}

/// What has to wait until all arguments are read: configuration files come first, wherever they are named.
#[derive(Default)]
struct Given {
    configs: Vec<PathBuf>,
    changes: Vec<Change>,
    redirect_uris: Vec<String>,
    specialized_scopes: Vec<String>,
    ping_url: Option<String>,
    ping_secret: Option<String>,
    calls: Vec<(String, Value)>,
    port: Option<u16>,
    json: bool,
    exits_with_stdin: bool,
}

pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Parsed<Command> {
    let mut parser = Parser::from_args(args);
    let mut given = Given::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('h') | Arg::Long("help") => return Ok(Command::Help),
            Arg::Short('V') | Arg::Long("version") => return Ok(Command::Version),
            Arg::Long("openapi") => return Ok(Command::OpenApi),
            Arg::Long("config") => given.configs.push(parser.value()?.into()),
            Arg::Long("port") => given.port = Some(parser.value()?.parse()?),
            Arg::Long("json") => given.json = true,
            Arg::Long("exit-with-stdin") => given.exits_with_stdin = true,
            Arg::Long("redirect-uri") => given.redirect_uris.push(parser.value()?.string()?),
            Arg::Long("specialized-scope") => given.specialized_scopes.push(parser.value()?.string()?),
            Arg::Long("ping-url") => given.ping_url = Some(parser.value()?.string()?),
            Arg::Long("ping-secret") => given.ping_secret = Some(parser.value()?.string()?),
            Arg::Long("auto-approve") => {
                given.calls.push(("auto_approve".to_owned(), json!({ "msisdn": parser.value()?.string()? })));
            }
            Arg::Long("control") => given.calls.push(call(&parser.value()?.string()?)?),
            Arg::Long(name) => {
                let name = name.to_owned();
                let change = change(&name, &mut parser)?.ok_or_else(|| Arg::Long(&name).unexpected())?;
                given.changes.push(change);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    given.serve().map(|serve| Command::Serve(Box::new(serve)))
}

type Change = Box<dyn FnOnce(&mut Setup)>;

/// One of the options, each a member of `Options`.
fn change(name: &str, parser: &mut Parser) -> Parsed<Option<Change>> {
    Ok(Some(match name {
        "production" => plain(|setup| setup.options.mode = Mode::Production),
        "test" => plain(|setup| setup.options.mode = Mode::Test),
        "forgiving" => plain(|setup| setup.options.forgiving = true),
        "listen" => {
            let address = parser.value()?.parse()?;
            plain(move |setup| setup.options.listen = Some(address))
        }
        "public-url" => {
            let url = parser.value()?.string()?;
            plain(move |setup| setup.options.public_url = Some(url))
        }
        "keys-file" => {
            let path = PathBuf::from(parser.value()?);
            plain(move |setup| setup.options.keys_file = Some(path))
        }
        "rsa-bits" => {
            let bits = parser.value()?.parse()?;
            plain(move |setup| setup.options.rsa_bits = bits)
        }
        "merchant" => {
            let msn = parser.value()?.parse()?;
            plain(move |setup| setup.options.merchants.push(msn))
        }
        "client-id" | "client-secret" | "subscription-key" | "second-subscription-key" => {
            let name = name.to_owned();
            let value = parser.value()?.string()?;
            plain(move |setup| {
                let keys = setup.options.partner_keys.get_or_insert_with(Keys::invented);
                match name.as_str() {
                    "client-id" => keys.client_id = value,
                    "client-secret" => keys.client_secret = value,
                    "subscription-key" => keys.subscription_key = value,
                    _ => keys.second_subscription_key = value,
                }
            })
        }
        "specialized-client-id" | "specialized-client-secret" => {
            let is_id = name.ends_with("id");
            let value = parser.value()?.string()?;
            plain(move |setup| {
                let keys = setup.options.specialized_keys.get_or_insert_with(SpecializedKeys::invented);
                if is_id { keys.client_id = value } else { keys.client_secret = value }
            })
        }
        _ => return Ok(None),
    }))
}

fn plain(change: impl FnOnce(&mut Setup) + 'static) -> Change {
    Box::new(change)
}

/// What a configuration file says, known to be one that can be taken.
fn read(path: &Path) -> Parsed<Value> {
    let document = if path == Path::new("-") { first_line_of_stdin() } else { Setup::document(path) };
    let document = document.map_err(|error| misread(path, error))?;
    let check = Setup::from_json(document.clone());
    check.map_err(|refusal| Misread { file: path.to_owned(), refusal })?;
    Ok(document)
}

/// What follows is not read here: its end may be what ends the program.
fn first_line_of_stdin() -> io::Result<Value> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    // Judged as text, since a member that comes twice is lost later.
    Setup::from_json_text(&line)?;
    Ok(serde_json::from_str(&line)?)
}

fn misread(path: &Path, error: io::Error) -> Box<dyn Error> {
    match error.downcast::<ControlError>() {
        Ok(refusal) => Misread { file: path.to_owned(), refusal }.into(),
        Err(error) => format!("{}: {error}", path.display()).into(),
    }
}

/// `NAME=JSON`.
fn call(text: &str) -> Parsed<(String, Value)> {
    let (name, json) = text.split_once('=').ok_or("--control: must be NAME=JSON, such as jwks_outage={}")?;
    let input = serde_json::from_str(json).map_err(|error| format!("--control {name}: not JSON: {error}"))?;
    Ok((name.to_owned(), input))
}

impl Given {
    fn serve(self) -> Parsed<Serve> {
        let documents = self.configs.iter().map(|path| read(path)).collect::<Parsed<Vec<_>>>()?;
        // Who only wants it to end with themselves, as the npm package's command does, still expects the usual port.
        let port = if self.json && self.exits_with_stdin { 0 } else { DEFAULT_PORT };
        let mut setup = Setup::from_documents(documents)?.or_port(port);
        setup.options.port = self.port.unwrap_or(setup.options.port);
        self.changes.into_iter().for_each(|change| change(&mut setup));
        if !self.specialized_scopes.is_empty() {
            let keys = setup.options.specialized_keys.get_or_insert_with(SpecializedKeys::invented);
            keys.scopes = self.specialized_scopes;
        }
        for msn in setup.options.merchants.clone() {
            let uris = self.redirect_uris.iter();
            let call = |uri: &String| json!({ "msn": msn.as_str(), "redirect_uri": uri });
            setup = uris.map(call).fold(setup, |setup, input| setup.with_call("register_redirect_uri", input));
        }
        let pings = json!({ "url": self.ping_url, "secret": self.ping_secret });
        if self.ping_url.is_some() || self.ping_secret.is_some() {
            setup = setup.with_call("ping_url", pings);
        }
        let setup = self.calls.into_iter().fold(setup, |setup, (name, input)| setup.with_call(&name, input));
        Ok(Serve { setup, json: self.json, exits_with_stdin: self.exits_with_stdin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(args: &[&str]) -> u16 {
        match parse(args.iter().map(OsString::from)) {
            Ok(Command::Serve(serve)) => serve.setup.options.port,
            _ => panic!("no emulator by these: {args:?}"),
        }
    }

    #[test]
    fn only_who_reads_which_gets_a_free_port() {
        for args in [&[][..], &["--json"], &["--exit-with-stdin"]] {
            assert_eq!(port(args), DEFAULT_PORT, "{args:?}");
        }
        assert_eq!(port(&["--exit-with-stdin", "--json"]), 0);
        assert_eq!(port(&["--exit-with-stdin", "--port", "4000", "--json"]), 4000);
    }
}
