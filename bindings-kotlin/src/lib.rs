//! The native half of the Kotlin, Java and Swift packages of `vipps-partner-auth`.
//!
//! Not meant to be called directly: each language has its own face over what is generated from here. Spans of time come
//! in as seconds, since the generated Swift code ends the process on a negative span; everything that can be wrong is
//! refused here or in the core, with an error that names it.
//!
//! Documentation comments of exported items are copied into the generated code as they are.

#![expect(clippy::needless_pass_by_value, reason = "what comes from another language is handed over by value")]
#![expect(clippy::result_large_err, clippy::large_enum_variant, reason = "what is generated from knows no boxes")]

uniffi::setup_scaffolding!("vipps_partner_auth");

pub mod clock;
pub mod direct;
pub mod environment;
pub mod error;
pub mod event;
mod handover;
pub mod named;
pub mod request;
pub mod runtime;
pub mod settings;
pub mod transport;
pub mod verifier;

#[cfg(feature = "server")]
pub mod backchannel;
#[cfg(feature = "server")]
pub mod doctor;
#[cfg(feature = "server")]
pub mod key_source;
#[cfg(feature = "server")]
pub mod keys;
#[cfg(feature = "server")]
pub mod login;
#[cfg(feature = "server")]
pub mod merchant;
#[cfg(feature = "server")]
pub mod partner;
#[cfg(feature = "server")]
pub mod result;
#[cfg(feature = "server")]
pub mod sales_units;
#[cfg(feature = "server")]
pub mod system;
#[cfg(feature = "server")]
pub mod token_cache;
#[cfg(feature = "server")]
pub mod webhook;
