//! What a peer can hold open, over real connections.

use ray_auth_gcs::Limits;
use ray_auth_testing::logs::LogCapture;
use ray_auth_testing::raw_http2::{Connection, Frame, Handshake, Outcome, Request};

use crate::support::{BOUND, TOKEN, call, start_echo_within};

const UNARY: &str = "/ray_auth.testing.v1.Echo/Unary";
const BIDI: &str = "/ray_auth.testing.v1.Echo/Bidi";
const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

const SETTINGS_MAX_CONCURRENT_STREAMS: u16 = 3;
const SETTINGS_MAX_HEADER_LIST_SIZE: u16 = 6;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;

async fn status(connection: &mut Connection, request: &Request) -> Option<u32> {
    connection.ask(request, BOUND).await.unwrap().grpc_status()
}

/// Opens a health stream and returns once it has delivered its first message, or is over.
async fn watch(connection: &mut Connection, request: &Request) -> Outcome {
    let stream = connection.send(request).await.unwrap();
    let delivered = |response: &ray_auth_testing::raw_http2::Response| !response.messages().is_empty();
    connection.outcome_when(stream, BOUND, delivered).await.unwrap()
}

fn stays_open(outcome: &Outcome) -> bool {
    outcome.response().is_some_and(|response| !response.ended)
}

#[tokio::test]
async fn a_flood_of_idle_connections_does_not_lock_anybody_out() {
    let server = start_echo_within(Limits { strangers: 4, ..Limits::default() }).await;
    let mut known = server.raw().await;
    assert_eq!(status(&mut known, &call(UNARY)).await, Some(0));

    let mut idle = Vec::new();
    for _ in 0..12 {
        idle.push(server.raw().await);
    }
    for (number, connection) in idle.iter_mut().enumerate() {
        if number < 8 {
            assert!(connection.closed(BOUND).await.unwrap(), "{number} is one of the oldest");
        } else {
            assert!(connection.ping(BOUND).await.unwrap(), "{number} is one of the newest");
        }
    }
    assert_eq!(status(&mut known, &call(UNARY)).await, Some(0), "who was let in once stays");
    assert_eq!(status(&mut server.raw().await, &call(UNARY)).await, Some(0), "who comes anew gets in");
}

#[tokio::test]
async fn refused_and_health_calls_leave_a_connection_a_strangers() {
    let server = start_echo_within(Limits { strangers: 2, ..Limits::default() }).await;
    let wrong = Request::grpc(UNARY).add("authorization", "Bearer wrong");
    let cases = [
        ("no token", Request::grpc(UNARY), 16),
        ("wrong token", wrong, 16),
        ("health", Request::grpc(CHECK), 0),
        ("health with the token", call(CHECK), 0),
        ("a method of health there is not", call("/grpc.health.v1.Health/Nothing"), 12),
    ];
    for (what, request, expected) in cases {
        let mut connection = server.raw().await;
        assert_eq!(status(&mut connection, &request).await, Some(expected), "{what}");
        let _newer = (server.raw().await, server.raw().await);
        assert!(connection.closed(BOUND).await.unwrap(), "{what}");
    }
    let mut connection = server.raw().await;
    assert_eq!(status(&mut connection, &call("/no.such.Service/Method")).await, Some(12));
    let _newer = (server.raw().await, server.raw().await);
    assert!(connection.ping(BOUND).await.unwrap(), "a call with the token counts, whatever it asks for");
}

#[tokio::test]
async fn watches_of_strangers_are_limited() {
    let limits = Limits::default();
    let places = limits.exempt_streams;
    let server = start_echo_within(limits).await;
    let (mut first, mut second) = (server.raw().await, server.raw().await);
    assert!(stays_open(&watch(&mut first, &Request::grpc(WATCH)).await));
    for number in 1..places {
        assert!(stays_open(&watch(&mut second, &Request::grpc(WATCH)).await), "{number}");
    }

    let refused = watch(&mut second, &Request::grpc(WATCH)).await;
    assert_eq!(refused.grpc_status(), Some(8));
    let message = "too many open health streams of peers without a token; try again later";
    assert_eq!(refused.grpc_message().as_deref(), Some(message));
    assert!(refused.response().unwrap().end_stream_on_first_headers);

    let mut probe = server.raw().await;
    assert_eq!(status(&mut probe, &Request::grpc(CHECK)).await, Some(0), "probes get through");
    assert_eq!(status(&mut probe, &call(UNARY)).await, Some(0));
    assert!(stays_open(&watch(&mut probe, &call(WATCH)).await), "who was let in once is no stranger");

    // Reset, and noticed: the PING behind it is answered.
    first.send_frame(&Frame::rst_stream(1, CANCEL)).await.unwrap();
    assert!(first.ping(BOUND).await.unwrap());
    assert!(stays_open(&watch(&mut second, &Request::grpc(WATCH)).await), "the place is free again");
}

