//! Where the core's futures run: one worker thread for the whole process, started on first use.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::{AbortHandle, JoinHandle},
};

use crate::error::{AuthError, Result};

/// The worker. A second call that comes while the first is starting it waits for it.
pub(crate) fn runtime() -> Result<&'static Handle> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(1).thread_name("vipps-partner-auth").enable_all().build().ok()
    });
    let running = runtime.as_ref().ok_or_else(|| AuthError::internal("the worker thread could not be started"))?;
    Ok(running.handle())
}

/// Runs `work` on the worker. Dropping the future, or `cancellation`, ends it.
pub(crate) async fn run<T, E>(
    cancellation: Option<Arc<Cancellation>>,
    work: impl Future<Output = std::result::Result<T, E>> + Send + 'static,
) -> Result<T>
where
    T: Send + 'static,
    E: Send + 'static,
    AuthError: From<E>,
{
    if cancellation.as_ref().is_some_and(|cancellation| cancellation.state().cancelled) {
        return Err(AuthError::Cancelled);
    }
    let mut task = AbortOnDrop(runtime()?.spawn(work));
    if let Some(cancellation) = cancellation {
        cancellation.watch(task.0.abort_handle());
    }
    match (&mut task.0).await {
        Ok(outcome) => Ok(outcome?),
        Err(end) if end.is_cancelled() => Err(AuthError::Cancelled),
        Err(_) => Err(AuthError::internal("a call of the library panicked")),
    }
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Ends a call from outside, for languages whose own cancellation does not reach it.
#[derive(Debug, Default, uniffi::Object)]
pub struct Cancellation(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    cancelled: bool,
    tasks: Vec<AbortHandle>,
}

#[uniffi::export]
impl Cancellation {
    /// One that has not happened yet.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Ends the call that this was given to, also when it has not begun yet.
    pub fn cancel(&self) {
        let mut state = self.state();
        state.cancelled = true;
        state.tasks.drain(..).for_each(|task| task.abort());
    }
}

impl Cancellation {
    fn watch(&self, task: AbortHandle) {
        let mut state = self.state();
        if state.cancelled {
            task.abort();
        } else {
            state.tasks.push(task);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
