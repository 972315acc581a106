//! What was called, when, and how it ended.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The kinds of call that gRPC knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Unary,
    ClientStreaming,
    ServerStreaming,
    Bidirectional,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Unary, Self::ClientStreaming, Self::ServerStreaming, Self::Bidirectional];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ClientStreaming => "client_streaming",
            Self::ServerStreaming => "server_streaming",
            Self::Bidirectional => "bidirectional",
        }
    }
}

/// The parts of a rotation, named by the step that began them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Before,
    Staged,
    Promoted,
    Retired,
}

impl Phase {
    pub(super) const ALL: [Self; 4] = [Self::Before, Self::Staged, Self::Promoted, Self::Retired];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::Staged => "staged",
            Self::Promoted => "promoted",
            Self::Retired => "retired",
        }
    }
}

/// How many failures are told in full.
const TOLD: usize = 5;

/// The book that all callers write in. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Calls that ended, by phase and kind; a call belongs to the phase it began in.
    ended: [[AtomicU64; Kind::ALL.len()]; Phase::ALL.len()],
    failed: AtomicU64,
    failures: Mutex<Vec<String>>,
    current: Mutex<Current>,
    changed: Notify,
}

/// The phase, and the calls that began in it: under one lock, so that a call is of the phase that waits for it.
#[derive(Debug)]
struct Current {
    phase: Phase,
    open: TaskTracker,
}

/// A call that began.
#[derive(Debug)]
pub(super) struct Begun {
    phase: Phase,
    _open: TaskTrackerToken,
}

impl Ledger {
    pub(super) fn new() -> Self {
        let current = Mutex::new(Current { phase: Phase::Before, open: TaskTracker::new() });
        Self {
            shared: Arc::new(Shared {
                ended: Default::default(),
                failed: AtomicU64::new(0),
                failures: Mutex::default(),
                current,
                changed: Notify::new(),
            }),
        }
    }

    /// A call begins.
    pub(super) fn begin(&self) -> Begun {
        let current = lock(&self.shared.current);
        Begun { phase: current.phase, _open: current.open.token() }
    }

    /// It ended.
    pub(super) fn end(&self, begun: &Begun, kind: Kind, result: Result<(), String>) {
        if let Err(failure) = result {
            self.shared.failed.fetch_add(1, Ordering::Relaxed);
            let mut failures = lock(&self.shared.failures);
            if failures.len() < TOLD {
                failures.push(format!("{} call, {}: {failure}", kind.name(), begun.phase.name()));
            }
        }
        self.shared.ended[begun.phase as usize][kind as usize].fetch_add(1, Ordering::Relaxed);
        self.shared.changed.notify_one();
    }

    /// The next phase begins. Done when no call of the phases before is open.
    pub(super) async fn next_phase(&self, phase: Phase) {
        let open = {
            let mut current = lock(&self.shared.current);
            current.phase = phase;
            std::mem::replace(&mut current.open, TaskTracker::new())
        };
        open.close();
        open.wait().await;
    }

    /// Done when each kind of call was made in this phase, and then as many of them as `calls`, or it is `until`.
    pub(super) async fn wait(&self, phase: Phase, calls: Option<u64>, until: Instant) {
        loop {
            let [least, sum] = self.least_and_sum(phase);
            if least > 0 && (Instant::now() >= until || calls.is_some_and(|calls| sum >= calls)) {
                return;
            }
            let changed = self.shared.changed.notified();
            if Instant::now() >= until {
                changed.await;
            } else {
                // An end of the time is as good a reason to look again as a call.
                let _ = tokio::time::timeout_at(until.into(), changed).await;
            }
        }
    }

    fn least_and_sum(&self, phase: Phase) -> [u64; 2] {
        let counts = Kind::ALL.map(|kind| self.calls(phase, kind));
        [counts.into_iter().min().unwrap_or_default(), counts.iter().sum()]
    }

    /// How many calls of a kind began in a phase and ended, well or not.
    pub(super) fn calls(&self, phase: Phase, kind: Kind) -> u64 {
        self.shared.ended[phase as usize][kind as usize].load(Ordering::Relaxed)
    }

    /// How many failed, and the first few in words.
    pub(super) fn failures(&self) -> (u64, Vec<String>) {
        (self.shared.failed.load(Ordering::Relaxed), lock(&self.shared.failures).clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
