//! Which credential goes with a request, and with each one that a redirect asks for.
//!
//! Ray downloads packages with what its `requests` library makes of a URI, of a netrc file and of
//! `RAY_RUNTIME_ENV_BEARER_TOKEN`. This is the same, decided on its own and usable with any HTTP client, and where Ray or curl
//! send a credential to somebody it is not meant for, it goes nowhere.
//!
//! # What is sent
//!
//! One `authorization` header at most, the most specific there is:
//!
//! 1. the user information in the URI. Of `https://login@host/` the password is looked for in the netrc file, in an entry for
//!    that host with that login;
//! 2. the netrc file's entry for the host;
//! 3. the bearer token;
//! 4. the netrc file's `default` entry.
//!
//! (Ray: netrc entry, `default` included, then user information, then bearer token.)
//!
//! # What is refused
//!
//! - A netrc entry or the bearer token over plain http: [`CredentialError::Plaintext`], unless it is
//!   [allowed](Credentials::dangerously_allow_plaintext). A netrc entry may go to this machine itself
//!   ([`RemoteUri::is_loopback`]): **a client must not send such a request through a proxy**. The `default` entry is not sent,
//!   and user information goes where the URI says, both with a warning.
//! - What is no token or no netrc file, where a variable says that it is one.
//! - A [redirect](AuthorizedRequest::redirect) from https to http, once a credential was sent.
//!
//! ```
//! use ray_auth_runtime_env::credentials::{CredentialError, CredentialKind, Credentials};
//! use ray_auth_runtime_env::RemoteUri;
//!
//! let credentials =
//!     Credentials::from_vars(|name| (name == "RAY_RUNTIME_ENV_BEARER_TOKEN").then(|| "correct-horse".into()))?;
//!
//! let request = credentials.begin(&RemoteUri::parse("https://packages.example/p.zip")?)?;
//! assert_eq!(request.kind(), Some(CredentialKind::Bearer));
//! assert!(request.authorization().is_some_and(|value| value.is_sensitive()));
//!
//! let elsewhere = request.redirect(b"https://cdn.example/p.zip")?;
//! assert_eq!(elsewhere.authorization(), None);
//!
//! let refused = credentials.begin(&RemoteUri::parse("http://packages.example/p.zip")?);
//! assert!(matches!(refused, Err(CredentialError::Plaintext { kind: CredentialKind::Bearer, .. })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod choice;
mod environment;
mod error;
mod header;
mod request;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use ray_auth::Token;
use zeroize::Zeroizing;

use self::choice::Offer;
pub use self::environment::{BEARER_VARIABLE, CREDENTIAL_VARIABLES, NETRC_VARIABLE, misplaced, scrub};
pub use self::error::{CredentialError, CredentialKind, CredentialWarning, RedirectError};
pub use self::request::{AuthorizedRequest, MAX_REDIRECTS, is_redirect};
use crate::netrc::{Entry, Netrc, NetrcError, NetrcSource};
use crate::redact::Redactor;
use crate::uri::RemoteUri;

/// What a process has to offer to the servers it downloads from. See the [module](self) for the rules.
///
/// Cheap to clone. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    netrc: NetrcSource,
    bearer: Option<Token>,
    allow_plaintext: bool,
}

impl Credentials {
    /// No netrc file and no token: only what URIs bring along.
    #[must_use]
    pub fn none() -> Self {
        Self { netrc: NetrcSource::off(), bearer: None, allow_plaintext: false }
    }

    /// What this process's environment offers: `RAY_RUNTIME_ENV_BEARER_TOKEN`, unless it is empty, and the netrc file that
    /// [`NetrcSource::from_env`] finds. Files are not touched yet.
    ///
    /// # Errors
    ///
    /// [`CredentialError::Bearer`] and [`CredentialError::BearerBlank`] when the variable holds what is no token.
    pub fn from_env() -> Result<Self, CredentialError> {
        Self::from_vars(crate::netrc::environment)
    }

    /// The same for variables from elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Credentials::from_env`].
    pub fn from_vars(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, CredentialError> {
        let bearer = lookup(BEARER_VARIABLE).filter(|value| !value.is_empty()).map(parse_bearer).transpose()?;
        Ok(Self { netrc: NetrcSource::from_vars(lookup), bearer, allow_plaintext: false })
    }

    /// Takes netrc entries from there.
    #[must_use]
    pub fn with_netrc(self, netrc: NetrcSource) -> Self {
        Self { netrc, ..self }
    }

    /// Sends this token where there is nothing more specific.
    ///
    /// # Errors
    ///
    /// [`CredentialError::BearerBlank`] for a token with a blank inside (RFC 6750 has none).
    pub fn with_bearer(self, bearer: Token) -> Result<Self, CredentialError> {
        Ok(Self { bearer: Some(without_blank(bearer)?), ..self })
    }

    /// Sends the netrc file's entries for a host, and the bearer token, over plain http, too. Everybody on the way reads
    /// them. After a redirect to another origin still nothing is sent in the clear.
    #[must_use]
    pub fn dangerously_allow_plaintext(self) -> Self {
        Self { allow_plaintext: true, ..self }
    }

    /// The first request for this URI. The netrc file is read now: what is in it may change from one download to the next.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] when the credential for it cannot be had, or may not be sent there.
    pub fn begin(&self, uri: &RemoteUri) -> Result<AuthorizedRequest, CredentialError> {
        let loaded = self.netrc.load()?;
        let warnings = loaded.warnings.into_iter().map(CredentialWarning::Netrc).collect();
        let offer = Offer { netrc: loaded.netrc, bearer: self.bearer.clone(), allow_plaintext: self.allow_plaintext };
        AuthorizedRequest::first(offer, uri, warnings)
    }

    /// Has this hide the bearer token, and every password of the netrc file with the header that it makes, for a process's log.
    /// The netrc file is read now, and whoever else has rights to it: it is only about showing it.
    ///
    /// What can be had is hidden, also where there is an error beside it, which says why the netrc file's passwords are not.
    pub fn hide_in(&self, redactor: Redactor) -> (Redactor, Option<NetrcError>) {
        let (netrc, error) = match self.netrc.load_to_hide() {
            Ok(netrc) => (netrc, None),
            Err(error) => (None, Some(error)),
        };
        let entries = netrc.iter().flat_map(Netrc::entries).filter_map(Entry::credential);
        let pairs = entries.map(|(login, password)| (login.expose_secret(), password.expose_secret()));
        (redactor.hide_all(self.bearer.iter().map(Token::expose_secret), pairs), error)
    }
}

fn parse_bearer(value: OsString) -> Result<Token, CredentialError> {
    let value = Zeroizing::new(value.into_encoded_bytes());
    without_blank(Token::parse(&*value).map_err(CredentialError::Bearer)?)
}

fn without_blank(token: Token) -> Result<Token, CredentialError> {
    if token.expose_secret().contains(' ') { Err(CredentialError::BearerBlank) } else { Ok(token) }
}
