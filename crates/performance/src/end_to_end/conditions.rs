//! What is the same for everything that is measured in one run.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::affinity;
use crate::progress::Progress;

/// What is the same for everything that is measured in one run.
pub(super) struct Conditions {
    /// How long one arm is called before it is the next one's turn.
    pub(super) window: Duration,
    /// The processor of our servers; none where they may not be told.
    pub(super) servers_on: Option<usize>,
    pub(super) progress: Progress,
}

impl Conditions {
    /// Puts this process on the processor of the client.
    ///
    /// # Errors
    ///
    /// When it may not be put there, though it was asked where it may be.
    pub(super) fn new(window: Duration, progress: Progress) -> Result<Self> {
        let places = affinity::two();
        if let Some([client, _]) = places {
            affinity::stay_on(client).context("the client cannot stay on one processor; allow it to")?;
        }
        Ok(Self { window, servers_on: places.map(|[_, server]| server), progress })
    }
}
