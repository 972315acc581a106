//! The transport of a connection, which fails once the connection must go.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::connection::{Closed, Connection, Connections};
use super::peer::Peer;

/// A transport that fails when its connection is closed from this side, or when no request came in time. Both are
/// noticed in the connection's own poll, whether it reads or writes: no task of its own.
#[derive(Debug)]
pub(crate) struct Guarded<T> {
    transport: T,
    connection: Arc<Connection>,
    peer: TcpConnectInfo,
    /// Until when the first request must have come; nothing once it has.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<T> Guarded<T> {
    pub(super) fn new(
        transport: T,
        peer: TcpConnectInfo,
        connections: &Arc<Connections>,
        first_request: Duration,
    ) -> Self {
        let deadline = Some(Box::pin(tokio::time::sleep(first_request)));
        Self { transport, connection: connections.open(), peer, deadline }
    }

    /// Where the connection comes from.
    pub(crate) fn remote_addr(&self) -> Option<SocketAddr> {
        self.peer.remote_addr()
    }

    /// Ready with an error once the connection must go.
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if let Some(deadline) = &mut self.deadline {
            if self.connection.has_requested() {
                self.deadline = None;
            } else if deadline.as_mut().poll(cx).is_ready() {
                self.connection.close(Closed::NoRequest);
            }
        }
        self.connection.poll_closed(cx).map(|why| io::Error::new(io::ErrorKind::ConnectionAborted, why))
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        self.connection.ended();
    }
}

impl<T> Connected for Guarded<T> {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        Peer { address: self.peer.clone(), connection: Arc::clone(&self.connection) }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(error) = this.poll_closed(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut this.transport).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    // Writing is guarded too: while a peer does not read, HTTP/2 may be waiting for its turn to write and not read.
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Poll::Ready(error) = this.poll_closed(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut this.transport).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Poll::Ready(error) = this.poll_closed(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut this.transport).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Poll::Ready(error) = this.poll_closed(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut this.transport).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().transport).poll_shutdown(cx)
    }
}
