//! The tokens one process knows, before they are a keyring.

use std::fmt;

use super::{Token, compare};

/// One primary token, at most one that is staged to follow it, and any others that are accepted.
///
/// A token named twice counts once, with the first of its roles in that order. This is what a
/// [source](crate::source) gives and what a [`Keyring`](crate::Keyring) is made of.
#[derive(Clone)]
pub struct TokenSet {
    /// The primary, the next if there is one, the accepted: side by side, for the comparison.
    tokens: Vec<Token>,
    has_next: bool,
}

impl TokenSet {
    /// The most tokens a set holds: every request is compared with each of them.
    pub const MAX_TOKENS: usize = 8;

    /// A set of one: the token that is attached and accepted.
    #[must_use]
    pub fn new(primary: Token) -> Self {
        Self { tokens: vec![primary], has_next: false }
    }

    /// Sets the token that is accepted now and to be promoted to primary.
    ///
    /// # Errors
    ///
    /// [`TokenSetError::TooMany`] beyond [`TokenSet::MAX_TOKENS`].
    pub fn with_next(mut self, next: Token) -> Result<Self, TokenSetError> {
        if !self.primary().matches(next.expose_secret()) {
            if self.has_next {
                self.tokens.remove(1);
            }
            self.tokens.retain(|token| !token.matches(next.expose_secret()));
            self.tokens.insert(1, next);
            self.has_next = true;
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
            self.tokens.push(token);
        }
        self.checked()
    }

    /// The token that is attached to outgoing calls.
    #[must_use]
    pub fn primary(&self) -> &Token {
        &self.tokens[0]
    }

    /// The token that is staged to become the primary.
    #[must_use]
    pub fn next(&self) -> Option<&Token> {
        self.has_next.then(|| &self.tokens[1])
    }

    /// The tokens that are accepted and neither primary nor next.
    #[must_use]
    pub fn accepted(&self) -> &[Token] {
        &self.tokens[1 + usize::from(self.has_next)..]
    }

    /// Whether `token` is one of the set, in any role.
    #[must_use]
    pub fn contains(&self, token: &Token) -> bool {
        self.matches(token.expose_secret())
    }

    /// Whether `presented` is one of the tokens, to the byte: for protocols of your own, which carry the token elsewhere
    /// than in a header. The work done depends on the length of `presented` and the number of tokens only.
    #[must_use]
    pub fn matches(&self, presented: impl AsRef<[u8]>) -> bool {
        self.find(presented.as_ref()).is_some()
    }

    /// The place among [all tokens](Self::iter) of the one that equals the presented bytes.
    #[inline]
    pub(crate) fn find(&self, presented: &[u8]) -> Option<usize> {
        compare::find(presented, &self.tokens)
    }

    /// Whether both have the same tokens in the same roles and order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.has_next == other.has_next
            && self.tokens.len() == other.tokens.len()
            && self.iter().zip(other.iter()).all(|(one, other)| one.matches(other.expose_secret()))
    }

    /// All tokens: the primary, the next, the accepted.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Token> {
        self.tokens.iter()
    }

    fn checked(self) -> Result<Self, TokenSetError> {
        if self.tokens.len() > Self::MAX_TOKENS { Err(TokenSetError::TooMany) } else { Ok(self) }
    }
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("primary", self.primary())
            .field("next", &self.next())
            .field("accepted", &self.accepted())
            .finish()
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
