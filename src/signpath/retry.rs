//! When a request is repeated, and after how long.
//!
//! Repeated are connection failures, timeouts, 429 and every 5xx, as SignPath's library does since version 6; never
//! any other 4xx. The waits double, with jitter so that a thousand build agents do not come back in one instant; no
//! attempt comes earlier than `Retry-After` asks for, nor all of them at that moment: PERFORMANCE.md has what that does to
//! a service that recovers. The time for everything together is limited.

use std::time::Duration;

use reqwest::StatusCode;

/// The rules for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryRules {
    /// Time limit of one attempt, from connecting to the last byte.
    pub attempt: Duration,
    /// Time limit of all attempts and the waits between them.
    pub total: Duration,
    /// The wait before the first repetition; it doubles each time.
    pub first_wait: Duration,
    /// How many repetitions there are at most; `None`: as many as the total time allows.
    pub repetitions: Option<u32>,
}

/// No wait is longer, unless the service asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Why a request is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// The number of repetitions is used up.
    Repetitions,
    /// The next attempt would begin after the time for all of them.
    Time,
}

impl RetryRules {
    /// How long to wait before the next attempt, after `attempts` of them and `elapsed` time. `jitter` is a random
    /// number from 0 to 1, which takes away up to half of the wait, or adds up to half of what the service asked for.
    ///
    /// # Errors
    ///
    /// There is no other attempt, for this reason.
    pub fn wait(
        &self,
        attempts: u32,
        elapsed: Duration,
        asked: Option<Duration>,
        jitter: f64,
    ) -> Result<Duration, GiveUp> {
        if self.repetitions.is_some_and(|most| attempts > most) {
            return Err(GiveUp::Repetitions);
        }
        let spread = match asked {
            Some(asked) => asked.saturating_add(LONGEST_WAIT.min(asked).mul_f64(jitter / 2.0)),
            None => self.backoff(attempts).mul_f64(1.0 - jitter / 2.0),
        };
        let is_in_time = |wait: &Duration| elapsed.saturating_add(*wait) < self.total;
        // what was added must not be what the last attempt is lost by
        Some(spread).filter(is_in_time).or(asked.filter(is_in_time)).ok_or(GiveUp::Time)
    }

    /// The time that is left for the attempt that begins now.
    pub(super) fn limit(&self, elapsed: Duration) -> Duration {
        self.attempt.min(self.total.saturating_sub(elapsed))
    }

    fn backoff(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(16);
        self.first_wait.saturating_mul(1 << doublings).min(LONGEST_WAIT.max(self.first_wait))
    }
}

/// Whether an answer with this status may be another one next time.
pub(super) fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date.
pub(super) fn retry_after(value: &str, now: std::time::SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn rules() -> RetryRules {
        RetryRules { attempt: 30 * SECOND, total: 600 * SECOND, first_wait: SECOND, repetitions: None }
    }

    #[test]
    fn the_wait_doubles_up_to_thirty_seconds() {
        let waits: Vec<u64> = (1..=8)
            .map(|attempts| rules().wait(attempts, Duration::ZERO, None, 0.0).unwrap().as_secs())
            .collect();

        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn jitter_takes_away_up_to_half() {
        assert_eq!(rules().wait(3, Duration::ZERO, None, 1.0), Ok(2 * SECOND));
    }

    #[test]
    fn what_the_service_asks_for_is_obeyed_if_there_is_time_for_it() {
        assert_eq!(rules().wait(1, Duration::ZERO, Some(90 * SECOND), 0.0), Ok(90 * SECOND));
        assert_eq!(rules().wait(1, 520 * SECOND, Some(90 * SECOND), 0.5), Err(GiveUp::Time));
    }

    #[test]
    fn those_who_are_all_asked_to_wait_as_long_come_back_within_half_as_long_again() {
        assert_eq!(rules().wait(1, Duration::ZERO, Some(20 * SECOND), 1.0), Ok(30 * SECOND));
        assert_eq!(rules().wait(1, Duration::ZERO, Some(200 * SECOND), 1.0), Ok(215 * SECOND));
    }

    #[test]
    fn an_attempt_that_is_still_in_time_is_not_moved_beyond_it() {
        assert_eq!(rules().wait(1, 505 * SECOND, Some(90 * SECOND), 1.0), Ok(90 * SECOND));
    }

    #[test]
    fn a_wait_that_no_clock_can_tell_ends_the_attempts() {
        assert_eq!(rules().wait(2, SECOND, Some(Duration::MAX), 0.5), Err(GiveUp::Time));
    }

    #[test]
    fn the_time_for_all_attempts_ends_them() {
        assert_eq!(rules().wait(5, 590 * SECOND, None, 0.0), Err(GiveUp::Time));
        assert_eq!(rules().limit(590 * SECOND), 10 * SECOND);
    }

    #[test]
    fn a_number_of_repetitions_ends_them_if_one_is_set() {
        let rules = RetryRules { repetitions: Some(2), ..rules() };

        assert!(rules.wait(2, Duration::ZERO, None, 0.0).is_ok());
        assert_eq!(rules.wait(3, Duration::ZERO, None, 0.0), Err(GiveUp::Repetitions));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + 784_111_700 * SECOND;

        assert_eq!(retry_after(" 7 ", now), Some(7 * SECOND));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(77 * SECOND));
        assert_eq!(retry_after("Tue, 06 Nov 1984 08:49:37 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }
}
