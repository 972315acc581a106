//! The handshakes under way, oldest first.

use std::collections::VecDeque;

use tokio::task::AbortHandle;

/// How many there may be at once.
pub(super) const MAX_HANDSHAKES: usize = 128;

/// The handshakes under way, oldest first, among some that are over.
#[derive(Default)]
pub(super) struct Flight(VecDeque<AbortHandle>);

impl Flight {
    /// Before one more begins: the one to give up, when there are too many.
    pub(super) fn make_room(&mut self) -> Option<AbortHandle> {
        if self.0.len() < MAX_HANDSHAKES {
            return None;
        }
        self.0.retain(|handshake| !handshake.is_finished());
        if self.0.len() < MAX_HANDSHAKES { None } else { self.0.pop_front() }
    }

    pub(super) fn add(&mut self, handshake: AbortHandle) {
        self.0.push_back(handshake);
    }
}
