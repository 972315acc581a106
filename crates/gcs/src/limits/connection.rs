//! The open connections: which of them are strangers', and which must go.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, ready};

use tracing::warn;

use super::signal::Signal;
use super::tally::Tally;

/// Of so many strangers one goes when a connection cannot be accepted. One at a time would make those who wait behind a
/// flood wait for each of its connections.
const ROOM: usize = 8;

/// Why this side closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// There were too many strangers, and this was the oldest.
    TooManyStrangers,
    /// It said nothing for too long.
    NoRequest,
    /// A new connection could not be accepted, and this was one of the oldest strangers.
    NoRoom,
    /// The server shuts down.
    Shutdown,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooManyStrangers => "closed in favour of a newer connection",
            Self::NoRequest => "closed for want of a request",
            Self::NoRoom => "closed for want of file descriptors",
            Self::Shutdown => "closed because the server shuts down",
        })
    }
}

impl std::error::Error for Closed {}

/// One connection, as the limits see it: shared by the transport under it and the requests on it.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Grows with each connection, so the least is the oldest.
    number: u64,
    connections: Weak<Connections>,
    requested: AtomicBool,
    accepted: AtomicBool,
    why: OnceLock<Closed>,
    close: Signal,
}

impl Connection {
    /// A request has come.
    pub(super) fn note_request(&self) {
        // Most requests are not the first: a read is cheaper than a write to memory that all cores share.
        if !self.requested.load(Ordering::Relaxed) {
            self.requested.store(true, Ordering::Relaxed);
        }
    }

    /// Whether a request has come yet.
    pub(super) fn has_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// A call was accepted: from now on, this is no stranger.
    pub(super) fn note_accepted(&self) {
        if self.accepted.load(Ordering::Relaxed) || self.accepted.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(connections) = self.connections.upgrade() {
            connections.lock().strangers.remove(&self.number);
        }
    }

    /// Whether no call was accepted yet.
    pub(super) fn is_stranger(&self) -> bool {
        !self.accepted.load(Ordering::Relaxed)
    }

    /// Makes the transport fail, which ends the connection and every stream on it. The first reason stays.
    pub(super) fn close(&self, why: Closed) {
        if self.why.set(why).is_ok() {
            self.close.raise();
        }
    }

    /// Ready once the connection must go.
    pub(super) fn poll_closed(&self, cx: &Context<'_>) -> Poll<Closed> {
        ready!(self.close.poll_raised(cx));
        Poll::Ready(self.why.get().copied().unwrap_or(Closed::Shutdown))
    }

    /// The transport is gone.
    pub(super) fn ended(&self) {
        if let Some(connections) = self.connections.upgrade() {
            let mut table = connections.lock();
            table.open.remove(&self.number);
            table.strangers.remove(&self.number);
        }
    }
}

/// All open connections of one server.
#[derive(Debug)]
pub(crate) struct Connections {
    max_strangers: usize,
    table: Mutex<Table>,
    dropped: Tally,
    failed: Tally,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: BTreeMap<u64, Arc<Connection>>,
    strangers: BTreeSet<u64>,
}

impl Table {
    fn close_oldest_stranger(&mut self, why: Closed) {
        if let Some(connection) = self.strangers.pop_first().and_then(|oldest| self.open.get(&oldest)) {
            connection.close(why);
        }
    }
}

impl Connections {
    pub(crate) fn new(max_strangers: usize) -> Arc<Self> {
        Arc::new(Self { max_strangers, table: Mutex::default(), dropped: Tally::default(), failed: Tally::default() })
    }

    /// A new connection, a stranger's. If there are too many of those, the oldest goes.
    pub(super) fn open(self: &Arc<Self>) -> Arc<Connection> {
        let mut table = self.lock();
        let full = table.strangers.len() >= self.max_strangers.max(1);
        if full {
            table.close_oldest_stranger(Closed::TooManyStrangers);
        }
        let number = table.next;
        table.next += 1;
        let connection = Arc::new(Connection {
            number,
            connections: Arc::downgrade(self),
            requested: AtomicBool::new(false),
            accepted: AtomicBool::new(false),
            why: OnceLock::new(),
            close: Signal::default(),
        });
        table.open.insert(number, Arc::clone(&connection));
        table.strangers.insert(number);
        drop(table);
        if full && let Some(count) = self.dropped.add() {
            warn!(
                connections.dropped = count,
                connections.limit = self.max_strangers,
                "too many connections without a token, the oldest is dropped; see who connects to this port"
            );
        }
        connection
    }

    /// A connection could not be accepted: the oldest strangers make room.
    pub(super) fn make_room(&self, error: &std::io::Error) {
        let mut table = self.lock();
        for _ in 0..(table.strangers.len() / ROOM).max(1) {
            table.close_oldest_stranger(Closed::NoRoom);
        }
        drop(table);
        if let Some(count) = self.failed.add() {
            warn!(
                connections.failed = count,
                %error,
                "a connection could not be accepted, the oldest without a token are dropped; allow more file descriptors"
            );
        }
    }

    /// Closes the connections on which no call was accepted.
    pub(crate) fn close_strangers(&self, why: Closed) {
        let mut table = self.lock();
        while !table.strangers.is_empty() {
            table.close_oldest_stranger(why);
        }
    }

    /// Closes all connections.
    pub(crate) fn close_all(&self, why: Closed) {
        self.lock().open.values().for_each(|connection| connection.close(why));
    }

    /// How many connections are open, and how many of them are strangers'.
    #[cfg(test)]
    pub(super) fn count(&self) -> (usize, usize) {
        let table = self.lock();
        (table.open.len(), table.strangers.len())
    }

    // Nothing panics while it holds the lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
