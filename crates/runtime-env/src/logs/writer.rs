//! The writer between `tracing-subscriber` and a log.

use std::borrow::Cow;
use std::fmt::{self, Arguments, Write as _};
use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use super::RedactorHandle;
use crate::redact::Redactor;

/// How much of an event is shown, in bytes, once it is redacted.
pub const MAX_SHOWN: usize = 64 << 10;

/// The longest event of which anything is shown, in bytes.
pub const MAX_EVENT: usize = 1 << 20;

/// What stands where the rest of an event would.
const CUT: &str = " [rest of the event left out]";

/// What stands in place of an event that was not even looked at.
const TOO_LONG: &str = "[event of more than 1 MiB left out]\n";

/// Makes writers that redact. See the [module](super) for what is written, and for an example.
#[derive(Clone, Debug)]
pub struct RedactingMakeWriter<M> {
    inner: M,
    redactor: RedactorHandle,
}

impl<M> RedactingMakeWriter<M> {
    /// Redacts by this, and writes to what `inner` makes. The handle replaces the redactor later; drop it if it never does.
    pub fn new(inner: M, redactor: Redactor) -> (Self, RedactorHandle) {
        let handle = RedactorHandle::new(redactor);
        (Self { inner, redactor: handle.clone() }, handle)
    }

    fn around<W: Write>(&self, inner: W) -> RedactingWriter<W> {
        RedactingWriter { inner, redactor: self.redactor.current(), event: Vec::new(), too_long: false }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for RedactingMakeWriter<M> {
    type Writer = RedactingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        self.around(self.inner.make_writer())
    }

    /// As the inner one has it for this metadata: it may write errors elsewhere, or nothing at all.
    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Self::Writer {
        self.around(self.inner.make_writer_for(meta))
    }
}

/// Collects an event, and writes it redacted.
///
/// An event is written when what was written to this ends with a line feed, as each of `tracing-subscriber`'s does, and when
/// it is flushed or dropped. `write!` counts as one write, however many pieces it has. An error of the inner writer comes back
/// from the write that caused it, and the event is gone; where it is dropped there is nobody to tell.
pub struct RedactingWriter<W: Write> {
    inner: W,
    redactor: Redactor,
    event: Vec<u8>,
    too_long: bool,
}

impl<W: Write> RedactingWriter<W> {
    fn collect(&mut self, piece: &[u8]) {
        self.too_long |= self.event.len() + piece.len() > MAX_EVENT;
        if self.too_long {
            self.event = Vec::new();
        } else {
            self.event.extend_from_slice(piece);
        }
    }

    /// Writes what was collected, whatever becomes of it.
    fn emit(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.too_long) {
            return self.inner.write_all(TOO_LONG.as_bytes());
        }
        if self.event.is_empty() {
            return Ok(());
        }
        let event = std::mem::take(&mut self.event);
        let text = String::from_utf8_lossy(&event);
        // Without the line feed, which has to stay whatever is left of the event.
        let (content, line_feed) = text.strip_suffix('\n').map_or((&*text, ""), |content| (content, "\n"));
        let shown = cut(self.redactor.redact(content));
        self.inner.write_all([&shown, line_feed].concat().as_bytes())
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        self.collect(piece);
        if piece.ends_with(b"\n") { self.emit() } else { Ok(()) }
    }

    fn write_fmt(&mut self, pieces: Arguments<'_>) -> io::Result<()> {
        let mut whole = String::new();
        whole.write_fmt(pieces).map_err(|_| io::Error::other("a formatter failed"))?;
        self.write_all(whole.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.emit()?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for RedactingWriter<W> {
    fn drop(&mut self) {
        let _ = self.emit();
    }
}

/// Without what it holds.
impl<W: Write> fmt::Debug for RedactingWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedactingWriter").field("redactor", &self.redactor).finish_non_exhaustive()
    }
}

/// Cuts what is redacted already: before that, half of a secret could be left at the border.
fn cut(event: Cow<'_, str>) -> Cow<'_, str> {
    if event.len() <= MAX_SHOWN {
        return event;
    }
    let end = (0..=MAX_SHOWN).rev().find(|place| event.is_char_boundary(*place)).unwrap_or(0);
    Cow::Owned([&event[..end], CUT].concat())
}
