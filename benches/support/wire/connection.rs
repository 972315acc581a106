//! A connection between a client and tonic's server, all of it in memory and on one thread, so that what it takes is the
//! same each time: no sockets, and a clock that stands still.

use std::future::Future;
use std::io;

use http::header::DATE;
use http::{HeaderValue, Uri};
use hyper_util::rt::TokioIo;
use ray_auth::proto::CheckAliveRequest;
use ray_auth::proto::node_info_gcs_service_client::NodeInfoGcsServiceClient;
use ray_auth::{AddTokenLayer, Keyring, RequireTokenLayer};
use ray_auth_gcs::Gcs;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::transport::{Channel, Endpoint, Server};
use tower::{Layer, service_fn};
use tower_http::set_header::SetResponseHeaderLayer;

use super::sender::Sender;
use crate::request::{USUAL, token};

/// Bytes on their way in one direction: more than a call has, so that nobody waits for room.
const BYTES: usize = 1 << 16;

/// Runs what takes place on one connection.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().expect("a runtime without sockets can be had").block_on(work)
}

/// Starts the server for the calls of `sender`, and returns the client's end of the connection to it. The server asks for
/// the token of those who have one; without one it has no layer at all.
pub(crate) fn serve(sender: Sender) -> DuplexStream {
    let (near, far) = duplex(BYTES);
    let service = Gcs::builder().build().expect("a GCS of nothing is within all bounds").node_info_server();
    // The real one is another each second, and each of them stays in the tables for a while.
    let date = SetResponseHeaderLayer::overriding(DATE, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
    let mut server = Server::builder().layer(date);
    let incoming = tokio_stream::once(Ok::<_, io::Error>(far));
    if sender.has_token() {
        let require = RequireTokenLayer::new(Keyring::new(token(USUAL)));
        tokio::spawn(server.layer(require).add_service(service).serve_with_incoming(incoming));
    } else {
        tokio::spawn(server.add_service(service).serve_with_incoming(incoming));
    }
    near
}

/// Makes calls with tonic over `io`, one after the other, each of which is let in.
pub(crate) async fn call(sender: Sender, calls: u64, io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let channel = channel(io).await;
    let attach = AddTokenLayer::new(Keyring::new(token(USUAL)));
    match sender {
        Sender::NoToken => repeat(channel, calls).await,
        Sender::NeverIndexed => repeat(attach.layer(channel), calls).await,
        Sender::NotMarked => {
            let attach = attach.dangerous_indexed().expect("the token is long enough to be indexed");
            repeat(attach.layer(channel), calls).await;
        }
        Sender::Indexing => unreachable!("its client is not tonic"),
    }
}

async fn channel(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Channel {
    let mut io = Some(TokioIo::new(io));
    let connector = service_fn(move |_: Uri| {
        let io = io.take();
        async move { io.ok_or_else(|| io::Error::other("the one connection is used up")) }
    });
    let endpoint = Endpoint::from_static("http://localhost:6379");
    endpoint.connect_with_connector(connector).await.expect("the server is there")
}

async fn repeat<S>(service: S, calls: u64)
where
    S: GrpcService<Body, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send>
        + Send
        + 'static,
{
    let mut client = NodeInfoGcsServiceClient::new(service);
    for _ in 0..calls {
        client.check_alive(CheckAliveRequest::default()).await.expect("a call is let in");
    }
}
