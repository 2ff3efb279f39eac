//! What it takes to watch a fleet: worker processes, Redis servers of every shape, and the emulator between them.
//! `README.md` beside this package tells how a worker in another language joins in.
#![forbid(unsafe_code)]

mod certificates;
mod cluster;
mod redis_server;
mod scratch;
mod sentinel;
mod stage;
mod wait;
mod worker;

pub use certificates::{Authority, Certificate};
pub use cluster::Cluster;
pub use redis_server::Redis;
pub use scratch::Scratch;
pub use sentinel::Sentinel;
pub use stage::{Calls, Crew, Settings, TOKEN_PATH, count_tokens};
pub use wait::{LONGEST_WAIT, until};
pub use worker::{Program, Worker};

/// Whatever stops a test.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
