//! The kinds of keys. None of them ever shows a secret.

use pyo3::prelude::*;
use vipps_partner_auth as core;

use crate::{
    convert::{optional_text, text},
    errors::{self, OrRaise, wrong_type},
    values::{Repr, hash, not_to_be_pickled},
};

/// Partner keys: one set for every merchant connected to the partner. They work in production only.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct PartnerKeys(pub(crate) core::PartnerKeys);

/// The keys of one sales unit: what a partner is given in the test environment.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct SalesUnitKeys(pub(crate) core::SalesUnitKeys);

/// Accounting and donations keys: another token endpoint, no subscription key, no merchant.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct SpecializedKeys(pub(crate) core::SpecializedKeys);

/// The keys of a payment service provider: one set for all its merchants, with its id on API calls and never on the token
/// call.
///
/// Vipps' public documents say little of them. Login and the Management API are refused with them, since none says that they
/// work there.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct PspKeys(pub(crate) core::PspKeys);

impl PartnerKeys {
    fn keys(&self) -> core::Keys {
        self.0.clone().into()
    }
}

impl SalesUnitKeys {
    fn keys(&self) -> core::Keys {
        self.0.clone().into()
    }
}

impl SpecializedKeys {
    fn keys(&self) -> core::Keys {
        self.0.clone().into()
    }
}

impl PspKeys {
    fn keys(&self) -> core::Keys {
        self.0.clone().into()
    }
}

/// Any of them.
pub(crate) fn any(value: &Bound<'_, PyAny>) -> PyResult<core::Keys> {
    if let Ok(keys) = value.cast::<PartnerKeys>() {
        return Ok(keys.get().keys());
    }
    if let Ok(keys) = value.cast::<SalesUnitKeys>() {
        return Ok(keys.get().keys());
    }
    if let Ok(keys) = value.cast::<PspKeys>() {
        return Ok(keys.get().keys());
    }
    let keys = value.cast::<SpecializedKeys>();
    let keys = keys.map_err(|_| wrong_type("keys", "PartnerKeys, SalesUnitKeys, SpecializedKeys or PspKeys", value))?;
    Ok(keys.get().keys())
}

/// Raises ``TypeError`` for what is no keys.
#[pyfunction]
pub(crate) fn check_keys(keys: &Bound<'_, PyAny>) -> PyResult<()> {
    any(keys).map(drop)
}

#[pymethods]
impl PartnerKeys {
    #[new]
    #[pyo3(signature = (client_id, client_secret, subscription_key, *, second_subscription_key=None))]
    fn new(
        py: Python<'_>,
        client_id: &Bound<'_, PyAny>,
        client_secret: &Bound<'_, PyAny>,
        subscription_key: &Bound<'_, PyAny>,
        second_subscription_key: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let client_id = text("client_id", client_id)?;
        let client_secret = text("client_secret", client_secret)?;
        let subscription_key = text("subscription_key", subscription_key)?;
        let second = optional_text("second_subscription_key", second_subscription_key)?;
        let keys = core::PartnerKeys::new(client_id, client_secret, subscription_key).or_raise(py)?;
        let Some(second) = second else { return Ok(Self(keys)) };
        keys.with_second_subscription_key(second).or_raise(py).map(Self)
    }

    /// Reads ``VIPPS_CLIENT_ID``, ``VIPPS_CLIENT_SECRET``, ``VIPPS_SUBSCRIPTION_KEY`` and, if set,
    /// ``VIPPS_SECOND_SUBSCRIPTION_KEY``.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        core::PartnerKeys::from_env().or_raise(py).map(Self)
    }

    /// The client id, which is no secret.
    #[getter]
    fn client_id(&self) -> String {
        self.keys().client_id().to_owned()
    }

    fn __hash__(&self) -> u64 {
        hash(self.keys().client_id())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled(
            "PartnerKeys",
            "they are secret; let each process read them from its own environment or vault",
        ))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "PartnerKeys").member("client_id", self.client_id())?.rest().end())
    }
}

#[pymethods]
impl SalesUnitKeys {
    #[new]
    #[pyo3(signature = (client_id, client_secret, subscription_key, msn, *, second_subscription_key=None))]
    fn new(
        py: Python<'_>,
        client_id: &Bound<'_, PyAny>,
        client_secret: &Bound<'_, PyAny>,
        subscription_key: &Bound<'_, PyAny>,
        msn: &Bound<'_, PyAny>,
        second_subscription_key: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let client_id = text("client_id", client_id)?;
        let client_secret = text("client_secret", client_secret)?;
        let subscription_key = text("subscription_key", subscription_key)?;
        let second = optional_text("second_subscription_key", second_subscription_key)?;
        let msn = crate::convert::msn(msn)?;
        let keys = core::SalesUnitKeys::new(client_id, client_secret, subscription_key, msn).or_raise(py)?;
        let Some(second) = second else { return Ok(Self(keys)) };
        keys.with_second_subscription_key(second).or_raise(py).map(Self)
    }

