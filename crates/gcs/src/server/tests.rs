//! What depends on time, with the clock standing still unless all tasks wait.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use ray_auth::require::Exempt;
use ray_auth::{Keyring, RequireTokenLayer, Token};
use ray_auth_testing::raw_http2::{Connection, Frame, Handshake, PREFACE, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tonic::transport::server::TcpConnectInfo;

use super::{Server, serve};
use crate::limits::{Accept, Limits};

const TOKEN: &str = "correct-horse-battery-staple-0123456789";
const BOUND: Duration = Duration::from_secs(3_600);
const UNARY: &str = "/ray_auth.testing.v1.Echo/Unary";
const BIDI: &str = "/ray_auth.testing.v1.Echo/Bidi";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

impl Accept for mpsc::UnboundedReceiver<DuplexStream> {
    type Transport = DuplexStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(DuplexStream, TcpConnectInfo)>> {
        match self.poll_recv(cx) {
            Poll::Ready(Some(stream)) => {
                Poll::Ready(Ok((stream, TcpConnectInfo { local_addr: None, remote_addr: None })))
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

/// A server within this process, without sockets.
struct Running {
    connect: mpsc::UnboundedSender<DuplexStream>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn start(limits: Limits) -> Running {
    let (connect, accept) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let keyring = Keyring::new(Token::parse(TOKEN).unwrap());
    let auth = RequireTokenLayer::new(keyring).exempt(Exempt::grpc_health());
    let parts = Server::builder().echo().limits(limits).into_parts();
    let task = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or_default() };
        serve::serve(parts, accept, auth, stopped).await.unwrap();
    });
    Running { connect, stop, task }
}

impl Running {
    fn open(&self) -> DuplexStream {
        let (near, far) = tokio::io::duplex(1 << 20);
        self.connect.send(far).unwrap();
        near
    }

    async fn connect(&self) -> Connection<DuplexStream> {
        Connection::over(self.open(), Handshake::Complete, BOUND).await.unwrap()
    }
}

fn call(path: &str) -> Request {
    Request::grpc(path).add("authorization", format!("Bearer {TOKEN}"))
}

#[tokio::test(start_paused = true)]
async fn a_peer_must_make_a_request_in_time() {
    let limits = Limits::default();
    let first_request = limits.first_request;
    let running = start(limits);
    let half = Request::grpc(UNARY).frame_size(10).frames(1).unwrap()[0].encode();
    let settings = Frame::settings(&[]).encode();
    let cases: [(&str, Vec<u8>); 4] = [
        ("says nothing", Vec::new()),
        ("sends half a preface", PREFACE[..10].to_vec()),
        ("shakes hands and no more", [PREFACE, &settings].concat()),
        ("sends half a header list", [PREFACE, &settings, &half].concat()),
    ];
    for (what, bytes) in cases {
        let start = Instant::now();
        let mut stream = running.open();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(start.elapsed(), first_request, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_trickles_bytes_gets_no_more_time() {
    let limits = Limits::default();
    let first_request = limits.first_request;
    let running = start(limits);
    let start = Instant::now();
    let (mut answers, mut requests) = tokio::io::split(running.open());
    let trickle = async {
        let mut every_second = tokio::time::interval(Duration::from_secs(1));
        for byte in PREFACE {
            every_second.tick().await;
            requests.write_all(&[*byte]).await.unwrap();
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        closed = answers.read_to_end(&mut answer) => { closed.unwrap(); }
        () = trickle => panic!("the whole preface was taken"),
    }
    assert_eq!(start.elapsed(), first_request);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_a_request() {
    let limits = Limits::default();
    let later = limits.first_request * 2;
    let running = start(limits);
    let mut connection = running.connect().await;
    assert_eq!(connection.ask(&Request::grpc(UNARY), BOUND).await.unwrap().grpc_status(), Some(16));
    assert!(!connection.closed(later).await.unwrap());
    assert_eq!(connection.ask(&call(UNARY), BOUND).await.unwrap().grpc_status(), Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_pings_is_dropped() {
    let limits = Limits::default();
    let Limits { keepalive_interval, keepalive_timeout, .. } = limits;
    let running = start(limits);
    let start = Instant::now();
    let mut stream = running.open();
    let request = call(UNARY).encode(1).unwrap();
    stream.write_all(&[PREFACE, &Frame::settings(&[]).encode(), &request].concat()).await.unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.unwrap();
    assert_eq!(start.elapsed(), keepalive_interval + keepalive_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_pings_stays() {
    let limits = Limits::default();
    let later = (limits.keepalive_interval + limits.keepalive_timeout) * 5;
    let running = start(limits);
    let mut connection = running.connect().await;
    assert_eq!(connection.ask(&call(UNARY), BOUND).await.unwrap().grpc_status(), Some(0));
    assert!(!connection.closed(later).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn an_idle_server_stops_at_once() {
    let Running { stop, task, .. } = start(Limits::default());
    let start = Instant::now();
    stop.send(()).unwrap();
    task.await.unwrap();
    assert!(start.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn an_open_call_may_finish() {
    let running = start(Limits::default());
    let mut connection = running.connect().await;
    let stream = connection.send(&call(UNARY).no_body().leave_open()).await.unwrap();
    assert!(connection.ping(BOUND).await.unwrap());

    running.stop.send(()).unwrap();
    assert!(connection.ping(BOUND).await.unwrap());
    assert!(connection.goaway().is_some(), "the peer is told");
    let body = Frame::new(0, 1, stream, ray_auth_testing::raw_http2::grpc_frame(b"\x0a\x01x"));
    connection.send_frame(&body).await.unwrap();
    let outcome = connection.outcome(stream, BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(0));
    assert_eq!(outcome.response().unwrap().messages(), [b"\x0a\x01x"]);
    assert!(connection.closed(BOUND).await.unwrap());
    running.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_not_finish_is_cut_off() {
    let limits = Limits::default();
    let drain = limits.drain;
    let running = start(limits);
    let mut connection = running.connect().await;
    let stream = connection.send(&call(BIDI).leave_open()).await.unwrap();
    let open = connection.outcome_when(stream, BOUND, |response| !response.messages().is_empty()).await.unwrap();
    assert_eq!(open.response().map(|response| response.ended), Some(false));

    let start = Instant::now();
    running.stop.send(()).unwrap();
    // The peer goes on answering pings all the while.
    let (closed, served) = tokio::join!(connection.closed(BOUND), running.task);
    served.unwrap();
    assert!(closed.unwrap());
    assert_eq!(start.elapsed(), drain);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_delays_the_end_by_a_second_at_most() {
    let running = start(Limits::default());
    let mut silent = running.open();
    silent.write_all(PREFACE).await.unwrap();
    tokio::task::yield_now().await;
    let start = Instant::now();
    running.stop.send(()).unwrap();
    running.task.await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn who_watches_is_told_and_released() {
    const NOT_SERVING: &[u8] = &[8, 2];
    let running = start(Limits::default());
    let mut connection = running.connect().await;
    let stream = connection.send(&Request::grpc(WATCH)).await.unwrap();
    connection.outcome_when(stream, BOUND, |response| !response.messages().is_empty()).await.unwrap();

    let start = Instant::now();
    running.stop.send(()).unwrap();
    let outcome = connection.outcome(stream, BOUND).await.unwrap();
    assert_eq!(outcome.grpc_status(), Some(0));
    assert_eq!(outcome.response().unwrap().messages().last(), Some(&NOT_SERVING));
    assert!(connection.closed(BOUND).await.unwrap());
    running.task.await.unwrap();
    assert!(start.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dropped_closes_its_connections() {
    let running = start(Limits::default());
    let mut connection = running.connect().await;
    assert_eq!(connection.ask(&call(UNARY), BOUND).await.unwrap().grpc_status(), Some(0));
    running.task.abort();
    assert!(connection.closed(BOUND).await.unwrap());
}
