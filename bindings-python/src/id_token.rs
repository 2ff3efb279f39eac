//! ID tokens.

use std::{future::Future, time::SystemTime};

use pyo3::{
    PyTraverseError, PyVisit,
    prelude::*,
    types::{PyDateTime, PyDict, PySlice, PyString},
};
use vipps_partner_auth as core;
use vipps_partner_auth::Result as CoreResult;

use crate::{
    call::Call,
    convert::{datetime, from_json, json_text, msn as parsed_msn, text},
    errors::{OrRaise, wrong_type},
    named::options,
    process::PerProcess,
    settings::Settings,
    token::Stats,
    values::{Repr, hash},
};

/// What an ID token must say, by name.
pub(crate) fn expected(py: Python<'_>, given: Option<&Bound<'_, PyDict>>) -> PyResult<core::Expect> {
    options(py, "expectation", given, core::Expect::kind_of, core::Expect::read)
}

/// The claims of an ID token that has passed every check. There is no other way to read them. ``repr`` shows ``sub`` and
/// ``msn`` alone.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq)]
pub(crate) struct IdTokenClaims {
    json: String,
    sub: String,
    msn: String,
    issued_at: SystemTime,
    expires_at: SystemTime,
}

impl IdTokenClaims {
    pub(crate) fn call(future: impl Future<Output = CoreResult<core::IdTokenClaims>> + Send + 'static) -> Call {
        Call::new(future, |py, claims| Ok(Py::new(py, Self::from(claims))?.into_any()))
    }
}

impl From<&core::IdTokenClaims> for IdTokenClaims {
    fn from(claims: &core::IdTokenClaims) -> Self {
        Self {
            json: claims.json().to_owned(),
            sub: claims.sub().to_owned(),
            msn: claims.msn().to_string(),
            issued_at: claims.issued_at(),
            expires_at: claims.expires_at(),
        }
    }
}

impl From<core::IdTokenClaims> for IdTokenClaims {
    fn from(claims: core::IdTokenClaims) -> Self {
        Self::from(&claims)
    }
}

#[pymethods]
impl IdTokenClaims {
    /// The user, as this sales unit knows them. Another MSN gets another value for the same person.
    #[getter]
    fn sub(&self) -> &str {
        &self.sub
    }

    /// The sales unit the user logged in at.
    #[getter]
    fn msn(&self) -> &str {
        &self.msn
    }

    /// When the token was made; in UTC.
    #[getter]
    fn issued_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, self.issued_at)
    }

    /// When it runs out; in UTC.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, self.expires_at)
    }

    /// Any claim; ``default`` when it is absent. What not every language can hold is a ``str``: a whole number beyond
    /// ±(2**53 - 1), a number too large for a ``float``, what is nested more than 64 levels deep. Half of a surrogate pair
    /// is U+FFFD.
    #[pyo3(signature = (name, default=None))]
    fn claim(&self, py: Python<'_>, name: &Bound<'_, PyAny>, default: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let name = name.cast::<PyString>().map_err(|_| wrong_type("name", "str", name))?;
        let claim = self.to_dict(py)?.cast_into::<PyDict>()?.get_item(name)?;
        Ok(claim.map(Bound::unbind).or(default).unwrap_or_else(|| py.None()))
    }

    /// All claims, as ``claim`` gives them.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        from_json(py, &self.json)
    }

    /// All claims, as the JSON that was signed, except for what ``claim`` says.
    fn to_json(&self) -> &str {
        &self.json
    }

    fn __hash__(&self) -> u64 {
        hash((&self.sub, &self.msn, &self.issued_at))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Pickled)> {
        let restored = py.get_type::<Self>().getattr("_restored")?;
        Ok((restored, (self.json.clone(), self.sub.clone(), self.msn.clone(), self.issued_at, self.expires_at)))
    }

    #[staticmethod]
    fn _restored(json: String, sub: String, msn: String, issued_at: SystemTime, expires_at: SystemTime) -> Self {
        Self { json, sub, msn, issued_at, expires_at }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "IdTokenClaims").member("sub", &self.sub)?.member("msn", &self.msn)?.rest().end())
    }
}

/// What a pickle keeps of claims: they were checked before.
type Pickled = (String, String, String, SystemTime, SystemTime);

/// The native half of ``vipps_partner_auth.IdTokenVerifier``.
#[pyclass(frozen, subclass, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct IdTokenVerifier {
    settings: Settings,
    jwks: Option<String>,
    live: PerProcess<core::IdTokenVerifier>,
}

