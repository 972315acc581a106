//! A real HTTP/2 stack on the other side.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use h2::server::{self, SendResponse};
use h2::{Reason, RecvStream};
use http::{HeaderMap, Response as HttpResponse};
use tokio::io::{DuplexStream, duplex};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::raw_http2::{self, Connection, Frame, Handshake, Outcome, PREFACE, Request, flags, kind};

// The clock of most tests is paused: it jumps ahead only when nothing else can happen.
const BOUND: Duration = Duration::from_secs(5);

/// One request of a connection, as the server sees it.
type Call = (http::Request<RecvStream>, SendResponse<Bytes>);

/// Serves one connection, each call by `answer`, until the peer goes.
async fn serve<F: Future<Output = ()> + Send + 'static>(io: DuplexStream, answer: impl Fn(Call) -> F) {
    let mut builder = server::Builder::new();
    builder.max_header_list_size(1 << 20);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(io).await else { return };
    while let Some(Ok(call)) = connection.accept().await {
        tokio::spawn(answer(call));
    }
}

/// A client of such a server.
async fn client<F: Future<Output = ()> + Send + 'static>(
    answer: impl Fn(Call) -> F + Send + 'static,
) -> Connection<DuplexStream> {
    let (near, far) = duplex(1 << 16);
    tokio::spawn(async move { serve(far, answer).await });
    Connection::over(near, Handshake::Complete, BOUND).await.unwrap()
}

fn refusal() -> HttpResponse<()> {
    let builder = HttpResponse::builder().header("content-type", "application/grpc");
    builder.header("grpc-status", "16").header("grpc-message", "no%20token").body(()).unwrap()
}

fn trailers(status: &'static str) -> HeaderMap {
    [("grpc-status".parse().unwrap(), status.parse().unwrap())].into_iter().collect::<HeaderMap>()
}

#[tokio::test(start_paused = true)]
async fn trailers_only() {
    let mut client = client(|(_, mut respond)| async move {
        respond.send_response(refusal(), true).unwrap();
    })
    .await;
    let outcome = client.ask(&Request::grpc("/m"), BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(16));
    assert_eq!(outcome.grpc_message().as_deref(), Some("no token"));
    let response = outcome.response().unwrap();
    assert!(response.end_stream_on_first_headers && response.ended);
    assert_eq!((response.http_status, &response.trailers, response.data.len()), (200, &None, 0));
}

