//! One place on the network, connected to and listened to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use ray_auth::tls::{Tls, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

use super::address::Address;
use super::may_be_sent;

/// How many bytes of the other side's first words are kept.
const HEARD: usize = 24;

/// A place that answered. It was looked up once, and all connections go to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Dialled {
    peer: SocketAddr,
    authority: String,
    host: String,
    tls: Option<Tls>,
    first: Arc<Mutex<Option<Stream>>>,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// Looks up and connects, and encrypts if the address says so.
pub(crate) async fn dial(address: &Address) -> io::Result<Dialled> {
    let stream = TcpStream::connect(address.to_dial()).await?;
    let dialled = Dialled {
        peer: stream.peer_addr()?,
        authority: address.to_string(),
        host: address.to_dial().0.to_owned(),
        tls: address.tls().cloned(),
        first: Arc::default(),
        heard: Arc::default(),
    };
    let first = dialled.open(stream).await?;
    *lock(&dialled.first) = Some(first);
    Ok(dialled)
}

impl Dialled {
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether tokens may go there: nobody else can read them, or `allow_plaintext` permits that.
    pub(crate) fn may_be_sent_tokens(&self, allow_plaintext: bool) -> bool {
        self.is_encrypted() || may_be_sent(self.peer.ip(), allow_plaintext)
    }

    /// A channel over the connection there is, and over a new one should the server close it.
    pub(crate) fn channel(&self) -> Channel {
        let dialled = self.clone();
        let connector = tower::service_fn(move |_: http::Uri| {
            let dialled = dialled.clone();
            async move { dialled.connect().await.map(TokioIo::new) }
        });
        let uri = |scheme: &str| -> http::Uri {
            format!("{scheme}://{}", self.authority).parse().expect("an address that was parsed is one of a URI")
        };
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        // The endpoint's own scheme stays http: the connector encrypts, and not tonic.
        Endpoint::from(uri("http")).origin(uri(scheme)).connect_with_connector_lazy(connector)
    }

    /// The other side's first words on the last connection.
    pub(crate) fn heard(&self) -> Vec<u8> {
        lock(&self.heard).clone()
    }

    /// Whether the other side's first words are an HTTP/2 frame of the type SETTINGS.
    pub(crate) fn speaks_http2(&self) -> bool {
        matches!(self.heard().as_slice(), [_, _, _, 0x04, ..])
    }

    async fn connect(&self) -> io::Result<Listening> {
        lock(&self.heard).clear();
        let first = lock(&self.first).take();
        let stream = match first {
            Some(stream) => stream,
            None => self.open(TcpStream::connect(self.peer).await?).await?,
        };
        Ok(Listening { stream, heard: Arc::clone(&self.heard) })
    }

    async fn open(&self, stream: TcpStream) -> io::Result<Stream> {
        // A call is two small writes; the second must not wait until the first is acknowledged.
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(tls.connect(&self.host, stream).await.map_err(io::Error::other)?),
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nobody panics while holding it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection, encrypted or not.
type Stream = Box<dyn Connection>;

trait Connection: AsyncRead + AsyncWrite + std::fmt::Debug + Send + Unpin {}

impl Connection for TcpStream {}
impl Connection for TlsStream<TcpStream> {}

pin_project! {
    /// A connection that notes how the other side begins.
    struct Listening {
        #[pin]
        stream: Stream,
        heard: Arc<Mutex<Vec<u8>>>,
    }
}

impl AsyncRead for Listening {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        ready!(this.stream.poll_read(context, buffer))?;
        let read = &buffer.filled()[before..];
        let mut heard = lock(this.heard);
        let wanted = HEARD.saturating_sub(heard.len()).min(read.len());
        heard.extend_from_slice(&read[..wanted]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Listening {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
