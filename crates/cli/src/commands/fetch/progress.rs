//! What is shown while it downloads: on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};
use ray_auth_runtime_env::download::Progress;

/// A line on stderr, if that is a terminal.
#[derive(Debug)]
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn start() -> Self {
        let bar = ProgressBar::no_length();
        // The plain style is as good when this one is not understood.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn show(&self, progress: &Progress) {
        match progress {
            Progress::Received { bytes, total } => {
                if *bytes == 0 {
                    self.0.set_message("");
                    self.0.reset();
                    if let Some(total) = total {
                        self.0.set_length(*total);
                    }
                }
                self.0.set_position(*bytes);
            }
            Progress::Waiting { pause, error } => {
                self.0.set_message(format!("{error}; again in {:.0} s", pause.as_secs_f64()));
            }
            _ => {}
        }
    }

    /// Removes the line, so that the answer stands alone.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}
