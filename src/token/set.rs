//! The tokens one process knows, before they are a keyring.

use super::Token;

/// One primary token, at most one that is staged to follow it, and any others that are accepted.
///
/// A token named twice counts once, with the first of its roles in that order. This is what a
/// [source](crate::source) gives and what a [`Keyring`](crate::Keyring) is made of.
#[derive(Clone, Debug)]
pub struct TokenSet {
    primary: Token,
    next: Option<Token>,
    accepted: Vec<Token>,
}

impl TokenSet {
    /// The most tokens a set holds: every request is compared with each of them.
    pub const MAX_TOKENS: usize = 8;

    /// A set of one: the token that is attached and accepted.
    #[must_use]
    pub fn new(primary: Token) -> Self {
        Self { primary, next: None, accepted: Vec::new() }
    }

    /// Sets the token that is accepted now and to be promoted to primary.
    ///
    /// # Errors
    ///
    /// [`TokenSetError::TooMany`] beyond [`TokenSet::MAX_TOKENS`].
    pub fn with_next(mut self, next: Token) -> Result<Self, TokenSetError> {
        if !self.primary.matches(next.expose_secret()) {
            self.accepted.retain(|token| !token.matches(next.expose_secret()));
            self.next = Some(next);
        }
        self.checked()
    }

    /// Adds a token that is accepted and not sent.
    ///
    /// # Errors
    ///
    /// [`TokenSetError::TooMany`] beyond [`TokenSet::MAX_TOKENS`].
    pub fn add_accepted(mut self, token: Token) -> Result<Self, TokenSetError> {
        if !self.contains(&token) {
            self.accepted.push(token);
        }
        self.checked()
    }

    /// The token that is attached to outgoing calls.
    #[must_use]
    pub fn primary(&self) -> &Token {
        &self.primary
    }

    /// The token that is staged to become the primary.
    #[must_use]
    pub fn next(&self) -> Option<&Token> {
        self.next.as_ref()
    }

    /// The tokens that are accepted and neither primary nor next.
    #[must_use]
    pub fn accepted(&self) -> &[Token] {
        &self.accepted
    }

    /// Whether `token` is one of the set, in any role.
    #[must_use]
    pub fn contains(&self, token: &Token) -> bool {
        self.iter().any(|known| known.matches(token.expose_secret()))
    }

    /// Whether both have the same tokens in the same roles and order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.next.is_some() == other.next.is_some()
            && self.iter().count() == other.iter().count()
            && self.iter().zip(other.iter()).all(|(one, other)| one.matches(other.expose_secret()))
    }

    /// All tokens: the primary, the next, the accepted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Token> {
        std::iter::once(&self.primary).chain(&self.next).chain(&self.accepted)
    }

    fn checked(self) -> Result<Self, TokenSetError> {
        if self.iter().count() > Self::MAX_TOKENS { Err(TokenSetError::TooMany) } else { Ok(self) }
    }
}

/// Why tokens are not a [`TokenSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenSetError {
    /// More than [`TokenSet::MAX_TOKENS`].
    #[error("more than {} tokens; retire those no longer needed", TokenSet::MAX_TOKENS)]
    TooMany,
}
