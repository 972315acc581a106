//! The layer and its settings.

use http::Uri;
use tower_layer::Layer;

use super::origin::{Origin, OriginError};
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
}

impl<S> Layer<S> for AddTokenLayer {
    type Service = AddToken<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AddToken::new(inner, self.keyring.clone(), self.origin.clone())
    }
}
