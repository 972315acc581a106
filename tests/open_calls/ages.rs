//! Calls that get too old. By tokio's clock, which stands still until all tasks wait for it.

use std::convert::Infallible;
use std::time::Duration;

use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use ray_auth::require::Exempt;
use ray_auth::require::close::{CallBody, Closed, CloseOnRevokeLayer};
use ray_auth::verify::{AnyVerifier, Call, Identity, Verdict, Verify};
use ray_auth::{Rejection, RequireTokenLayer};
use tokio::time::Instant;
use tonic::{Code, Status};
use tower::{Layer, ServiceExt, service_fn};

use super::support::{Calls, NEW, OLD, Server, Waiting, keyring};

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

/// A body of frames without end, each at once or none at all.
fn frames(any: bool) -> Frames {
    if any {
        // The clock moves only when all wait, so this one has to, now and then.
        let frames = futures_util::stream::repeat_with(|| Ok(Frame::data("more".into())));
        let frames = tokio_stream::StreamExt::throttle(frames, Duration::from_secs(1));
        StreamBody::new(frames).boxed_unsync()
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
async fn requests_and_responses_end_whether_they_move_or_not() {
    for moving in [false, true] {
        let began = Instant::now();
        let service = layer().layer(service_fn(async |request: Request<CallBody<Frames>>| {
            // The request is read by a task of its own, which answers with how it ended.
            let moving = request.uri().path() == "/moving";
            let (sender, ended) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let mut body = std::pin::pin!(request.into_body());
                let error = loop {
                    match body.as_mut().frame().await {
                        Some(Ok(_)) => {}
                        Some(Err(error)) => break Status::from_error(error),
                        None => panic!("a clean end"),
                    }
                };
                let _ = sender.send(error.code());
            });
            let mut response = Response::new(frames(moving));
            response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/grpc"));
            response.extensions_mut().insert(std::sync::Arc::new(std::sync::Mutex::new(Some(ended))));
            Ok::<_, Infallible>(response)
        }));
        let path = if moving { "/moving" } else { "/still" };
        let mut request = request(path);
        *request.body_mut() = frames(moving);
        let mut response = service.oneshot(request).await.unwrap();
        let ended = response
            .extensions_mut()
            .remove::<std::sync::Arc<std::sync::Mutex<Option<tokio::sync::oneshot::Receiver<Code>>>>>()
            .unwrap();
        let mut body = std::pin::pin!(response.into_body());
        let trailers = loop {
            match body.as_mut().frame().await.expect("no clean end").unwrap().into_trailers() {
                Ok(trailers) => break trailers,
                Err(_) => assert!(moving),
            }
        };
        assert_age(began);
        assert_eq!(trailers["grpc-status"], "14");
        assert!(body.as_mut().frame().await.is_none() && body.is_end_stream());
        let ended = ended.lock().unwrap().take().unwrap();
        assert_eq!(ended.await.unwrap(), Code::Unavailable, "moving: {moving}");
        assert_age(began);
    }
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
        server.add_service(service).serve_with_incoming(incoming).await.unwrap();
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
