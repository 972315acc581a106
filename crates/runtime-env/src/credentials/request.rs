//! A request and those that redirects make of it: each one's credential is found anew, and from nothing.

use http::{HeaderValue, StatusCode};

use super::choice::{Choice, Offer};
use super::{CredentialError, CredentialKind, CredentialWarning, RedirectError};
use crate::uri::{RemoteUri, Scheme};

/// How many redirects are followed, as by browsers. curl follows 50 and requests 30.
pub const MAX_REDIRECTS: usize = 20;

/// Whether an answer of this status asks for another request: 301, 302, 303, 307 or 308. For a GET they mean the same.
#[must_use]
pub fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// One request of a chain: where it goes, and with what. [`Credentials::begin`](super::Credentials::begin) makes the first,
/// and [`redirect`](Self::redirect) each next one.
///
/// Cheap enough to make for each download, and not meant to be kept: it knows what the netrc file said when it was begun.
#[derive(Clone, Debug)]
pub struct AuthorizedRequest {
    offer: Offer,
    /// What was asked for, with its user information.
    asked: RemoteUri,
    uri: RemoteUri,
    choice: Choice,
    netrc_warnings: Vec<CredentialWarning>,
    redirects: usize,
    /// Whether every request so far went to the origin that was asked for.
    at_home: bool,
    /// Whether one of them had a credential.
    authorized: bool,
}

impl AuthorizedRequest {
    pub(super) fn first(
        offer: Offer,
        asked: &RemoteUri,
        netrc_warnings: Vec<CredentialWarning>,
    ) -> Result<Self, CredentialError> {
        if asked.origin().is_none() {
            return Err(CredentialError::NotHttp { scheme: asked.scheme() });
        }
        let choice = offer.at_home(asked.user_info(), asked)?;
        Ok(Self {
            offer,
            asked: asked.clone(),
            uri: asked.clone(),
            authorized: choice.credential.is_some(),
            choice,
            netrc_warnings,
            redirects: 0,
            at_home: true,
        })
    }

    /// Where it goes. A client is given its [`expose_request_uri`](RemoteUri::expose_request_uri).
    #[must_use]
    pub fn uri(&self) -> &RemoteUri {
        &self.uri
    }

    /// The `authorization` header that it has, marked sensitive; without one it has no such header at all. Over http to this
    /// machine itself it must not go through a proxy.
    #[must_use]
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.choice.credential.as_ref().map(|(_, value)| value)
    }

    /// Which credential that is.
    #[must_use]
    pub fn kind(&self) -> Option<CredentialKind> {
        self.choice.credential.as_ref().map(|(kind, _)| *kind)
    }

    /// How many redirects led here.
    #[must_use]
    pub fn redirects(&self) -> usize {
        self.redirects
    }

    /// What is worth a line in the log, once for the chain: ask the first request.
    pub fn warnings(&self) -> impl Iterator<Item = &CredentialWarning> {
        self.netrc_warnings.iter().chain(&self.choice.warning)
    }

    /// The request that an answer with this `Location` asks for, if it [is a redirect](is_redirect).
    ///
    /// To the same origin (scheme, host and port) it has the credential that the first one had. As soon as a redirect leads
    /// elsewhere nothing of that is sent any more, not even when another one leads back: what is sent then is what the netrc
    /// file has for that very host, over https.
    ///
    /// # Errors
    ///
    /// [`RedirectError`] for a redirect from https to http after a credential was sent, for a target that is not http or
    /// https, and for one more than [`MAX_REDIRECTS`].
    pub fn redirect(self, location: &[u8]) -> Result<Self, RedirectError> {
        if self.redirects == MAX_REDIRECTS {
            return Err(RedirectError::TooMany { limit: MAX_REDIRECTS });
        }
        let uri = self.uri.redirect_target(location)?;
        if self.authorized
            && self.uri.scheme() == Scheme::Https
            && uri.scheme() != Scheme::Https
            && let (Some(from), Some(to)) = (self.uri.origin(), uri.origin())
        {
            return Err(RedirectError::Downgrade { from: from.clone(), to: to.clone() });
        }
        let at_home = self.at_home && uri.origin() == self.asked.origin();
        let choice =
            if at_home { self.offer.at_home(self.asked.user_info(), &uri)? } else { self.offer.elsewhere(&uri) };
        Ok(Self {
            authorized: self.authorized || choice.credential.is_some(),
            redirects: self.redirects + 1,
            uri,
            choice,
            at_home,
            ..self
        })
    }
}
