//! What happens behind the caller's back.

use std::collections::HashMap;

use vipps_partner_auth::{Event, Stats};

/// One thing that happened. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EventParts {
    /// The stable name.
    pub name: String,
    /// What it tells besides; spans of time in seconds.
    pub details: HashMap<String, String>,
    /// Whether somebody should look into it.
    pub is_warning: bool,
    /// All of it on one line.
    pub text: String,
}

/// Told of each event, on a thread of the library.
#[uniffi::export(foreign)]
pub trait EventSink: Send + Sync {
    /// Must be quick and must not throw.
    fn on_event(&self, event: EventParts);
}

pub(crate) fn tell(sink: &dyn EventSink, event: &Event) {
    let details = event.details().into_iter().map(|(name, value)| (name.to_owned(), value));
    sink.on_event(EventParts {
        name: event.name().to_owned(),
        details: details.collect(),
        is_warning: event.is_warning(),
        text: event.to_string(),
    });
}

/// Counters since a handle was built.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StatsParts {
    /// Requests sent to a token endpoint, retries included.
    pub token_requests: i64,
    /// Tokens fetched while somebody waited.
    pub tokens_fetched: i64,
    /// Tokens renewed behind the callers.
    pub tokens_renewed: i64,
    /// Fetches that failed while somebody waited.
    pub fetches_failed: i64,
    /// Renewals that failed.
    pub renewals_failed: i64,
    /// Tokens taken from the shared cache.
    pub tokens_from_cache: i64,
    /// Failures of the shared cache.
    pub cache_failures: i64,
    /// Key sets loaded.
    pub keys_refreshed: i64,
    /// Loads of the key set that failed.
    pub keys_refresh_failed: i64,
    /// ID tokens with an unknown key for which the key set was not loaded again.
    pub unknown_kids_suppressed: i64,
}

impl From<Stats> for StatsParts {
    fn from(stats: Stats) -> Self {
        Self {
            token_requests: stats.token_requests.cast_signed(),
            tokens_fetched: stats.tokens_fetched.cast_signed(),
            tokens_renewed: stats.tokens_renewed.cast_signed(),
            fetches_failed: stats.fetches_failed.cast_signed(),
            renewals_failed: stats.renewals_failed.cast_signed(),
            tokens_from_cache: stats.tokens_from_cache.cast_signed(),
            cache_failures: stats.cache_failures.cast_signed(),
            keys_refreshed: stats.keys_refreshed.cast_signed(),
            keys_refresh_failed: stats.keys_refresh_failed.cast_signed(),
            unknown_kids_suppressed: stats.unknown_kids_suppressed.cast_signed(),
        }
    }
}
