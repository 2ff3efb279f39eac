//! When to try again, and how long to wait first.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, header::RETRY_AFTER};

use crate::{clock::Now, error::Error, random};

/// Retries after the first try while somebody waits.
const MOST_RETRIES: u32 = 2;
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// The wait before the next try, with full jitter; `None` when there must be no other.
pub(crate) fn wait_before_retry(tries: u32, error: &Error, left: Duration) -> Option<Duration> {
    if !is_passing_fault(error) || tries > MOST_RETRIES {
        return None;
    }
    let backoff = random::up_to(FIRST_BACKOFF * 2_u32.pow(tries - 1));
    let wait = backoff.max(error.retry_after().unwrap_or_default());
    (wait < left).then_some(wait)
}

/// A network error, or a status that says the same request may do better in a moment.
fn is_passing_fault(error: &Error) -> bool {
    error.retryable() && error.status().is_none_or(|status| matches!(status, 429 | 500 | 502 | 503 | 504))
}

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

    fn parsed(text: &str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().expect("a header value"))]);
        let now = Now { wall: Duration::from_secs(1_767_225_600), monotonic: Duration::ZERO };
        retry_after(&headers, now).map(|wait| wait.as_secs())
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
        let (broken, wrong) = (Error::unavailable("x"), Error::protocol("x"));
        let minute = Duration::from_mins(1);
        assert!(wait_before_retry(1, &broken, minute).is_some_and(|wait| wait <= FIRST_BACKOFF));
        assert!(wait_before_retry(2, &broken, minute).is_some_and(|wait| wait <= FIRST_BACKOFF * 2));
        assert_eq!(wait_before_retry(3, &broken, minute), None);
        assert_eq!(wait_before_retry(1, &wrong, minute), None);
        assert_eq!(wait_before_retry(1, &broken, Duration::ZERO), None);
    }

    #[test]
    fn a_longer_retry_after_than_the_deadline_leaves_ends_it() {
        let busy = Error::unavailable("x").with_retry_after(Some(Duration::from_secs(31)));
        assert_eq!(wait_before_retry(1, &busy, Duration::from_secs(30)), None);
        assert_eq!(wait_before_retry(1, &busy, Duration::from_secs(60)), Some(Duration::from_secs(31)));
    }
}
