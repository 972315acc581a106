//! The layer and its settings.

use http::Uri;
use tower_layer::Layer;

use super::origin::{Origin, OriginError};
use super::retry::{Policy, RetryTokenLayer};
use super::service::AddToken;
use crate::keyring::Keyring;
use crate::token::{Indexing, Token};

/// Attaches the keyring's primary token to the requests of the client it is put around. See the [module](super).
#[derive(Clone, Debug)]
#[must_use = "a layer attaches nothing until it is put around a client"]
pub struct AddTokenLayer {
    keyring: Option<Keyring>,
    origin: Option<Origin>,
    indexing: Indexing,
    /// Whether the process's policy lets the token go to an origin.
    policy: fn(&Uri) -> bool,
}

impl AddTokenLayer {
    /// Attaches the primary token of `keyring`.
    pub fn new(keyring: Keyring) -> Self {
        Self { keyring: Some(keyring), origin: None, indexing: Indexing::Never, policy: |_| true }
    }

    /// Attaches nothing: for a process whose authentication mode is disabled.
    pub fn disabled() -> Self {
        Self { keyring: None, origin: None, indexing: Indexing::Never, policy: |_| true }
    }

    /// Attaches the token also to requests whose URI names this scheme, host and port.
    ///
    /// # Errors
    ///
    /// [`OriginError`] when `origin` lacks a scheme or a host, and when this layer is from a
    /// [`ClusterAuth`](crate::ClusterAuth) whose policy forbids to send the token there in plaintext.
    pub fn for_origin(mut self, origin: &Uri) -> Result<Self, OriginError> {
        self.origin = Some(Origin::new(origin)?);
        if !(self.policy)(origin) {
            return Err(OriginError::Plaintext { host: origin.host().unwrap_or_default().to_owned() });
        }
        Ok(self)
    }

    /// Asks `policy` whether the token may go to an origin.
    pub(crate) fn with_policy(self, policy: fn(&Uri) -> bool) -> Self {
        Self { policy, ..self }
    }

    /// Lets HTTP/2 index the header, so that a call after the first of a connection may carry one byte in its place instead
    /// of some sixty. Three things are given up for that:
    ///
    /// - `Debug` output of a request's headers **shows the token**: the mark that hides it is the one that forbids indexing;
    /// - whoever ends the connection, every proxy on the way included, **keeps the token in its table** as long as the
    ///   connection lasts or until other headers push it out, whatever is retired or wiped meanwhile;
    /// - a peer that can choose headers on the same connection could find a token of few possibilities by trying which
    ///   request becomes shorter ([RFC 7541, section 7.1.3](https://www.rfc-editor.org/rfc/rfc7541#section-7.1.3)). A
    ///   random one of 32 characters it cannot.
    ///
    /// It only permits: whether anything is indexed is up to the client's HTTP/2. That of tonic and hyper never indexes
    /// `authorization`, so with a channel of tonic **this saves nothing on the first hop**; a proxy behind it that speaks
    /// HTTP/2 may index. `docs/performance.md` of the project has what was measured.
    ///
    /// # Errors
    ///
    /// [`IndexedError`] when the primary token has fewer than [`Token::STRONG_LEN`] characters. A shorter one that becomes the
    /// primary later is sent as without this option.
    pub fn dangerous_indexed(mut self) -> Result<Self, IndexedError> {
        if self.keyring.as_ref().is_some_and(|keyring| keyring.tokens().primary().is_weak()) {
            return Err(IndexedError(()));
        }
        self.indexing = Indexing::Strong;
        Ok(self)
    }

    /// Sends a call once more that was refused for its token, if the keyring has another primary by then: for processes
    /// whose keyring may change later than the server's. Another kind of layer, to be asked for last; see
    /// [`retry`](super::retry) for which calls.
    pub fn retry_refused(self) -> RetryTokenLayer {
        RetryTokenLayer::new(self.keyring, self.origin, self.indexing, Policy::Primary)
    }

    /// Sends a call once more that was refused for its token, with another token of the keyring: for channels to a real
    /// Ray server, which accepts one token only and takes up another by restart. While its token is not this keyring's
    /// primary, each call costs it a refusal. Another kind of layer, to be asked for last; see [`retry`](super::retry)
    /// for which calls, and which token.
    pub fn retry_with_accepted(self) -> RetryTokenLayer {
        RetryTokenLayer::new(self.keyring, self.origin, self.indexing, Policy::Held)
    }
}

/// A token that HTTP/2 must not index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the token has fewer than {} characters, and compressed headers could give a short one away; use a longer one, for \
     example the output of `ray-auth get-auth-token --generate`, or do not let it be indexed",
    Token::STRONG_LEN
)]
pub struct IndexedError(());

impl<S> Layer<S> for AddTokenLayer {
    type Service = AddToken<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AddToken::new(inner, self.keyring.clone(), self.origin.clone(), self.indexing)
    }
}
