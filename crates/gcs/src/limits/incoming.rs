//! Where connections come from, and what happens when they cannot be taken.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tokio_stream::Stream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::connection::Connections;
use super::io::Guarded;

/// How long nothing is accepted after it failed for want of file descriptors or memory. The listener stays ready
/// meanwhile, so without a pause it would be asked over and over while the connection that makes room is still closing.
const PAUSE: Duration = Duration::from_millis(20);

/// A source of connections.
pub(crate) trait Accept {
    /// What bytes go over.
    type Transport;

    /// The next connection.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Transport, TcpConnectInfo)>>;
}

impl Accept for TcpListener {
    type Transport = TcpStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, TcpConnectInfo)>> {
        TcpListener::poll_accept(self, cx).map_ok(|(stream, _)| {
            // Small answers must not wait for each other; where it cannot be set they do, which is no reason to hang up.
            let _ = stream.set_nodelay(true);
            let peer = stream.connect_info();
            (stream, peer)
        })
    }
}

/// The connections of a server, each guarded. Never ends, and never fails: an error of one connection is not the
/// listener's, and when the machine has no room for another, the oldest strangers make some.
#[derive(Debug)]
pub(crate) struct Incoming<A> {
    accept: A,
    connections: Arc<Connections>,
    first_request: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<A> Incoming<A> {
    pub(crate) fn new(accept: A, connections: Arc<Connections>, first_request: Duration) -> Self {
        Self { accept, connections, first_request, pause: None }
    }
}

impl<A: Accept + Unpin> Stream for Incoming<A> {
    type Item = io::Result<Guarded<A::Transport>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(pause) = &mut this.pause {
                if pause.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.pause = None;
            }
            match this.accept.poll_accept(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok((transport, peer))) => {
                    let guarded = Guarded::new(transport, peer, &this.connections, this.first_request);
                    return Poll::Ready(Some(Ok(guarded)));
                }
                Poll::Ready(Err(error)) if is_of_one_connection(&error) => {}
                Poll::Ready(Err(error)) => {
                    this.connections.make_room(&error);
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
