//! A clock for tests.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use vipps_partner_auth::{Clock, ManualClock};

use crate::{error::Result, settings::span};

/// A clock that moves only when told to.
#[derive(Debug, uniffi::Object)]
pub struct ManualClockHandle(pub(crate) ManualClock);

#[uniffi::export]
impl ManualClockHandle {
    /// A clock that stands at so many seconds after the Unix epoch.
    #[uniffi::constructor]
    pub fn new(unix_seconds: f64, runs_through_sleeps: bool) -> Result<Arc<Self>> {
        let seconds = span("unix_seconds", unix_seconds)?.as_secs();
        let clock = if runs_through_sleeps {
            ManualClock::running_through_sleeps(seconds)
        } else {
            ManualClock::at_unix(seconds)
        };
        Ok(Arc::new(Self(clock)))
    }

    /// Moves both clocks on and wakes everybody who slept until then.
    pub fn advance(&self, seconds: f64) -> Result<()> {
        self.0.advance(span("span", seconds)?);
        Ok(())
    }

    /// Sets the wall clock alone.
    pub fn set_wall(&self, unix_seconds: f64) -> Result<()> {
        self.0.set_wall(span("unix_seconds", unix_seconds)?);
        Ok(())
    }

    /// Where the wall clock stands.
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + self.0.wall()
    }
}
