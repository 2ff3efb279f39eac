//! Login from a phone number.

use std::time::Duration;

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyDateTime, PyDelta, PyDict},
};
use vipps_partner_auth as core;

use crate::{
    call::Call,
    convert::{datetime, object, span, text, texts},
    errors::OrRaise,
    login::LoginResult,
    merchant::Merchant,
    named,
    process::PerProcess,
    userinfo::Userinfo,
    values::{Repr, hash},
    webhook::VerifiedWebhook,
};

/// The native half of ``vipps_partner_auth.Backchannel``.
#[pyclass(frozen, subclass, weakref, module = "vipps_partner_auth._native")]
pub(crate) struct Backchannel(Py<Merchant>);

impl Backchannel {
    fn core(&self, py: Python<'_>) -> PyResult<core::Backchannel> {
        self.0.get().core(py)?.backchannel().or_raise(py)
    }
}

#[pymethods]
impl Backchannel {
    #[new]
    fn new(py: Python<'_>, merchant: &Bound<'_, PyAny>) -> PyResult<Self> {
        let phone = Self(object::<Merchant>("merchant", merchant)?.clone().unbind());
        phone.core(py)?;
        Ok(phone)
    }

    fn _user_exists(&self, py: Python<'_>, msisdn: &Bound<'_, PyAny>) -> PyResult<Call> {
        let phone = self.core(py)?;
        let msisdn = text("msisdn", msisdn)?;
        Ok(Call::new(async move { phone.user_exists(&msisdn).await }, |py, exists| exists.into_py_any(py)))
    }

