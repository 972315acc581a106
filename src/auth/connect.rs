//! A channel that attaches the token.

use std::time::Duration;

use http::Uri;
use http::uri::{Authority, Scheme};
use tonic::transport::{Channel, Endpoint};
use tower_layer::Layer;

use super::ClusterAuth;
use super::address::{Address, Route};
use super::connect_error::ConnectError;
use crate::attach::AddToken;

/// A tonic channel whose calls carry the cluster's token; what generated clients are built on.
pub type AuthChannel = AddToken<Channel>;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Ray's clients ask an idle connection for a sign of life after this time (`grpc_client_keepalive_time_ms`) …
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(300);
/// … and give it up when none came after this (`grpc_client_keepalive_timeout_ms`).
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(120);
/// Ray's clients announce this window and frame size, in bytes.
const WINDOW: u32 = 4 << 20;
/// Ray's clients accept header lists up to this size, in bytes.
const MAX_HEADER_LIST: u32 = 16 << 10;

impl ClusterAuth {
    /// Connects to a server of the cluster. Keepalive, windows and limits are those of Ray's clients.
    ///
    /// | address | over |
    /// |---|---|
    /// | `127.0.0.1:6379`, as Ray writes it | TLS when this process has it, else TCP as it is |
    /// | `https://head.example:6379` | TLS; an error when this process has none |
    /// | `http://127.0.0.1:6379` | TCP as it is; in a process with TLS to loopback only |
    /// | `unix:///run/ray/gcs.sock` | a Unix socket on this machine, never with TLS; `:authority` is `localhost` |
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when `address` is no address, when the [policy](super::PlaintextPolicy) forbids it, when nothing
    /// answers there, or when the two processes do not agree on TLS. What only the server sees wrong with this process's
    /// certificate comes with the first call.
    pub async fn connect(&self, address: impl AsRef<str>) -> Result<AuthChannel, ConnectError> {
        self.connect_with(address, |endpoint| endpoint).await
    }

    /// The same with settings of your own, such as a timeout, on top of Ray's.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::connect`], and [`ConnectError::Endpoint`] when the settings put another endpoint in place.
    pub async fn connect_with(
        &self,
        address: impl AsRef<str>,
        settings: impl FnOnce(Endpoint) -> Endpoint,
    ) -> Result<AuthChannel, ConnectError> {
        let address = Address::parse(address.as_ref(), self.has_tls())?;
        let endpoint = address.endpoint();
        let leads_to = endpoint.uri().clone();
        let endpoint = settings(endpoint);
        if *endpoint.uri() != leads_to {
            return Err(ConnectError::Endpoint);
        }
        self.dial(endpoint, address).await
    }

    /// The same with an endpoint of your own, of an `http` or `https` address.
    ///
    /// Where something else in the program turns on tonic's own TLS, tonic takes `https` endpoints for itself and refuses
    /// this one; [`ClusterAuth::connect_with`] works in any case.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::connect`].
    pub async fn connect_to(&self, endpoint: Endpoint) -> Result<AuthChannel, ConnectError> {
        let uri = endpoint.uri();
        let shown = || uri.host().unwrap_or_default().to_owned();
        let address = Address::of(uri, self.has_tls())
            .map_err(|error| error.unwrap_or_else(|| ConnectError::Address { address: shown() }))?;
        self.dial(endpoint, address).await
    }

    /// A channel that connects at its first call, and again whenever it must.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::connect`], but for what only connecting can tell.
    pub fn connect_lazy(&self, address: impl AsRef<str>) -> Result<AuthChannel, ConnectError> {
        let address = Address::parse(address.as_ref(), self.has_tls())?;
        let endpoint = address.endpoint();
        let channel = match address.route {
            Route::Plain => {
                self.check_plaintext(endpoint.uri())?;
                endpoint.connect_lazy()
            }
            #[cfg(feature = "tls")]
            Route::Tls => endpoint.connect_with_connector_lazy(self.tls().ok_or(ConnectError::Tls)?.connector()),
            #[cfg(not(feature = "tls"))]
            Route::Tls => return Err(ConnectError::Tls),
            #[cfg(unix)]
            Route::Unix(path) => endpoint.connect_with_connector_lazy(super::unix::UnixConnector::new(path)),
            #[cfg(not(unix))]
            Route::Unix(_) => return Err(ConnectError::NoSockets),
        };
        Ok(self.add_token().layer(channel))
    }

    async fn dial(&self, endpoint: Endpoint, address: Address) -> Result<AuthChannel, ConnectError> {
        let channel = match address.route {
            Route::Plain => {
                self.check_plaintext(endpoint.uri())?;
                endpoint.connect().await?
            }
            #[cfg(feature = "tls")]
            Route::Tls => endpoint.connect_with_connector(self.tls().ok_or(ConnectError::Tls)?.connector()).await?,
            #[cfg(not(feature = "tls"))]
            Route::Tls => return Err(ConnectError::Tls),
            #[cfg(unix)]
            Route::Unix(path) => endpoint.connect_with_connector(super::unix::UnixConnector::new(path)).await?,
            #[cfg(not(unix))]
            Route::Unix(_) => return Err(ConnectError::NoSockets),
        };
        Ok(self.add_token().layer(channel))
    }

    #[cfg(feature = "tls")]
    fn has_tls(&self) -> bool {
        self.tls().is_some()
    }

    #[cfg(not(feature = "tls"))]
    fn has_tls(&self) -> bool {
        false
    }
}

impl Address {
    /// An endpoint with Ray's settings. Its own scheme is always `http`: what leads over TLS does so by its connector, and
    /// where tonic's own TLS is turned on it would take `https` for itself. Calls say the scheme that is true.
    fn endpoint(&self) -> Endpoint {
        let endpoint = Endpoint::from(uri(Scheme::HTTP, &self.authority))
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_frame_size(WINDOW)
            .http2_max_header_list_size(MAX_HEADER_LIST);
        if self.route == Route::Tls { endpoint.origin(uri(Scheme::HTTPS, &self.authority)) } else { endpoint }
    }
}

fn uri(scheme: Scheme, authority: &Authority) -> Uri {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(scheme);
    parts.authority = Some(authority.clone());
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).expect("a scheme, an authority and a path are a URI")
}
