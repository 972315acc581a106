use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Method, Request, Response, Uri, Version};
use http_body_util::{BodyExt, Full, StreamBody};
use tokio::sync::{mpsc, oneshot};
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::{AddTokenLayer, Keyring, Rejection, Token};

mod course;

const OLD: &str = "old-secret-that-nobody-may-see";
const NEW: &str = "new-secret-that-nobody-may-see";

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// The keyring of a process that was told of the new token and still sends the old one.
fn staged() -> Keyring {
    let keyring = Keyring::new(token(OLD));
    keyring.stage(token(NEW)).unwrap();
    keyring
}

/// A message with its prefix, `payload` bytes long.
fn message(payload: usize) -> Bytes {
    let length = u32::try_from(payload).unwrap().to_be_bytes();
    Bytes::from([&[0][..], &length, &vec![b'x'; payload]].concat())
}

fn unary(payload: usize) -> Request<Body> {
    Request::post("/a.B/C").body(Body::new(Full::from(message(payload)))).unwrap()
}

type Answer = Response<&'static str>;

fn refusal() -> Answer {
    Rejection::WrongToken.into_grpc_response()
}

/// What a server saw of a call.
struct Seen {
    parts: Parts,
    bytes: Bytes,
}

impl Seen {
    fn token(&self) -> &str {
        self.parts.headers.get(AUTHORIZATION).map_or("", |value| value.to_str().unwrap())
    }
}

/// Sends `request` through `layer` to a server that gives these answers, and says what came of it and what the server saw.
async fn send(
    layer: &RetryTokenLayer,
    request: Request<Body>,
    mut answer: impl FnMut(usize) -> Answer + Send,
) -> (Answer, Vec<Seen>) {
    let seen = Arc::<Mutex<Vec<Seen>>>::default();
    let (requests, mut received) = mpsc::unbounded_channel::<(Seen, oneshot::Sender<Answer>)>();
    let service = layer.layer(service_fn(move |request: Request<Body>| {
        let requests = requests.clone();
        async move {
            let (parts, body) = request.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            let (answer, answered) = oneshot::channel();
            requests.send((Seen { parts, bytes }, answer)).unwrap();
            Ok::<_, Infallible>(answered.await.unwrap())
        }
    }));
    let serving = async {
        while let Some((request, respond)) = received.recv().await {
            let mut seen = seen.lock().unwrap();
            seen.push(request);
            respond.send(answer(seen.len())).unwrap();
        }
    };
    let (response, ()) = tokio::join!(service.oneshot(request), serving);
    (response.unwrap(), std::mem::take(&mut *seen.lock().unwrap()))
}

#[derive(Clone, Debug, PartialEq)]
struct Note(&'static str);

#[tokio::test]
async fn a_refused_call_is_sent_once_more_as_it_was_with_the_primary_of_now() {
    let keyring = staged();
    let layer = AddTokenLayer::new(keyring.clone()).retry_refused();
    let mut request = unary(100);
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = Uri::from_static("/a.B/C?with=query");
    *request.version_mut() = Version::HTTP_2;
    request.extensions_mut().insert(Note("kept"));
    for (name, value) in [("te", "trailers"), ("x-twice", "1"), ("x-twice", "2"), ("grpc-timeout", "20S")] {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let (response, seen) = send(&layer, request, |call| {
        if call == 1 {
            keyring.promote().unwrap();
            refusal()
        } else {
            Response::new("hello")
        }
    })
    .await;
    assert_eq!(*response.body(), "hello");
    let [first, second] = &seen[..] else { panic!("{} calls", seen.len()) };
    assert_eq!(first.token(), format!("Bearer {OLD}"));
    assert_eq!(second.token(), format!("Bearer {NEW}"));
    for call in &seen {
        assert_eq!(call.parts.method, Method::PUT);
        assert_eq!(call.parts.uri, "/a.B/C?with=query");
        assert_eq!(call.parts.version, Version::HTTP_2);
        assert_eq!(call.parts.extensions.get(), Some(&Note("kept")));
        assert_eq!(call.bytes, message(100));
        assert!(call.parts.headers[AUTHORIZATION].is_sensitive());
        let twice: Vec<_> = call.parts.headers.get_all("x-twice").iter().collect();
        assert_eq!(twice, ["1", "2"]);
        assert_eq!(call.parts.headers.len(), 5);
    }
    assert_eq!(first.parts.headers["grpc-timeout"], "20S");
    let left = second.parts.headers["grpc-timeout"].to_str().unwrap().strip_suffix('u').unwrap();
    assert!(left.parse::<u64>().unwrap() < 20_000_000, "{left} microseconds are left of twenty seconds");
}

#[tokio::test]
async fn the_next_call_carries_the_new_primary_at_once() {
    let keyring = staged();
    let layer = AddTokenLayer::new(keyring.clone()).retry_with_accepted();
    let steps: [(fn(&Keyring), _); 3] = [
        (|_| (), OLD),
        (|keyring| assert!(keyring.promote().is_ok()), NEW),
        (|keyring| assert!(keyring.retire().is_ok()), NEW),
    ];
    for (step, expected) in steps {
        step(&keyring);
        let (_, seen) = send(&layer, unary(1), |_| Response::new("")).await;
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].token(), format!("Bearer {expected}"));
    }
}

