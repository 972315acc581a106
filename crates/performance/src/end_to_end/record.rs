//! What came of all windows of one arm.

use std::time::Duration;

use super::latencies::Latencies;
use super::statistics::{median, ratio, rounded};
use super::window::Window;
use crate::data::end_to_end::{Arm, Ratio};

/// All windows of one arm.
pub(super) struct Record {
    /// Calls a second, window by window.
    paces: Vec<f64>,
    latencies: Latencies,
    /// None from the first window on that it is not known of.
    server: Option<Duration>,
}

impl Record {
    pub(super) fn new() -> Self {
        Self { paces: Vec::new(), latencies: Latencies::new(), server: Some(Duration::ZERO) }
    }

    pub(super) fn add(&mut self, window: &Window, server: Option<Duration>) {
        let calls = u32::try_from(window.latencies.len()).unwrap_or(u32::MAX);
        self.paces.push(f64::from(calls) / window.took.as_secs_f64());
        window.latencies.iter().for_each(|time| self.latencies.add(*time));
        self.server = self.server.zip(server).map(|(sum, more)| sum + more);
    }

    /// In numbers. No call failed, or there would be nothing to tell.
    pub(super) fn arm(&self) -> Arm {
        let calls = self.latencies.count();
        Arm {
            calls,
            failed: 0,
            calls_per_second: rounded(median(self.paces.iter().copied()).unwrap_or_default(), 0),
            p50_us: rounded(self.latencies.quantile_us(0.5), 1),
            p99_us: rounded(self.latencies.quantile_us(0.99), 1),
            server_cpu_us: self.server.filter(|_| calls > 0).map(|time| {
                // Exact up to 2^53, and there are not so many calls.
                #[allow(clippy::cast_precision_loss, reason = "fewer calls than a float can count")]
                let calls = calls as f64;
                rounded(time.as_secs_f64() * 1e6 / calls, 2)
            }),
        }
    }

    /// Calls a second, against another arm in the same rounds; none when there were fewer than two.
    pub(super) fn ratio_to(&self, other: &Self) -> Option<Ratio> {
        let Ratio { mean, low, high } = ratio(self.paces.iter().copied().zip(other.paces.iter().copied()))?;
        Some(Ratio { mean: rounded(mean, 4), low: rounded(low, 4), high: rounded(high, 4) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(paces: &[u32], server: Option<Duration>) -> Record {
        let mut record = Record::new();
        for calls in paces {
            let latencies = (0..*calls).map(|_| Duration::from_micros(50)).collect();
            record.add(&Window { latencies, took: Duration::from_secs(1) }, server);
        }
        record
    }

    #[test]
    fn the_pace_is_the_median_of_the_windows_and_the_processor_is_shared_by_all_calls() {
        let arm = record(&[100, 300, 110], Some(Duration::from_micros(1_020))).arm();
        assert_eq!((arm.calls, arm.failed, arm.calls_per_second), (510, 0, 110.0));
        assert_eq!(arm.server_cpu_us, Some(6.0));
        assert!((arm.p50_us - 50.0).abs() < 0.1 && (arm.p99_us - 50.0).abs() < 0.1, "{arm:?}");
    }

    #[test]
    fn a_processor_that_cannot_be_asked_has_no_time() {
        assert_eq!(record(&[100, 100], None).arm().server_cpu_us, None);
        assert_eq!(record(&[], Some(Duration::ZERO)).arm().server_cpu_us, None);
    }

    #[test]
    fn windows_of_one_round_are_compared_with_each_other() {
        let (one, other) = (record(&[90, 180], None), record(&[100, 200], None));
        let ratio = one.ratio_to(&other).unwrap();
        assert_eq!((ratio.mean, ratio.low, ratio.high), (0.9, 0.9, 0.9));
    }
}
