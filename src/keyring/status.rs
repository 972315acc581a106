//! What may be shown of a keyring.

use std::fmt;

use super::follow::KeyringSource;
use crate::token::Label;

/// A keyring's state for people and machines: labels and counts, never a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyringStatus {
    /// Grows with every change.
    pub generation: u64,
    /// Where the tokens come from.
    pub source: KeyringSource,
    /// The tokens: the primary first, then the next one, then the others.
    pub tokens: Vec<TokenStatus>,
}

/// One token of a keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenStatus {
    /// What names the token.
    pub label: Label,
    /// What it is used for.
    pub role: Role,
    /// Whether it is too short to be shown by its fingerprint and should be replaced by a longer one.
    pub weak: bool,
    /// How many calls it has let in since this process learned it.
    pub accepted_calls: u64,
}

/// What a token in a keyring is used for. All roles are accepted from peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Attached to outgoing calls.
    Primary,
    /// Staged to become the primary.
    Next,
    /// Accepted only, until it is retired.
    Accepted,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "primary",
            Self::Next => "next",
            Self::Accepted => "accepted",
        })
    }
}
