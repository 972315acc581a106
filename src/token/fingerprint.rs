//! Names for tokens that people and logs may see.

use std::fmt;

use sha2::{Digest, Sha256};

use super::Token;

/// The first 12 hexadecimal digits of SHA-256 over `ray-auth fingerprint v1`, a zero byte, and the token.
///
/// Safe to show for tokens of at least [`Token::STRONG_LEN`] bytes. Two different tokens can share one by chance (about
/// once in 10^14 pairs), so code that selects by fingerprint refuses an ambiguous one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 6]);

impl Fingerprint {
    pub(super) fn of(token: &[u8]) -> Self {
        let digest = Sha256::new().chain_update(b"ray-auth fingerprint v1\0").chain_update(token).finalize();
        let mut first = [0; 6];
        first.copy_from_slice(&digest[..6]);
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What names a token in logs, metrics and status: its [`Fingerprint`], or for a weak token `weak-` and its place in the
/// keyring (`weak-primary`, `weak-2`, …), because a short token could be found by trying until the fingerprint fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Label {
    /// A token of at least [`Token::STRONG_LEN`] bytes.
    Fingerprint(Fingerprint),
    /// A shorter one, by its place in the keyring, counted from 1; 1 is the primary.
    Weak(usize),
}

impl Label {
    pub(crate) fn of(token: &Token, place: usize) -> Self {
        if token.is_weak() { Self::Weak(place) } else { Self::Fingerprint(token.fingerprint()) }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fingerprint(fingerprint) => fingerprint.fmt(f),
            Self::Weak(1) => f.write_str("weak-primary"),
            Self::Weak(place) => write!(f, "weak-{place}"),
        }
    }
}
