//! Hands events to the user's hook, on a thread that nothing of the library waits for.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{Event, EventHook};

/// A hook and the events that wait for it.
pub(super) struct Teller {
    hook: EventHook,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Event>,
    /// Events for which there was no room, and of which nobody was told yet.
    dropped: u64,
    /// The process whose thread hands on. A forked child inherits the queue and not the thread.
    thread_of: Option<u32>,
    is_closed: bool,
}

/// Events that wait for a slow hook. More are dropped, so that memory stays bounded.
const MOST_WAITING: usize = 1_000;
/// How long an idle thread stays, so that a burst does not start one for each event.
const LINGER: Duration = Duration::from_secs(5);

impl Teller {
    pub(super) fn new(hook: EventHook) -> Self {
        Self { hook, queue: Mutex::default(), changed: Condvar::new() }
    }

    /// Queues an event. Tells whether there was room for it.
    pub(super) fn tell(self: &Arc<Self>, event: Event) -> bool {
        let mut queue = self.queue();
        if queue.is_closed {
            return true;
        }
        if queue.waiting.len() >= MOST_WAITING {
            queue.dropped += 1;
            return false;
        }
        if queue.dropped > 0 {
            let count = std::mem::take(&mut queue.dropped);
            queue.waiting.push_back(Event::EventsDropped { count });
        }
        queue.waiting.push_back(event);
        let process = std::process::id();
        if queue.thread_of != Some(process) {
            // Without a thread the events wait for the next try.
            queue.thread_of = self.start().is_ok().then_some(process);
        }
        self.changed.notify_one();
        true
    }

    /// No hook is called from now on, save one that runs already.
    pub(super) fn close(&self) {
        let mut queue = self.queue();
        queue.is_closed = true;
        queue.waiting.clear();
        queue.dropped = 0;
        self.changed.notify_one();
    }

    fn start(self: &Arc<Self>) -> io::Result<()> {
        let teller = self.clone();
        let thread = thread::Builder::new().name("vipps-partner-auth-events".to_owned());
        thread.spawn(move || teller.hand_on()).map(drop)
    }

    fn hand_on(&self) {
        while let Some(event) = self.next() {
            call(&self.hook, &event);
        }
    }

    /// The next event; `None` when this thread is no longer needed.
    fn next(&self) -> Option<Event> {
        let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && queue.dropped == 0 && !queue.is_closed;
        let waited = self.changed.wait_timeout_while(self.queue(), LINGER, is_idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        if let Some(event) = queue.waiting.pop_front() {
            return Some(event);
        }
        if queue.dropped > 0 {
            return Some(Event::EventsDropped { count: std::mem::take(&mut queue.dropped) });
        }
        queue.thread_of = None;
        None
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A user's code must not be able to break what other callers wait for.
pub(super) fn call(hook: &EventHook, event: &Event) {
    if catch_unwind(AssertUnwindSafe(|| hook(event))).is_err() {
        tracing::error!(target: "vipps_partner_auth", event = event.name(), "an event handler panicked");
    }
}
