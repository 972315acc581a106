//! How long things took.

use std::fmt;
use std::time::Duration;

/// Times, to be shown as a distribution.
#[derive(Clone, Debug, Default)]
pub(super) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(super) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one and the longest, in words.
    pub(super) fn in_words(&self) -> String {
        let millis = |thousandths| self.quantile(thousandths).unwrap_or_default().as_millis();
        format!("{} ms, {} at most", millis(500), millis(1_000))
    }

    /// The smallest time that is not shorter than this share of all, in thousandths.
    fn quantile(&self, thousandths: usize) -> Option<Duration> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * thousandths).div_ceil(1_000).max(1);
        sorted.get(rank - 1).copied()
    }
}

/// Four columns: min, p50, p99, max, in milliseconds.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for thousandths in [0, 500, 990, 1_000] {
            match self.quantile(thousandths) {
                Some(time) => write!(f, "{:>9.1}", time.as_secs_f64() * 1_000.0)?,
                None => write!(f, "{:>9}", "-")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_shown_by_its_smallest_middle_and_largest() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.to_string(), "        -        -        -        -");
        for time in (1..=200).rev() {
            latencies.add(Duration::from_millis(time));
        }
        assert_eq!(latencies.to_string(), "      1.0    100.0    198.0    200.0");
        assert_eq!(latencies.in_words(), "100 ms, 200 at most");
    }
}
