//! The check of the header in which a client says which cluster it means.
//!
//! A call of the two GCS services is let through when, as Ray 2.60 does it,
//!
//! 1. it has no `ray_cluster_id`, or
//! 2. it is `GetClusterId` and the header is the digits of [`ClusterId::NIL`], or
//! 3. it is any other method and the header is the digits of this cluster's identifier, to the byte.
//!
//! Any other call is answered with UNAUTHENTICATED and Ray's text, in headers only. The first header decides when there
//! are several. Calls of other services pass: Ray's nodes do not look at this header.
//!
//! The check stands behind the one of the token, so that a stranger learns nothing from it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tonic::Code;
use tower_layer::Layer;
use tower_service::Service;

use super::ClusterId;

/// The header with the digits of the cluster's identifier.
const HEADER: &str = "ray_cluster_id";

/// The text of a refusal.
const MESSAGE: &str = "WrongClusterID: Perhaps the client is accessing GCS after it has restarted.";

/// The services whose calls are checked.
const SERVICES: [&str; 2] = ["/ray.rpc.NodeInfoGcsService/", "/ray.rpc.InternalKVGcsService/"];

/// The one method that is called before the identifier is known.
const GET_CLUSTER_ID: &str = "/ray.rpc.NodeInfoGcsService/GetClusterId";

/// Lets only calls through that mean this cluster. See [`ClusterId`].
#[derive(Clone, Debug)]
pub struct CheckClusterIdLayer {
    expected: Option<Arc<[u8; ClusterId::LEN * 2]>>,
}

impl CheckClusterIdLayer {
    /// A layer that refuses calls of the GCS services that name another cluster than this one.
    #[must_use]
    pub fn new(cluster_id: ClusterId) -> Self {
        Self { expected: Some(Arc::new(cluster_id.digits())) }
    }

    /// A layer that lets every call through, for a server without the GCS services.
    #[must_use]
    pub(crate) fn off() -> Self {
        Self { expected: None }
    }

    /// The decision.
    fn allows(&self, path: &str, headers: &HeaderMap) -> bool {
        let Some(expected) = &self.expected else { return true };
        let Some(presented) = headers.get(HEADER) else { return true };
        if path == GET_CLUSTER_ID {
            presented.as_bytes() == ClusterId::NIL.digits()
        } else if SERVICES.iter().any(|service| path.starts_with(service)) {
            presented.as_bytes() == expected.as_slice()
        } else {
            true
        }
    }
}

impl<S> Layer<S> for CheckClusterIdLayer {
    type Service = CheckClusterId<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CheckClusterId { inner, layer: self.clone() }
    }
}

/// Lets only calls through that mean this cluster. Made by [`CheckClusterIdLayer`].
#[derive(Clone, Debug)]
pub struct CheckClusterId<S> {
    inner: S,
    layer: CheckClusterIdLayer,
}

impl<S, Q, B> Service<Request<Q>> for CheckClusterId<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Default,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let state = if self.layer.allows(request.uri().path(), request.headers()) {
            State::Passed { future: self.inner.call(request) }
        } else {
            State::Refused
        };
        ResponseFuture { state }
    }
}

pin_project! {
    /// Future of [`CheckClusterId`].
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<F> {
        Passed { #[pin] future: F },
        Refused,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Passed { future } => Poll::Ready(ready!(future.poll(cx))),
            StateProjection::Refused => Poll::Ready(Ok(refusal())),
        }
    }
}

/// Headers and nothing else. The text stands as it is, blanks and all: Ray does not percent-encode it.
fn refusal<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert("grpc-status", HeaderValue::from(Code::Unauthenticated as i32));
    headers.insert("grpc-message", HeaderValue::from_static(MESSAGE));
    response
}
