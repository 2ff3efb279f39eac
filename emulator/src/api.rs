//! A few protected APIs, so that tokens and headers are proven against something.

pub(crate) mod payments;
