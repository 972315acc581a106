//! One place on the network, connected to and listened to.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use hyper_util::rt::TokioIo;
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};

use super::address::Address;

/// How many bytes of the other side's first words are kept.
const HEARD: usize = 24;

/// A place that answered. It was looked up once, and all connections go to the same one.
#[derive(Clone, Debug)]
pub(crate) struct Dialled {
    peer: SocketAddr,
    origin: String,
    first: Arc<Mutex<Option<TcpStream>>>,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// Looks up and connects.
pub(crate) async fn dial(address: &Address) -> io::Result<Dialled> {
    let stream = TcpStream::connect(address.to_dial()).await?;
    Ok(Dialled {
        peer: stream.peer_addr()?,
        origin: format!("http://{address}"),
        first: Arc::new(Mutex::new(Some(stream))),
        heard: Arc::default(),
    })
}

impl Dialled {
    pub(crate) fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// A channel over the connection there is, and over a new one should the server close it.
    pub(crate) fn channel(&self) -> Channel {
        let dialled = self.clone();
        let connector = tower::service_fn(move |_: http::Uri| {
            let dialled = dialled.clone();
            async move { dialled.connect().await.map(TokioIo::new) }
        });
        Endpoint::from_shared(self.origin.clone())
            .expect("an address that was parsed is one of a URI")
            .connect_with_connector_lazy(connector)
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
            None => TcpStream::connect(self.peer).await?,
        };
        // A call is two small writes; the second must not wait until the first is acknowledged.
        stream.set_nodelay(true)?;
        Ok(Listening { stream, heard: Arc::clone(&self.heard) })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nobody panics while holding it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pin_project! {
    /// A connection that notes how the other side begins.
    struct Listening {
        #[pin]
        stream: TcpStream,
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
