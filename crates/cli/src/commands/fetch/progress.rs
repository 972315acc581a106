//! What is shown while it downloads: a bar on a terminal only, and why it is tried again.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ray_auth_runtime_env::download::Progress;

use crate::output;

/// A line on stderr, if that is a terminal.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn start() -> Self {
        let bar = ProgressBar::no_length();
        // The plain style is as good when this one is not understood.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn show(&self, progress: &Progress) {
        match progress {
            Progress::Received { bytes, total } => {
                if *bytes == 0 {
                    self.0.reset();
                    if let Some(total) = total {
                        self.0.set_length(*total);
                    }
                    // So that it goes on when nothing comes, and shows what comes last before that.
                    self.0.enable_steady_tick(Duration::from_millis(100));
                }
                self.0.set_position(*bytes);
            }
            Progress::Waiting { pause, error } => {
                let line = format!("warning: {error}; trying again in {:.1} s\n", pause.as_secs_f64());
                self.0.suspend(|| output::tell(line));
            }
            _ => {}
        }
    }

    /// Removes the line, so that the answer stands alone.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
