//! A service whose calls stay open, servers on loopback, and clients that hold one token each.

use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use ray_auth::attach::AddToken;
use ray_auth::proto::testing::echo_client::EchoClient;
use ray_auth::proto::testing::echo_server::{self, EchoServer};
use ray_auth::proto::testing::{EchoMessage, EchoStreamRequest};
use ray_auth::token::TokenSet;
use ray_auth::{AddTokenLayer, Keyring, Token};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status, Streaming};
use tower::Layer;

/// Nothing in these tests takes as long as this.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) const MESSAGE: &str = "InvalidAuthToken: Authentication token is missing or incorrect";

pub(crate) const NEW: &str = "the-token-that-stays";
pub(crate) const OLD: &str = "the-token-that-leaves";

/// Sends [`NEW`], and accepts [`OLD`] until it is retired.
pub(crate) fn keyring() -> Keyring {
    Keyring::with_tokens(TokenSet::new(token(NEW)).add_accepted(token(OLD)).unwrap())
}

pub(crate) fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// Fails the test when it takes too long.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(BOUND, future).await.expect("it ends")
}

/// What became of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    /// It was called.
    Opened(&'static str),
    /// Its request ended: as if the peer was done, or with an error.
    Request(&'static str, Option<Code>),
    /// It was dropped, or its stream was.
    Dropped(&'static str),
}

/// A service of which no call ends by itself.
#[derive(Clone)]
pub(crate) struct Waiting(mpsc::UnboundedSender<Seen>);

impl Waiting {
    /// The service, and what its handlers tell.
    pub(crate) fn new() -> (EchoServer<Self>, mpsc::UnboundedReceiver<Seen>) {
        let (seen, told) = mpsc::unbounded_channel();
        (EchoServer::new(Self(seen)), told)
    }

    fn opened(&self, kind: &'static str) -> Alive {
        self.tell(Seen::Opened(kind));
        Alive(self.clone(), kind)
    }

    fn tell(&self, seen: Seen) {
        // A test that is over no longer listens.
        let _ = self.0.send(seen);
    }

    /// Reads a request to its end, in a task of its own, and gives what was read.
    fn read(
        &self,
        kind: &'static str,
        mut messages: Streaming<EchoMessage>,
    ) -> impl Stream<Item = EchoMessage> + use<> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let waiting = self.clone();
        tokio::spawn(async move {
            let end = loop {
                match messages.message().await {
                    // Nobody reads what the client of a client stream sends.
                    Ok(Some(message)) => drop(sender.send(message)),
                    Ok(None) => break None,
                    Err(status) => break Some(status.code()),
                }
            };
            waiting.tell(Seen::Request(kind, end));
            // What it gave is not over when the request is.
            sender.closed().await;
        });
        UnboundedReceiverStream::new(receiver)
    }
}

/// Tells when it is dropped.
struct Alive(Waiting, &'static str);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.tell(Seen::Dropped(self.1));
    }
}

type Answers = Pin<Box<dyn Stream<Item = Result<EchoMessage, Status>> + Send>>;

/// Answers for as long as `alive` is held, which is until they are dropped.
fn answers(alive: Alive, messages: impl Stream<Item = EchoMessage> + Send + 'static) -> Response<Answers> {
    let messages = messages.chain(tokio_stream::pending()).map(move |message| {
        let _alive = &alive;
        Ok(message)
    });
    Response::new(Box::pin(messages))
}

#[tonic::async_trait]
impl echo_server::Echo for Waiting {
    /// A long poll.
    async fn unary(&self, _: Request<EchoMessage>) -> Result<Response<EchoMessage>, Status> {
        let _alive = self.opened("unary");
        std::future::pending().await
    }

    async fn client_stream(&self, request: Request<Streaming<EchoMessage>>) -> Result<Response<EchoMessage>, Status> {
        let _alive = self.opened("client stream");
        let _messages = self.read("client stream", request.into_inner());
        std::future::pending().await
    }

    type ServerStreamStream = Answers;

    /// One answer and then none; with a count, as many as the client takes.
    async fn server_stream(&self, request: Request<EchoStreamRequest>) -> Result<Response<Answers>, Status> {
        let alive = self.opened("server stream");
        let EchoStreamRequest { payload, count } = request.into_inner();
        let first = EchoMessage { payload };
        Ok(if count == 0 {
            answers(alive, tokio_stream::once(first))
        } else {
            let payload: bytes::Bytes = vec![0; 1_024].into();
            answers(alive, tokio_stream::iter(std::iter::repeat_with(move || EchoMessage { payload: payload.clone() })))
        })
    }

    type BidiStream = Answers;

    async fn bidi(&self, request: Request<Streaming<EchoMessage>>) -> Result<Response<Answers>, Status> {
        let alive = self.opened("bidi");
        Ok(answers(alive, self.read("bidi", request.into_inner())))
    }
}

/// The next of what handlers told that is looked for; what comes before it is passed over.
pub(crate) async fn wait_for(told: &mut mpsc::UnboundedReceiver<Seen>, wanted: Seen) {
    within(async {
        while let Some(seen) = told.recv().await {
            if seen == wanted {
                return;
            }
        }
        panic!("nobody told {wanted:?}");
    })
    .await;
}

