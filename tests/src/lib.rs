//! The shared test vectors: their format, their generator and the Rust runner. Not published.
#![forbid(unsafe_code)]

pub mod make;
pub mod mutate;
pub mod runner;
pub mod vectors;
pub mod wire;

mod compare;
mod given;
