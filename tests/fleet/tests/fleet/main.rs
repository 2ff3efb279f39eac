//! Many processes, one token: real processes, a real Redis, the emulator for Vipps.

mod clocks;
mod cold;
mod doctor;
mod locks;
mod refusal;
mod renewal;
mod secrecy;
mod settings;
mod shapes;
mod stuck;
mod trouble;
mod values;

use fleet::{Crew, Outcome, Program, Redis, Settings, until};
use serde_json::json;
use vipps_emulator::{Emulator, Endpoint, Failure, Options};

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

/// The name of the lock, as a process in mid-fetch has it. There must be no token yet; afterwards there is one.
fn lock_name(vipps: &Emulator, settings: &Settings, servers: &[Redis]) -> Outcome<String> {
    vipps.fail_next(Endpoint::StandardToken, 1, Failure::Hang);
    let mut holder = Crew::start(&worker(), 1, settings)?;
    holder.tell(&json!({"do": "token"}))?;
    let name = || servers.iter().find_map(|server| server.key("lock").ok());
    until("there is a lock", || Ok(name().is_some()))?;
    let lock = name().ok_or("no lock")?;
    vipps.release_hung();
    holder.replies()?;
    until("it is given back", || Ok(name().is_none()))?;
    Ok(lock)
}
