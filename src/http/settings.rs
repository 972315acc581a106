//! What the HTTP spelling was told.

use std::time::Duration;

use super::guard::{Guard, TrustedOriginError};
use super::hosts::HostError;
use crate::require::RequireTokenLayer;

/// The HTTP spelling of the server layer, and of [logging in](super::Login). See the [module](super).
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a layer or a login service has them"]
pub struct Http {
    pub(super) guard: Guard,
    pub(super) session: Duration,
    pub(super) secure: bool,
    pub(super) raw: bool,
    pub(super) page: bool,
}

impl Http {
    /// The longest time that a cookie lasts, as long as Ray's.
    pub const MAX_SESSION: Duration = Duration::from_secs(30 * 24 * 3600);

    /// As Ray's dashboard, with the cookie of this crate: see [`Http::dangerous_raw_cookie`] for what it holds.
    pub fn new() -> Self {
        Self { guard: Guard::default(), session: Self::MAX_SESSION, secure: false, raw: false, page: false }
    }

    /// Lets browsers in by cookie also under this host name, on any port. Without it they are by `localhost` and by
    /// address only.
    ///
    /// # Errors
    ///
    /// [`HostError`] for what is not a mere host name.
    pub fn allow_host(mut self, name: &str) -> Result<Self, HostError> {
        self.guard.hosts.allow(name)?;
        Ok(self)
    }

    /// Lets pages of this origin send requests with the cookie: for a proxy in front that changes `Host`, so that this
    /// server does not know its own origin.
    ///
    /// # Errors
    ///
    /// [`TrustedOriginError`] for what is not an origin as browsers write it, like `https://dashboard.example`.
    pub fn trust_origin(mut self, origin: &str) -> Result<Self, TrustedOriginError> {
        self.guard.trust(origin)?;
        Ok(self)
    }

    /// Says that browsers reach this server by TLS only, at a proxy in front or at a listener that does not tell: the cookie
    /// is then marked `Secure`. Requests whose URI says `https` have it marked so anyway.
    pub fn behind_tls(self) -> Self {
        Self { secure: true, ..self }
    }

    /// How long a cookie lasts from login, at most [`Http::MAX_SESSION`], which is the default.
    pub fn with_session(self, session: Duration) -> Self {
        Self { session: session.min(Self::MAX_SESSION), ..self }
    }

    /// Answers browsers that ask for a page without a credential with a page that asks for the token, at the address they
    /// asked for. For services that have no login of their own; the [login endpoints](super::Login) must be there. Paths that end like a gRPC method (`/package.Service/Method`) take no cookie, and are
    /// answered in words.
    pub fn with_login_page(self) -> Self {
        Self { page: true, ..self }
    }

    /// Sets the token itself as the cookie, as Ray does: for browsers that are to be let in by Ray's own servers, too. **Every
    /// server on the same host name gets to see it**, whatever its port, since cookies know no ports.
    ///
    /// Without this the cookie holds when it ends and a code made with the token, which opens nothing but this HTTP
    /// spelling, ends with the token, and tells nobody the token unless that can be found by trying. Ray's form is accepted either way.
    pub fn dangerous_raw_cookie(self) -> Self {
        Self { raw: true, ..self }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl<V> RequireTokenLayer<V> {
    /// Speaks HTTP beside gRPC, each request by its content type. See [`ray_auth::http`](crate::http).
    pub fn http(self, http: Http) -> RequireTokenLayer<V, Http> {
        self.spelt(http)
    }
}
