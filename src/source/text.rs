//! The text of a keyring file: a token file with more tokens below the line that Ray reads.
//!
//! Line 1 is the primary, by Ray's rules to the byte; Ray reads no further, and a file of one line is exactly Ray's. Of
//! each later line the blanks around it are dropped, and it is
//!
//! - empty, or a comment that begins with `#`: skipped;
//! - `next <token>`: accepted, not sent, to be promoted; at most one;
//! - `accept <token>`: accepted, not sent, to be retired;
//! - anything else: ignored and reported by its number, so that a stray line never becomes a key.
//!
//! A token that is named twice counts once, with the first of its roles in the order primary, next, accepted. What this
//! module writes says `# ray-auth keyring: N tokens` in line 2 and again at the end, so that a file that was cut short
//! anywhere between is not taken for a smaller keyring. Where a file says so, the number must be right, and be said again
//! after the last token; a file written by hand may leave it out.

use zeroize::Zeroizing;

use crate::token::{Token, TokenError, TokenSet, TokenSetError};

/// How a line begins that says how many tokens there are, and how it ends.
const COUNT: (&str, &str) = ("# ray-auth keyring: ", " tokens");

/// What stands before a token below line 1.
const NEXT: &str = "next";
const ACCEPT: &str = "accept";

/// What the text of a keyring file says.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeyringText {
    /// The tokens, each with its role.
    pub tokens: TokenSet,
    /// The numbers of the lines that were ignored, counted from 1: they are no tokens, no comments and not empty.
    pub ignored: Vec<usize>,
}

impl KeyringText {
    /// Reads the text of a keyring file.
    ///
    /// # Errors
    ///
    /// [`KeyringTextError`] when a line that should hold a token does not, when there are two `next` tokens or more than
    /// [`TokenSet::MAX_TOKENS`], and when the text was cut short. The error never holds what was read.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, KeyringTextError> {
        let mut lines = (1..).zip(text.as_ref().split(|byte| *byte == b'\n')).peekable();
        let primary = lines.next().map_or(&b""[..], |(_, line)| line);
        let primary = Token::parse(primary).map_err(KeyringTextError::Primary)?;
        let mut reader = Reader {
            text: Self { tokens: TokenSet::new(primary), ignored: Vec::new() },
            next: None,
            counts: Vec::new(),
            last: 1,
            last_token: 1,
        };
        while let Some((number, line)) = lines.next() {
            // A piece after the last line feed is a line that was not finished.
            reader.take(number, &Line::read(line, lines.peek().is_some()))?;
        }
        reader.finish()
    }

    /// The text of a file with these tokens: what [`KeyringText::parse`] reads as the same set. One token gives a file
    /// as Ray's: one line.
    ///
    /// # Errors
    ///
    /// [`KeyringTextError::Keyword`] for a primary or next token that begins with `next ` or `accept `, unless it is the
    /// only one: in line 1 of several it could not be told from a line that lost its place.
    pub fn render(tokens: &TokenSet) -> Result<Zeroizing<String>, KeyringTextError> {
        let primary = tokens.primary();
        let rest = || {
            let accepted = tokens.accepted().iter().map(|token| (ACCEPT, token));
            tokens.next().map(|token| (NEXT, token)).into_iter().chain(accepted)
        };
        let count = 1 + rest().count();
        let says = if count == 1 { String::new() } else { format!("{}{count}{}\n", COUNT.0, COUNT.1) };
        for (line, token) in (1..).step_by(2).zip(std::iter::once(primary).chain(tokens.next())) {
            if count > 1 && begins_with_keyword(token) {
                return Err(KeyringTextError::Keyword { line });
            }
        }
        let len = |token: &Token| token.expose_secret().len() + 1;
        let rest_len: usize = rest().map(|(keyword, token)| keyword.len() + 1 + len(token)).sum();
        // In its full size from the start: a buffer that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(len(primary) + rest_len + 2 * says.len()));
        let mut add = |parts: &[&str]| parts.iter().for_each(|part| text.push_str(part));
        add(&[primary.expose_secret(), "\n", &says]);
        rest().for_each(|(keyword, token)| add(&[keyword, " ", token.expose_secret(), "\n"]));
        add(&[&says]);
        Ok(text)
    }
}

/// Why text is not that of a keyring file. Names the line and never shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringTextError {
    /// Line 1 is no token.
    #[error("line 1: {0}")]
    Primary(TokenError),
    /// A `next` or `accept` line has no valid token.
    #[error("line {line}: {error}")]
    Token {
        /// The number of the line, counted from 1.
        line: usize,
        /// What is wrong with its token; positions are those in the line.
        error: TokenError,
    },
    /// A token that is line 1 of several, or is to become that, begins with `next ` or `accept `.
    #[error(
        "line {line} has `next` or `accept` where a token should begin; line 1 is the primary token alone, and each \
         other token has one such word before it"
    )]
    Keyword {
        /// The number of the line, counted from 1.
        line: usize,
    },
    /// Another token is `next` already.
    #[error("line {line} is a second `next` line; remove one of them")]
    SecondNext {
        /// The number of the line, counted from 1.
        line: usize,
    },
    /// There are more than [`TokenSet::MAX_TOKENS`].
    #[error(
        "line {line} names one token too many, the limit is {}; remove those no longer needed",
        TokenSet::MAX_TOKENS
    )]
    TooMany {
        /// The number of the line with the first token beyond the limit, counted from 1.
        line: usize,
    },
    /// A line says how many tokens there are, and it is not so.
    #[error(
        "line {line} says {stated} tokens and there are {found}, as if something was cut off; write all of it again, \
         or remove the lines that say a number"
    )]
    Count {
        /// The number of the line, counted from 1.
        line: usize,
        /// How many tokens it says there are.
        stated: usize,
        /// How many there are.
        found: usize,
    },
    /// The line that says how many tokens there are, at the end, is missing or not whole.
    #[error(
        "a whole line that says how many tokens there are is missing at line {line}, as if something was cut off; \
         write all of it again, or remove the lines that say a number"
    )]
    Cut {
        /// The number of the line that is not whole, or of the last one, counted from 1.
        line: usize,
    },
}

