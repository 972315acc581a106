//! The layer and its settings.

use std::sync::Arc;

use tower_layer::Layer;

use super::close::CloseOnRevokeLayer;
use super::exempt::Exempt;
use super::refusals::Refusals;
use super::report_only::ReportOnly;
use super::service::RequireToken;
use super::settings::Settings;
use super::spelling::Grpc;
use crate::keyring::Keyring;

/// Requires a token on every call to the service it is put around. See the [module](super).
///
/// `V` decides: a [`Keyring`] for the cluster's shared secret, or an [`AnyVerifier`](crate::verify::AnyVerifier) for
/// whatever was configured when the process started. `P` is how requests carry credentials and refusals are answered:
/// [`Grpc`], unless the layer is told to speak [HTTP](RequireTokenLayer::http), too.
#[derive(Clone, Debug)]
#[must_use = "a layer protects nothing until it is put around a service"]
pub struct RequireTokenLayer<V = Keyring, P = Grpc> {
    settings: Settings<V, P>,
}

impl<V> RequireTokenLayer<V> {
    /// Requires what `verifier` accepts, on every path: a [`Keyring`], or
    /// [`AnyVerifier::new`](crate::verify::AnyVerifier::new) of a verifier of your own.
    pub fn new(verifier: V) -> Self {
        let refusals = Arc::new(Refusals::default());
        let exempt = Exempt::none();
        let spelling = Grpc;
        Self {
            settings: Settings {
                verifier,
                spelling,
                exempt,
                identity: false,
                strict: false,
                refusals,
                report_only: None,
            },
        }
    }

    /// The same in another spelling.
    pub(crate) fn spelt<P>(self, spelling: P) -> RequireTokenLayer<V, P> {
        let Settings { verifier, spelling: Grpc, exempt, identity, strict, refusals, report_only } = self.settings;
        RequireTokenLayer { settings: Settings { verifier, spelling, exempt, identity, strict, refusals, report_only } }
    }
}

impl<V, P> RequireTokenLayer<V, P> {
    /// Adds paths that need no token.
    pub fn exempt(mut self, exempt: Exempt) -> Self {
        self.settings.exempt = self.settings.exempt.and(exempt);
        self
    }

    /// Puts an [`Identity`](crate::verify::Identity) into the extensions of each request that was let in. For the shared
    /// secret it says only which token it was, and costs an allocation.
    pub fn with_identity(mut self) -> Self {
        self.settings.identity = true;
        self
    }

    /// Refuses requests with several `authorization` values that differ. By default the first one decides, as with Ray;
    /// a proxy in front may have judged by another.
    pub fn strict(mut self) -> Self {
        self.settings.strict = true;
        self
    }

    /// The paths that refusals are counted under by name. All others are counted as `other`, since anybody can make up
    /// paths and each label costs memory for the life of the process.
    pub fn count_methods<T: Into<String>>(mut self, paths: impl IntoIterator<Item = T>) -> Self {
        self.settings.refusals = Arc::new(Refusals::new(paths.into_iter().map(Into::into)));
        self
    }

    /// Lets in what would be refused, and counts it, until `report_only` ends. **The layer protects nothing meanwhile.**
    /// For the first days of a token on a running cluster; see [`report_only`](super::report_only).
    pub fn dangerous_report_only(mut self, report_only: ReportOnly) -> Self {
        self.settings.report_only = Some(report_only);
        self
    }

    /// Ends calls that are open when their token is retired. Another kind of layer, to be asked for last; without it a
    /// call is judged when it opens and then left alone, as with Ray. See [`close`](super::close).
    pub fn close_on_revoke(self) -> CloseOnRevokeLayer<V, P> {
        CloseOnRevokeLayer::new(self.settings)
    }
}

impl<S, V: Clone, P: Clone> Layer<S> for RequireTokenLayer<V, P> {
    type Service = RequireToken<S, V, P>;

    fn layer(&self, inner: S) -> Self::Service {
        RequireToken::new(inner, self.settings.clone())
    }
}
