use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::connection::{Connection, Connections};
use super::io::Guarded;
use super::tally::Tally;
use super::{Accept, Closed, Incoming, Limits};

const FIRST_REQUEST: Duration = Duration::from_secs(10);

fn nobody() -> TcpConnectInfo {
    TcpConnectInfo { local_addr: None, remote_addr: None }
}

/// A guarded end and the far one.
fn pair(connections: &Arc<Connections>) -> (Guarded<DuplexStream>, DuplexStream) {
    let (near, far) = tokio::io::duplex(16);
    (Guarded::new(near, nobody(), connections, FIRST_REQUEST), far)
}

fn handle(guarded: &Guarded<DuplexStream>) -> Arc<Connection> {
    guarded.connect_info().connection
}

/// Why a read fails.
async fn reason(guarded: &mut Guarded<DuplexStream>) -> Closed {
    let error = guarded.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    *error.get_ref().unwrap().downcast_ref().unwrap()
}

#[test]
fn defaults() {
    let limits = Limits::default();
    assert_eq!((limits.strangers, limits.exempt_streams), (1_024, 64));
    assert_eq!((limits.streams_per_connection, limits.header_list_bytes), (128, 16_384));
    assert_eq!(limits.first_request, FIRST_REQUEST);
}

#[tokio::test]
async fn as_many_strangers_as_allowed_and_no_more() {
    let max = Limits::default().strangers;
    let connections = Connections::new(max);
    let mut strangers: Vec<_> = (0..=max).map(|_| pair(&connections)).collect();
    assert_eq!(connections.count(), (max + 1, max));
    assert_eq!(reason(&mut strangers[0].0).await, Closed::TooManyStrangers);
    strangers.remove(0);
    assert_eq!(connections.count(), (max, max));
}

#[tokio::test]
async fn the_oldest_stranger_makes_room_for_the_newest() {
    let connections = Connections::new(2);
    let (mut first, _far) = pair(&connections);
    let (mut second, _far) = pair(&connections);
    assert_eq!(connections.count(), (2, 2));
    let (_third, _far) = pair(&connections);
    assert_eq!(reason(&mut first).await, Closed::TooManyStrangers);
    assert_eq!(connections.count(), (3, 2), "closed is not gone");
    drop(first);
    assert_eq!(connections.count(), (2, 2));

    handle(&second).note_accepted();
    assert_eq!(connections.count(), (2, 1));
    let (_fourth, _far) = pair(&connections);
    let (_fifth, _far) = pair(&connections);
    assert_eq!(connections.count(), (4, 2));
    connections.close_all(Closed::Shutdown);
    assert_eq!(reason(&mut second).await, Closed::Shutdown, "whoever was accepted made room for nobody");
}

#[tokio::test]
async fn strangers_can_be_closed_without_the_others() {
    let connections = Connections::new(8);
    let (mut stranger, _far) = pair(&connections);
    let (known, _far) = pair(&connections);
    handle(&known).note_accepted();
    handle(&known).note_accepted();
    connections.close_strangers(Closed::Shutdown);
    assert_eq!(reason(&mut stranger).await, Closed::Shutdown);
    assert_eq!(connections.count(), (2, 0));
    connections.close_strangers(Closed::Shutdown);
    drop((stranger, known));
    assert_eq!(connections.count(), (0, 0));
}

#[tokio::test]
async fn the_first_reason_stays() {
    let connections = Connections::new(1);
    let (mut first, _far) = pair(&connections);
    let (_second, _far) = pair(&connections);
    connections.close_all(Closed::Shutdown);
    assert_eq!(reason(&mut first).await, Closed::TooManyStrangers);
}

