//! What the API server sends and is asked.

use std::collections::BTreeMap;
use std::time::Duration;

/// Counts.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) messages: u64,
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    by_second: BTreeMap<u64, u64>,
}

impl Traffic {
    /// An event, or an answer.
    pub(crate) fn message(&mut self, at: Duration, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
        *self.by_second.entry(at.as_secs()).or_default() += 1;
    }

    /// A request and its answer.
    pub(crate) fn request(&mut self, at: Duration, bytes: u64) {
        self.requests += 1;
        self.message(at, bytes);
    }

    pub(crate) fn in_busiest_second(&self) -> u64 {
        self.by_second.values().max().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_by_the_second() {
        let mut traffic = Traffic::default();
        for millis in [0, 999, 1_000, 1_500, 1_999, 7_000] {
            traffic.message(Duration::from_millis(millis), 10);
        }
        traffic.request(Duration::from_millis(7_500), 5);
        assert_eq!((traffic.messages, traffic.requests, traffic.bytes), (7, 1, 65));
        assert_eq!(traffic.in_busiest_second(), 3);
    }
}
