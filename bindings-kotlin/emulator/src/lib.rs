//! The native half of the Swift package of `vipps-emulator`. For tests only.
//!
//! Small choices come as texts, spans of time as seconds. Documentation comments of exported items are copied into the
//! generated code as they are.
#![expect(clippy::needless_pass_by_value, reason = "what comes from another language is handed over by value")]

uniffi::setup_scaffolding!("vipps_emulator");

pub mod choices;
pub mod emulator;
pub mod error;
pub mod login;
pub mod records;
pub mod tokens;
pub mod trouble;
