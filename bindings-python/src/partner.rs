//! The entry point: a partner's keys at work, and the same bound to one merchant.

use std::{future::Future, sync::Arc};

use pyo3::{
    PyTraverseError, PyVisit,
    prelude::*,
    types::{PyDict, PyType},
};
use vipps_partner_auth as core;
use vipps_partner_auth::Result as CoreResult;

use crate::{
    call::{Call, block},
    convert::{object, text},
    errors::OrRaise,
    id_token::{Expected, IdTokenClaims},
    keys,
    process::PerProcess,
    settings::{Environment, Settings, SystemInfo},
    snapshot::Snapshot,
    token::{AccessToken, Stats},
};

/// The native half of ``vipps_partner_auth.Partner``.
#[pyclass(frozen, subclass, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct Partner {
    environment: core::Environment,
    keys: core::Keys,
    system: core::SystemInfo,
    settings: Settings,
    live: PerProcess<Live>,
    snapshot: Snapshot,
}

/// A partner at work in this process.
pub(crate) struct Live {
    pub(crate) partner: core::Partner,
    pub(crate) clock: Arc<dyn core::Clock>,
}

impl Live {
    fn cached(&self, msn: Option<&core::Msn>) -> Option<core::Headers> {
        match msn {
            None => self.partner.cached_headers(),
            Some(msn) => self.partner.merchant(msn.clone()).cached_headers(),
        }
    }

    fn authorization(&self, msn: Option<&core::Msn>) -> impl Future<Output = CoreResult<core::Headers>> + Send + use<> {
        let (partner, msn) = (self.partner.clone(), msn.cloned());
        async move {
            match msn {
                None => partner.authorization().await,
                Some(msn) => partner.merchant(msn).authorization().await,
            }
        }
    }
}

impl Partner {
    fn make(py: Python<'_>, keys: core::Keys, system: core::SystemInfo, settings: Settings) -> PyResult<Self> {
        let checked = core::Partner::new(keys.clone(), system.clone(), settings.silent()).or_raise(py)?;
        let environment = checked.environment().clone();
        Ok(Self { environment, keys, system, settings, live: PerProcess::empty(), snapshot: Snapshot::default() })
    }

    pub(crate) fn live(&self, py: Python<'_>) -> PyResult<&Live> {
        self.live.get_or_make(|| {
            let config = self.settings.live()?;
            let partner = core::Partner::new(self.keys.clone(), self.system.clone(), config).or_raise(py)?;
            Ok(Live { partner, clock: self.settings.clock() })
        })
    }

    /// The headers of the partner itself, whose values all merchants share.
    fn shared<'py>(&self, py: Python<'py>, live: &Live) -> PyResult<Option<Bound<'py, PyDict>>> {
        if let Some(shared) = self.snapshot.shared(py, live) {
            return Ok(Some(shared));
        }
        live.cached(None).map(|headers| self.snapshot.keep(py, &headers, None)).transpose()
    }
}

/// Where headers come from: a handle's snapshot, then the core without a wait, then the core.
struct Source<'a> {
    partner: &'a Partner,
    snapshot: &'a Snapshot,
    msn: Option<&'a core::Msn>,
}

impl Source<'_> {
    fn cached<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let live = self.partner.live(py)?;
        if let Some(headers) = self.snapshot.headers(py, live) {
            return Ok(Some(headers));
        }
        live.cached(self.msn).map(|headers| self.keep(py, live, &headers)).transpose()
    }

    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        if let Some(headers) = self.cached(py)? {
            return Ok(headers);
        }
        let live = self.partner.live(py)?;
        let headers = block(py, live.authorization(self.msn))?.or_raise(py)?;
        self.keep(py, live, &headers)
    }

    fn keep<'py>(&self, py: Python<'py>, live: &Live, headers: &core::Headers) -> PyResult<Bound<'py, PyDict>> {
        let shared = self.msn.map(|_| self.partner.shared(py, live)).transpose()?.flatten();
        self.snapshot.keep(py, headers, shared.as_ref())
    }

    /// Headers with the token in them, for adapters; `None` when a token must be fetched first.
    fn cached_with_token<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyDict>, AccessToken)>> {
        let Some(headers) = self.cached(py)? else { return Ok(None) };
        let token = self.snapshot.token(self.partner.live(py)?);
        Ok(token.map(|token| (headers, AccessToken(token))))
    }

    fn fetch(&self, py: Python<'_>) -> PyResult<Call> {
        let future = self.partner.live(py)?.authorization(self.msn);
        Ok(Call::new(future, |py, headers| {
            let pair = (crate::snapshot::dict(py, &headers, None)?, AccessToken(headers.token().clone()));
            Ok(pair.into_pyobject(py)?.into_any().unbind())
        }))
    }
}

