//! Many processes, one token: real processes, a real Redis, the emulator for Vipps.

mod clocks;
mod cold;
mod refusal;
mod renewal;
mod secrecy;
mod settings;
mod shapes;
mod stuck;
mod trouble;
mod values;

use fleet::{Crew, Outcome, Program, Redis, Settings};
use vipps_emulator::{Emulator, Options};

fn vipps() -> Outcome<Emulator> {
    Ok(Emulator::start(Options::default())?)
}

/// The worker of this package.
fn worker() -> Program {
    Program::new([env!("CARGO_BIN_EXE_fleet-worker")])
}

/// So many workers that share through this Redis.
fn crew(size: usize, vipps: &Emulator, redis: &Redis) -> Outcome<Crew> {
    Crew::start(&worker(), size, &Settings::new(vipps).redis(redis.url()))
}
