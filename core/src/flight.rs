//! Single flight: many callers, one piece of work, one result.

use std::{fmt, future::Future, panic::AssertUnwindSafe};

use futures_util::{FutureExt, future::Shared};
use tokio::task::AbortHandle;

use crate::{
    clock::BoxFuture,
    error::Result,
    executor::{Executor, panicked, shut_down},
};

/// Work in progress; every clone gets the same result.
pub(crate) type Flight<T> = Shared<BoxFuture<'static, Result<T>>>;

/// The place for at most one [`Flight`] at a time. Kept behind its owner's lock.
pub(crate) struct Slot<T>(Option<(Flight<T>, AbortHandle)>);

impl<T: Clone + Send + Sync + 'static> Slot<T> {
    /// The work in progress, if there is some. Work that a dying runtime dropped is not.
    pub(crate) fn join(&self) -> Option<Flight<T>> {
        let (flight, task) = self.0.as_ref()?;
        (!task.is_finished()).then(|| flight.clone())
    }

    /// Starts work as a task of its own: no caller who gives up can stop it for the others.
    pub(crate) fn launch(
        &mut self,
        executor: &Executor,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<Flight<T>> {
        let task = executor.spawn(AssertUnwindSafe(work).catch_unwind())?;
        let handle = task.abort_handle();
        let landing = task.map(|end| match end {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(panicked()),
            Err(_) => Err(shut_down()),
        });
        let flight = landing.boxed().shared();
        self.0 = Some((flight.clone(), handle));
        Ok(flight)
    }

    /// The work is done; the next caller starts anew.
    pub(crate) fn clear(&mut self) {
        self.0 = None;
    }
}

/// Work that was already done when it was asked for.
pub(crate) fn landed<T: Clone + Send + Sync + 'static>(result: T) -> Flight<T> {
    std::future::ready(Ok(result)).boxed().shared()
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.0.is_some()).finish()
    }
}