impl Partner {
    fn source(&self) -> Source<'_> {
        Source { partner: self, snapshot: &self.snapshot, msn: None }
    }
}

#[pymethods]
impl Partner {
    #[new]
    #[pyo3(signature = (keys, system, **settings))]
    fn new(
        py: Python<'_>,
        keys: &Bound<'_, PyAny>,
        system: &Bound<'_, PyAny>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let system = object::<SystemInfo>("system", system)?.get().0.clone();
        Self::make(py, keys::any(keys)?, system, Settings::parse(settings)?)
    }

    /// Reads keys (sales unit keys where ``VIPPS_MSN`` is set, else partner keys), ``SystemInfo`` and environment from the
    /// environment's variables. Settings say the rest.
    #[classmethod]
    #[pyo3(signature = (**settings))]
    fn from_env<'py>(cls: &Bound<'py, PyType>, settings: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        let chosen = core::Partner::from_env_with(Settings::parse(settings)?.silent()).or_raise(py)?;
        let kwargs = settings.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
        kwargs.set_item("environment", Environment(chosen.environment().clone()).into_pyobject(py)?)?;
        let system = SystemInfo(core::SystemInfo::from_env().or_raise(py)?);
        cls.call((keys::from_env(py)?, system), Some(&kwargs))
    }

    /// Headers for calls that are not for one merchant; with specialized keys, for all calls.
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

    fn _access_token(&self, py: Python<'_>) -> PyResult<Call> {
        let partner = self.live(py)?.partner.clone();
        Ok(Call::new(async move { partner.access_token().await }, |py, token| {
            Ok(Py::new(py, AccessToken(token))?.into_any())
        }))
    }

    /// Drops this token, if it is still the one in use. Tells whether it was dropped.
    fn invalidate(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<bool> {
        let token = object::<AccessToken>("token", token)?;
        Ok(self.live(py)?.partner.invalidate(&token.get().0))
    }

    /// For adapters, when an API answered 401 to a call that carried this token: whether one more try makes sense.
    fn refused(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> PyResult<bool> {
        let token = object::<AccessToken>("token", token)?;
        Ok(self.live(py)?.partner.refused(&token.get().0))
    }

    /// Whether headers may be sent to this URL. Adapters must ask before they attach headers.
    fn covers(&self, py: Python<'_>, url: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.live(py)?.partner.covers(&text("url", url)?))
    }

    /// Changes with each new token and each one that is dropped.
    #[getter]
    fn generation(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(self.live(py)?.partner.generation())
    }

    /// What happened so far in this process.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        Ok(self.live(py)?.partner.stats().into())
    }

    /// Where this partner's calls go.
    #[getter]
    fn environment(&self) -> Environment {
        Environment(self.environment.clone())
    }

    fn __repr__(&self) -> String {
        format!("<Partner {}>", self.environment.base_url())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.settings.traverse(&visit)?;
        self.snapshot.traverse(&visit)
    }
}

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
        let (merchant, jwt, expect) = (self.core(py)?, text("jwt", jwt)?, Expected::parse(expect)?.0);
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
        let (merchant, jwt, expect) = (self.core(py)?, text("jwt", jwt)?, Expected::parse(expect)?.0);
        merchant.verify_id_token_cached(&jwt, &expect).transpose().or_raise(py).map(|claims| claims.map(IdTokenClaims))
    }

    #[pyo3(signature = (jwt, **expect))]
    fn _verify_id_token(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Call> {
        let (merchant, jwt, expect) = (self.core(py)?, text("jwt", jwt)?, Expected::parse(expect)?.0);
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
