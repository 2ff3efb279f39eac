//! How often refusals of APIs may cost a fetch.

use std::{collections::HashMap, time::Duration};

use crate::{
    clock::Now,
    error::{Error, Result},
    msn::Msn,
};

/// Counts for each merchant, so that one whose calls are always refused uses up nobody else's share; and for all of them
/// together, so that many of that kind don't wear out the token endpoint. By the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Restraint {
    merchants: HashMap<Option<Msn>, Refused>,
    /// When the fetches that were made will have been paid off, at one for each [`SHARE`].
    paid_off_at: Duration,
}

/// A merchant for whom a token was fetched because an API had refused the one before.
#[derive(Debug)]
struct Refused {
    until: Duration,
    gap: Duration,
    denial_told: bool,
}

const FIRST_GAP: Duration = Duration::from_secs(30);
const LONGEST_GAP: Duration = Duration::from_secs(60 * 60);
/// Also a merchant that calls a few times an hour must not have a fetch for each of its calls. One that was quiet for so
/// long begins anew.
const FORGOTTEN_AFTER: Duration = LONGEST_GAP;
/// For all merchants together: one fetch in this span, and so many at once after a quiet time.
const SHARE: Duration = Duration::from_secs(30);
const MOST_AT_ONCE: u32 = 10;

impl Restraint {
    /// Whether a fetch may be made because an API refused the token for this merchant; counts it if so.
    pub(super) fn permit(&mut self, merchant: Option<&Msn>, now: Now) -> Result<()> {
        let now = now.monotonic;
        let known = self.merchants.get(&merchant.cloned());
        if let Some(refused) = known.filter(|refused| now < refused.until) {
            return Err(restrained(refused.until.saturating_sub(now)));
        }
        let gap = match known {
            // Refused again though the token was another one: the token is not what is wrong.
            Some(refused) if now < refused.until + FORGOTTEN_AFTER => (refused.gap * 2).min(LONGEST_GAP),
            _ => FIRST_GAP,
        };
        let paid_off_at = self.paid_off_at.max(now) + SHARE;
        let allowed_at = paid_off_at.saturating_sub(SHARE * MOST_AT_ONCE);
        if now < allowed_at {
            return Err(restrained(allowed_at.saturating_sub(now)));
        }
        self.paid_off_at = paid_off_at;
        // Few are left: one is added in each span of `SHARE`, and after `LONGEST_GAP` and some more it goes.
        self.merchants.retain(|_, refused| now < refused.until + FORGOTTEN_AFTER);
        self.merchants.insert(merchant.cloned(), Refused { until: now + gap, gap, denial_told: false });
        Ok(())
    }

    /// Whether this is the first denial since the merchant's last fetch.
    pub(super) fn is_first_denial(&mut self, merchant: Option<&Msn>) -> bool {
        let known = self.merchants.get_mut(&merchant.cloned());
        known.is_some_and(|refused| !std::mem::replace(&mut refused.denial_told, true))
    }
}

fn restrained(wait: Duration) -> Error {
    Error::unavailable("an API refused the token, and another was fetched for the same reason moments ago")
        .with_hint("if it goes on, look at the merchant: is it connected, is the product or Login set up for it?")
        .with_retry_after(Some(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Now {
        let since = Duration::from_secs(seconds);
        Now { wall: since, monotonic: since }
    }

    fn merchant(number: u32) -> Msn {
        format!("{number:06}").parse().expect("an msn")
    }

    /// The moments at which a merchant that complains every so many seconds gets its fetches.
    fn fetches_of_one_who_always_complains(seconds: u64, every: usize) -> Vec<u64> {
        let mut restraint = Restraint::default();
        let merchant = merchant(1);
        (0..seconds).step_by(every).filter(|second| restraint.permit(Some(&merchant), at(*second)).is_ok()).collect()
    }

    #[test]
    fn the_gaps_of_one_merchant_grow_to_an_hour() {
        let fetches = fetches_of_one_who_always_complains(4 * 3_600, 1);
        let gaps: Vec<_> = fetches.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    }

    #[test]
    fn the_gaps_grow_however_seldom_the_merchant_calls() {
        for every in [61, 130, 600, 1_800] {
            let fetches = fetches_of_one_who_always_complains(24 * 3_600, every);
            let in_the_last_hours = fetches.iter().filter(|second| **second >= 12 * 3_600).count();
            assert!(in_the_last_hours <= 12, "every {every} s: {in_the_last_hours} in twelve hours");
        }
    }

    #[test]
    fn another_merchant_is_not_held_back() {
        let mut restraint = Restraint::default();
        assert!(restraint.permit(Some(&merchant(1)), at(0)).is_ok());
        assert!(restraint.permit(Some(&merchant(1)), at(1)).is_err());
        assert!(restraint.permit(Some(&merchant(2)), at(1)).is_ok());
        assert!(restraint.permit(None, at(1)).is_ok());
    }

    #[test]
    fn who_was_quiet_for_long_begins_anew() {
        let mut restraint = Restraint::default();
        let merchant = merchant(1);
        for second in [0, 30, 90] {
            assert!(restraint.permit(Some(&merchant), at(second)).is_ok(), "{second}");
        }
        assert!(restraint.permit(Some(&merchant), at(90 + 120 + 3_600)).is_ok());
        assert!(restraint.permit(Some(&merchant), at(90 + 120 + 3_631)).is_ok());
    }

    #[test]
    fn a_denial_says_when_to_ask_again() {
        let mut restraint = Restraint::default();
        restraint.permit(None, at(0)).expect("the first");
        let error = restraint.permit(None, at(10)).expect_err("the second");
        assert_eq!((error.code(), error.retry_after()), ("unavailable", Some(Duration::from_secs(20))));
        assert!(restraint.is_first_denial(None));
        assert!(!restraint.is_first_denial(None));
    }

    #[test]
    fn many_merchants_share_a_rate_and_bounded_memory() {
        let mut restraint = Restraint::default();
        let permitted = (0..5_000).filter(|number| restraint.permit(Some(&merchant(*number)), at(0)).is_ok()).count();
        assert_eq!(permitted, 10);
        let permitted = (0..100_000_u32)
            .filter(|number| restraint.permit(Some(&merchant(*number)), at(u64::from(*number))).is_ok())
            .count();
        assert!((3_300..3_350).contains(&permitted), "{permitted}");
        assert!(restraint.merchants.len() <= 250, "{}", restraint.merchants.len());
    }
}
