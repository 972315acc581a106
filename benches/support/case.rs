//! A case: one layer around the service that does nothing, and what it may cost.

use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use tonic::body::Body;
use tower::Service;

use super::no_op::NoOp;
use super::request::Sent;
use super::{ours, peers};

/// One call, made again and again.
pub(crate) type Call = Box<dyn FnMut(Request<Body>)>;

/// One layer in one situation.
#[derive(Clone)]
pub(crate) struct Case {
    /// What is done, and by whom or with what: `accept/3 tokens`.
    pub(crate) name: String,
    /// Whether it is another crate's layer.
    pub(crate) peer: bool,
    pub(crate) sent: Sent,
    pub(crate) over: Over,
    pub(crate) budget: Budget,
    make: fn(&Case) -> Call,
    /// Accepted tokens, for cases that have several.
    pub(crate) tokens: usize,
}

/// What a case's cost is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The service that does nothing.
    NoOp,
    /// The server layer with one token.
    Accept,
}

/// What one call may cost over the same call to the service that does nothing. More fails the bench.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Budget {
    pub(crate) instructions: Option<i64>,
    /// What is hoped for.
    pub(crate) aim: Option<i64>,
    pub(crate) allocations: Option<i64>,
}

impl Budget {
    pub(crate) const fn new(instructions: i64, aim: i64, allocations: i64) -> Self {
        Self { instructions: Some(instructions), aim: Some(aim), allocations: Some(allocations) }
    }

    /// Only allocations are bounded.
    pub(crate) const fn allocations(allocations: i64) -> Self {
        Self { instructions: None, aim: None, allocations: Some(allocations) }
    }
}

impl Case {
    pub(crate) fn ours(name: impl Into<String>, sent: Sent, budget: Budget, make: fn(&Case) -> Call) -> Self {
        Self { name: name.into(), peer: false, sent, over: Over::NoOp, budget, make, tokens: 1 }
    }

    pub(crate) fn peer(name: &str, sent: Sent, make: fn(&Case) -> Call) -> Self {
        Self { peer: true, ..Self::ours(name, sent, Budget::default(), make) }
    }

    pub(crate) fn with_tokens(self, tokens: usize) -> Self {
        Self { tokens, ..self }
    }

    /// Counts from another case than the service that does nothing.
    pub(crate) fn over(self, over: Over) -> Self {
        Self { over, ..self }
    }

    /// What is counted from: the same request to the service that does nothing, or to the layer that does less.
    pub(crate) fn base(&self) -> Self {
        match self.over {
            Over::NoOp => Self::peer(&format!("no-op/{}", self.sent.name()), self.sent, |_| to(NoOp)),
            Over::Accept => ours::accept_one(),
        }
    }

    /// The layer, set up and ready.
    pub(crate) fn start(&self) -> Call {
        (self.make)(self)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    ours::cases().into_iter().chain(peers::cases()).collect()
}

/// What the cases are counted from, each once.
pub(crate) fn bases(cases: &[Case]) -> Vec<Case> {
    let mut bases: Vec<Case> = Vec::new();
    for base in cases.iter().map(Case::base) {
        if bases.iter().all(|known| known.name != base.name) {
            bases.push(base);
        }
    }
    bases
}

/// Calls `service` and waits for its answer, which is there at once.
pub(crate) fn to<S, B>(mut service: S) -> Call
where
    S: Service<Request<Body>, Response = Response<B>> + 'static,
    S::Error: fmt::Debug,
{
    Box::new(move |request| {
        let answer = pin!(service.call(request));
        let Poll::Ready(answer) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("a layer around a service that answers at once answers at once");
        };
        drop(black_box(answer.expect("nothing fails")));
    })
}
