//! The thread that follows a source.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::LOG_TARGET;
use super::judge::{Judge, Look, Verdict};
use super::stamp::Stamp;
use super::watch::{Wake, Watch};
use crate::keyring::{Follower, Keyring, Origins, ReloadError, WeakKeyring};
use crate::source::{FileWarning, Loaded, TokenSource};

/// Starts following for a keyring that was just made of `loaded`.
pub(super) fn follow(keyring: &Keyring, source: TokenSource, loaded: &Loaded) {
    let watch = Watch::new();
    let stop = watch.sender();
    let follower = Arc::new(Follower::new(loaded.origin.clone(), move || {
        // The receiver is gone when the thread has ended already.
        let _ = stop.send(Wake::Stop);
    }));
    keyring.set_origins(Origins::Followed(Arc::clone(&follower)));
    let thread = Thread {
        keyring: keyring.downgrade(),
        follower: Arc::downgrade(&follower),
        judge: Judge::new(loaded.origin.path().map_or_else(Stamp::nothing, Stamp::of), is_exposed(loaded)),
        source,
        watch,
        warnings: loaded.warnings.clone(),
    };
    let spawned = std::thread::Builder::new().name("ray-auth-reload".to_owned()).spawn(move || thread.run());
    if let Err(error) = spawned {
        tracing::error!(target: LOG_TARGET, %error, "no thread to follow the token's source, it rotates only by restart");
        follower.failed(ReloadError::NoThread);
    }
}

struct Thread {
    keyring: WeakKeyring,
    follower: Weak<Follower>,
    source: TokenSource,
    watch: Watch,
    judge: Judge,
    /// What was said of the file already.
    warnings: Vec<FileWarning>,
}

impl Thread {
    fn run(mut self) {
        let mut wait = Duration::ZERO;
        while self.watch.wait(wait) {
            // Before the look: what happens after it is an event.
            self.watch.arm(self.source.paths(), &self.source);
            // Nothing of the keyring is held while the file system is asked: it may hang.
            let look = self.look();
            let (Some(keyring), Some(follower)) = (self.keyring.upgrade(), self.follower.upgrade()) else { return };
            let verdict = self.judge.judge(look, &keyring.tokens());
            wait = verdict.wait();
            match verdict {
                Verdict::Nothing | Verdict::LookAgain(_) => {}
                Verdict::Take(tokens) => {
                    keyring.reload(tokens);
                    follower.reloaded();
                    metrics::counter!("ray_auth_reloads_total", "result" => "ok").increment(1);
                    tracing::info!(target: LOG_TARGET, source = %self.source, "tokens reloaded");
                }
                Verdict::Keep(error) => {
                    metrics::counter!("ray_auth_reloads_total", "result" => "failed").increment(1);
                    follower.failed(error.clone());
                    tracing::error!(target: LOG_TARGET, source = %self.source, %error, "the last good tokens stay");
                }
            }
        }
    }

    fn look(&mut self) -> Look {
        // Of several files the first that is there decides, as when they are read.
        let stamp = || self.source.paths().find(|path| path.exists()).map_or_else(Stamp::nothing, Stamp::of);
        let before = stamp();
        let read = self.source.load();
        let look = Look {
            before,
            after: stamp(),
            at: Instant::now(),
            exposed: read.as_ref().is_ok_and(is_exposed),
            read: read.as_ref().map(|loaded| loaded.tokens.clone()).map_err(Clone::clone),
        };
        if let Ok(loaded) = read {
            self.warn(loaded.warnings);
        }
        look
    }

    /// Says what is new of who else can read or write the file, and of lines that are not used.
    fn warn(&mut self, warnings: Vec<FileWarning>) {
        for warning in warnings.iter().filter(|warning| !self.warnings.contains(warning)) {
            tracing::warn!(target: LOG_TARGET, source = %self.source, "{warning}");
        }
        self.warnings = warnings;
    }
}

/// Whether others could have written what was read.
fn is_exposed(loaded: &Loaded) -> bool {
    loaded.warnings.iter().any(FileWarning::lets_others_write)
}
