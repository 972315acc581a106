//! Behind the authentication: a call that arrives here makes its connection no stranger's.

use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::is_exempt;
use super::peer::Peer;

/// Notes on its connection that a call was accepted. Calls that need no token come through without one and prove nothing.
#[derive(Clone, Debug)]
pub(crate) struct Accepted<S> {
    inner: S,
}

impl<S> Accepted<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S, Q> Service<Request<Q>> for Accepted<S>
where
    S: Service<Request<Q>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        if let Some(peer) = request.extensions().get::<Peer>()
            && !is_exempt(&request)
        {
            peer.connection.note_accepted();
        }
        self.inner.call(request)
    }
}
