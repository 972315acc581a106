//! Hot-swappable token state: what the layers read on every call and what a rotation changes.
//!
//! A [`Keyring`] holds one **primary** token, which is attached to outgoing calls, at most one **next** token, and any
//! other **accepted** ones. A peer is let in with any of them. Clones share the state: change one and every layer built
//! from it uses the new tokens with its next call, while calls under way are not disturbed. Reading takes no lock and
//! does not allocate.
//!
//! The three steps of a rotation keep a cluster working when every process has taken one before any takes the next:
//! [`stage`](Keyring::stage) accepts the new token everywhere, [`promote`](Keyring::promote) starts sending it while the
//! old one is still accepted, [`retire`](Keyring::retire) stops accepting the old one. A step out of order is refused.
//!
//! ```
//! use ray_auth::{Keyring, Token};
//!
//! let keyring = Keyring::new(Token::generate());
//! let seen_by_the_layers = keyring.clone();
//!
//! let next = Token::generate();
//! keyring.stage(next.clone())?;
//! keyring.promote()?;
//! keyring.retire()?;
//!
//! let status = seen_by_the_layers.status();
//! assert_eq!(status.tokens.len(), 1);
//! assert_eq!(status.tokens[0].label.to_string(), next.fingerprint().to_string());
//! # Ok::<(), ray_auth::keyring::KeyringError>(())
//! ```

mod cell;
mod error;
mod follow;
mod revocation;
pub(crate) mod rules;
mod shards;
mod snapshot;
mod status;
mod steps;
mod usage;

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};

use self::cell::{Cell, Read};
pub use self::error::KeyringError;
pub use self::follow::{FollowStatus, KeyringSource, ReloadError};
pub(crate) use self::follow::{Follower, Origins};
pub(crate) use self::revocation::{Revocation, Revoked};
pub(crate) use self::snapshot::{Key, Snapshot};
pub use self::status::{KeyringStatus, Role, TokenStatus};
pub use self::steps::Step;
pub(crate) use self::usage::{Look, Names, Now};
use crate::token::{Token, TokenSet};

/// The tokens a process knows, shared by everything built from it. See the [module](self).
#[derive(Clone)]
pub struct Keyring {
    shared: Arc<Shared>,
}

struct Shared {
    current: Cell<Snapshot>,
    /// Where the tokens come from, if not from the program. Set once, before the keyring is shared.
    origins: OnceLock<Origins>,
}

/// A keyring, as somebody holds it who must not keep it alive.
pub(crate) struct WeakKeyring(Weak<Shared>);

impl WeakKeyring {
    /// The keyring, while anybody else has it.
    pub(crate) fn upgrade(&self) -> Option<Keyring> {
        self.0.upgrade().map(|shared| Keyring { shared })
    }
}

impl Keyring {
    /// A keyring of one token: attached and accepted.
    #[must_use]
    pub fn new(primary: Token) -> Self {
        Self::with_tokens(TokenSet::new(primary))
    }

    /// A keyring of several tokens, for a process that starts in the middle of a rotation.
    #[must_use]
    pub fn with_tokens(tokens: TokenSet) -> Self {
        let current = Cell::new(Snapshot::first(tokens));
        Self { shared: Arc::new(Shared { current, origins: OnceLock::new() }) }
    }

    /// A number that grows with every change, and with nothing else. The first is 1.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.snapshot().generation()
    }

    /// The tokens as they are now.
    #[must_use]
    pub fn tokens(&self) -> TokenSet {
        self.snapshot().tokens().clone()
    }

    /// What may be shown of the keyring: labels, roles, and how many calls each token has let in.
    #[must_use]
    pub fn status(&self) -> KeyringStatus {
        let source = self.shared.origins.get().map_or(KeyringSource::Program, Origins::source);
        self.snapshot().status(source)
    }

    /// Says where the tokens come from, once. From then on only [`Keyring::reload`] changes them.
    pub(crate) fn set_origins(&self, origins: Origins) {
        let first = self.shared.origins.set(origins).is_ok();
        debug_assert!(first, "a keyring has one source");
    }

    pub(crate) fn downgrade(&self) -> WeakKeyring {
        WeakKeyring(Arc::downgrade(&self.shared))
    }

    /// The state for one call. Not held across an await.
    #[inline]
    pub(crate) fn snapshot(&self) -> Read<Snapshot> {
        self.shared.current.load()
    }

    /// A change by the program.
    fn change(
        &self,
        decide: impl FnOnce(&TokenSet) -> Result<Option<TokenSet>, KeyringError>,
    ) -> Result<Step, KeyringError> {
        if self.shared.origins.get().is_some() {
            return Err(KeyringError::Followed);
        }
        self.update(decide)
    }

    /// A change by the source that is followed: whatever it says.
    pub(crate) fn reload(&self, tokens: TokenSet) {
        let reloaded = self.update(|current| Ok((!current.is_same(&tokens)).then_some(tokens)));
        debug_assert!(reloaded.is_ok(), "nothing is refused");
    }

    /// The only way the state changes. Open calls that were let in by a token which leaves learn of it before this
    /// returns.
    fn update(
        &self,
        decide: impl FnOnce(&TokenSet) -> Result<Option<TokenSet>, KeyringError>,
    ) -> Result<Step, KeyringError> {
        let changed = self.shared.current.update(|current| {
            let Some(tokens) = decide(current.tokens())? else { return Ok(None) };
            let next = current.successor(tokens);
            tracing::info!(target: "ray_auth::keyring", generation = next.generation(), tokens = %next.labels(), "keyring changed");
            Ok::<_, KeyringError>(Some(next))
        })?;
        Ok(if changed { Step::Done } else { Step::AlreadyDone })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.snapshot();
        f.debug_struct("Keyring")
            .field("generation", &snapshot.generation())
            .field("tokens", &format_args!("{}", snapshot.labels()))
            .finish()
    }
}

#[cfg(test)]
mod tests;
