//! A count of events that strangers can cause, of which only few are worth a line in the log.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts events.
#[derive(Debug, Default)]
pub(super) struct Tally(AtomicU64);

impl Tally {
    /// Counts one more, and returns the count when it has doubled since it was last returned.
    pub(super) fn add(&self) -> Option<u64> {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        count.is_power_of_two().then_some(count)
    }
}
