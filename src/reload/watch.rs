//! Wakes a thread when something happens in the folders that lead to its files.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::stamp::Stamp;

/// How often the files are looked at without an event, give or take a fifth.
pub(super) const POLL: Duration = Duration::from_secs(5);

/// The least time from one look to the next that an event causes: whoever can make events in the folder must not be able
/// to keep this process busy.
const PAUSE: Duration = Duration::from_millis(10);

/// What wakes the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Something happened in a folder.
    Event,
    /// The last handle is gone.
    Stop,
}

/// The watched folders, and the queue that their events go to.
pub(crate) struct Watch {
    sender: Sender<Wake>,
    receiver: Receiver<Wake>,
    /// Whether an event is in the queue that no look has followed yet.
    queued: Arc<AtomicBool>,
    watcher: Option<RecommendedWatcher>,
    /// The folders that are watched, each with its state, so that a folder put in another's place is noticed.
    armed: Vec<(PathBuf, Option<(u64, u64)>)>,
    /// Whether it was said that events are refused.
    complained: bool,
    /// When the files were last looked at.
    looked: Instant,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = channel();
        let queued = Arc::default();
        Self { sender, receiver, queued, watcher: None, armed: Vec::new(), complained: false, looked: Instant::now() }
    }

    /// What tells the thread to stop.
    pub(crate) fn sender(&self) -> Sender<Wake> {
        self.sender.clone()
    }

    /// Watches the folders that lead to these files now. Does nothing when those are watched already. `source` is what
    /// people call the files.
    pub(crate) fn arm<'a>(&mut self, paths: impl Iterator<Item = &'a Path>, source: &dyn Display) {
        let folders = folders(paths);
        if self.watcher.is_some() && folders == self.armed {
            return;
        }
        let (sender, queued) = (self.sender.clone(), Arc::clone(&self.queued));
        let watching = notify::recommended_watcher(move |event| {
            // One at a time: while the file system hangs, or a neighbour makes events all day, they must not pile up.
            if is_change(&event) && !queued.swap(true, Ordering::AcqRel) {
                // The receiver is gone when the thread has ended; then nobody needs to know.
                let _ = sender.send(Wake::Event);
            }
        })
        .and_then(|mut watcher| {
            folders.iter().try_for_each(|(folder, _)| watcher.watch(folder, RecursiveMode::NonRecursive))?;
            Ok(watcher)
        });
        match watching {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                self.armed = folders;
                self.complained = false;
            }
            Err(error) => {
                self.watcher = None;
                self.armed.clear();
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!(target: super::LOG_TARGET, %source, %error, "no file events, the source is looked at every few seconds");
                }
            }
        }
    }

    /// Waits for an event or until the time is over; false when the thread is to stop. Events that come too soon after the
    /// last look wait for their turn.
    pub(crate) fn wait(&mut self, time: Duration) -> bool {
        let go_on = self.woken(Instant::now().checked_add(time));
        // Before the look that follows: an event from here on is not seen by it for sure, and wakes the thread again.
        self.queued.store(false, Ordering::Release);
        self.looked = Instant::now();
        go_on
    }

    fn woken(&self, until: Option<Instant>) -> bool {
        let mut until = until;
        loop {
            let left = until.map_or(POLL, |until| until.saturating_duration_since(Instant::now()));
            match self.receiver.recv_timeout(left) {
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) | Ok(Wake::Stop) => return false,
                // Only as late as the pause demands, and no later than it would have been without the event.
                Ok(Wake::Event) => {
                    let soon = self.looked + PAUSE;
                    until = Some(until.map_or(soon, |until| until.min(soon)));
                }
            }
        }
    }
}

/// A fifth more or less, so that the processes of a cluster do not all look at once.
pub(super) fn jittered(time: Duration) -> Duration {
    let mut random = [0; 1];
    // Without randomness they look at once, which is no harm.
    let _ = getrandom::fill(&mut random);
    time.mul_f64(0.8 + 0.4 * f64::from(random[0]) / 255.0)
}

/// Whether an event may mean another content: looking at the file is an event, too.
fn is_change(event: &notify::Result<Event>) -> bool {
    match event {
        Ok(event) => match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
            EventKind::Access(_) => false,
            _ => true,
        },
        Err(_) => true,
    }
}

/// The folders in which a change can change what is read: of each path as it is named, and of what it leads to.
fn folders<'a>(paths: impl Iterator<Item = &'a Path>) -> Vec<(PathBuf, Option<(u64, u64)>)> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in paths {
        let target = path.canonicalize().ok();
        for path in [Some(path.to_owned()), target].into_iter().flatten() {
            // Of a folder that is not there, the nearest above that is: it sees the folder come.
            let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
            if !folders.iter().any(|known| known == folder) {
                folders.push(folder.to_owned());
            }
        }
    }
    folders.into_iter().map(|folder| (folder.clone(), Stamp::of(&folder).file())).collect()
}
