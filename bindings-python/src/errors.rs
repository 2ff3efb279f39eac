//! The core's errors as the exceptions of `vipps_partner_auth._errors`.

use pyo3::{exceptions::PyTypeError, prelude::*, sync::PyOnceLock, types::PyDict};
use vipps_partner_auth::{Error, ErrorKind, Result as CoreResult};

/// An exception with all that the core knows.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    make(py, error.code(), &error.to_string(), |fields| {
        fields.set_item("detail", error.detail())?;
        fields.set_item("retryable", error.retryable())?;
        fields.set_item("field", error.field())?;
        fields.set_item("claim", error.claim())?;
        fields.set_item("reason", error.reason())?;
        fields.set_item("status", error.status())?;
        fields.set_item("oauth_error", error.oauth_error())?;
        fields.set_item("trace_id", error.trace_id())?;
        fields.set_item("retry_after", error.retry_after())?;
        fields.set_item("hint", error.hint())
    })
}

/// A bug in this library: the call ended without a result.
pub(crate) fn internal(py: Python<'_>) -> PyErr {
    let detail = "the call ended without a result";
    make(py, ErrorKind::Internal.code(), detail, |fields| fields.set_item("detail", detail))
}

/// The caller's own limit was over before the call was.
pub(crate) fn timed_out(py: Python<'_>) -> PyErr {
    let made = py.import("vipps_partner_auth._errors").and_then(|errors| errors.getattr("timed_out")?.call0());
    made.map_or_else(|error| error, PyErr::from_value)
}

/// An argument that Python can hold and the core can't, and the rule that it breaks.
pub(crate) fn invalid(py: Python<'_>, field: &str, rule: &str) -> PyErr {
    invalid_sentence(py, field, &format!("{field} {rule}"))
}

/// The same in a sentence whose subject is another.
pub(crate) fn invalid_sentence(py: Python<'_>, field: &str, sentence: &str) -> PyErr {
    make(py, ErrorKind::InvalidConfig.code(), &format!("{sentence} field=`{field}`"), |fields| {
        fields.set_item("detail", sentence)?;
        fields.set_item("field", field)
    })
}

/// An argument of another type. Names both, never the value.
pub(crate) fn wrong_type(field: &str, expected: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let actual = value.get_type().name().map_or_else(|_| "another type".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{field} must be {expected}, not {actual}"))
}

fn make(py: Python<'_>, code: &str, text: &str, fill: impl FnOnce(&Bound<'_, PyDict>) -> PyResult<()>) -> PyErr {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let fields = PyDict::new(py);
    let made = fill(&fields).and_then(|()| {
        let make = MAKE.import(py, "vipps_partner_auth._errors", "make")?;
        make.call1((code, text, fields))
    });
    made.map_or_else(|error| error, PyErr::from_value)
}

/// For `?` on what the core returns.
pub(crate) trait OrRaise<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for CoreResult<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| raised(py, &error))
    }
}
