//! What happens in the background, for logs and metrics.

mod teller;

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use self::teller::Teller;
use crate::{error::Error, msn::Msn};

/// One thing that happened. Holds no secret. Also written to `tracing`, target `vipps_partner_auth`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A token was fetched while somebody waited.
    TokenFetched {
        /// How long it will be valid.
        lifetime: Duration,
    },
    /// A token was renewed in the background, while callers went on using the older one.
    TokenRenewed {
        /// How long the new one will be valid.
        lifetime: Duration,
    },
    /// A fetch failed that somebody waited for; whoever waited was told.
    TokenFetchFailed {
        /// Why.
        error: Error,
    },
    /// A renewal failed; the older token goes on being served.
    RenewalFailed {
        /// Why.
        error: Error,
        /// When the next try may run.
        next_try_in: Duration,
    },
    /// Callers are being given a token that should have been renewed by now. Told once for each failed renewal.
    StaleTokenServed {
        /// How long it is still valid.
        remaining: Duration,
    },
    /// The service refused the first subscription key of the pair and took the other.
    OtherSubscriptionKeyUsed,
    /// Other keys took the place of those in use: handed to [`Partner::replace_keys`](crate::Partner::replace_keys), or from
    /// a [`KeySource`](crate::KeySource).
    KeysReplaced,
    /// Other keys were handed in, or a [`KeySource`](crate::KeySource) was asked for some, and the keys in use stayed.
    KeysNotReplaced {
        /// Why.
        error: Error,
    },
    /// Login refused a sales unit's keys as they were written into HTTP Basic, and took them written the other way, which is
    /// used from now on. Set `login_basic_encoding` or `backchannel_basic_encoding` to it.
    OtherBasicEncodingUsed {
        /// Where: `token`, or `backchannel` for the start of a login from a phone number.
        endpoint: &'static str,
        /// What works: `raw` or `form`.
        encoding: &'static str,
    },
    /// A token was found in the shared cache.
    TokenFromCache,
    /// The shared cache failed; the call went on without it.
    CacheFailed {
        /// What was tried: `load`, `store`, `remove`, `lock`, `unlock` or `hold_off`.
        operation: &'static str,
        /// Why: a reason from the program's own text, such as `redis is full`, else `failed` or `no answer in time`. Other
        /// words of a cache stay with it, since they may hold anything.
        detail: &'static str,
    },
    /// An API refused a token for a merchant for whom it was replaced moments ago; it was not replaced again. Told once
    /// for each replacement; [`Stats::refusals_ignored`] counts them all.
    RefusalIgnored,
    /// The key set was loaded.
    KeysRefreshed {
        /// How many keys of it can be used.
        keys: usize,
    },
    /// The key set could not be loaded.
    KeysRefreshFailed {
        /// Why.
        error: Error,
    },
    /// A key set past its age was used, while its renewal is under way or fails. Told once for each load.
    StaleKeysUsed {
        /// For how long past its age.
        past_age: Duration,
    },
    /// An ID token named an unknown key and the key set was loaded too recently to ask again. Told once after each
    /// load; [`Stats::unknown_kids_suppressed`] counts them all.
    UnknownKidSuppressed,
    /// A key of the set was left out.
    KeySkipped {
        /// Which one: its `kid`, or where that has not the form of an id, `#` and its place in the set from 1 on.
        key: String,
        /// Why, in words, such as `the modulus has padding`.
        reason: &'static str,
        /// Whether it is a key for another purpose than ID tokens, which is no cause for a warning. Not among the details.
        other_purpose: bool,
    },
    /// No certificate authorities were found on this machine; the bundled ones are used. Told when TLS is first needed.
    BundledRootsUsed,
    /// A client id does not look like one (a GUID); perhaps another value was pasted.
    UnusualClientId,
    /// The hook was too slow for all that happened, and there was no room for these events.
    EventsDropped {
        /// How many.
        count: u64,
    },
    /// A phone number was given whose country is not known to have Vipps MobilePay; it was sent all the same.
    UnusualCountryCode,
    /// A scope was asked for that is not known to be Vipps' own, such as `phone` in the place of `phoneNumber`; it was sent
    /// all the same.
    UnusualScope {
        /// The scope.
        scope: String,
    },
    /// A sales unit is in the list that was not in the one before: see [`Partner::sales_units`](crate::Partner::sales_units).
    MerchantConnected {
        /// Which.
        msn: Msn,
    },
    /// A sales unit is in the list no more: disconnected from this partner, or deactivated.
    MerchantGone {
        /// Which.
        msn: Msn,
    },
    /// A call for a merchant was answered 403 whose calls had worked. Told once until they work again. Perhaps its sales
    /// unit is connected to this partner no more ([`Partner::sales_unit`](crate::Partner::sales_unit) tells), or the product
    /// is not ordered for it.
    MerchantForbidden {
        /// Which.
        msn: Msn,
    },
    /// A client with our adapter called a host that gets no headers. Told once for each.
    HeadersWithheld {
        /// Scheme, host and port.
        origin: String,
    },
}

