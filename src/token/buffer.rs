//! Where a token's bytes are: one buffer for all its uses, wiped when the last of them ends.

use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

use super::compare::{BLOCK, last_word};

/// What stands before the token in the `authorization` value. Ray compares it to the byte: case and the single space count.
pub(crate) const SCHEME: &[u8] = b"Bearer ";

/// Where the token starts. Before it stand its last word, a zero, and the scheme.
const TOKEN: usize = 16;

/// The bytes of a valid token in every form that is needed: as a header value, and as the comparison reads them. Clones
/// share them.
#[derive(Clone)]
pub(super) struct Buffer {
    /// The token's last word, a zero byte, `Bearer `, the token, and zeros up to a power of two of blocks.
    bytes: Bytes,
    /// `Bearer ` and the token, marked sensitive: a part of `bytes`.
    header: HeaderValue,
}

impl Buffer {
    /// Takes printable ASCII.
    pub(super) fn new(token: &[u8]) -> Self {
        let blocks = token.len().div_ceil(8 * BLOCK).next_power_of_two();
        let mut bytes = Zeroizing::new(vec![0_u8; TOKEN + blocks * 8 * BLOCK]);
        bytes[..8].copy_from_slice(&last_word(token));
        bytes[TOKEN - SCHEME.len()..TOKEN].copy_from_slice(SCHEME);
        bytes[TOKEN..TOKEN + token.len()].copy_from_slice(token);
        let bytes = Bytes::from_owner(bytes);
        let value = bytes.slice(TOKEN - SCHEME.len()..TOKEN + token.len());
        let mut header = HeaderValue::from_maybe_shared(value).expect("printable ASCII is a valid header value");
        header.set_sensitive(true);
        Self { bytes, header }
    }

    /// `Bearer ` and the token.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// The token.
    pub(super) fn token(&self) -> &[u8] {
        &self.bytes[TOKEN..TOKEN + self.len()]
    }

    /// How many bytes the token has.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.header.len() - SCHEME.len()
    }

    /// The token and the zeros after it: a power of two of blocks.
    #[inline]
    pub(super) fn padded(&self) -> &[u8] {
        &self.bytes[TOKEN..]
    }

    /// The token's last eight bytes; with fewer than eight, all of them and zeros.
    #[inline]
    pub(super) fn last_word(&self) -> u64 {
        self.bytes.first_chunk().map_or(0, |word| u64::from_ne_bytes(*word))
    }
}
