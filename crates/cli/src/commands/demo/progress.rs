//! What is shown while it runs: on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How many parts there are.
const PARTS: u64 = 6;

/// A line on stderr, if that is a terminal.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn start() -> Self {
        let bar = ProgressBar::new(PARTS);
        // The plain style is as good when this one is not understood.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Self(bar)
    }

    /// The next part begins.
    pub(super) fn next(&self, what: &'static str) {
        self.0.inc(1);
        self.0.set_message(what);
    }

    /// Removes the line, so that the answer stands alone.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
