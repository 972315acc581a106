//! Looks once a second which tokens were used, for as long as anybody wants to know.

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::gauges;
use super::process::{KeyringReport, ProcessStatus};
use crate::auth::ClusterAuth;
use crate::keyring::{Keyring, Names, Now};
use crate::mode::AuthMode;

/// The time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watches how a keyring is used, and publishes that as [metrics](super), on a thread of its own that needs no async
/// runtime and ends with the last clone. Make it when the process starts, after installing the metrics recorder: what
/// was used before counts as used when it is made.
#[derive(Clone, Debug)]
pub struct UsageWatch {
    watched: Arc<Watched>,
}

#[derive(Debug)]
struct Watched {
    mode: AuthMode,
    keyring: Option<Keyring>,
    since: Instant,
    /// The thread ends when this is dropped.
    _running: Sender<Infallible>,
}

impl UsageWatch {
    /// Watches a keyring whose tokens are the cluster's shared secret.
    #[must_use]
    pub fn new(keyring: Keyring) -> Self {
        Self::start(AuthMode::Token, Some(keyring))
    }

    /// The status now. It looks for itself, so calls that were let in before this one are all there.
    #[must_use]
    pub fn status(&self) -> ProcessStatus {
        let Watched { mode, keyring, since, .. } = &*self.watched;
        let keyring = keyring.as_ref().map(|keyring| KeyringReport::new(keyring.look(Now::read)));
        ProcessStatus { mode: *mode, uptime: since.elapsed(), keyring }
    }

    fn start(mode: AuthMode, keyring: Option<Keyring>) -> Self {
        let (running, stopped) = channel();
        let watched = Arc::new(Watched { mode, keyring, since: Instant::now(), _running: running });
        if let Some(keyring) = &watched.keyring {
            // From here on `never` means something, and nothing is lost, whenever the thread gets to run.
            let mut names = Names::default();
            sweep(keyring, &mut names, Now::read);
            let thread = Thread { watched: Arc::downgrade(&watched), stopped, names };
            let spawned = std::thread::Builder::new().name("ray-auth-usage".to_owned()).spawn(move || thread.run());
            if let Err(error) = spawned {
                tracing::error!(
                    target: "ray_auth::status",
                    %error,
                    "no thread to watch the use of tokens, it is known only by asking, and not published as metrics"
                );
            }
        }
        Self { watched }
    }
}

impl ClusterAuth {
    /// Watches how this process's tokens are used. Every call of this starts another watch; clones share one.
    #[must_use]
    pub fn watch_usage(&self) -> UsageWatch {
        UsageWatch::start(self.mode(), self.keyring().cloned())
    }
}

struct Thread {
    watched: Weak<Watched>,
    stopped: Receiver<Infallible>,
    names: Names,
}

impl Thread {
    fn run(mut self) {
        let mut next = Instant::now() + INTERVAL;
        loop {
            match self.stopped.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(never) => match never {},
            }
            let Some(watched) = self.watched.upgrade() else { return };
            if let Some(keyring) = &watched.keyring {
                sweep(keyring, &mut self.names, Now::read);
            }
            // A look that came late, on a machine that slept, is not made up for.
            next = (next + INTERVAL).max(Instant::now());
        }
    }
}

/// One look and what is published of it.
fn sweep(keyring: &Keyring, names: &mut Names, clock: impl FnOnce() -> Now) {
    gauges::publish(&keyring.look(clock));
    keyring.publish_uses(names);
}

#[cfg(test)]
mod tests;