impl Event {
    /// The stable name, the same string in every language.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TokenFetched { .. } => "token_fetched",
            Self::TokenRenewed { .. } => "token_renewed",
            Self::TokenFetchFailed { .. } => "token_fetch_failed",
            Self::RenewalFailed { .. } => "renewal_failed",
            Self::StaleTokenServed { .. } => "stale_token_served",
            Self::OtherSubscriptionKeyUsed => "other_subscription_key_used",
            Self::KeysReplaced => "keys_replaced",
            Self::KeysNotReplaced { .. } => "keys_not_replaced",
            Self::OtherBasicEncodingUsed { .. } => "other_basic_encoding_used",
            Self::TokenFromCache => "token_from_cache",
            Self::CacheFailed { .. } => "cache_failed",
            Self::RefusalIgnored => "refusal_ignored",
            Self::KeysRefreshed { .. } => "keys_refreshed",
            Self::KeysRefreshFailed { .. } => "keys_refresh_failed",
            Self::StaleKeysUsed { .. } => "stale_keys_used",
            Self::UnknownKidSuppressed => "unknown_kid_suppressed",
            Self::KeySkipped { .. } => "key_skipped",
            Self::BundledRootsUsed => "bundled_roots_used",
            Self::UnusualClientId => "unusual_client_id",
            Self::EventsDropped { .. } => "events_dropped",
            Self::UnusualCountryCode => "unusual_country_code",
            Self::UnusualScope { .. } => "unusual_scope",
            Self::MerchantConnected { .. } => "merchant_connected",
            Self::MerchantGone { .. } => "merchant_gone",
            Self::MerchantForbidden { .. } => "merchant_forbidden",
            Self::HeadersWithheld { .. } => "headers_withheld",
        }
    }

    /// What the event tells besides its name: the members of its variant, durations in seconds. The same names in every
    /// language.
    ///
    /// ```
    /// use std::time::Duration;
    /// use vipps_partner_auth::Event;
    ///
    /// let event = Event::TokenRenewed { lifetime: Duration::from_secs(86_398) };
    /// assert_eq!(event.details(), [("lifetime", "86398".to_owned())]);
    /// assert_eq!(event.to_string(), "token_renewed lifetime=`86398`");
    /// ```
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let seconds = |span: &Duration| span.as_secs().to_string();
        match self {
            Self::TokenFetched { lifetime } | Self::TokenRenewed { lifetime } => vec![("lifetime", seconds(lifetime))],
            Self::TokenFetchFailed { error } | Self::KeysNotReplaced { error } | Self::KeysRefreshFailed { error } => {
                vec![("error", error.to_string())]
            }
            Self::RenewalFailed { error, next_try_in } => {
                vec![("error", error.to_string()), ("next_try_in", seconds(next_try_in))]
            }
            Self::StaleTokenServed { remaining } => vec![("remaining", seconds(remaining))],
            Self::CacheFailed { operation, detail } => {
                vec![("operation", (*operation).to_owned()), ("detail", (*detail).to_owned())]
            }
            Self::OtherBasicEncodingUsed { endpoint, encoding } => {
                vec![("endpoint", (*endpoint).to_owned()), ("encoding", (*encoding).to_owned())]
            }
            Self::KeysRefreshed { keys } => vec![("keys", keys.to_string())],
            Self::EventsDropped { count } => vec![("count", count.to_string())],
            Self::StaleKeysUsed { past_age } => vec![("past_age", seconds(past_age))],
            Self::KeySkipped { key, reason, .. } => vec![("key", key.clone()), ("reason", (*reason).to_owned())],
            Self::UnusualScope { scope } => vec![("scope", scope.clone())],
            Self::MerchantConnected { msn } | Self::MerchantGone { msn } | Self::MerchantForbidden { msn } => {
                vec![("msn", msn.to_string())]
            }
            Self::HeadersWithheld { origin } => vec![("origin", origin.clone())],
            Self::OtherSubscriptionKeyUsed
            | Self::KeysReplaced
            | Self::TokenFromCache
            | Self::RefusalIgnored
            | Self::UnknownKidSuppressed
            | Self::BundledRootsUsed
            | Self::UnusualClientId
            | Self::UnusualCountryCode => Vec::new(),
        }
    }

    /// Whether somebody should look into it; the others are the ordinary course of things.
    pub fn is_warning(&self) -> bool {
        let ordinary = matches!(
            self,
            Self::TokenFetched { .. }
                | Self::TokenRenewed { .. }
                | Self::KeysReplaced
                | Self::TokenFromCache
                | Self::KeysRefreshed { .. }
                | Self::MerchantConnected { .. }
                | Self::KeySkipped { other_purpose: true, .. }
        );
        !ordinary
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.details().iter().try_for_each(|(name, value)| write!(f, " {name}=`{value}`"))
    }
}

