//! The changes of a keyring: the three steps of a rotation, the way back, and replacing everything at once.

use super::{Keyring, KeyringError, rules};
use crate::token::{Token, TokenSet};

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The keyring changed and has a new generation.
    Done,
    /// It was so already; nothing changed.
    AlreadyDone,
}

impl Keyring {
    /// Starts a rotation: `next` is accepted from now on, and not sent yet.
    ///
    /// Staging the token that is already staged changes nothing.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] when another token is staged, when `next` is the primary, or when an old token of the last
    /// rotation is still accepted (two rotations at once would leave no order that is safe for every peer).
    pub fn stage(&self, next: Token) -> Result<Step, KeyringError> {
        self.change(|tokens| rules::stage(tokens, &next))
    }

    /// The second step: the staged token is sent from now on, and the one sent so far stays accepted.
    ///
    /// Safe when every process of the cluster accepts the staged token.
    ///
    /// # Errors
    ///
    /// [`KeyringError::NothingStaged`].
    pub fn promote(&self) -> Result<Step, KeyringError> {
        self.change(rules::promote)
    }

    /// The last step: only the primary is accepted from now on. Without old tokens it changes nothing.
    ///
    /// Safe when every process of the cluster sends the new primary, and no call that carries the old token is still
    /// waiting inside a client.
    ///
    /// # Errors
    ///
    /// [`KeyringError::StillStaged`].
    pub fn retire(&self) -> Result<Step, KeyringError> {
        self.change(|tokens| rules::retire(tokens, |_| true))
    }

    /// Gives up a rotation before its second step: the staged token is no longer accepted. Without one it changes nothing.
    ///
    /// # Errors
    ///
    /// None today; the signature is that of the other steps.
    pub fn abort(&self) -> Result<Step, KeyringError> {
        self.change(rules::abort)
    }

    /// Replaces all tokens at once, for processes that get whole sets from elsewhere. A set that equals the current one
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] when the new primary is not accepted so far, or the primary so far would no longer be accepted:
    /// either skips a step of the rotation, and calls would fail.
    pub fn replace(&self, tokens: TokenSet) -> Result<Step, KeyringError> {
        self.change(|current| rules::replace(current, &tokens))
    }

    /// Replaces all tokens at once without asking whether peers can follow: for a token that leaked and must stop
    /// working now, at the price of failing calls until every process has the new one.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Followed`] only.
    pub fn dangerous_replace(&self, tokens: TokenSet) -> Result<Step, KeyringError> {
        self.change(|current| Ok(rules::dangerous_replace(current, &tokens)))
    }
}
