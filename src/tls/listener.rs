//! A TCP listener whose connections are encrypted.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

use super::server::TlsIncoming;
use super::{LOG_TARGET, Tls, TlsStream};

/// How long nothing is accepted after it failed for want of file descriptors or memory. The listener stays ready
/// meanwhile, so without a pause it would be asked over and over.
const PAUSE: Duration = Duration::from_millis(20);

impl Tls {
    /// Encrypts what a TCP listener accepts.
    pub fn listen(&self, listener: TcpListener) -> TlsListener {
        let tcp = Tcp { listener, pause: None, failed: 0 };
        TlsListener { incoming: self.incoming(tcp).with_address(|stream| stream.peer_addr().ok()) }
    }
}

/// A TCP listener whose connections are encrypted: a stream for tonic's `serve_with_incoming`, and with
/// [`accept`](TlsListener::accept) for others. It never ends and never fails; see [`TlsIncoming`] for what is bounded.
///
/// For `axum::serve`, whose trait only programs with axum can implement:
///
/// ```
/// # use std::{io, net::SocketAddr};
/// # use ray_auth::tls::{TlsListener, TlsStream};
/// # use tokio::net::TcpStream;
/// struct Listener(TlsListener);
///
/// impl axum::serve::Listener for Listener {
///     type Io = TlsStream<TcpStream>;
///     type Addr = SocketAddr;
///     async fn accept(&mut self) -> (Self::Io, Self::Addr) { self.0.accept().await }
///     fn local_addr(&self) -> io::Result<SocketAddr> { self.0.local_addr() }
/// }
/// ```
#[derive(Debug)]
#[must_use = "a listener does nothing until it is served"]
pub struct TlsListener {
    incoming: TlsIncoming<Tcp, TcpStream>,
}

impl TlsListener {
    /// Takes HTTP/1.1, too, from peers that prefer it: for servers that speak both.
    pub fn with_http1(self) -> Self {
        Self { incoming: self.incoming.with_http1() }
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.incoming.get_ref().ok_or(ErrorKind::NotConnected)?.listener.local_addr()
    }

    /// The next encrypted connection. Dropping the future loses none.
    pub async fn accept(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        std::future::poll_fn(|cx| self.poll_accept(cx)).await
    }

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<(TlsStream<TcpStream>, SocketAddr)> {
        loop {
            match Pin::new(&mut self.incoming).poll_next(cx) {
                Poll::Ready(Some(Ok(stream))) => {
                    // Who has no address any more has hung up.
                    if let Ok(address) = stream.get_ref().peer_addr() {
                        return Poll::Ready((stream, address));
                    }
                }
                Poll::Ready(Some(Err(never))) => match never {},
                // A listener does not end.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl Stream for TlsListener {
    type Item = io::Result<TlsStream<TcpStream>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_accept(cx).map(|(stream, _)| Some(Ok(stream)))
    }
}

/// What the listener accepts, without its errors.
#[derive(Debug)]
struct Tcp {
    listener: TcpListener,
    pause: Option<Pin<Box<Sleep>>>,
    /// How often nothing could be accepted.
    failed: u64,
}

impl Stream for Tcp {
    type Item = Result<TcpStream, std::convert::Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(pause) = &mut this.pause {
                if pause.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.pause = None;
            }
            match this.listener.poll_accept(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok((stream, _))) => {
                    // Small answers must not wait for each other; where it cannot be set they do.
                    let _ = stream.set_nodelay(true);
                    return Poll::Ready(Some(Ok(stream)));
                }
                Poll::Ready(Err(error)) if is_of_one_connection(&error) => {}
                Poll::Ready(Err(error)) => {
                    this.failed += 1;
                    // A line each time the count doubles.
                    let failed = this.failed;
                    if failed.is_power_of_two() {
                        tracing::warn!(target: LOG_TARGET, %error, connections.failed = failed, "a connection could not be accepted; allow more file descriptors");
                    }
                    this.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
                }
            }
        }
    }
}

/// Whether the peer hung up before it was accepted, which says nothing about the next one.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::BrokenPipe
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
    )
}