/// Called with each [`Event`].
pub(crate) type EventHook = Arc<dyn Fn(&Event) + Send + Sync>;

/// Counters since a handle was built, from [`Partner::stats`](crate::Partner::stats).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Requests sent to a token endpoint, retries included.
    pub token_requests: u64,
    /// Tokens fetched while somebody waited.
    pub tokens_fetched: u64,
    /// Tokens renewed in the background.
    pub tokens_renewed: u64,
    /// Fetches that failed while somebody waited.
    pub fetches_failed: u64,
    /// Renewals that failed.
    pub renewals_failed: u64,
    /// Tokens taken from the shared cache.
    pub tokens_from_cache: u64,
    /// Failures of the shared cache.
    pub cache_failures: u64,
    /// Key sets loaded.
    pub keys_refreshed: u64,
    /// Loads of the key set that failed.
    pub keys_refresh_failed: u64,
    /// ID tokens with an unknown key for which the key set was not loaded again.
    pub unknown_kids_suppressed: u64,
    /// Refusals by an API for which no other token was fetched, since one had been moments ago.
    pub refusals_ignored: u64,
    /// Events that the hook was too slow for.
    pub events_dropped: u64,
}

/// Where the modules of this crate report to: counters, `tracing`, and the user's hook and sink.
#[derive(Clone, Default, derive_more::Debug)]
#[debug("Events {{ stats: {:?}, .. }}", self.stats())]
pub(crate) struct Events {
    teller: Option<Arc<Teller>>,
    sink: Option<EventHook>,
    counters: Arc<Counters>,
}

/// Ends the calls of the hook when the handle that it belongs to is gone.
#[derive(Default)]
pub(crate) struct EventsGuard(Option<Arc<Teller>>);

