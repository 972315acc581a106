//! Serving, and stopping within a bounded time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::transport;
use tower_layer::Layer;
use tower_service::Service;

use super::BoxError;
use super::builder::Parts;
use super::services::Services;
use crate::limits::{Accept, Closed, Connections, ExemptStreams, Guarded, Incoming, Limits, NotePeer};

/// Streams that a peer opened and reset before the server saw them. The default of the HTTP/2 library, named here so
/// that it stays.
const PENDING_RESETS: usize = 20;

/// Faulty streams of one connection before it is closed. tonic's default is none, which is a known way to exhaust a
/// server (RUSTSEC-2024-0003); this is hyper's.
const FAULTY_STREAMS: usize = 1_024;

/// Time strangers get to go by themselves once the server shuts down: they have no call that is worth waiting for.
const GRACE_OF_STRANGERS: Duration = Duration::from_secs(1);

pub(super) async fn serve<A, L, B>(
    parts: Parts,
    accept: A,
    auth: L,
    shutdown: impl Future<Output = ()>,
) -> Result<(), transport::Error>
where
    A: Accept + Unpin,
    A::Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    L: Layer<Services>,
    L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    <L::Service as Service<Request<Body>>>::Future: Send + 'static,
    <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let Parts { routes, cluster_id, health_switch, limits, tls } = parts;
    let connections = Connections::new(limits.strangers);
    let incoming = Incoming::new(accept, Arc::clone(&connections), limits.first_request);
    let services = Services::new(routes, &cluster_id, ExemptStreams::new(limits.exempt_streams));
    let service = NotePeer::new(auth.layer(services));
    let cut_off = CutOff(connections);

    let (stopping, stopped) = oneshot::channel();
    let signal = async {
        shutdown.await;
        health_switch.off();
        // Nobody listens only when the whole future is being dropped.
        let _ = stopping.send(());
    };
    let http2 = http2(&limits);
    // Apart, since it is large and there is one for each server.
    let serving = Box::pin(async {
        match tls {
            None => http2.serve_with_incoming_shutdown(service, incoming, signal).await,
            Some(tls) => {
                let incoming = tls.incoming(incoming).with_address(Guarded::remote_addr);
                http2.serve_with_incoming_shutdown(service, incoming, signal).await
            }
        }
    });
    let draining = async {
        if stopped.await.is_ok() {
            cut_off.after(limits.drain).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        served = serving => served,
        () = draining => Ok(()),
    }
}

/// The HTTP/2 server.
fn http2(limits: &Limits) -> transport::Server {
    transport::Server::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .http2_max_header_list_size(limits.header_list_bytes)
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS))
        .http2_max_local_error_reset_streams(Some(FAULTY_STREAMS))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
}

/// Closes all connections when it is dropped: each is served by a task of its own, which would otherwise go on.
struct CutOff(Arc<Connections>);

impl CutOff {
    /// Closes strangers soon, and everybody once `drain` has passed.
    async fn after(&self, drain: Duration) {
        let grace = drain.min(GRACE_OF_STRANGERS);
        tokio::time::sleep(grace).await;
        self.0.close_strangers(Closed::Shutdown);
        tokio::time::sleep(drain - grace).await;
        self.0.close_all(Closed::Shutdown);
    }
}

impl Drop for CutOff {
    fn drop(&mut self) {
        self.0.close_all(Closed::Shutdown);
    }
}