/// Connections that send what they have at once, as a server's own listener does: otherwise the system's wait for more is
/// what tests of times measure.
pub(crate) fn at_once(listener: TcpListener) -> TcpIncoming {
    TcpIncoming::from(listener).with_nodelay(Some(true))
}

/// Ends the server when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on a free port of loopback and serves what `serve` makes of the listener.
    pub(crate) async fn start<F, S>(serve: S) -> Self
    where
        S: FnOnce(TcpListener) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(listener));
        Self { address, task }
    }

    /// A client with a connection of its own, whose calls carry this token.
    pub(crate) async fn client(&self, token: &str) -> Client {
        let channel = Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap();
        EchoClient::new(AddTokenLayer::new(Keyring::new(Token::parse(token).unwrap())).layer(channel))
    }

    /// One without a token.
    pub(crate) async fn stranger(&self) -> Client {
        let channel = Endpoint::from_shared(format!("http://{}", self.address)).unwrap().connect().await.unwrap();
        EchoClient::new(AddTokenLayer::disabled().layer(channel))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) type Client = EchoClient<AddToken<Channel>>;

/// A call of each kind, each of them open: its handler was called, and where it answers it has answered.
pub(crate) struct Calls {
    unary: JoinHandle<Status>,
    client_stream: JoinHandle<Status>,
    server_stream: JoinHandle<Status>,
    bidi: JoinHandle<Status>,
    /// What the client of the bidirectional stream sends, and what it receives.
    pub(crate) ping: mpsc::UnboundedSender<EchoMessage>,
    pong: mpsc::UnboundedReceiver<EchoMessage>,
    /// Keeps the client stream open.
    _messages: mpsc::UnboundedSender<EchoMessage>,
}

pub(crate) fn message() -> EchoMessage {
    EchoMessage { payload: "ping".into() }
}

impl Calls {
    pub(crate) async fn open(client: Client, told: &mut mpsc::UnboundedReceiver<Seen>) -> Self {
        let mut one = client.clone();
        let unary = tokio::spawn(async move { one.unary(message()).await.expect_err("it has no answer") });
        wait_for(told, Seen::Opened("unary")).await;

        let (messages, sent) = mpsc::unbounded_channel();
        messages.send(message()).unwrap();
        let mut one = client.clone();
        let client_stream = tokio::spawn(async move {
            one.client_stream(UnboundedReceiverStream::new(sent)).await.expect_err("it has no answer")
        });
        wait_for(told, Seen::Opened("client stream")).await;

        let mut one = client.clone();
        let request = EchoStreamRequest { payload: "ping".into(), count: 0 };
        let mut stream = within(one.server_stream(request)).await.unwrap().into_inner();
        assert_eq!(within(stream.message()).await.unwrap(), Some(message()));
        let server_stream = tokio::spawn(async move { end_of(stream, |_| ()).await });

        let (ping, pings) = mpsc::unbounded_channel();
        let mut one = client;
        let stream = within(one.bidi(UnboundedReceiverStream::new(pings))).await.unwrap().into_inner();
        let (sender, pong) = mpsc::unbounded_channel();
        let bidi = tokio::spawn(async move { end_of(stream, |message| drop(sender.send(message))).await });
        let mut calls = Self { unary, client_stream, server_stream, bidi, ping, pong, _messages: messages };
        calls.echo().await;
        calls
    }

    /// One message there and back on the bidirectional stream.
    pub(crate) async fn echo(&mut self) {
        self.ping.send(message()).expect("the call is open");
        assert_eq!(within(self.pong.recv()).await, Some(message()));
    }

    /// Whether none of them has ended.
    pub(crate) fn are_open(&self) -> bool {
        [&self.unary, &self.client_stream, &self.server_stream, &self.bidi].iter().all(|call| !call.is_finished())
    }

    /// Waits until all have ended; gives what each ended with.
    pub(crate) async fn ends(self) -> [(&'static str, Status); 4] {
        let ends = within(async { tokio::join!(self.unary, self.client_stream, self.server_stream, self.bidi) }).await;
        [
            ("unary", ends.0.unwrap()),
            ("client stream", ends.1.unwrap()),
            ("server stream", ends.2.unwrap()),
            ("bidi", ends.3.unwrap()),
        ]
    }
}

/// What a stream that must not end cleanly ends with.
async fn end_of(mut stream: Streaming<EchoMessage>, mut each: impl FnMut(EchoMessage)) -> Status {
    loop {
        match stream.message().await {
            Ok(Some(message)) => each(message),
            Ok(None) => panic!("a clean end"),
            Err(status) => return status,
        }
    }
}

/// All four calls were ended because their token left.
pub(crate) fn assert_revoked(place: &str, ends: [(&'static str, Status); 4]) {
    for (kind, status) in ends {
        assert_eq!((status.code(), status.message()), (Code::Unauthenticated, MESSAGE), "{place}: {kind}");
    }
}
