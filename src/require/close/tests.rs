use std::convert::Infallible;
use std::error::Error;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use tonic::{Code, Status};
use tower::{Layer, ServiceExt, service_fn};

use super::body::CallBody;
use super::closed::Closed;
use super::ending::Terms;
use crate::keyring::Revocation;
use crate::require::RequireTokenLayer;
use crate::token::TokenSet;
use crate::{Keyring, Token};

const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// A keyring of `new`, which still accepts `old`.
fn keyring() -> Keyring {
    Keyring::with_tokens(TokenSet::new(token("new")).add_accepted(token("old")).unwrap())
}

fn held(keyring: &Keyring, presented: &str) -> Revocation {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {presented}").parse().unwrap());
    crate::require::decide::judge(keyring, crate::credential::Credential::from_grpc(&mut headers), false, |key, _| {
        key.revocation().clone()
    })
    .unwrap()
}

fn terms(keyring: &Keyring) -> Option<Terms> {
    Some(Terms { revocation: Some(held(keyring, "old")), deadline: None })
}

fn grpc() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/grpc"))])
}

/// One answer of a body to a poll.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Data(&'static str),
    Trailers,
    Error,
    Pending,
    End,
}

/// A body that answers by its script, and pends or ends when that is over.
struct Script(std::vec::IntoIter<Step>);

impl Script {
    fn new(steps: &[Step]) -> Self {
        Self(Vec::from(steps).into_iter())
    }
}

fn trailers() -> HeaderMap {
    HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))])
}

impl Body for Script {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.0.next() {
            None | Some(Step::Pending) => Poll::Pending,
            Some(Step::End) => Poll::Ready(None),
            Some(Step::Data(text)) => Poll::Ready(Some(Ok(Frame::data(text.into())))),
            Some(Step::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(trailers())))),
            Some(Step::Error) => Poll::Ready(Some(Err(std::io::Error::other("its own")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_slice() == [Step::End]
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.0.as_slice().iter().filter(|step| matches!(step, Step::Data(_))).count() as u64);
        hint
    }
}

/// What one poll gave, and what the body says of itself then.
fn poll<B>(body: Pin<&mut B>, waker: &Waker) -> (String, bool, u64)
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    let mut body = body;
    let text = match body.as_mut().poll_frame(&mut Context::from_waker(waker)) {
        Poll::Pending => "pending".to_owned(),
        Poll::Ready(None) => "end".to_owned(),
        Poll::Ready(Some(Err(error))) => format!("error {error}"),
        Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
            Ok(data) => format!("data {data:?}"),
            Err(frame) => format!("trailers {:?}", frame.into_trailers().unwrap()),
        },
    };
    (text, body.is_end_stream(), body.size_hint().lower())
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

const SCRIPTS: [&[Step]; 6] = [
    &[Step::End, Step::End],
    &[Step::Data("a"), Step::Pending, Step::Data("b"), Step::End, Step::End],
    &[Step::Data("a"), Step::Trailers, Step::End],
    &[Step::Trailers, Step::End],
    &[Step::Data("a"), Step::Error, Step::End],
    &[Step::End],
];

#[test]
fn a_body_that_nobody_closes_is_the_inner_one_frame_by_frame() {
    let keyring = keyring();
    for script in SCRIPTS {
        let wrapped: [CallBody<Script>; 4] = [
            CallBody::request(Script::new(script), terms(&keyring)),
            CallBody::response(Script::new(script), &grpc(), terms(&keyring)),
            CallBody::response(Script::new(script), &HeaderMap::new(), terms(&keyring)),
            CallBody::response(Script::new(script), &grpc(), None),
        ];
        for wrapped in wrapped {
            let (mut plain, mut wrapped) = (pin!(Script::new(script)), pin!(wrapped));
            assert_eq!(wrapped.is_end_stream(), plain.is_end_stream(), "{script:?}");
            assert_eq!(wrapped.size_hint().lower(), plain.size_hint().lower(), "{script:?}");
            for step in script {
                let expected = poll(plain.as_mut(), Waker::noop());
                assert_eq!(poll(wrapped.as_mut(), Waker::noop()), expected, "{script:?} at {step:?}");
            }
        }
    }
}

