//! The course of a call: when it is passed on, what it waits for, what is kept how long, and what is counted.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt};
use tower_test::mock::{self, Mock};

use super::super::RetryToken;
use super::{Answer, NEW, OLD, message, refusal, staged, unary};
use crate::AddTokenLayer;

#[tokio::test]
async fn a_stream_is_passed_on_when_it_is_called_and_not_when_it_has_said_more() {
    let (inner, mut handle) = mock::pair::<Request<Body>, Answer>();
    let mut service = AddTokenLayer::new(staged()).retry_with_accepted().layer(inner);
    let (more, frames) = tokio::sync::mpsc::unbounded_channel::<Result<http_body::Frame<Bytes>, tonic::Status>>();
    let frames = tokio_stream::wrappers::UnboundedReceiverStream::new(frames);
    let request = Request::post("/a.B/C").body(Body::new(StreamBody::new(frames))).unwrap();
    let response = service.ready().await.unwrap().call(request);
    // Nobody has polled the response yet, and nothing was said.
    let (request, respond) = handle.next_request().now_or_never().expect("it is called at once").unwrap();
    let mut body = request.into_body();
    assert!(body.frame().now_or_never().is_none());
    for payload in [3, 30, 300] {
        more.send(Ok(http_body::Frame::data(message(payload)))).unwrap();
        let frame = body.frame().now_or_never().expect("it is passed on at once").unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), message(payload));
    }
    drop(more);
    assert!(body.frame().await.is_none());
    respond.send_response(refusal());
    assert_eq!(response.await.unwrap().headers()["grpc-status"], "16");
    assert!(handle.next_request().now_or_never().is_none());
}

/// A service that answers one call at a time, and says it is ready only when nothing of the last one is left.
#[derive(Clone)]
struct OneAtATime {
    busy: Arc<AtomicBool>,
    calls: Arc<Mutex<usize>>,
}

/// The place among the calls; given up when dropped.
struct Place(Arc<AtomicBool>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Service<Request<Body>> for OneAtATime {
    type Response = Response<Arc<Place>>;
    type Error = Infallible;
    type Future = futures_util::future::BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        assert!(!self.busy.load(Ordering::Relaxed), "it would wait for ever");
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        self.busy.store(true, Ordering::Relaxed);
        let place = Arc::new(Place(Arc::clone(&self.busy)));
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        let answer = if *calls == 1 { refusal() } else { Response::new("hello") };
        // Both the future and the response hold the place.
        Box::pin(async move {
            let _held = Arc::clone(&place);
            tokio::task::yield_now().await;
            Ok(answer.map(|_| place))
        })
    }
}

#[tokio::test]
async fn nothing_of_the_first_sending_is_left_when_the_second_waits_for_its_turn() {
    let inner = OneAtATime { busy: Arc::default(), calls: Arc::default() };
    let calls = Arc::clone(&inner.calls);
    let service = AddTokenLayer::new(staged()).retry_with_accepted().layer(inner);
    let response = service.oneshot(unary(1)).await.unwrap();
    assert!(response.headers().get("grpc-status").is_none());
    assert_eq!(*calls.lock().unwrap(), 2);
}

type Mocked = RetryToken<Mock<Request<Body>, Answer>>;

/// What is counted while `run` plays with a service and its other end.
fn counted(run: impl AsyncFnOnce(Mocked, mock::Handle<Request<Body>, Answer>)) -> Vec<(String, u64)> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        let (inner, handle) = mock::pair();
        runtime.block_on(run(AddTokenLayer::new(staged()).retry_with_accepted().layer(inner), handle));
    });
    let snapshot = snapshotter.snapshot().into_vec().into_iter();
    snapshot
        .map(|(key, _, _, value)| {
            assert_eq!(key.key().name(), "ray_auth_replayed_total");
            let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
            let DebugValue::Counter(value) = value else { panic!("{key:?} is no counter") };
            (labels.join(","), value)
        })
        .collect()
}

#[test]
fn each_second_sending_is_counted_by_what_came_of_it() {
    let outcomes = |answer: Answer| {
        counted(async move |service, mut handle| {
            let answering = async {
                for answer in [refusal(), answer] {
                    handle.next_request().await.unwrap().1.send_response(answer);
                }
            };
            let (response, ()) = tokio::join!(service.oneshot(unary(1)), answering);
            response.unwrap();
        })
    };
    assert_eq!(outcomes(Response::new("hello")), [("outcome=accepted".to_owned(), 1)]);
    assert_eq!(outcomes(refusal()), [("outcome=refused".to_owned(), 1)]);
    let of_the_handler = Response::builder().header("grpc-status", "5").body("").unwrap();
    assert_eq!(outcomes(of_the_handler), [("outcome=accepted".to_owned(), 1)]);

    let failed = [("outcome=failed".to_owned(), 1)];
    let without_answer = counted(async |service, mut handle| {
        let answering = async {
            handle.next_request().await.unwrap().1.send_response(refusal());
            handle.next_request().await.unwrap().1.send_error("gone");
        };
        let (response, ()) = tokio::join!(service.oneshot(unary(1)), answering);
        assert_eq!(response.unwrap_err().to_string(), "gone");
    });
    assert_eq!(without_answer, failed);
    let never_ready = counted(async |service, mut handle| {
        let answering = async {
            let (_, respond) = handle.next_request().await.unwrap();
            handle.send_error("never ready");
            respond.send_response(refusal());
        };
        let (response, ()) = tokio::join!(service.oneshot(unary(1)), answering);
        assert_eq!(response.unwrap_err().to_string(), "never ready");
    });
    assert_eq!(never_ready, failed);
    let at_once = counted(async |service, mut handle| {
        let answering = async { handle.next_request().await.unwrap().1.send_error("gone") };
        let (response, ()) = tokio::join!(service.oneshot(unary(1)), answering);
        assert!(response.is_err());
    });
    assert_eq!(at_once, [], "an error is no refusal");
}

