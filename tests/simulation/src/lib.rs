//! A fleet in virtual time: many processes with the library in them, a Vipps, a Redis, and everything that goes wrong, all
//! drawn from a seed. What must hold is checked at each step; a run that breaks it can be played again.
//!
//! Everything runs on one current-thread runtime of tokio with its clock paused: time goes on only when nobody has anything
//! left to do, so hours without events cost nothing, and the order of all that happens follows from the seed.
#![forbid(unsafe_code)]
#![expect(clippy::unchecked_time_subtraction, reason = "virtual time goes one way; a mistake here is to be loud")]

mod caller;
mod clock;
mod day;
mod fleet;
mod plot;
mod process;
mod redis;
mod trace;
mod vipps;
mod weather;
mod world;

pub use day::{DEPLOY, Day, OUTAGE};
pub use plot::{csv, svg};
pub use trace::Broken;
pub use world::{Outcome, run};
