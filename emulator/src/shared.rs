//! What the server's thread and the controls share: the state, its lock, and who hears of changes.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, futures::Notified, watch};

use crate::{
    log::Arrival,
    random, routes,
    staging::{Failure, Step},
    state::State,
    wire::request::Request,
};

/// How long the page waits for news before it asks again, in real time.
const PATIENCE: Duration = Duration::from_secs(25);

/// What the server's thread and the controls share.
pub(crate) struct Shared {
    base_url: String,
    state: Mutex<State>,
    gate: Notify,
    /// Tells this emulator's revisions from those of one that ran at the same address before.
    life: String,
    changes: watch::Sender<u64>,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self {
            base_url: state.base_url.clone(),
            state: Mutex::new(state),
            gate: Notify::new(),
            life: random::hex32(),
            changes: watch::Sender::new(0),
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn state(&self) -> StateGuard<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        StateGuard { state, changes: &self.changes, touched: false }
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Names what the state is like now; another one after each change.
    pub(crate) fn revision(&self) -> String {
        self.revision_of(*self.changes.borrow())
    }

    fn revision_of(&self, change: u64) -> String {
        format!("{}-{change}", self.life)
    }

    /// Until there is another revision than this one, or the caller had better ask again.
    pub(crate) async fn news_since(&self, known: &str) {
        let mut changes = self.changes();
        let news = changes.wait_for(|change| self.revision_of(*change) != known);
        // Without news the caller gets what it knows.
        let _ = tokio::time::timeout(PATIENCE, news).await;
    }

    /// Lets every request go on that hangs now.
    pub(crate) fn release_hung(&self) {
        self.gate.notify_waiters();
    }

    /// Keeps the request, and listens at the gate from the moment the log shows it, so that no release is missed.
    pub(crate) fn arrived(&self, request: &Request) -> (Arrival, Notified<'_>) {
        let mut state = self.state();
        let released = self.gate.notified();
        (state.arrived(request), released)
    }

    pub(crate) fn dropped_unread(&self, request: &Request) {
        let mut state = self.state();
        let arrival = state.arrived(request);
        routes::conclude(&mut state, arrival, request, Step::Fail(Failure::DropBeforeReading));
    }
}

/// The state, locked. Whoever borrows it to change it has changed it: then the page hears of it.
pub(crate) struct StateGuard<'a> {
    state: MutexGuard<'a, State>,
    changes: &'a watch::Sender<u64>,
    touched: bool,
}

impl Deref for StateGuard<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for StateGuard<'_> {
    fn deref_mut(&mut self) -> &mut State {
        self.touched = true;
        &mut self.state
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        if self.touched {
            self.changes.send_modify(|change| *change += 1);
        }
    }
}
