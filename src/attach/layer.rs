//! The layer and its settings.

use http::Uri;
use tower_layer::Layer;

use super::origin::{Origin, OriginError};
use super::retry::{Policy, RetryTokenLayer};
use super::service::AddToken;
use crate::keyring::Keyring;

/// Attaches the keyring's primary token to the requests of the client it is put around. See the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a layer attaches nothing until it is put around a client"]
pub struct AddTokenLayer {
    keyring: Option<Keyring>,
    origin: Option<Origin>,
}

impl AddTokenLayer {
    /// Attaches the primary token of `keyring`.
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring: Some(keyring), origin: None }
    }

    /// Attaches nothing: for a process whose authentication mode is disabled.
    pub fn disabled() -> Self {
        Self { keyring: None, origin: None }
    }

    /// Attaches the token also to requests whose URI names this scheme, host and port.
    ///
    /// # Errors
    ///
    /// [`OriginError`] when `origin` lacks a scheme or a host.
    pub fn for_origin(mut self, origin: &Uri) -> Result<Self, OriginError> {
        self.origin = Some(Origin::new(origin)?);
        Ok(self)
    }

    /// Sends a call once more that was refused for its token, if the keyring has another primary by then: for processes
    /// whose keyring may change later than the server's. Another kind of layer, to be asked for last; see
    /// [`retry`](super::retry) for which calls.
    pub fn retry_refused(self) -> RetryTokenLayer {
        RetryTokenLayer::new(self.keyring, self.origin, Policy::Primary)
    }

    /// Sends a call once more that was refused for its token, with another token of the keyring: for channels to a real
    /// Ray server, which accepts one token only and takes up another by restart. While its token is not this keyring's
    /// primary, each call costs it a refusal. Another kind of layer, to be asked for last; see [`retry`](super::retry)
    /// for which calls, and which token.
    pub fn retry_with_accepted(self) -> RetryTokenLayer {
        RetryTokenLayer::new(self.keyring, self.origin, Policy::Held)
    }
}

impl<S> Layer<S> for AddTokenLayer {
    type Service = AddToken<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AddToken::new(inner, self.keyring.clone(), self.origin.clone())
    }
}
