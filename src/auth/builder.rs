//! How a [`ClusterAuth`] is put together.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use super::plaintext::PlaintextPolicy;
use super::{ClusterAuth, Tokens};
use crate::keyring::Keyring;
use crate::mode::{AuthMode, ModeError};
use crate::reload::Follow;
use crate::source::{Loaded, SourceError, TokenSource};

/// Settings for a [`ClusterAuth`].
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "settings do nothing until a ClusterAuth is made with them"]
pub struct ClusterAuthBuilder {
    strict: bool,
    generate: bool,
    wait: Duration,
    plaintext: PlaintextPolicy,
}

impl ClusterAuthBuilder {
    /// Refuses what is otherwise accepted with a warning or a count, as Ray accepts it: token files that others can read
    /// or could have written, requests with differing credentials, and connecting to other hosts in plaintext. (A layer
    /// that is built for an origin, and a channel of your own, are not looked at: see [`ClusterAuth::check_plaintext`].)
    pub fn strict(self) -> Self {
        Self { strict: true, plaintext: PlaintextPolicy::Refuse, ..self }
    }

    /// What to do about sending the token in plaintext to other hosts.
    pub fn with_plaintext(self, plaintext: PlaintextPolicy) -> Self {
        Self { plaintext, ..self }
    }

    /// For clusters on one machine: writes a new token to the default file when there is none anywhere.
    pub fn generate_if_missing(self) -> Self {
        Self { generate: true, ..self }
    }

    /// Waits this long for a token file that is not there yet, blocking the thread, before it gives up.
    pub fn wait_for_file(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }

    /// Reads Ray's environment variables.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::from_env`].
    pub fn from_env(self) -> Result<ClusterAuth, AuthError> {
        self.from_vars(|name| std::env::var_os(name))
    }

    /// Reads Ray's variables from `lookup`.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::from_env`].
    pub fn from_vars(self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<ClusterAuth, AuthError> {
        let mode = AuthMode::from_vars(&lookup)?;
        if mode == AuthMode::Disabled {
            return Ok(self.disabled());
        }
        let source = TokenSource::from_vars(&lookup)?;
        let source = if self.strict { source.strict() } else { source };
        let follow = Follow::new(source).wait_for_file(self.wait);
        let (keyring, loaded) = if self.generate { follow.generate_if_missing() } else { follow }.start()?;
        log(mode, &loaded);
        let tokens = if mode == AuthMode::Kubernetes { Tokens::Kubernetes(keyring) } else { Tokens::Shared(keyring) };
        Ok(ClusterAuth { origin: Some(loaded.origin), ..self.build(tokens) })
    }

    /// The shared secret, with tokens that the program manages itself.
    #[must_use]
    pub fn with_keyring(self, keyring: Keyring) -> ClusterAuth {
        self.build(Tokens::Shared(keyring))
    }

    /// No authentication. See [`ClusterAuth::disabled`].
    #[must_use]
    pub fn disabled(self) -> ClusterAuth {
        self.build(Tokens::Disabled)
    }

    fn build(self, tokens: Tokens) -> ClusterAuth {
        ClusterAuth { tokens, origin: None, strict: self.strict, plaintext: self.plaintext, warned: Arc::default() }
    }
}

fn log(mode: AuthMode, loaded: &Loaded) {
    tracing::info!(target: "ray_auth", %mode, source = %loaded.origin, "token authentication is on");
    for warning in &loaded.warnings {
        tracing::warn!(target: "ray_auth", source = %loaded.origin, "{warning}");
    }
}

/// Why a process has no valid authentication settings. The text says how to mend it and never holds a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A variable that chooses the mode.
    #[error(transparent)]
    Mode(#[from] ModeError),
    /// The token itself.
    #[error(transparent)]
    Source(#[from] SourceError),
}