#[tokio::test]
async fn closing_wakes_a_read_and_a_write() {
    let connections = Connections::new(8);
    let (mut reading, _far) = pair(&connections);
    let (mut writing, _far) = pair(&connections);
    let read = tokio::spawn(async move { reading.read_u8().await.unwrap_err().kind() });
    // More than fits, to a peer that does not read.
    let write = tokio::spawn(async move { writing.write_all(&[0; 64]).await.unwrap_err().kind() });
    // Both wait by now: this task gets its turn again only after theirs.
    tokio::task::yield_now().await;
    connections.close_all(Closed::Shutdown);
    assert_eq!(read.await.unwrap(), ErrorKind::ConnectionAborted);
    assert_eq!(write.await.unwrap(), ErrorKind::ConnectionAborted);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_is_closed_in_time() {
    let connections = Connections::new(8);
    let start = Instant::now();
    let (mut silent, _far) = pair(&connections);
    assert_eq!(reason(&mut silent).await, Closed::NoRequest);
    assert_eq!(start.elapsed(), FIRST_REQUEST);

    let (mut speaking, mut far) = pair(&connections);
    let (read, ()) = tokio::join!(speaking.read_u8(), async {
        tokio::time::advance(FIRST_REQUEST / 2).await;
        far.write_u8(7).await.unwrap();
    });
    assert_eq!(read.unwrap(), 7);
    assert_eq!(reason(&mut speaking).await, Closed::NoRequest, "bytes are no request");
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_a_request_has_all_the_time() {
    let connections = Connections::new(8);
    let (mut guarded, mut far) = pair(&connections);
    handle(&guarded).note_request();
    let (read, ()) = tokio::join!(guarded.read_u8(), async {
        tokio::time::advance(FIRST_REQUEST * 2).await;
        far.write_u8(7).await.unwrap();
    });
    assert_eq!(read.unwrap(), 7);
}

#[tokio::test]
async fn bytes_pass_unchanged_in_both_directions() {
    let connections = Connections::new(8);
    let (mut guarded, mut far) = pair(&connections);
    far.write_all(b"there").await.unwrap();
    guarded.write_all(b"back").await.unwrap();
    guarded.shutdown().await.unwrap();
    let mut there = [0; 5];
    guarded.read_exact(&mut there).await.unwrap();
    let mut back = Vec::new();
    far.read_to_end(&mut back).await.unwrap();
    assert_eq!((&there, &back[..]), (b"there", &b"back"[..]));
}

/// A listener whose events are written down, and the far ends of what it accepted.
struct Script(VecDeque<io::Result<()>>, Vec<DuplexStream>);

impl Accept for Script {
    type Transport = DuplexStream;

    fn poll_accept(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<(DuplexStream, TcpConnectInfo)>> {
        match self.0.pop_front() {
            Some(event) => Poll::Ready(event.map(|()| {
                let (near, far) = tokio::io::duplex(16);
                self.1.push(far);
                (near, nobody())
            })),
            None => Poll::Pending,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_survives_every_error() {
    let gone = || Err(io::Error::from(ErrorKind::ConnectionAborted));
    // What EMFILE comes as, on every system.
    let full = || Err(io::Error::other("too many open files"));
    let connections = Connections::new(8);
    let script = Script([Ok(()), gone(), gone(), Ok(()), full(), Ok(())].into(), Vec::new());
    let mut incoming = Incoming::new(script, Arc::clone(&connections), FIRST_REQUEST);
    let start = Instant::now();
    let mut first = incoming.next().await.unwrap().unwrap();
    let mut second = incoming.next().await.unwrap().unwrap();
    assert!(start.elapsed().is_zero(), "a peer that hung up costs no time");
    assert_eq!(connections.count(), (2, 2));

    let third = incoming.next().await.unwrap().unwrap();
    assert!(!start.elapsed().is_zero(), "the listener is not asked over and over");
    assert_eq!(reason(&mut first).await, Closed::NoRoom, "the oldest made room");
    handle(&third).note_request();
    assert_eq!(reason(&mut second).await, Closed::NoRequest);
}

#[tokio::test]
async fn an_eighth_of_the_strangers_makes_room() {
    for (strangers, left) in [(0, 0), (1, 0), (7, 6), (16, 14), (100, 88)] {
        let connections = Connections::new(1_000);
        let open: Vec<_> = (0..strangers).map(|_| pair(&connections)).collect();
        connections.make_room(&io::Error::other("too many open files"));
        assert_eq!(connections.count(), (open.len(), left));
    }
}

#[test]
fn a_tally_speaks_up_ever_more_rarely() {
    let tally = Tally::default();
    let spoken: Vec<u64> = (0..1_000).filter_map(|_| tally.add()).collect();
    assert_eq!(spoken, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
}
