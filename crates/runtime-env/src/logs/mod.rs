//! Logs of a program, redacted as they are written.
//!
//! [`RedactingMakeWriter`] stands between `tracing-subscriber` and what it writes to. It sees each event as the text that is
//! about to be written, with the fields of its spans, and takes the secrets out by the rules of [`redact`](crate::redact).
//!
//! # What is written
//!
//! 1. An event, redacted, in one piece: an event never mixes with another one.
//! 2. Of an event that is longer than [`MAX_SHOWN`] when it is redacted, the beginning, and `[rest of the event left out]`.
//! 3. Of an event of more than [`MAX_EVENT`] nothing but `[event of more than 1 MiB left out]`.
//!
//! What another layer writes by itself, to a file, a collector or a console, is not redacted.
//!
//! ```
//! use ray_auth_runtime_env::logs::RedactingMakeWriter;
//! use ray_auth_runtime_env::redact::Redactor;
//!
//! # let file = tempfile::NamedTempFile::new()?;
//! # let path = file.path();
//! let log = std::fs::File::create(path)?;
//! let (writer, handle) = RedactingMakeWriter::new(log, Redactor::new().hide("correct-horse"));
//! let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false).with_target(false).with_writer(writer);
//!
//! tracing::subscriber::with_default(subscriber.finish(), || {
//!     tracing::info!("correct-horse for https://me:secret@h.test/f.zip");
//!     // The token is rotated.
//!     handle.replace(Redactor::new().hide("battery-staple"));
//!     tracing::info!(status = 200, "battery-staple was accepted");
//! });
//! let shown = std::fs::read_to_string(path)?;
//! assert_eq!(shown, " INFO *** for https://***@h.test/f.zip\n INFO *** was accepted status=200\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod handle;
mod writer;

pub use self::handle::RedactorHandle;
pub use self::writer::{MAX_EVENT, MAX_SHOWN, RedactingMakeWriter, RedactingWriter};
