//! The identity of a cluster, and the check that a call means this cluster and no other.

mod check;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use self::check::{CheckClusterId, CheckClusterIdLayer, ResponseFuture};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Identifier of a cluster: 28 bytes, made when its GCS starts, written as 56 lower-case hexadecimal digits.
///
/// A client asks for it once, with `GetClusterId`, and sends its digits back with every later call, so that it notices
/// when the GCS it speaks to is not the one it started with.
///
/// ```
/// use ray_auth_gcs::ClusterId;
///
/// let id = ClusterId::random();
/// assert_eq!(id.to_string().parse(), Ok(id));
/// assert_eq!(ClusterId::NIL.to_string(), "ff".repeat(28));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClusterId([u8; Self::LEN]);

impl ClusterId {
    /// Bytes of an identifier.
    pub const LEN: usize = 28;

    /// What stands for "no cluster yet": the only value a call of `GetClusterId` may carry.
    pub const NIL: Self = Self([0xff; Self::LEN]);

    /// A new identifier, from the operating system's random bytes.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; Self::LEN];
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        Self(bytes)
    }

    /// The identifier with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Its digits, as they stand in a header.
    fn digits(self) -> [u8; Self::LEN * 2] {
        let mut digits = [0; Self::LEN * 2];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 0x0f)];
        }
        digits
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClusterId({self})")
    }
}

/// The text is not a cluster identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cluster identifier; it is 56 lower-case hexadecimal digits")]
pub struct ParseClusterIdError;

impl FromStr for ClusterId {
    type Err = ParseClusterIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: &[u8; Self::LEN * 2] = text.as_bytes().try_into().map_err(|_| ParseClusterIdError)?;
        let mut bytes = [0; Self::LEN];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value_of(pair[0])? << 4 | value_of(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// The value of one lower-case digit. Ray refuses upper-case ones.
fn value_of(digit: u8) -> Result<u8, ParseClusterIdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(ParseClusterIdError),
    }
}
