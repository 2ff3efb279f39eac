//! Single flight: many callers, one piece of work, one result.

use std::{fmt, future::Future};

use futures_util::{FutureExt, future::Shared};
use tokio::{
    runtime::Handle,
    task::{AbortHandle, JoinError},
};

use crate::{
    clock::BoxFuture,
    error::{Error, ErrorKind, Result},
};

/// Work in progress; every clone gets the same result.
pub(crate) type Flight<T> = Shared<BoxFuture<'static, Result<T, Fault>>>;

/// Why work brought no result.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Failed(Error),
    /// Its runtime was shut down. Whoever waits on another may start anew.
    Cancelled,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failed(error) => error,
            Fault::Cancelled => Self::unavailable("the runtime was shut down during the request"),
        }
    }
}

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
        runtime: &Handle,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Flight<T> {
        let task = runtime.spawn(work);
        let handle = task.abort_handle();
        let flight = task.map(landing).boxed().shared();
        self.0 = Some((flight.clone(), handle));
        flight
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

/// The runtime to work on: the one that was set, else the caller's.
pub(crate) fn runtime(configured: Option<&Handle>) -> Result<Handle> {
    if let Some(handle) = configured {
        return Ok(handle.clone());
    }
    Handle::try_current().map_err(|_| Error::invalid_config("runtime", "set one, or call from within a tokio runtime"))
}

fn landing<T>(done: Result<Result<T>, JoinError>) -> Result<T, Fault> {
    match done {
        Ok(result) => result.map_err(Fault::Failed),
        Err(error) if error.is_cancelled() => Err(Fault::Cancelled),
        Err(_) => Err(Fault::Failed(Error::new(ErrorKind::Internal, "a background task panicked"))),
    }
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
