//! Login against an OpenID provider that nobody of this project wrote, with sales unit keys: what the emulator and the
//! library might get wrong alike, this one gets right.

#[path = "../application/mod.rs"]
mod application;
mod browser;
mod phone;
mod provider;
mod tokens;
