//! The one comparison of this crate.
//!
//! What a peer presented is compared with every accepted token, word by word, without an early exit: plain arithmetic makes a bit
//! of each token's differences, and `subtle` the answer of all bits. What compilers make of it is counted (see
//! `benches/support/comparison.rs`). The work depends on the presented length and on the number of tokens: not on
//! where the first difference is, not on which token matches, not on how long the accepted tokens are.

use subtle::ConstantTimeEq;

use super::Token;
use super::buffer::Stored;

/// Eight bytes, compared at once.
type Word = [u8; 8];

/// What is compared without a look at the length in between. A token of Ray's form is one block.
pub(super) type Block = [u8; BLOCK];

/// Bytes in a block.
pub(super) const BLOCK: usize = 64;

/// The place of the token that equals the presented bytes, of at most 32 tokens.
///
/// Not inlined: what is measured and inspected is what every caller runs.
#[inline(never)]
pub(super) fn find(presented: &[u8], tokens: &[Token]) -> Option<usize> {
    let equal = match presented.as_chunks() {
        ([block], rest) if rest.len() < size_of::<Word>() => {
            let ends = Ends::of(presented);
            bits(tokens, |token| ends.difference(&token) | difference_of(block, &token.blocks[0]))
        }
        _ => of_any_length(presented, tokens),
    };
    let none = equal.ct_eq(&0);
    if none.into() { None } else { Some(equal.trailing_zeros() as usize) }
}

/// The same for presented bytes that are not of Ray's form. Apart, so that those of Ray's form need few registers.
#[inline(never)]
fn of_any_length(presented: &[u8], tokens: &[Token]) -> u32 {
    let ends = Ends::of(presented);
    let (blocks, rest) = presented.as_chunks();
    let (rest, _) = rest.as_chunks();
    bits(tokens, |token| {
        // A power of two: an index past the end wraps around instead of depending on the token's length. What is then
        // compared does not matter, because the lengths differ.
        let wrap = token.blocks.len() - 1;
        let mut difference = ends.difference(&token);
        for (position, block) in blocks.iter().enumerate() {
            difference |= difference_of(block, &token.blocks[position & wrap]);
        }
        let (stored, _) = token.blocks[blocks.len() & wrap].as_chunks();
        difference | difference_of_words(rest, stored)
    })
}

/// A bit for each token, set if there is no difference: which one it is stays out of every condition.
#[inline]
fn bits<'a>(tokens: &'a [Token], difference: impl Fn(Stored<'a>) -> u64) -> u32 {
    let (mut equal, mut bit) = (0, 1);
    for token in tokens {
        equal |= bit & all_if_zero(difference(token.buffer.stored()));
        bit <<= 1;
    }
    equal
}

/// What is compared whatever the length: the length itself, and the last eight bytes, which overlap the words before.
struct Ends {
    len: u64,
    last: u64,
}

impl Ends {
    #[inline]
    fn of(presented: &[u8]) -> Self {
        Self { len: presented.len() as u64, last: last_word(presented) }
    }

    /// Zero if and only if both are the token's.
    #[inline]
    fn difference(&self, token: &Stored<'_>) -> u64 {
        (self.len ^ token.len) | (self.last ^ token.last)
    }
}

/// All bits for zero and none for everything else, by arithmetic alone.
#[inline]
fn all_if_zero(difference: u64) -> u32 {
    // Of a number and its negative, one has the highest bit, unless the number is zero.
    (((difference | difference.wrapping_neg()) >> 63) as u32).wrapping_sub(1)
}

/// Zero if and only if the blocks are equal.
#[inline]
fn difference_of(one: &Block, other: &Block) -> u64 {
    difference_of_words(one.as_chunks().0, other.as_chunks().0)
}

/// Zero if and only if the words are equal, as far as both go.
#[inline]
fn difference_of_words(one: &[Word], other: &[Word]) -> u64 {
    let words = one.iter().zip(other);
    words.fold(0, |difference, (one, other)| difference | (u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other)))
}

/// The last eight bytes; with fewer than eight, all of them and zeros.
#[inline]
pub(super) fn last_word(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(match bytes.last_chunk() {
        Some(word) => *word,
        None => {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            word
        }
    })
}
