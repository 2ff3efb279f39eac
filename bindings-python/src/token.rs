//! Tokens and counters, as values.

use pyo3::{prelude::*, types::PyDateTime};
use vipps_partner_auth as core;

use crate::convert::datetime;

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

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
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

    fn __repr__(&self) -> String {
        format!("<{:?}>", self.0)
    }
}

/// What happened since a handle was first used in this process.
#[pyclass(frozen, eq, get_all, module = "vipps_partner_auth")]
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Stats {
    /// Requests sent to a token endpoint, retries included.
    token_requests: u64,
    /// Tokens fetched while somebody waited.
    tokens_fetched: u64,
    /// Tokens renewed behind the callers.
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
        }
    }
}

#[pymethods]
impl Stats {
    fn __repr__(&self) -> String {
        format!("<{self:?}>")
    }
}
