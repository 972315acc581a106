//! A channel that attaches the token.

use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tower_layer::Layer;

use super::{ClusterAuth, PlaintextError};
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
    /// Connects to a server of the cluster in plaintext, for example `http://127.0.0.1:6379`, or `127.0.0.1:6379` as Ray writes it.
    /// Keepalive, windows and limits are those of Ray's clients.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] when `address` is no address, when the [policy](super::PlaintextPolicy) forbids it, or when nothing
    /// answers there.
    pub async fn connect(&self, address: impl AsRef<str>) -> Result<AuthChannel, ConnectError> {
        self.connect_to(endpoint(address.as_ref())?).await
    }

    /// The same with an endpoint of your own settings.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::connect`].
    pub async fn connect_to(&self, endpoint: Endpoint) -> Result<AuthChannel, ConnectError> {
        self.check(&endpoint)?;
        Ok(self.add_token().layer(endpoint.connect().await?))
    }

    /// A channel that connects at its first call, and again whenever it must.
    ///
    /// # Errors
    ///
    /// As [`ClusterAuth::connect`], but for what only connecting can tell.
    pub fn connect_lazy(&self, address: impl AsRef<str>) -> Result<AuthChannel, ConnectError> {
        let endpoint = endpoint(address.as_ref())?;
        self.check(&endpoint)?;
        Ok(self.add_token().layer(endpoint.connect_lazy()))
    }

    /// Whether the token may go there. Nothing goes to an `https` address: this crate asks tonic for no TLS, and without it
    /// tonic connects in plaintext whatever the address says.
    fn check(&self, endpoint: &Endpoint) -> Result<(), ConnectError> {
        if endpoint.uri().scheme_str() != Some("http") {
            return Err(ConnectError::Tls);
        }
        Ok(self.check_plaintext(endpoint.uri())?)
    }
}

fn endpoint(address: &str) -> Result<Endpoint, ConnectError> {
    // What stands before an @ may be a password: it is not repeated.
    let shown = address.rsplit_once('@').map_or(address.to_owned(), |(_, host)| format!("…@{host}"));
    let invalid = || ConnectError::Address { address: shown.clone() };
    let with_scheme = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    let endpoint = Endpoint::from_shared(with_scheme).map_err(|_| invalid())?;
    let uri = endpoint.uri();
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    if !known || uri.host().is_none_or(str::is_empty) || uri.authority().is_some_and(|it| it.as_str().contains('@')) {
        return Err(invalid());
    }
    Ok(endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_frame_size(WINDOW)
        .http2_max_header_list_size(MAX_HEADER_LIST))
}

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Text that is not an address.
    #[error("{address:?} is not an address; write it like http://127.0.0.1:6379 or 127.0.0.1:6379")]
    Address {
        /// What was given, without what stands before an `@`.
        address: String,
    },
    /// An `https` address: these channels have no TLS yet.
    #[error("these channels have no TLS yet; make a channel with TLS yourself and put AddTokenLayer around it")]
    Tls,
    /// The policy forbids it.
    #[error(transparent)]
    Plaintext(#[from] PlaintextError),
    /// Nothing answers there, or not as it must.
    #[error("could not connect; check the address, and that the server is up: {}", source_of(.0))]
    Transport(#[from] tonic::transport::Error),
}

/// The innermost cause: tonic's own text is no more than `transport error`.
fn source_of(error: &tonic::transport::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
