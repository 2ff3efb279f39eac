//! Where the library's work runs: on one thread of its own, unless a runtime was set.

use std::{
    fmt,
    future::{Future, pending},
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    runtime::{Builder, Handle, RuntimeFlavor},
    task::JoinHandle,
};

use crate::error::{Error, ErrorKind, Result};

/// Runs requests, timers, renewals and loads. No caller's own runtime is needed for them or can hold them up.
#[derive(Clone, Default)]
pub(crate) struct Executor(Option<Handle>);

impl Executor {
    /// The runtime that was set, else the library's own thread.
    pub(crate) fn new(runtime: Option<Handle>) -> Self {
        Self(runtime)
    }

    /// Starts work as a task of its own. Fails where the thread can't be started; the next call tries again.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>> {
        match &self.0 {
            Some(runtime) => Ok(runtime.spawn(work)),
            None => Ok(io_thread()?.spawn(work)),
        }
    }

    /// Refuses a runtime without a timer, on which every request would fail.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(runtime) = &self.0 else { return Ok(()) };
        let _inside = runtime.enter();
        // Tokio can't be asked; it panics, and says so on standard error.
        let timer = std::panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO)));
        timer.map_err(|_| Error::invalid_config("runtime", "runtime must have its timer enabled, as by enable_all()"))
    }

    /// Starts work that nobody waits for. Where it can't be started it is left undone.
    pub(crate) fn spawn_detached(&self, work: impl Future<Output = ()> + Send + 'static) {
        drop(self.spawn(work));
    }

    /// Runs work for as long as the caller waits for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        self.start(work)?.outcome().await?
    }

    /// Runs work to its end, also where the caller gives up waiting for it.
    pub(crate) async fn complete<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        match self.spawn(AssertUnwindSafe(work).catch_unwind())?.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(panicked()),
            Err(_) => Err(shut_down()),
        }
    }

    /// Starts work that ends with its [`Task`]. Fails where the thread can't be started.
    pub(crate) fn start<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<Task<T>> {
        self.spawn(AssertUnwindSafe(work).catch_unwind()).map(Task)
    }

    /// Whether the caller is itself run by this executor.
    pub(crate) fn is_here(&self) -> bool {
        let Ok(here) = Handle::try_current() else { return false };
        match &self.0 {
            Some(runtime) => runtime.id() == here.id(),
            None => io_runtime().is_some_and(|io| io.id() == here.id()),
        }
    }

    /// Refuses a thread that has to do the work itself: if it waited, nothing would ever happen.
    pub(crate) fn check_may_block(&self) -> Result<()> {
        let is_one_thread =
            self.0.as_ref().is_none_or(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread);
        if is_one_thread && self.is_here() {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "a blocking call was made on the thread that has to do its work, and would never return",
            )
            .with_hint("make the async call here, or the blocking one on another thread"));
        }
        Ok(())
    }
}

pub(crate) fn panicked() -> Error {
    Error::new(ErrorKind::Internal, "a background task panicked")
}

pub(crate) fn shut_down() -> Error {
    Error::unavailable("the runtime was shut down during the request")
}

/// Work that somebody waits for. It is given up when this is dropped.
pub(crate) struct Task<T>(JoinHandle<thread::Result<T>>);

impl<T> Task<T> {
    /// What became of it; an error where it panicked or its runtime was shut down.
    pub(crate) async fn outcome(mut self) -> Result<T> {
        match (&mut self.0).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(panicked()),
            Err(_) => Err(shut_down()),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The library's own thread, in the process that started it.
struct IoThread {
    process: u32,
    runtime: Handle,
}

const THREAD_NAME: &str = "vipps-partner-auth";

static IO_THREAD: Mutex<Option<IoThread>> = Mutex::new(None);

/// The one I/O thread of this process, started on first use. It never ends by itself and keeps no process alive.
///
/// A child made by `fork` inherits the memory and not the thread, so it starts one of its own.
fn io_thread() -> Result<Handle> {
    let mut known = IO_THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(thread) = known.as_ref().filter(|thread| thread.process == process) {
        return Ok(thread.runtime.clone());
    }
    let runtime = start()?;
    // What belongs to a parent process must not be dropped here.
    std::mem::forget(known.replace(IoThread { process, runtime: runtime.clone() }));
    Ok(runtime)
}

/// Its runtime, if it was started in this process or in its parent.
fn io_runtime() -> Option<Handle> {
    IO_THREAD.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|thread| thread.runtime.clone())
}

fn start() -> Result<Handle> {
    let could_not =
        |_| Error::unavailable("the I/O thread could not be started").with_hint("is there a limit on threads?");
    let runtime = Builder::new_current_thread().thread_name(THREAD_NAME).enable_all().build().map_err(could_not)?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(THREAD_NAME.to_owned())
        .spawn(move || runtime.block_on(pending::<()>()))
        .map_err(could_not)?;
    Ok(handle)
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Executor(a given runtime)" } else { "Executor(its own thread)" })
    }
}
