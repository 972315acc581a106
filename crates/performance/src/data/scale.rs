//! `scale.json`: what the layers cost many machines, by a model whose constants were checked, and what a rotation of a
//! whole cluster is like, by simulation. Written by `ray-auth-performance scale`.

use serde::{Deserialize, Serialize};

/// All of it. Every list is flat: a row is complete in itself.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scale {
    /// What takes the same run again.
    pub(crate) seed: u64,
    /// Whether it was built with optimizations; without, times are not those of the layers in use, and are not judged.
    pub(crate) optimized: bool,
    pub(crate) constants: Vec<ConstantRow>,
    pub(crate) checks: Vec<CheckRow>,
    pub(crate) loads: Vec<LoadRow>,
    pub(crate) memory: Vec<MemoryRow>,
    pub(crate) rotations: Vec<RotationRow>,
    pub(crate) steps: Vec<StepRow>,
}

/// What the model and the simulation are made of.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConstantRow {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: String,
    /// Where it is from: measured here, a file, a page of Kubernetes, or an assumption.
    pub(crate) source: String,
}

/// One constant, or one prediction, against what was measured.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckRow {
    pub(crate) what: String,
    pub(crate) unit: String,
    pub(crate) modelled: f64,
    pub(crate) measured: f64,
    /// What the measured value must not be below …
    pub(crate) low: f64,
    /// … or above.
    pub(crate) high: f64,
    pub(crate) holds: bool,
}

/// A cluster under load. Each node sends and takes so many calls a second.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadRow {
    pub(crate) nodes: u64,
    pub(crate) connections_per_node: u64,
    pub(crate) calls_per_second_per_node: u64,
    /// Of attach and accept with one token, by the counted instructions of one call.
    pub(crate) instructions_per_second_per_node: f64,
    /// The part of one core that both take: by instructions, at the speed that was measured with three tokens.
    pub(crate) core_share_by_instructions: f64,
    /// The same, by the time that both took here.
    pub(crate) core_share_measured: f64,
    /// The same with three accepted tokens, as in the middle of a rotation at most.
    pub(crate) core_share_while_rotating: f64,
    /// Cores in the whole cluster, measured.
    pub(crate) cores_in_cluster: f64,
    /// What the header adds to what a node sends.
    pub(crate) header_bytes_per_second_per_node: f64,
    pub(crate) header_bytes_per_second_in_cluster: f64,
    /// Keyring, layers and the threads that follow the file.
    pub(crate) process_bytes_per_node: u64,
    /// What the connections add, beyond what their calls do.
    pub(crate) connection_bytes_per_node: u64,
    /// One waiting call a connection, with the plain server layer …
    pub(crate) waiting_calls_bytes_per_node: u64,
    /// … and with `close_on_revoke`.
    pub(crate) waiting_calls_bytes_per_node_closing: u64,
    /// Of the process, the connections and the waiting calls with `close_on_revoke`.
    pub(crate) bytes_in_cluster: u64,
}

/// What one thing takes in memory. `crates/performance/tests/memory.rs` counts each of these by its name.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemoryRow {
    /// `keyring of 3 tokens`, `clone of the server's service` …
    pub(crate) what: String,
    pub(crate) bytes: u64,
}

/// One rotation of a simulated cluster.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationRow {
    /// `Watch`, `Watch, nobody waits` …
    pub(crate) variant: String,
    pub(crate) nodes: u64,
    /// Whether calls must not fail in it; in the others, the controls, some must.
    pub(crate) must_hold: bool,
    /// From the first change of the Secret to the confirmation of the last step.
    pub(crate) length_s: f64,
    /// Calls between two nodes at a time, both by chance.
    pub(crate) calls: u64,
    /// Of them, refused for their token.
    pub(crate) failed: u64,
    /// Calls of the same number that were made at the worst moments: when a sender changed its token, and just before.
    pub(crate) failed_at_changes: u64,
    /// From when the last node accepted the new token to when the first sent it (I1). Below zero calls can fail.
    pub(crate) margin_accept_s: f64,
    /// From when the last call with the old token can have arrived to when the first node refused it (I2 and I3).
    pub(crate) margin_retire_s: f64,
    /// What the API server sent to the nodes because of the rotation: events of a watch, or answers to requests.
    pub(crate) api_messages: u64,
    /// Requests that nodes made in that time, also those that they make without a rotation.
    pub(crate) api_requests: u64,
    pub(crate) api_bytes: u64,
    /// The most messages in one second.
    pub(crate) api_messages_in_busiest_second: u64,
    pub(crate) reloads: u64,
    /// Processor time of all nodes together for taking the changes over.
    pub(crate) reload_cpu_s: f64,
    /// Processes asked by the operator, one after the other round included.
    pub(crate) asks: u64,
    /// Processor time of the operator's machine for that.
    pub(crate) ask_cpu_s: f64,
    /// Nodes that were down for a while.
    pub(crate) restarted: u64,
}

/// One step of a simulated rotation, from the change of the Secret on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepRow {
    pub(crate) variant: String,
    /// `stage`, `promote` or `retire`.
    pub(crate) step: String,
    pub(crate) begun_s: f64,
    /// Until half of the nodes had taken it …
    pub(crate) half_s: f64,
    /// … 99 of 100 …
    pub(crate) nearly_all_s: f64,
    /// … and the last.
    pub(crate) all_s: f64,
    /// Until the operator knew; none where it does not ask.
    pub(crate) confirmed_s: Option<f64>,
    /// How often it asked all.
    pub(crate) rounds: u64,
}
