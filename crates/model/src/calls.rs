//! What the server layers do with a keyring, call by call.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use crate::Keyring;
use crate::keyring::Revocation;

/// A call that was let in and stays open.
pub struct OpenCall {
    revocation: Revocation,
}

impl OpenCall {
    /// Opens a call with this token, if the keyring accepts it. Decided, counted and bound by one snapshot.
    #[must_use]
    pub fn open(keyring: &Keyring, presented: &str) -> Option<Self> {
        let snapshot = keyring.snapshot();
        let revocation = snapshot.accept(presented.as_bytes())?.revocation().clone();
        Some(Self { revocation })
    }

    /// Whether its token has left the keyring.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revocation.is_revoked()
    }

    /// Waits until its token has left the keyring. Like a stream whose task is also woken by others, it asks twice.
    pub fn wait(self) {
        let mut revoked = pin!(self.revocation.revoked());
        loom::future::block_on(poll_fn(|context| match revoked.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => revoked.as_mut().poll(context),
        }));
    }
}
