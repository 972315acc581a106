//! Being connected to.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::failures::{Failures, Reason};
use super::flight::Flight;
use super::{HANDSHAKE_DEADLINE, Tls, TlsStream};

impl Tls {
    /// Encrypts the connections of `incoming`, for a listener of your own: a stream of connections in, a stream of
    /// encrypted ones out. For a TCP listener there is [`Tls::listen`].
    pub fn incoming<I, T, E>(&self, incoming: I) -> TlsIncoming<I, T>
    where
        I: Stream<Item = Result<T, E>>,
    {
        TlsIncoming {
            tls: self.clone(),
            http1: false,
            address: |_| None,
            incoming: Some(incoming),
            handshakes: JoinSet::new(),
            flight: Flight::default(),
            failures: Arc::default(),
        }
    }
}

/// Connections whose peers proved that the authority knows them. Handshakes are made beside each other, each in a task of
/// its own. Whoever does not finish one in ten seconds is dropped; when more than 256 are under way the address that has
/// the most of them (of IPv6, the /64) loses its oldest, so that peers who connect and say nothing cannot lock others out. A failed handshake is counted and logged, and ends
/// nothing. Errors of `I` are passed on.
#[must_use = "a listener does nothing until it is served"]
pub struct TlsIncoming<I, T> {
    tls: Tls,
    http1: bool,
    address: fn(&T) -> Option<SocketAddr>,
    /// None once it has ended.
    incoming: Option<I>,
    handshakes: JoinSet<Option<TlsStream<T>>>,
    flight: Flight,
    failures: Arc<Failures>,
}

impl<I, T> TlsIncoming<I, T> {
    /// Takes HTTP/1.1, too, from peers that prefer it: for servers that speak both.
    pub fn with_http1(self) -> Self {
        Self { http1: true, ..self }
    }

    /// Tells whose handshake failed.
    pub fn with_address(self, address: fn(&T) -> Option<SocketAddr>) -> Self {
        Self { address, ..self }
    }

    pub(super) fn get_ref(&self) -> Option<&I> {
        self.incoming.as_ref()
    }
}

impl<I, T> TlsIncoming<I, T>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    fn start(&mut self, stream: T) {
        let material = self.tls.material();
        let config = Arc::clone(if self.http1 { &material.server_http1 } else { &material.server });
        let (client, failures) = ((self.address)(&stream), Arc::clone(&self.failures));
        if let Some((crowd, oldest)) = self.flight.make_room() {
            oldest.abort();
            failures.record(Reason::Crowded, crowd.map(|address| SocketAddr::new(address, 0)), None);
        }
        self.flight
            .add(client.map(|client| client.ip()), self.handshakes.spawn(handshake(config, stream, client, failures)));
    }
}

async fn handshake<T>(
    config: Arc<ServerConfig>,
    stream: T,
    client: Option<SocketAddr>,
    failures: Arc<Failures>,
) -> Option<TlsStream<T>>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let handshake = tokio_rustls::TlsAcceptor::from(config).accept(stream);
    match tokio::time::timeout(HANDSHAKE_DEADLINE, handshake).await {
        Ok(Ok(stream)) => return Some(TlsStream::new(stream)),
        Ok(Err(error)) => failures.record(Reason::of(&error), client, Some(&error)),
        Err(_) => failures.record(Reason::TimedOut, client, None),
    }
    None
}

impl<I, T, E> Stream for TlsIncoming<I, T>
where
    I: Stream<Item = Result<T, E>> + Unpin,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Item = Result<TlsStream<T>, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            // Those that are done come first. An error is a handshake that was given up.
            while let Poll::Ready(Some(done)) = this.handshakes.poll_join_next(cx) {
                if let Ok(Some(stream)) = done {
                    return Poll::Ready(Some(Ok(stream)));
                }
            }
            let Some(incoming) = &mut this.incoming else {
                return if this.handshakes.is_empty() { Poll::Ready(None) } else { Poll::Pending };
            };
            match Pin::new(incoming).poll_next(cx) {
                Poll::Ready(Some(Ok(stream))) => this.start(stream),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => this.incoming = None,
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<I, T> Unpin for TlsIncoming<I, T> {}

impl<I, T> fmt::Debug for TlsIncoming<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIncoming")
            .field("tls", &self.tls)
            .field("http1", &self.http1)
            .field("handshakes", &self.handshakes.len())
            .finish_non_exhaustive()
    }
}
