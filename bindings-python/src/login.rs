//! Login in the browser.

use pyo3::{prelude::*, types::PyDict};
use vipps_partner_auth as core;

use crate::{
    call::Call,
    convert::{object, text, texts},
    errors::OrRaise,
    id_token::IdTokenClaims,
    merchant::Merchant,
    named,
    token::LoginToken,
    userinfo::Userinfo,
    values::{Repr, hash, not_to_be_pickled},
};

/// The native half of ``vipps_partner_auth.Login``.
#[pyclass(frozen, subclass, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct Login {
    merchant: Py<Merchant>,
    redirect_uri: String,
}

impl Login {
    fn core(&self, py: Python<'_>) -> PyResult<core::Login> {
        self.merchant.get().core(py)?.login(&self.redirect_uri).or_raise(py)
    }
}

#[pymethods]
impl Login {
    #[new]
    fn new(py: Python<'_>, merchant: &Bound<'_, PyAny>, redirect_uri: &Bound<'_, PyAny>) -> PyResult<Self> {
        let merchant = object::<Merchant>("merchant", merchant)?.clone().unbind();
        let login = Self { merchant, redirect_uri: text("redirect_uri", redirect_uri)? };
        login.core(py)?;
        Ok(login)
    }

    #[pyo3(signature = (scopes, **options))]
    fn _start(&self, py: Python<'_>, scopes: &Bound<'_, PyAny>, options: Option<&Bound<'_, PyDict>>) -> PyResult<Call> {
        let login = self.core(py)?;
        let scopes = texts("scopes", scopes)?;
        let options =
            named::options(py, "option of a login", options, core::LoginOptions::kind_of, core::LoginOptions::read)?;
        Ok(Call::new(async move { login.start_with(&scopes, &options).await }, |py, request| {
            Ok(Py::new(py, LoginRequest(request))?.into_any())
        }))
    }

    fn _finish(&self, py: Python<'_>, callback_url: &Bound<'_, PyAny>, request: &Bound<'_, PyAny>) -> PyResult<Call> {
        let login = self.core(py)?;
        let callback_url = text("callback_url", callback_url)?;
        let request = object::<LoginRequest>("request", request)?.get().0.clone();
        Ok(Call::new(async move { login.finish(&callback_url, &request).await }, LoginResult::made))
    }

    fn _userinfo(&self, py: Python<'_>, result: &Bound<'_, PyAny>) -> PyResult<Call> {
        let login = self.core(py)?;
        let result = object::<LoginResult>("result", result)?.get().0.clone();
        Ok(Call::new(async move { login.userinfo(&result).await }, |py, userinfo| {
            Ok(Py::new(py, Userinfo(userinfo))?.into_any())
        }))
    }

    /// Where the browser comes back to.
    #[getter]
    fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    fn __repr__(&self) -> String {
        format!("<vipps_partner_auth.Login {}>", self.redirect_uri)
    }
}

/// A login under way: where to send the browser, and what to keep until it is back.
///
/// Keep it in the person's own session on the server: it holds the code verifier, a secret.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct LoginRequest(core::LoginRequest);

#[pymethods]
impl LoginRequest {
    /// A request that was kept as JSON.
    #[staticmethod]
    fn from_json(py: Python<'_>, json: &Bound<'_, PyAny>) -> PyResult<Self> {
        core::LoginRequest::from_json(&text("json", json)?).or_raise(py).map(Self)
    }

    /// The request as JSON, to be kept in the person's session.
    fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// Where to send the browser: as a full page, never in a frame or a web view.
    #[getter]
    fn url(&self) -> &str {
        self.0.url()
    }

    /// Ties the callback to this request.
    #[getter]
    fn state(&self) -> &str {
        self.0.state()
    }

    /// Ties the ID token to this request.
    #[getter]
    fn nonce(&self) -> &str {
        self.0.nonce()
    }

    /// Proves that who exchanges the code is who asked for it. A secret.
    #[getter]
    fn code_verifier(&self) -> &str {
        self.0.code_verifier()
    }

    /// The sales unit the login is for.
    #[getter]
    fn msn(&self) -> &str {
        self.0.msn().as_str()
    }

    /// Where the browser comes back to.
    #[getter]
    fn redirect_uri(&self) -> &str {
        self.0.redirect_uri()
    }

