//! A server on a free port, and clients of it.

use std::net::SocketAddr;
use std::time::Duration;

use ray_auth::attach::AddToken;
use ray_auth::proto::internal_kv_gcs_service_client::InternalKvGcsServiceClient;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::proto::testing::EchoMessage;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::require::Exempt;
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer, Token};
use ray_auth_gcs::server::ServerBuilder;
use ray_auth_gcs::{Bounds, Gcs, Limits, Server};
use ray_auth_testing::raw_http2::{Connection, Request};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::{Channel, Endpoint};
use tower_layer::Layer;

/// The token of every server here.
pub(crate) const TOKEN: &str = "correct-horse-battery-staple-0123456789";

/// How long a test waits for what must come. Only a test that fails waits that long.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// A channel that attaches the token.
pub(crate) type Known = AddToken<Channel>;

/// A server that runs until it is dropped or stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub(crate) async fn start(builder: ServerBuilder) -> Running {
    let server = builder.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let auth = RequireTokenLayer::new(keyring()).exempt(Exempt::grpc_health());
    let task = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        server.serve(auth, stopped).await.unwrap();
    });
    Running { address, stop, task }
}

pub(crate) async fn start_gcs() -> Running {
    start_gcs_within(Bounds::default()).await
}

pub(crate) async fn start_gcs_within(bounds: Bounds) -> Running {
    start(Server::builder().gcs(&Gcs::builder().bounds(bounds).build().unwrap())).await
}

pub(crate) async fn start_echo_within(limits: Limits) -> Running {
    start(Server::builder().echo().limits(limits)).await
}

/// The test service over a channel, with the token.
pub(crate) fn echo_over(channel: Channel) -> EchoOver {
    EchoOver(EchoClient::new(AddTokenLayer::new(keyring()).layer(channel)))
}

/// The test service, whose calls must be answered.
pub(crate) struct EchoOver(EchoClient<Known>);

impl EchoOver {
    pub(crate) async fn unary(&mut self, payload: Vec<u8>) {
        let message = EchoMessage { payload: payload.clone().into() };
        let reply = tokio::time::timeout(BOUND, self.0.unary(message)).await.unwrap().unwrap();
        assert_eq!(reply.into_inner().payload, payload);
    }
}

fn keyring() -> Keyring {
    Keyring::new(Token::parse(TOKEN).unwrap())
}

impl Running {
    /// A connection of a generated client.
    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn known(&self) -> Known {
        AddTokenLayer::new(keyring()).layer(self.channel().await)
    }

    pub(crate) async fn kv(&self) -> InternalKvGcsServiceClient<Known> {
        InternalKvGcsServiceClient::new(self.known().await).max_decoding_message_size(64 << 20)
    }

    pub(crate) async fn nodes(&self) -> NodeInfoGcsServiceClient<Known> {
        NodeInfoGcsServiceClient::new(self.known().await)
    }

    pub(crate) async fn echo(&self) -> EchoClient<Known> {
        EchoClient::new(self.known().await)
    }

    /// A raw connection, with a complete handshake.
    pub(crate) async fn raw(&self) -> Connection {
        Connection::open(self.address, BOUND).await.unwrap()
    }

    /// Stops the server and waits until it has stopped.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

/// A raw call with the token.
pub(crate) fn call(path: &str) -> Request {
    Request::grpc(path).add("authorization", format!("Bearer {TOKEN}"))
}
