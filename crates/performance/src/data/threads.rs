//! `threads.json`: how the layers scale from one thread to two. Written by `ray-auth-performance threads`.

use serde::{Deserialize, Serialize};

use super::end_to_end::Ratio;

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Threads {
    /// Whether each thread had a processor of its own.
    pub(crate) pinned: bool,
    pub(crate) rows: Vec<ThreadsRow>,
}

/// One kind of call. Scaling is the time of one thread alone, divided by the time of the slower of two that make the same
/// number of calls each: 1 where they do not disturb each other, 1/2 where one has to wait for the other.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThreadsRow {
    /// `attach`, `accept` or `refuse`.
    pub(crate) case: String,
    /// Rounds that count. Each has the same four windows: with the layer and without, on one thread and on two.
    pub(crate) rounds: u32,
    /// Rounds that were taken once more, since something else ran on the processors.
    pub(crate) again: u32,
    /// For which share of the windows that count a thread waited for its processor; none where the system does not tell.
    pub(crate) waited: Option<f64>,
    pub(crate) no_op: ThreadsArm,
    pub(crate) layer: ThreadsArm,
    /// Scaling with the layer, divided by that of the service that does nothing in the same round: the mean over the
    /// rounds, and the bounds of its 95% interval.
    pub(crate) ratio: Ratio,
}

/// The same calls, with the layer or without.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ThreadsArm {
    /// Calls of each thread in a window.
    pub(crate) calls: u32,
    /// Time of one call on one thread, in nanoseconds, with the making of its request: the median of the windows.
    pub(crate) one_ns: f64,
    /// The same of the slower of two threads.
    pub(crate) two_ns: f64,
    pub(crate) scaling: Ratio,
}
