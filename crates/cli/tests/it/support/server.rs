//! Servers within the test.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use ray_auth::require::{Exempt, ReportOnly};
use ray_auth::verify::AnyVerifier;
use ray_auth::{ClusterAuth, RequireTokenLayer};
use ray_auth_gcs::{ClusterId, Gcs, NodeManager, Server, ServerBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tower::ServiceBuilder;

/// The credentials a server was shown, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Option<String>>>>);

impl Heard {
    fn note(&self, request: http::Request<Body>) -> http::Request<Body> {
        let shown = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
        self.0.lock().unwrap().push(shown);
        request
    }

    /// As words: `none`, `ours` when it holds the token, else `other`.
    pub(crate) fn turns(&self, token: &str) -> Vec<&'static str> {
        let word = |shown: &Option<String>| match shown {
            None => "none",
            Some(shown) if shown.contains(token) => "ours",
            Some(_) => "other",
        };
        self.0.lock().unwrap().iter().map(word).collect()
    }
}

/// A server that listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    pub(crate) heard: Heard,
    task: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listening {
    /// A GCS, and the identifier of its cluster.
    pub(crate) async fn gcs(auth: &ClusterAuth) -> (Self, ClusterId) {
        let gcs = Gcs::builder().build().unwrap();
        (Self::serve(Server::builder().gcs(&gcs), auth, |response| response).await, gcs.cluster_id())
    }

    /// The same, while nothing is enforced yet.
    pub(crate) async fn gcs_that_reports_only(auth: &ClusterAuth, report_only: ReportOnly) -> (Self, ClusterId) {
        let gcs = Gcs::builder().build().unwrap();
        let layer = auth.require_token().dangerous_report_only(report_only);
        (Self::serve_behind(Server::builder().gcs(&gcs), layer, |response| response).await, gcs.cluster_id())
    }

    /// A node.
    pub(crate) async fn node(auth: &ClusterAuth) -> Self {
        Self::serve(Server::builder().node_manager(NodeManager::new()), auth, |response| response).await
    }

    /// A server whose every response is changed on its way out.
    pub(crate) async fn serve(
        server: ServerBuilder,
        auth: &ClusterAuth,
        change: impl Fn(http::Response<Body>) -> http::Response<Body> + Clone + Send + 'static,
    ) -> Self {
        Self::serve_behind(server, auth.require_token(), change).await
    }

    async fn serve_behind(
        server: ServerBuilder,
        layer: RequireTokenLayer<AnyVerifier>,
        change: impl Fn(http::Response<Body>) -> http::Response<Body> + Clone + Send + 'static,
    ) -> Self {
        let server = server.bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let address = server.local_addr();
        let heard = Heard::default();
        let notes = heard.clone();
        let layers = ServiceBuilder::new()
            .map_request(move |request| notes.note(request))
            .map_response(change)
            .layer(layer.exempt(Exempt::grpc_health()));
        let task = tokio::spawn(async move {
            server.serve(layers, std::future::pending()).await.unwrap();
        });
        Self { address, heard, task }
    }

    /// Something that is no gRPC server: it waits for the first bytes of a connection, sends its own and hangs up.
    /// Without bytes of its own it hangs up at once; with none at all it says nothing and holds the connection.
    pub(crate) async fn saying(bytes: Option<&'static [u8]>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let Some(bytes) = bytes else {
                    held.push(stream);
                    continue;
                };
                // What the other side does meanwhile is its own affair.
                let _ = stream.read(&mut [0; 1_024]).await;
                let _ = stream.write_all(bytes).await;
                let _ = stream.shutdown().await;
                // Unread bytes would make the system reset the connection, and what was sent could be lost with it.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            }
        });
        Self { address, heard: Heard::default(), task }
    }
}
