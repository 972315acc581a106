//! The words of a netrc text: where they begin and end, and what they mean.
//!
//! As in Python's `netrc`, which Ray uses: blanks and ends of lines separate words; a value that begins with a double
//! quote ends at the next one, a backslash takes the character after it as it is, quoted or not, and a quote within a word
//! belongs to it. Unlike there, a quoted value ends on its line.

use super::error::{ParseError, ParseErrorKind};
use crate::Secret;

/// A value as it stands in the text. Nothing is copied before it is [read](Value::secret).
pub(super) struct Value<'a> {
    raw: &'a str,
    pub(super) line: usize,
}

impl Value<'_> {
    /// What the value means, without its escapes.
    pub(super) fn secret(&self) -> Secret {
        // A text that outgrew its buffer would leave the smaller ones behind in memory, unwiped. It is never longer than
        // what it is written as.
        let mut text = String::with_capacity(self.raw.len());
        text.extend(self.characters());
        Secret::new(text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    pub(super) fn holds(&self, wanted: char) -> bool {
        self.characters().any(|character| character == wanted)
    }

    pub(super) fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { line: self.line, kind }
    }

    fn characters(&self) -> impl Iterator<Item = char> {
        let mut raw = self.raw.chars();
        std::iter::from_fn(move || match raw.next()? {
            '\\' => raw.next(),
            other => Some(other),
        })
    }
}

/// A place in a netrc text.
pub(super) struct Words<'a> {
    rest: &'a str,
    /// Of what comes next, counted from 1.
    pub(super) line: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1 }
    }

    /// The next word, as it stands there, where a keyword is expected; comments are skipped. None at the end of the text.
    pub(super) fn keyword(&mut self) -> Option<&'a str> {
        loop {
            self.skip_blanks();
            match self.rest.bytes().next()? {
                b'#' => {
                    self.take_line();
                }
                _ => return Some(self.take(self.rest.find(is_blank).unwrap_or(self.rest.len()))),
            }
        }
    }

    /// The value after a keyword.
    pub(super) fn value(&mut self) -> Result<Value<'a>, ParseError> {
        let missing = ParseError { line: self.line, kind: ParseErrorKind::MissingValue };
        self.skip_blanks();
        let quoted = self.rest.starts_with('"');
        if quoted {
            self.take(1);
        }
        if self.rest.is_empty() && !quoted {
            return Err(missing);
        }
        let line = self.line;
        let len = self.len_of_value(quoted).map_err(|kind| ParseError { line, kind })?;
        let value = Value { raw: self.take(len), line };
        if quoted {
            self.take(1);
        }
        if value.characters().any(char::is_control) {
            return Err(value.error(ParseErrorKind::ControlCharacter));
        }
        Ok(value)
    }

    /// Skips the lines of a macro, and the empty one that ends it. The rest of this line belongs to the macro.
    pub(super) fn skip_macro(&mut self) -> Result<(), ParseError> {
        let unterminated = ParseError { line: self.line, kind: ParseErrorKind::UnterminatedMacdef };
        self.take_line();
        while !self.rest.is_empty() {
            if self.take_line().is_empty() {
                return Ok(());
            }
        }
        Err(unterminated)
    }

    /// How long the value is that begins here, after its quote if it has one, and without the one that ends it.
    fn len_of_value(&self, quoted: bool) -> Result<usize, ParseErrorKind> {
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' if quoted => return Ok(at),
                '\n' | '\r' if quoted => return Err(ParseErrorKind::UnterminatedQuote),
                '\\' if matches!(characters.next(), None | Some((_, '\n' | '\r'))) => {
                    return Err(if quoted {
                        ParseErrorKind::UnterminatedQuote
                    } else {
                        ParseErrorKind::UnfinishedEscape
                    });
                }
                blank if !quoted && is_blank(blank) => return Ok(at),
                _ => {}
            }
        }
        if quoted { Err(ParseErrorKind::UnterminatedQuote) } else { Ok(self.rest.len()) }
    }

    fn skip_blanks(&mut self) {
        while let Some(first) = self.rest.chars().next().filter(|first| is_blank(*first)) {
            if matches!(first, '\n' | '\r') {
                self.take_line();
            } else {
                self.take(1);
            }
        }
    }

    /// The rest of this line; goes to the next. A line ends with LF, CRLF or CR, as in Python's text files.
    fn take_line(&mut self) -> &'a str {
        let line = self.take(self.rest.find(['\n', '\r']).unwrap_or(self.rest.len()));
        if !self.rest.is_empty() {
            self.take(if self.rest.starts_with("\r\n") { 2 } else { 1 });
            self.line += 1;
        }
        line
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        taken
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}
