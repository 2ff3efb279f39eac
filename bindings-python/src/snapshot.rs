//! Finished headers as a Python dict, copied for each call while they hold.

use std::sync::{Mutex, MutexGuard};

use http::HeaderMap;
use pyo3::{
    PyTraverseError, PyVisit,
    prelude::*,
    types::{PyDict, PyString},
};
use vipps_partner_auth as core;

use crate::{errors, partner::Live, process};

/// The finished headers of one handle.
///
/// The lock is only ever tried: whoever finds it taken asks the core, so that neither a collector that runs Python while
/// it is held, nor a fork, can make anybody wait.
#[derive(Default)]
pub(crate) struct Snapshot(Mutex<Option<Kept>>);

struct Kept {
    process: u64,
    generation: u64,
    fresh_until: core::Now,
    headers: Py<PyDict>,
    token: core::AccessToken,
}

impl Kept {
    fn holds(&self, live: &Live) -> bool {
        self.process == process::generation()
            && self.generation == live.partner.generation()
            && live.is_fresh(self.generation, self.fresh_until)
    }
}

impl Snapshot {
    /// A copy of the headers; `None` when it is time to ask the core.
    pub(crate) fn headers<'py>(&self, py: Python<'py>, live: &Live) -> Option<Bound<'py, PyDict>> {
        self.holding(live, |kept| kept.headers.bind(py).copy().ok())
    }

    /// The token within those headers.
    pub(crate) fn token(&self, live: &Live) -> Option<core::AccessToken> {
        self.holding(live, |kept| Some(kept.token.clone()))
    }

    /// The very dict, to share its values with others of the same token.
    pub(crate) fn shared<'py>(&self, py: Python<'py>, live: &Live) -> Option<Bound<'py, PyDict>> {
        self.holding(live, |kept| Some(kept.headers.bind(py).clone()))
    }

    fn holding<T>(&self, live: &Live, get: impl FnOnce(&Kept) -> Option<T>) -> Option<T> {
        let place = self.kept()?;
        let kept = place.as_ref()?;
        if kept.holds(live) { get(kept) } else { None }
    }

    /// Keeps new headers and hands out a copy.
    pub(crate) fn keep<'py>(
        &self,
        py: Python<'py>,
        headers: &core::Headers,
        like: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let made = dict(py, headers, like)?;
        let copy = made.copy()?;
        let process = process::generation();
        let generation = headers.generation();
        let fresh_until = headers.fresh_until();
        let kept = Kept { process, generation, fresh_until, headers: made.unbind(), token: headers.token().clone() };
        let older = self.kept().and_then(|mut place| place.replace(kept));
        // Dropped only now that the lock is free again.
        drop(older);
        Ok(copy)
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(kept) = self.kept() else { return Ok(()) };
        kept.as_ref().map_or(Ok(()), |kept| visit.call(&kept.headers))
    }

    fn kept(&self) -> Option<MutexGuard<'_, Option<Kept>>> {
        self.0.try_lock().ok()
    }
}

/// Headers as a dict; values that `like` has too are shared with it, since tokens are long and merchants many.
pub(crate) fn dict<'py>(
    py: Python<'py>,
    headers: &HeaderMap,
    like: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    let made = PyDict::new(py);
    for (name, value) in headers {
        let name = PyString::intern(py, name.as_str());
        let text = value.to_str().map_err(|_| errors::internal(py))?;
        let value = PyString::new(py, text);
        let known = like.and_then(|like| like.get_item(&name).ok()?);
        match known.filter(|known| known.eq(&value).unwrap_or(false)) {
            Some(known) => made.set_item(name, known)?,
            None => made.set_item(name, value)?,
        }
    }
    Ok(made)
}
