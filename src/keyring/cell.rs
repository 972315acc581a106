//! Where a keyring's state lives: read by every call, changed by one writer at a time.
//!
//! All that the threads of a keyring share goes through this file and [`revocation`](super::revocation). `crates/model`
//! builds both, and the keyring around them, on locks that try every order of threads (`cfg(loom)`).

use std::sync::{Arc, PoisonError};

pub(crate) use self::current::Read;
use self::current::{Current, Mutex};

/// One state after the other. A reader sees a whole state and never waits for a writer.
pub(crate) struct Cell<T> {
    current: Current<T>,
    /// Held from reading a state to publishing its successor, so that no change undoes another.
    writer: Mutex<()>,
}

/// What a [`Cell`] holds.
pub(crate) trait State {
    /// Ends what was let in by parts of this state that `successor` lacks.
    fn revoke_what_left(&self, successor: &Self);
}

impl<T> Cell<T> {
    pub(crate) fn new(first: T) -> Self {
        Self { current: Current::from_pointee(first), writer: Mutex::new(()) }
    }

    /// The state as it is now.
    #[inline]
    pub(crate) fn load(&self) -> Read<T> {
        self.current.load()
    }
}

impl<T: State> Cell<T> {
    /// The only way the state changes: read, decide, publish, under one lock. Gives false if `decide` wanted no change.
    pub(crate) fn update<E>(&self, decide: impl FnOnce(&T) -> Result<Option<T>, E>) -> Result<bool, E> {
        let Some((before, after)) = self.publish(decide)? else { return Ok(false) };
        // After publishing, so that whoever is woken and looks again sees what woke it. A reader who still took the state
        // before found its handle there, and so learns of this, too. After the lock, since what is woken is not ours: each
        // writer revokes only what left by its own change, so another may be faster.
        before.revoke_what_left(&after);
        Ok(true)
    }

    fn publish<E>(&self, decide: impl FnOnce(&T) -> Result<Option<T>, E>) -> Result<Option<(Arc<T>, Arc<T>)>, E> {
        // A writer that panicked published nothing, so what is there is whole.
        let _writing = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let before = Arc::clone(&self.current.load());
        let Some(after) = decide(&before)?.map(Arc::new) else { return Ok(None) };
        self.current.store(Arc::clone(&after));
        Ok(Some((before, after)))
    }
}

#[cfg(not(loom))]
mod current {
    use std::sync::Arc;
    pub(super) use std::sync::Mutex;

    pub(super) use arc_swap::ArcSwap as Current;

    /// A state being read. Not held across an await.
    pub(crate) type Read<T> = arc_swap::Guard<Arc<T>>;
}

#[cfg(loom)]
mod current {
    use std::sync::Arc;

    pub(super) use loom::sync::Mutex;

    /// A state being read.
    pub(crate) type Read<T> = Arc<T>;

    /// What the model needs of `ArcSwap`: loads and stores happen one after the other.
    pub(super) struct Current<T>(Mutex<Arc<T>>);

    impl<T> Current<T> {
        pub(super) fn from_pointee(first: T) -> Self {
            Self(Mutex::new(Arc::new(first)))
        }

        pub(super) fn load(&self) -> Read<T> {
            Arc::clone(&self.0.lock().expect("no holder panics"))
        }

        pub(super) fn store(&self, next: Arc<T>) {
            *self.0.lock().expect("no holder panics") = next;
        }
    }
}
