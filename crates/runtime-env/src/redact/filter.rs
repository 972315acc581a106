//! A stream of lines, redacted.

use std::io::{self, BufRead, ErrorKind, Write};

use super::Redactor;

/// The longest line that is shown, in bytes, without its end.
pub const MAX_LINE: usize = 1 << 20;

/// What is written in place of a longer line.
const TOO_LONG: &str = "<line of more than 1 MiB left out>";

/// Copies lines and takes the secrets out of each.
///
/// A line is written and flushed as soon as nothing more can be read without waiting. Line ends are kept as they are, and a
/// last line without one keeps having none. What is not UTF-8 comes out as U+FFFD. Of a line of more than [`MAX_LINE`] bytes
/// nothing is shown: `<line of more than 1 MiB left out>` stands there instead, and no more of it is held in memory.
///
/// What goes on over a line end is not found: a secret with a line feed in it, a URI that was wrapped.
///
/// # Errors
///
/// What reading or writing fails with, and [`ErrorKind::InvalidData`] for a text in UTF-16 with its byte order mark, as some
/// shells write it: nothing would be found in it.
///
/// ```
/// use ray_auth_runtime_env::redact::{Redactor, filter};
///
/// let log = "GET https://me:secret@h.test/f.zip\r\nno secret here";
/// let mut shown = Vec::new();
/// filter(&Redactor::new(), log.as_bytes(), &mut shown)?;
/// assert_eq!(shown, b"GET https://***@h.test/f.zip\r\nno secret here");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn filter(redactor: &Redactor, mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut line = Line::default();
    let mut is_first = true;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            line.write(redactor, &mut output)?;
            return output.flush();
        }
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            line.push(piece);
            if is_first && line.bytes.len() > 1 {
                is_first = false;
                if line.bytes.starts_with(b"\xff\xfe") || line.bytes.starts_with(b"\xfe\xff") {
                    return Err(io::Error::new(ErrorKind::InvalidData, "the text is UTF-16; convert it to UTF-8"));
                }
            }
            if piece.ends_with(b"\n") {
                line.write(redactor, &mut output)?;
            }
        }
        let used = chunk.len();
        input.consume(used);
        // The next read may have to wait.
        output.flush()?;
    }
}

/// The line that is being read.
#[derive(Default)]
struct Line {
    /// Once the line is too long, only its last bytes: there its end is.
    bytes: Vec<u8>,
    too_long: bool,
}

impl Line {
    fn push(&mut self, piece: &[u8]) {
        const END: usize = "\r\n".len();
        self.too_long |= self.bytes.len() + piece.len() > MAX_LINE + END;
        if self.too_long {
            self.bytes.extend_from_slice(&piece[piece.len().saturating_sub(END)..]);
            self.bytes.drain(..self.bytes.len().saturating_sub(END));
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    /// Writes the line, and begins a new one.
    fn write(&mut self, redactor: &Redactor, output: &mut impl Write) -> io::Result<()> {
        let end = end_of(&self.bytes).to_owned();
        let content = &self.bytes[..self.bytes.len() - end.len()];
        if self.too_long || content.len() > MAX_LINE {
            output.write_all(TOO_LONG.as_bytes())?;
        } else {
            output.write_all(redactor.redact(&String::from_utf8_lossy(content)).as_bytes())?;
        }
        output.write_all(&end)?;
        self.bytes.clear();
        self.too_long = false;
        Ok(())
    }
}

/// The end of a line, if it has one.
fn end_of(line: &[u8]) -> &[u8] {
    let length = if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
    &line[line.len() - length..]
}
