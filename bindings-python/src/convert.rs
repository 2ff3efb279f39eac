//! Between Python's values and the core's.

use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use pyo3::{
    PyClass, intern,
    prelude::*,
    pyclass::boolean_struct::True,
    types::{IntoPyDict, PyBool, PyDateTime, PyFloat, PyInt, PyString, PyTzInfo},
};
use vipps_partner_auth::{Error, Msn};

use crate::errors::{OrRaise, invalid, wrong_type};

/// A text argument.
pub(crate) fn text(field: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = value.cast::<PyString>().map_err(|_| wrong_type(field, "str", value))?;
    // Python's own error would carry the whole text, which may be a secret.
    text.to_cow().map(Into::into).map_err(|_| invalid(value.py(), field, "must be text without lone surrogates"))
}

/// A text argument that may be left out.
pub(crate) fn optional_text(field: &str, value: Option<&Bound<'_, PyAny>>) -> PyResult<Option<String>> {
    value.map(|value| text(field, value)).transpose()
}

/// A merchant serial number.
pub(crate) fn msn(value: &Bound<'_, PyAny>) -> PyResult<Msn> {
    parsed("msn", value)
}

/// A text argument that stands for one of the core's own types.
pub(crate) fn parsed<T: FromStr<Err = Error>>(field: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    text(field, value)?.parse::<T>().or_raise(value.py())
}

/// Several texts; a single one is refused, since it would fall apart into letters.
pub(crate) fn texts(field: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let expected = "an iterable of str";
    if value.is_instance_of::<PyString>() {
        return Err(wrong_type(field, expected, value));
    }
    let items = value.try_iter().map_err(|_| wrong_type(field, expected, value))?;
    items.map(|item| text(field, &item?)).collect()
}

/// An object of one of our classes.
pub(crate) fn object<'a, 'py, T: PyClass<Frozen = True> + Sync>(
    field: &str,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, T>> {
    let expected = <T as pyo3::PyTypeInfo>::type_object(value.py());
    let name = expected.name().map_or_else(|_| "another".to_owned(), |name| name.to_string());
    value.cast::<T>().map_err(|_| wrong_type(field, &name, value))
}

/// Seconds as a number, or a `timedelta`.
pub(crate) fn seconds(field: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    counted(field, value, "total_seconds", "a number of seconds or a timedelta")
}

/// The same as the core takes it.
pub(crate) fn span(field: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    vipps_partner_auth::span(seconds(field, value)?).map_err(|rule| invalid(value.py(), field, rule))
}

/// Seconds since the Unix epoch as a number, or a `datetime`.
pub(crate) fn instant(field: &str, value: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let seconds = counted(field, value, "timestamp", "a number of seconds since 1970 or a datetime")?;
    let instant = Duration::try_from_secs_f64(seconds).ok().filter(|instant| *instant <= LAST_INSTANT);
    instant.ok_or_else(|| invalid(value.py(), field, "must be a moment from 1970 to 9999"))
}

/// The last second that a `datetime` can hold.
const LAST_INSTANT: Duration = Duration::from_secs(253_402_300_799);

fn counted(field: &str, value: &Bound<'_, PyAny>, method: &str, expected: &str) -> PyResult<f64> {
    let is_number = value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>();
    if is_number && !value.is_instance_of::<PyBool>() {
        return value.extract().map_err(|_| invalid(value.py(), field, "is too large"));
    }
    let seconds = value.call_method0(method).map_err(|_| wrong_type(field, expected, value))?;
    seconds.extract().map_err(|_| wrong_type(field, expected, value))
}

/// A whole number.
pub(crate) fn whole<T: for<'a, 'py> FromPyObject<'a, 'py>>(field: &str, value: &Bound<'_, PyAny>) -> PyResult<T> {
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(wrong_type(field, "int", value));
    }
    value.extract().map_err(|_| invalid(value.py(), field, "is out of range"))
}

/// A moment as a `datetime` in UTC.
pub(crate) fn datetime(py: Python<'_>, time: SystemTime) -> PyResult<Bound<'_, PyDateTime>> {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    PyDateTime::from_timestamp(py, since.as_secs_f64(), Some(&*PyTzInfo::utc(py)?))
}

/// JSON text as Python's own values. Half a surrogate, which JSON can spell and no encoding can hold, becomes U+FFFD.
pub(crate) fn from_json<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    let module = py.import(intern!(py, "json"))?;
    let loads = module.getattr(intern!(py, "loads"))?;
    let value = loads.call1((json,))?;
    if !json.contains("\\ud") && !json.contains("\\uD") {
        return Ok(value);
    }
    let plain = [("ensure_ascii", false)].into_py_dict(py)?;
    let text = module.getattr(intern!(py, "dumps"))?.call((value,), Some(&plain))?;
    let pairs = text.call_method1("encode", ("utf-16-le", "surrogatepass"))?;
    loads.call1((pairs.call_method1("decode", ("utf-16-le", "replace"))?,))
}

/// Python's own values as JSON text.
pub(crate) fn json_text(field: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    let py = value.py();
    let dumps = py.import(intern!(py, "json"))?.getattr(intern!(py, "dumps"))?;
    let json = dumps.call1((value,)).map_err(|_| wrong_type(field, "a value that JSON can hold", value))?;
    text(field, &json)
}
