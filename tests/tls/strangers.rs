//! What peers without a certificate can cost: a handshake has a deadline, and only so many are under way.

use std::convert::Infallible;
use std::time::Duration;

use ray_auth::tls::{HandshakeError, Tls, TlsStream};
use ray_auth_testing::certificates::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::support::Process;

const DEADLINE: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 256;

/// A listener within this process, without sockets.
struct Listener {
    connect: mpsc::UnboundedSender<DuplexStream>,
    accepted: mpsc::UnboundedReceiver<TlsStream<DuplexStream>>,
    task: JoinHandle<()>,
}

impl Listener {
    fn start(tls: &Tls) -> Self {
        let (connect, incoming) = mpsc::unbounded_channel();
        let (accept, accepted) = mpsc::unbounded_channel();
        let mut listener = tls.incoming(UnboundedReceiverStream::new(incoming).map(Ok::<_, Infallible>));
        let task = tokio::spawn(async move {
            while let Some(Ok(stream)) = listener.next().await {
                let _ = accept.send(stream);
            }
        });
        Self { connect, accepted, task }
    }

    fn open(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(1 << 16);
        self.connect.send(far).unwrap();
        near
    }
}

fn tls() -> Tls {
    Process::good(&Authority::new("ours").unwrap()).auth().tls().unwrap().clone()
}

/// Until the other side hangs up.
async fn closed(mut stream: DuplexStream) {
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_must_be_done_in_time() {
    let tls = tls();
    let listener = Listener::start(&tls);
    // A record of TLS begins like this, and is longer.
    for (what, bytes) in [("says nothing", &b""[..]), ("says half a word", b"\x16\x03\x01\x02\x00\x01")] {
        let start = Instant::now();
        let mut stream = listener.open();
        stream.write_all(bytes).await.unwrap();
        closed(stream).await;
        assert_eq!(start.elapsed(), DEADLINE, "{what}");
    }
    let start = Instant::now();
    let mut stream = listener.open();
    let trickle = async {
        let mut every_second = tokio::time::interval(Duration::from_secs(1));
        loop {
            every_second.tick().await;
            if stream.write_all(b"\x16").await.is_err() {
                return;
            }
        }
    };
    trickle.await;
    assert!(start.elapsed() <= DEADLINE + Duration::from_secs(1), "a trickle gains no time");
    let start = Instant::now();
    let mut stream = listener.open();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    closed(stream).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "what is no TLS is dropped at once");
}

#[tokio::test(start_paused = true)]
async fn those_who_connect_and_say_nothing_lock_nobody_out() {
    let tls = tls();
    let mut listener = Listener::start(&tls);
    let start = Instant::now();
    let mut silent: Vec<_> = (0..AT_ONCE).map(|_| listener.open()).collect();
    let newest = listener.open();
    closed(silent.remove(0)).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "the oldest is given up");
    let member = tls.connect("localhost", listener.open()).await.unwrap();
    assert!(listener.accepted.recv().await.is_some());
    assert_eq!(start.elapsed(), Duration::ZERO, "a member gets in meanwhile");
    drop(member);
    closed(newest).await;
    assert_eq!(start.elapsed(), DEADLINE, "the others have their time");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up_with_a_word() {
    let (near, _far) = tokio::io::duplex(1 << 16);
    let start = Instant::now();
    let error = tls().connect("localhost", near).await.unwrap_err();
    assert_eq!((error, start.elapsed()), (HandshakeError::TimedOut, Duration::from_secs(8)));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_listener_drops_the_handshakes() {
    let tls = tls();
    let listener = Listener::start(&tls);
    let (first, start) = (listener.open(), Instant::now());
    // Once this one is in, so is the one before it.
    drop(tls.connect("localhost", listener.open()).await.unwrap());
    listener.task.abort();
    closed(first).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}
