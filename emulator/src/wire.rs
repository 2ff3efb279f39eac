//! HTTP as the emulator reads and writes it.

pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request;