    /// The scopes that were asked for.
    #[getter]
    fn scopes(&self) -> Vec<String> {
        self.0.scopes().to_vec()
    }

    /// The ``acr_values`` that was asked for.
    #[getter]
    fn acr_values(&self) -> Option<&str> {
        self.0.acr_values()
    }

    /// The code of a callback, once it is sure that it answers this request. ``Login.finish`` does this itself.
    fn code(&self, py: Python<'_>, callback_url: &Bound<'_, PyAny>) -> PyResult<AuthorizationCode> {
        self.0.code(&text("callback_url", callback_url)?).or_raise(py).map(AuthorizationCode)
    }

    /// Where to go on in the browser, of a callback to the ``app_callback_uri``.
    fn resume_uri(
        &self,
        py: Python<'_>,
        app_callback_uri: &Bound<'_, PyAny>,
        callback_url: &Bound<'_, PyAny>,
    ) -> PyResult<String> {
        let app_callback_uri = text("app_callback_uri", app_callback_uri)?;
        self.0.resume_uri(&app_callback_uri, &text("callback_url", callback_url)?).or_raise(py)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((py.get_type::<Self>().getattr("from_json")?, (self.0.to_json(),)))
    }

    fn __hash__(&self) -> u64 {
        hash(self.0.state())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let repr =
            Repr::new(py, "LoginRequest").member("msn", self.msn())?.member("redirect_uri", self.redirect_uri())?;
        Ok(repr.member("scopes", self.scopes())?.rest().end())
    }
}

/// An authorization code that came back with the right ``state``.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq)]
pub(crate) struct AuthorizationCode(core::AuthorizationCode);

#[pymethods]
impl AuthorizationCode {
    /// The code. A secret.
    #[getter]
    fn code(&self) -> &str {
        self.0.code()
    }

    /// The scopes, where the callback tells them.
    #[getter]
    fn scopes(&self) -> Option<Vec<String>> {
        self.0.scopes().map(<[String]>::to_vec)
    }

    fn __hash__(&self) -> u64 {
        hash(self.0.scopes())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled(
            "AuthorizationCode",
            "it is a secret that is good for one exchange; keep the LoginRequest and the callback's URL",
        ))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "AuthorizationCode").rest().end())
    }
}

/// A login that passed every check.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq)]
pub(crate) struct LoginResult(pub(crate) core::LoginResult);

impl LoginResult {
    pub(crate) fn made(py: Python<'_>, result: core::LoginResult) -> PyResult<Py<PyAny>> {
        Ok(Py::new(py, Self(result))?.into_any())
    }

    pub(crate) fn made_if_any(py: Python<'_>, result: Option<core::LoginResult>) -> PyResult<Py<PyAny>> {
        result.map_or_else(|| Ok(py.None()), |result| Self::made(py, result))
    }
}

#[pymethods]
impl LoginResult {
    /// Who logged in: the checked claims of the ID token.
    #[getter]
    fn claims(&self) -> IdTokenClaims {
        self.0.claims().into()
    }

    /// Opens userinfo, for about ten minutes, and nothing else.
    #[getter]
    fn access_token(&self) -> LoginToken {
        LoginToken(self.0.access_token().clone())
    }

    /// The ID token itself, already checked. Personal data.
    #[getter]
    fn id_token(&self) -> &str {
        self.0.id_token()
    }

    /// The scopes that were granted.
    #[getter]
    fn scopes(&self) -> Vec<String> {
        self.0.scopes().to_vec()
    }

    /// The scopes that were asked for.
    #[getter]
    fn asked_scopes(&self) -> Vec<String> {
        self.0.asked_scopes().to_vec()
    }

    /// The scopes that were asked for and not granted.
    #[getter]
    fn missing_scopes(&self) -> Vec<String> {
        self.0.missing_scopes().into_iter().map(str::to_owned).collect()
    }

    fn __hash__(&self) -> u64 {
        hash((self.0.claims().sub(), self.0.claims().msn()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled("LoginResult", "it holds tokens; its claims can be pickled, and what userinfo tells"))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let claims = self.0.claims();
        let repr = Repr::new(py, "LoginResult").member("sub", claims.sub())?.member("msn", claims.msn().as_str())?;
        Ok(repr.member("scopes", self.scopes())?.rest().end())
    }
}
