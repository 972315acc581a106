//! When calls get too old.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// A maximum age, of which each call gets between nine tenths and the whole: calls that were opened together do not end,
/// and come back, together.
#[derive(Debug)]
pub(super) struct MaxAge {
    age: Duration,
    /// Grows by [`STEP`] for each call, from a random start.
    turn: AtomicU64,
}

/// The golden ratio of a turn: calls in a row are spread evenly, however many they are.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl MaxAge {
    pub(super) fn new(age: Duration) -> Self {
        Self { age, turn: AtomicU64::new(RandomState::new().hash_one(age)) }
    }

    /// When a call that opens now ends; never, if that is beyond what clocks show.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let turn = self.turn.fetch_add(STEP, Ordering::Relaxed);
        Instant::now().checked_add(share(self.age, turn))
    }
}

/// Between nine tenths of `age` and all of it, by where in a whole turn `turn` is.
fn share(age: Duration, turn: u64) -> Duration {
    let high = u32::try_from(turn >> 32).unwrap_or(u32::MAX);
    let part = f64::from(high) / f64::from(u32::MAX);
    age - age.mul_f64(0.1 * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_gets_between_nine_tenths_and_the_whole_and_they_are_spread_evenly() {
        for age in [Duration::ZERO, Duration::from_millis(10), Duration::from_secs(3_600), Duration::MAX] {
            for turn in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
                let share = share(age, turn);
                assert!(share <= age && share >= age.mul_f64(0.899), "{age:?}, {turn}: {share:?}");
            }
        }
        let age = Duration::from_secs(1_000);
        let mut shares: Vec<_> = (0..100).map(|call: u64| share(age, call.wrapping_mul(STEP))).collect();
        shares.sort();
        let widest = shares.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(widest < Duration::from_secs(3), "a hundred calls over a hundred seconds: {widest:?} between two");
    }

    #[test]
    fn an_age_beyond_all_clocks_is_none() {
        assert_eq!(MaxAge::new(Duration::MAX).deadline(), None);
    }
}
