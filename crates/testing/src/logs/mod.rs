//! Capture of everything that is logged, to search it for secrets.
//!
//! A [`LogCapture`] takes every event and every span at every level, with all fields, whatever the process's filters
//! would be. It is either the current thread's subscriber for a while ([`LogCapture::scoped`]) or the process's once and
//! for all ([`LogCapture::global`]), which is what a test with a multi-threaded runtime needs.
//!
//! ```
//! use ray_auth_testing::logs::LogCapture;
//!
//! let logs = LogCapture::new();
//! let guard = logs.scoped();
//! tracing::info!(rpc.method = "/m", "token missing");
//! drop(guard);
//! logs.assert_present("the refusal", "token missing");
//! logs.assert_absent("the token", "hunter2");
//! ```

mod record;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use anyhow::{Context as _, Result};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

pub use record::{LogRecord, RecordKind};

/// What has been logged so far; clones share it.
#[derive(Clone, Default)]
pub struct LogCapture {
    records: Arc<Mutex<Vec<LogRecord>>>,
}

impl LogCapture {
    /// A capture with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Captures what the current thread logs, until the guard is dropped.
    #[must_use]
    pub fn scoped(&self) -> DefaultGuard {
        tracing::subscriber::set_default(Registry::default().with(self.layer()))
    }

    /// The capture of the whole process, installed by the first call.
    ///
    /// # Errors
    ///
    /// Something else is the process's subscriber already.
    pub fn global() -> Result<&'static Self> {
        static GLOBAL: OnceLock<Option<LogCapture>> = OnceLock::new();
        GLOBAL
            .get_or_init(|| {
                let capture = Self::new();
                let subscriber = Registry::default().with(capture.layer());
                tracing::subscriber::set_global_default(subscriber).ok().map(|()| capture)
            })
            .as_ref()
            .context("something else is the process's log subscriber already; capture before it is set")
    }

    /// A layer that feeds this capture, for a subscriber that has others too.
    pub fn layer(&self) -> CaptureLayer {
        CaptureLayer { capture: self.clone() }
    }

    /// Everything that was logged, in its order.
    pub fn records(&self) -> Vec<LogRecord> {
        self.lock().clone()
    }

    /// The events of this target, in their order.
    pub fn events_at(&self, target: &str) -> Vec<LogRecord> {
        let wanted = |record: &&LogRecord| record.kind == RecordKind::Event && record.target == target;
        self.lock().iter().filter(wanted).cloned().collect()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing was logged.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Forgets everything so far.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Everything as text, one record a line.
    pub fn text(&self) -> String {
        self.lock().iter().map(|record| format!("{record}\n")).collect()
    }

    /// Whether the secret stands anywhere: as it is, or as `Debug` shows bytes (escaped, or a list of numbers), or in hex.
    ///
    /// The empty secret stands nowhere.
    pub fn contains(&self, secret: impl AsRef<[u8]>) -> bool {
        let spellings = spellings(secret.as_ref());
        self.lock().iter().any(|record| {
            let line = record.to_string();
            spellings.iter().any(|spelling| line.contains(spelling))
        })
    }

    /// Panics if the secret stands anywhere. The panic says where, and calls the secret by this name only.
    ///
    /// # Panics
    ///
    /// See above.
    #[track_caller]
    pub fn assert_absent(&self, name: &str, secret: impl AsRef<[u8]>) {
        let spellings = spellings(secret.as_ref());
        let leak = self.lock().iter().find_map(|record| {
            let line = record.to_string();
            spellings.iter().any(|spelling| line.contains(spelling)).then(|| record.place())
        });
        if let Some(place) = leak {
            panic!("{name} was logged, in {place}");
        }
    }

    /// Panics if the text stands nowhere: a search for secrets shows something only where there are logs.
    ///
    /// # Panics
    ///
    /// See above.
    #[track_caller]
    pub fn assert_present(&self, name: &str, text: &str) {
        assert!(self.contains(text), "{name} was not logged, in {} records", self.len());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LogRecord>> {
        // What a thread logged before it panicked is as good as the rest.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts only: what was logged may be what must not be shown.
impl fmt::Debug for LogCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogCapture").field("records", &self.len()).finish()
    }
}

/// Feeds a [`LogCapture`]; see [`LogCapture::layer`].
#[derive(Debug)]
pub struct CaptureLayer {
    capture: LogCapture,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for CaptureLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.push(LogRecord::new(RecordKind::Span, attributes.metadata(), |visitor| attributes.record(visitor)));
    }

    fn on_record(&self, span: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(metadata) = context.metadata(span) {
            self.push(LogRecord::new(RecordKind::Span, metadata, |visitor| values.record(visitor)));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.push(LogRecord::new(RecordKind::Event, event.metadata(), |visitor| event.record(visitor)));
    }
}

impl CaptureLayer {
    // The record is made before the lock is taken: a value's Debug may log as well.
    fn push(&self, record: LogRecord) {
        self.capture.lock().push(record);
    }
}

/// The ways in which a secret may come to stand in a log.
fn spellings(secret: &[u8]) -> Vec<String> {
    if secret.is_empty() {
        return Vec::new();
    }
    let list = |separator: &str, each: fn(&u8) -> String| secret.iter().map(each).collect::<Vec<_>>().join(separator);
    let mut spellings = vec![
        secret.escape_ascii().to_string(),
        list(", ", |byte| byte.to_string()),
        list("", |byte| format!("{byte:02x}")),
        list("", |byte| format!("{byte:02X}")),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        spellings.push(text.to_owned());
        spellings.push(text.escape_debug().to_string());
    }
    spellings
}