/// What a line below the first is.
enum Line<'a> {
    Skipped,
    Comment,
    /// A token, and how many bytes of the line stand before it.
    Next(&'a [u8], usize),
    Accept(&'a [u8], usize),
    /// Says how many tokens there are.
    Count(usize),
    /// Began to say so.
    Cut,
    Other,
}

impl<'a> Line<'a> {
    /// `whole` is whether a line feed ends it.
    fn read(line: &'a [u8], whole: bool) -> Self {
        let Some(start) = line.iter().position(|byte| !is_blank(*byte)) else { return Self::Skipped };
        let end = line.iter().rposition(|byte| !is_blank(*byte)).map_or(start, |last| last + 1);
        let trimmed = &line[start..end];
        if trimmed[0] == b'#' {
            return Self::comment(trimmed, whole);
        }
        let token = |keyword: &str| {
            let rest = trimmed.strip_prefix(keyword.as_bytes())?;
            (rest.is_empty() || rest[0] == b' ').then_some((rest, start + keyword.len()))
        };
        if let Some((token, before)) = token(NEXT) {
            Self::Next(token, before)
        } else if let Some((token, before)) = token(ACCEPT) {
            Self::Accept(token, before)
        } else {
            Self::Other
        }
    }

    fn comment(comment: &[u8], whole: bool) -> Self {
        let (begin, end) = COUNT;
        match comment.strip_prefix(begin.trim_end().as_bytes()) {
            Some(rest) => {
                let number = rest.strip_prefix(b" ").and_then(|rest| rest.strip_suffix(end.as_bytes()));
                let number = number.and_then(|number| str::from_utf8(number).ok()?.parse().ok());
                number.map_or(Self::Cut, Self::Count)
            }
            None if !whole && begin.as_bytes().starts_with(comment) => Self::Cut,
            None => Self::Comment,
        }
    }
}

/// What was read so far.
struct Reader {
    text: KeyringText,
    /// The token of the first `next` line, also when it has another role.
    next: Option<Token>,
    /// The numbers that lines say, each with its line.
    counts: Vec<(usize, usize)>,
    /// The last line, and the last with a token.
    last: usize,
    last_token: usize,
}

impl Reader {
    fn take(&mut self, number: usize, line: &Line<'_>) -> Result<(), KeyringTextError> {
        if matches!(line, Line::Skipped) {
            return Ok(());
        }
        self.last = number;
        if begins_with_keyword(self.text.tokens.primary()) {
            return Err(KeyringTextError::Keyword { line: 1 });
        }
        match *line {
            Line::Skipped | Line::Comment => {}
            Line::Next(token, before) => self.next(number, parse(number, token, before)?)?,
            Line::Accept(token, before) => {
                let token = parse(number, token, before)?;
                self.put(number, |tokens| tokens.add_accepted(token))?;
            }
            Line::Count(count) => self.counts.push((number, count)),
            Line::Cut => return Err(KeyringTextError::Cut { line: number }),
            Line::Other => self.text.ignored.push(number),
        }
        Ok(())
    }

    fn next(&mut self, number: usize, token: Token) -> Result<(), KeyringTextError> {
        if begins_with_keyword(&token) {
            return Err(KeyringTextError::Keyword { line: number });
        }
        if self.next.as_ref().is_some_and(|next| !next.matches(token.expose_secret())) {
            return Err(KeyringTextError::SecondNext { line: number });
        }
        self.next = Some(token.clone());
        self.put(number, |tokens| tokens.with_next(token))
    }

    fn put(
        &mut self,
        number: usize,
        add: impl FnOnce(TokenSet) -> Result<TokenSet, TokenSetError>,
    ) -> Result<(), KeyringTextError> {
        self.last_token = number;
        let tokens = add(self.text.tokens.clone());
        self.text.tokens = tokens.map_err(|TokenSetError::TooMany| KeyringTextError::TooMany { line: number })?;
        Ok(())
    }

    fn finish(self) -> Result<KeyringText, KeyringTextError> {
        let found = self.text.tokens.iter().count();
        if let Some((line, stated)) = self.counts.iter().copied().find(|(_, stated)| *stated != found) {
            return Err(KeyringTextError::Count { line, stated, found });
        }
        match self.counts.last() {
            Some((line, _)) if *line < self.last_token => Err(KeyringTextError::Cut { line: self.last }),
            _ => Ok(self.text),
        }
    }
}

/// A token of a line in which `before` bytes stand before it.
fn parse(line: usize, token: &[u8], before: usize) -> Result<Token, KeyringTextError> {
    Token::parse(token).map_err(|error| {
        let error = match error {
            TokenError::InvalidByte { byte, position } => TokenError::InvalidByte { byte, position: position + before },
            other => other,
        };
        KeyringTextError::Token { line, error }
    })
}

fn begins_with_keyword(token: &Token) -> bool {
    let after = |keyword| token.expose_secret().strip_prefix(keyword);
    after(NEXT).or_else(|| after(ACCEPT)).is_some_and(|rest| rest.starts_with(' '))
}

/// What is dropped around a line, and around a token: C's `isspace` without the line feed.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r')
}

#[cfg(test)]
mod tests;
