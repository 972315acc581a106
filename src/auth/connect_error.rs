//! Why there is no channel.

use super::PlaintextError;
#[cfg(feature = "tls")]
use crate::tls::HandshakeError;

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Text that is not an address.
    #[error(
        "{address:?} is not an address; write it like http://127.0.0.1:6379, 127.0.0.1:6379 or unix:///run/ray/gcs.sock"
    )]
    Address {
        /// What was given, without what stands before an `@`.
        address: String,
    },
    /// The path of a socket that does not begin at the root.
    #[error("{address:?} does not name a socket by its whole path; write it like unix:///run/ray/gcs.sock")]
    Socket {
        /// What was given.
        address: String,
    },
    /// A socket on a system that has none.
    #[error("there are no unix sockets on this system; connect to a host and a port")]
    NoSockets,
    /// An `https` address in a process that has no TLS.
    #[error(
        "the address asks for TLS, and this process has none; set RAY_USE_TLS=1 with RAY_TLS_SERVER_CERT, \
         RAY_TLS_SERVER_KEY and RAY_TLS_CA_CERT, or make a channel with TLS of your own and put AddTokenLayer around it"
    )]
    Tls,
    /// An `http` address of another machine in a process that has TLS.
    #[error(
        "the address asks for plaintext to {host:?}, and this process has TLS; write https:// or nothing before the host, \
         or set RAY_USE_TLS=0"
    )]
    Unencrypted {
        /// The host.
        host: String,
    },
    /// The settings put another endpoint in place of the one that they were given.
    #[error(
        "the settings changed where the endpoint leads; give the address itself, and change only how it is reached"
    )]
    Endpoint,
    /// The policy forbids it.
    #[error(transparent)]
    Plaintext(#[from] PlaintextError),
    /// The two processes do not agree on TLS.
    #[cfg(feature = "tls")]
    #[error("could not connect: {0}")]
    Handshake(#[source] HandshakeError),
    /// Nothing answers there, or not as it must.
    #[error("could not connect; check the address, and that the server is up: {}", source_of(.0))]
    Transport(#[source] tonic::transport::Error),
}

impl From<tonic::transport::Error> for ConnectError {
    fn from(error: tonic::transport::Error) -> Self {
        #[cfg(feature = "tls")]
        if let Some(handshake) = handshake_in(&error) {
            return Self::Handshake(handshake.clone());
        }
        Self::Transport(error)
    }
}

/// The error of a handshake among the causes.
#[cfg(feature = "tls")]
fn handshake_in(error: &tonic::transport::Error) -> Option<&HandshakeError> {
    let mut cause: &dyn std::error::Error = error;
    loop {
        if let Some(crate::tls::TlsConnectError::Handshake(handshake)) = cause.downcast_ref() {
            return Some(handshake);
        }
        cause = cause.source()?;
    }
}

/// The innermost cause: tonic's own text is no more than `transport error`.
fn source_of(error: &tonic::transport::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
