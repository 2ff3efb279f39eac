//! Tokens and counters, as values.

use pyo3::{
    prelude::*,
    types::{PyDateTime, PyIterator, PyList},
};
use vipps_partner_auth as core;

use crate::{
    convert::datetime,
    values::{Repr, hash, not_to_be_pickled},
};

/// A token for Vipps' APIs. ``repr`` and ``str`` never show it.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct AccessToken(pub(crate) core::AccessToken);

#[pymethods]
impl AccessToken {
    /// The token itself, without the word ``Bearer``.
    #[getter]
    fn secret(&self) -> &str {
        self.0.secret()
    }

    /// When Vipps stops accepting it, by this machine's clock; in UTC.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, self.0.expires_at())
    }

    fn __hash__(&self) -> u64 {
        hash(self.0.expires_at())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled("AccessToken", "it is a secret that stays in this process; keep what was done with it"))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "AccessToken").moment("expires_at", self.0.expires_at())?.rest().end())
    }
}

/// The access token of one login: good for userinfo only. ``repr`` and ``str`` never show it.
#[pyclass(frozen, eq, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq)]
pub(crate) struct LoginToken(pub(crate) core::LoginToken);

#[pymethods]
impl LoginToken {
    /// The token itself, without the word ``Bearer``.
    #[getter]
    fn secret(&self) -> &str {
        self.0.secret()
    }

    /// Until when it opens userinfo; in UTC.
    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        datetime(py, self.0.expires_at())
    }

    fn __hash__(&self) -> u64 {
        hash(self.0.expires_at())
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_to_be_pickled("LoginToken", "it is a secret that stays in this process; keep what was done with it"))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(Repr::new(py, "LoginToken").moment("expires_at", self.0.expires_at())?.rest().end())
    }
}

/// What happened since a handle was first used in this process. ``dict(stats)`` has all counters by name.
#[pyclass(frozen, eq, get_all, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Stats {
    /// Requests sent to a token endpoint, retries included.
    token_requests: u64,
    /// Tokens fetched while somebody waited.
    tokens_fetched: u64,
    /// Tokens renewed in the background.
    tokens_renewed: u64,
    /// Fetches that failed while somebody waited.
    fetches_failed: u64,
    /// Renewals that failed.
    renewals_failed: u64,
    /// Tokens taken from the shared cache.
    tokens_from_cache: u64,
    /// Failures of the shared cache.
    cache_failures: u64,
    /// Key sets loaded.
    keys_refreshed: u64,
    /// Loads of the key set that failed.
    keys_refresh_failed: u64,
    /// ID tokens with an unknown key for which the key set was not loaded again.
    unknown_kids_suppressed: u64,
    /// Refusals by an API for which no other token was fetched, since one had been moments ago.
    refusals_ignored: u64,
    /// Events that a hook was too slow for.
    events_dropped: u64,
}

impl From<core::Stats> for Stats {
    fn from(stats: core::Stats) -> Self {
        Self {
            token_requests: stats.token_requests,
            tokens_fetched: stats.tokens_fetched,
            tokens_renewed: stats.tokens_renewed,
            fetches_failed: stats.fetches_failed,
            renewals_failed: stats.renewals_failed,
            tokens_from_cache: stats.tokens_from_cache,
            cache_failures: stats.cache_failures,
            keys_refreshed: stats.keys_refreshed,
            keys_refresh_failed: stats.keys_refresh_failed,
            unknown_kids_suppressed: stats.unknown_kids_suppressed,
            refusals_ignored: stats.refusals_ignored,
            events_dropped: stats.events_dropped,
        }
    }
}

impl Stats {
    fn counters(&self) -> [(&'static str, u64); 12] {
        [
            ("token_requests", self.token_requests),
            ("tokens_fetched", self.tokens_fetched),
            ("tokens_renewed", self.tokens_renewed),
            ("fetches_failed", self.fetches_failed),
            ("renewals_failed", self.renewals_failed),
            ("tokens_from_cache", self.tokens_from_cache),
            ("cache_failures", self.cache_failures),
            ("keys_refreshed", self.keys_refreshed),
            ("keys_refresh_failed", self.keys_refresh_failed),
            ("unknown_kids_suppressed", self.unknown_kids_suppressed),
            ("refusals_ignored", self.refusals_ignored),
            ("events_dropped", self.events_dropped),
        ]
    }
}

#[pymethods]
impl Stats {
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        PyList::new(py, self.counters())?.try_iter()
    }

    fn __hash__(&self) -> u64 {
        hash(self)
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __deepcopy__(slf: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Vec<u64>,))> {
        let counters = self.counters().map(|(_, count)| count).to_vec();
        Ok((py.get_type::<Self>().getattr("_restored")?, (counters,)))
    }

    #[staticmethod]
    fn _restored(counters: [u64; 12]) -> Self {
        let [
            token_requests,
            tokens_fetched,
            tokens_renewed,
            fetches_failed,
            renewals_failed,
            tokens_from_cache,
            cache_failures,
            keys_refreshed,
            keys_refresh_failed,
            unknown_kids_suppressed,
            refusals_ignored,
            events_dropped,
        ] = counters;
        Self {
            token_requests,
            tokens_fetched,
            tokens_renewed,
            fetches_failed,
            renewals_failed,
            tokens_from_cache,
            cache_failures,
            keys_refreshed,
            keys_refresh_failed,
            unknown_kids_suppressed,
            refusals_ignored,
            events_dropped,
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut members = self.counters().into_iter();
        members.try_fold(Repr::new(py, "Stats"), |repr, (name, count)| repr.member(name, count)).map(Repr::end)
    }
}
