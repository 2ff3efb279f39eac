//! `cargo xtask simulate`: any number of seeds, or one of them again.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::{collections::BTreeMap, fs, io, path::Path, process::ExitCode, time::Duration};

use lexopt::prelude::{Long, Value, ValueExt};
use simulation::{DEPLOY, Day, OUTAGE, Outcome, csv, run, svg};

const USAGE: &str = "simulation [--seeds N] [--seed S] | day";

enum Plan {
    Worlds(Seeds),
    Day,
}

/// Which seeds: one again and in full, or so many from one on.
struct Seeds {
    first: u64,
    count: u64,
    is_replay: bool,
}

fn main() -> ExitCode {
    match plan() {
        Ok(Plan::Worlds(seeds)) => play(&seeds),
        Ok(Plan::Day) => match day() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            eprintln!("error: {error}\n\nUsage: {USAGE}");
            ExitCode::from(2)
        }
    }
}

fn plan() -> Result<Plan, lexopt::Error> {
    let mut seed = None;
    let mut seeds = None;
    let mut words = lexopt::Parser::from_env();
    while let Some(word) = words.next()? {
        match word {
            Long("seeds") => seeds = Some(words.value()?.parse()?),
            Long("seed") => seed = Some(words.value()?.parse()?),
            Value(what) if what == "day" => return Ok(Plan::Day),
            _ => return Err(word.unexpected()),
        }
    }
    let is_replay = seed.is_some() && seeds.is_none();
    let count = seeds.unwrap_or(if is_replay { 1 } else { 300 });
    Ok(Plan::Worlds(Seeds { first: seed.unwrap_or(0), count, is_replay }))
}

fn play(plan: &Seeds) -> ExitCode {
    let mut span = Duration::ZERO;
    let mut maxima = BTreeMap::new();
    let mut counts = BTreeMap::new();
    let mut broken = 0;
    for seed in plan.first..plan.first.saturating_add(plan.count) {
        let outcome = run(seed);
        span += outcome.span;
        for (what, number) in &outcome.maxima {
            let most: &mut u64 = maxima.entry(*what).or_default();
            *most = (*number).max(*most);
        }
        for (what, number) in &outcome.counts {
            *counts.entry(*what).or_insert(0) += number;
        }
        broken += u64::from(outcome.broken.is_some());
        report(&outcome, plan.is_replay);
    }
    println!("{} seeds, {:.1} simulated days, {broken} of them broken", plan.count, span.as_secs_f64() / 86_400.0);
    for (what, number) in &counts {
        println!("  {what}: {number}");
    }
    println!("the most:");
    for (what, number) in &maxima {
        println!("  {what}: {number}");
    }
    ExitCode::from(u8::from(broken > 0))
}

fn report(outcome: &Outcome, is_replay: bool) {
    if is_replay {
        println!("seed {}: hash {:016x}, {:?}", outcome.seed, outcome.hash, outcome.span);
    }
    if let Some(broken) = &outcome.broken {
        println!("seed {}: BROKEN: {}", outcome.seed, broken.what);
        let shown = if is_replay { broken.last.len() } else { 12 };
        broken.last.iter().rev().take(shown).rev().for_each(|event| println!("    {event}"));
        println!("  play it again: cargo xtask simulate --seed {}", outcome.seed);
    }
}

/// The day of a large fleet, drawn into `docs`.
fn day() -> io::Result<()> {
    let days: Vec<_> = [(false, false), (true, false), (false, true), (true, true)]
        .into_iter()
        .map(|(shared, refused)| {
            let day = Day::play(2_000, shared, refused);
            tell(&day);
            day
        })
        .collect();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    fs::write(docs.join("fleet-day.csv"), csv(&days))?;
    fs::write(docs.join("fleet-day.svg"), svg(&days))
}

fn tell(day: &Day) {
    println!("{} processes, shared: {}, one merchant refused: {}", day.processes, day.shared, day.refused_merchant);
    println!("  {} calls, {} failed; broken: {:?}", day.calls, day.failed, day.broken);
    println!("  token requests by hour: {:?}", day.hours());
    println!("  in the outage: {}", day.between(OUTAGE.0, OUTAGE.1));
    println!("  in the hour from its end: {}", day.between(OUTAGE.1, OUTAGE.1 + Duration::from_secs(60 * 60)));
    println!("  in the deploy: {}", day.between(DEPLOY.0, DEPLOY.1));
    println!("  most in a minute: {}", day.most_in_a_minute());
    println!("  most in any hour: {}", day.most_in_an_hour(Duration::ZERO, Duration::from_secs(24 * 60 * 60)));
}
