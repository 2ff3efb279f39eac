//! Webhooks: what the service sends to a merchant by itself.

pub(crate) mod pings;
pub(crate) mod post;
pub(crate) mod sign;
