//! Values by name, such as settings, as the core reads them.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyBytes, PyDict, PyString},
};
use serde_json::Value;
use vipps_partner_auth::{Kind, Result as CoreResult};

use crate::{
    convert::{seconds, text, texts},
    errors::{OrRaise, wrong_type},
    settings::environment_text,
};

/// Values as the core has them, with their names.
pub(crate) type Values = Vec<(String, Value)>;

/// Named arguments: those with a value that the core knows, and the others, for which there is no name in the core.
pub(crate) fn values<'py>(
    given: Option<&Bound<'py, PyDict>>,
    kind_of: fn(&str) -> Option<Kind>,
) -> PyResult<(Values, Vec<(String, Bound<'py, PyAny>)>)> {
    let mut values = Vec::new();
    let mut others = Vec::new();
    for (name, value) in given.into_iter().flatten() {
        let name = text("name", &name)?;
        match kind_of(&name) {
            // `None` stands for what was not given, but not for a name that does not exist.
            Some(_) if value.is_none() => {}
            Some(kind) => {
                let value = plain(&name, kind, &value)?;
                values.push((name, value));
            }
            None => others.push((name, value)),
        }
    }
    Ok((values, others))
}

/// Named arguments of a call, all of which the core knows.
pub(crate) fn options<T>(
    py: Python<'_>,
    what: &str,
    given: Option<&Bound<'_, PyDict>>,
    kind_of: fn(&str) -> Option<Kind>,
    read: impl FnOnce(Values) -> CoreResult<T>,
) -> PyResult<T> {
    let (values, others) = values(given, kind_of)?;
    match others.first() {
        Some((name, _)) => Err(PyTypeError::new_err(format!("there is no {what} {name}"))),
        None => read(values).or_raise(py),
    }
}

/// A value as JSON has it.
fn plain(name: &str, kind: Kind, value: &Bound<'_, PyAny>) -> PyResult<Value> {
    Ok(match kind {
        Kind::Environment => environment_text(name, value)?.into(),
        Kind::Span => number(seconds(name, value)?),
        Kind::Pem => pem(name, value)?.into(),
        Kind::Flag => flag(name, value)?.into(),
        Kind::Texts => texts(name, value)?.into(),
        Kind::Text | Kind::Msn | Kind::Word { .. } => text(name, value)?.into(),
    })
}

/// JSON has no number for what is none; the core refuses it as a text.
fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)
}

fn pem(field: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
        Err(_) if value.is_instance_of::<PyString>() => text(field, value),
        Err(_) => Err(wrong_type(field, "str or bytes", value)),
    }
}

/// True or false, and not merely something that counts as one.
pub(crate) fn flag(field: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.cast::<PyBool>().map(PyBoolMethods::is_true).map_err(|_| wrong_type(field, "bool", value))
}
