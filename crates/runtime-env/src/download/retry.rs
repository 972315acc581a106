//! When a download is tried again: a GET may be repeated, and is where the failure may pass.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

/// The longest pause between two attempts, whatever a server asks for.
const LONGEST: Duration = Duration::from_secs(60);

/// How often, and how long in between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retry {
    /// How many attempts altogether.
    pub(super) attempts: u32,
    /// The pause after the first one; each next is twice as long.
    pub(super) pause: Duration,
}

impl Retry {
    /// How long to wait after this many attempts; none when that was the last.
    ///
    /// A part of it is random, so that the nodes of a cluster, which all failed at once, do not come back at once.
    pub(super) fn after(&self, attempt: u32, asked: Option<Duration>) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let pause = self.pause.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST);
        let pause = pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        Some(pause.max(asked.unwrap_or_default()).min(LONGEST))
    }
}

/// What a server asks for, in whole seconds. The other form, a date, is not read: clocks differ.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn pauses_grow_are_bounded_and_end_with_the_attempts() {
        let retry = Retry { attempts: 4, pause: Duration::from_secs(1) };
        let bounds = [(1, 500, 1_000), (2, 1_000, 2_000), (3, 2_000, 4_000)];
        for (attempt, low, high) in bounds {
            let pause = retry.after(attempt, None).unwrap();
            assert!(
                (Duration::from_millis(low)..=Duration::from_millis(high)).contains(&pause),
                "{attempt}: {pause:?}"
            );
        }
        assert_eq!(retry.after(4, None), None);
        assert_eq!(retry.after(1, Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
        assert_eq!(retry.after(1, Some(Duration::MAX)), Some(LONGEST));
        let long = Retry { attempts: u32::MAX, pause: Duration::MAX };
        assert!(long.after(u32::MAX - 1, None).is_some_and(|pause| (LONGEST / 2..=LONGEST).contains(&pause)));
    }

    #[test]
    fn only_whole_seconds_are_read() {
        let table = [
            ("3", Some(3)),
            (" 12 ", Some(12)),
            ("-1", None),
            ("1.5", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
            ("99999999999999999999", None),
        ];
        for (value, expected) in table {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(asked(&headers), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(asked(&HeaderMap::new()), None);
    }
}
