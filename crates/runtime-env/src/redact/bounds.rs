//! Where words and lines end.
//!
//! Everything is asked for from the left to the right, and what was found is kept until the question is about what stands
//! after it. So each byte of a text is looked at a fixed number of times, however often somebody asks.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::json;

/// A run of characters without a blank or a control character. In a line that is JSON the end of a string is the end of
/// a word and of a line, too.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    /// Where somebody first asked for it.
    start: usize,
    pub(super) end: usize,
    /// Where it ends without what closes a sentence, a bracket or a quotation.
    trimmed: usize,
    /// Its last `@`, from `start` on.
    last_at: Option<usize>,
    /// Its last mark of a URI that a backslash escapes, from `start` on.
    last_escaped: Option<usize>,
}

impl Word {
    /// The end without what closes a sentence, a bracket or a quotation, but not before `from`.
    pub(super) fn trimmed(&self, from: usize) -> usize {
        self.trimmed.max(from)
    }

    /// Its last `@`, if that is not before `from`.
    pub(super) fn last_at(&self, from: usize) -> Option<usize> {
        self.last_at.filter(|at| *at >= from)
    }

    /// Whether a mark like `\u0040` stands in it, not before `from`.
    pub(super) fn has_escaped_mark(&self, from: usize) -> bool {
        self.last_escaped.is_some_and(|place| place >= from)
    }
}

/// The words and lines of a text.
pub(super) struct Bounds<'t> {
    text: &'t str,
    /// Where the quotation marks of JSON strings are, once somebody asked.
    strings: Option<Vec<usize>>,
    word: Option<Word>,
    line: Option<(Range<usize>, Option<usize>)>,
    /// The first `?` or `#` of a word, for whoever asks from the start of the range to its end.
    mark: Option<(Range<usize>, Option<usize>)>,
}

impl<'t> Bounds<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, strings: None, word: None, line: None, mark: None }
    }

    /// The word at this place.
    pub(super) fn word(&mut self, at: usize) -> Word {
        if let Some(word) = self.word.filter(|word| (word.start..=word.end).contains(&at)) {
            return word;
        }
        let limit = self.next_string(at);
        let rest = &self.text[at..limit];
        let end = rest.find(|char: char| char.is_control() || char.is_whitespace()).map_or(limit, |end| at + end);
        let text = &self.text[at..end];
        let word = Word {
            start: at,
            end,
            trimmed: at + trim(text).len(),
            last_at: text.rfind('@').map(|found| at + found),
            last_escaped: last_escaped_mark(text).map(|found| at + found),
        };
        self.word = Some(word);
        word
    }

    /// The first `?` or `#` at this place or after it, in the same word.
    pub(super) fn mark(&mut self, at: usize) -> Option<usize> {
        if let Some((asked, found)) = &self.mark
            && asked.contains(&at)
        {
            return *found;
        }
        let end = self.word(at).end;
        let found = self.text[at..end].find(['?', '#']).map(|found| at + found);
        self.mark = Some((at..found.unwrap_or(end) + 1, found));
        found
    }

    /// The end of the line at this place, without its carriage return.
    pub(super) fn line_end(&mut self, at: usize) -> usize {
        self.line(at).0
    }

    /// Whether there is an `@` at this place or after it, in the same line.
    pub(super) fn at_sign_follows(&mut self, at: usize) -> bool {
        self.line(at).1.is_some_and(|found| found >= at)
    }

    fn line(&mut self, at: usize) -> (usize, Option<usize>) {
        if let Some((line, last_at)) = &self.line
            && (line.start..=line.end).contains(&at)
        {
            return (line.end, *last_at);
        }
        let limit = self.next_string(at);
        let end = self.text[at..limit].find('\n').map_or(limit, |end| at + end);
        let line = self.text[at..end].strip_suffix('\r').unwrap_or(&self.text[at..end]);
        let last_at = line.rfind('@').map(|found| at + found);
        self.line = Some((at..at + line.len(), last_at));
        (at + line.len(), last_at)
    }

    fn next_string(&mut self, at: usize) -> usize {
        let strings = self.strings.get_or_insert_with(|| json::quotation_marks(self.text));
        let after = strings.partition_point(|place| *place < at);
        strings.get(after).copied().unwrap_or(self.text.len())
    }
}

/// Without what closes a sentence, a bracket or a quotation. The bracket of an IPv6 address stays.
fn trim(mut word: &str) -> &str {
    while let Some(last) = word.chars().next_back().filter(|char| is_closing(*char)) {
        if last == ']' && ends_in_address(word) {
            break;
        }
        word = &word[..word.len() - last.len_utf8()];
    }
    word
}

fn is_closing(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}')
        || matches!(char, ',' | '.' | ';' | ':' | '!' | '?' | '|' | '\\')
        || matches!(char, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2026}')
}

/// Where the last `@`, `?` or `#` is that is written as JSON and Python may write it.
fn last_escaped_mark(word: &str) -> Option<usize> {
    const MARKS: [&[u8]; 6] = [b"\\u0040", b"\\u003f", b"\\u0023", b"\\x40", b"\\x3f", b"\\x23"];
    word.rmatch_indices('\\').map(|(place, _)| place).find(|place| {
        let rest = &word.as_bytes()[*place..];
        MARKS.iter().any(|mark| rest.get(..mark.len()).is_some_and(|first| first.eq_ignore_ascii_case(mark)))
    })
}

/// Whether the closing bracket at the end belongs to an address.
fn ends_in_address(word: &str) -> bool {
    const LONGEST: usize = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".len();
    let inner = &word.as_bytes()[..word.len() - 1];
    let near = &inner[inner.len().saturating_sub(LONGEST + 1)..];
    let address = near.iter().rposition(|byte| *byte == b'[').map(|bracket| &near[bracket + 1..]);
    address.and_then(|address| std::str::from_utf8(address).ok()).is_some_and(|text| text.parse::<Ipv6Addr>().is_ok())
}
