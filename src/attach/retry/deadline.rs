//! The caller's time, which sending once more does not extend.

use std::time::Instant;

use http::HeaderMap;

use crate::grpc_timeout::{GRPC_TIMEOUT, format, parse};

/// How much time a caller gave, and since when it runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    since: Instant,
    nanos: u128,
}

impl Deadline {
    /// The caller's, if there is one. The clock is read only then. What is no `grpc-timeout` is left to the server.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let nanos = parse(headers.get(GRPC_TIMEOUT)?)?;
        Some(Self { since: Instant::now(), nanos })
    }

    /// Puts what is left at `now` into `headers`; when nothing is, the least there is, so that the call ends as late calls
    /// do.
    pub(super) fn put_rest(&self, headers: &mut HeaderMap, now: Instant) {
        let spent = now.saturating_duration_since(self.since).as_nanos();
        headers.insert(GRPC_TIMEOUT, format(self.nanos.saturating_sub(spent).max(1)));
    }
}

#[cfg(test)]
mod tests;
