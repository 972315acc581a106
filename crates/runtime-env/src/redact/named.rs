//! Values that are credentials because of the name before them.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::bounds::Bounds;
use super::edits::Edits;
use super::quoted::{Cursor, Shape, closing};
use super::terminal;

/// What a name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A header: its value has a scheme and goes on to the end of the line.
    Header,
    /// A variable: its value is a word.
    Variable,
}

/// Hides the value of a name, however both are quoted, and says how far it goes. Nothing is done for a value that begins
/// before `done`: it is hidden already.
pub(super) fn hide(
    text: &str,
    name: Range<usize>,
    named: Named,
    done: usize,
    bounds: &mut Bounds<'_>,
    edits: &mut Edits,
) -> Option<usize> {
    if !stands_alone(text, &name, named) {
        return None;
    }
    let mut cursor = Cursor { text, at: name.end };
    let Shape { quoted, listed } = cursor.skip_to_value()?;
    // In a line that is JSON this may be where the string around the name ends, or a list without anything in it.
    let ends_here = !quoted && bounds.line_end(cursor.at) == cursor.at;
    if ends_here || listed && text[cursor.at..].starts_with(']') {
        return None;
    }
    let quote = cursor.quote();
    let start = cursor.at;
    if start < done {
        return None;
    }
    let has_scheme = !text[name].to_ascii_lowercase().ends_with("cookie");
    let Some(mut quote) = quote else { return hide_unquoted(text, start, named, quoted, has_scheme, bounds, edits) };
    let mut hidden = start;
    loop {
        let mut end = closing(text, hidden, bounds.line_end(hidden), quote);
        if !quoted {
            // `NAME='x'y`: not written for a program, so the quotation mark may belong to the value.
            end = end.max(bounds.word(hidden).trimmed(hidden));
        }
        let secret = after_scheme(text, hidden, end).filter(|_| has_scheme).unwrap_or(hidden);
        if secret < end {
            edits.hide(secret..end);
        }
        // The next one of `["…", "…"]`.
        cursor.at = end;
        let next = if listed { cursor.skip_to_next() } else { None };
        let Some(next) = next else { return Some(end) };
        (quote, hidden) = (next, cursor.at);
    }
}

/// Hides a value without quotation marks.
fn hide_unquoted(
    text: &str,
    start: usize,
    named: Named,
    quoted: bool,
    has_scheme: bool,
    bounds: &mut Bounds<'_>,
    edits: &mut Edits,
) -> Option<usize> {
    if is_nothing(&text[start..]) {
        return None;
    }
    let line_end = bounds.line_end(start);
    let (secret, end) = match (after_scheme(text, start, line_end).filter(|_| has_scheme), named) {
        (Some(token), _) => (token, bounds.word(token).trimmed(token)),
        // An object: what in it is the secret nobody knows.
        (None, _) if quoted && text[start..].starts_with('{') => {
            (start, text[start..].find(['\r', '\n']).map_or(text.len(), |end| start + end))
        }
        (None, Named::Header) => (start, line_end),
        (None, Named::Variable) => (start, bounds.word(start).trimmed(start)),
    };
    if secret < end {
        edits.hide(secret..end);
    }
    Some(end)
}

/// Whether there is no value, or one that is hidden already.
fn is_nothing(value: &str) -> bool {
    const NOTHING: [&str; 6] = ["null", "None", "true", "false", "Sensitive", "{}"];
    let rest = NOTHING.into_iter().find_map(|nothing| value.strip_prefix(nothing));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '}', ']', ')', '\r', '\n']))
}

/// Hides the word after `Bearer`, unless that is one of a sentence.
pub(super) fn hide_bearer(text: &str, name: Range<usize>, bounds: &mut Bounds<'_>, edits: &mut Edits) {
    /// What follows where somebody writes about tokens.
    const PROSE: &str = "and auth authentication authorization credential credentials for from has header headers in is \
                         missing no not of or realm required scheme sent to token tokens was with";
    let Some(word) = next_word(text, name, bounds) else { return };
    let is_prose = PROSE.split(' ').any(|prose| text[word.clone()].eq_ignore_ascii_case(prose));
    // `realm=…` and `error="…"` of a `WWW-Authenticate` header (RFC 6750, section 3); no token holds a quotation mark.
    let parameter = text[word.clone()].split_once('=');
    let is_challenge = parameter.is_some_and(|(key, value)| {
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        key.eq_ignore_ascii_case("realm") || is_key && value.starts_with('"')
    });
    if !is_prose && !is_challenge {
        edits.hide(word);
    }
}

/// Hides the word after `Basic`, if it is a login and a password.
pub(super) fn hide_basic(text: &str, name: Range<usize>, bounds: &mut Bounds<'_>, edits: &mut Edits) {
    const ANY: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const ALPHABETS: [GeneralPurpose; 2] =
        [GeneralPurpose::new(&alphabet::STANDARD, ANY), GeneralPurpose::new(&alphabet::URL_SAFE, ANY)];
    let Some(word) = next_word(text, name, bounds) else { return };
    let is_pair = |engine: &GeneralPurpose| engine.decode(&text[word.clone()]).is_ok_and(|pair| pair.contains(&b':'));
    if ALPHABETS.iter().any(is_pair) {
        edits.hide(word);
    }
}

/// The word after a name and a blank.
fn next_word(text: &str, name: Range<usize>, bounds: &mut Bounds<'_>) -> Option<Range<usize>> {
    if !stands_alone(text, &name, Named::Variable) {
        return None;
    }
    let mut cursor = Cursor { text, at: name.end };
    cursor.skip_blanks();
    let has_blank = cursor.at > name.end;
    cursor.quote();
    let word = cursor.at..bounds.word(cursor.at).trimmed(cursor.at);
    (has_blank && !word.is_empty()).then_some(word)
}

/// Whether the name is not a part of a longer word. A header may have something before it, as in `HTTP_COOKIE`.
fn stands_alone(text: &str, name: &Range<usize>, named: Named) -> bool {
    let before = text[..name.start].bytes().next_back().filter(|_| !ends_in_escape(&text.as_bytes()[..name.start]));
    let after = text[name.end..].bytes().next();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
    let may_precede = |byte: u8| !is_letter(byte) && (named == Named::Header || byte != b'_');
    let may_follow = |byte: u8| !is_letter(byte) && byte != b'_' && byte != b'-';
    before.is_none_or(may_precede) && after.is_none_or(may_follow) && !(named == Named::Header && is_module(text, name))
}

/// Whether this is a part of `agent::authorization`: where an event comes from, and no header.
fn is_module(text: &str, name: &Range<usize>) -> bool {
    let after = text[name.end..].strip_prefix("::");
    text[..name.start].ends_with("::") || after.is_some_and(|rest| rest.starts_with(|char: char| char.is_alphabetic()))
}

/// Whether the last letter is that of a `\n`, or of what a terminal takes for a colour: no part of a word.
fn ends_in_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [.., b'\\', _]) || terminal::ends_in_sequence(bytes)
}

/// Where the token begins after `Bearer` or `Basic`.
fn after_scheme(text: &str, start: usize, end: usize) -> Option<usize> {
    let value = &text.as_bytes()[start..end];
    let scheme = ["Bearer", "Basic"]
        .into_iter()
        .find(|scheme| value.get(..scheme.len()).is_some_and(|first| first.eq_ignore_ascii_case(scheme.as_bytes())))?;
    let blanks = value[scheme.len()..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let token = start + scheme.len() + blanks;
    (blanks > 0 && token < end).then_some(token)
}
