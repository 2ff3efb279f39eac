//! The clocks of one simulated process, and its standing still.

use std::{
    future::pending,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until};
use vipps_partner_auth::{BoxFuture, Clock, Now};

/// Both clocks of a process: virtual time, less what they are wrong by.
#[derive(Debug)]
pub(crate) struct ProcessClock {
    begin: Instant,
    gate: Arc<Gate>,
    error: Mutex<ClockError>,
}

#[derive(Debug, Clone, Copy, Default)]
struct ClockError {
    wall_millis: i64,
    /// How long the monotonic clock stood still with the machine.
    monotonic_lag: Duration,
    /// What it shows while it stands still.
    monotonic_floor: Duration,
}

/// When the simulation begins, since the Unix epoch.
pub(crate) const EPOCH: Duration = Duration::from_secs(1_767_225_600);

impl ProcessClock {
    pub(crate) fn new(begin: Instant, gate: Arc<Gate>, wall_millis: i64) -> Self {
        Self { begin, gate, error: Mutex::new(ClockError { wall_millis, ..ClockError::default() }) }
    }

    /// Sets the wall clock ahead or back, as an administrator would.
    pub(crate) fn jump(&self, millis: i64) {
        self.change(|error| error.wall_millis += millis);
    }

    /// The machine falls asleep: the wall clock goes on, the monotonic one does not.
    pub(crate) fn sleeps(&self, span: Duration) {
        let now = self.now().monotonic;
        self.change(|error| {
            error.monotonic_floor = now;
            error.monotonic_lag += span;
        });
    }

    /// How far the wall clock is from the truth.
    pub(crate) fn wall_error(&self) -> Duration {
        Duration::from_millis(self.error().wall_millis.unsigned_abs())
    }

    fn change(&self, step: impl FnOnce(&mut ClockError)) {
        step(&mut self.error.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn error(&self) -> ClockError {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> Now {
        let elapsed = self.begin.elapsed();
        let error = self.error();
        let off = Duration::from_millis(error.wall_millis.unsigned_abs());
        let right = EPOCH + elapsed;
        let wall = if error.wall_millis < 0 { right - off } else { right + off };
        let monotonic = Duration::from_secs(1_000) + elapsed.saturating_sub(error.monotonic_lag);
        Now { wall, monotonic: monotonic.max(error.monotonic_floor) }
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        let gate = self.gate.clone();
        Box::pin(async move {
            sleep(span).await;
            gate.pass().await;
        })
    }
}

/// Where a process stops that stands still or is dead.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    dead: AtomicBool,
    frozen: Mutex<Frozen>,
}

#[derive(Debug, Default)]
struct Frozen {
    until: Option<Instant>,
    in_all: Duration,
}

impl Gate {
    /// Waits until the process goes on; for ever if it is dead.
    pub(crate) async fn pass(&self) {
        loop {
            if self.is_dead() {
                pending::<()>().await;
            }
            let until = self.frozen.lock().unwrap_or_else(PoisonError::into_inner).until;
            match until.filter(|until| *until > Instant::now()) {
                Some(until) => sleep_until(until).await,
                None => return,
            }
        }
    }

    pub(crate) fn freeze(&self, span: Duration) {
        let mut frozen = self.frozen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let until = frozen.until.unwrap_or(now).max(now + span);
        let added = until - frozen.until.unwrap_or(now).max(now);
        frozen.in_all += added;
        frozen.until = Some(until);
    }

    /// How long the process stood still so far, what is left of it counted in.
    pub(crate) fn stood_still(&self) -> Duration {
        self.frozen.lock().unwrap_or_else(PoisonError::into_inner).in_all
    }

    pub(crate) fn kill(&self) {
        self.dead.store(true, Relaxed);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Relaxed)
    }
}