    /// Reads what ``PartnerKeys.from_env`` reads, and ``VIPPS_MSN``.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        core::SalesUnitKeys::from_env().or_raise(py).map(Self)
    }

    /// The sales unit these keys belong to.
    #[getter]
    fn msn(&self) -> &str {
        self.0.msn().as_str()
    }

    /// The client id, which is no secret.
    #[getter]
    fn client_id(&self) -> String {
        self.keys().client_id().to_owned()
    }

    fn __hash__(&self) -> u64 {
        hash(self.keys().client_id())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled(
            "SalesUnitKeys",
            "they are secret; let each process read them from its own environment or vault",
        ))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "SalesUnitKeys")
            .member("client_id", self.client_id())?
            .member("msn", self.msn())?
            .rest()
            .end())
    }
}

#[pymethods]
impl PspKeys {
    #[new]
    #[pyo3(signature = (client_id, client_secret, subscription_key, psp_id, *, second_subscription_key=None))]
    fn new(
        py: Python<'_>,
        client_id: &Bound<'_, PyAny>,
        client_secret: &Bound<'_, PyAny>,
        subscription_key: &Bound<'_, PyAny>,
        psp_id: &Bound<'_, PyAny>,
        second_subscription_key: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let client_id = text("client_id", client_id)?;
        let client_secret = text("client_secret", client_secret)?;
        let subscription_key = text("subscription_key", subscription_key)?;
        let second = optional_text("second_subscription_key", second_subscription_key)?;
        let psp_id = text("psp_id", psp_id)?;
        let keys = core::PspKeys::new(client_id, client_secret, subscription_key, psp_id).or_raise(py)?;
        let Some(second) = second else { return Ok(Self(keys)) };
        keys.with_second_subscription_key(second).or_raise(py).map(Self)
    }

    /// Reads what ``PartnerKeys.from_env`` reads, and ``VIPPS_PSP_ID``.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        core::PspKeys::from_env().or_raise(py).map(Self)
    }

    /// The id that API calls carry as ``Psp-Id``. No secret.
    #[getter]
    fn psp_id(&self) -> &str {
        self.0.psp_id()
    }

    /// The client id, which is no secret.
    #[getter]
    fn client_id(&self) -> String {
        self.keys().client_id().to_owned()
    }

    fn __hash__(&self) -> u64 {
        hash(self.keys().client_id())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled(
            "PspKeys",
            "they are secret; let each process read them from its own environment or vault",
        ))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "PspKeys")
            .member("client_id", self.client_id())?
            .member("psp_id", self.psp_id())?
            .rest()
            .end())
    }
}

#[pymethods]
impl SpecializedKeys {
    #[new]
    #[pyo3(signature = (client_id, client_secret, *, scope=None))]
    fn new(
        py: Python<'_>,
        client_id: &Bound<'_, PyAny>,
        client_secret: &Bound<'_, PyAny>,
        scope: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let client_id = text("client_id", client_id)?;
        let client_secret = text("client_secret", client_secret)?;
        let scope = optional_text("scope", scope)?;
        let keys = core::SpecializedKeys::new(client_id, client_secret).or_raise(py)?;
        let Some(scope) = scope else { return Ok(Self(keys)) };
        keys.with_scope(&scope).or_raise(py).map(Self)
    }

    /// Reads ``VIPPS_CLIENT_ID``, ``VIPPS_CLIENT_SECRET`` and, if set, ``VIPPS_SCOPE``.
    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        core::SpecializedKeys::from_env().or_raise(py).map(Self)
    }

    /// The client id, which is no secret.
    #[getter]
    fn client_id(&self) -> String {
        self.keys().client_id().to_owned()
    }

    fn __hash__(&self) -> u64 {
        hash(self.keys().client_id())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled(
            "SpecializedKeys",
            "they are secret; let each process read them from its own environment or vault",
        ))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "SpecializedKeys").member("client_id", self.client_id())?.rest().end())
    }
}

/// As the core reads them.
pub(crate) fn from_env(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    Ok(match core::Keys::from_env().or_raise(py)? {
        core::Keys::Partner(keys) => Bound::new(py, PartnerKeys(keys))?.into_any(),
        core::Keys::SalesUnit(keys) => Bound::new(py, SalesUnitKeys(keys))?.into_any(),
        core::Keys::Psp(keys) => Bound::new(py, PspKeys(keys))?.into_any(),
        core::Keys::Specialized(keys) => Bound::new(py, SpecializedKeys(keys))?.into_any(),
        _ => return Err(errors::internal(py)),
    })
}
