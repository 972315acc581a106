//! The changes of a keyring: the three steps of a rotation, the way back, and replacing everything at once.

use super::{Keyring, KeyringError};
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
        self.change(|tokens| match tokens.next() {
            Some(staged) if staged.matches(next.expose_secret()) => Ok(None),
            Some(_) => Err(KeyringError::AlreadyStaged),
            None if tokens.primary().matches(next.expose_secret()) => Err(KeyringError::AlreadyPrimary),
            None if !tokens.accepted().is_empty() => Err(KeyringError::RotationUnfinished),
            None => Ok(Some(tokens.clone().with_next(next)?)),
        })
    }

    /// The second step: the staged token is sent from now on, and the one sent so far stays accepted.
    ///
    /// Safe when every process of the cluster accepts the staged token.
    ///
    /// # Errors
    ///
    /// [`KeyringError::NothingStaged`].
    pub fn promote(&self) -> Result<Step, KeyringError> {
        self.change(|tokens| {
            let next = tokens.next().ok_or(KeyringError::NothingStaged)?;
            let promoted = TokenSet::new(next.clone()).add_accepted(tokens.primary().clone())?;
            tokens.accepted().iter().cloned().try_fold(promoted, TokenSet::add_accepted).map(Some).map_err(Into::into)
        })
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
        self.change(|tokens| match (tokens.next(), tokens.accepted()) {
            (Some(_), _) => Err(KeyringError::StillStaged),
            (None, []) => Ok(None),
            (None, _) => Ok(Some(TokenSet::new(tokens.primary().clone()))),
        })
    }

    /// Gives up a rotation before its second step: the staged token is no longer accepted. Without one it changes nothing.
    ///
    /// # Errors
    ///
    /// None today; the signature is that of the other steps.
    pub fn abort(&self) -> Result<Step, KeyringError> {
        self.change(|tokens| {
            let kept = TokenSet::new(tokens.primary().clone());
            match tokens.next() {
                None => Ok(None),
                Some(_) => tokens
                    .accepted()
                    .iter()
                    .cloned()
                    .try_fold(kept, TokenSet::add_accepted)
                    .map(Some)
                    .map_err(Into::into),
            }
        })
    }

    /// Replaces all tokens at once, for processes that get whole sets from elsewhere. A set that equals the current one
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] when the new primary is not accepted so far, or the primary so far would no longer be accepted:
    /// either skips a step of the rotation, and calls would fail.
    pub fn replace(&self, tokens: TokenSet) -> Result<Step, KeyringError> {
        self.change(|current| {
            if !current.contains(tokens.primary()) {
                Err(KeyringError::PrimaryNotAccepted)
            } else if !tokens.contains(current.primary()) {
                Err(KeyringError::PrimaryDropped)
            } else {
                Ok((!current.is_same(&tokens)).then_some(tokens))
            }
        })
    }

    /// Replaces all tokens at once without asking whether peers can follow: for a token that leaked and must stop
    /// working now, at the price of failing calls until every process has the new one.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Followed`] only.
    pub fn dangerous_replace(&self, tokens: TokenSet) -> Result<Step, KeyringError> {
        self.change(|current| Ok((!current.is_same(&tokens)).then_some(tokens)))
    }
}
