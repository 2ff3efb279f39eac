//! A clock that moves only when told to.

use std::sync::Arc;

use napi_derive::napi;
use vipps_partner_auth as core;
use vipps_partner_auth::Clock as _;

use crate::words::{milliseconds, span};

/// The core's `ManualClock`.
#[napi]
#[derive(Clone)]
pub struct ManualClock(core::ManualClock);

#[napi]
impl ManualClock {
    #[napi(constructor, catch_unwind)]
    pub fn new(milliseconds: f64, runs_through_sleeps: bool) -> napi::Result<Self> {
        let seconds = span("time", milliseconds)?.as_secs();
        let build =
            if runs_through_sleeps { core::ManualClock::running_through_sleeps } else { core::ManualClock::at_unix };
        Ok(Self(build(seconds)))
    }

    #[napi(catch_unwind)]
    pub fn advance(&self, by: f64) -> napi::Result<()> {
        self.0.advance(span("milliseconds", by)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn set_wall(&self, time: f64) -> napi::Result<()> {
        self.0.set_wall(span("time", time)?);
        Ok(())
    }

    #[napi(catch_unwind)]
    pub fn now(&self) -> f64 {
        milliseconds(self.0.now().wall)
    }

    pub(crate) fn shared(&self) -> Arc<dyn core::Clock> {
        Arc::new(self.0.clone())
    }
}
