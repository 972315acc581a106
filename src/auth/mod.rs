//! A process's whole authentication in one value.
//!
//! [`ClusterAuth`] is made once, when a process starts, from Ray's environment variables or by hand, and gives both
//! layers and a channel. What it does depends on the [mode](AuthMode):
//!
//! | mode | outgoing calls | incoming calls |
//! |---|---|---|
//! | token | carry the primary token | are allowed with an accepted token, refused otherwise |
//! | kubernetes | carry the projected service account token | are allowed by the [verifier](ClusterAuth::require) you give; without one, all are refused with UNAVAILABLE |
//! | disabled | carry nothing | are all allowed, and the log says so |
//!
//! In every mode there is TLS when `RAY_USE_TLS` asks for it, with the feature `tls`.
//!
//! A refused caller sees status 16 and Ray's message, as the [server layer](crate::require) describes.
//!
//! ```
//! use http::{Request, Response};
//! use ray_auth::{ClusterAuth, Keyring, Token};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // In a program: let auth = ClusterAuth::from_env()?;
//! let auth = ClusterAuth::with_keyring(Keyring::new(Token::generate()));
//!
//! let handler = service_fn(async |_: Request<String>| Ok::<_, std::convert::Infallible>(Response::new("hello".to_owned())));
//! let server = auth.require_token().layer(handler);
//! let client = auth.add_token().layer(server.clone());
//!
//! let call = || Request::get("/ray.rpc.NodeInfoGcsService/CheckAlive").body(String::new());
//! assert_eq!(client.oneshot(call()?).await?.into_body(), "hello");
//! assert_eq!(server.oneshot(call()?).await?.headers()["grpc-status"], "16");
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "connect")]
mod address;
mod builder;
#[cfg(feature = "connect")]
mod connect;
#[cfg(feature = "connect")]
mod connect_error;
mod plaintext;
#[cfg(feature = "connect")]
mod unix;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Uri;

pub use self::builder::{AuthError, ClusterAuthBuilder};
#[cfg(feature = "connect")]
pub use self::connect::AuthChannel;
#[cfg(feature = "connect")]
pub use self::connect_error::ConnectError;
pub use self::plaintext::{PlaintextError, PlaintextPolicy};
use crate::attach::AddTokenLayer;
use crate::http::{Http, Login};
use crate::keyring::Keyring;
use crate::mode::AuthMode;
use crate::require::RequireTokenLayer;
use crate::source::Origin;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::verify::{AnyKind, AnyVerifier, Verify};

/// How a process authenticates itself and others. Cheap to clone; clones share the keyring. See the [module](self).
#[derive(Clone, Debug)]
pub struct ClusterAuth {
    tokens: Tokens,
    origin: Option<Origin>,
    strict: bool,
    plaintext: PlaintextPolicy,
    /// Whether the warning about plaintext was given.
    warned: Arc<AtomicBool>,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

/// The mode, with the keyring that belongs to it.
#[derive(Clone, Debug)]
enum Tokens {
    Disabled,
    Shared(Keyring),
    Kubernetes(Keyring),
}

impl ClusterAuth {
    /// Reads Ray's environment variables: `RAY_AUTH_MODE`, `RAY_ENABLE_K8S_TOKEN_AUTH`, `RAY_AUTH_TOKEN`,
    /// `RAY_AUTH_TOKEN_PATH`, and the default file, which is [followed](crate::reload) from then on; and for TLS, in every
    /// mode, `RAY_USE_TLS` and the three files. The mode and the source are logged, never the token.
    ///
    /// # Errors
    ///
    /// [`AuthError`] when a variable has no valid value, or when there is no usable token in a mode that needs one. What
    /// happens then is the caller's choice; there is no fall-back to letting everybody in.
    pub fn from_env() -> Result<Self, AuthError> {
        Self::builder().from_env()
    }

    /// The same with settings.
    pub fn builder() -> ClusterAuthBuilder {
        ClusterAuthBuilder::default()
    }

    /// The shared secret, with tokens that the program manages itself. No variable is read, also not those of TLS: for that
    /// there is `with_tls` of the [builder](ClusterAuth::builder).
    #[must_use]
    pub fn with_keyring(keyring: Keyring) -> Self {
        ClusterAuthBuilder::default().with_keyring(keyring)
    }

    /// No authentication: every call is let in, and a warning says so whenever a server layer is made. Meant for
    /// programs whose users ask for it by name.
    #[must_use]
    pub fn disabled() -> Self {
        ClusterAuthBuilder::default().disabled()
    }

    /// What kind of authentication this is.
    #[must_use]
    pub fn mode(&self) -> AuthMode {
        match self.tokens {
            Tokens::Disabled => AuthMode::Disabled,
            Tokens::Shared(_) => AuthMode::Token,
            Tokens::Kubernetes(_) => AuthMode::Kubernetes,
        }
    }

