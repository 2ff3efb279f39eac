//! Keeps a fork from happening while a thread of ours holds a lock that nobody could open in the child.
//!
//! Such locks are not ours, so they can't be kept in what a child leaves alone: Python 3.11 and older take one, without
//! the big lock, for each thread that becomes known; the cryptography takes some for each random number. So a thread of
//! ours is *inside* while it works, and outside while it waits for the network, for Python or for work. A fork waits until
//! nobody is inside, and lets nobody in until it is done.

use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static FORKS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// From now on this thread works.
pub(crate) fn enter() {
    if IS_INSIDE.replace(true) {
        return;
    }
    loop {
        while FORKS.load(Ordering::SeqCst) > 0 {
            thread::sleep(A_MOMENT);
        }
        INSIDE.fetch_add(1, Ordering::SeqCst);
        if FORKS.load(Ordering::SeqCst) == 0 {
            return;
        }
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// From now on this thread waits.
pub(crate) fn leave() {
    if IS_INSIDE.replace(false) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Works inside, on a thread that is outside otherwise.
pub(crate) fn within<T>(work: impl FnOnce() -> T) -> T {
    enter();
    let done = work();
    leave();
    done
}

/// Waits outside, for what a fork may hold: Python.
pub(crate) fn outside<T>(wait: impl FnOnce() -> T) -> T {
    let was_inside = IS_INSIDE.get();
    leave();
    let done = wait();
    if was_inside {
        enter();
    }
    done
}

const A_MOMENT: Duration = Duration::from_micros(50);
/// A thread that works for longer than this second is not waited for: a fork without a promise is better than none.
const MOMENTS: u32 = 20_000;

/// Before a fork, on the thread that forks.
pub(crate) extern "C" fn close() {
    FORKS.fetch_add(1, Ordering::SeqCst);
    for _ in 0..MOMENTS {
        if INSIDE.load(Ordering::SeqCst) == usize::from(IS_INSIDE.get()) {
            return;
        }
        thread::sleep(A_MOMENT);
    }
}

/// After it, in the parent.
pub(crate) extern "C" fn open() {
    FORKS.fetch_sub(1, Ordering::SeqCst);
}

/// After it, in the child, where no other thread is.
pub(crate) fn start_anew() {
    FORKS.store(0, Ordering::SeqCst);
    INSIDE.store(usize::from(IS_INSIDE.get()), Ordering::SeqCst);
}
