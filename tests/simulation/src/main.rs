//! `cargo xtask simulate`: any number of seeds, or one of them again.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::{collections::BTreeMap, process::ExitCode, time::Duration};

use lexopt::prelude::{Long, ValueExt};
use simulation::{Outcome, run};

const USAGE: &str = "simulation [--seeds N] [--seed S]";

/// Which seeds: one again and in full, or so many from one on.
struct Plan {
    first: u64,
    seeds: u64,
    is_replay: bool,
}

fn main() -> ExitCode {
    match plan() {
        Ok(plan) => play(&plan),
        Err(error) => {
            eprintln!("error: {error}\n\nUsage: {USAGE}");
            ExitCode::from(2)
        }
    }
}

fn plan() -> Result<Plan, lexopt::Error> {
    let (mut seed, mut seeds) = (None, None);
    let mut words = lexopt::Parser::from_env();
    while let Some(word) = words.next()? {
        match word {
            Long("seeds") => seeds = Some(words.value()?.parse()?),
            Long("seed") => seed = Some(words.value()?.parse()?),
            _ => return Err(word.unexpected()),
        }
    }
    let is_replay = seed.is_some() && seeds.is_none();
    Ok(Plan { first: seed.unwrap_or(0), seeds: seeds.unwrap_or(if is_replay { 1 } else { 300 }), is_replay })
}

fn play(plan: &Plan) -> ExitCode {
    let mut span = Duration::ZERO;
    let (mut maxima, mut counts) = (BTreeMap::new(), BTreeMap::new());
    let mut broken = 0;
    for seed in plan.first..plan.first.saturating_add(plan.seeds) {
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
    println!("{} seeds, {:.1} simulated days, {broken} of them broken", plan.seeds, span.as_secs_f64() / 86_400.0);
    counts.iter().for_each(|(what, number)| println!("  {what}: {number}"));
    println!("the most:");
    maxima.iter().for_each(|(what, number)| println!("  {what}: {number}"));
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
