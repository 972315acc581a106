//! What goes to stdout and stderr, without a panic when nobody reads it.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::exit::{Exit, Failure};

/// Writes an answer to stdout, at once and to its end.
///
/// # Errors
///
/// When it cannot be written. That nobody reads any more ends the program without a word.
pub(crate) fn answer(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_ref()).and_then(|()| stdout.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::silent(Exit::No),
        _ => Failure::new(Exit::No, format_args!("cannot write to stdout: {error}; give it a place that takes output")),
    })
}

/// Writes one JSON object to stdout.
///
/// # Errors
///
/// As [`answer`].
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(Exit::No, format_args!("cannot write JSON: {error}; leave --json out")))?;
    text.push('\n');
    answer(text)
}

/// Writes to stderr. There is nowhere to say that it failed.
pub(crate) fn tell(text: impl AsRef<[u8]>) {
    let _ = io::stderr().lock().write_all(text.as_ref());
}

/// Text that a peer chose, made fit for a terminal: control characters and all beyond ASCII escaped, and cut.
pub(crate) fn peer_text(bytes: &[u8]) -> String {
    const LIMIT: usize = 200;
    let escaped = bytes.iter().take(LIMIT).flat_map(|byte| byte.escape_ascii()).map(char::from).take(LIMIT);
    let mut text: String = escaped.collect();
    if bytes.len() > LIMIT || text.len() == LIMIT {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peer_text_is_escaped_and_cut() {
        let table: [(&[u8], &str); 4] = [
            (b"no such method", "no such method"),
            (b"\x1b[31mred\n", r"\x1b[31mred\n"),
            ("\u{202e}".as_bytes(), r"\xe2\x80\xae"),
            (b"", ""),
        ];
        for (bytes, shown) in table {
            assert_eq!(peer_text(bytes), shown);
        }
        assert_eq!(peer_text(&[b'x'; 1_000]), format!("{}...", "x".repeat(200)));
        assert_eq!(peer_text(&[0; 1_000]).len(), 203);
    }
}
