//! When to try again, and how long to wait first.

use std::{
    future::Future,
    time::{Duration, UNIX_EPOCH},
};

use http::{HeaderMap, header::RETRY_AFTER};

use crate::{
    clock::{Clock, Now},
    error::{Error, ErrorKind, Result},
    random::Jitter,
};

/// The tries of one piece of work, inside one time limit.
pub(crate) struct Tries<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) jitter: &'a Jitter,
    pub(crate) deadline: Now,
}

/// What a try can end with besides success.
pub(crate) trait TryFailure {
    fn error(&self) -> &Error;
}

impl TryFailure for Error {
    fn error(&self) -> &Error {
        self
    }
}

/// Retries after the first try.
const MOST_RETRIES: u32 = 2;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

impl Tries<'_> {
    /// Tries until it works, a try fails for good, the tries or the time are used up, or no more tries are `wanted`.
    pub(crate) async fn run<T, E, F>(&self, wanted: impl Fn(&E) -> bool, mut once: impl FnMut() -> F) -> Result<T, E>
    where
        E: TryFailure,
        F: Future<Output = Result<T, E>>,
    {
        let mut made = 0;
        loop {
            made += 1;
            let failure = match once().await {
                Ok(done) => return Ok(done),
                Err(failure) => failure,
            };
            let left = self.clock.now().until(self.deadline);
            match self.wait_before_retry(made, failure.error(), left) {
                Some(wait) if wanted(&failure) => self.clock.sleep(wait).await,
                _ => return Err(failure),
            }
        }
    }

    /// The wait before the next try, with full jitter; `None` when there must be no other.
    fn wait_before_retry(&self, made: u32, error: &Error, left: Duration) -> Option<Duration> {
        if !is_passing_fault(error) || made > MOST_RETRIES {
            return None;
        }
        let backoff = self.jitter.up_to(FIRST_BACKOFF * 2_u32.pow(made - 1));
        let wait = backoff.max(self.jitter.lengthened(error.retry_after().unwrap_or_default()));
        (wait < left).then_some(wait)
    }
}

fn is_passing_fault(error: &Error) -> bool {
    error.retryable() && error.status().is_none_or(is_passing)
}

/// Whether this status says that the same request may do better in a moment.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503 | 504)
}

/// The pause after failed fetches: a second, doubling to a minute; as long as the service asks for, and half a minute at
/// least where it refused the keys.
pub(crate) fn pause_after(failures: u32, error: &Error) -> Duration {
    let doubled = FIRST_PAUSE * 2_u32.pow(failures.saturating_sub(1).min(MOST_DOUBLINGS));
    let least = match error.kind() {
        ErrorKind::CredentialsRejected => PAUSE_OF_REFUSED_KEYS,
        _ => error.retry_after().unwrap_or_default(),
    };
    doubled.min(LONGEST_PAUSE).max(least)
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Enough to reach the longest pause.
const MOST_DOUBLINGS: u32 = 6;
const PAUSE_OF_REFUSED_KEYS: Duration = Duration::from_secs(30);

/// `Retry-After` as seconds or as an HTTP date (RFC 9110 section 10.2.3), at most five minutes.
pub(crate) fn retry_after(headers: &HeaderMap, now: Now) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    Some(delay(text, now)?.min(LONGEST_RETRY_AFTER))
}

fn delay(text: &str, now: Now) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(LONGEST_RETRY_AFTER, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(date.saturating_sub(now.wall))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn parsed(text: &str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("a header value"))]);
        let now = Now { wall: Duration::from_secs(1_767_225_600), monotonic: Duration::ZERO };
        retry_after(&headers, now).map(|wait| wait.as_secs())
    }

    fn wait_before_retry(made: u32, error: &Error, left: Duration) -> Option<Duration> {
        let clock = ManualClock::at_unix(0);
        let tries = Tries { clock: &clock, jitter: &Jitter::default(), deadline: clock.now() };
        tries.wait_before_retry(made, error, left)
    }

    #[test]
    fn seconds_and_dates_are_read_and_capped() {
        assert_eq!(parsed("12"), Some(12));
        assert_eq!(parsed(" 12 "), Some(12));
        assert_eq!(parsed("Thu, 01 Jan 2026 00:00:30 GMT"), Some(30));
        assert_eq!(parsed("Wed, 31 Dec 2025 00:00:30 GMT"), Some(0));
        assert_eq!(parsed("86400"), Some(300));
        assert_eq!(parsed("99999999999999999999999"), Some(300));
        assert_eq!(parsed("Thu, 01 Jan 2099 00:00:30 GMT"), Some(300));
    }

    #[test]
    fn rubbish_is_as_good_as_nothing() {
        for text in ["", "soon", "-1", "1.5", "+3", "Thu, 32 Jan 2026 00:00:30 GMT"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn two_retries_and_only_of_passing_faults() {
        let broken = Error::unavailable("x");
        let minute = Duration::from_secs(60);
        assert!(wait_before_retry(1, &broken, minute).is_some_and(|wait| wait <= FIRST_BACKOFF));
        assert!(wait_before_retry(2, &broken, minute).is_some_and(|wait| wait <= FIRST_BACKOFF * 2));
        assert_eq!(wait_before_retry(3, &broken, minute), None);
        assert_eq!(wait_before_retry(1, &Error::protocol("x"), minute), None);
        assert_eq!(wait_before_retry(1, &broken, Duration::ZERO), None);
    }

    #[test]
    fn a_longer_retry_after_than_the_deadline_leaves_ends_it() {
        let asked = Duration::from_secs(31);
        let busy = Error::unavailable("x").with_retry_after(Some(asked));
        assert_eq!(wait_before_retry(1, &busy, Duration::from_secs(30)), None);
        let wait = wait_before_retry(1, &busy, Duration::from_secs(60)).expect("there is time");
        assert!((asked..=asked * 6 / 5).contains(&wait), "{wait:?}");
    }

    #[test]
    fn the_pause_doubles_to_a_minute_and_no_answer_shortens_it() {
        let pauses: Vec<_> = (1..=8).map(|failures| pause_after(failures, &Error::protocol("x")).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        let at_once = Error::unavailable("x").with_retry_after(Some(Duration::ZERO));
        assert_eq!(pause_after(3, &at_once), Duration::from_secs(4));
        let later = Error::unavailable("x").with_retry_after(Some(Duration::from_secs(120)));
        assert_eq!(pause_after(3, &later), Duration::from_secs(120));
        assert_eq!(pause_after(1, &Error::new(ErrorKind::CredentialsRejected, "x")), Duration::from_secs(30));
    }
}
