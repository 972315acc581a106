//! What one call costs in a process: written by the library's benches, with `--json`.

use serde::{Deserialize, Serialize};

/// `instructions.json`: instructions of one call over the same call to a service that does nothing.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instructions {
    /// In the order in which they are shown. What stands before the `/` of a case is its group; the first row of ours in a
    /// group is what others in it are compared with.
    pub(crate) rows: Vec<InstructionRow>,
    /// Instructions of one comparison, in situations that must not differ: rows of one `work` are equal.
    pub(crate) comparison: Vec<ComparisonRow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstructionRow {
    /// `attach/keyring`, `accept/3 tokens`, `refuse/tonic interceptor` …: what is done, and by whom or with what.
    pub(crate) case: String,
    pub(crate) instructions: i64,
    /// More fails the bench. None for other crates, and for what has no budget.
    pub(crate) budget: Option<i64>,
    pub(crate) aim: Option<i64>,
    /// Whether it is somebody else's crate.
    pub(crate) peer: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonRow {
    /// What the work may depend on: the presented length and the number of tokens, as `64 bytes, 3 tokens`.
    pub(crate) work: String,
    /// `match at the first token`, `wrong last byte` …
    pub(crate) situation: String,
    pub(crate) instructions: i64,
}

/// `allocations.json`: allocations of one call over the same call to a service that does nothing.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allocations {
    pub(crate) rows: Vec<AllocationRow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllocationRow {
    /// The same names as in `instructions.json`.
    pub(crate) case: String,
    pub(crate) allocations: i64,
    pub(crate) bytes: i64,
    pub(crate) budget: Option<i64>,
    pub(crate) peer: bool,
}

/// `overhead.json`: wall-clock time of one call, as criterion measured it in one run.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Overhead {
    pub(crate) rows: Vec<OverheadRow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverheadRow {
    /// `no-op/…` is the same call without a layer.
    pub(crate) case: String,
    /// Median, and the bounds of its 95% interval, in nanoseconds.
    pub(crate) median_ns: f64,
    pub(crate) low_ns: f64,
    pub(crate) high_ns: f64,
}

/// `constant_time.json`: Welch's t between the times of two classes of inputs, as dudect measured it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConstantTime {
    pub(crate) rows: Vec<ConstantTimeRow>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConstantTimeRow {
    /// What the two classes are.
    pub(crate) classes: String,
    /// Samples of both classes together in the test whose t is the largest. Dudect makes 101 tests, one on all samples and
    /// the others each without another share of the slowest; it tells of this one only.
    pub(crate) samples: u64,
    /// The t that is farthest from zero, with its sign.
    pub(crate) max_t: f64,
    /// Whether it is a control that must be found out: a comparison that stops early.
    pub(crate) control: bool,
}
