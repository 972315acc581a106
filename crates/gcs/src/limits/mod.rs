//! What a peer without a token can cost, and what any peer can hold open.
//!
//! Whoever reaches the port can connect before anybody knows who they are. Until one of its calls was let through by
//! the authentication in front of the services, a connection is a **stranger's**, and all strangers together get so
//! much and no more:
//!
//! | what | bound | beyond it |
//! |---|---|---|
//! | connections of strangers | [`Limits::strangers`] | the oldest is dropped in favour of the new one, so that whoever holds connections open without speaking cannot lock others out |
//! | time from connecting to the first request, TLS included | [`Limits::first_request`] | the connection is dropped |
//! | TLS handshakes at once | 256 | the address with the most gives up its oldest |
//! | open health streams of strangers | [`Limits::exempt_streams`] | a new `Watch` is refused with RESOURCE_EXHAUSTED; for a new `Check` the oldest unfinished one is ended with it, so that probes get through |
//! | concurrent streams of one connection, anybody's | [`Limits::streams_per_connection`] | HTTP/2 refuses the stream |
//! | header list of one request, anybody's | [`Limits::header_list_bytes`] | HTTP/2 refuses the request |
//! | silence of a connection, anybody's | [`Limits::keepalive_interval`], [`Limits::keepalive_timeout`] | the connection is dropped |
//! | streams that a peer opens and resets at once | 20 not yet seen by the server | HTTP/2 closes the connection |
//! | faulty streams of one connection | 1,024 | HTTP/2 closes the connection |
//! | tiny DATA frames that nobody reads, anybody's | about 2,000 of less than 256 bytes | HTTP/2 closes the connection with ENHANCE_YOUR_CALM; send larger messages, or fewer before they are answered. The messages of refused calls count for as long as the connection lasts |
//! | body of a refused call | what fits into the connection's window, 1 MiB, until the refusal is sent | it is not read |
//! | body of a health call | 4 KiB | RESOURCE_EXHAUSTED |
//! | log lines about all this | one each time a count doubles | |
//!
//! When the process has no file descriptors left, the oldest eighth of the strangers is dropped too, so that the number of descriptors
//! an operator allows may be smaller than the number of connections allowed here.
//!
//! What is not bounded here: how many connections come in per second (a flood of them can drop a stranger before it
//! has said a word; the firewall is the place for that), and what peers with a token do, who hold the cluster's secret.
//! A connection whose token was retired later is no stranger's again.

mod accepted;
mod connection;
mod exempt;
mod incoming;
mod io;
mod oversize;
mod peer;
mod signal;
mod tally;

#[cfg(test)]
mod tests;

use std::time::Duration;

use http::Request;
use ray_auth::require::Exempted;

pub(crate) use self::accepted::Accepted;
pub(crate) use self::connection::{Closed, Connections};
pub(crate) use self::exempt::{ExemptStreams, LimitExempt};
pub(crate) use self::incoming::{Accept, Incoming};
pub(crate) use self::io::Guarded;
pub(crate) use self::oversize::Oversize;
pub(crate) use self::peer::NotePeer;

/// What stands before the method in the path of a health call.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Whether a request that came through the authentication needed no token for that: its layer says so, and a call of
/// the health service never counts, whatever the layer is.
fn is_exempt<B>(request: &Request<B>) -> bool {
    request.extensions().get::<Exempted>().is_some() || request.uri().path().starts_with(HEALTH)
}

/// What a [`Server`](crate::Server) grants its peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections on which no call was accepted yet. Default 1,024.
    pub strangers: usize,
    /// Open health `Watch` streams of strangers; as many unfinished `Check` calls may stand beside them. Default 64.
    pub exempt_streams: usize,
    /// Concurrent streams of one connection. Default 128.
    pub streams_per_connection: u32,
    /// Bytes of one request's header list. Default 16 KiB.
    pub header_list_bytes: u32,
    /// Time from connecting to the first request. Default 10 s.
    pub first_request: Duration,
    /// Time between the pings that find out whether a peer is there. Default 60 s.
    pub keepalive_interval: Duration,
    /// Time a peer has to answer a ping. Default 20 s.
    pub keepalive_timeout: Duration,
    /// Time open calls have to finish once the server shuts down; strangers get at most one second of it. Default 10 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            strangers: 1_024,
            exempt_streams: 64,
            streams_per_connection: 128,
            header_list_bytes: 16 * 1_024,
            first_request: Duration::from_secs(10),
            keepalive_interval: Duration::from_secs(60),
            keepalive_timeout: Duration::from_secs(20),
            drain: Duration::from_secs(10),
        }
    }
}
