//! A client that does not read: what was sent to it stands in its way, and the status behind it.

use std::future::poll_fn;
use std::task::Poll;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::SendRequest;
use http::{HeaderMap, Request, Response};
use ray_auth::{Keyring, RequireTokenLayer};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::support::{MESSAGE, OLD, Seen, Server, Waiting, at_once, keyring, wait_for, within};

/// What the client lets the server send ahead, in bytes.
const WINDOW: u32 = 4 * 1_024;

/// A message `EchoStreamRequest { count: 1 }`: an answer without an end.
const ENDLESS: &[u8] = &[0, 0, 0, 0, 2, 0x10, 1];

struct Connection {
    send: SendRequest<Bytes>,
    task: JoinHandle<()>,
}

impl Connection {
    async fn open(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        let mut builder = h2::client::Builder::new();
        let (send, connection) = builder.initial_window_size(WINDOW).handshake(stream).await.unwrap();
        // It ends with an error when the server does.
        let task = tokio::spawn(async move { drop(connection.await) });
        Self { send, task }
    }

    async fn call(&mut self) -> Response<RecvStream> {
        let request = Request::post("http://localhost/ray_auth.testing.v1.Echo/ServerStream")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", format!("Bearer {OLD}"));
        let (response, mut body) = self.send.send_request(request.body(()).unwrap(), false).unwrap();
        body.send_data(Bytes::from_static(ENDLESS), true).unwrap();
        within(response).await.unwrap()
    }
}

/// A client whose window is full, in the middle of an answer without an end.
async fn stuck() -> (Keyring, Server, mpsc::UnboundedReceiver<Seen>, Connection, RecvStream) {
    let keyring = keyring();
    let layer = RequireTokenLayer::new(keyring.clone()).close_on_revoke();
    let (service, told) = Waiting::new();
    let server = Server::start(|incoming| async move {
        let mut server = tonic::transport::Server::builder().layer(layer);
        server.add_service(service).serve_with_incoming(at_once(incoming)).await.unwrap();
    })
    .await;
    let mut client = Connection::open(&server).await;
    let mut body = client.call().await.into_body();
    let mut unread = 0;
    while unread < WINDOW as usize {
        // Taken off the wire, and not given back to the window.
        unread += within(body.data()).await.unwrap().unwrap().len();
    }
    (keyring, server, told, client, body)
}

/// Everything that is left of a body that is read as it comes.
async fn read(body: &mut RecvStream) -> Result<(usize, HeaderMap), h2::Error> {
    let mut length = 0;
    while let Some(data) = body.data().await {
        let data = data?;
        length += data.len();
        body.flow_control().release_capacity(data.len())?;
    }
    Ok((length, body.trailers().await?.expect("a gRPC answer ends with trailers")))
}

#[tokio::test]
async fn it_gets_what_was_sent_and_then_the_status_once_it_reads() {
    let (keyring, _server, mut told, mut client, mut body) = stuck().await;
    keyring.retire().unwrap();
    // A new call is refused on the same connection while the old one is stuck: one is not in the other's way.
    let refused = client.call().await;
    assert_eq!(refused.headers()["grpc-status"], "16");
    let more = poll_fn(|context| Poll::Ready(body.poll_data(context).is_ready())).await;
    assert!(!more, "nothing fits into its window");
    while let Ok(seen) = told.try_recv() {
        assert_eq!(seen, Seen::Opened("server stream"), "until it reads, the handler's stream is held");
    }

    body.flow_control().release_capacity(WINDOW as usize).unwrap();
    let (length, trailers) = within(read(&mut body)).await.unwrap();
    assert!(length < 256 * 1_024, "only what was on its way: {length}");
    assert_eq!(trailers["grpc-status"], "16");
    assert_eq!(trailers["grpc-message"], MESSAGE);
    wait_for(&mut told, Seen::Dropped("server stream")).await;
}

#[tokio::test]
async fn the_handlers_stream_is_let_go_when_the_connection_is() {
    let (keyring, _server, mut told, client, body) = stuck().await;
    keyring.retire().unwrap();
    // As keepalive and a maximum age of connections end it.
    client.task.abort();
    drop((client, body));
    wait_for(&mut told, Seen::Dropped("server stream")).await;
}

#[tokio::test]
async fn a_client_that_resets_the_call_instead_is_no_trouble() {
    let (keyring, _server, mut told, mut client, body) = stuck().await;
    keyring.retire().unwrap();
    drop(body);
    wait_for(&mut told, Seen::Dropped("server stream")).await;
    let refused = client.call().await;
    assert_eq!(refused.headers()["grpc-status"], "16");
}
