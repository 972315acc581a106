//! What is shown while it runs: on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};

/// A line on stderr, if that is a terminal. Drawn between windows only, so that it costs the measurement nothing.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(windows: u64) -> Self {
        let bar = ProgressBar::new(windows);
        // The plain style is as good when this one is not understood.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent}% {eta} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// What is measured now.
    pub(crate) fn begin(&self, what: String) {
        self.0.set_message(what);
    }

    /// One window is over.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// So many windows are taken once more.
    pub(crate) fn more(&self, windows: usize) {
        self.0.inc_length(u64::try_from(windows).unwrap_or(u64::MAX));
    }

    /// Removes the line, so that the answer stands alone.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
