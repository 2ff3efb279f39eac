//! `cargo xtask demo`: a partner's main job, run against the emulator.

use std::ffi::OsString;

use crate::Command;
use crate::failure::Result;
use crate::step::Step;
use crate::tool;

pub(crate) const COMMAND: Command = Command {
    name: "demo",
    arguments: "[--serve [--port N]]",
    about: "a partner's main job over real sockets, offline",
    details,
    run,
};

fn details() -> String {
    "Runs a partner's main job against the emulator, logins in the browser and by phone number included, and checks every\n\
     line it prints.\n\n  \
     --serve    leave the emulator running, with its page and a small sample shop to click through, until Ctrl-C\n  \
     --port N   the shop's port on 127.0.0.1; a free one when absent"
        .to_owned()
}

fn run(args: &[OsString]) -> Result {
    tool::require([&tool::C_COMPILER])?;
    Step::cargo("building the demo (minutes the first time)", "build -p tests --example demo").on_failure().run()?;
    Step::cargo("demo", "run --quiet -p tests --example demo --").args(handed_on(args)).take_over()?;
    Ok(())
}

/// `demo --serve` and `demo -- --serve` mean the same.
pub(crate) fn handed_on(args: &[OsString]) -> &[OsString] {
    match args {
        [first, rest @ ..] if first == "--" => rest,
        _ => args,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_leading_dashes_are_not_handed_on() {
        let handed = |line: &str| {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            handed_on(&words).join(" ".as_ref())
        };
        assert_eq!(handed("--serve"), "--serve");
        assert_eq!(handed("-- --serve"), "--serve");
        assert_eq!(handed("-- a -- b"), "a -- b");
        assert_eq!(handed(""), "");
    }
}
