//! Servers on loopback, and clients that are given a credential.

use std::net::SocketAddr;
use std::time::Duration;

use ray_auth::attach::AddToken;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::{AddTokenLayer, Keyring, Token};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint};
use tower::Layer;

/// No call in these tests takes as long as this.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) const SECRET: &str = "the-secret-of-this-cluster";

pub(crate) fn keyring() -> Keyring {
    Keyring::new(Token::parse(SECRET).unwrap())
}

/// Ends the server when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on a free port of loopback and serves what `serve` makes of the listener.
    pub(crate) async fn start<F, S>(serve: S) -> Self
    where
        S: FnOnce(TcpListenerStream) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(TcpListenerStream::new(listener)));
        Self { address, task }
    }

    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.timeout(BOUND).connect().await.unwrap()
    }

    /// A client whose calls carry the keyring's primary token.
    pub(crate) async fn client(&self, keyring: &Keyring) -> EchoClient<AddToken<Channel>> {
        EchoClient::new(AddTokenLayer::new(keyring.clone()).layer(self.channel().await))
    }

    /// A client whose calls carry nothing.
    pub(crate) async fn stranger(&self) -> EchoClient<AddToken<Channel>> {
        EchoClient::new(AddTokenLayer::disabled().layer(self.channel().await))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}
