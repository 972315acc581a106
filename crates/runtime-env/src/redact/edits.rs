//! What is to be changed in a text. It is all found first, in the text as it was, and then done at once: so nothing that one
//! rule hides keeps another one from seeing what it has to see.

use std::ops::Range;

use super::single::{HIDDEN, UNPARSEABLE};

/// What comes in place of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instead {
    Hidden,
    Unparseable,
}

/// Pieces of one text, and what comes in place of them.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, Instead)>);

impl Edits {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Hides a secret.
    pub(super) fn hide(&mut self, piece: Range<usize>) {
        self.0.push((piece, Instead::Hidden));
    }

    /// Hides a URI that nobody can read, but for its scheme.
    pub(super) fn hide_unparseable(&mut self, piece: Range<usize>) {
        self.0.push((piece, Instead::Unparseable));
    }

    /// The text with all of it done; `None` if it stays as it is.
    pub(super) fn apply(mut self, text: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        self.0.sort_by_key(|(piece, _)| (piece.start, piece.end));
        let mut merged: Vec<(Range<usize>, Instead)> = Vec::with_capacity(self.0.len());
        for (piece, instead) in self.0 {
            match merged.last_mut() {
                Some((last, before)) if overlap(last, *before, &piece, instead) => {
                    last.end = last.end.max(piece.end);
                    *before = stronger(*before, instead);
                }
                _ => merged.push((piece, instead)),
            }
        }
        let mut changed = String::with_capacity(text.len());
        let mut done = 0;
        for (piece, instead) in merged {
            changed.push_str(&text[done..piece.start]);
            match instead {
                Instead::Hidden => changed.push_str(HIDDEN),
                Instead::Unparseable => changed.push_str(UNPARSEABLE),
            }
            done = piece.end;
        }
        changed.push_str(&text[done..]);
        (changed != text).then_some(changed)
    }
}

/// Whether two pieces become one: when they share something, and two secrets also when they touch.
fn overlap(first: &Range<usize>, instead: Instead, second: &Range<usize>, then: Instead) -> bool {
    second.start < first.end || (second.start == first.end && (instead, then) == (Instead::Hidden, Instead::Hidden))
}

fn stronger(one: Instead, other: Instead) -> Instead {
    match (one, other) {
        (Instead::Unparseable, _) | (_, Instead::Unparseable) => Instead::Unparseable,
        _ => Instead::Hidden,
    }
}
