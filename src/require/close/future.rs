//! The future of a call that may be ended while its handler works.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::CallBody;
use super::ending::{Ending, Terms};

pin_project! {
    /// The response of [`CloseOnRevoke`](super::CloseOnRevoke): the inner service's, a refusal, or the word that the call
    /// was closed.
    pub struct ResponseFuture<F>
    where
        F: Future,
    {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F>
    where
        F: Future,
    {
        // A verifier that decides later: only then is there a box.
        Judging {
            judging: Judging<F>,
        },
        Open {
            #[pin]
            inner: F,
            #[pin]
            ending: Option<Ending>,
            grpc: bool,
        },
        // In a box, so that calls that are let in do not carry room for it.
        Refused {
            answer: Option<Box<F::Output>>,
        },
        Done,
    }
}

/// What a broken executor is told.
const POLLED_AGAIN: &str = "a future is not polled after it is done";

/// Verification, and the inner service's future if the call is let in.
pub(super) type Judging<F> = Pin<Box<dyn Future<Output = ResponseFuture<F>> + Send>>;

impl<F: Future> ResponseFuture<F> {
    pub(super) fn open(inner: F, terms: Option<Terms>, grpc: bool) -> Self {
        Self { state: State::Open { inner, ending: terms.map(Ending::new), grpc } }
    }

    pub(super) fn refused(answer: F::Output) -> Self {
        Self { state: State::Refused { answer: Some(Box::new(answer)) } }
    }

    pub(super) fn judging(judging: Judging<F>) -> Self {
        Self { state: State::Judging { judging } }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<CallBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let output = match this.state.as_mut().project() {
                StateProjection::Judging { judging } => {
                    let judged = ready!(judging.as_mut().poll(context));
                    this.state.set(judged.state);
                    continue;
                }
                StateProjection::Open { inner, ending, grpc } => ready!(poll_open(inner, ending, *grpc, context)),
                StateProjection::Refused { answer } => {
                    answer.take().expect(POLLED_AGAIN).map(|answer| answer.map(CallBody::unlimited))
                }
                StateProjection::Done => panic!("{POLLED_AGAIN}"),
            };
            // The handler goes before its answer does.
            this.state.set(State::Done);
            return Poll::Ready(output);
        }
    }
}

fn poll_open<F, B, E>(
    inner: Pin<&mut F>,
    mut ending: Pin<&mut Option<Ending>>,
    grpc: bool,
    context: &mut Context<'_>,
) -> Poll<Result<Response<CallBody<B>>, E>>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    let mut over = match ending.as_mut().as_pin_mut() {
        Some(ending) => ending.poll_over(context),
        None => Poll::Pending,
    };
    if over.is_pending() {
        if let Poll::Ready(output) = inner.poll(context) {
            let terms = ending.as_ref().get_ref().as_ref().map(Ending::terms);
            return Poll::Ready(output.map(|response| {
                let (parts, body) = response.into_parts();
                let body = CallBody::response(body, &parts.headers, terms);
                Response::from_parts(parts, body)
            }));
        }
        if let Some(ending) = ending.as_pin_mut() {
            over = ending.poll_wait(context);
        }
    }
    over.map(|closed| {
        closed.count();
        Ok(closed.into_response(grpc))
    })
}

impl<F: Future> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.state {
            State::Judging { .. } => "ResponseFuture(judging)",
            State::Open { .. } => "ResponseFuture(open)",
            State::Refused { .. } => "ResponseFuture(refused)",
            State::Done => "ResponseFuture(done)",
        })
    }
}
