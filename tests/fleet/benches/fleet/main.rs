//! What sharing costs and what it saves: `cargo xtask bench`. Prints two tables and draws the second one, into `docs/`.
//!
//! Costs are ratios within one run, round by round. The requests are those of real processes at the emulator over an hour
//! whose minutes were moved ahead, for them and for the emulator alike.
#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

mod costs;
mod hour;
mod plot;

use std::{fs, path::PathBuf};

use fleet::Outcome;

fn main() -> Outcome {
    println!("{}", costs::table()?);
    let hours = hour::all()?;
    println!("{}", hour::table(&hours));
    let docs = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs"));
    fs::write(docs.join("fleet.csv"), hour::csv(&hours))?;
    fs::write(docs.join("fleet.svg"), plot::svg(&hours))?;
    Ok(())
}
