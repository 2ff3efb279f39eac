//! A few protected APIs, so that tokens and headers are proven against something.

mod access;
pub(crate) mod donations;
pub(crate) mod management;
pub(crate) mod payments;
pub(crate) mod settlement;
