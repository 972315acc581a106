//! What came of the calls.

use std::sync::atomic::{AtomicU64, Ordering};

use super::say;
use crate::kind::Kind;
use crate::wire::{Counts, Failure, Outcomes, Said};

/// How many failures are told in full.
const TOLD: u64 = 20;

/// Counts what came of all calls of this process.
#[derive(Default)]
pub(super) struct Counter {
    kinds: [KindCounter; 4],
    connections: AtomicU64,
    told: AtomicU64,
}

#[derive(Default)]
struct KindCounter {
    answered: AtomicU64,
    excused: AtomicU64,
    failed: AtomicU64,
}

impl Counter {
    pub(super) fn answered(&self, kind: Kind) {
        self.kinds[kind as usize].answered.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn excused(&self, kind: Kind) {
        self.kinds[kind as usize].excused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, failure: Failure) {
        self.kinds[failure.kind as usize].failed.fetch_add(1, Ordering::Relaxed);
        if self.told.fetch_add(1, Ordering::Relaxed) < TOLD {
            say(&Said::Failed(failure));
        }
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts { connections: self.connections.load(Ordering::Relaxed), ..Counts::default() };
        for (counts, counter) in counts.kinds.iter_mut().zip(&self.kinds) {
            *counts = Outcomes {
                answered: counter.answered.load(Ordering::Relaxed),
                excused: counter.excused.load(Ordering::Relaxed),
                failed: counter.failed.load(Ordering::Relaxed),
            };
        }
        counts
    }
}
