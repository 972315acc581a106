//! Who a request comes from: put where the layers behind look for it.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tonic::transport::server::TcpConnectInfo;
use tower_service::Service;

use super::connection::Connection;

/// The far end of a connection, in the extensions of each request on it.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(super) address: TcpConnectInfo,
    pub(super) connection: Arc<Connection>,
}

/// The outermost service: notes that a request has come, and puts the peer's address where tonic's own listener would.
#[derive(Clone, Debug)]
pub(crate) struct NotePeer<S> {
    inner: S,
}

impl<S> NotePeer<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, Q> Service<Request<Q>> for NotePeer<S>
where
    S: Service<Request<Q>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        if let Some(peer) = request.extensions().get::<Peer>() {
            peer.connection.note_request();
            let address = peer.address.clone();
            request.extensions_mut().insert(address);
        }
        self.inner.call(request)
    }
}
