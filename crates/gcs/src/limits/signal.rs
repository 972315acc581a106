//! A flag that is raised once, from anywhere, and that one task waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;

/// A flag that is raised once. Only the task that polled it last is woken.
#[derive(Debug, Default)]
pub(super) struct Signal {
    raised: AtomicBool,
    waiting: AtomicWaker,
}

impl Signal {
    /// Raises the flag and wakes who waits for it.
    pub(super) fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.waiting.wake();
    }

    /// Ready once the flag is raised.
    pub(super) fn poll_raised(&self, cx: &Context<'_>) -> Poll<()> {
        // Registered before the flag is read, or a raise between the two would wake nobody.
        self.waiting.register(cx.waker());
        if self.raised.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}
