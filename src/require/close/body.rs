//! The body of a call that may be ended.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::closed::Closed;
use super::ending::{Ending, Terms};
use crate::require::spelling::Content;

/// What tower's world calls errors of bodies.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

pin_project! {
    /// A request or response body that ends early when its call is [closed](super), and is `B` in all else: frames, size
    /// hint, end and trailers pass as they are. Its default is empty.
    pub struct CallBody<B> {
        // None when the call was closed.
        #[pin]
        inner: Option<B>,
        // None when nothing can end the body any more: it is complete, or its call has no terms.
        #[pin]
        ending: Option<Ending>,
        end: End,
    }
}

/// How a body ends when its call is closed.
#[derive(Clone, Copy)]
enum End {
    /// A request: with an error, which the handler sees.
    Request,
    /// A gRPC response: with the status.
    Status,
    /// Any other response, or one whose length was promised: with an error, so that nobody takes it for complete.
    Broken,
}

impl<B: Body> CallBody<B> {
    pub(super) fn request(inner: B, terms: Option<Terms>) -> Self {
        Self::new(inner, terms, End::Request)
    }

    pub(super) fn response(inner: B, headers: &HeaderMap, terms: Option<Terms>) -> Self {
        let status = Content::of(headers) == Content::Grpc && inner.size_hint().exact().is_none();
        Self::new(inner, terms, if status { End::Status } else { End::Broken })
    }

    /// A response that nothing ends.
    pub(super) fn unlimited(inner: B) -> Self {
        Self { inner: Some(inner), ending: None, end: End::Broken }
    }

    fn new(inner: B, terms: Option<Terms>, end: End) -> Self {
        // Servers do not poll a body that is complete from the start, and its head has said how the call went.
        let ending = terms.filter(|_| !inner.is_end_stream()).map(Ending::new);
        Self { inner: Some(inner), ending, end }
    }
}

impl<B> Default for CallBody<B> {
    fn default() -> Self {
        Self { inner: None, ending: None, end: End::Broken }
    }
}

impl<B> Body for CallBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let mut over = match this.ending.as_mut().as_pin_mut() {
            Some(ending) => ending.poll_over(context),
            None => Poll::Pending,
        };
        if over.is_pending() {
            match inner.poll_frame(context) {
                Poll::Ready(frame) => {
                    if !matches!(&frame, Some(Ok(frame)) if !frame.is_trailers()) {
                        this.ending.set(None);
                    }
                    return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
                }
                Poll::Pending => {
                    if let Some(ending) = this.ending.as_mut().as_pin_mut() {
                        over = ending.poll_wait(context);
                    }
                }
            }
        }
        over.map(|closed| {
            this.inner.set(None);
            this.ending.set(None);
            Some(this.end.frame(closed))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B> fmt::Debug for CallBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.inner, &self.ending) {
            (None, _) => "CallBody(closed)",
            (Some(_), None) => "CallBody(not limited)",
            (Some(_), Some(_)) => "CallBody(open)",
        })
    }
}

impl End {
    #[cold]
    fn frame<D>(self, closed: Closed) -> Result<Frame<D>, BoxError> {
        // The response is what counts as the call; its request ends, too.
        if !matches!(self, Self::Request) {
            closed.count();
        }
        match self {
            Self::Status => Ok(Frame::trailers(closed.trailers())),
            Self::Request | Self::Broken => Err(closed.into_status().into()),
        }
    }
}
