//! The layer and its settings.

use std::sync::Arc;

use tower_layer::Layer;

use super::choice::Policy;
use super::service::RetryToken;
use crate::attach::origin::Origin;
use crate::keyring::Keyring;
use crate::token::Indexing;

/// Attaches the keyring's primary token, and sends a call once more whose token was refused. Made by
/// [`AddTokenLayer::retry_refused`](crate::AddTokenLayer::retry_refused) and
/// [`AddTokenLayer::retry_with_accepted`](crate::AddTokenLayer::retry_with_accepted). See the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a layer attaches nothing until it is put around a client"]
pub struct RetryTokenLayer {
    settings: Settings,
}

/// What a layer's services share.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) keyring: Option<Keyring>,
    pub(super) origin: Option<Origin>,
    pub(super) indexing: Indexing,
    pub(super) policy: Policy,
    pub(super) body_limit: usize,
}

impl RetryTokenLayer {
    /// The largest request that is sent once more, in bytes, unless another limit is set: 64 KiB.
    pub const DEFAULT_BODY_LIMIT: usize = 64 << 10;

    pub(in crate::attach) fn new(
        keyring: Option<Keyring>,
        origin: Option<Origin>,
        indexing: Indexing,
        policy: Policy,
    ) -> Self {
        Self { settings: Settings { keyring, origin, indexing, policy, body_limit: Self::DEFAULT_BODY_LIMIT } }
    }

    /// The largest request that is sent once more, in bytes, gRPC's five before the message counted. As much may be kept
    /// for each call under way; the refusal of a larger one is the answer. With 0 no call is sent once more.
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = bytes;
        self
    }
}

impl<S> Layer<S> for RetryTokenLayer {
    type Service = RetryToken<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryToken::new(inner, Arc::new(self.settings.clone()))
    }
}
