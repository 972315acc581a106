//! A keyring that follows its source: the tokens of a running process change when their file does.
//!
//! [`Keyring::follow`] reads the source and then watches it on a thread of its own, which needs no async runtime: events
//! of the folder wake it at once, and a look every five seconds or so stands behind them where events get lost. It ends
//! when the last clone of the keyring is dropped. A file system that hangs makes the thread hang, and nothing else.
//!
//! What the thread reads is **taken over** when it is a valid set of tokens and has come to rest: a file that was renamed
//! into place is at rest at once, one that is written in place when two looks 25 ms apart read the same. Otherwise the
//! **last good tokens stay**: when the file is missing, empty, malformed or cut short, and when its primary is the
//! beginning of a token that is held (which is what a half-written token looks like), and when others can write the file
//! or its folder who could not before. A primary that is shorter than the one held must rest for two seconds. That is logged once per change of
//! state, counted in `ray_auth_reloads_total`, and shown in [`Keyring::status`].
//!
//! A token from `RAY_AUTH_TOKEN` cannot change while the process runs; nothing is watched then, and the status says so.
//! A keyring that follows refuses changes by other hands: they would be undone by its source. The service account tokens
//! that Kubernetes projects are renewed well before they expire, and the look every few seconds finds them.
//!
//! ```
//! use ray_auth::{Keyring, TokenSource};
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("token");
//! std::fs::write(&path, "open-sesame\n")?;
//!
//! let keyring = Keyring::follow(TokenSource::file(&path))?;
//! assert!(keyring.tokens().primary().matches("open-sesame"));
//! assert!(keyring.retire().is_err(), "the file decides, and nobody else");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod judge;
mod stamp;
mod thread;
mod watch;

use std::time::{Duration, Instant};

use crate::keyring::{Keyring, Origins};
use crate::source::{Loaded, SourceError, TokenSource};

#[cfg(feature = "tls")]
pub(crate) use self::judge::{REST, Verdict};
#[cfg(feature = "tls")]
pub(crate) use self::watch::{Wake, Watch};

/// The target of all log lines about following.
pub(crate) const LOG_TARGET: &str = "ray_auth::reload";

/// How a keyring follows its source.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until `start`"]
pub struct Follow {
    source: TokenSource,
    wait: Duration,
    generate: bool,
}

impl Follow {
    /// Follows `source`, which must have tokens when it starts.
    pub fn new(source: TokenSource) -> Self {
        Self { source, wait: Duration::ZERO, generate: false }
    }

    /// Waits for a file that is not there yet, for example because a sidecar is about to write it, before it gives up.
    /// Whatever else is wrong with the source is reported at once.
    pub fn wait_for_file(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Writes a new token to the default file when there is none anywhere, as [`TokenSource::load_or_generate`] does. Then
    /// nothing is [waited for](Follow::wait_for_file).
    pub fn generate_if_missing(self) -> Self {
        Self { generate: true, ..self }
    }

    /// Reads the source in the calling thread, and follows it from then on.
    ///
    /// # Errors
    ///
    /// As [`TokenSource::load`]. When the system refuses a thread the keyring is made all the same and its status says
    /// that it does not follow.
    pub fn start(self) -> Result<(Keyring, Loaded), SourceError> {
        let loaded = self.load()?;
        let keyring = Keyring::with_tokens(loaded.tokens.clone());
        if loaded.origin.path().is_some() {
            thread::follow(&keyring, self.source.only(&loaded.origin), &loaded);
        } else {
            keyring.set_origins(Origins::Static(loaded.origin.clone()));
        }
        Ok((keyring, loaded))
    }

    fn load(&self) -> Result<Loaded, SourceError> {
        if self.generate {
            return self.source.load_or_generate();
        }
        // A time beyond all clocks is for ever.
        let deadline = Instant::now().checked_add(self.wait);
        let left = || deadline.map_or(watch::POLL, |deadline| deadline.saturating_duration_since(Instant::now()));
        let mut watch = watch::Watch::new();
        loop {
            match self.source.load() {
                Err(error) if error.is_absence() && !left().is_zero() => {
                    watch.arm(self.source.paths(), &self.source);
                    watch.wait(left().min(watch::POLL));
                }
                decided => return decided,
            }
        }
    }
}

impl Keyring {
    /// A keyring that follows `source`. See the [module](crate::reload).
    ///
    /// # Errors
    ///
    /// As [`TokenSource::load`].
    pub fn follow(source: TokenSource) -> Result<Self, SourceError> {
        Follow::new(source).start().map(|(keyring, _)| keyring)
    }
}

#[cfg(test)]
mod tests;
