//! The services of a server, and what stands before them behind the authentication.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tonic::service::Routes;
use tower_layer::Layer;
use tower_service::Service;

use crate::cluster_id::{CheckClusterId, CheckClusterIdLayer};
use crate::limits::{Accepted, ExemptStreams, LimitExempt};

/// A call goes from left to right.
type Stack = Accepted<CheckClusterId<LimitExempt<Routes>>>;

/// What the authentication of a [`Server`](super::Server) stands before: all services, the check of the cluster's
/// identifier, and the limits that depend on whether a call was accepted.
#[derive(Clone, Debug)]
pub struct Services(Stack);

impl Services {
    pub(super) fn new(routes: Routes, cluster_id: &CheckClusterIdLayer, streams: Arc<ExemptStreams>) -> Self {
        Self(Accepted::new(cluster_id.layer(LimitExempt::new(routes, streams))))
    }
}

impl Service<Request<Body>> for Services {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        ResponseFuture { future: self.0.call(request) }
    }
}

pin_project! {
    /// Future of [`Services`].
    #[derive(Debug)]
    pub struct ResponseFuture {
        #[pin]
        future: <Stack as Service<Request<Body>>>::Future,
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().future.poll(cx)
    }
}
