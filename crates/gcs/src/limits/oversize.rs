//! The status of a message that is too long.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tonic::Code;
use tonic::body::Body;
use tonic::server::NamedService;
use tower_service::Service;

/// Answers a message that is too long with RESOURCE_EXHAUSTED, as every other gRPC server does; tonic's decoder says
/// OUT_OF_RANGE. Only for services that do not say OUT_OF_RANGE themselves.
#[derive(Clone, Debug)]
pub(crate) struct Oversize<S> {
    inner: S,
}

impl<S> Oversize<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: NamedService> NamedService for Oversize<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<Request<Body>> for Oversize<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        ResponseFuture { future: self.inner.call(request) }
    }
}

pin_project! {
    /// Future of [`Oversize`].
    #[derive(Debug)]
    pub(crate) struct ResponseFuture<F> {
        #[pin]
        future: F,
    }
}

impl<F> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ok(mut response) = ready!(self.project().future.poll(cx));
        // An error of the decoder is an answer of headers only, so the status is among them.
        if let Some(status) = response.headers_mut().get_mut("grpc-status")
            && *status == HeaderValue::from(Code::OutOfRange as i32)
        {
            *status = HeaderValue::from(Code::ResourceExhausted as i32);
        }
        Poll::Ready(Ok(response))
    }
}
