//! What a cluster pays for its calls.

use super::super::table::{Table, count};
use super::{bytes, float, percent};
use crate::data::scale::{LoadRow, Scale};

pub(super) fn text(scale: &Scale) -> String {
    let memory = {
        let mut table = Table::new(&["what", "bytes"]);
        scale.memory.iter().for_each(|row| table.row([&row.what, &count(row.bytes)]));
        table.text()
    };
    format!(
        "### Nodes, calls and connections\n\nA node sends so many calls a second and takes as many, with attach and accept in each. Processor time is a part\n\
         of one core of this machine: by the counted instructions, and by the time that was measured; while a rotation is under\n\
         way a keyring accepts three tokens at most. The header is sent whole with every call (see \"On the wire\").\n\n{}\n\
         Memory does not depend on the number of calls, but on that of connections. A node has one process with a keyring of\n\
         one token, its layers, and the threads that follow its file; a connection adds nothing to that, but a call that waits\n\
         for its handler does: here one waits on each connection.\n\n{}\n\
         What each takes, as `crates/performance/tests/memory.rs` counts it:\n\n{memory}",
        processor(&scale.loads),
        waiting(&scale.loads),
    )
}

/// Connections make no difference here: one row for those that differ in nothing else.
fn processor(loads: &[LoadRow]) -> String {
    let mut table = Table::new(&[
        "nodes",
        "calls a second, each",
        "of a core, by instructions",
        "measured",
        "while rotating",
        "cores in the cluster",
        "header a second, each",
        "in the cluster",
    ]);
    let mut shown = Vec::new();
    for row in loads {
        let key = (row.nodes, row.calls_per_second_per_node);
        if shown.contains(&key) {
            continue;
        }
        shown.push(key);
        table.row([
            count(row.nodes),
            count(row.calls_per_second_per_node),
            percent(row.core_share_by_instructions),
            percent(row.core_share_measured),
            percent(row.core_share_while_rotating),
            format!("{:.2}", row.cores_in_cluster),
            bytes(row.header_bytes_per_second_per_node),
            bytes(row.header_bytes_per_second_in_cluster),
        ]);
    }
    table.text()
}

fn waiting(loads: &[LoadRow]) -> String {
    let mut table = Table::new(&[
        "nodes",
        "connections, each",
        "process",
        "connections",
        "calls that wait",
        "with `close_on_revoke`",
        "in the cluster, with it",
    ]);
    for row in loads {
        let size = |size| bytes(float(size));
        table.row([
            count(row.nodes),
            count(row.connections_per_node),
            size(row.process_bytes_per_node),
            size(row.connection_bytes_per_node),
            size(row.waiting_calls_bytes_per_node),
            size(row.waiting_calls_bytes_per_node_closing),
            size(row.bytes_in_cluster),
        ]);
    }
    table.text()
}
