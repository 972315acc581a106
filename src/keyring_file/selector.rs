//! How people name a token: by its fingerprint.

use std::fmt;
use std::str::FromStr;

use super::ChangeError;
use crate::token::{Fingerprint, Token, TokenSet};

/// A fingerprint that somebody typed, to say which token is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Selector([u8; Self::DIGITS]);

impl Selector {
    const DIGITS: usize = 12;

    /// Whether this is the token's fingerprint.
    pub(super) fn names(self, token: &Token) -> bool {
        Self::from(token.fingerprint()) == self
    }

    /// That it names at most one of these tokens; otherwise it is not guessed which is meant.
    pub(super) fn check(self, tokens: &TokenSet) -> Result<(), ChangeError> {
        self.check_among(tokens.iter().map(|token| Self::from(token.fingerprint())))
    }

    fn check_among(self, selectors: impl Iterator<Item = Self>) -> Result<(), ChangeError> {
        let named = selectors.filter(|selector| *selector == self).count();
        if named > 1 { Err(ChangeError::Ambiguous { asked: self }) } else { Ok(()) }
    }
}

impl From<Fingerprint> for Selector {
    fn from(fingerprint: Fingerprint) -> Self {
        let mut digits = [b'0'; Self::DIGITS];
        digits.iter_mut().zip(fingerprint.to_string().bytes()).for_each(|(digit, shown)| *digit = shown);
        Self(digits)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    /// Reads the 12 hexadecimal digits that `ray-auth status` shows, in either case.
    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let digits = <[u8; Self::DIGITS]>::try_from(text.as_bytes()).map_err(|_| SelectorError)?;
        let hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
        hexadecimal.then(|| Self(digits.map(|digit| digit.to_ascii_lowercase()))).ok_or(SelectorError)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl fmt::Debug for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Selector({self})")
    }
}

/// Why text is no [`Selector`]. It may be a token by mistake, so it is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 12 hexadecimal digits; take it from the output of `ray-auth status`")]
pub struct SelectorError;

#[cfg(test)]
mod tests;
