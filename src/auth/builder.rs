//! How a [`ClusterAuth`] is put together.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use super::plaintext::PlaintextPolicy;
use super::{ClusterAuth, Tokens};
use crate::keyring::Keyring;
use crate::mode::{AuthMode, ModeError, tls_asked};
use crate::reload::Follow;
use crate::source::{Loaded, SourceError, TokenSource};
#[cfg(feature = "tls")]
use crate::tls::{Tls, TlsError, TlsFiles};

/// Settings for a [`ClusterAuth`].
#[derive(Clone, Debug, Default)]
#[must_use = "settings do nothing until a ClusterAuth is made with them"]
pub struct ClusterAuthBuilder {
    strict: bool,
    generate: bool,
    wait: Duration,
    plaintext: PlaintextPolicy,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

impl ClusterAuthBuilder {
    /// Refuses what is otherwise accepted with a warning or a count, as Ray accepts it: token files and private keys that
    /// others can read, whatever of those or of certificates others could have written, requests with differing
    /// credentials, and sending the token to other hosts in plaintext, by `connect` or by a layer for an origin. (A channel of
    /// your own is not looked at: see [`ClusterAuth::check_plaintext`].)
    pub fn strict(self) -> Self {
        Self { strict: true, plaintext: PlaintextPolicy::Refuse, ..self }
    }

    /// What to do about sending the token in plaintext to other hosts.
    pub fn with_plaintext(self, plaintext: PlaintextPolicy) -> Self {
        Self { plaintext, ..self }
    }

    /// Uses this certificate and these authorities, whatever Ray's variables say.
    #[cfg(feature = "tls")]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
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
        let this = self.tls_from_vars(&lookup)?;
        if mode == AuthMode::Disabled {
            return Ok(this.disabled());
        }
        let source = TokenSource::from_vars(&lookup)?;
        let source = if this.strict { source.strict() } else { source };
        let follow = Follow::new(source).wait_for_file(this.wait);
        let (keyring, loaded) = if this.generate { follow.generate_if_missing() } else { follow }.start()?;
        log(mode, &loaded);
        let tokens = if mode == AuthMode::Kubernetes { Tokens::Kubernetes(keyring) } else { Tokens::Shared(keyring) };
        Ok(ClusterAuth { origin: Some(loaded.origin), ..this.build(tokens) })
    }

    /// TLS is on in every mode, or it is an error: never plaintext where TLS was asked for.
    #[cfg(feature = "tls")]
    fn tls_from_vars(mut self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, AuthError> {
        if tls_asked(&lookup)? && self.tls.is_none() {
            let files = TlsFiles::from_vars(lookup)?;
            self.tls = Some(Tls::follow(if self.strict { files.strict() } else { files })?);
        }
        Ok(self)
    }

    #[cfg(not(feature = "tls"))]
    fn tls_from_vars(self, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, AuthError> {
        if tls_asked(&lookup)? { Err(AuthError::NoTls) } else { Ok(self) }
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
        ClusterAuth {
            tokens,
            origin: None,
            strict: self.strict,
            plaintext: self.plaintext,
            warned: Arc::default(),
            #[cfg(feature = "tls")]
            tls: self.tls,
        }
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
    /// TLS is asked for, and cannot be had.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// TLS is asked for, and the crate was built without its feature `tls`.
    #[cfg(not(feature = "tls"))]
    #[error(
        "RAY_USE_TLS is on, and this program was built without TLS; build it with the feature `tls` of ray-auth, or set \
         RAY_USE_TLS=0 on a network nobody else can read"
    )]
    NoTls,
}
