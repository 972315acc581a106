//! What the documents say of the header on the wire.

use super::representation::{Pattern, Representation};
use super::seen::Seen;
use super::sender::Sender;
use crate::request::{USUAL, bearer, token};

/// The first claim that does not hold of what was `seen` of all senders.
pub(crate) fn broken(seen: &[Seen]) -> Option<&'static str> {
    let [no_token, never, not_marked, indexing] = seen else { return Some("a sender was not seen") };
    let said = [never, not_marked, indexing].map(Seen::representations);
    let [never_said, not_marked_said, indexing_said] = &said;
    let token_bytes = |seen: &Seen| seen.headers_bytes() - no_token.headers_bytes();
    let claims = [
        (seen.iter().map(|seen| seen.sender).eq(Sender::ALL), "the senders are seen in their order"),
        (seen.iter().all(has_its_value), "each call has the token, once, or none if its sender has none"),
        (seen.iter().all(Seen::is_steady), "calls after the first are sent with the same bytes"),
        (all(never_said, Pattern::NeverIndexed), "the layer's header is never indexed by default"),
        (
            all(not_marked_said, Pattern::NotIndexed),
            "tonic leaves the header out of the table, also when it is not marked",
        ),
        (differ_in_pattern(never_said, not_marked_said), "the mark changes one bit of what tonic sends, and no more"),
        (never.headers_bytes() == not_marked.headers_bytes(), "`dangerous_indexed` saves nothing with tonic"),
        (
            token_bytes(never) == never_said.last().map_or(0, |last| last.bytes.len()),
            "the header costs its own bytes and no others",
        ),
        (indexing_said.first().is_some_and(is_kept), "an encoder that indexes puts the header into the table at first"),
        (all(indexing_said.get(1..).unwrap_or_default(), Pattern::Indexed), "… and afterwards names its place there"),
        (token_bytes(indexing) == 1, "… which takes one byte"),
    ];
    claims.into_iter().find_map(|(holds, claim)| (!holds).then_some(claim))
}

fn has_its_value(seen: &Seen) -> bool {
    let value = bearer(&token(USUAL));
    seen.has_value(seen.sender.has_token().then_some(value.as_bytes()))
}

fn all(said: &[Representation], pattern: Pattern) -> bool {
    !said.is_empty() && said.iter().all(|said| said.pattern == pattern)
}

fn is_kept(said: &Representation) -> bool {
    said.pattern == Pattern::Kept
}

/// Whether the first byte has another of the two patterns, and nothing else is different.
fn differ_in_pattern(never: &[Representation], not_marked: &[Representation]) -> bool {
    never.iter().zip(not_marked).all(|(never, not_marked)| match (&never.bytes[..], &not_marked.bytes[..]) {
        ([first, rest @ ..], [other, others @ ..]) => first ^ other == 0x10 && rest == others,
        _ => false,
    })
}
