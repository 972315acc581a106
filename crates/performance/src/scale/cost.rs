//! What a cluster pays for its calls: processor time, bytes on the wire, and memory. Knows no clock and no files.

use super::clock::Nanos;
use super::inputs::Inputs;
use super::memory;
use crate::data::scale::LoadRow;

/// Sizes of clusters in the report.
const NODES: [u64; 4] = [1, 100, 1_000, 10_000];
/// Connections of a node.
const CONNECTIONS: [u64; 3] = [1, 64, 1_000];
/// Calls a second that a node sends, and as many that it takes.
const CALLS: u64 = 100_000;

const NANOS: f64 = 1e9;

/// One cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cluster {
    pub(crate) nodes: u64,
    pub(crate) connections: u64,
    pub(crate) calls: u64,
}

/// What it pays.
pub(crate) fn load(cluster: Cluster, inputs: Inputs, nanos: Nanos) -> LoadRow {
    let Cluster { nodes, connections, calls } = cluster;
    let (count, rate) = (calls as f64, nanos.instructions_per_nano(inputs));
    let instructions = count * (inputs.attach + inputs.accept_1);
    let measured = count * (nanos.attach + nanos.accept_1) / NANOS;
    let header = count * inputs.header_bytes;
    let process = memory::process(1);
    let waiting = |call: u64| connections * call;
    let closing = waiting(memory::WAITING_CALL_CLOSING);
    let connection = connections * memory::CONNECTION;
    LoadRow {
        nodes,
        connections_per_node: connections,
        calls_per_second_per_node: calls,
        instructions_per_second_per_node: instructions,
        core_share_by_instructions: instructions / rate / NANOS,
        core_share_measured: measured,
        core_share_while_rotating: count * (nanos.attach + nanos.accept_3) / NANOS,
        cores_in_cluster: nodes as f64 * measured,
        header_bytes_per_second_per_node: header,
        header_bytes_per_second_in_cluster: nodes as f64 * header,
        process_bytes_per_node: process,
        connection_bytes_per_node: connection,
        waiting_calls_bytes_per_node: waiting(memory::WAITING_CALL),
        waiting_calls_bytes_per_node_closing: closing,
        bytes_in_cluster: nodes * (process + connection + closing),
    }
}

/// Every cluster of the report.
pub(crate) fn loads(inputs: Inputs, nanos: Nanos) -> Vec<LoadRow> {
    let clusters = NODES
        .iter()
        .flat_map(|&nodes| CONNECTIONS.iter().map(move |&connections| Cluster { nodes, connections, calls: CALLS }));
    clusters.map(|cluster| load(cluster, inputs, nanos)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUTS: Inputs = Inputs { attach: 300.0, accept_1: 400.0, accept_3: 500.0, header_bytes: 70.0 };
    // 800 instructions in 160 ns: five a nanosecond.
    const NANOS_A_CALL: Nanos = Nanos { attach: 60.0, accept_1: 90.0, accept_3: 100.0 };

    fn close(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-9 * one.abs().max(other.abs())
    }

    #[test]
    fn a_node_pays_for_the_calls_that_it_sends_and_takes_and_a_cluster_for_its_nodes() {
        // nodes, connections, calls: instructions a second, share by them, share measured, share while rotating, cores
        let table = [
            ((1, 1, 100_000), (70e6, 0.014, 0.015, 0.016, 0.015)),
            ((100, 64, 100_000), (70e6, 0.014, 0.015, 0.016, 1.5)),
            ((10_000, 1_000, 100_000), (70e6, 0.014, 0.015, 0.016, 150.0)),
            ((10_000, 1_000, 1_000), (70e4, 0.000_14, 0.000_15, 0.000_16, 1.5)),
            ((1, 1, 0), (0.0, 0.0, 0.0, 0.0, 0.0)),
        ];
        for ((nodes, connections, calls), expected) in table {
            let row = load(Cluster { nodes, connections, calls }, INPUTS, NANOS_A_CALL);
            let (instructions, by_instructions, measured, rotating, cores) = expected;
            let name = format!("{nodes} x {connections} at {calls}");
            assert!(close(row.instructions_per_second_per_node, instructions), "{name}: {row:?}");
            assert!(close(row.core_share_by_instructions, by_instructions), "{name}: {row:?}");
            assert!(close(row.core_share_measured, measured), "{name}: {row:?}");
            assert!(close(row.core_share_while_rotating, rotating), "{name}: {row:?}");
            assert!(close(row.cores_in_cluster, cores), "{name}: {row:?}");
        }
    }

    #[test]
    fn the_header_is_paid_for_by_call_and_memory_by_waiting_call() {
        // nodes, connections: header bytes a second and node, and in the cluster; waiting calls plain and closing
        let table = [
            ((1, 1), (7e6, 7e6), (120, 256)),
            ((100, 64), (7e6, 7e8), (7_680, 16_384)),
            ((10_000, 1_000), (7e6, 7e10), (120_000, 256_000)),
        ];
        for ((nodes, connections), (header, headers), (plain, closing)) in table {
            let row = load(Cluster { nodes, connections, calls: CALLS }, INPUTS, NANOS_A_CALL);
            let name = format!("{nodes} x {connections}");
            assert!(close(row.header_bytes_per_second_per_node, header), "{name}: {row:?}");
            assert!(close(row.header_bytes_per_second_in_cluster, headers), "{name}: {row:?}");
            assert_eq!(row.waiting_calls_bytes_per_node, plain, "{name}");
            assert_eq!(row.waiting_calls_bytes_per_node_closing, closing, "{name}");
            assert_eq!(row.connection_bytes_per_node, 0, "{name}");
            assert_eq!(row.bytes_in_cluster, nodes * (memory::process(1) + closing), "{name}");
        }
    }

    #[test]
    fn every_size_is_reported_with_every_number_of_connections() {
        assert_eq!(loads(INPUTS, NANOS_A_CALL).len(), NODES.len() * CONNECTIONS.len());
    }
}