#[tokio::test(start_paused = true)]
async fn data_and_trailers_on_several_streams() {
    let mut client = client(|(request, mut respond)| async move {
        let mut body = respond.send_response(HttpResponse::new(()), false).unwrap();
        let path = request.uri().path().to_owned();
        body.send_data(raw_http2::grpc_frame(path.as_bytes()).into(), false).unwrap();
        body.send_trailers(trailers("0")).unwrap();
    })
    .await;
    let first = client.send(&Request::grpc("/first")).await.unwrap();
    let second = client.send(&Request::grpc("/second")).await.unwrap();
    for (stream, path) in [(second, "/second"), (first, "/first")] {
        let outcome = client.outcome(stream, BOUND).await.unwrap();
        let response = outcome.response().unwrap();
        assert_eq!(response.messages(), [path.as_bytes()]);
        assert_eq!((response.grpc_status(), response.end_stream_on_first_headers), (Some(0), false));
        assert_eq!(response.rst_after, None);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_arrives_as_it_is() {
    let (seen, mut arrived) = tokio::sync::mpsc::unbounded_channel();
    let mut client = client(move |(request, mut respond)| {
        let values: Vec<Vec<u8>> =
            request.headers().get_all("authorization").iter().map(|value| value.as_bytes().to_vec()).collect();
        seen.send(values).unwrap();
        async move {
            respond.send_response(refusal(), true).unwrap();
        }
    })
    .await;
    let long = vec![b'a'; 64 << 10];
    for huffman in [false, true] {
        let request = Request::grpc("/m").huffman(huffman);
        let request = request.add("authorization", *b"\xff").add("authorization", "").add("authorization", &long[..]);
        assert_eq!(client.ask(&request, BOUND).await.unwrap().grpc_status(), Some(16));
        assert_eq!(arrived.recv().await.unwrap(), [&b"\xff"[..], b"", &long]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_stack_lets_through_arrives_and_is_refused() {
    let code = u32::from(Reason::PROTOCOL_ERROR);
    let (reset, goaway) = (Outcome::Reset { error_code: code }, Outcome::GoAway { error_code: code });
    let cases = [
        ("upper-case name", Request::grpc("/m").add("Authorization", "x"), &goaway),
        ("empty name", Request::grpc("/m").add("", "x"), &goaway),
        ("NUL in a value", Request::grpc("/m").add("x", "a\0b"), &goaway),
        ("pseudo-header at the end", Request::grpc("/m").without(":scheme").add(":scheme", "http"), &reset),
        ("no method", Request::grpc("/m").without(":method"), &reset),
        ("te of another kind", Request::grpc("/m").set("te", "gzip"), &reset),
    ];
    for (name, request, expected) in cases {
        for request in [request.clone(), request.clone().huffman(true), request.frame_size(3)] {
            let mut client = client(|(_, mut respond)| async move {
                respond.send_response(refusal(), true).unwrap();
            })
            .await;
            assert_eq!(client.ask(&request, BOUND).await.unwrap(), *expected, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_before_and_after_the_response_begins() {
    let begun = Arc::new(Notify::new());
    let seen = Arc::clone(&begun);
    let mut client = client(move |(request, mut respond)| {
        let begun = Arc::clone(&begun);
        async move {
            if request.uri().path() == "/before" {
                respond.send_reset(Reason::REFUSED_STREAM);
                return;
            }
            let mut body = respond.send_response(HttpResponse::new(()), false).unwrap();
            // A reset takes back what has not gone out yet.
            begun.notified().await;
            body.send_reset(Reason::CANCEL);
        }
    })
    .await;
    let outcome = client.ask(&Request::grpc("/before"), BOUND).await.unwrap();
    assert_eq!(outcome, Outcome::Reset { error_code: Reason::REFUSED_STREAM.into() });

    let stream = client.send(&Request::grpc("/after")).await.unwrap();
    client.outcome_when(stream, BOUND, |_| true).await.unwrap();
    seen.notify_one();
    let outcome = client.outcome(stream, BOUND).await.unwrap();
    let response = outcome.response().unwrap();
    assert_eq!((response.rst_after, response.ended), (Some(Reason::CANCEL.into()), false));
}

#[tokio::test(start_paused = true)]
async fn a_request_left_open_is_reset_without_error_after_the_refusal() {
    let mut client = client(|(_, mut respond)| async move {
        respond.send_response(refusal(), true).unwrap();
    })
    .await;
    let outcome = client.ask(&Request::grpc("/m").leave_open(), BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(16));
    assert_eq!(outcome.response().unwrap().rst_after, Some(Reason::NO_ERROR.into()));
}

#[tokio::test(start_paused = true)]
async fn silence_and_half_an_answer() {
    let mut client = client(|(request, mut respond)| async move {
        if request.uri().path() == "/silent" {
            return std::future::pending().await;
        }
        let mut body = respond.send_response(HttpResponse::new(()), false).unwrap();
        body.send_data(raw_http2::grpc_frame(b"serving").into(), false).unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(client.ask(&Request::grpc("/silent"), BOUND).await.unwrap(), Outcome::NoAnswer);

    let outcome = client.ask(&Request::grpc("/open"), BOUND).await.unwrap();
    assert_eq!((outcome.grpc_status(), outcome.response().unwrap().ended), (None, false));

    let stream = client.send(&Request::grpc("/open")).await.unwrap();
    let before = tokio::time::Instant::now();
    let outcome = client.outcome_when(stream, BOUND, |response| !response.messages().is_empty()).await.unwrap();
    assert_eq!(outcome.response().unwrap().messages(), [b"serving"]);
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert!(client.ping(BOUND).await.unwrap());
    assert!(!client.closed(BOUND).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn broken_framing_ends_the_connection() {
    let cases: [(&str, Vec<u8>); 4] = [
        ("DATA on the connection", Frame::new(kind::DATA, 0, 0, *b"x").encode()),
        ("CONTINUATION first", Frame::new(kind::CONTINUATION, flags::END_HEADERS, 1, []).encode()),
        ("a frame of the wrong size", Frame::new(kind::PING, 0, 0, *b"short").encode()),
        ("garbage", vec![0xff; 64]),
    ];
    for (name, bytes) in cases {
        let mut client = client(|_| async {}).await;
        client.send_raw(&bytes).await.unwrap();
        let outcome = client.outcome(1, BOUND).await.unwrap();
        assert!(matches!(outcome, Outcome::GoAway { error_code } if error_code != 0), "{name}: {outcome:?}");
        assert!(client.goaway().is_some_and(|goaway| goaway.error_code != 0), "{name}");
        assert!(client.closed(BOUND).await.unwrap(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_cut_short() {
    let bytes = Request::grpc("/m").encode(1).unwrap();
    for length in [1, 9, 10, bytes.len() - 1] {
        let mut client = client(|(_, respond)| async move {
            let _held = respond;
            std::future::pending::<()>().await;
        })
        .await;
        client.send_raw(&bytes[..length]).await.unwrap();
        assert_eq!(client.outcome(1, BOUND).await.unwrap(), Outcome::NoAnswer, "{length} bytes");
        client.finish().await.unwrap();
        assert!(client.closed(BOUND).await.unwrap(), "{length} bytes");
        assert!(matches!(client.outcome(1, BOUND).await.unwrap(), Outcome::Closed | Outcome::GoAway { .. }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_preface_of_our_own() {
    for (preface, answered) in [(PREFACE, true), (&b"GET / HTTP/1.1\r\n\r\n......"[..], false)] {
        let (near, far) = duplex(1 << 16);
        tokio::spawn(serve(far, |(_, mut respond): Call| async move {
            respond.send_response(refusal(), true).unwrap();
        }));
        let mut client = Connection::over(near, Handshake::None, BOUND).await.unwrap();
        client.send_raw(preface).await.unwrap();
        client.send_frame(&Frame::settings(&[])).await.unwrap();
        let outcome = client.ask(&Request::grpc("/m"), BOUND).await.unwrap();
        assert_eq!(outcome.grpc_status().is_some(), answered, "{outcome:?}");
    }
}

#[tokio::test]
async fn over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (io, _) = listener.accept().await.unwrap();
        let mut connection = server::handshake(io).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_response(refusal(), true).unwrap();
        }
        // The listener goes only now, so nothing is refused before.
        drop(listener);
    });
    let outcome = raw_http2::ask(address, &Request::grpc("/m"), BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(16));
}

#[tokio::test]
async fn no_server_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = raw_http2::ask(address, &Request::grpc("/m"), BOUND).await.unwrap_err();
    assert_eq!(error.to_string(), "no connection");
}
