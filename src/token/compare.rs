//! The one comparison of this crate.
//!
//! What a peer presented is compared with every accepted token, word by word, without an early exit; `subtle` turns the
//! collected differences into the answer. The work depends on the presented length and on the number of tokens: not on
//! where the first difference is, not on which token matches, not on how long the accepted tokens are.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::{Buffer, Token};

/// Eight bytes, compared at once.
type Word = [u8; 8];
/// Eight words: what is compared without a look at the length in between. A token of Ray's form is one block.
type Block = [Word; BLOCK];

/// Words in a block.
pub(super) const BLOCK: usize = 8;

/// Bytes a peer presented, split into words once for all comparisons.
pub(crate) struct Presented<'a> {
    len: usize,
    blocks: &'a [Block],
    /// The words after the last block.
    rest: &'a [Word],
    /// The last eight bytes, which overlap the words; with fewer than eight, all of them and zeros.
    last: u64,
}

impl<'a> Presented<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let (words, _) = bytes.as_chunks();
        let (blocks, rest) = words.as_chunks();
        Self { len: bytes.len(), blocks, rest, last: u64::from_ne_bytes(last_word(bytes)) }
    }

    /// The index of the token that equals the presented bytes.
    #[inline]
    pub(crate) fn find<'t>(&self, tokens: impl IntoIterator<Item = &'t Token>) -> Option<usize> {
        let mut found = Choice::from(0);
        let mut index = 0_u64;
        for (candidate, token) in (0_u64..).zip(tokens) {
            let equal = self.difference(&token.buffer).ct_eq(&0);
            index.conditional_assign(&candidate, equal);
            found |= equal;
        }
        bool::from(found).then(|| usize::try_from(index).expect("an index fits"))
    }

    /// Zero if and only if the presented bytes are the token.
    #[inline]
    fn difference(&self, token: &Buffer) -> u64 {
        let (words, _) = token.padded().as_chunks::<8>();
        let (blocks, _) = words.as_chunks::<BLOCK>();
        // Powers of two: an index past the end wraps around instead of depending on the token's length. What is then
        // compared does not matter, because the lengths differ.
        let (word_mask, block_mask) = (words.len() - 1, blocks.len() - 1);
        let mut difference = (self.len ^ token.len()) as u64 | (self.last ^ token.last_word());
        for (position, block) in self.blocks.iter().enumerate() {
            difference |= difference_of(block, &blocks[position & block_mask]);
        }
        let past_blocks = self.blocks.len() * BLOCK;
        for (position, word) in self.rest.iter().enumerate() {
            let stored = words[(past_blocks + position) & word_mask];
            difference |= u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(stored);
        }
        difference
    }
}

/// Zero if and only if the blocks are equal.
#[inline]
fn difference_of(one: &Block, other: &Block) -> u64 {
    let mut difference = 0;
    for position in 0..BLOCK {
        difference |= u64::from_ne_bytes(one[position]) ^ u64::from_ne_bytes(other[position]);
    }
    difference
}

/// The last eight bytes; with fewer than eight, all of them and zeros.
pub(super) fn last_word(bytes: &[u8]) -> Word {
    match bytes.last_chunk() {
        Some(word) => *word,
        None => {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            word
        }
    }
}
