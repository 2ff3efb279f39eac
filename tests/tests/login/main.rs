//! Login end to end: the library's own HTTP client, the emulator, and a person with a browser or a phone.

#[path = "../application/mod.rs"]
mod application;
mod bad_input;
mod browser;
mod callbacks;
mod exchange;
mod findings;
mod interleaved;
mod kept;
mod keys;
mod phone;
mod phone_redirect;
mod phone_trouble;
mod ping;
mod same_code;
mod stage;
mod time;
mod userinfo;
