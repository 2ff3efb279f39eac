//! Keys and signatures.

pub(crate) mod jws;
pub(crate) mod keep;
pub(crate) mod keys;
