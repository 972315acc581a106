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
pub type Call = Box<dyn FnMut(Request<Body>)>;

/// One layer in one situation.
#[derive(Clone)]
pub struct Case {
    /// What is done, and by whom or with what: `accept/3 tokens`.
    pub name: String,
    /// Whether it is another crate's layer.
    pub peer: bool,
    pub sent: Sent,
    pub budget: Budget,
    make: fn(&Case) -> Call,
    /// Accepted tokens, for cases that have several.
    pub tokens: usize,
}

/// What one call may cost over the same call to the service that does nothing. More fails the bench.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    pub instructions: Option<i64>,
    /// What is hoped for.
    pub aim: Option<i64>,
    pub allocations: Option<u64>,
}

impl Budget {
    /// Without an aim of its own.
    pub const fn new(instructions: i64, aim: i64, allocations: u64) -> Self {
        Self { instructions: Some(instructions), aim: Some(aim), allocations: Some(allocations) }
    }

    /// Only allocations are bounded.
    pub const fn allocations(allocations: u64) -> Self {
        Self { instructions: None, aim: None, allocations: Some(allocations) }
    }
}

impl Case {
    pub fn ours(name: impl Into<String>, sent: Sent, budget: Budget, make: fn(&Case) -> Call) -> Self {
        Self { name: name.into(), peer: false, sent, budget, make, tokens: 1 }
    }

    pub fn peer(name: &str, sent: Sent, make: fn(&Case) -> Call) -> Self {
        Self { name: name.into(), peer: true, sent, budget: Budget::default(), make, tokens: 1 }
    }

    pub fn with_tokens(mut self, tokens: usize) -> Self {
        self.tokens = tokens;
        self
    }

    /// What the case's cost is counted from: the same request to the service that does nothing.
    pub fn no_op(sent: Sent) -> Self {
        Self::peer(&format!("no-op/{sent:?}"), sent, |_| to(NoOp))
    }

    /// The layer, set up and ready.
    pub fn start(&self) -> Call {
        (self.make)(self)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Every case.
pub fn all() -> Vec<Case> {
    ours::cases().into_iter().chain(peers::cases()).collect()
}

/// The kinds of request that the cases send, each once.
pub fn baselines(cases: &[Case]) -> Vec<Case> {
    let mut kinds = Vec::new();
    for case in cases {
        if !kinds.contains(&case.sent) {
            kinds.push(case.sent);
        }
    }
    kinds.into_iter().map(Case::no_op).collect()
}

/// Calls `service` and waits for its answer, which is there at once.
pub fn to<S, B>(mut service: S) -> Call
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