#[test]
fn dropping_the_future_ends_all_of_it() {
    let cancelled = [("outcome=cancelled".to_owned(), 1)];
    let while_waiting = counted(async |mut service, mut handle| {
        handle.allow(1);
        let mut response = Box::pin(service.ready().await.unwrap().call(unary(1)));
        handle.next_request().await.unwrap().1.send_response(refusal());
        assert!((&mut response).now_or_never().is_none());
        assert_eq!(format!("{response:?}"), "ResponseFuture(waiting to be sent once more)");
        drop(response);
        handle.allow(1);
        assert!(handle.next_request().now_or_never().is_none(), "it is not sent once more");
    });
    assert_eq!(while_waiting, cancelled);
    let under_way = counted(async |mut service, mut handle| {
        let mut response = Box::pin(service.ready().await.unwrap().call(unary(1)));
        handle.next_request().await.unwrap().1.send_response(refusal());
        assert!((&mut response).now_or_never().is_none());
        assert_eq!(format!("{response:?}"), "ResponseFuture(sent once more)");
        let _kept = handle.next_request().await.unwrap();
        drop(response);
    });
    assert_eq!(under_way, cancelled);
    let before = counted(async |mut service, _handle| {
        let response = service.ready().await.unwrap().call(unary(1));
        assert_eq!(format!("{response:?}"), "ResponseFuture(sent, may be sent once more)");
    });
    assert_eq!(before, []);
}

#[tokio::test]
async fn what_was_kept_goes_when_the_answer_comes() {
    let keyring = staged();
    let (inner, mut handle) = mock::pair::<Request<Body>, Answer>();
    let mut service = AddTokenLayer::new(keyring).retry_with_accepted().layer(inner);
    let bytes = Arc::new(message(1).to_vec());
    let body = Full::new(Bytes::from_owner(Owner(Arc::clone(&bytes))));
    let response = service.ready().await.unwrap().call(Request::post("/a.B/C").body(Body::new(body)).unwrap());
    let mut response = Box::pin(response);
    let (request, respond) = handle.next_request().await.unwrap();
    drop(request);
    assert_eq!(Arc::strong_count(&bytes), 2, "kept until the answer");
    respond.send_response(Response::new("hello"));
    assert!((&mut response).await.is_ok());
    assert_eq!(Arc::strong_count(&bytes), 1, "and no longer, though the future is still there");
}

struct Owner(Arc<Vec<u8>>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[tokio::test]
async fn a_fault_of_the_body_reaches_the_transport() {
    let (inner, mut handle) = mock::pair::<Request<Body>, Answer>();
    let mut service = AddTokenLayer::new(staged()).retry_with_accepted().layer(inner);
    let frames = [Ok(http_body::Frame::data(message(1))), Err(tonic::Status::out_of_range("too large"))];
    let body = StreamBody::new(tokio_stream::iter(frames));
    let _response = service.ready().await.unwrap().call(Request::post("/a.B/C").body(Body::new(body)).unwrap());
    let mut body = handle.next_request().await.unwrap().0.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), message(1));
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.message()), (tonic::Code::OutOfRange, "too large"));
}

#[test]
fn the_types_are_what_users_may_rely_on_and_show_no_token() {
    fn is_shared<T: Send + Sync + Clone + std::fmt::Debug>(_: &T) {}
    fn is_sent<T: Send + std::fmt::Debug>(_: &T) {}
    let layer = AddTokenLayer::new(staged()).retry_with_accepted();
    is_shared(&layer);
    let service = layer.layer(());
    is_shared(&service);
    assert_eq!(size_of_val(&service), size_of::<usize>());
    let (inner, _handle) = mock::pair::<Request<Body>, Answer>();
    let mut service = layer.layer(inner);
    let response = service.ready().now_or_never().unwrap().unwrap().call(unary(1));
    is_sent(&response);
    for shown in [format!("{layer:?}"), format!("{service:?}"), format!("{response:?}")] {
        for secret in [OLD, NEW] {
            assert!(!shown.contains(&secret[..10]), "a Debug shows a token");
        }
    }
}
