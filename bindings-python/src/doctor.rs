//! Whether everything is as it must be: the report as JSON and as text, and the program.

use pyo3::{prelude::*, types::PyTuple};
use vipps_partner_auth::{
    Partner,
    doctor::{DoctorOptions, Report, command},
};

use crate::{
    call::{Call, block},
    convert::{self, optional_text},
    errors,
    named::flag,
};

/// The program ``vipps-doctor`` with these arguments: what it prints, and the code that it ends with.
#[pyfunction]
pub(crate) fn doctor_command(py: Python<'_>, arguments: Vec<String>) -> PyResult<(String, u8)> {
    let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let work = async move { tokio::task::spawn_blocking(move || command(arguments, variable)).await };
    let printed = block(py, work, |py, printed| printed.map_err(|_| errors::internal(py)))?;
    Ok((printed.text, printed.exit_code))
}

/// The report as JSON and as text.
pub(crate) fn examination(partner: Partner, options: DoctorOptions) -> Call {
    Call::new(async move { Ok(partner.doctor_with(&options).await) }, |py, report| told(py, &report))
}

pub(crate) fn options(
    msns: &Bound<'_, PyAny>,
    redirect_uri: Option<&Bound<'_, PyAny>>,
    offline: &Bound<'_, PyAny>,
) -> PyResult<DoctorOptions> {
    let mut options = DoctorOptions::default();
    for msn in msns.try_iter()? {
        options = options.msn(convert::msn(&msn?)?);
    }
    if let Some(redirect_uri) = optional_text("redirect_uri", redirect_uri)? {
        options = options.redirect_uri(redirect_uri);
    }
    Ok(if flag("offline", offline)? { options.offline() } else { options })
}

/// As JSON and as text.
fn told(py: Python<'_>, report: &Report) -> PyResult<Py<PyAny>> {
    Ok(PyTuple::new(py, [report.to_json(), report.to_string()])?.into_any().unbind())
}
