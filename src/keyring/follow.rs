//! Where a keyring's tokens come from, and how following that source goes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::source::{Origin, SourceError};

/// Who may change a keyring.
pub(crate) enum Origins {
    /// Nobody: a source that cannot change while the process runs.
    Static(Origin),
    /// The thread that follows the source.
    Followed(Arc<Follower>),
}

/// Where the tokens of a keyring come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringSource {
    /// The program, which changes them by calls of its own.
    Program,
    /// A source that cannot change while the process runs, such as an environment variable: rotates only by restart.
    Static(Origin),
    /// A source that is followed.
    Followed(FollowStatus),
}

/// How following a source goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FollowStatus {
    /// Where the tokens were when the process started.
    pub origin: Origin,
    /// When the tokens were last taken over, by the system's clock.
    pub last_reload: SystemTime,
    /// How long ago that was, whatever happened to the system's clock.
    pub age: Duration,
    /// How often tokens were taken over since the process started.
    pub reloads: u64,
    /// How often the source was found to be unusable since the process started.
    pub failures: u64,
    /// What is wrong with the source now; the last good tokens stay meanwhile.
    pub error: Option<ReloadError>,
}

/// Why a source's tokens are not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The source cannot be used.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The primary is the beginning of a token that is held, as if the file was cut short.
    #[error("the new primary is the beginning of a token in use, as if the file was cut short; write the whole file")]
    Beginning,
    /// Others can write the file, or its folder, who could not before, so the change may be theirs.
    #[error(
        "other users can write the file or its folder, who could not before, so the change may be theirs; take that away \
         with chmod go-w"
    )]
    Exposed,
    /// The system refused the thread.
    #[error("the source is not followed, since the system refused a thread; restart the process to change its token")]
    NoThread,
}

/// The thread that follows a source, as its keyring holds it: told to stop when dropped.
pub(crate) struct Follower {
    state: Mutex<State>,
    stop: Box<dyn Fn() + Send + Sync>,
}

struct State {
    status: FollowStatus,
    since: Instant,
}

impl Follower {
    pub(crate) fn new(origin: Origin, stop: impl Fn() + Send + Sync + 'static) -> Self {
        let status = FollowStatus {
            origin,
            last_reload: SystemTime::now(),
            age: Duration::ZERO,
            reloads: 0,
            failures: 0,
            error: None,
        };
        Self { state: Mutex::new(State { status, since: Instant::now() }), stop: Box::new(stop) }
    }

    /// The source was read and its tokens taken over.
    pub(crate) fn reloaded(&self) {
        self.update(|state| {
            state.since = Instant::now();
            state.status.last_reload = SystemTime::now();
            state.status.reloads += 1;
            state.status.error = None;
        });
    }

    /// The source cannot be used; the last good tokens stay.
    pub(crate) fn failed(&self, error: ReloadError) {
        self.update(|state| {
            state.status.failures += 1;
            state.status.error = Some(error);
        });
    }

    fn status(&self) -> FollowStatus {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        FollowStatus { age: state.since.elapsed(), ..state.status.clone() }
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        (self.stop)();
    }
}

impl Origins {
    pub(super) fn source(&self) -> KeyringSource {
        match self {
            Self::Static(origin) => KeyringSource::Static(origin.clone()),
            Self::Followed(follower) => KeyringSource::Followed(follower.status()),
        }
    }
}
