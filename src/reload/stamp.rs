//! What tells one state of a file from another without reading it.

use std::fs::Metadata;
use std::path::Path;

/// A file's identity and times, or that it is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp(Option<Facts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    file: (u64, u64),
    len: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The state of what `path` leads to.
    pub(super) fn of(path: &Path) -> Self {
        Self(std::fs::metadata(path).ok().map(|metadata| Facts::of(&metadata)))
    }

    /// No file.
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    /// Device and number of the file.
    pub(super) fn file(&self) -> Option<(u64, u64)> {
        self.0.as_ref().map(|facts| facts.file)
    }

    /// Whether this is another file than `before`, put in place whole: its name changed after its content did. A file
    /// that is being written has the same time for both.
    pub(super) fn was_put_in_place_since(&self, before: &Self) -> bool {
        let (Some(now), before) = (&self.0, before.0.as_ref()) else { return false };
        before.is_none_or(|before| before.file != now.file) && now.changed > now.written
    }
}

#[cfg(unix)]
impl Facts {
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            file: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Elsewhere nothing tells whether a file was renamed, so every change waits until it has come to rest.
#[cfg(not(unix))]
impl Facts {
    fn of(metadata: &Metadata) -> Self {
        let since = |time: std::io::Result<std::time::SystemTime>| {
            let age = time.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok()).unwrap_or_default();
            (i64::try_from(age.as_secs()).unwrap_or(i64::MAX), i64::from(age.subsec_nanos()))
        };
        let written = since(metadata.modified());
        Self { file: (0, 0), len: metadata.len(), written, changed: written }
    }
}
