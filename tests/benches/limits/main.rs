//! The library beside its physical limits and its peers, as ratios within one run: `cargo xtask bench`.
//!
//! Each round runs every case once; a ratio is taken inside a round, then the median over the rounds. Times drift with
//! the machine, ratios hardly do.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its table and may stop at a fault"
)]

mod cold_start;
mod fake;
mod headers;
mod id_token;
mod memory;
mod renewal;
mod rounds;

use rounds::Table;

fn main() {
    let json = std::env::args().any(|argument| argument == "--json");
    // Memory first, in a process that holds nothing yet.
    let tables: [fn() -> Table; 6] = [
        memory::table,
        || id_token::table(2048),
        || id_token::table(4096),
        headers::table,
        cold_start::table,
        renewal::table,
    ];
    for table in tables {
        let table = table();
        println!("{}", if json { table.json() } else { table.text() });
    }
}

/// One core, so that the cases of a round run under the same conditions.
fn on_one_core<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let all = sched_getaffinity(None).unwrap();
        let mut one = CpuSet::new();
        let last = (0..CpuSet::MAX_CPU).rev().find(|cpu| all.is_set(*cpu)).unwrap();
        one.set(last);
        sched_setaffinity(None, &one).unwrap();
        let result = work();
        sched_setaffinity(None, &all).unwrap();
        result
    }
    #[cfg(not(target_os = "linux"))]
    work()
}

fn versions() -> String {
    let lock = include_str!("../../../Cargo.lock");
    let version = |name: &str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let rest = lock.split_once(&entry).map_or("?", |(_, rest)| rest);
        rest.split('"').next().unwrap_or("?").to_owned()
    };
    ["aws-lc-rs", "jsonwebtoken", "openidconnect", "tokio", "http"]
        .map(|name| format!("{name} {}", version(name)))
        .join(", ")
}

fn new_table(title: impl Into<String>) -> Table {
    Table::new(title, versions())
}
