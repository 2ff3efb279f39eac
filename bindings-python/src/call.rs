//! Calls that may wait for the network: for a thread, and for an event loop.

use std::{
    any::Any,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{AbortHandle, Aborted, abortable},
};
use pyo3::{exceptions::PyRuntimeError, prelude::*};
use vipps_partner_auth::Result as CoreResult;

use crate::{errors, gate, process};

/// What a call brought, still to be turned into a Python object by a thread that may touch Python.
type Outcome = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Py<PyAny>> + Send>;
type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// How often a thread that waits looks for Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// Runs a future on this process's runtime and waits for it without holding the interpreter. A signal whose handler
/// raises, such as Ctrl-C, ends the wait and drops the future.
pub(crate) fn block<T: Send + 'static>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send + 'static,
) -> PyResult<T> {
    let (sender, mut receiver) = mpsc::channel();
    // Whoever waited may be gone by then.
    let state = process::state()?;
    let task = state.handle.spawn(future.map(move |value| drop(sender.send(value))));
    loop {
        let answer;
        (receiver, answer) = py.detach(move || {
            let answer = receiver.recv_timeout(SIGNALS_EVERY);
            state.stay_if_over();
            (receiver, answer)
        });
        match answer {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Disconnected) => return Err(errors::internal(py)),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| task.abort())?,
        }
    }
}

/// A call that has not been made yet. `wait()` makes it on this thread, `start(done)` behind an event loop.
#[pyclass(frozen, module = "vipps_partner_auth._native")]
pub(crate) struct Call {
    work: Mutex<Option<Work>>,
    abort: Mutex<Option<AbortHandle>>,
}

impl Call {
    /// `convert` turns the result into what Python gets.
    pub(crate) fn new<T: Send + 'static>(
        future: impl Future<Output = CoreResult<T>> + Send + 'static,
        convert: impl for<'py> FnOnce(Python<'py>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Self {
        let outcome = |result: CoreResult<T>| -> Outcome {
            Box::new(move |py| match result {
                Ok(value) => convert(py, value),
                Err(error) => Err(errors::raised(py, &error)),
            })
        };
        Self { work: Mutex::new(Some(Box::pin(future.map(outcome)))), abort: Mutex::default() }
    }

    fn work(&self) -> PyResult<Work> {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        work.ok_or_else(|| PyRuntimeError::new_err("this call was made already"))
    }
}

#[pymethods]
impl Call {
    /// Makes the call and waits for its result.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        block(py, self.work()?)?(py)
    }

    /// Makes the call. `done(value, error)` is called from another thread when it is over, unless it was cancelled.
    fn start(&self, done: Py<PyAny>) -> PyResult<()> {
        let (work, abort) = abortable(AssertUnwindSafe(self.work()?).catch_unwind());
        *self.abort.lock().unwrap_or_else(PoisonError::into_inner) = Some(abort);
        process::state()?.handle.spawn(work.map(move |result| deliver(done, result)));
        Ok(())
    }

    /// Gives the call up.
    fn cancel(&self) {
        if let Some(abort) = &*self.abort.lock().unwrap_or_else(PoisonError::into_inner) {
            abort.abort();
        }
    }
}

fn deliver(done: Py<PyAny>, result: Result<Result<Outcome, Box<dyn Any + Send>>, Aborted>) {
    // Handed over as an option: where no interpreter is left there is nobody to give the object back to.
    let mut done = Some(done);
    let tell = |py: Python<'_>| {
        let Some(done) = done.take() else { return };
        let outcome = match result {
            Ok(Ok(outcome)) => outcome(py),
            Ok(Err(_)) => Err(errors::internal(py)),
            Err(Aborted) => return,
        };
        let told = match outcome {
            Ok(value) => done.call1(py, (value, py.None())),
            Err(error) => done.call1(py, (py.None(), error.into_value(py))),
        };
        // The loop was closed meanwhile: nobody waits any more.
        drop(told);
    };
    let attached = gate::outside(|| Python::try_attach(tell));
    if attached.is_none() {
        std::mem::forget(done);
    }
}
