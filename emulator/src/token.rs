//! API tokens: the two token endpoints, and what they issued.

pub(crate) mod basic;
pub(crate) mod issued;
pub(crate) mod specialized;
pub(crate) mod standard;
