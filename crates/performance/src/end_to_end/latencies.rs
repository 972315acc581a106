//! How long calls took.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Shorter and longer times count as these.
const BOUNDS: (u64, u64) = (100, 60_000_000_000);

/// How exact a time is kept: to a thousandth.
const DIGITS: u8 = 3;

/// Times of calls, in memory that does not grow with them.
#[derive(Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(super) fn new() -> Self {
        let (low, high) = BOUNDS;
        Self(Histogram::new_with_bounds(low, high, DIGITS).expect("these bounds make a histogram"))
    }

    pub(super) fn add(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// The time that this share of all calls did not exceed, in microseconds.
    pub(super) fn quantile_us(&self, share: f64) -> f64 {
        Duration::from_nanos(self.0.value_at_quantile(share)).as_secs_f64() * 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_a_thousandth() {
        let mut latencies = Latencies::new();
        for micros in (1..=1_000).rev() {
            latencies.add(Duration::from_micros(micros));
        }
        assert_eq!(latencies.count(), 1_000);
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1_000.0)] {
            let found = latencies.quantile_us(share);
            assert!((found / expected - 1.0).abs() < 0.002, "{share}: {found}");
        }
    }

    #[test]
    fn a_time_beyond_the_bounds_counts_as_the_bound() {
        let mut latencies = Latencies::new();
        latencies.add(Duration::from_secs(600));
        latencies.add(Duration::ZERO);
        assert_eq!(latencies.count(), 2);
        assert!((latencies.quantile_us(1.0) / 60e6 - 1.0).abs() < 0.002, "{}", latencies.quantile_us(1.0));
    }
}
