//! The rules of a rotation: what each step makes of a set of tokens, and when it is refused.
//!
//! The keyring in memory and the one in a file both follow them. A rule changes nothing itself: it returns the set to put
//! in place, or `None` when there is nothing to do.

use super::KeyringError;
use crate::token::{Token, TokenSet};

/// `next` is accepted and not sent yet.
pub(crate) fn stage(tokens: &TokenSet, next: &Token) -> Result<Option<TokenSet>, KeyringError> {
    match tokens.next() {
        Some(staged) if staged.matches(next.expose_secret()) => Ok(None),
        Some(_) => Err(KeyringError::AlreadyStaged),
        None if tokens.primary().matches(next.expose_secret()) => Err(KeyringError::AlreadyPrimary),
        None if !tokens.accepted().is_empty() => Err(KeyringError::RotationUnfinished),
        None => Ok(Some(tokens.clone().with_next(next.clone())?)),
    }
}

/// The staged token is sent, and the one sent so far is accepted.
pub(crate) fn promote(tokens: &TokenSet) -> Result<Option<TokenSet>, KeyringError> {
    let next = tokens.next().ok_or(KeyringError::NothingStaged)?;
    let accepted = std::iter::once(tokens.primary()).chain(tokens.accepted());
    with_accepted(next, accepted).map(Some)
}

/// Of the tokens that are only accepted, those that `leaves` names are dropped.
pub(crate) fn retire(tokens: &TokenSet, leaves: impl Fn(&Token) -> bool) -> Result<Option<TokenSet>, KeyringError> {
    if tokens.next().is_some() {
        return Err(KeyringError::StillStaged);
    }
    if !tokens.accepted().iter().any(&leaves) {
        return Ok(None);
    }
    with_accepted(tokens.primary(), tokens.accepted().iter().filter(|token| !leaves(token))).map(Some)
}

/// The staged token is dropped.
pub(crate) fn abort(tokens: &TokenSet) -> Result<Option<TokenSet>, KeyringError> {
    match tokens.next() {
        None => Ok(None),
        Some(_) => with_accepted(tokens.primary(), tokens.accepted()).map(Some),
    }
}

/// Everything is replaced, unless that skips a step.
pub(crate) fn replace(current: &TokenSet, tokens: &TokenSet) -> Result<Option<TokenSet>, KeyringError> {
    if !current.contains(tokens.primary()) {
        Err(KeyringError::PrimaryNotAccepted)
    } else if !tokens.contains(current.primary()) {
        Err(KeyringError::PrimaryDropped)
    } else {
        Ok(dangerous_replace(current, tokens))
    }
}

/// Everything is replaced, whatever it breaks.
pub(crate) fn dangerous_replace(current: &TokenSet, tokens: &TokenSet) -> Option<TokenSet> {
    (!current.is_same(tokens)).then(|| tokens.clone())
}

fn with_accepted<'a>(primary: &Token, accepted: impl IntoIterator<Item = &'a Token>) -> Result<TokenSet, KeyringError> {
    let tokens = TokenSet::new(primary.clone());
    Ok(accepted.into_iter().cloned().try_fold(tokens, TokenSet::add_accepted)?)
}
