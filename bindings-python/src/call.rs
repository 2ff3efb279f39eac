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

use crate::{
    convert::span,
    errors, gate,
    process::{self, State},
};

/// What a call brought, still to be turned into a Python object by a thread that may touch Python.
type Outcome = Box<dyn for<'py> FnOnce(Python<'py>) -> PyResult<Py<PyAny>> + Send>;
type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// How often a thread that waits looks for Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// Runs a future on this process's runtime, waits for it without holding the interpreter, and makes of what it brought what
/// Python gets. A signal whose handler raises, such as Ctrl-C, ends the wait and drops the future.
pub(crate) fn block<T: Send + 'static, R>(
    py: Python<'_>,
    future: impl Future<Output = T> + Send + 'static,
    convert: impl FnOnce(Python<'_>, T) -> PyResult<R>,
) -> PyResult<R> {
    let (sender, mut receiver) = mpsc::channel();
    // Whoever waited may be gone by then.
    let state = process::state()?;
    let mut passage = state.pass()?;
    let task = state.handle.spawn(future.map(move |value| drop(sender.send(value))));
    loop {
        let answer;
        drop(passage);
        // Kept until this is done with Python, which may run Python's code: the end of the program waits for it.
        (receiver, answer, passage) = py.detach(move || {
            let answer = receiver.recv_timeout(SIGNALS_EVERY);
            (receiver, answer, state.door().pass_or_stay())
        });
        match answer {
            Ok(value) => return convert(py, value),
            Err(RecvTimeoutError::Disconnected) => return Err(errors::internal(py)),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| task.abort())?,
        }
    }
}

/// A call that has not been made yet. `wait()` makes it on this thread, `start(done)` behind an event loop. With a
/// `timeout` it ends with an error when that time is over; zero makes no call at all.
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

    /// Makes the call and waits for its result.
    pub(crate) fn waited(self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        Self::wait(&Bound::new(py, self)?, timeout)
    }

    fn work(&self, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Work> {
        let limit = timeout.map(|timeout| span("timeout", timeout)).transpose()?;
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let work = work.ok_or_else(|| PyRuntimeError::new_err("this call was made already"))?;
        Ok(match limit {
            None => work,
            Some(limit) => Box::pin(limited(work, limit)),
        })
    }
}

async fn limited(work: Work, limit: Duration) -> Outcome {
    let over = || -> Outcome { Box::new(|py| Err(errors::timed_out(py))) };
    if limit.is_zero() {
        return over();
    }
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| over())
}

#[pymethods]
impl Call {
    /// Makes the call and waits for its result.
    #[pyo3(signature = (timeout=None))]
    fn wait(slf: &Bound<'_, Self>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        match greenlets(py) {
            Some(greenlets) => Ok(greenlets.getattr("wait")?.call1((slf, timeout))?.unbind()),
            None => block(py, slf.get().work(timeout)?, |py, outcome| outcome(py)),
        }
    }

    /// Makes the call. `done(value, error)` is called from another thread when it is over, unless it was cancelled.
    #[pyo3(signature = (done, timeout=None))]
    fn start(&self, done: Py<PyAny>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let (work, abort) = abortable(AssertUnwindSafe(self.work(timeout)?).catch_unwind());
        *self.abort.lock().unwrap_or_else(PoisonError::into_inner) = Some(abort);
        let state = process::state()?;
        state.handle.spawn(work.map(move |result| hand_over(state, Delivery { done, result })));
        Ok(())
    }

    /// Gives the call up.
    fn cancel(&self) {
        if let Some(abort) = &*self.abort.lock().unwrap_or_else(PoisonError::into_inner) {
            abort.abort();
        }
    }
}

/// How to wait where gevent has replaced Python's threads: nothing but its hub can run the others meanwhile.
fn greenlets(py: Python<'_>) -> Option<Bound<'_, PyModule>> {
    let modules = py.import("sys").ok()?.getattr("modules").ok()?;
    let monkey = modules.get_item("gevent.monkey").ok()?;
    let is_patched = monkey.call_method1("is_module_patched", ("threading",)).ok()?.is_truthy().ok()?;
    if is_patched { py.import("vipps_partner_auth._gevent").ok() } else { None }
}

/// A result, and whom to give it to.
pub(crate) struct Delivery {
    done: Py<PyAny>,
    result: Result<Result<Outcome, Box<dyn Any + Send>>, Aborted>,
}

fn hand_over(state: &'static State, delivery: Delivery) {
    if state.results.put(delivery, state, "vipps-auth-results", deliver_all) {
        return;
    }
    // No thread could be started: rather a network that waits for Python than a caller that waits for ever.
    gate::outside(|| Python::try_attach(|py| deliver_all(py, state.results.take())));
}

fn deliver_all(py: Python<'_>, deliveries: Vec<Delivery>) {
    for delivery in deliveries {
        deliver(py, delivery);
    }
}

fn deliver(py: Python<'_>, Delivery { done, result }: Delivery) {
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
}