#[tokio::test]
async fn unfinished_checks_make_room_for_the_newest() {
    let server = start_echo_within(Limits { exempt_streams: 2, ..Limits::default() }).await;
    let mut holder = server.raw().await;
    let unfinished = Request::grpc(CHECK).no_body().leave_open();
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(holder.send(&unfinished).await.unwrap());
    }
    assert!(holder.ping(BOUND).await.unwrap());
    assert_eq!(status(&mut server.raw().await, &Request::grpc(CHECK)).await, Some(0), "a probe gets through");

    let ended = holder.outcome(held[0], BOUND).await.unwrap();
    assert_eq!(ended.grpc_status(), Some(8), "the oldest made room");
    let body = Frame::new(0, 1, held[1], ray_auth_testing::raw_http2::grpc_frame(&[]));
    holder.send_frame(&body).await.unwrap();
    assert_eq!(holder.outcome(held[1], BOUND).await.unwrap().grpc_status(), Some(0), "the other may finish");
}

#[tokio::test]
async fn streams_of_one_connection_are_limited() {
    let limits = Limits::default();
    let max = limits.streams_per_connection;
    let server = start_echo_within(limits).await;
    // Not acknowledged, so that the limit is the server's to hold and not the client's to keep.
    let mut connection = Connection::open_with(server.address, Handshake::Unacknowledged, BOUND).await.unwrap();
    assert!(connection.server_settings().contains(&(SETTINGS_MAX_CONCURRENT_STREAMS, 128)));
    for _ in 0..max {
        connection.send(&call(BIDI).leave_open()).await.unwrap();
    }
    let one_more = connection.send(&call(BIDI).leave_open()).await.unwrap();
    let outcome = connection.outcome(one_more, BOUND).await.unwrap();
    assert_eq!(outcome, Outcome::Reset { error_code: REFUSED_STREAM });
}

#[tokio::test]
async fn header_lists_are_limited() {
    let server = start_echo_within(Limits::default()).await;
    let mut connection = server.raw().await;
    assert!(connection.server_settings().contains(&(SETTINGS_MAX_HEADER_LIST_SIZE, 16_384)));
    assert_eq!(status(&mut connection, &call(UNARY).add("x-pad", vec![b'x'; 15_000])).await, Some(0));
    let outcome = connection.ask(&call(UNARY).add("x-pad", vec![b'x'; 17_000]), BOUND).await.unwrap();
    assert_eq!(outcome.response().map(|response| response.http_status), Some(431), "{outcome:?}");
    assert_eq!(status(&mut connection, &call(UNARY)).await, Some(0), "the connection lives");
}

#[tokio::test]
async fn a_peer_that_resets_streams_as_it_opens_them_is_dropped() {
    let server = start_echo_within(Limits::default()).await;
    let mut connection = server.raw().await;
    let mut burst = Vec::new();
    for _ in 0..1_000 {
        let stream = connection.reserve_stream();
        burst.extend(call(BIDI).no_body().leave_open().encode(stream).unwrap());
        burst.extend(Frame::rst_stream(stream, CANCEL).encode());
    }
    connection.send_raw(&burst).await.unwrap();
    assert!(connection.closed(BOUND).await.unwrap());
    assert_eq!(status(&mut server.raw().await, &call(UNARY)).await, Some(0));
}

#[tokio::test]
async fn http1_gets_no_answer() {
    let server = start_echo_within(Limits::default()).await;
    let mut connection = Connection::open_with(server.address, Handshake::None, BOUND).await.unwrap();
    connection.send_raw(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert!(connection.closed(BOUND).await.unwrap());
}

#[tokio::test]
async fn many_connections_with_a_token_are_no_strangers() {
    let server = start_echo_within(Limits { strangers: 2, ..Limits::default() }).await;
    let mut connections = Vec::new();
    for _ in 0..8 {
        let mut connection = server.raw().await;
        assert_eq!(status(&mut connection, &call(UNARY)).await, Some(0));
        connections.push(connection);
    }
    for connection in &mut connections {
        assert_eq!(status(connection, &call(UNARY)).await, Some(0));
    }
}

#[tokio::test]
async fn a_refusal_names_the_peer_in_the_log() {
    let logs = LogCapture::new();
    let guard = logs.scoped();
    let server = start_echo_within(Limits::default()).await;
    assert_eq!(status(&mut server.raw().await, &Request::grpc(UNARY)).await, Some(16));
    assert_eq!(status(&mut server.raw().await, &call(UNARY)).await, Some(0));
    drop(guard);
    let refusals = logs.events_at(ray_auth::require::LOG_TARGET);
    let peers: Vec<_> = refusals.iter().filter_map(|refusal| refusal.field("client.addr")).collect();
    assert!(matches!(peers[..], [peer] if peer.starts_with("127.0.0.1:")), "{peers:?}");
    logs.assert_absent("the token", TOKEN);
}

#[tokio::test]
async fn a_flood_is_a_few_lines_in_the_log() {
    let logs = LogCapture::new();
    let guard = logs.scoped();
    let server = start_echo_within(Limits { strangers: 1, ..Limits::default() }).await;
    let mut idle = Vec::new();
    for _ in 0..65 {
        idle.push(server.raw().await);
    }
    drop(guard);
    let lines = logs.events_at("ray_auth_gcs::limits::connection");
    let dropped: Vec<_> = lines.iter().filter_map(|line| line.field("connections.dropped")).collect();
    assert_eq!(dropped, ["1", "2", "4", "8", "16", "32", "64"]);
}
