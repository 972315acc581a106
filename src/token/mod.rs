//! The cluster's shared secret: the one secret type of this crate.
//!
//! A [`Token`] is parsed once, from bytes that a [source](crate::source) read, and is valid from then on: it is not
//! empty, holds printable ASCII only, and fits into a header. Its bytes live in one buffer that every clone and every
//! header value made from it share, and that is overwritten with zeros when the last of them is dropped.
//!
//! A token is **accepted** from a peer when the presented bytes are equal to it, to the byte; the comparison takes the
//! same time wherever the first difference is. Nothing here prints a token: [`Debug`](std::fmt::Debug) is redacted,
//! there is no `Display`, no `PartialEq` and no serialization, and [`Token::expose_secret`] is the only way to its text.
//!
//! ```
//! use ray_auth::Token;
//!
//! let token = Token::parse(b"  correct-horse-battery-staple\n")?;
//! assert!(token.matches(b"correct-horse-battery-staple"));
//! assert!(!token.matches(b"correct-horse-battery-stapler"));
//! assert_eq!(format!("{token:?}"), "Token([redacted])");
//! # Ok::<(), ray_auth::token::TokenError>(())
//! ```

mod buffer;
mod compare;
mod fingerprint;
mod session;
mod set;

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroizing;

use self::buffer::Buffer;
pub(crate) use self::buffer::SCHEME;
pub use self::fingerprint::{Fingerprint, Label};
pub(crate) use self::session::Session;
pub use self::set::{TokenSet, TokenSetError};

/// A cluster's shared secret.
///
/// Cloning is cheap: clones share one buffer, which is wiped when the last clone, and the last header value made from
/// it, is dropped. See the [module](self) for what it promises.
#[derive(Clone)]
pub struct Token {
    buffer: Buffer,
}

impl Token {
    /// The longest token, in bytes. gRPC peers drop header lists from about 8 KiB on, so a longer one would be accepted
    /// here and fail on the wire.
    pub const MAX_LEN: usize = 7_168;

    /// A token of fewer bytes than this is weak: it could be guessed from its fingerprint, which is why it gets no
    /// fingerprint in logs (see [`Label`]).
    pub const STRONG_LEN: usize = 32;

    /// Parses a token from bytes, as Ray does: blanks around it (space, tab, line feed, vertical tab, form feed,
    /// carriage return) are dropped, everything between them is the token.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when nothing is left, when a byte is not printable ASCII (Ray takes such a token and its clients
    /// then die on the first call), or when it is longer than [`Token::MAX_LEN`]. The error never holds the token.
    pub fn parse(raw: impl AsRef<[u8]>) -> Result<Self, TokenError> {
        let raw = raw.as_ref();
        let start = raw.iter().position(|byte| !is_blank(*byte)).ok_or(TokenError::Empty)?;
        let end = raw.iter().rposition(|byte| !is_blank(*byte)).map_or(start, |last| last + 1);
        let token = &raw[start..end];
        if token.starts_with(b"\xef\xbb\xbf") {
            return Err(TokenError::ByteOrderMark);
        }
        if let Some(position) = token.iter().position(|byte| !matches!(byte, b' '..=b'~')) {
            return Err(TokenError::InvalidByte { byte: token[position], position: start + position });
        }
        if token.len() > Self::MAX_LEN {
            return Err(TokenError::TooLong { len: token.len() });
        }
        Ok(Self { buffer: Buffer::new(token) })
    }

    /// A new random token: 256 bits from the operating system as 64 lower-case hexadecimal digits, the form Ray
    /// generates.
    ///
    /// # Panics
    ///
    /// When the operating system has no randomness to give. A cluster without randomness must not start.
    #[must_use]
    pub fn generate() -> Self {
        let mut random = Zeroizing::new([0_u8; 32]);
        getrandom::fill(random.as_mut_slice()).expect("the operating system gives random bytes");
        Self { buffer: Buffer::new(hex(&random).as_slice()) }
    }

    /// The token itself. The only accessor: whoever prints, stores or sends what it returns answers for it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        std::str::from_utf8(self.buffer.token()).expect("a token is ASCII")
    }

    /// Whether `presented` is this token, to the byte. The work done depends on the length of `presented` only.
    #[must_use]
    pub fn matches(&self, presented: impl AsRef<[u8]>) -> bool {
        compare::find(presented.as_ref(), std::slice::from_ref(self)).is_some()
    }

    /// What names this token for people, in the tool's own output. Logs and metrics use a [`Label`], which does not
    /// give a weak token's fingerprint away.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.buffer.token())
    }

    /// Whether the token is shorter than [`Token::STRONG_LEN`].
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.buffer.len() < Self::STRONG_LEN
    }

    /// The same sensitive header value, whose clones are counted apart from those of others.
    pub(crate) fn own_header_value(&self) -> HeaderValue {
        self.buffer.own_header()
    }

    /// `Bearer` and the token as a header value, sharing the wiped buffer. It is marked sensitive, unless the token is long
    /// enough for what `indexing` allows.
    pub(crate) fn header_value(&self, indexing: Indexing) -> HeaderValue {
        let mut value = self.buffer.header().clone();
        value.set_sensitive(indexing == Indexing::Never || self.is_weak());
        value
    }
}

/// Whether HTTP/2 may put header values with the token into the tables that compress headers, on both sides of a
/// connection and at proxies between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Indexing {
    Never,
    /// For tokens of at least [`Token::STRONG_LEN`] bytes.
    Strong,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([redacted])")
    }
}

/// Why bytes are not a [`Token`]. Names the byte and its place, never the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nothing but blanks.
    #[error("the token is empty; put a token there, for example the output of `ray-auth get-auth-token --generate`")]
    Empty,
    /// A control character, or a byte beyond ASCII.
    #[error(
        "the token has the byte 0x{byte:02x} at position {position}, which no header can carry; \
         use printable ASCII, for example 64 hexadecimal digits"
    )]
    InvalidByte {
        /// The offending byte.
        byte: u8,
        /// Its offset in what was read, counted from 0, in bytes.
        position: usize,
    },
    /// An editor's byte order mark stands before the token.
    #[error("the token starts with a UTF-8 byte order mark; save the file without one")]
    ByteOrderMark,
    /// Longer than [`Token::MAX_LEN`].
    #[error(
        "the token has {len} bytes and the limit is {}, since peers drop longer headers; use a shorter one",
        Token::MAX_LEN
    )]
    TooLong {
        /// How many bytes there were, blanks around them not counted.
        len: usize,
    },
}

/// Secret bytes as lower-case hexadecimal digits.
fn hex(secret: &[u8; 32]) -> Zeroizing<[u8; 64]> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new([0_u8; 64]);
    for (digits, byte) in text.chunks_exact_mut(2).zip(secret) {
        digits[0] = DIGITS[usize::from(byte >> 4)];
        digits[1] = DIGITS[usize::from(byte & 0x0f)];
    }
    text
}

/// What Ray trims: C's `isspace`.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

#[cfg(test)]
mod tests;
