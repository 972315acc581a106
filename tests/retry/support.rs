//! A server on loopback that keeps what it was presented, and clients of it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Request;
use http::header::AUTHORIZATION;
use ray_auth::attach::retry::{RetryToken, RetryTokenLayer};
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::Echo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::Layer;
use tower::util::MapRequestLayer;

/// No call in these tests takes as long as this.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) const OLD: &str = "the-old-secret-of-this-cluster-00";
pub(crate) const NEW: &str = "the-new-secret-of-this-cluster-00";
pub(crate) const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

pub(crate) fn keyring(text: &str) -> Keyring {
    Keyring::new(token(text))
}

pub(crate) fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// A client's keyring in the middle of a rotation: before its `promote`.
pub(crate) fn staged() -> Keyring {
    let keyring = keyring(OLD);
    keyring.stage(token(NEW)).unwrap();
    keyring
}

/// The same after it.
pub(crate) fn promoted() -> Keyring {
    let keyring = staged();
    keyring.promote().unwrap();
    keyring
}

pub(crate) fn echo(payload: impl Into<bytes::Bytes>) -> EchoMessage {
    EchoMessage { payload: payload.into() }
}

/// Ends the server when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    presented: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Accepts the tokens of `keyring`. A real Ray server's is of one token, read when it starts.
    pub(crate) async fn start(keyring: Keyring) -> Self {
        Self::start_watched(keyring, || ()).await
    }

    /// The same, and does `arrived` with each request before it is judged.
    pub(crate) async fn start_watched(keyring: Keyring, arrived: impl Fn() + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let presented = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&presented);
        let notes = MapRequestLayer::new(move |request: Request<Body>| {
            let value = request.headers().get(AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
            seen.lock().unwrap().push(value.strip_prefix("Bearer ").unwrap_or(value).to_owned());
            arrived();
            request
        });
        let task = tokio::spawn(async move {
            let mut server = tonic::transport::Server::builder().layer(notes).layer(RequireTokenLayer::new(keyring));
            let incoming = TcpListenerStream::new(listener);
            server.add_service(Echo.into_server()).serve_with_incoming(incoming).await.unwrap();
        });
        Self { address, presented, task }
    }

    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.timeout(BOUND).connect().await.unwrap()
    }

    pub(crate) async fn client(&self, layer: &RetryTokenLayer) -> EchoClient<RetryToken<Channel>> {
        EchoClient::new(layer.layer(self.channel().await))
    }

    /// The tokens that came since the last time this was asked, in their order.
    pub(crate) fn presented(&self) -> Vec<String> {
        std::mem::take(&mut self.presented.lock().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
