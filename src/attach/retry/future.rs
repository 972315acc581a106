//! The future of a call that may be sent once more.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tower_service::Service;

use super::choice::is_refusal;
use super::kept::{Again, Kept};
use super::outcome::{Outcome, Replayed};

pin_project! {
    /// The response of [`RetryToken`](super::RetryToken) around `S`, whose future is `F`.
    pub struct ResponseFuture<S, F> {
        #[pin]
        state: State<S, F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, F> {
        // Sent for the first time; or for the last, and then nothing is kept.
        Sent {
            #[pin]
            future: F,
            // In a box, since there is seldom use for it, and a call has to be moved.
            kept: Option<Box<Kept<S>>>,
        },
        // Refused, and to be sent once more. The first call is gone by then, with whatever it held.
        Waiting {
            again: Option<Again<S>>,
        },
        // Sent once more.
        SentAgain {
            #[pin]
            future: F,
            replayed: Option<Replayed>,
        },
    }
}

impl<S, F> ResponseFuture<S, F> {
    /// A call that is not sent once more.
    pub(super) fn once(future: F) -> Self {
        Self { state: State::Sent { future, kept: None } }
    }

    /// A call that may be.
    pub(super) fn twice(future: F, kept: Kept<S>) -> Self {
        Self { state: State::Sent { future, kept: Some(Box::new(kept)) } }
    }
}

impl<S, B> Future for ResponseFuture<S, S::Future>
where
    S: Service<Request<Body>, Response = Response<B>>,
{
    type Output = Result<Response<B>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Sent { future, kept } => {
                    let result = ready!(future.poll(context));
                    let refused = kept.take().filter(|_| result.as_ref().is_ok_and(is_refusal));
                    let Some(again) = refused.and_then(|kept| kept.again()) else { return Poll::Ready(result) };
                    // The first future goes here, and its answer with this arm: what they hold, a place among a limited
                    // number for example, may be what the service waits for.
                    state.set(State::Waiting { again: Some(again) });
                }
                StateProjection::Waiting { again } => {
                    let ready = again.as_mut().map(|again| again.service().poll_ready(context));
                    let ready = ready!(ready.expect("a future is not polled after it is done"));
                    let (mut service, request, replayed) =
                        again.take().expect("it was there a moment ago").into_parts();
                    if let Err(error) = ready {
                        replayed.end(Outcome::Failed);
                        return Poll::Ready(Err(error));
                    }
                    let future = service.call(request);
                    state.set(State::SentAgain { future, replayed: Some(replayed) });
                }
                StateProjection::SentAgain { future, replayed } => {
                    let result = ready!(future.poll(context));
                    if let Some(replayed) = replayed.take() {
                        replayed.end(Outcome::of(&result));
                    }
                    return Poll::Ready(result);
                }
            }
        }
    }
}

impl<S, F> fmt::Debug for ResponseFuture<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Sent { kept: None, .. } => "ResponseFuture(sent)",
            State::Sent { kept: Some(_), .. } => "ResponseFuture(sent, may be sent once more)",
            State::Waiting { .. } => "ResponseFuture(waiting to be sent once more)",
            State::SentAgain { .. } => "ResponseFuture(sent once more)",
        })
    }
}
