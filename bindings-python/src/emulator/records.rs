//! What the emulator has seen.

use pyo3::{
    prelude::*,
    types::{PyBytes, PyDateTime},
};
use vipps_emulator as emu;

use crate::convert::{datetime_of, text};

/// A request as it arrived, and what became of it. ``repr`` shows no value that may be secret.
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct RecordedRequest(pub(crate) emu::RecordedRequest);

#[pymethods]
impl RecordedRequest {
    /// Counts up from 1 over the emulator's life.
    #[getter]
    fn id(&self) -> u64 {
        self.0.id
    }

    /// When it arrived, by the emulator's clock; in UTC.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime_of(py, self.0.at)
    }

    /// ``GET``, ``POST``, ...
    #[getter]
    fn method(&self) -> &str {
        &self.0.method
    }

    /// The path, percent-encoding kept.
    #[getter]
    fn path(&self) -> &str {
        &self.0.path
    }

    /// What followed the question mark.
    #[getter]
    fn query(&self) -> Option<&str> {
        self.0.query.as_deref()
    }

    /// Pairs of name, in lower case, and value, in order of arrival.
    #[getter]
    fn headers(&self) -> Vec<(String, String)> {
        self.0.headers.clone()
    }

    /// The first header of that name, in any letter case.
    #[pyo3(signature = (name, /))]
    fn header(&self, name: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
        Ok(self.0.header(&text("name", name)?).map(str::to_owned))
    }

    /// The body, of which the log keeps 64 KiB.
    #[getter]
    fn body<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.body)
    }

    /// The status of the reply; ``None`` while it is outstanding and when the connection was dropped.
    #[getter]
    fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// What was right and wrong.
    #[getter]
    fn findings(&self) -> Vec<Finding> {
        self.0.findings.iter().cloned().map(Finding).collect()
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// One thing to say about a request. Holds no secret.
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct Finding(emu::Finding);

#[pymethods]
impl Finding {
    /// ``right``, ``tolerated``, ``refused``, ``staged`` or ``person``.
    #[getter]
    fn verdict(&self) -> &'static str {
        self.0.verdict.code()
    }

    /// The header, field or part of the request.
    #[getter]
    fn about(&self) -> &'static str {
        self.0.about
    }

    /// What was right, or what was wrong and how to mend it.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// A login as a person and the controls see it. Holds no code and no token.
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct RecordedLogin(pub(crate) emu::RecordedLogin);

#[pymethods]
impl RecordedLogin {
    /// What the controls name it by; the ``auth_req_id`` in both backchannel flows.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// ``browser``, ``backchannel`` or ``backchannel_redirect``.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The sales unit that asks.
    #[getter]
    fn msn(&self) -> &str {
        self.0.msn.as_str()
    }

    /// The sales unit's name, as the person reads it.
    #[getter]
    fn merchant(&self) -> &str {
        &self.0.merchant
    }

    /// The scopes that are granted when the person approves.
    #[getter]
    fn scopes(&self) -> Vec<String> {
        self.0.scopes.clone()
    }

    /// Who was asked, or who approved.
    #[getter]
    fn msisdn(&self) -> Option<&str> {
        self.0.msisdn.as_deref()
    }

    /// What both screens show, in the backchannel flows.
    #[getter]
    fn binding_message(&self) -> Option<&str> {
        self.0.binding_message.as_deref()
    }

    /// When it was started, by the emulator's clock; in UTC.
    #[getter]
    fn started_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime_of(py, self.0.started_at)
    }

    /// From when it can no longer be decided; in UTC.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime_of(py, self.0.expires_at)
    }

    /// ``pending``, ``approved``, ``denied``, ``expired`` or ``completed``.
    #[getter]
    fn status(&self) -> &'static str {
        self.0.status.code()
    }

    fn __repr__(&self) -> String {
        format!("<RecordedLogin {} {} {}>", self.0.id, self.0.kind.code(), self.0.status.code())
    }
}

/// A webhook event that the emulator posted.
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct RecordedPing(pub(crate) emu::RecordedPing);

#[pymethods]
impl RecordedPing {
    /// The login that was decided.
    #[getter]
    fn auth_req_id(&self) -> &str {
        &self.0.auth_req_id
    }

    /// Where it went.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// When the login was decided, by the emulator's clock; in UTC.
    #[getter]
    fn at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime_of(py, self.0.at)
    }

    /// The status of the reply; ``None`` without one.
    #[getter]
    fn status(&self) -> Option<u16> {
        match &self.0.outcome {
            emu::PingOutcome::Answered(status) => Some(*status),
            _ => None,
        }
    }

    /// Why there was no reply.
    #[getter]
    fn failure(&self) -> Option<&str> {
        match &self.0.outcome {
            emu::PingOutcome::Failed(reason) => Some(reason),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        format!("<RecordedPing {} {:?}>", self.0.auth_req_id, self.0.outcome)
    }
}