#[tokio::test]
async fn a_second_refusal_is_the_answer() {
    let layer = AddTokenLayer::new(staged()).retry_with_accepted();
    let (response, seen) = send(&layer, unary(1), |call| {
        let mut answer = refusal();
        answer.headers_mut().insert("x-answer", call.into());
        answer
    })
    .await;
    assert_eq!(response.headers()["x-answer"], "2");
    assert_eq!(response.headers()["grpc-status"], "16");
    let tokens: Vec<_> = seen.iter().map(Seen::token).collect();
    assert_eq!(tokens, [format!("Bearer {OLD}"), format!("Bearer {NEW}")]);
}

#[tokio::test]
async fn what_may_not_be_sent_once_more_is_sent_once() {
    let held = || AddTokenLayer::new(staged()).retry_with_accepted();
    let limit = RetryTokenLayer::DEFAULT_BODY_LIMIT;
    let with = |name, value: &str| {
        let mut request = unary(1);
        request.headers_mut().insert::<http::HeaderName>(name, value.parse().unwrap());
        request
    };
    let to = |uri: &str| {
        let mut request = unary(1);
        *request.uri_mut() = uri.parse().unwrap();
        request
    };
    let body = |bytes: Vec<u8>| Request::post("/a.B/C").body(Body::new(Full::from(bytes))).unwrap();
    let later = || {
        let frames = futures_util::stream::unfold(true, |first| async move {
            if !first {
                tokio::task::yield_now().await;
            }
            first.then(|| (Ok::<_, tonic::Status>(http_body::Frame::data(message(1))), false))
        });
        Request::post("/a.B/C").body(Body::new(StreamBody::new(frames))).unwrap()
    };
    let of_this_place = held_for("http://head.example:6379");
    let changed = AddTokenLayer::new(staged()).retry_refused();
    let alone = AddTokenLayer::new(Keyring::new(token(OLD))).retry_with_accepted();
    let disabled = AddTokenLayer::disabled().retry_with_accepted();
    let other = |status: &str, text: &str| {
        let answer = Response::builder().header("grpc-status", status).header("grpc-message", text);
        answer.body("").unwrap()
    };
    let text = Rejection::WrongToken.grpc_message();
    let table = [
        ("a primary that did not change", &changed, unary(1), refusal()),
        ("no other token", &alone, unary(1), refusal()),
        ("no authentication", &disabled, unary(1), refusal()),
        ("the caller's own value", &held(), with(AUTHORIZATION, "Bearer mine"), refusal()),
        ("the caller's own value, empty", &held(), with(AUTHORIZATION, ""), refusal()),
        ("another place", &held(), to("http://elsewhere.example/a.B/C"), refusal()),
        ("another place than the origin", &of_this_place, to("http://elsewhere.example/a.B/C"), refusal()),
        ("a message over the limit", &held(), unary(limit - 4), refusal()),
        ("a message over a limit that was set", &held().with_body_limit(10), unary(6), refusal()),
        ("a limit of nothing", &held().with_body_limit(0), unary(0), refusal()),
        ("two messages", &held(), body(message(1).repeat(2)), refusal()),
        ("a message cut short", &held(), body(message(9)[..9].to_vec()), refusal()),
        ("no message", &held(), body(Vec::new()), refusal()),
        ("a stream that goes on", &held(), later(), refusal()),
        ("a handler's own refusal", &held(), unary(1), other("16", "log in again")),
        ("another cluster's", &held(), unary(1), other("16", "WrongClusterID: Perhaps the client is …")),
        ("another status", &held(), unary(1), other("14", text)),
        ("success", &held(), unary(1), Response::new("hello")),
    ];
    for (name, layer, request, answer) in table {
        let (headers, body) = (answer.headers().clone(), *answer.body());
        let mut answer = Some(answer);
        let (response, seen) = send(layer, request, |_| answer.take().expect(name)).await;
        assert_eq!(seen.len(), 1, "{name}");
        assert_eq!((response.headers(), *response.body()), (&headers, body), "{name}");
    }
}

fn held_for(origin: &'static str) -> RetryTokenLayer {
    AddTokenLayer::new(staged()).for_origin(&Uri::from_static(origin)).unwrap().retry_with_accepted()
}

#[tokio::test]
async fn the_largest_message_and_the_origin_are_within_what_may() {
    let layer = held_for("http://head.example:6379");
    let mut request = unary(RetryTokenLayer::DEFAULT_BODY_LIMIT - 5);
    *request.uri_mut() = Uri::from_static("http://head.example:6379/a.B/C");
    let answer = |call| if call == 1 { refusal() } else { Response::new("hello") };
    let (response, seen) = send(&layer, request, answer).await;
    assert_eq!((*response.body(), seen.len()), ("hello", 2));
    assert_eq!(seen[1].bytes.len(), RetryTokenLayer::DEFAULT_BODY_LIMIT);
    assert_eq!(seen[1].parts.uri, seen[0].parts.uri);
}
