//! What came of all windows of one arm.

use std::time::Duration;

use super::latencies::Latencies;
use super::processor::Spent;
use super::window::Window;
use crate::data::end_to_end::{Arm, Ratio};
use crate::statistics::{median, ratio, rounded, short};
use crate::turns::Turns;

/// All windows of one arm.
pub(super) struct Record {
    /// Calls a second, window by window.
    paces: Vec<f64>,
    latencies: Latencies,
    lost: u64,
    server: Cpu,
    client: Cpu,
    took: Duration,
    /// By both sides; none once it was not known of one.
    waited: Option<Duration>,
}

/// Microseconds a call, window by window; none once it was not known of one.
struct Cpu(Option<Vec<f64>>);

impl Record {
    pub(super) fn new() -> Self {
        Self {
            paces: Vec::new(),
            latencies: Latencies::new(),
            lost: 0,
            server: Cpu::new(),
            client: Cpu::new(),
            took: Duration::ZERO,
            waited: Some(Duration::ZERO),
        }
    }

    pub(super) fn add(&mut self, window: &Window, spent: Spent) {
        let calls = f64::from(u32::try_from(window.latencies.len()).unwrap_or(u32::MAX));
        self.paces.push(calls / window.took.as_secs_f64());
        window.latencies.iter().for_each(|time| self.latencies.add(*time));
        self.server.add(spent.server, calls);
        self.client.add(spent.client, calls);
        self.lost += window.lost;
        self.took += window.took;
        self.waited = self.waited.zip(spent.waited()).map(|(sum, more)| sum + more);
    }

    /// In numbers. No call failed but those that may be lost, or there would be nothing to tell.
    pub(super) fn arm(&self) -> Arm {
        Arm {
            calls: self.latencies.count(),
            failed: self.lost,
            calls_per_second: rounded(median(self.paces.iter().copied()).unwrap_or_default(), 0),
            p50_us: rounded(self.latencies.quantile_us(0.5), 1),
            p99_us: rounded(self.latencies.quantile_us(0.99), 1),
            server_cpu_us: self.server.median(),
            client_cpu_us: self.client.median(),
            waited: self
                .waited
                .filter(|_| !self.took.is_zero())
                .map(|waited| rounded(waited.as_secs_f64() / self.took.as_secs_f64(), 4)),
        }
    }

    /// Calls a second, against another arm in the same rounds; none when there were fewer than two.
    pub(super) fn ratio_to(&self, other: &Self) -> Option<Ratio> {
        short(ratio(self.paces.iter().copied().zip(other.paces.iter().copied())))
    }

    /// Processor time a call of another arm in the same rounds, against that of this one.
    pub(super) fn cpu_ratio_to(&self, other: &Self) -> Option<Ratio> {
        short(ratio(other.cpu()?.into_iter().zip(self.cpu()?)))
    }

    /// Of both sides together.
    fn cpu(&self) -> Option<Vec<f64>> {
        let (server, client) = self.server.0.as_ref().zip(self.client.0.as_ref())?;
        Some(server.iter().zip(client).map(|(server, client)| server + client).collect())
    }
}

impl Cpu {
    fn new() -> Self {
        Self(Some(Vec::new()))
    }

    fn add(&mut self, spent: Option<Turns>, calls: f64) {
        match (&mut self.0, spent) {
            (Some(times), Some(spent)) => times.push(spent.ran.as_secs_f64() * 1e6 / calls),
            _ => self.0 = None,
        }
    }

    fn median(&self) -> Option<f64> {
        median(self.0.iter().flatten().copied()).map(|time| rounded(time, 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(server: Option<u64>, client: u64) -> Spent {
        let turns = |micros| Turns { ran: Duration::from_micros(micros), waited: Duration::from_millis(10) };
        Spent { server: server.map(turns), client: Some(turns(client)) }
    }

    fn record(windows: &[(u32, Spent)]) -> Record {
        let mut record = Record::new();
        for (calls, spent) in windows {
            let latencies = (0..*calls).map(|_| Duration::from_micros(50)).collect();
            record.add(&Window { latencies, lost: 0, took: Duration::from_secs(1) }, *spent);
        }
        record
    }

    #[test]
    fn pace_and_processor_time_are_medians_of_the_windows() {
        let windows = [(100, spent(Some(600), 500)), (300, spent(Some(3_000), 900)), (110, spent(Some(660), 770))];
        let arm = record(&windows).arm();
        assert_eq!((arm.calls, arm.failed, arm.calls_per_second), (510, 0, 110.0));
        assert_eq!((arm.server_cpu_us, arm.client_cpu_us), (Some(6.0), Some(5.0)));
        assert_eq!(arm.waited, Some(0.02), "two sides, ten milliseconds a second each");
        assert!((arm.p50_us - 50.0).abs() < 0.1 && (arm.p99_us - 50.0).abs() < 0.1, "{arm:?}");
    }

    #[test]
    fn a_processor_that_cannot_be_asked_has_no_time() {
        let record = record(&[(100, spent(Some(600), 500)), (100, spent(None, 500)), (100, spent(Some(600), 500))]);
        let arm = record.arm();
        assert_eq!((arm.server_cpu_us, arm.client_cpu_us, arm.waited), (None, Some(5.0), None));
        assert!(record.cpu_ratio_to(&record).is_none());
    }

    #[test]
    fn windows_of_one_round_are_compared_with_each_other() {
        let one = record(&[(90, spent(Some(900), 900)), (180, spent(Some(900), 1_800))]);
        let other = record(&[(100, spent(Some(900), 900)), (200, spent(Some(1_600), 1_400))]);
        let pace = one.ratio_to(&other).unwrap();
        assert_eq!((pace.mean, pace.low, pace.high), (0.9, 0.9, 0.9));
        // Microseconds a call: 18 and 15 without, 20 and 15 with.
        assert!(one.cpu_ratio_to(&other).unwrap().mean < 1.0);
        let same = one.cpu_ratio_to(&one).unwrap();
        assert_eq!((same.mean, same.low, same.high), (1.0, 1.0, 1.0));
    }
}
