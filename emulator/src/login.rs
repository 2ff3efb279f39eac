//! Login, in the browser and by phone number.

pub(crate) mod authorize;
pub(crate) mod backchannel;
pub(crate) mod client;
pub(crate) mod decision;
pub(crate) mod discovery;
pub(crate) mod exchange;
pub(crate) mod grant;
pub(crate) mod issued;
pub(crate) mod logins;
pub(crate) mod poll;
pub(crate) mod record;
pub(crate) mod revocation;
pub(crate) mod scopes;
pub(crate) mod settings;
pub(crate) mod userinfo;
