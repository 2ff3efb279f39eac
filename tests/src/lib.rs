//! The shared test vectors: their format, their generator and the Rust runner. Not published.
#![forbid(unsafe_code)]

pub mod make;
pub mod mutate;
pub mod runner;
mod sales_units;
pub mod settings;
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
    #[doc = include_str!("../../docs/getting-started.md")]
    mod getting_started {}
    #[doc = include_str!("../../docs/going-live.md")]
    mod going_live {}
    #[doc = include_str!("../../docs/login-browser.md")]
    mod login_browser {}
    #[doc = include_str!("../../docs/login-phone.md")]
    mod login_phone {}
    #[doc = include_str!("../../docs/observability.md")]
    mod observability {}
    #[doc = include_str!("../../docs/testing.md")]
    mod testing {}
}