#[test]
fn a_body_ends_in_its_own_way_when_the_token_leaves_and_its_task_is_woken() {
    let error = Closed::Revoked.into_status().to_string();
    let status = format!("trailers {:?}", Closed::Revoked.trailers());
    type Make = fn(Script, Option<Terms>) -> CallBody<Script>;
    let table: [(&str, Make, String); 3] = [
        ("request", CallBody::request, format!("error {error}")),
        ("gRPC response", |body, terms| CallBody::response(body, &grpc(), terms), status),
        ("page", |body, terms| CallBody::response(body, &HeaderMap::new(), terms), format!("error {error}")),
    ];
    for (name, make, expected) in table {
        for waiting in [true, false] {
            let keyring = keyring();
            let inner = if waiting { Script::new(&[]) } else { Script::new(&[Step::Data("more"), Step::End]) };
            let mut body = pin!(make(inner, terms(&keyring)));
            let woken = Arc::new(Woken::default());
            let waker = Waker::from(Arc::clone(&woken));
            if waiting {
                for _ in 0..3 {
                    assert_eq!(poll(body.as_mut(), &waker).0, "pending", "{name}");
                }
            }
            keyring.retire().unwrap();
            assert_eq!(woken.0.load(Ordering::SeqCst), usize::from(waiting), "{name}: woken once, if it waits");
            assert_eq!(poll(body.as_mut(), &waker), (expected.clone(), true, 0), "{name}, waiting: {waiting}");
            assert_eq!(poll(body.as_mut(), &waker), ("end".to_owned(), true, 0), "{name}: and once only");
        }
    }
}

#[test]
fn the_task_that_polled_last_is_the_one_that_is_woken() {
    let keyring = keyring();
    let mut body = pin!(CallBody::request(Script::new(&[]), terms(&keyring)));
    let wakers: [Arc<Woken>; 2] = Default::default();
    for woken in &wakers {
        assert_eq!(poll(body.as_mut(), &Waker::from(Arc::clone(woken))).0, "pending");
    }
    keyring.retire().unwrap();
    assert_eq!(wakers.map(|woken| woken.0.load(Ordering::SeqCst)), [0, 1]);
}

#[test]
fn what_is_complete_is_not_ended_again() {
    for script in SCRIPTS {
        let keyring = keyring();
        let mut body = pin!(CallBody::response(Script::new(script), &grpc(), terms(&keyring)));
        let ended = |polled: &str| polled == "end" || polled.starts_with("trailers") || polled.starts_with("error");
        while !body.is_end_stream() && !ended(&poll(body.as_mut(), Waker::noop()).0) {}
        keyring.retire().unwrap();
        assert_eq!(poll(body.as_mut(), Waker::noop()).0, "end", "{script:?}");
    }
}

#[test]
fn a_response_whose_length_was_promised_is_broken_and_not_ended_short() {
    let keyring = keyring();
    let mut body = pin!(CallBody::response("a whole page".to_owned(), &grpc(), terms(&keyring)));
    assert_eq!(body.size_hint().exact(), Some(12));
    keyring.retire().unwrap();
    assert!(poll(body.as_mut(), Waker::noop()).0.starts_with("error"));
}

#[test]
fn the_error_of_a_request_is_a_status_with_the_reason_behind_it() {
    let table = [(Closed::Revoked, Code::Unauthenticated, MESSAGE), (Closed::MaxAge, Code::Unavailable, "MaxAge: ")];
    for (closed, code, message) in table {
        let error: Box<dyn Error + Send + Sync> = closed.into_status().into();
        assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&closed));
        let status = Status::from_error(error);
        assert_eq!(status.code(), code);
        assert!(status.message().starts_with(message), "{status}");
        assert!(closed.grpc_message().bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'%'));
    }
}

fn request(presented: &str, kind: &str) -> Request<String> {
    let request = Request::post("/ray.rpc.InternalPubSubGcsService/GcsSubscriberPoll");
    request.header(AUTHORIZATION, format!("Bearer {presented}")).header(CONTENT_TYPE, kind).body(String::new()).unwrap()
}

#[test]
fn a_waiting_call_is_answered_at_once_and_its_handler_dropped() {
    for (kind, status) in [("application/grpc", 200), ("text/plain", 403)] {
        let keyring = keyring();
        let waiting = Arc::new(());
        let seen = Arc::clone(&waiting);
        let handler = service_fn(move |_: Request<CallBody<String>>| {
            let waiting = Arc::clone(&waiting);
            async move {
                let _waiting = waiting;
                std::future::pending::<Result<Response<String>, Infallible>>().await
            }
        });
        let service = RequireTokenLayer::new(keyring.clone()).close_on_revoke().layer(handler);
        let mut call = pin!(service.oneshot(request("old", kind)));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(Arc::strong_count(&seen), 2, "{kind}: the handler waits");
        keyring.retire().unwrap();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1, "{kind}");
        let Poll::Ready(Ok(response)) = call.as_mut().poll(&mut Context::from_waker(&waker)) else {
            panic!("{kind}: not answered")
        };
        assert_eq!(response.status(), status, "{kind}");
        assert_eq!(response.extensions().get(), Some(&Closed::Revoked), "{kind}");
        assert!(response.body().is_end_stream(), "{kind}");
        let fields: Vec<_> = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let grpc: [(&str, &[u8]); 3] =
            [("grpc-status", b"16"), ("grpc-message", MESSAGE.as_bytes()), ("content-type", b"application/grpc")];
        assert_eq!(fields, if status == 200 { &grpc[..] } else { &[] }, "{kind}");
        assert_eq!(Arc::strong_count(&seen), 1, "{kind}: the handler's future is gone before its answer goes out");
    }
}
