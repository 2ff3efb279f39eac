//! One time for library and emulator. Nobody waits on it: a sleep moves it on by its own length, for both sides alike.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use vipps_emulator::Emulator;
use vipps_partner_auth::{BoxFuture, Clock, ManualClock, Now};

pub(crate) const START: u64 = 1_767_225_600;

type Deed = Box<dyn FnOnce(&Emulator) + Send>;

#[derive(Clone)]
pub(crate) struct SharedTime {
    clock: ManualClock,
    vipps: Arc<Emulator>,
    /// What happens in the world while the library sleeps, and when.
    deeds: Arc<Mutex<Vec<(Duration, Deed)>>>,
}

impl SharedTime {
    pub(crate) fn of(vipps: &Arc<Emulator>) -> Self {
        vipps.set_time(START);
        Self { clock: ManualClock::at_unix(START), vipps: Arc::clone(vipps), deeds: Arc::default() }
    }

    pub(crate) fn pass(&self, span: Duration) {
        self.clock.advance(span);
        self.vipps.advance(span);
        self.do_what_is_due();
    }

    /// Has somebody do something once so much time has passed.
    pub(crate) fn after(&self, span: Duration, deed: impl FnOnce(&Emulator) + Send + 'static) {
        let due = self.clock.wall() + span;
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).push((due, Box::new(deed)));
    }

    fn do_what_is_due(&self) {
        let now = self.clock.wall();
        let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
        let due: Vec<_> = deeds.extract_if(.., |(due, _)| *due <= now).collect();
        drop(deeds);
        for (_, deed) in due {
            deed(&self.vipps);
        }
    }
}

impl Clock for SharedTime {
    fn now(&self) -> Now {
        self.clock.now()
    }

    fn sleep(&self, span: Duration) -> BoxFuture<'static, ()> {
        let time = self.clone();
        Box::pin(async move { time.pass(span) })
    }
}

impl fmt::Debug for SharedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedTime").field(&self.clock).finish()
    }
}
