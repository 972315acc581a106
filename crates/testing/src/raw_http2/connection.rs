//! A connection to a server, and waiting for what it does.

use std::io::{self, ErrorKind};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::{Instant, timeout, timeout_at};

use super::frame::{Frame, PREFACE};
use super::outcome::{Outcome, Response};
use super::request::Request;
use super::session::{GoAway, Session};

/// How much the peer may send: it gets this window once and never more of it, which bounds what a test can hold.
const WINDOW: u32 = 16 << 20;
const INITIAL_WINDOW: u32 = 65_535;
const SETTINGS_ENABLE_PUSH: u16 = 2;
const SETTINGS_INITIAL_WINDOW_SIZE: u16 = 4;

/// How a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    /// Preface and SETTINGS; the server's SETTINGS are acknowledged, and its acknowledgement of ours is awaited, before
    /// the first request. Ray's servers apply their limits only from then on.
    Complete,
    /// Preface and SETTINGS; the server's SETTINGS are awaited and never acknowledged.
    Unacknowledged,
    /// Nothing is sent or awaited: the first bytes are the caller's.
    None,
}

/// A connection, over TCP or anything else that carries bytes.
///
/// After an error, and after a wait that was cut off from outside, it is of no more use.
pub struct Connection<T = TcpStream> {
    io: T,
    session: Session,
    incoming: Vec<u8>,
    write_bound: Duration,
    next_stream: u32,
    pings: u64,
    closed: bool,
}

/// What waiting for bytes came to.
enum Arrival {
    Bytes,
    Closed,
    TooLate,
}

/// Sends one request on a connection of its own.
///
/// # Errors
///
/// No connection, no HTTP/2 handshake within the bound, or a peer that breaks HTTP/2.
pub async fn ask(server: impl ToSocketAddrs, request: &Request, bound: Duration) -> Result<Outcome> {
    Connection::open(server, bound).await?.ask(request, bound).await
}

impl Connection {
    /// Connects over TCP with a complete handshake. The bound is for connecting, for the handshake, and for each
    /// later write.
    ///
    /// # Errors
    ///
    /// No connection, or no HTTP/2 handshake within the bound.
    pub async fn open(server: impl ToSocketAddrs, bound: Duration) -> Result<Self> {
        Self::open_with(server, Handshake::Complete, bound).await
    }

    /// Connects over TCP with this handshake, see [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// No connection, or no HTTP/2 handshake within the bound.
    pub async fn open_with(server: impl ToSocketAddrs, handshake: Handshake, bound: Duration) -> Result<Self> {
        let io = timeout(bound, TcpStream::connect(server))
            .await
            .with_context(|| format!("no connection within {bound:?}"))?
            .context("no connection")?;
        io.set_nodelay(true).context("no connection")?;
        Self::over(io, handshake, bound).await
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Connection<T> {
    /// Begins a connection over bytes that are connected already.
    ///
    /// # Errors
    ///
    /// No HTTP/2 handshake within the bound.
    pub async fn over(io: T, handshake: Handshake, bound: Duration) -> Result<Self> {
        let mut connection = Self {
            io,
            session: Session::new(handshake != Handshake::Unacknowledged),
            incoming: Vec::new(),
            write_bound: bound,
            next_stream: 1,
            pings: 0,
            closed: false,
        };
        if handshake == Handshake::None {
            return Ok(connection);
        }
        let settings = Frame::settings(&[(SETTINGS_ENABLE_PUSH, 0), (SETTINGS_INITIAL_WINDOW_SIZE, WINDOW)]);
        let window = Frame::window_update(0, WINDOW - INITIAL_WINDOW);
        connection.send_raw(&[PREFACE, &settings.encode(), &window.encode()].concat()).await?;

        let deadline = Instant::now() + bound;
        let need_ack = handshake == Handshake::Complete;
        while connection.session.server_settings.is_none() || (need_ack && !connection.session.settings_acknowledged) {
            match connection.arrival(deadline).await? {
                Arrival::Bytes => {}
                Arrival::Closed => bail!("the server closed the connection during the handshake"),
                Arrival::TooLate => bail!("no HTTP/2 handshake within {bound:?}"),
            }
        }
        Ok(connection)
    }

    /// Sends a request on the next stream and returns the stream's number.
    ///
    /// A server may close the connection while a long request is still being sent; that is no error here but shows in
    /// the outcome.
    ///
    /// # Errors
    ///
    /// The peer does not read for longer than the connection's bound.
    pub async fn send(&mut self, request: &Request) -> Result<u32> {
        let stream = self.reserve_stream();
        self.send_raw(&request.encode(stream)?).await?;
        Ok(stream)
    }

    /// Sends a frame, on any stream.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    pub async fn send_frame(&mut self, frame: &Frame) -> Result<()> {
        self.send_raw(&frame.encode()).await
    }

    /// Sends bytes that need not be frames at all.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    pub async fn send_raw(&mut self, bytes: &[u8]) -> Result<()> {
        let bound = self.write_bound;
        match timeout(bound, self.io.write_all(bytes)).await {
            Err(_) => bail!("the server read nothing for {bound:?}"),
            Ok(Err(error)) if !hung_up(&error) => Err(error).context("sending failed"),
            Ok(_) => Ok(()),
        }
    }

