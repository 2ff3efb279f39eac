//! A partner bound to one merchant.

use pyo3::{PyTraverseError, PyVisit, prelude::*, types::PyDict};
use vipps_partner_auth as core;

use crate::{
    call::{Call, block},
    convert::object,
    errors::OrRaise,
    id_token::{Expected, IdTokenClaims, token_text},
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

    /// All headers of a call for this merchant. Fetches a token if none is at hand.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.source().headers(py)
    }

    /// The same headers at once; ``None`` when a token must be fetched first.
    fn cached_headers<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.source().cached(py)
    }

    fn _cached_authorization<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyDict>, AccessToken)>> {
        self.source().cached_with_token(py)
    }

    fn _authorization(&self, py: Python<'_>) -> PyResult<Call> {
        self.source().fetch(py)
    }

    /// Checks an ID token for this merchant; fetches Vipps' keys if none are at hand.
    #[pyo3(signature = (jwt, **expect))]
    fn verify_id_token(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<IdTokenClaims> {
        let (merchant, jwt, expect) = (self.core(py)?, token_text(jwt)?, Expected::parse(expect)?.0);
        let claims = match merchant.verify_id_token_cached(&jwt, &expect) {
            Some(claims) => claims,
            None => block(py, async move { merchant.verify_id_token(&jwt, &expect).await })?,
        };
        claims.or_raise(py).map(IdTokenClaims)
    }

    /// The same check at once; ``None`` when keys must be fetched first.
    #[pyo3(signature = (jwt, **expect))]
    fn verify_id_token_cached(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<IdTokenClaims>> {
        let (merchant, jwt, expect) = (self.core(py)?, token_text(jwt)?, Expected::parse(expect)?.0);
        merchant.verify_id_token_cached(&jwt, &expect).transpose().or_raise(py).map(|claims| claims.map(IdTokenClaims))
    }

    #[pyo3(signature = (jwt, **expect))]
    fn _verify_id_token(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Call> {
        let (merchant, jwt, expect) = (self.core(py)?, token_text(jwt)?, Expected::parse(expect)?.0);
        Ok(IdTokenClaims::call(async move { merchant.verify_id_token(&jwt, &expect).await }))
    }

    fn __repr__(&self) -> String {
        format!("<Merchant {}>", self.msn)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.partner)?;
        self.snapshot.traverse(&visit)
    }
}
