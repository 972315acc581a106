//! A peer that plays back frames: the habits of gRPC's C core, and peers that break HTTP/2.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use crate::raw_http2::{Connection, Frame, Handshake, Outcome, Request, flags, kind};

const BOUND: Duration = Duration::from_secs(5);
const END: u8 = flags::END_STREAM | flags::END_HEADERS;

/// A connection whose handshake is done, and the peer's side of it.
async fn pair() -> (Connection<DuplexStream>, DuplexStream) {
    let (near, mut far) = duplex(1 << 16);
    far.write_all(&all(&[Frame::settings(&[(6, 16_384)]), Frame::settings_ack()])).await.unwrap();
    let connection = Connection::over(near, Handshake::Complete, BOUND).await.unwrap();
    (connection, far)
}

/// What stream 1 comes to when the peer sends this and hangs up.
async fn played(bytes: &[u8]) -> anyhow::Result<Outcome> {
    let (mut connection, mut far) = pair().await;
    far.write_all(bytes).await.unwrap();
    far.shutdown().await.unwrap();
    connection.outcome(1, BOUND).await
}

fn all(frames: &[Frame]) -> Vec<u8> {
    frames.iter().flat_map(Frame::encode).collect()
}

/// A header block in the forms a server may use, also those that change the decoder's table.
fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    loona_hpack::Encoder::new().encode(fields)
}

fn refusal() -> Vec<u8> {
    block(&[
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", "13"),
        ("grpc-message", "bad body"),
    ])
}

#[tokio::test(start_paused = true)]
async fn an_error_answer_that_is_repeated() {
    let mut encoder = loona_hpack::Encoder::new();
    let mut refusal = || {
        let fields: [(&[u8], &[u8]); 3] =
            [(b":status", b"200"), (b"grpc-status", b"13"), (b"grpc-message", b"bad body")];
        Frame::new(kind::HEADERS, END, 1, encoder.encode(fields))
    };
    // The second and third are written with the table that the first left behind, as is the answer on stream 3.
    let repeated =
        [refusal(), Frame::rst_stream(1, 0), refusal(), Frame::rst_stream(1, 0), refusal(), Frame::rst_stream(1, 0)];
    let next = Frame { stream: 3, ..refusal() };

    let (mut connection, mut far) = pair().await;
    far.write_all(&all(&repeated)).await.unwrap();
    far.write_all(&next.encode()).await.unwrap();
    far.shutdown().await.unwrap();
    let outcome = connection.outcome(1, BOUND).await.unwrap();
    let response = outcome.response().unwrap();
    assert_eq!((response.grpc_status(), response.grpc_message().as_deref()), (Some(13), Some("bad body")));
    assert_eq!((response.rst_after, response.repeated, &response.trailers), (Some(0), 2, &None));
    assert_eq!(connection.outcome(3, BOUND).await.unwrap().grpc_status(), Some(13));
}

#[tokio::test(start_paused = true)]
async fn a_reset_after_the_trailers() {
    let frames = [
        Frame::new(kind::HEADERS, flags::END_HEADERS, 1, block(&[(":status", "200")])),
        Frame::new(kind::DATA, 0, 1, *b"\0\0\0\0\x01a"),
        Frame::new(kind::HEADERS, END, 1, block(&[("grpc-status", "0")])),
        Frame::rst_stream(1, 0),
    ];
    let outcome = played(&all(&frames)).await.unwrap();
    let response = outcome.response().unwrap();
    assert_eq!((response.grpc_status(), response.rst_after, response.repeated), (Some(0), Some(0), 0));
    assert_eq!(response.messages(), [b"a"]);
    assert_eq!(response.trailer("grpc-status"), Some(&b"0"[..]));
}

#[tokio::test(start_paused = true)]
async fn what_a_busy_server_sends_in_between() {
    let mut broken_up = Vec::new();
    let block = refusal();
    broken_up.push(Frame::new(kind::HEADERS, flags::END_STREAM, 1, &block[..10]));
    broken_up.push(Frame::new(kind::CONTINUATION, 0, 1, &block[10..11]));
    broken_up.push(Frame::new(kind::CONTINUATION, flags::END_HEADERS, 1, &block[11..]));
    let frames = [
        vec![
            Frame::window_update(0, 65_536),
            Frame::ping(*b"bandwdth"),
            Frame::settings(&[(4, 4_194_304), (65_027, 1)]),
            Frame::new(kind::PRIORITY, 0, 1, [0; 5]),
            Frame::new(0xfa, 0xff, 7, *b"an extension"),
            Frame::new(kind::HEADERS, flags::END_HEADERS, 1, self::block(&[(":status", "103"), ("link", "x")])),
            Frame::new(kind::DATA, flags::END_STREAM, 99, *b"nobody asked"),
        ],
        broken_up,
    ];
    let bytes = all(&frames.concat());

    let (mut connection, mut far) = pair().await;
    let stream = connection.send(&Request::grpc("/m")).await.unwrap();
    // Byte by byte: a frame may arrive in any number of reads.
    let feed = tokio::spawn(async move {
        for byte in bytes {
            far.write_all(&[byte]).await.unwrap();
            tokio::task::yield_now().await;
        }
        far
    });
    let outcome = connection.outcome(stream, BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(13));
    assert_eq!(connection.server_settings(), [(6, 16_384), (4, 4_194_304), (65_027, 1)]);

    // Both of the peer's SETTINGS and its PING were answered, in the order they came, before our own PING.
    let mut far = feed.await.unwrap();
    drop(connection);
    let mut sent = Vec::new();
    far.read_to_end(&mut sent).await.unwrap();
    let pong = Frame { flags: flags::ACK, ..Frame::ping(*b"bandwdth") };
    let answers = all(&[pong, Frame::settings_ack(), Frame::ping(1_u64.to_be_bytes())]);
    assert!(sent.ends_with(&answers));
}

