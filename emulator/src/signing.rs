//! Keys and signatures.

pub(crate) mod jws;
pub(crate) mod keys;
