//! One thing that was logged.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

/// What a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// An event.
    Event,
    /// A new span, or new values of one.
    Span,
}

/// An event, or a span's fields.
#[derive(Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// What it is.
    pub kind: RecordKind,
    /// Its level.
    pub level: Level,
    /// Its target.
    pub target: String,
    /// The event's message, or the span's name.
    pub message: String,
    /// The other fields, in their order.
    pub fields: Vec<(String, String)>,
    location: String,
}

impl LogRecord {
    pub(super) fn new(kind: RecordKind, metadata: &Metadata<'_>, fields: impl FnOnce(&mut dyn Visit)) -> Self {
        let mut record = Self {
            kind,
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            message: if kind == RecordKind::Span { metadata.name().to_owned() } else { String::new() },
            fields: Vec::new(),
            location: format!("{}:{}", metadata.file().unwrap_or("?"), metadata.line().unwrap_or(0)),
        };
        fields(&mut record);
        record
    }

    /// The value of this field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(present, _)| present == name).map(|(_, value)| &value[..])
    }

    /// Where in the source it was logged, without any value.
    pub(super) fn place(&self) -> String {
        format!("{:?} {} {} at {}", self.kind, self.level, self.target, self.location)
    }

    fn add(&mut self, field: &Field, value: String) {
        if field.name() == "message" && self.kind == RecordKind::Event {
            self.message = value;
        } else {
            self.fields.push((field.name().to_owned(), value));
        }
    }
}

/// Text is taken as it is; all else by its `Debug`, which is also what a log shows of errors.
impl Visit for LogRecord {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        // An error has two faces and a tail, and a secret may stand in any of them.
        let mut text = format!("{value} {value:?}");
        let mut source = value.source();
        while let Some(error) = source {
            // Writing to a String cannot fail.
            let _ = write!(text, "; {error} {error:?}");
            source = error.source();
        }
        self.add(field, text);
    }
}

impl fmt::Display for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.level, self.target, self.message)?;
        self.fields.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// The place only: what was logged may be what must not be shown.
impl fmt::Debug for LogRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogRecord").field(&self.place()).finish()
    }
}
