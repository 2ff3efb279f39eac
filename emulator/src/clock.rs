//! The emulator's own time: all it issues and judges goes by this clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The real time moved ahead, or a time that stands still.
#[derive(Debug)]
pub(crate) enum Clock {
    Running { ahead: Duration },
    Standing { at: Duration },
}

impl Clock {
    pub(crate) fn running() -> Self {
        Self::Running { ahead: Duration::ZERO }
    }

    /// Time since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        match self {
            Self::Running { ahead } => real_time().saturating_add(*ahead),
            Self::Standing { at } => *at,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Whether it shows the real time.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Running { ahead } if ahead.is_zero())
    }

    pub(crate) fn advance(&mut self, span: Duration) {
        let (Self::Running { ahead: moved } | Self::Standing { at: moved }) = self;
        *moved = moved.saturating_add(span);
    }

    pub(crate) fn follow_real_time(&mut self) {
        *self = Self::running();
    }

    pub(crate) fn stand_at(&mut self, at: Duration) {
        *self = Self::Standing { at };
    }
}

fn real_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The spelling of Azure AD's error bodies: a space for the `T`, a `Z` at the end.
pub(crate) fn azure_timestamp(now: Duration) -> String {
    let seconds = now.as_secs();
    let (year, month, day) = civil_date(seconds / 86_400);
    let hour = seconds / 3_600 % 24;
    let minute = seconds / 60 % 60;
    let second = seconds % 60;
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of the proleptic Gregorian calendar. Years are counted from March, so that the leap day comes last.
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970.saturating_add(719_468);
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = (months_since_march + 2) % 12 + 1;
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_follow_the_calendar() {
        let at = |seconds| azure_timestamp(Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00Z");
        assert_eq!(at(1_768_477_028), "2026-01-15 11:37:08Z");
        assert_eq!(at(4_107_542_399), "2100-02-28 23:59:59Z");
        assert_eq!(at(4_107_542_400), "2100-03-01 00:00:00Z");
    }

    #[test]
    fn a_standing_clock_moves_only_when_told() {
        let mut clock = Clock::running();
        clock.stand_at(Duration::from_secs(1_000));
        assert_eq!(clock.now(), Duration::from_secs(1_000));
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now(), Duration::from_millis(1_001_500));
    }

    #[test]
    fn a_running_clock_can_be_moved_ahead() {
        let mut clock = Clock::running();
        let before = clock.now();
        clock.advance(Duration::from_secs(86_400));
        assert!(clock.now() >= before + Duration::from_secs(86_400));
    }
}
