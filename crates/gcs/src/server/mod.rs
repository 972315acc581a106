//! The server: services behind an authentication layer, within limits, until it is told to stop.
//!
//! A call goes through, in this order: the limits of its connection, the authentication, the check of the cluster's
//! identifier, the limits of health streams, the service. See [`limits`](crate::limits) for what is bounded.

mod builder;
mod serve;
mod services;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use tokio::net::TcpListener;
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use self::builder::Parts;
pub use self::builder::ServerBuilder;
pub use self::services::{ResponseFuture, Services};

/// An error of any kind, as tonic takes it.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a server does not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}; choose an address of this machine and a port that is free")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The listener has no address.
    #[error("the listener has no address; give one that is bound")]
    Listener(#[source] io::Error),
    /// The HTTP/2 server gave up.
    #[error("the server gave up; start it again")]
    Serve(#[source] tonic::transport::Error),
}

/// A server that listens, and is not served yet.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use ray_auth_gcs::{Gcs, Server};
///
/// let gcs = Gcs::builder().build()?;
/// let server = Server::builder().gcs(&gcs).bind("127.0.0.1:0".parse()?).await?;
/// println!("listening on {}", server.local_addr());
/// # let (auth, stop) = (tower_layer::Identity::new(), async {});
/// // `auth` is the layer that lets calls with the token through; `stop` is the future that ends the server.
/// server.serve(auth, stop).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    local_addr: SocketAddr,
    listener: TcpListener,
    parts: Parts,
}

impl Server {
    /// Starts making one.
    #[must_use]
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown` is done and open calls have finished, or [`Limits::drain`](crate::Limits::drain) has
    /// passed; whatever is then still open is cut off. Dropping the future cuts everything off at once.
    ///
    /// `auth` decides which calls reach the services: `RequireTokenLayer`, or any other layer. A call that it lets through
    /// counts as proof that its peer has a token, unless it is one of the health service or `auth` marks it as
    /// [`Exempted`](ray_auth::require::Exempted).
    ///
    /// # Errors
    ///
    /// When the HTTP/2 server gives up. No peer can bring that about.
    pub async fn serve<L, B>(self, auth: L, shutdown: impl Future<Output = ()>) -> Result<(), ServerError>
    where
        L: Layer<Services>,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        serve::serve(self.parts, self.listener, auth, shutdown).await.map_err(ServerError::Serve)
    }
}
