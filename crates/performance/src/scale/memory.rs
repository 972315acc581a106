//! What the layers take in memory, from what they are made of.
//!
//! `tests/memory.rs` counts each row of [`rows`] with a counting allocator and compares: whoever changes the size of one
//! of these structures changes it here, too.

use crate::data::scale::MemoryRow;

/// A keyring without its tokens: the shared state, the cell it is read from, and the snapshot of it.
const KEYRING: u64 = 264;
/// Of each keyring, 16 header values with the primary token, so that threads that attach it do not wait for each other:
/// the value, and what counts its uses, in 256 bytes of its own.
const HEADERS: u64 = 16 * (40 + 256);
/// Of each token in a keyring, 16 counters of 128 bytes, so that threads do not wait for each other: most of what a token
/// takes.
const COUNTERS: u64 = 16 * 128;
/// Of each token in a keyring, the rest: what is watched of its use, what ends its calls, its label and its role.
const KEY: u64 = 512;
/// A token of 64 characters, with what is compared and what is sent.
const TOKEN: u64 = 112;
/// The tokens that are accepted and not sent stand in a list, which grows by doubling from four places.
const LISTED: u64 = 72;

/// A server layer as it is configured: the counters of refusals, for each of eight reasons, and its settings.
const SERVER_LAYER: u64 = 576 + 96;
/// The same with `close_on_revoke`.
const CLOSING_SERVER_LAYER: u64 = 576 + 104;

/// What a follower takes in memory that is in use: the stacks of its two threads as far as they were touched, what the
/// allocator sets aside for a thread, and the list of watched folders. Measured on Linux with glibc; see
/// [`follow`](super::follow).
pub(crate) const FOLLOWER: u64 = 100 << 10;

/// A connection: its clone of the service is one more count on an `Arc`.
pub(crate) const CONNECTION: u64 = 0;

/// A call that waits for its handler, behind the plain server layer: the answer that it would be refused with has its
/// place in the future. A client layer adds nothing.
pub(crate) const WAITING_CALL: u64 = 120;
/// With `close_on_revoke`: in the future, and in the body of the request; later in that of the response instead of the
/// future.
pub(crate) const WAITING_CALL_CLOSING: u64 = 128 + 128;

/// A keyring with so many tokens of 64 characters, as it is kept.
pub(crate) fn keyring(tokens: u64) -> u64 {
    let listed = match tokens {
        0 | 1 => 0,
        more => (more - 1).next_power_of_two().max(4) * LISTED,
    };
    KEYRING + HEADERS + tokens * (COUNTERS + KEY + TOKEN) + listed
}

/// A process that sends and accepts calls and follows its file.
pub(crate) fn process(tokens: u64) -> u64 {
    keyring(tokens) + CLOSING_SERVER_LAYER + FOLLOWER
}

/// The model, row by row, by the names that the test counts.
pub(crate) fn rows() -> Vec<MemoryRow> {
    let keyrings = [1, 3, 8].map(|tokens| (format!("keyring of {tokens} tokens"), keyring(tokens)));
    let others = [
        ("client layer", 0),
        ("clone of the client's service", 0),
        ("server layer", SERVER_LAYER),
        ("clone of the server's service", CONNECTION),
        ("server layer that closes", CLOSING_SERVER_LAYER),
        ("clone of the server's service that closes", CONNECTION),
        ("call that is sent", 0),
        ("call that waits for its handler", WAITING_CALL),
        ("call that waits for its handler, closing", WAITING_CALL_CLOSING),
    ];
    keyrings
        .into_iter()
        .chain(others.map(|(what, bytes)| (what.to_owned(), bytes)))
        .map(|(what, bytes)| MemoryRow { what, bytes })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_is_a_fixed_part_and_one_for_each_token() {
        // 264 and 16 times 296, then 2048 + 512 + 112 a token; and four or eight places of 72 from the second token on.
        let table = [(1, 7_672), (2, 10_632), (3, 13_304), (5, 18_648), (6, 21_608), (8, 26_952)];
        for (tokens, bytes) in table {
            assert_eq!(keyring(tokens), bytes, "{tokens}");
        }
    }

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let rows = rows();
        let names: std::collections::BTreeSet<_> = rows.iter().map(|row| &row.what).collect();
        assert_eq!(names.len(), rows.len());
    }
}
