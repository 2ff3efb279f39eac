//! The machine's clocks, wrong by as much as the test wants.

use std::{
    sync::atomic::{AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use vipps_partner_auth::{BoxFuture, Clock, Now, SystemClock};

/// A wall clock that is off, over time that can be moved ahead. Waiting is real.
#[derive(Debug)]
pub(crate) struct ShiftedClock {
    ahead: i64,
    passed: AtomicU64,
}

impl ShiftedClock {
    /// So many seconds ahead; less than nothing is behind.
    pub(crate) fn new(ahead: i64) -> Self {
        Self { ahead, passed: AtomicU64::new(0) }
    }

    /// Lets so many seconds pass at once.
    pub(crate) fn advance(&self, seconds: u64) {
        self.passed.fetch_add(seconds, SeqCst);
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Now {
        let now = SystemClock.now().plus(Duration::from_secs(self.passed.load(SeqCst)));
        let off = Duration::from_secs(self.ahead.unsigned_abs());
        Now { wall: if self.ahead < 0 { now.wall.saturating_sub(off) } else { now.wall + off }, ..now }
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(span)
    }
}
