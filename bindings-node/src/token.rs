//! A token for Vipps' APIs.

use napi_derive::napi;
use vipps_partner_auth as core;

use crate::words::moment;

/// The core's `AccessToken`.
#[napi]
#[derive(Clone)]
pub struct AccessToken(core::AccessToken);

#[napi]
impl AccessToken {
    #[napi(catch_unwind)]
    pub fn secret(&self) -> String {
        self.0.secret().to_owned()
    }

    #[napi(getter, catch_unwind)]
    pub fn expires_at(&self) -> f64 {
        moment(self.0.expires_at())
    }

    pub(crate) fn core(&self) -> &core::AccessToken {
        &self.0
    }
}

impl From<core::AccessToken> for AccessToken {
    fn from(token: core::AccessToken) -> Self {
        Self(token)
    }
}