    /// The tokens; none when authentication is disabled. In Kubernetes mode the primary is this process's own: attach it,
    /// and compare nothing with it. A server layer or interceptor that is built of this keyring then lets in whoever holds
    /// that one token; use [`ClusterAuth::require`].
    #[must_use]
    pub fn keyring(&self) -> Option<&Keyring> {
        match &self.tokens {
            Tokens::Disabled => None,
            Tokens::Shared(keyring) | Tokens::Kubernetes(keyring) => Some(keyring),
        }
    }

    /// Where the token was read from; none when nothing was read.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// This process's certificate and its authorities; none when TLS is off. The `connect` methods use it; a server does
    /// with [`Tls::listen`].
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The client layer: attaches the primary token.
    pub fn add_token(&self) -> AddTokenLayer {
        let layer = self.keyring().cloned().map_or_else(AddTokenLayer::disabled, AddTokenLayer::new);
        match self.plaintext {
            PlaintextPolicy::Refuse if self.keyring().is_some() => {
                layer.with_policy(|origin| PlaintextError::of(origin).is_none())
            }
            _ => layer,
        }
    }

    /// The server layer for the cluster's shared secret.
    ///
    /// In Kubernetes mode there is no shared secret to compare with: the layer then refuses every call with UNAVAILABLE
    /// and an error is logged here. Use [`ClusterAuth::require`] with a verifier.
    pub fn require_token(&self) -> RequireTokenLayer<AnyVerifier> {
        self.layer(match &self.tokens {
            Tokens::Disabled => AnyKind::PassThrough,
            Tokens::Shared(keyring) => AnyKind::Keyring(keyring.clone()),
            Tokens::Kubernetes(_) => {
                tracing::error!(
                    target: "ray_auth",
                    "kubernetes mode without a verifier: every call will be refused; build the layer with `require(verifier)`"
                );
                AnyKind::Nobody
            }
        })
    }

    /// The server layer for a verifier of your choice, which tells the handler [who called](crate::verify::Identity). When authentication is disabled every call is let in without
    /// asking it.
    pub fn require(&self, verifier: impl Verify) -> RequireTokenLayer<AnyVerifier> {
        self.layer(match self.tokens {
            Tokens::Disabled => AnyKind::PassThrough,
            Tokens::Shared(_) | Tokens::Kubernetes(_) => AnyKind::Other(Arc::new(verifier)),
        })
        .with_identity()
    }

    /// Whether the token may be sent to `uri` by the [policy](PlaintextPolicy): for channels made otherwise than by
    /// `connect`, which asks this itself. An `https` URI counts as encrypted: that the channel keeps what it says is for
    /// whoever makes it. Logs a warning the first time the token would travel in plaintext.
    ///
    /// # Errors
    ///
    /// [`PlaintextError`] when the policy forbids it.
    pub fn check_plaintext(&self, uri: &Uri) -> Result<(), PlaintextError> {
        let Some(plaintext) = self.keyring().and_then(|_| PlaintextError::of(uri)) else { return Ok(()) };
        match self.plaintext {
            PlaintextPolicy::Refuse => Err(plaintext),
            PlaintextPolicy::Warn => {
                if !self.warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        target: "ray_auth",
                        host = uri.host(),
                        "the token travels in plaintext to another host: whoever can read that network can take it; set RAY_USE_TLS=1 on both sides"
                    );
                }
                Ok(())
            }
        }
    }

    /// The login endpoints, for the layer of [`require_token`](Self::require_token) in its
    /// [HTTP spelling](RequireTokenLayer::http) with the same settings.
    ///
    /// In Kubernetes mode every login is refused with 503, and an error is logged here: use [`Login::new`] with the verifier.
    pub fn login(&self, http: Http) -> Login {
        let kind = match &self.tokens {
            Tokens::Disabled => AnyKind::PassThrough,
            Tokens::Shared(keyring) => AnyKind::Keyring(keyring.clone()),
            Tokens::Kubernetes(_) => AnyKind::Nobody,
        };
        Login::build(AnyVerifier(kind), http, self.strict)
    }

    fn layer(&self, kind: AnyKind) -> RequireTokenLayer<AnyVerifier> {
        if matches!(kind, AnyKind::PassThrough) {
            tracing::warn!(
                target: "ray_auth",
                "authentication is disabled: every call is let in; set RAY_AUTH_MODE=token to require the cluster's token"
            );
        }
        let layer = RequireTokenLayer::new(AnyVerifier(kind));
        // A proxy may have judged by another of several credentials; where tokens are people's that is not to be risked.
        let strict = self.strict || matches!(self.tokens, Tokens::Kubernetes(_));
        if strict { layer.strict() } else { layer }
    }
}

#[cfg(test)]
mod tests;
