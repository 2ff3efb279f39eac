//! What all values have in common: how they are shown, hashed and kept out of pickles.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::SystemTime,
};

use pyo3::{IntoPyObjectExt, exceptions::PyTypeError, prelude::*};

use crate::convert::datetime;

/// A value as Python would write it: `Name(member='text')`. With `...` for what is not shown.
pub(crate) struct Repr<'py> {
    py: Python<'py>,
    name: &'static str,
    members: Vec<String>,
}

impl<'py> Repr<'py> {
    pub(crate) fn new(py: Python<'py>, name: &'static str) -> Self {
        Self { py, name, members: Vec::new() }
    }

    pub(crate) fn member(mut self, name: &str, value: impl IntoPyObject<'py>) -> PyResult<Self> {
        let value = value.into_bound_py_any(self.py)?.repr()?;
        self.members.push(format!("{name}={}", value.to_cow()?));
        Ok(self)
    }

    /// A member that is left out when it is `None`.
    pub(crate) fn member_if_any(self, name: &str, value: Option<impl IntoPyObject<'py>>) -> PyResult<Self> {
        match value {
            Some(value) => self.member(name, value),
            None => Ok(self),
        }
    }

    /// A moment, as ISO 8601 has it.
    pub(crate) fn moment(self, name: &str, moment: SystemTime) -> PyResult<Self> {
        let text = datetime(self.py, moment)?.call_method0("isoformat")?;
        self.member(name, text)
    }

    /// There is more, which is personal or secret.
    pub(crate) fn rest(mut self) -> Self {
        self.members.push("...".to_owned());
        self
    }

    pub(crate) fn end(self) -> String {
        format!("{}({})", self.name, self.members.join(", "))
    }
}

/// Of what makes a value itself and is no secret: equal values have equal hashes.
pub(crate) fn hash(identity: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    hasher.finish()
}

/// The answer to `pickle` of a value that must stay in its process.
pub(crate) fn not_to_be_pickled(name: &str, why: &str) -> PyErr {
    PyTypeError::new_err(format!("cannot pickle {name}: {why}"))
}
