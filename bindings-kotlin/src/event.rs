//! What happens in the background.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

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

impl From<&Event> for EventParts {
    fn from(event: &Event) -> Self {
        let details = event.details().into_iter().map(|(name, value)| (name.to_owned(), value));
        Self {
            name: event.name().to_owned(),
            details: details.collect(),
            is_warning: event.is_warning(),
            text: event.to_string(),
        }
    }
}

impl EventParts {
    pub(crate) fn warning(name: &str, detail: &str, value: String) -> Self {
        let text = format!("{name} {detail}=`{value}`");
        let details = HashMap::from([(detail.to_owned(), value)]);
        Self { name: name.to_owned(), details, is_warning: true, text }
    }
}

/// Hands events over to a listener that takes them on a thread of its own, so that it may take its time and call back.
///
/// No call goes from here into the other language: what is registered there belongs to one class loader, and this library
/// may serve several.
#[derive(Debug, Default, uniffi::Object)]
pub struct EventQueue(pub(crate) Arc<Shared>);

#[derive(Debug, Default)]
pub(crate) struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<EventParts>,
    dropped: u64,
    ended: bool,
}

/// How many events wait for a slow listener.
const ROOM: usize = 256;

#[uniffi::export]
impl EventQueue {
    /// One for one handle.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits until something happens and takes all that did, in order. Nothing: there will be no more.
    pub fn take(&self) -> Vec<EventParts> {
        let waiting =
            self.0.changed.wait_while(self.0.waiting(), |waiting| waiting.events.is_empty() && !waiting.ended);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let count = std::mem::take(&mut waiting.dropped);
        let dropped = (count > 0).then(|| EventParts::warning("events_dropped", "count", count.to_string()));
        waiting.events.drain(..).chain(dropped).collect()
    }

    /// Takes no more. What waits is still handed over.
    pub fn end(&self) {
        self.0.end();
    }
}

impl EventQueue {
    /// For the core. When the core lets go of it there will be no more events.
    pub(crate) fn hook(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let source = Source(self.0.clone());
        move |event| source.0.put(event.into())
    }
}

struct Source(Arc<Shared>);

impl Drop for Source {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Shared {
    pub(crate) fn put(&self, event: EventParts) {
        let mut waiting = self.waiting();
        if waiting.ended {
            return;
        }
        if waiting.events.len() < ROOM {
            waiting.events.push_back(event);
        } else {
            waiting.dropped += 1;
        }
        self.changed.notify_one();
    }

    fn end(&self) {
        self.waiting().ended = true;
        self.changed.notify_all();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counters since a handle was built.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StatsParts {
    /// Requests sent to a token endpoint, retries included.
    pub token_requests: i64,
    /// Tokens fetched while somebody waited.
    pub tokens_fetched: i64,
    /// Tokens renewed in the background.
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
    /// Refusals by an API for which no other token was fetched, since one had been moments ago.
    pub refusals_ignored: i64,
    /// Events that the listener was too slow for.
    pub events_dropped: i64,
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
            refusals_ignored: stats.refusals_ignored.cast_signed(),
            events_dropped: stats.events_dropped.cast_signed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_room_is_counted() {
        let queue = EventQueue::new();
        let hook = queue.hook();
        (0..ROOM + 3).for_each(|_| hook(&Event::TokenFromCache));
        let taken = queue.take();
        assert_eq!(taken.len(), ROOM + 1);
        assert_eq!(taken[ROOM].text, "events_dropped count=`3`");
        hook(&Event::RefusalIgnored);
        assert_eq!(queue.take(), [EventParts::from(&Event::RefusalIgnored)]);
    }

    #[test]
    fn what_waited_at_the_end_is_handed_over_and_nothing_after_it() {
        let queue = EventQueue::new();
        let hook = queue.hook();
        hook(&Event::TokenFromCache);
        queue.end();
        hook(&Event::TokenFromCache);
        assert_eq!(queue.take().len(), 1);
        assert_eq!(queue.take(), []);
    }

    #[test]
    fn a_core_that_is_gone_ends_the_wait() {
        let queue = EventQueue::new();
        drop(queue.hook());
        assert_eq!(queue.take(), []);
    }
}
