//! The future of a call that the server layer judged.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

pin_project! {
    /// The response of [`RequireToken`](super::RequireToken): the inner service's, or a refusal that is ready.
    pub struct ResponseFuture<F>
    where
        F: Future,
    {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F>
    where
        F: Future,
    {
        Inner {
            #[pin]
            future: F,
        },
        Refused {
            response: Option<F::Output>,
        },
        // A verifier that decides later: only then is there a box.
        Later {
            future: Later<F::Output>,
        },
    }
}

/// Verification, and the call if it is let in.
pub(super) type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<F: Future> ResponseFuture<F> {
    #[inline]
    pub(super) fn inner(future: F) -> Self {
        Self { kind: Kind::Inner { future } }
    }

    pub(super) fn refused(response: F::Output) -> Self {
        Self { kind: Kind::Refused { response: Some(response) } }
    }

    pub(super) fn later(future: Later<F::Output>) -> Self {
        Self { kind: Kind::Later { future } }
    }
}

impl<F: Future> Future for ResponseFuture<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Inner { future } => future.poll(context),
            KindProjection::Refused { response } => {
                Poll::Ready(response.take().expect("a future is not polled after it is done"))
            }
            KindProjection::Later { future } => future.as_mut().poll(context),
        }
    }
}

impl<F: Future> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.kind {
            Kind::Inner { .. } => "ResponseFuture(inner)",
            Kind::Refused { .. } => "ResponseFuture(refused)",
            Kind::Later { .. } => "ResponseFuture(later)",
        })
    }
}
