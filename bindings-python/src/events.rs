//! From the core's events to Python's `logging` and the user's hook, never on a thread that holds a lock of the core.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::PyTypeError,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyList, PyWeakrefMethods, PyWeakrefReference},
};
use vipps_partner_auth::Event;

use crate::{process, values::Repr};

/// An event, and whose hook it is for.
pub(crate) struct Told {
    hook: u64,
    event: Event,
}

/// The hook for the core's configuration. It only queues, so that a slow hook of the user keeps no request waiting.
pub(crate) fn teller(hook: u64) -> impl Fn(&Event) + Send + Sync + 'static {
    move |event| {
        let Ok(state) = process::state() else { return };
        // Without a thread they wait for the end of the program.
        state.events.put(Told { hook, event: event.clone() }, state, "vipps-auth-events", deliver);
    }
}

/// The end of the program: what waits to be told is told, and our threads end.
#[pyfunction]
pub(crate) fn end(py: Python<'_>) {
    if let Some(state) = process::known_state() {
        deliver(py, state.events.take());
    }
    process::end(py);
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

/// What happened in the background. Holds no secret. `str(event)` is one line for a log.
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

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "Event").member("name", self.name())?.member("details", self.details(py)?)?.end())
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
        let inspect = callable.py().import("inspect")?;
        if inspect.call_method1("iscoroutinefunction", (callable,))?.is_truthy()? {
            let text = "on_event must be a plain function, not a coroutine function: its thread has no event loop";
            return Err(PyTypeError::new_err(text));
        }
        Self::keep(callable)
    }

    /// The same for a callable of any kind.
    pub(crate) fn keep(callable: &Bound<'_, PyAny>) -> PyResult<(Arc<Py<Self>>, u64)> {
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

pub(crate) fn callable(py: Python<'_>, number: u64) -> Option<Py<PyAny>> {
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
