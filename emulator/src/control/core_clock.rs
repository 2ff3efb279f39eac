//! The emulator's time as the clock of the library under test.

use std::time::Duration;

use vipps_partner_auth::{BoxFuture, Clock, Now, SystemClock};

use super::Controls;

/// The emulator's time, for `Config::clock`: [`Controls::advance`] then moves both clocks together. Waits take real time.
#[derive(Debug, Clone)]
pub struct EmulatorClock(Controls);

impl Controls {
    /// A clock for the library under test that always shows the emulator's time.
    ///
    /// ```
    /// use std::{sync::Arc, time::Duration};
    /// use vipps_emulator::{Emulator, Options};
    /// use vipps_partner_auth::{Clock, Config};
    ///
    /// let vipps = Emulator::start(Options::default())?;
    /// let config = Config::from(vipps.environment()?).clock(Arc::new(vipps.clock()));
    /// vipps.advance(Duration::from_secs(24 * 3600));
    /// assert!(vipps.clock().now().wall.as_secs() >= vipps.now_unix() - 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clock(&self) -> EmulatorClock {
        EmulatorClock(self.clone())
    }
}

impl Clock for EmulatorClock {
    fn now(&self) -> Now {
        Now { wall: self.wall(), ..SystemClock.now() }
    }

    fn wall(&self) -> Duration {
        self.0.shared.state().clock.now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(span)
    }
}
