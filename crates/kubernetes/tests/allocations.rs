//! How often memory is allocated where the decision is remembered: not at all for the decision, and once for a call that is let
//! in by it, to put who it is of into its extensions. In a program of its own, which counts all that is allocated.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, missing_docs, reason = "a program of tests")]

#[path = "reviews/api.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod api;
#[path = "reviews/caller.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod caller;

use std::alloc::System;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};

use alloc_tracker::{Allocator, Session};
use http::{Request, Response, Uri};
use ray_auth::RequireTokenLayer;
use ray_auth::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use ray_auth_kubernetes::Verifier;
use tonic::transport::server::TcpConnectInfo;
use tower::{Layer, Service};

use api::Api;
use caller::{Server, bearer, verifier};

#[global_allocator]
static ALLOCATOR: Allocator<System> = Allocator::system();

/// How often this thread allocates.
fn counted<T>(act: impl FnOnce() -> T) -> (u64, T) {
    let session = Session::new();
    let done = {
        let operation = session.operation("counted");
        let _span = operation.measure_thread();
        act()
    };
    let report = session.to_report();
    let (_, operation) = report.operations().next().unwrap();
    (operation.total_allocations_count(), done)
}

/// Counts what its verifier allocates for each decision.
struct Counting {
    verifier: Verifier,
    /// None where a review was needed.
    decisions: Arc<Mutex<Vec<Option<u64>>>>,
}

impl Verify for Counting {
    fn verify(&self, call: Call<'_>) -> Verdict {
        let (allocations, verdict) = counted(|| self.verifier.verify(call));
        let decided = matches!(verdict, Verdict::Now(_));
        self.decisions.lock().unwrap().push(decided.then_some(allocations));
        verdict
    }
}

/// As long as a service account's.
fn token(word: &str) -> String {
    format!("{word}-{:0>1000}", 7)
}

#[test]
fn what_is_counted_is_what_is_allocated() {
    assert_eq!(counted(|| (Box::new(1), Box::new(2))).0, 2);
}

#[tokio::test]
async fn a_remembered_decision_allocates_nothing() {
    let api = Api::start().await;
    for (word, status) in [("good", 0), ("bad", 16), ("denied", 16)] {
        let decisions = Arc::default();
        let verifier = verifier(&api, Verifier::builder()).unwrap();
        let server = Server::of(Counting { verifier, decisions: Arc::clone(&decisions) });
        for _ in 0..4 {
            assert_eq!(server.status(token(word)).await, status, "{word}");
        }
        assert_eq!(*decisions.lock().unwrap(), [None, Some(0), Some(0), Some(0)], "{word}");
    }
}

/// Looks at who called, and allocates nothing.
#[derive(Clone)]
struct Handler;

impl Service<Request<()>> for Handler {
    type Response = Response<bool>;
    type Error = Infallible;
    type Future = Ready<Result<Response<bool>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(request.extensions().get::<Identity>().is_some())))
    }
}

#[tokio::test]
async fn a_call_that_is_let_in_by_what_is_remembered_allocates_once() {
    let api = Api::start().await;
    let verifier = AnyVerifier::new(verifier(&api, Verifier::builder()).unwrap());
    let mut server = RequireTokenLayer::new(verifier).with_identity().layer(Handler);
    let authorization = bearer(token("good")).authorization.unwrap();
    // Shares its bytes, as that of a request from the network does.
    let uri: Uri = "/ray.rpc.NodeInfoGcsService/CheckAlive".parse().unwrap();
    let request = || {
        let mut request =
            Request::post(uri.clone()).header("authorization", authorization.as_slice()).body(()).unwrap();
        // As tonic's server does.
        request.extensions_mut().insert(TcpConnectInfo { local_addr: None, remote_addr: "10.0.0.1:1".parse().ok() });
        request
    };
    assert!(server.call(request()).await.unwrap().into_body(), "a review lets it in");
    for _ in 0..4 {
        let request = request();
        let (allocations, answer) = counted(|| server.call(request));
        assert!(answer.await.unwrap().into_body(), "who called is known");
        assert_eq!(allocations, 1, "for the identity");
    }
    assert_eq!(api.reviews(), (1, 1));
}