    #[pyo3(signature = (login_hint, scopes, **options))]
    fn _start(
        &self,
        py: Python<'_>,
        login_hint: &Bound<'_, PyAny>,
        scopes: &Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Call> {
        let phone = self.core(py)?;
        let hint = text("login_hint", login_hint)?;
        let scopes = texts("scopes", scopes)?;
        let options = named::options(
            py,
            "option of a login by phone number",
            options,
            core::BackchannelOptions::kind_of,
            core::BackchannelOptions::read,
        )?;
        Ok(Call::new(async move { phone.start_with(&hint, &scopes, &options).await }, |py, pending| {
            Ok(Py::new(py, PendingLogin::from(pending))?.into_any())
        }))
    }

    fn _poll(&self, py: Python<'_>, pending: &Bound<'_, PyAny>) -> PyResult<Call> {
        let phone = self.core(py)?;
        let pending = PendingLogin::of(pending)?;
        Ok(Call::new(async move { phone.poll(&pending).await }, LoginResult::made_if_any))
    }

    #[pyo3(signature = (pending, timeout=None))]
    fn _wait(&self, py: Python<'_>, pending: &Bound<'_, PyAny>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Call> {
        let phone = self.core(py)?;
        let pending = PendingLogin::of(pending)?;
        let timeout = timeout.map(|limit| span("timeout", limit)).transpose()?;
        Ok(Call::new(async move { phone.wait(&pending, timeout).await }, LoginResult::made_if_any))
    }

    fn _next_state(&self, py: Python<'_>, pending: &Bound<'_, PyAny>) -> PyResult<Call> {
        let phone = self.core(py)?;
        let pending = PendingLogin::of(pending)?;
        Ok(Call::new(async move { phone.next_state(&pending).await }, |py, state| {
            Ok(Py::new(py, BackchannelState(state))?.into_any())
        }))
    }

    fn _finish_ping(&self, py: Python<'_>, body: &Bound<'_, PyAny>, pending: &Bound<'_, PyAny>) -> PyResult<Call> {
        let phone = self.core(py)?;
        let body = text("body", body)?;
        let pending = PendingLogin::of(pending)?;
        Ok(Call::new(async move { phone.finish_ping(&body, &pending).await }, LoginResult::made_if_any))
    }

    fn _finish_webhook(
        &self,
        py: Python<'_>,
        webhook: &Bound<'_, PyAny>,
        pending: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let phone = self.core(py)?;
        let webhook = object::<VerifiedWebhook>("webhook", webhook)?.get().0.clone();
        let pending = PendingLogin::of(pending)?;
        Ok(Call::new(async move { phone.finish_webhook(&webhook, &pending).await }, LoginResult::made_if_any))
    }

    fn _finish_redirect(
        &self,
        py: Python<'_>,
        callback_url: &Bound<'_, PyAny>,
        pending: &Bound<'_, PyAny>,
    ) -> PyResult<Call> {
        let phone = self.core(py)?;
        let callback = text("callback_url", callback_url)?;
        let pending = PendingLogin::of(pending)?;
        Ok(Call::new(async move { phone.finish_redirect(&callback, &pending).await }, LoginResult::made))
    }

    fn _userinfo(&self, py: Python<'_>, result: &Bound<'_, PyAny>) -> PyResult<Call> {
        let phone = self.core(py)?;
        let result = object::<LoginResult>("result", result)?.get().0.clone();
        Ok(Call::new(async move { phone.userinfo(&result).await }, |py, userinfo| {
            Ok(Py::new(py, Userinfo(userinfo))?.into_any())
        }))
    }

    /// How long until ``poll`` will ask Vipps again, for those who keep their own time.
    fn next_poll_in<'py>(&self, py: Python<'py>, pending: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDelta>> {
        self.core(py)?.next_poll_in(&PendingLogin::of(pending)?).into_pyobject(py)
    }

    fn __repr__(&self) -> String {
        format!("<vipps_partner_auth.Backchannel {}>", self.0.get().msn)
    }
}

/// How far a login by phone number is, as ``Backchannel.states`` tells it.
#[pyclass(frozen, module = "vipps_partner_auth")]
pub(crate) struct BackchannelState(core::BackchannelState);

#[pymethods]
impl BackchannelState {
    /// How long until Vipps is asked again; ``None`` once the login is complete.
    #[getter]
    fn next_poll_in(&self) -> Option<Duration> {
        match self.0 {
            core::BackchannelState::Pending { next_poll_in } => Some(next_poll_in),
            core::BackchannelState::Complete(_) => None,
        }
    }

    /// Who logged in; ``None`` while the person has not decided, or Vipps could not be asked just now. No state comes after
    /// the one that has it.
    #[getter]
    fn result(&self) -> Option<LoginResult> {
        match &self.0 {
            core::BackchannelState::Pending { .. } => None,
            core::BackchannelState::Complete(result) => Some(LoginResult(result.clone())),
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let repr = Repr::new(py, "BackchannelState").member_if_any("next_poll_in", self.next_poll_in())?;
        Ok(repr.member_if_any("result", self.result())?.end())
    }
}

/// A login by phone number that waits for the person. Keep it on the server: whoever holds it and the keys can end the
/// login.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
pub(crate) struct PendingLogin {
    /// The pace of polling is in there, under a lock; a forked child takes it up where this object was made.
    live: PerProcess<core::PendingLogin>,
    made_as: String,
}

impl From<core::PendingLogin> for PendingLogin {
    fn from(pending: core::PendingLogin) -> Self {
        Self { made_as: pending.to_json(), live: PerProcess::with(pending) }
    }
}

impl PartialEq for PendingLogin {
    fn eq(&self, other: &Self) -> bool {
        matches!((self.live(), other.live()), (Ok(one), Ok(two)) if one == two)
    }
}

impl PendingLogin {
    fn live(&self) -> core::Result<&core::PendingLogin> {
        self.live.get_or_make(|| core::PendingLogin::from_json(&self.made_as))
    }

    fn known(&self, py: Python<'_>) -> PyResult<&core::PendingLogin> {
        self.live().or_raise(py)
    }

    fn of(value: &Bound<'_, PyAny>) -> PyResult<core::PendingLogin> {
        object::<Self>("pending", value)?.get().known(value.py()).cloned()
    }
}

#[pymethods]
impl PendingLogin {
    /// A login that was kept as JSON.
    #[staticmethod]
    fn from_json(py: Python<'_>, json: &Bound<'_, PyAny>) -> PyResult<Self> {
        core::PendingLogin::from_json(&text("json", json)?).or_raise(py).map(Self::from)
    }

    /// The login as JSON, to be kept over a restart.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.known(py)?.to_json())
    }

    /// The id of this login at Vipps.
    #[getter]
    fn auth_req_id(&self, py: Python<'_>) -> PyResult<&str> {
        Ok(self.known(py)?.auth_req_id())
    }

    /// The sales unit the login is for.
    #[getter]
    fn msn(&self, py: Python<'_>) -> PyResult<&str> {
        Ok(self.known(py)?.msn().as_str())
    }

    /// The scopes that were asked for.
    #[getter]
    fn scopes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.known(py)?.scopes().to_vec())
    }

