//! How many calls a token has let in, counted without making threads wait for each other; and for those who watch, when
//! it was last used and what metrics say of it.

mod last_seen;
mod published;

#[cfg(not(loom))]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

#[cfg(loom)]
use loom::sync::atomic::AtomicU64;

use self::last_seen::LastSeen;
pub(crate) use self::last_seen::{Look, Now};
pub(crate) use self::published::Names;
use self::published::Published;
use super::shards::Sharded;

/// A counter that is spread over cache lines, one per thread as far as they go.
#[derive(Default)]
pub(super) struct Usage {
    shards: Sharded<CacheLine>,
    /// What those who watch made of the counts. No call touches it.
    watched: Mutex<Watched>,
}

/// What becomes of a count, look by look.
#[derive(Default)]
struct Watched {
    last_seen: LastSeen,
    published: Published,
}

/// Two cache lines of 64 bytes: processors fetch them in pairs.
#[derive(Default)]
#[repr(align(128))]
struct CacheLine(AtomicU64);

impl Usage {
    /// One more call.
    #[inline]
    pub(super) fn count(&self) {
        self.shards.mine().0.fetch_add(1, Ordering::Relaxed);
    }

    /// All calls counted so far.
    pub(super) fn total(&self) -> u64 {
        self.shards.iter().map(|shard| shard.0.load(Ordering::Relaxed)).sum()
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        // Nothing panics in the middle of a change, so a poisoned one is as good as any.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token has left the keyring, and the last call that could count has counted: what was not published yet is
/// published now, so that metrics lose nothing.
impl Drop for Usage {
    fn drop(&mut self) {
        if self.watched().published.is_begun() {
            let total = self.total();
            self.watched().published.publish_rest(total, SystemTime::now());
        }
    }
}

#[cfg(test)]
mod tests;
