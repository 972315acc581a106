//! What came of the run.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::fault::Fault;
use super::file::Way;
use super::latency::Latencies;

/// What came of the run so far.
#[derive(Default)]
pub(super) struct Record(Mutex<Entries>);

/// The entries of a [`Record`].
#[derive(Clone, Default)]
pub(super) struct Entries {
    /// From the change of a file to the report of it, by way, in the order of [`Way::ALL`].
    pub(super) reloads: [Latencies; Way::ALL.len()],
    /// In the order of [`Fault::ALL`].
    pub(super) faults: [Struck; Fault::ALL.len()],
    /// From starting a killed process to its report.
    pub(super) kills: Latencies,
    /// How long the rewrites took.
    pub(super) rewrites: Latencies,
}

/// How it went with one fault.
#[derive(Clone, Default)]
pub(super) struct Struck {
    pub(super) times: usize,
    /// From the fault to its report.
    pub(super) shown: Latencies,
    /// From the change that mended it to the report of that.
    pub(super) mended: Latencies,
}

impl Record {
    pub(super) fn reloaded(&self, way: Way, fault: Option<Fault>, took: Duration) {
        self.update(|entries| {
            entries.reloads[way as usize].add(took);
            if let Some(fault) = fault {
                entries.faults[fault as usize].mended.add(took);
            }
        });
    }

    pub(super) fn struck(&self, fault: Fault, shown: Option<Duration>) {
        self.update(|entries| {
            let struck = &mut entries.faults[fault as usize];
            struck.times += 1;
            if let Some(shown) = shown {
                struck.shown.add(shown);
            }
        });
    }

    pub(super) fn rewritten(&self, took: Duration) {
        self.update(|entries| entries.rewrites.add(took));
    }

    pub(super) fn restarted(&self, took: Duration) {
        self.update(|entries| entries.kills.add(took));
    }

    pub(super) fn entries(&self) -> Entries {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, change: impl FnOnce(&mut Entries)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
