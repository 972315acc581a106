//! URIs in free text.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::ops::Range;

use super::bounds::Bounds;
use super::edits::Edits;
use super::parts::{Parts, is_scheme_byte};
use super::single::UNPARSEABLE;

/// Redacts the URI around a `://`, and says how far it goes.
///
/// It goes on to the end of the word, whatever stands in it: a password may hold every bracket and quotation mark there is.
/// So what stands before the last `@` of the word is hidden, and everything from the first `?` or `#` on. What closes a
/// sentence at the end of the word is left.
pub(super) fn hide(text: &str, separator: Range<usize>, bounds: &mut Bounds<'_>, edits: &mut Edits) -> usize {
    let start = separator.end;
    if let Some(after) = redacted_before(text, start, bounds, edits) {
        return after;
    }
    let word = bounds.word(start);
    let end = word.trimmed(start);
    if start == end {
        return start;
    }
    let scheme = scheme_before(text, separator.start);
    if word.has_escaped_mark(start) {
        edits.hide_unparseable(start..end);
        return end;
    }
    let at_sign = word.last_at(start);
    let place = at_sign.map_or(start, |at| at + 1);
    let authority_end = authority_end(text, place, end);
    let readable = if scheme.is_empty() {
        Cow::Owned(format!("x{}", &text[separator.start..authority_end]))
    } else {
        Cow::Borrowed(&text[scheme.start..authority_end])
    };
    let Ok(parts) = Parts::split(&readable) else {
        // A password with a blank in it looks like this: then the `@` follows in another word.
        let is_whole = at_sign.is_some() && is_place(&text[place..authority_end]);
        let end = if !is_whole && bounds.at_sign_follows(word.end) { bounds.line_end(start) } else { end };
        edits.hide_unparseable(start..end);
        return end;
    };
    if at_sign.is_none() && may_be_login(text, start, authority_end) && bounds.at_sign_follows(word.end) {
        let end = bounds.line_end(start);
        edits.hide_unparseable(start..end);
        return end;
    }
    if let Some(at_sign) = at_sign
        && parts.container().is_none()
    {
        edits.hide(start..at_sign);
    }
    match bounds.mark(place).filter(|mark| *mark < end) {
        Some(mark) => {
            hide_from_mark(text, mark, end, edits);
            end
        }
        None => authority_end,
    }
}

/// Hides what stands after a `://` that is written as `:\/\/` or `%3A%2F%2F`, if there is anything to hide in it.
pub(super) fn hide_encoded(text: &str, separator: Range<usize>, bounds: &mut Bounds<'_>, edits: &mut Edits) -> usize {
    let start = separator.end;
    if let Some(after) = redacted_before(text, start, bounds, edits) {
        return after;
    }
    let word = bounds.word(start);
    let end = word.trimmed(start);
    if word.has_escaped_mark(start) || holds_mark(&text[start..end]) {
        edits.hide_unparseable(start..end);
    } else if bounds.at_sign_follows(word.end) {
        let end = bounds.line_end(start);
        edits.hide_unparseable(start..end);
        return end;
    }
    word.end
}

/// Hides the query after a path that stands without the rest of its URI, and says how far it goes.
pub(super) fn hide_query(text: &str, path: usize, bounds: &mut Bounds<'_>, edits: &mut Edits) -> usize {
    let word = bounds.word(path);
    let end = word.trimmed(path);
    if word.has_escaped_mark(path) {
        edits.hide(path + 1..end.max(path + 1));
        return end.max(path + 1);
    }
    let Some(mark) = bounds.mark(path).filter(|mark| *mark < end) else { return path };
    hide_from_mark(text, mark, end, edits);
    end
}

/// How far it goes if there is what this module writes itself.
fn redacted_before(text: &str, start: usize, bounds: &mut Bounds<'_>, edits: &mut Edits) -> Option<usize> {
    let after = start + text[start..].strip_prefix(UNPARSEABLE).map(|_| UNPARSEABLE.len())?;
    let end = bounds.word(after).trimmed(after);
    if holds_mark(&text[after..end]) {
        edits.hide_unparseable(start..end);
    }
    Some(end)
}

/// Query and fragment, or one of them.
fn hide_from_mark(text: &str, mark: usize, end: usize, edits: &mut Edits) {
    let after = mark + 1;
    match text[after..end].find('#').filter(|_| text[mark..].starts_with('?')) {
        Some(fragment) => {
            edits.hide(after..after + fragment);
            edits.hide(after + fragment + 1..end);
        }
        None => edits.hide(after..end),
    }
}

/// The longest run of what may stand in a scheme and begins as one, before this place.
fn scheme_before(text: &str, end: usize) -> Range<usize> {
    let bytes = &text.as_bytes()[..end];
    let run = bytes.iter().rposition(|byte| !is_scheme_byte(*byte)).map_or(0, |before| before + 1);
    let first = bytes[run..].iter().position(u8::is_ascii_alphabetic).map_or(end, |first| run + first);
    first..end
}

/// Where host and port end: with the path, the query or the fragment, or with what neither has.
fn authority_end(text: &str, start: usize, end: usize) -> usize {
    let ends = |char: char| {
        matches!(char, '/' | '?' | '#' | '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '{' | '}' | ',' | ';' | '|')
    };
    let rest = &text[start..end];
    let stop = rest.find(ends).unwrap_or(rest.len());
    let escape = rest[..stop].find('\\').filter(|place| is_escape(rest.as_bytes().get(place + 1).copied()));
    start + escape.unwrap_or(stop)
}

/// Whether a backslash before this is one of a language, and not one of a password.
fn is_escape(next: Option<u8>) -> bool {
    matches!(next, Some(b'"' | b'\'' | b'\\' | b'n' | b'r' | b't' | b'x' | b'u'))
}

/// Whether this is a host, perhaps with a port.
fn is_place(text: &str) -> bool {
    Parts::split(&format!("http://{text}")).is_ok()
}

/// Whether what looks like `host:port` may be a login and the first word of a password: nothing else follows.
fn may_be_login(text: &str, start: usize, end: usize) -> bool {
    let rest = &text[end..];
    !rest.starts_with('/')
        && !is_address(&text[start..end])
        && (text[start..end].contains(':') || rest.starts_with([':', '\\']))
}

/// Whether this is the address of a machine or `localhost`, perhaps with a port: nobody's login.
fn is_address(text: &str) -> bool {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    host == "localhost" || host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok()
}

fn holds_mark(text: &str) -> bool {
    const MARKS: [&[u8]; 6] = [b"%40", b"%3f", b"%23", b"%2540", b"%253f", b"%2523"];
    let marks = |rest: &[u8]| {
        MARKS.iter().any(|mark| rest.get(..mark.len()).is_some_and(|first| first.eq_ignore_ascii_case(mark)))
    };
    let bytes = text.as_bytes();
    text.contains(['@', '?', '#']) || text.match_indices('%').any(|(place, _)| marks(&bytes[place..]))
}
