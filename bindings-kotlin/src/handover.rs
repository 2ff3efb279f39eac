//! What is handed over to a thread of the other language. That thread waits here, and nothing calls it back: what is registered
//! for calls belongs to one class loader, and this library may serve several.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

/// The end that the other language takes from.
#[derive(Debug)]
pub(crate) struct Handover<T>(Arc<Shared<T>>);

/// The end of the core. When it is gone, nothing will come any more.
#[derive(Debug)]
pub(crate) struct Source<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<T>,
    ended: bool,
}

impl<T> Default for Handover<T> {
    fn default() -> Self {
        let waiting = Waiting { items: VecDeque::new(), ended: false };
        Self(Arc::new(Shared { waiting: Mutex::new(waiting), changed: Condvar::new() }))
    }
}

impl<T> Handover<T> {
    /// Waits for the next one. Nothing: there will be none.
    pub(crate) fn take(&self) -> Option<T> {
        let none = |waiting: &mut Waiting<T>| waiting.items.is_empty() && !waiting.ended;
        let waiting = self.0.changed.wait_while(self.0.waiting(), none);
        waiting.unwrap_or_else(PoisonError::into_inner).items.pop_front()
    }

    /// For the core, once.
    pub(crate) fn source(&self) -> Source<T> {
        Source(self.0.clone())
    }
}

impl<T> Source<T> {
    pub(crate) fn put(&self, item: T) {
        self.0.waiting().items.push_back(item);
        self.0.changed.notify_one();
    }
}

impl<T> Drop for Source<T> {
    fn drop(&mut self) {
        self.0.waiting().ended = true;
        self.0.changed.notify_all();
    }
}

impl<T> Shared<T> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_taken_in_order_also_after_the_end() {
        let handover = Handover::default();
        let source = handover.source();
        source.put(1);
        source.put(2);
        drop(source);
        assert_eq!([handover.take(), handover.take(), handover.take()], [Some(1), Some(2), None]);
    }
}
