//! The shared test vectors: their format, their generator and the Rust runner. Not published.
#![forbid(unsafe_code)]

pub mod make;
pub mod mutate;
pub mod runner;
pub mod vectors;
pub mod wire;

mod backchannel;
mod compare;
mod given;
mod login;
mod webhook;

#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../README.md")]
    mod repository {}
    #[doc = include_str!("../../emulator/README.md")]
    mod emulator {}
}
