//! What is called: one layer around the service that does nothing, and that service alone.

use std::fmt;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use anyhow::Result;
use http::{Request, Response};
use ray_auth::{AddTokenLayer, Exempt, Keyring, RequireTokenLayer, Token};
use tonic::body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::no_op::NoOp;
use super::request::Maker;

/// What is done with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Attach,
    Accept,
    Refuse,
}

/// One call, made again and again by one thread. Whether it ended as it must.
pub(super) type Call = Box<dyn FnMut(Request<Body>) -> bool>;

/// A service that all threads share, of which each gets a clone, as the connections of a server do.
pub(super) struct Shared(Box<dyn Fn() -> Call + Sync>);

/// What a case consists of.
pub(super) struct Parts {
    pub(super) maker: Maker,
    pub(super) no_op: Shared,
    pub(super) layer: Shared,
}

impl Case {
    pub(super) const ALL: [Self; 3] = [Self::Attach, Self::Accept, Self::Refuse];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Attach => "attach",
            Self::Accept => "accept",
            Self::Refuse => "refuse",
        }
    }

    /// With a keyring of one token that is its own.
    ///
    /// # Errors
    ///
    /// When a token is no header value, which none is.
    pub(super) fn parts(self) -> Result<Parts> {
        let token = Token::generate();
        let keyring = Keyring::new(token.clone());
        // As operators run it: with the health exemption, which costs nothing until a call is refused.
        let server = || RequireTokenLayer::new(keyring.clone()).exempt(Exempt::grpc_health()).layer(NoOp);
        let (maker, layer) = match self {
            Self::Attach => {
                (Maker::of_client(), Shared::new(AddTokenLayer::new(keyring.clone()).layer(NoOp), Answer::Empty))
            }
            Self::Accept => (Maker::at_server(&token)?, Shared::new(server(), Answer::Empty)),
            Self::Refuse => (Maker::at_server(&Token::generate())?, Shared::new(server(), Answer::Refusal)),
        };
        Ok(Parts { maker, no_op: Shared::new(NoOp, Answer::Empty), layer })
    }
}

/// How a call must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// By the service that does nothing, whose answer has no header.
    Empty,
    /// By the layer, whose refusal has headers.
    Refusal,
}

impl Shared {
    fn new<S, B>(service: S, expected: Answer) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Sync + 'static,
        S::Error: fmt::Debug,
    {
        Self(Box::new(move || to(service.clone(), expected)))
    }

    /// What one thread calls: made in that thread, so that what is its own lies in its own memory.
    pub(super) fn call(&self) -> Call {
        (self.0)()
    }
}

/// Calls `service` and looks at its answer, which is there at once.
fn to<S, B>(mut service: S, expected: Answer) -> Call
where
    S: Service<Request<Body>, Response = Response<B>> + 'static,
    S::Error: fmt::Debug,
{
    Box::new(move |request| {
        let answer = pin!(service.call(request));
        let Poll::Ready(Ok(answer)) = answer.poll(&mut Context::from_waker(Waker::noop())) else { return false };
        let answer = black_box(answer);
        let found = if answer.headers().is_empty() { Answer::Empty } else { Answer::Refusal };
        found == expected
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_ends_as_it_must_and_the_service_alone_answers_everything() {
        for case in Case::ALL {
            let Parts { maker, no_op, layer } = case.parts().unwrap();
            assert!(layer.call()(maker.make()), "{case:?}");
            assert!(no_op.call()(maker.make()), "{case:?}");
        }
    }

    #[test]
    fn a_call_that_ends_otherwise_is_noticed() {
        let (accept, refuse) = (Case::Accept.parts().unwrap(), Case::Refuse.parts().unwrap());
        assert!(!accept.layer.call()(refuse.maker.make()), "refused, and must not be");
        assert!(!to(NoOp, Answer::Refusal)(accept.maker.make()), "let in, and must not be");
    }
}
