//! From the core's events to Python's `logging` and the user's hook, never on a thread that holds a lock of the core.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use pyo3::{
    PyTraverseError, PyVisit,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyList, PyWeakrefMethods, PyWeakrefReference},
};
use vipps_partner_auth::Event;

use crate::process;

/// Where the core's hook puts events. Telling only queues; a thread that holds nothing of ours hands them on.
#[derive(Default)]
pub(crate) struct Post(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Told>,
    is_being_emptied: bool,
}

/// An event, and whose hook it is for.
pub(crate) struct Told {
    hook: u64,
    event: Event,
}

impl Post {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, told: Told) -> bool {
        let mut queue = self.queue();
        queue.waiting.push_back(told);
        !std::mem::replace(&mut queue.is_being_emptied, true)
    }

    fn take(&self) -> Option<Vec<Told>> {
        let mut queue = self.queue();
        queue.is_being_emptied = !queue.waiting.is_empty();
        queue.is_being_emptied.then(|| queue.waiting.drain(..).collect())
    }
}

/// The hook for the core's configuration.
pub(crate) fn teller(hook: u64) -> impl Fn(&Event) + Send + Sync + 'static {
    move |event| {
        let Ok(state) = process::state() else { return };
        if state.post.put(Told { hook, event: event.clone() }) {
            state.handle.spawn_blocking(|| while hand_on_what_waits() {});
        }
    }
}

/// False when nothing waited, or no interpreter is left to tell.
fn hand_on_what_waits() -> bool {
    let Some(told) = process::state().ok().and_then(|state| state.post.take()) else { return false };
    Python::try_attach(|py| deliver(py, told)).is_some()
}

/// The end of the program: what waits to be told is told, and our threads end.
#[pyfunction]
pub(crate) fn end(py: Python<'_>) {
    let Some(state) = process::known_state() else { return };
    if let Some(told) = state.post.take() {
        deliver(py, told);
    }
    py.detach(|| state.end());
}

fn deliver(py: Python<'_>, told: Vec<Told>) {
    let result = to_python(py, told)
        .and_then(|events| py.import("vipps_partner_auth._events")?.getattr("deliver")?.call1((events,)));
    if let Err(error) = result {
        error.write_unraisable(py, None);
    }
}

fn to_python(py: Python<'_>, told: Vec<Told>) -> PyResult<Bound<'_, PyList>> {
    let events = PyList::empty(py);
    for Told { hook, event } in told {
        events.append((Py::new(py, NativeEvent(event))?, callable(py, hook)))?;
    }
    Ok(events)
}

/// What happened behind the caller's back. Holds no secret. `str(event)` is one line for a log.
#[pyclass(frozen, name = "Event", module = "vipps_partner_auth")]
pub(crate) struct NativeEvent(Event);

#[pymethods]
impl NativeEvent {
    /// The stable name, such as `token_renewed`; the same in every language.
    #[getter]
    fn name(&self) -> &'static str {
        self.0.name()
    }

    /// What the event tells besides, as text; durations in seconds.
    #[getter]
    fn details<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let details = PyDict::new(py);
        self.0.details().into_iter().try_for_each(|(name, value)| details.set_item(name, value))?;
        Ok(details)
    }

    /// Whether somebody should look into it.
    #[getter]
    fn is_warning(&self) -> bool {
        self.0.is_warning()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("<Event {}>", self.0)
    }
}

/// Keeps a user's callable alive for as long as its owner, and no longer: the events know it by number only.
#[pyclass(frozen, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct Hook {
    number: u64,
    callable: Py<PyAny>,
}

static HOOKS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

impl Hook {
    pub(crate) fn new(callable: &Bound<'_, PyAny>) -> PyResult<(Arc<Py<Self>>, u64)> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let py = callable.py();
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let hook = Bound::new(py, Self { number, callable: callable.clone().unbind() })?;
        hooks(py).set_item(number, PyWeakrefReference::new(hook.as_any())?)?;
        Ok((Arc::new(hook.unbind()), number))
    }
}

fn hooks(py: Python<'_>) -> &Bound<'_, PyDict> {
    HOOKS.get_or_init(py, || PyDict::new(py).unbind()).bind(py)
}

fn callable(py: Python<'_>, number: u64) -> Option<Py<PyAny>> {
    let weak = hooks(py).get_item(number).ok()??;
    let hook = weak.cast::<PyWeakrefReference>().ok()?.upgrade()?;
    Some(hook.cast::<Hook>().ok()?.get().callable.clone_ref(py))
}

#[pymethods]
impl Hook {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.callable)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        // An object is dropped where Python is attached; at the very end of a program it may not be, and nothing matters.
        let _ = Python::try_attach(|py| hooks(py).del_item(self.number));
    }
}