#[tokio::test(start_paused = true)]
async fn going_away() {
    let goaway = |last: u32, code: u32| {
        Frame::new(kind::GOAWAY, 0, 0, [&last.to_be_bytes()[..], &code.to_be_bytes(), b"too_many_pings"].concat())
    };
    let answer = Frame::new(kind::HEADERS, END, 1, refusal());
    let begun = Frame::new(kind::HEADERS, flags::END_HEADERS, 1, block(&[(":status", "200")]));
    let cases = [
        ("by error", vec![goaway(0, 11)], Outcome::GoAway { error_code: 11 }),
        ("by error, our stream known", vec![goaway(1, 11)], Outcome::GoAway { error_code: 11 }),
        ("in peace, without our stream", vec![goaway(0, 0)], Outcome::GoAway { error_code: 0 }),
        ("in peace, then closed", vec![goaway(1, 0)], Outcome::Closed),
        ("by reset", vec![Frame::rst_stream(1, 7), goaway(1, 11)], Outcome::Reset { error_code: 7 }),
        ("by closing", vec![], Outcome::Closed),
    ];
    for (name, frames, expected) in cases {
        assert_eq!(played(&all(&frames)).await.unwrap(), expected, "{name}");
    }
    for (name, frames, ended) in [
        ("answered in peace", vec![goaway(1, 0), answer], true),
        ("cut off", vec![begun.clone(), goaway(1, 11)], false),
        ("closed on", vec![begun], false),
    ] {
        let outcome = played(&all(&frames)).await.unwrap();
        assert_eq!(outcome.response().map(|response| response.ended), Some(ended), "{name}");
    }

    let (mut connection, mut far) = pair().await;
    far.write_all(&goaway(0, 11).encode()).await.unwrap();
    connection.outcome(1, BOUND).await.unwrap();
    assert_eq!(connection.goaway().map(|goaway| &goaway.debug[..]), Some(&b"too_many_pings"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_breaks_the_protocol_is_an_error() {
    let headers = |block: &[u8]| Frame::new(kind::HEADERS, END, 1, block);
    let cases: [(&str, Vec<u8>); 11] = [
        ("does it speak HTTP/2?", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("no valid :status", headers(&block(&[("grpc-status", "0")])).encode()),
        ("no valid :status", headers(&block(&[(":status", "many")])).encode()),
        ("cannot be decoded", headers(b"\xff\xff\xff\xff\xff\xff").encode()),
        ("outside a header block", Frame::new(kind::CONTINUATION, 0, 1, []).encode()),
        ("on another stream", all(&[Frame::new(kind::HEADERS, 0, 1, []), Frame::new(kind::CONTINUATION, 0, 3, [])])),
        ("inside a header block", all(&[Frame::new(kind::HEADERS, 0, 1, []), Frame::ping([0; 8])])),
        ("no 8 bytes", Frame::new(kind::PING, 0, 0, *b"1").encode()),
        ("cut short", Frame::new(kind::SETTINGS, 0, 0, *b"1").encode()),
        ("where a number belongs", Frame::new(kind::RST_STREAM, 0, 1, *b"1").encode()),
        ("pushes", Frame::new(kind::PUSH_PROMISE, flags::END_HEADERS, 1, []).encode()),
    ];
    for (expected, bytes) in cases {
        let error = format!("{:#}", played(&bytes).await.unwrap_err());
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_waits_for_both_settings_or_for_one() {
    let greeting = Frame::settings(&[(6, 16_384)]).encode();
    for (handshake, finished) in [(Handshake::Complete, false), (Handshake::Unacknowledged, true)] {
        let (near, mut far) = duplex(1 << 16);
        far.write_all(&greeting).await.unwrap();
        let connection = Connection::over(near, handshake, BOUND).await;
        assert_eq!(connection.is_ok(), finished, "{handshake:?}");
        if let Err(error) = connection.map(drop) {
            assert_eq!(error.to_string(), "no HTTP/2 handshake within 5s");
        }
        let mut sent = Vec::new();
        far.read_to_end(&mut sent).await.unwrap();
        assert_eq!(sent.ends_with(&Frame::settings_ack().encode()), !finished, "{handshake:?}");
    }
    let (near, far) = duplex(1 << 16);
    drop(far);
    let error = Connection::over(near, Handshake::Complete, BOUND).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the server closed the connection during the handshake");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_read_is_an_error() {
    let (near, mut far) = duplex(1 << 10);
    far.write_all(&all(&[Frame::settings(&[]), Frame::settings_ack()])).await.unwrap();
    let mut connection = Connection::over(near, Handshake::Complete, BOUND).await.unwrap();
    let error = connection.send(&Request::grpc("/m").add("x", vec![b'a'; 1 << 16])).await.unwrap_err();
    assert_eq!(error.to_string(), "the server read nothing for 5s");
}

#[tokio::test(start_paused = true)]
async fn a_window_that_was_given_once_bounds_what_a_peer_may_send() {
    let (connection, mut far) = pair().await;
    drop(connection);
    let mut sent = Vec::new();
    far.read_to_end(&mut sent).await.unwrap();
    let update = Frame::window_update(0, (16 << 20) - 65_535).encode();
    assert_eq!(sent.windows(update.len()).filter(|bytes| *bytes == update).count(), 1);
}
