//! How names and values are quoted: by nobody, by shells, Python, Rust and JSON, and by JSON in JSON.

use super::terminal;

/// A quotation mark, and how many backslashes stand before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    mark: u8,
    backslashes: usize,
}

/// Where the text ends that this opened: before a mark like it that something follows which may follow a text. In doubt it
/// goes on.
pub(super) fn closing(text: &str, start: usize, limit: usize, quote: Quote) -> usize {
    let bytes = text.as_bytes();
    let mut backslashes = 0;
    for place in start..limit {
        if bytes[place] == quote.mark {
            let closes = if quote.backslashes == 0 { backslashes % 2 == 0 } else { backslashes <= quote.backslashes };
            let next = text[place + 1..].chars().next();
            let may_follow = next.is_none_or(|next| {
                next.is_whitespace()
                    || next.is_control()
                    || matches!(next, ',' | ')' | ']' | '}' | ':' | ';' | '>' | '\\' | '"' | '\'')
            });
            if closes && may_follow {
                return if quote.backslashes == 0 { place } else { place - backslashes };
            }
        }
        backslashes = if bytes[place] == b'\\' { backslashes + 1 } else { 0 };
    }
    limit
}

/// How a name and its value are written.
pub(super) struct Shape {
    /// The name stands in quotation marks.
    pub(super) quoted: bool,
    /// The value is the first one of a list.
    pub(super) listed: bool,
}

/// Goes from the end of a name to its value.
pub(super) struct Cursor<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
}

impl Cursor<'_> {
    /// To the value of a name: `name: value`, `'name': 'value'`, `("name", "value")`, `key='name', value='value'`,
    /// `x['name'] = 'value'`.
    pub(super) fn skip_to_value(&mut self) -> Option<Shape> {
        self.skip_blanks();
        let quote = self.quote();
        self.skip_blanks();
        // Not `[name]: text`, as loggers write it.
        let rest = self.bytes().strip_prefix(b"]").map(<[u8]>::trim_ascii_start);
        if rest.is_some_and(|rest| rest.starts_with(b"=")) {
            self.at += 1;
            self.skip_blanks();
        }
        match self.peek()? {
            b':' | b'=' => {
                self.at += 1;
                while matches!(self.peek(), Some(b'=' | b'>' | b':')) {
                    self.at += 1;
                }
            }
            comma_or_other => {
                let comma = comma_or_other == b',';
                if comma {
                    self.at += 1;
                    self.skip_blanks();
                }
                // Not `name`, `name`: so does prose list them.
                let paired = comma && quote.is_some_and(|quote| quote.mark != b'`');
                if !(self.skip_word_value() || paired && self.is_literal() && !self.is_key()) {
                    return None;
                }
            }
        }
        self.skip_blanks();
        let start = self.at;
        while matches!(self.peek(), Some(b'[' | b'(')) {
            self.at += 1;
            self.skip_blanks();
        }
        let listed = self.at > start;
        self.skip_prefix();
        Some(Shape { quoted: quote.is_some(), listed })
    }

    /// From the end of a quoted text into the next one, if there is one.
    pub(super) fn skip_to_next(&mut self) -> Option<Quote> {
        self.quote()?;
        self.skip_blanks();
        if self.peek() != Some(b',') {
            return None;
        }
        self.at += 1;
        self.skip_blanks();
        self.skip_prefix();
        self.quote()
    }

    /// Whether the next name of a dictionary begins here, as in `'name': 'x', 'value_from': None`.
    fn is_key(&self) -> bool {
        let mut cursor = Cursor { text: self.text, at: self.at };
        let Some(opened) = cursor.quote() else { return false };
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        cursor.at += cursor.bytes().iter().take_while(is_name).count();
        let closed = cursor.quote().is_some_and(|closed| closed == opened);
        cursor.skip_blanks();
        closed && cursor.peek() == Some(b':')
    }

    /// Whether something that programs print begins here, and not the next word of a sentence: a quotation mark, a list, or
    /// a name with its content, such as `Some(` and `HeaderValue {`.
    fn is_literal(&self) -> bool {
        let bytes = self.bytes();
        let name = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let rest = &bytes[name..];
        let quoted = rest.iter().find(|byte| **byte != b'\\').is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        quoted && name <= 1 || rest.starts_with(b"(") || rest.starts_with(b" {") || name == 0 && rest.starts_with(b"[")
    }

    /// The `b` of Python's `b'…'`.
    fn skip_prefix(&mut self) {
        if self.peek() == Some(b'b') && matches!(self.bytes().get(1), Some(b'"' | b'\'')) {
            self.at += 1;
        }
    }

    /// `value=` and `"value":`, and whether they are there.
    fn skip_word_value(&mut self) -> bool {
        let start = self.at;
        self.quote();
        if self.bytes().get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"value")) {
            self.at += 5;
            self.quote();
            self.skip_blanks();
            if matches!(self.peek(), Some(b'=' | b':')) {
                self.at += 1;
                return true;
            }
        }
        self.at = start;
        false
    }

    /// Blanks, and what a terminal takes for colours.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.bytes() {
                [b' ' | b'\t', ..] => self.at += 1,
                rest => match terminal::sequence(rest) {
                    0 => return,
                    length => self.at += length,
                },
            }
        }
    }

    /// A quotation mark with the backslashes before it.
    pub(super) fn quote(&mut self) -> Option<Quote> {
        let backslashes = self.bytes().iter().take_while(|byte| **byte == b'\\').count();
        let mark = self.bytes().get(backslashes).copied().filter(|mark| matches!(mark, b'"' | b'\'' | b'`'))?;
        self.at += backslashes + 1;
        Some(Quote { mark, backslashes })
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().first().copied()
    }

    fn bytes(&self) -> &[u8] {
        &self.text.as_bytes()[self.at..]
    }
}
