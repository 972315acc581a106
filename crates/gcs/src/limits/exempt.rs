//! The streams that need no token: how many of them strangers may hold open.
//!
//! A `Watch` stays open for as long as its caller likes, so the first so many stay and others are refused. A `Check`
//! is over at once unless its caller withholds the request or does not take the answer; then it must not stand in the
//! way of the probe that decides whether this process lives, so the oldest makes room for the newest.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tower_service::Service;

use super::is_exempt;
use super::peer::Peer;
use super::signal::Signal;

/// The method whose streams stay open. Whatever else may be exempt is taken for a call that answers at once.
const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// The places for open streams of strangers.
#[derive(Debug)]
pub(crate) struct ExemptStreams {
    max: usize,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    watches: usize,
    next: u64,
    /// In the order in which they came.
    calls: BTreeMap<u64, Arc<Signal>>,
}

impl ExemptStreams {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, table: Mutex::default() })
    }

    /// A place for a stream that stays open, if there is one.
    fn watch(self: &Arc<Self>) -> Option<Place> {
        let mut table = self.lock();
        if table.watches >= self.max {
            return None;
        }
        table.watches += 1;
        Some(Place { streams: Arc::clone(self), number: None, ended: Arc::default() })
    }

    /// A place for a call, the oldest one's when there is no other.
    fn call(self: &Arc<Self>) -> Place {
        let ended = Arc::<Signal>::default();
        let mut table = self.lock();
        if table.calls.len() >= self.max.max(1)
            && let Some((_, oldest)) = table.calls.pop_first()
        {
            oldest.raise();
        }
        let number = table.next;
        table.next += 1;
        table.calls.insert(number, Arc::clone(&ended));
        Place { streams: Arc::clone(self), number: Some(number), ended }
    }

    // Nothing panics while it holds the lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's place, free again when it is dropped.
#[derive(Debug)]
struct Place {
    streams: Arc<ExemptStreams>,
    /// Of a call; a watch has none, for it is never ended in favour of another.
    number: Option<u64>,
    ended: Arc<Signal>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.streams.lock();
        match self.number {
            Some(number) => {
                table.calls.remove(&number);
            }
            None => table.watches -= 1,
        }
    }
}

/// What a stream without a place is told.
fn no_place() -> Status {
    Status::resource_exhausted("too many open health streams of peers without a token; try again later")
}

/// Holds the health streams of strangers to the places there are.
#[derive(Clone, Debug)]
pub(crate) struct LimitExempt<S> {
    inner: S,
    streams: Arc<ExemptStreams>,
}

impl<S> LimitExempt<S> {
    pub(crate) fn new(inner: S, streams: Arc<ExemptStreams>) -> Self {
        Self { inner, streams }
    }
}

impl<S> Service<Request<Body>> for LimitExempt<S>
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
        let path = request.uri().path();
        let known = request.extensions().get::<Peer>().is_some_and(|peer| !peer.connection.is_stranger());
        if known || !is_exempt(&request) {
            return ResponseFuture { state: State::Free { future: self.inner.call(request) } };
        }
        let place = if path == WATCH { self.streams.watch() } else { Some(self.streams.call()) };
        let state = match place {
            Some(place) => State::Placed { future: self.inner.call(request), place: Some(place) },
            None => State::Refused,
        };
        ResponseFuture { state }
    }
}

pin_project! {
    /// Future of [`LimitExempt`].
    #[derive(Debug)]
    pub(crate) struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProjection]
    enum State<F> {
        Free { #[pin] future: F },
        Placed { #[pin] future: F, place: Option<Place> },
        Refused,
    }
}

impl<F> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.as_mut().project().state.project() {
            StateProjection::Free { future } => future.poll(cx),
            StateProjection::Placed { future, place } => {
                if place.as_ref().is_some_and(|place| place.ended.poll_raised(cx).is_ready()) {
                    return Poll::Ready(Ok(no_place().into_http()));
                }
                let Ok(response) = ready!(future.poll(cx));
                let place = place.take();
                Poll::Ready(Ok(response.map(|body| Body::new(Placed { body, place }))))
            }
            StateProjection::Refused => Poll::Ready(Ok(no_place().into_http())),
        }
    }
}

/// The body of an answer that keeps its place until it is through.
#[derive(Debug)]
struct Placed {
    body: Body,
    place: Option<Place>,
}

impl http_body::Body for Placed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let Some(place) = &this.place else { return Poll::Ready(None) };
        if place.ended.poll_raised(cx).is_ready() {
            this.place = None;
            let mut trailers = HeaderMap::new();
            return match no_place().add_header(&mut trailers) {
                Ok(()) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Err(status) => Poll::Ready(Some(Err(status))),
            };
        }
        Pin::new(&mut this.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.place.is_none() || self.body.is_end_stream()
    }
}