#[derive(Default)]
struct Counters {
    token_requests: AtomicU64,
    tokens_fetched: AtomicU64,
    tokens_renewed: AtomicU64,
    fetches_failed: AtomicU64,
    renewals_failed: AtomicU64,
    tokens_from_cache: AtomicU64,
    cache_failures: AtomicU64,
    keys_refreshed: AtomicU64,
    keys_refresh_failed: AtomicU64,
    unknown_kids_suppressed: AtomicU64,
    refusals_ignored: AtomicU64,
    events_dropped: AtomicU64,
    /// Those of [`Event::HeadersWithheld`] that were told.
    withheld: Mutex<HashSet<String>>,
}

/// A client may call any host in the world.
const MOST_ORIGINS: usize = 100;

impl Events {
    pub(crate) fn new(hook: Option<EventHook>, sink: Option<EventHook>) -> Self {
        Self { teller: hook.map(|hook| Arc::new(Teller::new(hook))), sink, counters: Arc::default() }
    }

    pub(crate) fn guard(&self) -> EventsGuard {
        EventsGuard(self.teller.clone())
    }

    pub(crate) fn tell(&self, event: Event) {
        self.counters.count(&event);
        log(&event);
        if let Some(sink) = &self.sink {
            teller::call(sink, &event);
        }
        let had_room = self.teller.as_ref().is_none_or(|teller| teller.tell(event));
        if !had_room {
            self.counters.events_dropped.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn token_requested(&self) {
        self.counters.token_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn unknown_kid_suppressed(&self) {
        self.counters.unknown_kids_suppressed.fetch_add(1, Relaxed);
    }

    pub(crate) fn refusal_ignored(&self) {
        self.counters.refusals_ignored.fetch_add(1, Relaxed);
    }

    pub(crate) fn headers_withheld(&self, origin: String) {
        let is_new = {
            let mut known = self.counters.withheld.lock().unwrap_or_else(PoisonError::into_inner);
            known.len() < MOST_ORIGINS && known.insert(origin.clone())
        };
        if is_new {
            self.tell(Event::HeadersWithheld { origin });
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        Stats {
            token_requests: counters.token_requests.load(Relaxed),
            tokens_fetched: counters.tokens_fetched.load(Relaxed),
            tokens_renewed: counters.tokens_renewed.load(Relaxed),
            fetches_failed: counters.fetches_failed.load(Relaxed),
            renewals_failed: counters.renewals_failed.load(Relaxed),
            tokens_from_cache: counters.tokens_from_cache.load(Relaxed),
            cache_failures: counters.cache_failures.load(Relaxed),
            keys_refreshed: counters.keys_refreshed.load(Relaxed),
            keys_refresh_failed: counters.keys_refresh_failed.load(Relaxed),
            unknown_kids_suppressed: counters.unknown_kids_suppressed.load(Relaxed),
            refusals_ignored: counters.refusals_ignored.load(Relaxed),
            events_dropped: counters.events_dropped.load(Relaxed),
        }
    }
}

impl Drop for EventsGuard {
    fn drop(&mut self) {
        if let Some(teller) = &self.0 {
            teller.close();
        }
    }
}

impl Counters {
    fn count(&self, event: &Event) {
        let counter = match event {
            Event::TokenFetched { .. } => &self.tokens_fetched,
            Event::TokenRenewed { .. } => &self.tokens_renewed,
            Event::TokenFetchFailed { .. } => &self.fetches_failed,
            Event::RenewalFailed { .. } => &self.renewals_failed,
            Event::TokenFromCache => &self.tokens_from_cache,
            Event::CacheFailed { .. } => &self.cache_failures,
            Event::KeysRefreshed { .. } => &self.keys_refreshed,
            Event::KeysRefreshFailed { .. } => &self.keys_refresh_failed,
            _ => return,
        };
        counter.fetch_add(1, Relaxed);
    }
}

fn log(event: &Event) {
    if event.is_warning() {
        tracing::warn!(target: "vipps_partner_auth", ?event);
    } else {
        tracing::debug!(target: "vipps_partner_auth", ?event);
    }
}
