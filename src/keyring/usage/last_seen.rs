//! When a token was last used, found out by looking at its count once in a while. Calls read no clock.

use std::time::{Duration, Instant, SystemTime};

use super::Usage;
use crate::keyring::{Keyring, KeyringSource, TokenStatus};

/// A point in time, by the clock that is never set and by the one that people read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    pub(crate) system: SystemTime,
}

impl Now {
    pub(crate) fn read() -> Self {
        Self { instant: Instant::now(), system: SystemTime::now() }
    }
}

/// What the looks at one count have shown so far.
#[derive(Default)]
pub(super) struct LastSeen {
    /// The count at the last look.
    total: u64,
    /// When it was first looked at.
    since: Option<Instant>,
    /// When a look first found the count as it is now: not before the last call, and not later than the look after it.
    seen: Option<Now>,
}

impl LastSeen {
    fn note(&mut self, total: u64, now: Now) -> Use {
        let since = *self.since.get_or_insert(now.instant);
        // Of two who look at once, the later one to get here may have looked earlier.
        if total > self.total {
            self.total = total;
            self.seen = self.seen.filter(|seen| seen.instant > now.instant).or(Some(now));
        }
        Use { seen: self.seen, watched: now.instant.saturating_duration_since(since) }
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn seen(&self) -> Option<SystemTime> {
        self.seen.map(|seen| seen.system)
    }
}

/// How a token was used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// When it last let a call in; none if it never did.
    pub(crate) seen: Option<Now>,
    /// For how long its use has been watched.
    pub(crate) watched: Duration,
}

/// A keyring, and how its tokens were used.
pub(crate) struct Look {
    pub(crate) at: Now,
    pub(crate) generation: u64,
    pub(crate) source: KeyringSource,
    /// In the order of the keyring's status.
    pub(crate) tokens: Vec<(TokenStatus, Use)>,
}

impl Usage {
    fn note(&self, total: u64, now: Now) -> Use {
        self.watched().last_seen.note(total, now)
    }
}

impl Keyring {
    /// Notes which tokens were used since the last look of anybody.
    ///
    /// The clock is read after the counts, so that no call is noted as earlier than it was.
    pub(crate) fn look(&self, clock: impl FnOnce() -> Now) -> Look {
        let source = self.status().source;
        let snapshot = self.snapshot();
        let counted: Vec<_> = snapshot.uses().collect();
        let now = clock();
        let note = |(status, usage): (TokenStatus, &Usage)| {
            let noted = usage.note(status.accepted_calls, now);
            (status, noted)
        };
        Look { at: now, generation: snapshot.generation(), source, tokens: counted.into_iter().map(note).collect() }
    }
}
