//! The one comparison of this crate.
//!
//! What a peer presented is compared with every accepted token, word by word, without an early exit; `subtle` turns the
//! collected differences into the answer. The work depends on the presented length and on the number of tokens: not on
//! where the first difference is, not on which token matches, not on how long the accepted tokens are.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::{OFFSET, Token};

/// Bytes a peer presented, split into words once for all comparisons.
pub(crate) struct Presented<'a> {
    len: usize,
    words: &'a [[u8; 8]],
    /// The last eight bytes, which overlap `words`; with fewer than eight, all of them and zeros.
    last: u64,
}

impl<'a> Presented<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let (words, _) = bytes.as_chunks::<8>();
        Self { len: bytes.len(), words, last: last_word(bytes) }
    }

    /// The index of the token that equals the presented bytes.
    pub(crate) fn find<'t>(&self, tokens: impl IntoIterator<Item = &'t Token>) -> Option<usize> {
        let mut found = Choice::from(0);
        let mut index = 0_u64;
        for (candidate, token) in (0_u64..).zip(tokens) {
            let equal = self.difference(token).ct_eq(&0);
            index.conditional_assign(&candidate, equal);
            found |= equal;
        }
        bool::from(found).then(|| usize::try_from(index).expect("an index fits"))
    }

    /// Zero if and only if the presented bytes are the token.
    fn difference(&self, token: &Token) -> u64 {
        let (stored, _) = token.padded[OFFSET..].as_chunks::<8>();
        // A power of two of words: an index past the end wraps instead of depending on the token's length. What it then
        // reads does not matter, because the lengths differ.
        let mask = stored.len() - 1;
        let mut difference = (self.len ^ token.len()) as u64 | (self.last ^ last_word(token.bytes()));
        for (position, word) in self.words.iter().enumerate() {
            difference |= u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(stored[position & mask]);
        }
        difference
    }
}

fn last_word(bytes: &[u8]) -> u64 {
    match bytes.last_chunk::<8>() {
        Some(word) => u64::from_ne_bytes(*word),
        None => {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_ne_bytes(word)
        }
    }
}
