//! Connecting.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tower_service::Service;

use super::handshake::HandshakeError;
use super::material::H2;
use super::{Tls, TlsStream};

/// How long a handshake may take. Less than a connection may in all, so that what took the time is named.
pub(super) const DEADLINE: Duration = Duration::from_secs(8);

/// The port of an address that names none.
const HTTPS: u16 = 443;

impl Tls {
    /// What connects, for a tonic `Endpoint` or a hyper client of your own. [`ClusterAuth::connect`] needs none.
    ///
    /// [`ClusterAuth::connect`]: crate::ClusterAuth
    pub fn connector(&self) -> TlsConnector {
        TlsConnector { tls: self.clone() }
    }

    /// Encrypts a connection to `host`, whose certificate must be for that name or IP address.
    ///
    /// # Errors
    ///
    /// [`HandshakeError`] when the two processes do not come to terms within eight seconds.
    pub async fn connect<T>(&self, host: &str, stream: T) -> Result<TlsStream<T>, HandshakeError>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| HandshakeError::Host { host: host.to_owned() })?;
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&self.material().client));
        let handshake = tokio::time::timeout(DEADLINE, connector.connect(name, stream));
        let stream = match handshake.await {
            Err(_) => return Err(HandshakeError::TimedOut),
            Ok(Err(error)) => return Err(HandshakeError::of(&error, host)),
            Ok(Ok(stream)) => stream,
        };
        if stream.get_ref().1.alpn_protocol() != Some(H2) {
            return Err(HandshakeError::NotHttp2);
        }
        Ok(TlsStream::new(stream))
    }
}

/// Connects to the host and port of a URI and encrypts, whatever the URI's scheme is: what it makes is never plaintext.
///
/// Where something in a program turns on tonic's own TLS, tonic wants to encrypt `https` addresses itself. An endpoint
/// that is made of the `http` address, with the `https` one as its origin, works in any case.
#[derive(Clone, Debug)]
#[must_use = "a connector does nothing until something connects with it"]
pub struct TlsConnector {
    tls: Tls,
}

/// Why a [`TlsConnector`] has no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConnectError {
    /// The URI names no host.
    #[error("the address names no host; write it like https://head.example:6379")]
    Host,
    /// Nothing answers there.
    #[error("{0}")]
    Tcp(io::Error),
    /// What answers there did not come to terms.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

impl TlsConnector {
    async fn connect(self, uri: Uri) -> Result<TlsStream<TcpStream>, TlsConnectError> {
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(TlsConnectError::Host)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let tcp = TcpStream::connect((bare, uri.port_u16().unwrap_or(HTTPS))).await.map_err(TlsConnectError::Tcp)?;
        // A call is two small writes; the second must not wait until the first is acknowledged.
        tcp.set_nodelay(true).map_err(TlsConnectError::Tcp)?;
        Ok(self.tls.connect(host, tcp).await?)
    }
}

impl Service<Uri> for TlsConnector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = TlsConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(uri).await.map(TokioIo::new) })
    }
}
