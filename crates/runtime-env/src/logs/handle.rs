//! The redactor of a writer that is already in use.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::redact::Redactor;

/// Replaces what a [`RedactingMakeWriter`](super::RedactingMakeWriter) hides: tokens rotate while a program runs.
///
/// Cheap to clone; all clones are the same. `Debug` shows for how many spellings of secrets it looks.
#[derive(Clone, Debug)]
pub struct RedactorHandle(Arc<ArcSwap<Redactor>>);

impl RedactorHandle {
    pub(super) fn new(redactor: Redactor) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(redactor)))
    }

    /// Redacts by this from the next event on. An event that is being written is redacted by the one before.
    ///
    /// Keep hiding a secret for as long as anybody may write it: hide the new one before it is used, and the old one until
    /// nobody has it any more.
    pub fn replace(&self, redactor: Redactor) {
        self.0.store(Arc::new(redactor));
    }

    /// What is hidden now.
    #[must_use]
    pub fn current(&self) -> Redactor {
        Redactor::clone(&self.0.load())
    }
}
