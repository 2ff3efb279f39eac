//! The dependencies' licences, sources, duplicates and known vulnerabilities, by cargo-deny.

use std::path::Path;

use crate::failure::Result;
use crate::fetched;
use crate::step::{self, Step};
use crate::tally::Tally;

pub(crate) fn run() -> Result<Tally> {
    let program = fetched::CARGO_DENY.obtain()?;
    Step::new("deny", &program).words("check --hide-inclusion-graph bans licenses sources").run()?;
    advisories(&program)
}

/// The advisory database is a git repository, which not every network reaches. What could not be fetched was not
/// checked, and that is said; what was fetched must hold.
fn advisories(program: &Path) -> Result<Tally> {
    if step::ask(program, &["--log-level", "off", "fetch", "db"]).is_none() {
        eprintln!("WARNING: ADVISORIES NOT CHECKED: the advisory database could not be fetched");
        return Ok(Tally::default());
    }
    Step::new("deny: advisories", program).words("check --hide-inclusion-graph advisories --disable-fetch").run()
}
