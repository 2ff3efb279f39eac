//! A clock for tests.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, UNIX_EPOCH},
};

use pyo3::{prelude::*, types::PyDateTime};
use vipps_partner_auth as core;
use vipps_partner_auth::Clock;

use crate::{
    convert::{datetime, instant, span},
    process::PerProcess,
    values::Repr,
};

/// A clock that moves only when told to, for tests: hand it in as the setting ``clock``.
///
/// ``now`` is seconds since 1970 or a ``datetime``. With ``runs_through_sleeps`` nobody ever waits: each wait moves the
/// clock on by its own length. A forked child starts where the clock was last set or moved.
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct ManualClock {
    live: PerProcess<core::ManualClock>,
    seconds: AtomicU64,
    runs_through_sleeps: bool,
}

impl ManualClock {
    pub(crate) fn live(&self) -> &core::ManualClock {
        let made = self.live.get_or_make(|| {
            let seconds = self.seconds.load(Ordering::Relaxed);
            let make = if self.runs_through_sleeps {
                core::ManualClock::running_through_sleeps
            } else {
                core::ManualClock::at_unix
            };
            Ok::<_, Infallible>(make(seconds))
        });
        let Ok(clock) = made;
        clock
    }

    fn change(&self, change: impl FnOnce(&core::ManualClock)) {
        let clock = self.live();
        change(clock);
        self.seconds.store(clock.wall().as_secs(), Ordering::Relaxed);
    }
}

/// The same clock in each process, as the core takes it.
#[derive(Debug)]
pub(crate) struct LiveClock(pub(crate) Py<ManualClock>);

impl Clock for LiveClock {
    fn now(&self) -> core::Now {
        self.0.get().live().now()
    }

    fn sleep(&self, span: Duration) -> core::BoxFuture<'static, ()> {
        self.0.get().live().sleep(span)
    }
}

#[pymethods]
impl ManualClock {
    #[new]
    #[pyo3(signature = (now, *, runs_through_sleeps=false))]
    fn new(now: &Bound<'_, PyAny>, runs_through_sleeps: bool) -> PyResult<Self> {
        let seconds = AtomicU64::new(instant("now", now)?.as_secs());
        Ok(Self { live: PerProcess::empty(), seconds, runs_through_sleeps })
    }

    /// Moves the clock on, by seconds or a ``timedelta``, and wakes everybody who waited until then.
    #[pyo3(signature = (by, /))]
    fn advance(&self, by: &Bound<'_, PyAny>) -> PyResult<()> {
        let by: Duration = span("by", by)?;
        self.change(|clock| clock.advance(by));
        Ok(())
    }

    /// Sets the wall clock alone, as an administrator or a time server would.
    #[pyo3(signature = (to, /))]
    fn set_wall(&self, to: &Bound<'_, PyAny>) -> PyResult<()> {
        let to = instant("to", to)?;
        self.change(|clock| clock.set_wall(to));
        Ok(())
    }

    /// Where it stands.
    #[getter]
    fn now<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, UNIX_EPOCH + self.live().wall())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "ManualClock").moment("now", UNIX_EPOCH + self.live().wall())?.end())
    }
}
