//! What happened in the background, told on the JavaScript thread.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use napi::{
    Status,
    bindgen_prelude::Function,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use vipps_partner_auth as core;

/// One event.
#[napi(object, object_from_js = false)]
pub struct Told {
    pub name: String,
    pub is_warning: bool,
    pub details: HashMap<String, String>,
}

/// How many events wait at most for a JavaScript thread that is busy.
const MOST_WAITING: usize = 1024;

/// Weak: a listener keeps no process alive.
type Listener = ThreadsafeFunction<Told, (), Told, Status, false, true, MOST_WAITING>;

/// The function of the face that hears of events, as the core takes it. It never waits.
pub(crate) fn hook(listener: &Function<'_, Told, ()>) -> napi::Result<impl Fn(&core::Event) + Send + Sync + 'static> {
    let listener: Listener =
        listener.build_threadsafe_function().weak::<true>().max_queue_size::<MOST_WAITING>().build()?;
    let queue = Queue { listener, dropped: AtomicU64::new(0) };
    Ok(move |event: &core::Event| queue.push(event))
}

/// Events on their way; what it had to drop is told as soon as there is room.
struct Queue {
    listener: Listener,
    dropped: AtomicU64,
}

impl Queue {
    fn push(&self, event: &core::Event) {
        let dropped = self.dropped.swap(0, Relaxed);
        let is_full = dropped > 0 && !self.takes(events_dropped(dropped));
        if is_full || !self.takes(told(event)) {
            self.dropped.fetch_add(if is_full { dropped + 1 } else { 1 }, Relaxed);
        }
    }

    /// Any other status says that the thread is gone; nobody is left to hear of that.
    fn takes(&self, told: Told) -> bool {
        self.listener.call(told, ThreadsafeFunctionCallMode::NonBlocking) != Status::QueueFull
    }
}

fn told(event: &core::Event) -> Told {
    let details = event.details().into_iter().map(|(name, value)| (name.to_owned(), value));
    Told { name: event.name().to_owned(), is_warning: event.is_warning(), details: details.collect() }
}

fn events_dropped(count: u64) -> Told {
    let details = HashMap::from([("count".to_owned(), count.to_string())]);
    Told { name: "events_dropped".to_owned(), is_warning: true, details }
}

/// Counters; a number of JavaScript is exact up to 2^53.
#[napi(object, object_from_js = false)]
pub struct Stats {
    pub token_requests: i64,
    pub tokens_fetched: i64,
    pub tokens_renewed: i64,
    pub fetches_failed: i64,
    pub renewals_failed: i64,
    pub tokens_from_cache: i64,
    pub cache_failures: i64,
    pub keys_refreshed: i64,
    pub keys_refresh_failed: i64,
    pub unknown_kids_suppressed: i64,
    pub refusals_ignored: i64,
    pub events_dropped: i64,
}

impl From<core::Stats> for Stats {
    fn from(stats: core::Stats) -> Self {
        let count = |counter: u64| i64::try_from(counter).unwrap_or(i64::MAX);
        Self {
            token_requests: count(stats.token_requests),
            tokens_fetched: count(stats.tokens_fetched),
            tokens_renewed: count(stats.tokens_renewed),
            fetches_failed: count(stats.fetches_failed),
            renewals_failed: count(stats.renewals_failed),
            tokens_from_cache: count(stats.tokens_from_cache),
            cache_failures: count(stats.cache_failures),
            keys_refreshed: count(stats.keys_refreshed),
            keys_refresh_failed: count(stats.keys_refresh_failed),
            unknown_kids_suppressed: count(stats.unknown_kids_suppressed),
            refusals_ignored: count(stats.refusals_ignored),
            events_dropped: count(stats.events_dropped),
        }
    }
}
