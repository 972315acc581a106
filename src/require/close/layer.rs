//! The layer and its one setting.

use std::sync::Arc;
use std::time::Duration;

use tower_layer::Layer;

use super::age::MaxAge;
use super::service::CloseOnRevoke;
use crate::keyring::Keyring;
use crate::require::settings::Settings;
use crate::require::spelling::Grpc;

/// Requires a token on every call to the service it is put around, and ends the call when that token is retired. Made by
/// [`RequireTokenLayer::close_on_revoke`](crate::RequireTokenLayer::close_on_revoke). See the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a layer protects nothing until it is put around a service"]
pub struct CloseOnRevokeLayer<V = Keyring, P = Grpc> {
    settings: Settings<V, P>,
    max_age: Option<Arc<MaxAge>>,
}

impl<V, P> CloseOnRevokeLayer<V, P> {
    pub(in crate::require) fn new(settings: Settings<V, P>) -> Self {
        Self { settings, max_age: None }
    }

    /// Also ends each call that a verifier let in after this time, or up to a tenth earlier, so that calls opened together
    /// do not come back together. The bound for calls whose verifier cannot say when they end, and for peers that hold
    /// streams open. Calls on exempt paths are left alone.
    ///
    /// The peer gets status 14 (UNAVAILABLE), on which gRPC clients call again, or HTTP status 503 where nothing was sent
    /// yet. Unary calls that wait are ended, too: choose an age far beyond what any of them waits for.
    ///
    /// # Panics
    ///
    /// The calls do, when they are served without tokio's timer.
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(Arc::new(MaxAge::new(age)));
        self
    }
}

impl<S, V: Clone, P: Clone> Layer<S> for CloseOnRevokeLayer<V, P> {
    type Service = CloseOnRevoke<S, V, P>;

    fn layer(&self, inner: S) -> Self::Service {
        CloseOnRevoke::new(inner, self.settings.clone(), self.max_age.clone())
    }
}
