//! Calls that get too old. By tokio's clock, which stands still until all tasks wait for it.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use ray_auth::require::Exempt;
use ray_auth::require::close::{CallBody, CloseOnRevokeLayer, Closed};
use ray_auth::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use ray_auth::{Rejection, RequireTokenLayer};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tonic::{Code, Status};
use tower::{Layer, ServiceExt, service_fn};

use super::support::{Calls, NEW, OLD, Server, Waiting, at_once, keyring};

const AGE: Duration = Duration::from_secs(3_600);

/// Millisecond ticks: what tokio's timer rounds to.
const TICK: Duration = Duration::from_millis(2);

fn layer() -> CloseOnRevokeLayer {
    RequireTokenLayer::new(keyring()).exempt(Exempt::grpc_health()).close_on_revoke().with_max_age(AGE)
}

fn request(path: &str) -> Request<Frames> {
    let request = Request::post(path).header("content-type", "application/grpc");
    request.header("authorization", format!("Bearer {NEW}")).body(frames(false)).unwrap()
}

type Frames = http_body_util::combinators::UnsyncBoxBody<bytes::Bytes, Infallible>;

/// A body without an end: of frames that are always there, or of none at all.
fn frames(moving: bool) -> Frames {
    if moving {
        StreamBody::new(futures_util::stream::repeat_with(|| Ok(Frame::data("more".into())))).boxed_unsync()
    } else {
        StreamBody::new(futures_util::stream::pending()).boxed_unsync()
    }
}

fn assert_age(began: Instant) {
    let age = began.elapsed();
    assert!(age >= AGE.mul_f64(0.9) && age <= AGE + TICK, "{age:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_answer_is_answered_with_unavailable() {
    let began = Instant::now();
    let service = layer().layer(service_fn(async |_: Request<CallBody<Frames>>| {
        std::future::pending::<Result<Response<Frames>, Infallible>>().await
    }));
    let response = service.oneshot(request("/wait")).await.unwrap();
    assert_age(began);
    assert_eq!(response.headers()["grpc-status"], "14");
    assert_eq!(response.extensions().get(), Some(&Closed::MaxAge));
}

#[tokio::test(start_paused = true)]
async fn requests_and_responses_end_when_nothing_moves() {
    let (sender, mut requests) = mpsc::unbounded_channel();
    let service = layer().layer(service_fn(move |request: Request<CallBody<Frames>>| {
        sender.send(request.into_body()).unwrap();
        std::future::ready(Ok::<_, Infallible>(
            Response::builder().header("content-type", "application/grpc").body(frames(false)).unwrap(),
        ))
    }));
    let began = Instant::now();
    let response = service.oneshot(request("/still")).await.unwrap();
    let request = tokio::spawn(requests.recv().await.unwrap().collect());
    let collected = response.into_body().collect().await.unwrap();
    assert_age(began);
    assert_eq!(collected.trailers().unwrap()["grpc-status"], "14");
    let error = request.await.unwrap().unwrap_err();
    assert_age(began);
    assert_eq!(Status::from_error(error).code(), Code::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn requests_and_responses_end_even_if_there_is_always_more() {
    let (sender, mut requests) = mpsc::unbounded_channel();
    let service = layer().layer(service_fn(move |request: Request<CallBody<Frames>>| {
        sender.send(request.into_body()).unwrap();
        std::future::ready(Ok::<_, Infallible>(
            Response::builder().header("content-type", "application/grpc").body(frames(true)).unwrap(),
        ))
    }));
    let mut request = request("/moving");
    *request.body_mut() = frames(true);
    let mut response = pin!(service.oneshot(request).await.unwrap().into_body());
    let mut request = pin!(requests.recv().await.unwrap());
    for _ in 0..100 {
        assert!(
            response.frame().await.unwrap().unwrap().is_data() && request.frame().await.unwrap().unwrap().is_data()
        );
    }
    tokio::time::advance(AGE + TICK).await;
    assert_eq!(response.frame().await.unwrap().unwrap().into_trailers().unwrap()["grpc-status"], "14");
    assert_eq!(Status::from_error(request.frame().await.unwrap().unwrap_err()).code(), Code::Unavailable);
    assert!(response.is_end_stream() && request.is_end_stream());
    assert!(response.frame().await.is_none() && request.frame().await.is_none());
}

/// Knows everybody.
struct Hospitable;

impl Verify for Hospitable {
    fn verify(&self, _: Call<'_>) -> Verdict {
        Verdict::Later(Box::pin(async { Ok(Identity::user("somebody")) }))
    }
}

#[tokio::test(start_paused = true)]
async fn it_holds_for_calls_that_another_verifier_let_in_and_not_for_exempt_ones() {
    let handler = service_fn(async |_: Request<CallBody<Frames>>| {
        std::future::pending::<Result<Response<Frames>, Infallible>>().await
    });
    let layer = RequireTokenLayer::new(AnyVerifier::new(Hospitable)).exempt(Exempt::grpc_health()).close_on_revoke();
    let service = layer.with_max_age(AGE).layer(handler);
    let began = Instant::now();
    let exempt = tokio::spawn(service.clone().oneshot(request("/grpc.health.v1.Health/Watch")));
    let response = service.oneshot(request("/wait")).await.unwrap();
    assert_age(began);
    assert_eq!(response.headers()["grpc-status"], "14");
    tokio::time::sleep(10 * AGE).await;
    assert!(!exempt.is_finished());
}

#[tokio::test(start_paused = true)]
async fn calls_that_open_together_end_one_by_one() {
    let service = layer().layer(service_fn(async |_: Request<CallBody<Frames>>| {
        std::future::pending::<Result<Response<Frames>, Infallible>>().await
    }));
    let began = Instant::now();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let call = service.clone().oneshot(request("/wait"));
            tokio::spawn(async move {
                call.await.unwrap();
                began.elapsed()
            })
        })
        .collect();
    let mut ages = Vec::new();
    for call in calls {
        ages.push(call.await.unwrap());
    }
    assert_age(began);
    ages.sort();
    assert!(ages[0] >= AGE.mul_f64(0.9));
    let widest = ages.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(widest < AGE.mul_f64(0.1) / 16, "spread over the last tenth: {widest:?} between two");
    assert!(ages[63] - ages[0] > AGE.mul_f64(0.09), "over all of it");
}

#[tokio::test]
async fn every_kind_of_call_ends_on_the_wire_too_with_a_status_that_clients_retry() {
    const AGE: Duration = Duration::from_millis(300);
    let layer = RequireTokenLayer::new(keyring()).close_on_revoke().with_max_age(AGE);
    let (service, mut told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let client = server.client(OLD).await;
    let began = std::time::Instant::now();
    let ends = Calls::open(client, &mut told).await.ends().await;
    assert!(began.elapsed() >= AGE.mul_f64(0.9));
    for (kind, status) in ends {
        assert_eq!(status.code(), Code::Unavailable, "{kind}: {status}");
        assert!(status.message().starts_with("MaxAge: "), "{kind}: {status}");
        assert_ne!(Rejection::Unavailable.grpc_message(), status.message());
    }
}
