//! Servers that tell their status, and whoever asks them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ray_auth::attach::AddToken;
use ray_auth::keyring::Role;
use ray_auth::require::Exempt;
use ray_auth::status::{AskError, ProcessStatus, ask};
use ray_auth::verify::AnyVerifier;
use ray_auth::{AddTokenLayer, ClusterAuth, Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::Echo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint};
use tower::Layer;

/// Nothing that is waited for here takes as long as this.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) const GET_STATUS: &str = "/ray_auth.v1.KeyringService/GetStatus";

/// A process: its authentication, and a server that tells its status. Ends with it.
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Process {
    pub(crate) async fn start(auth: &ClusterAuth) -> Self {
        Self::start_with(auth, Exempt::grpc_health()).await
    }

    pub(crate) async fn start_with(auth: &ClusterAuth, exempt: Exempt) -> Self {
        Self::start_behind(auth.require_token().exempt(exempt), auth).await
    }

    pub(crate) async fn start_behind(layer: RequireTokenLayer<AnyVerifier>, auth: &ClusterAuth) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let status = auth.status_service();
        let task = tokio::spawn(async move {
            let mut server = tonic::transport::Server::builder().layer(layer);
            let server = server.add_service(status).add_service(Echo.into_server());
            server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap();
        });
        Self { address, task }
    }

    /// A channel that attaches this token, or none.
    pub(crate) async fn channel(&self, token: Option<&Token>) -> AddToken<Channel> {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap().timeout(BOUND);
        let layer = token.map_or_else(AddTokenLayer::disabled, |token| AddTokenLayer::new(Keyring::new(token.clone())));
        layer.layer(endpoint.connect().await.unwrap())
    }

    pub(crate) async fn ask(&self, token: Option<&Token>) -> Result<ProcessStatus, AskError> {
        ask(self.channel(token).await).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The tokens as `label role calls`.
pub(crate) fn tokens(status: &ProcessStatus) -> Vec<(String, Role, u64)> {
    status.tokens().iter().map(|token| (token.label.clone(), token.role, token.accepted_calls)).collect()
}

/// Waits until it is so, by asking.
pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        std::thread::yield_now();
    }
}
