//! URIs as `Debug` of Rust and `repr` of Python write them: in parts, each with its name.

use super::bounds::Bounds;
use super::edits::Edits;
use super::quoted::{Cursor, closing};

/// Hides all of it, from what stands after the needle to the closing bracket or the end of the line, and says how far it
/// goes.
pub(super) fn hide(text: &str, needle_end: usize, bounds: &mut Bounds<'_>, edits: &mut Edits) -> usize {
    let limit = bounds.line_end(needle_end);
    let mut cursor = Cursor { text, at: needle_end };
    cursor.skip_blanks();
    let start = cursor.at;
    // Rust writes a blank before its bracket. In a query without quotation marks there may be brackets.
    let bracket = if text[..needle_end].ends_with(':') { " }" } else { ")" };
    while cursor.at < limit && !text[cursor.at..].starts_with(bracket) {
        match cursor.quote() {
            Some(quote) => {
                cursor.at = closing(text, cursor.at, limit, quote);
                cursor.quote();
            }
            None => cursor.at += step(&text[cursor.at..]),
        }
    }
    let end = cursor.at.min(limit);
    if start < end {
        edits.hide(start..end);
    }
    end.max(start)
}

/// How far it is to what may be the next quotation mark: backslashes were looked at all at once, and must not be again, one
/// after the other.
fn step(rest: &str) -> usize {
    let backslashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    if backslashes > 0 { backslashes } else { rest.chars().next().map_or(1, char::len_utf8) }
}
