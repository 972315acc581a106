//! Which share of what is divided among threads a thread uses, so that threads do not wait for each other's cache lines.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More than this many threads share. The model follows each of them, and its threads are one to the system.
pub(super) const SHARDS: usize = if cfg!(loom) { 2 } else { 16 };

thread_local! {
    /// This thread's, or `SHARDS` before it has one.
    static SHARD: Cell<usize> = const { Cell::new(SHARDS) };
}

/// One thing for each shard.
#[derive(Default)]
pub(super) struct Sharded<T>([T; SHARDS]);

impl<T> Sharded<T> {
    pub(super) fn new(make: impl FnMut(usize) -> T) -> Self {
        Self(std::array::from_fn(make))
    }

    /// That of this thread.
    #[inline]
    pub(super) fn mine(&self) -> &T {
        let mut shard = SHARD.get();
        if shard >= SHARDS {
            shard = assign();
        }
        &self.0[shard % SHARDS]
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

/// Deals shards to threads in turn. Which thread has which means nothing, so this is the same for all keyrings.
#[cold]
fn assign() -> usize {
    static DEALT: AtomicUsize = AtomicUsize::new(0);
    let shard = DEALT.fetch_add(1, Ordering::Relaxed) % SHARDS;
    SHARD.set(shard);
    shard
}
