//! The one place a token may go to when requests name places.

use std::sync::Arc;

use http::Uri;
use http::uri::{Authority, Scheme};

/// Whether the token may go where `uri` says: a path alone goes where the client below is connected to, a place must be
/// `origin`.
#[inline]
pub(super) fn may_go_to(origin: Option<&Origin>, uri: &Uri) -> bool {
    uri.authority().is_none() && uri.scheme().is_none() || origin.is_some_and(|origin| origin.is_of(uri))
}

/// A scheme, a host and a port.
#[derive(Clone, Debug)]
pub(super) struct Origin(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
}

impl Origin {
    pub(super) fn new(uri: &Uri) -> Result<Self, OriginError> {
        let (Some(scheme), Some(host)) = (uri.scheme(), uri.host().filter(|host| !host.is_empty())) else {
            return Err(OriginError::Incomplete);
        };
        let port = uri.port_u16().or(default_port(scheme));
        Ok(Self(Arc::new(Parts { scheme: scheme.clone(), host: host.to_ascii_lowercase(), port })))
    }

    /// Whether `uri`, which names a place, names this one.
    fn is_of(&self, uri: &Uri) -> bool {
        let Some(scheme) = uri.scheme() else { return false };
        // A password in the authority would make `host@elsewhere` look alike to a careless reader: it is never ours.
        let plain = uri.authority().map(Authority::as_str).is_some_and(|authority| !authority.contains('@'));
        plain
            && *scheme == self.0.scheme
            && uri.host().is_some_and(|host| host.eq_ignore_ascii_case(&self.0.host))
            && uri.port_u16().or(default_port(scheme)) == self.0.port
    }
}

fn default_port(scheme: &Scheme) -> Option<u16> {
    match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Why the token is not attached to requests for an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// A URI that is not an origin.
    #[error("the origin needs a scheme and a host; write it like http://10.0.0.1:6379")]
    Incomplete,
    /// The token would travel in plaintext, and the process's policy forbids it.
    #[error(
        "the token would travel in plaintext to {host:?}; use https, or PlaintextPolicy::Warn on a network nobody else can read"
    )]
    Plaintext {
        /// Where to.
        host: String,
    },
}