    /// Until when the person may decide; in UTC.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, self.known(py)?.expires_at())
    }

    /// The least time between two polls, as Vipps has it by now.
    #[getter]
    fn interval<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDelta>> {
        self.known(py)?.interval().into_pyobject(py)
    }

    /// Whether it ends on a web page and not by polling.
    #[getter]
    fn ends_by_redirect(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.known(py)?.ends_by_redirect())
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((py.get_type::<Self>().getattr("from_json")?, (self.to_json(py)?,)))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<u64> {
        Ok(hash(self.known(py)?.auth_req_id()))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let pending = self.known(py)?;
        let repr = Repr::new(py, "PendingLogin").member("auth_req_id", pending.auth_req_id())?;
        let repr = repr.member("msn", pending.msn().as_str())?.member("scopes", pending.scopes().to_vec())?;
        Ok(repr.moment("expires_at", pending.expires_at())?.rest().end())
    }
}

/// The webhook event that says a login by phone number has been decided. ``VerifiedWebhook.ping`` is the way to one: that it
/// comes from Vipps has been checked by then.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
pub(crate) struct BackchannelPing {
    pub(crate) ping: core::BackchannelPing,
    pub(crate) body: String,
}

impl PartialEq for BackchannelPing {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

#[pymethods]
impl BackchannelPing {
    /// Reads the event's JSON body, which was verified elsewhere.
    #[staticmethod]
    fn parse(py: Python<'_>, body: &Bound<'_, PyAny>) -> PyResult<Self> {
        let body = text("body", body)?;
        let ping = core::BackchannelPing::parse(&body).or_raise(py)?;
        Ok(Self { ping, body })
    }

    /// Which login it is about.
    #[getter]
    fn auth_req_id(&self) -> &str {
        self.ping.auth_req_id()
    }

    /// Which merchant it is about; told where the registration is for all merchants of the partner.
    #[getter]
    fn msn(&self) -> Option<&str> {
        self.ping.msn().map(core::Msn::as_str)
    }

    fn __hash__(&self) -> u64 {
        hash(&self.body)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((py.get_type::<Self>().getattr("parse")?, (self.body.clone(),)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "BackchannelPing").member("auth_req_id", self.auth_req_id())?.end())
    }
}

/// What a consent-revoked callback *claims*. It proves nothing: Vipps does not sign it.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
pub(crate) struct UnverifiedConsentRevoked {
    revoked: core::UnverifiedConsentRevoked,
    body: String,
}

impl PartialEq for UnverifiedConsentRevoked {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
    }
}

#[pymethods]
impl UnverifiedConsentRevoked {
    /// Reads the callback's body.
    #[staticmethod]
    fn parse(py: Python<'_>, body: &Bound<'_, PyAny>) -> PyResult<Self> {
        let body = text("body", body)?;
        let revoked = core::UnverifiedConsentRevoked::parse(&body).or_raise(py)?;
        Ok(Self { revoked, body })
    }

    /// Who it says took their consent back.
    #[getter]
    fn claimed_sub(&self) -> &str {
        self.revoked.claimed_sub()
    }

    /// When it says it was made; in UTC.
    #[getter]
    fn claimed_issued_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.revoked.claimed_issued_at().map(|time| datetime(py, time)).transpose()
    }

    /// Until when it says it is good; in UTC.
    #[getter]
    fn claimed_expires_at<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDateTime>>> {
        self.revoked.claimed_expires_at().map(|time| datetime(py, time)).transpose()
    }

    fn __hash__(&self) -> u64 {
        hash(&self.body)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((py.get_type::<Self>().getattr("parse")?, (self.body.clone(),)))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "UnverifiedConsentRevoked").member("claimed_sub", self.claimed_sub())?.end())
    }
}
