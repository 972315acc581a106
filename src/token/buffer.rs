//! Where a token's bytes are: one buffer for all its uses, wiped when the last of them ends.

use std::ops::Range;

use bytes::Bytes;
use http::HeaderValue;
use zeroize::Zeroizing;

use super::compare::{BLOCK, Block, last_word};

/// What stands before the token in the `authorization` value. Ray compares it to the byte: case and the single space count.
pub(crate) const SCHEME: &[u8] = b"Bearer ";

/// The bytes of a valid token in every form that is needed: as a header value, and as the comparison reads them. Clones
/// share them.
#[derive(Clone)]
pub(super) struct Buffer {
    /// The head, and then the token and zeros up to a power of two of blocks.
    bytes: Bytes,
    /// `Bearer ` and the token, marked sensitive: a part of `bytes`.
    header: HeaderValue,
}

/// The first block of a buffer: what the comparison wants to know of a token beside its blocks, and at its end the scheme.
struct Head;

impl Head {
    /// The token's length.
    const LEN: Range<usize> = 0..8;
    /// The token's last word.
    const LAST: Range<usize> = 8..16;
    const SCHEME: Range<usize> = BLOCK - SCHEME.len()..BLOCK;
}

impl Buffer {
    /// Takes printable ASCII.
    pub(super) fn new(token: &[u8]) -> Self {
        let blocks = token.len().div_ceil(BLOCK).next_power_of_two();
        let mut bytes = Zeroizing::new(vec![0_u8; BLOCK + blocks * BLOCK]);
        bytes[Head::LEN].copy_from_slice(&(token.len() as u64).to_ne_bytes());
        bytes[Head::LAST].copy_from_slice(&last_word(token).to_ne_bytes());
        bytes[Head::SCHEME].copy_from_slice(SCHEME);
        bytes[BLOCK..BLOCK + token.len()].copy_from_slice(token);
        let bytes = Bytes::from_owner(bytes);
        let value = bytes.slice(Head::SCHEME.start..BLOCK + token.len());
        let mut header = HeaderValue::from_maybe_shared(value).expect("printable ASCII is a valid header value");
        header.set_sensitive(true);
        Self { bytes, header }
    }

    /// `Bearer ` and the token.
    pub(super) fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// The same, whose clones are counted in a place of their own.
    pub(super) fn own_header(&self) -> HeaderValue {
        let start = BLOCK - SCHEME.len();
        let own = Bytes::from_owner(Apart(self.bytes.slice(start..BLOCK + self.len())));
        let mut header = HeaderValue::from_maybe_shared(own).expect("it is one already");
        header.set_sensitive(true);
        header
    }

    /// The token.
    pub(super) fn token(&self) -> &[u8] {
        &self.bytes[BLOCK..BLOCK + self.len()]
    }

    /// How many bytes the token has.
    pub(super) fn len(&self) -> usize {
        self.header.len() - SCHEME.len()
    }

    /// What the comparison reads.
    #[inline]
    pub(super) fn stored(&self) -> Stored<'_> {
        let (blocks, _) = self.bytes.as_chunks();
        let (head, blocks) = blocks.split_first().expect("a buffer has a head");
        Stored { len: word(head, Head::LEN), last: word(head, Head::LAST), blocks }
    }
}

/// Two cache lines of 64 bytes, which processors fetch in pairs: what is counted in front of it is counted by no other.
#[repr(align(128))]
struct Apart(Bytes);

impl AsRef<[u8]> for Apart {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A token, as the comparison reads it.
pub(super) struct Stored<'a> {
    /// How many bytes it has.
    pub(super) len: u64,
    /// Its last eight bytes; with fewer than eight, all of them and zeros.
    pub(super) last: u64,
    /// The token and the zeros after it: a power of two of blocks.
    pub(super) blocks: &'a [Block],
}

#[inline]
fn word(head: &Block, at: Range<usize>) -> u64 {
    u64::from_ne_bytes(head[at].try_into().expect("a word has eight bytes"))
}
