//! Text from peers, made fit for logs.

use std::fmt::{self, Write};

/// Shows text that a peer chose: control characters and everything beyond ASCII escaped, cut after 256 bytes of output.
/// A log line can neither be forged nor made large with it.
pub(crate) struct PeerText<'a>(pub(crate) &'a str);

const LIMIT: usize = 256;

impl fmt::Display for PeerText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = LIMIT;
        for character in self.0.chars() {
            let escaped = character.escape_default();
            if escaped.len() > left {
                return f.write_str("...");
            }
            left -= escaped.len();
            escaped.into_iter().try_for_each(|part| f.write_char(part))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peer_text_is_escaped_and_cut() {
        let long = "x".repeat(1_000);
        let cut = format!("{}...", "x".repeat(LIMIT));
        let table = [
            ("/a.B/C", "/a.B/C"),
            ("/a\nfake line", "/a\\nfake line"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("\u{202e}", "\\u{202e}"),
            (&long, &cut),
        ];
        for (text, shown) in table {
            assert_eq!(PeerText(text).to_string(), shown);
        }
        let escapes = "\u{10ffff}".repeat(1_000);
        assert!(PeerText(&escapes).to_string().len() <= LIMIT + 3);
    }
}