    /// Closes our half of the connection; the server can still answer.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    pub async fn finish(&mut self) -> Result<()> {
        let bound = self.write_bound;
        match timeout(bound, self.io.shutdown()).await {
            Err(_) => bail!("closing took more than {bound:?}"),
            Ok(Err(error)) if !hung_up(&error) => Err(error).context("closing failed"),
            Ok(_) => Ok(()),
        }
    }

    /// Takes the next stream's number, for requests that are sent by hand.
    pub fn reserve_stream(&mut self) -> u32 {
        let stream = self.next_stream;
        self.next_stream += 2;
        stream
    }

    /// Sends a request and waits for what it comes to.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send) and [`outcome`](Self::outcome).
    pub async fn ask(&mut self, request: &Request, bound: Duration) -> Result<Outcome> {
        let stream = self.send(request).await?;
        self.outcome(stream, bound).await
    }

    /// Waits until a stream is settled, or the bound is over: a response that has begun by then is returned as far as
    /// it came, with [`ended`](Response::ended) false.
    ///
    /// After the end of a response it also waits until the server has answered a PING, within the same bound, so that
    /// an RST_STREAM sent along with the end is seen.
    ///
    /// # Errors
    ///
    /// A peer that breaks HTTP/2.
    pub async fn outcome(&mut self, stream: u32, bound: Duration) -> Result<Outcome> {
        self.outcome_when(stream, bound, |_| false).await
    }

    /// Like [`outcome`](Self::outcome), but a response that is `enough` is returned at once: for streams that stay open.
    ///
    /// # Errors
    ///
    /// A peer that breaks HTTP/2.
    pub async fn outcome_when(
        &mut self,
        stream: u32,
        bound: Duration,
        enough: impl Fn(&Response) -> bool,
    ) -> Result<Outcome> {
        let deadline = Instant::now() + bound;
        loop {
            if let Some(response) = self.session.response(stream).filter(|response| enough(response)) {
                return Ok(Outcome::Response(response.clone()));
            }
            if let Some(outcome) = self.session.settled(stream) {
                if outcome.response().is_some_and(|response| response.ended && response.rst_after.is_none()) {
                    self.catch_up(deadline).await?;
                }
                return Ok(self.session.settled(stream).unwrap_or(outcome));
            }
            match self.arrival(deadline).await? {
                Arrival::Bytes => {}
                Arrival::Closed => return Ok(self.session.unsettled(stream, Outcome::Closed)),
                Arrival::TooLate => return Ok(self.session.unsettled(stream, Outcome::NoAnswer)),
            }
        }
    }

    /// Waits until the server closes the connection; false if it does not within the bound.
    ///
    /// # Errors
    ///
    /// A peer that breaks HTTP/2.
    pub async fn closed(&mut self, bound: Duration) -> Result<bool> {
        let deadline = Instant::now() + bound;
        loop {
            match self.arrival(deadline).await? {
                Arrival::Bytes => {}
                Arrival::Closed => return Ok(true),
                Arrival::TooLate => return Ok(false),
            }
        }
    }

    /// Sends PING and waits for its answer; false if there is none within the bound.
    ///
    /// # Errors
    ///
    /// A peer that breaks HTTP/2.
    pub async fn ping(&mut self, bound: Duration) -> Result<bool> {
        self.catch_up(Instant::now() + bound).await
    }

    /// The server's GOAWAY, if one came.
    pub fn goaway(&self) -> Option<&GoAway> {
        self.session.goaway.as_ref()
    }

    /// The server's SETTINGS in the order they came, identifiers and values.
    pub fn server_settings(&self) -> &[(u16, u32)] {
        self.session.server_settings.as_deref().unwrap_or_default()
    }

    /// Reads until the server has answered a PING of now: what it sent before that has arrived by then.
    async fn catch_up(&mut self, deadline: Instant) -> Result<bool> {
        self.pings += 1;
        let opaque = self.pings.to_be_bytes();
        self.send_frame(&Frame::ping(opaque)).await?;
        while self.session.last_pong != Some(opaque) {
            if !matches!(self.arrival(deadline).await?, Arrival::Bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits for bytes, takes them in, and answers what has to be answered.
    async fn arrival(&mut self, deadline: Instant) -> Result<Arrival> {
        if self.closed {
            return Ok(Arrival::Closed);
        }
        self.incoming.clear();
        self.incoming.reserve(16 << 10);
        match timeout_at(deadline, self.io.read_buf(&mut self.incoming)).await {
            Err(_) => return Ok(Arrival::TooLate),
            Ok(Err(error)) if !hung_up(&error) => return Err(error).context("reading failed"),
            Ok(Ok(0) | Err(_)) => {
                self.closed = true;
                return Ok(Arrival::Closed);
            }
            Ok(Ok(_)) => {}
        }
        let reply = self.session.receive(&self.incoming)?;
        if !reply.is_empty() {
            self.send_raw(&reply).await?;
        }
        Ok(Arrival::Bytes)
    }
}

/// Whether the peer ended the connection, in whatever way.
fn hung_up(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::NotConnected
    )
}
