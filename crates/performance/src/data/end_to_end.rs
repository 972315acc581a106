//! `end_to_end.json`: calls over loopback.

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndToEnd {
    /// With the layers of both sides against without, at each load.
    pub(crate) loads: Vec<Load>,
    /// Servers beside each other under one load; empty when real Ray was not there.
    pub(crate) beside_ray: Vec<Beside>,
}

/// One load, in windows of the two arms in turn.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// `unary`, or `streaming` for one message each way on a stream of its own a call.
    pub(crate) kind: String,
    pub(crate) in_flight: u32,
    pub(crate) connections: u32,
    pub(crate) pairs: u32,
    pub(crate) with: Arm,
    pub(crate) without: Arm,
    /// Calls a second with, divided by without: the mean over the pairs, and the bounds of its 95% interval.
    pub(crate) ratio: Ratio,
    /// Processor time of both sides a call without, divided by with: what the ratio above is when both are busy, and
    /// less moved by what else the machine does. None where the system does not tell.
    pub(crate) cpu_ratio: Option<Ratio>,
}

/// What one arm did, over all its windows.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arm {
    pub(crate) calls: u64,
    /// Calls beside those that were not answered. Zero, or there is no measurement; but of refused calls those that were lost
    /// with their connection, which h2 0.4.20 ends after some 2,000 refused calls.
    pub(crate) failed: u64,
    /// The median of the windows.
    pub(crate) calls_per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Processor time of the server process a call, in microseconds; none where it is not ours to ask.
    pub(crate) server_cpu_us: Option<f64>,
    /// The same of the client.
    pub(crate) client_cpu_us: Option<f64>,
    /// For which share of the time client and server, together, waited for a processor because something else ran there:
    /// next to nothing on a quiet machine, and what a measurement is worth on another.
    pub(crate) waited: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ratio {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// One server among several, all under the same load in the same run.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    /// `Ray gcs_server, disabled`, `Ray gcs_server, token`, `ours, without layers`, `ours, with layers` …
    pub(crate) server: String,
    pub(crate) in_flight: u32,
    pub(crate) connections: u32,
    pub(crate) rounds: u32,
    pub(crate) arm: Arm,
    /// Against the same server without tokens.
    pub(crate) ratio: Option<Ratio>,
}