impl IdTokenVerifier {
    fn build(&self, config: core::Config) -> CoreResult<core::IdTokenVerifier> {
        match &self.jwks {
            Some(jwks) => core::IdTokenVerifier::with_jwks(config, jwks),
            None => core::IdTokenVerifier::new(config),
        }
    }

    fn live(&self, py: Python<'_>) -> PyResult<&core::IdTokenVerifier> {
        self.live.get_or_make(|| self.build(self.settings.live()?).or_raise(py))
    }
}

#[pymethods]
impl IdTokenVerifier {
    #[new]
    #[pyo3(signature = (environment=None, *, jwks=None, **settings))]
    fn new(
        py: Python<'_>,
        environment: Option<&Bound<'_, PyAny>>,
        jwks: Option<&Bound<'_, PyAny>>,
        settings: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let given = settings.map_or_else(|| Ok(PyDict::new(py)), PyDictMethods::copy)?;
        given.set_item("environment", environment)?;
        let jwks = jwks.map(jwks_text).transpose()?;
        let verifier = Self { settings: Settings::parse(py, Some(&given))?, jwks, live: PerProcess::empty() };
        verifier.build(verifier.settings.silent()).or_raise(py)?;
        Ok(verifier)
    }

    /// Checks an ID token of the sales unit ``msn``.
    ///
    /// ``expect`` names what else it must say: ``nonce``, ``flow``, ``client_id``, ``access_token``, ``acr`` and
    /// ``auth_req_id``; one that is ``None`` counts as not given. Raises ``InvalidIdTokenError``, whose ``claim`` names
    /// the check that failed. Fetches Vipps' keys where none are at hand, and waits for them for ``timeout``.
    #[pyo3(signature = (jwt, msn, *, timeout=None, **expect))]
    fn verify(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        msn: &Bound<'_, PyAny>,
        timeout: Option<&Bound<'_, PyAny>>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        match self.verify_cached(py, jwt, msn, expect)? {
            Some(claims) => Ok(Py::new(py, claims)?.into_any()),
            None => self._verify(py, jwt, msn, expect)?.waited(py, timeout),
        }
    }

    /// The same check at once; ``None`` when keys must be fetched first.
    #[pyo3(signature = (jwt, msn, **expect))]
    fn verify_cached(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        msn: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Option<IdTokenClaims>> {
        let jwt = token_text(jwt)?;
        let expect = expected(py, expect)?.msn(parsed_msn(msn)?);
        let claims = self.live(py)?.verify_cached(&jwt, &expect).transpose().or_raise(py)?;
        Ok(claims.map(IdTokenClaims::from))
    }

    #[pyo3(signature = (jwt, msn, **expect))]
    fn _verify(
        &self,
        py: Python<'_>,
        jwt: &Bound<'_, PyAny>,
        msn: &Bound<'_, PyAny>,
        expect: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Call> {
        let jwt = token_text(jwt)?;
        let expect = expected(py, expect)?.msn(parsed_msn(msn)?);
        let verifier = self.live(py)?.clone();
        Ok(IdTokenClaims::call(async move { verifier.verify(&jwt, &expect).await }))
    }

    /// What happened so far in this process.
    fn stats(&self, py: Python<'_>) -> PyResult<Stats> {
        Ok(self.live(py)?.stats().into())
    }

    fn __repr__(&self) -> &'static str {
        "<vipps_partner_auth.IdTokenVerifier>"
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.settings.traverse(&visit)
    }
}

/// A token, and of one that is too long no more than tells so. Half of a surrogate pair can't be in a good one, so
/// whatever stands for it is refused as it would be.
pub(crate) fn token_text(jwt: &Bound<'_, PyAny>) -> PyResult<String> {
    let not_text = || wrong_type("jwt", "str", jwt);
    let most = core::IdTokenVerifier::LONGEST_TOKEN + 1;
    if jwt.cast::<PyString>().map_err(|_| not_text())?.len()? <= most {
        return lossy(jwt).ok_or_else(not_text);
    }
    let head = jwt.get_item(PySlice::new(jwt.py(), 0, most.cast_signed(), 1))?;
    lossy(&head).ok_or_else(not_text)
}

fn lossy(text: &Bound<'_, PyAny>) -> Option<String> {
    text.cast::<PyString>().ok().map(|text| text.to_string_lossy().into_owned())
}

/// JSON text, or what it stands for.
fn jwks_text(value: &Bound<'_, PyAny>) -> PyResult<String> {
    match value.cast::<PyDict>() {
        Ok(_) => json_text("jwks", value),
        Err(_) => text("jwks", value),
    }
}
