//! A partner bound to one merchant.

use pyo3::{PyTraverseError, PyVisit, prelude::*, types::PyDict};
use vipps_partner_auth as core;

use crate::{
    call::Call,
    convert::{object, optional_text, whole},
    errors::OrRaise,
    id_token::{IdTokenClaims, expected, token_text},
    partner::{Partner, Source},
    snapshot::Snapshot,
    token::AccessToken,
};

/// The native half of ``vipps_partner_auth.Merchant``.
#[pyclass(frozen, subclass, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct Merchant {
    partner: Py<Partner>,
    pub(crate) msn: core::Msn,
    snapshot: Snapshot,
}

impl Merchant {
    pub(crate) fn core(&self, py: Python<'_>) -> PyResult<core::Merchant> {
        Ok(self.partner.get().live(py)?.partner.merchant(self.msn.clone()))
    }

    fn source(&self) -> Source<'_> {
        Source { partner: self.partner.get(), snapshot: &self.snapshot, msn: Some(&self.msn) }
    }
}

#[pymethods]
impl Merchant {
    #[new]
    fn new(partner: &Bound<'_, PyAny>, msn: &Bound<'_, PyAny>) -> PyResult<Self> {
        let partner = object::<Partner>("partner", partner)?.clone().unbind();
        Ok(Self { partner, msn: crate::convert::msn(msn)?, snapshot: Snapshot::default() })
    }

    /// The partner behind it.
    #[getter]
    fn partner(&self, py: Python<'_>) -> Py<Partner> {
        self.partner.clone_ref(py)
    }

    /// The sales unit this handle speaks for.
    #[getter]
    fn msn(&self) -> &str {
        self.msn.as_str()
    }

    /// All headers of a call for this merchant.
    ///
    /// The dict is the caller's own. Fetches a token where none is at hand, and waits for it for ``timeout`` (seconds or
    /// ``timedelta``; the setting ``deadline`` when missing). Blocks the thread: on an event loop use ``headers_async``.
    #[pyo3(signature = (*, timeout=None))]
    fn headers<'py>(&self, py: Python<'py>, timeout: Option<&Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyDict>> {
        self.source().headers(py, timeout)
    }

    /// The same headers at once; ``None`` when a token must be fetched first. A renewal that is due starts behind it.
    fn cached_headers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.source().cached(py)
    }

    fn _cached_authorization<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyDict>, AccessToken)>> {
        self.source().cached_with_token(py)
    }

    fn _authorization(&self, py: Python<'_>) -> PyResult<Call> {
        self.source().fetch(py)
    }

    /// For adapters: tells what an API answered to a call with these headers. The first 403 of a merchant whose calls had
    /// worked is told as an event then, ``merchant_forbidden``; a 403 that is no JSON says nothing of the merchant.
    #[pyo3(signature = (status, content_type=None))]
    fn answered(
        &self,
        py: Python<'_>,
        status: &Bound<'_, PyAny>,
        content_type: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let status = whole("status", status)?;
        let content_type = optional_text("content_type", content_type)?;
        self.core(py)?.answered(status, content_type.as_deref());
        Ok(())
    }

    fn _refused(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<Call> {
        self.source().refused(py, token)
    }

    /// Checks an ID token for this merchant.
    ///
    /// ``expect`` names what else it must say: ``nonce``, ``flow``, ``client_id``, ``access_token``, ``acr`` and
    /// ``auth_req_id``; one that is ``None`` counts as not given. Raises ``InvalidIdTokenError``, whose ``claim`` names
    /// the check that failed. Fetches Vipps' keys where none are at hand, and waits for them for ``timeout``.
    #[pyo3(signature = (jwt, *, timeout=None, **expect))]
    fn verify_id_token(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        match self.verify_id_token_cached(py, jwt, expect)? {
            Some(claims) => Ok(Py::new(py, claims)?.into_any()),
            None => self._verify_id_token(py, jwt, expect)?.waited(py, timeout),
        }
    }

    /// The same check at once; ``None`` when keys must be fetched first.
    #[pyo3(signature = (jwt, **expect))]
    fn verify_id_token_cached(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<IdTokenClaims>> {
        let merchant = self.core(py)?;
        let jwt = token_text(jwt)?;
        let expect = expected(py, expect)?;
        let claims = merchant.verify_id_token_cached(&jwt, &expect).transpose().or_raise(py)?;
        Ok(claims.map(IdTokenClaims::from))
    }

    #[pyo3(signature = (jwt, **expect))]
    fn _verify_id_token(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Call> {
        let merchant = self.core(py)?;
        let jwt = token_text(jwt)?;
        let expect = expected(py, expect)?;
        Ok(IdTokenClaims::call(async move { merchant.verify_id_token(&jwt, &expect).await }))
    }

    fn __repr__(&self) -> String {
        format!("<vipps_partner_auth.Merchant {}>", self.msn)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.partner)?;
        self.snapshot.traverse(&visit)
    }
}
