//! A queue that a thread of its own hands on to Python, so that whoever holds the interpreter keeps no request waiting.

use std::{
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use pyo3::prelude::*;

use crate::process::State;

/// What waits to be handed on, oldest first.
pub(crate) struct Post<T> {
    queue: Mutex<Queue<T>>,
    changed: Condvar,
}

struct Queue<T> {
    waiting: Vec<T>,
    has_thread: bool,
    is_handing_on: bool,
}

impl<T> Default for Post<T> {
    fn default() -> Self {
        let queue = Queue { waiting: Vec::new(), has_thread: false, is_handing_on: false };
        Self { queue: Mutex::new(queue), changed: Condvar::new() }
    }
}

impl<T: Send + 'static> Post<T> {
    /// Queues, and starts the thread where there is none yet. Tells whether there is one now.
    pub(crate) fn put(
        &'static self,
        item: T,
        state: &'static State,
        thread_name: &str,
        hand_on: fn(Python<'_>, Vec<T>),
    ) -> bool {
        let needs_thread = {
            let mut queue = self.queue();
            queue.waiting.push(item);
            self.changed.notify_all();
            !mem::replace(&mut queue.has_thread, true)
        };
        if !needs_thread {
            return true;
        }
        let thread = thread::Builder::new().name(thread_name.to_owned());
        let has_thread = thread.spawn(move || self.work(state, hand_on)).is_ok();
        self.queue().has_thread = has_thread;
        has_thread
    }

    /// What waits, for a thread that hands it on itself.
    pub(crate) fn take(&self) -> Vec<T> {
        mem::take(&mut self.queue().waiting)
    }

    pub(crate) fn wait_until_idle(&self, patience: Duration) {
        drop(self.changed.wait_timeout_while(self.queue(), patience, |queue| queue.is_handing_on));
    }

    fn work(&self, state: &State, hand_on: fn(Python<'_>, Vec<T>)) {
        state.door().adopt_thread();
        loop {
            // An option: where no interpreter is left there is nobody to give Python's objects back to.
            let mut items = Some(self.wait_for_some());
            let attached = state.door().pass().and_then(|passage| {
                Python::try_attach(|py| {
                    drop(passage);
                    items.take().map(|items| hand_on(py, items))
                })
            });
            mem::forget(items);
            self.handed_on();
            if attached.is_none() {
                return;
            }
        }
    }

    fn wait_for_some(&self) -> Vec<T> {
        let idle = |queue: &mut Queue<T>| queue.waiting.is_empty();
        let mut queue = self.changed.wait_while(self.queue(), idle).unwrap_or_else(PoisonError::into_inner);
        queue.is_handing_on = true;
        mem::take(&mut queue.waiting)
    }

    fn handed_on(&self) {
        self.queue().is_handing_on = false;
        self.changed.notify_all();
    }

    fn queue(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
